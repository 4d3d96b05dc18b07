"""What is wrong with translators' files: missing, unsure, unused, and translations that would break their text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from core.errors import Problem
from core.look.catalogues import extract, languages, po_file
from core.look.i18n import fits, gaps

_MARKUP = re.compile(r"</?([a-zA-Z][\w-]*)[^<>]*>")
COUNTED = frozenset({"num", "n", "count", "number"})
"""Gaps a plural form may leave out: "one file" needs no figure."""

WAITS = "waits"
"""The code of what only waits for its translator: nothing of it is wrong."""


def check(root: Path, wanted: Sequence[str] = ()) -> list[Problem]:
    """Find what is missing or wrong in `root`/locale, in all its languages or in those `wanted`.

    Each problem names file and line. An empty list means that every text below `root` shows in every language,
    with its gaps and its markup. Raises ConfigError where a source file cannot be read.
    """
    template, problems = extract(root), []
    for language in wanted or languages(root):
        path = po_file(root / "locale", language)
        name = path.relative_to(root).as_posix()
        try:
            with path.open("rb") as stream:
                catalog = read_po(stream, locale=language.replace("-", "_"), abort_invalid=True)
        except FileNotFoundError:
            problems.append(Problem(name, 1, 1, "", f"There is no file for {language} yet.",
                                    f"Make one: parlour translations update --language {language}", WAITS))
        except (PoFileError, ValueError) as error:
            problems.append(Problem(name, getattr(error, "lineno", 0) or 1, 1, "",
                                    f"This file cannot be read: {error}"))
        else:
            problems += sorted([*_missing(name, template, catalog), *_unused(name, template, catalog)],
                               key=lambda problem: problem.line)
    return problems


def _forms(texts: str | Sequence[str] | None) -> list[str]:
    """Give the one text or the plural forms as a list."""
    return [texts] if isinstance(texts, str) else list(texts or ())


def _missing(name: str, template: Catalog, catalog: Catalog) -> Iterator[Problem]:
    """Find the texts that one language lacks or breaks."""
    for wanted in template:
        if not wanted.id:
            continue
        sources = _forms(wanted.id)
        found = catalog.get(sources[0] if isinstance(wanted.id, str) else wanted.id, wanted.context)
        strings = _forms(found.string) if found is not None else []
        line = (found.lineno or 1) if found is not None else 1
        if found is None or not any(strings):
            place = f"{wanted.locations[0][0]}:{wanted.locations[0][1]}"
            yield Problem(name, line, 1, "", f"No translation yet of {sources[0]!r} ({place}).",
                          code=WAITS)
        elif found.fuzzy:
            yield Problem(name, line, 1, "", f"The translation of {sources[0]!r} is marked as unsure.",
                          "Read it, then take the word fuzzy away.")
        else:
            wrong = next(_wrong(sources, strings, catalog), None)
            if wrong is not None:
                yield Problem(name, line, 1, "", f"The translation of {sources[0]!r} {wrong[0]}.", wrong[1])


def _wrong(sources: list[str], strings: list[str], catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Tell what is wrong with a translation, and what to do about it."""
    if len(sources) > 1 and (len(strings) != catalog.num_plurals or not all(strings)):
        yield (f"has {sum(map(bool, strings))} of the {catalog.num_plurals} forms that this language needs",
               f"Plural-Forms says: {catalog.plural_expr}")
    if not all(fits(sources, text) for text in strings):
        yield "breaks its gaps", "Use each %(name)s as in the English text, and %% for a percent sign."
    needed = frozenset.intersection(*(gaps(text) for text in sources))
    if len(sources) > 1:
        needed = frozenset((key, kind) for key, kind in needed if key not in COUNTED and kind == "s")
    for text in strings:
        left_out = sorted(key for key, _kind in needed - gaps(text))
        if left_out:
            yield f"leaves out %({left_out[0]})s", "Say it somewhere; the order is free."
    tags = [Counter(_MARKUP.findall(text)) for text in sources]
    if any(Counter(_MARKUP.findall(text)) not in tags for text in strings):
        yield "has other markup than the English text", "Keep each <tag> and its end."
    if any(text[:1].isspace() != sources[0][:1].isspace() or text[-1:].isspace() != sources[0][-1:].isspace()
           for text in strings):
        yield "begins or ends with other white space", "Keep spaces and line breaks at both ends."


def _unused(name: str, template: Catalog, catalog: Catalog) -> Iterator[Problem]:
    """Find what is translated and nowhere said any more."""
    for message in catalog:
        if not message.id:
            continue
        source = _forms(message.id)[0]
        known = template.get(message.id, message.context)
        if known is None:
            yield Problem(name, message.lineno or 1, 1, "", f"Nothing says {source!r} any more.",
                          "parlour translations update puts it aside.", WAITS)
