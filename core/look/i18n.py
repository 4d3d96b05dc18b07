"""Texts in the person's language: every plugin's catalogues as one, and the names other rooms import.

Texts are written in English and marked with `_` or `N_`. A percent sign in a text is written `%%` and a gap
`%(name)s`; a translation that breaks its gaps is left out, named in the log, and the English text is shown.
"""

from __future__ import annotations

import gettext as stdlib_gettext
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Message
from babel.messages.pofile import PoFileError, read_po
from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape

from core.look.formats import format_date, format_datetime, format_money, format_number, minor_digits
from core.look.language import LANGUAGES, PSEUDO, SOURCE, activate, current, direction, negotiate, tag, using
from core.look.pseudo import NO_PLURALS, Stretched

__all__ = [
    "LANGUAGES",
    "N_",
    "SOURCE",
    "Catalogue",
    "Catalogues",
    "activate",
    "current",
    "direction",
    "fill",
    "fits",
    "format_date",
    "format_datetime",
    "format_money",
    "format_number",
    "gaps",
    "gettext",
    "install",
    "installed",
    "minor_digits",
    "negotiate",
    "ngettext",
    "npgettext",
    "pgettext",
    "tag",
    "using",
]

log = logging.getLogger("parlour.i18n")

_GAP = re.compile(r"%(?:(?P<percent>%)|\((?P<name>\w+)\)(?P<spec>[-#0 +]*\d*(?:\.\d+)?[sdif]))")


def gaps(text: str) -> frozenset[tuple[str, str]]:
    """Tell the gaps of a text: (name, "s" or "number") of each `%(name)s` or `%(count)d` in it."""
    return frozenset((match["name"], "s" if match["spec"].endswith("s") else "number")
                     for match in _GAP.finditer(text) if match["name"])


def fits(source: Sequence[str], translation: str) -> bool:
    """Say whether a translation only fills gaps that its source texts have, and has no stray percent sign."""
    allowed = frozenset().union(*(gaps(text) for text in source))
    stray = "%" in _GAP.sub("", translation) and not any("%" in _GAP.sub("", text) for text in source)
    return not stray and gaps(translation) <= allowed


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language.

    `one` maps (context, text) to its translation, `many` to the plural forms with the rule that picks one by
    number.
    """

    one: Mapping[tuple[str, str], str]
    many: Mapping[tuple[str, str], tuple[Sequence[str], Callable[[int], int]]]


class Catalogues:
    """The `locale` folders of the host and of all plugins as one immutable value.

    `folders` hold `<language>/LC_MESSAGES/messages.po`. The first folder that translates a text wins, so the
    host's own come first and no plugin changes its words. Files are read at the first use of a language; one
    that cannot be read is named in the log and left out.
    """

    def __init__(self, folders: Sequence[Path] = (),
                 given: Sequence[Mapping[str, Mapping[str, str]]] = ()) -> None:
        """Take folders, and texts that are written out: language to text to translation."""
        self.folders, self.given = tuple(folders), tuple(given)
        self._loaded: dict[str, Catalogue] = {}

    def languages(self) -> tuple[str, ...]:
        """Tell every language that some folder has a catalogue for, and English, sorted."""
        found = {tag(path.parent.parent.name) for folder in self.folders
                 for path in folder.glob("*/LC_MESSAGES/messages.po")}
        found |= {tag(name) for texts in self.given for name in texts}
        return tuple(sorted((found - {""}) | {SOURCE}))

    def texts(self, language: str) -> Catalogue:
        """Give the texts of a language; `pt-BR` falls back to `pt` text by text."""
        catalogue = self._loaded.get(language)
        if catalogue is None:
            made = Catalogue(Stretched(), NO_PLURALS) if language == PSEUDO else self._read(language)
            catalogue = self._loaded[language] = made
        return catalogue

    def _read(self, language: str) -> Catalogue:
        one: dict[tuple[str, str], str] = {}
        many: dict[tuple[str, str], tuple[Sequence[str], Callable[[int], int]]] = {}
        parts = language.split("-")
        for length in range(len(parts), 0, -1):
            name = "_".join(parts[:length])
            for folder in self.folders:
                _read_file(folder / name / "LC_MESSAGES" / "messages.po", one, many)
            for texts in self.given:
                for text, translation in texts.get("-".join(parts[:length]), {}).items():
                    if fits([text], translation):
                        one.setdefault(("", text), translation)
        return Catalogue(one, many)


def _read_file(path: Path, one: dict[tuple[str, str], str],
               many: dict[tuple[str, str], tuple[Sequence[str], Callable[[int], int]]]) -> None:
    """Add what a .po file translates and nobody before it did."""
    if not path.is_file():
        return
    try:
        with path.open("rb") as stream:
            catalogue = read_po(stream, abort_invalid=True)
        rule = stdlib_gettext.c2py(catalogue.plural_expr)
    except (OSError, ValueError, PoFileError) as error:
        log.warning("%s cannot be read, its language shows in English: %s", path, error)
        return
    for message in catalogue:
        if message.id and message.string and not message.fuzzy and _sound(message, path):
            texts = message.id if isinstance(message.id, str) else message.id[0]
            key = (message.context or "", texts)
            if isinstance(message.string, str):
                one.setdefault(key, message.string)
            else:
                many.setdefault(key, (tuple(message.string), rule))


def _texts(value: str | Sequence[str] | None) -> list[str]:
    """Give the one text or the plural forms as a list."""
    return [value] if isinstance(value, str) else list(value or ())


def _sound(message: Message, path: Path) -> bool:
    """Say whether a translation is complete and its gaps fit; if they do not, name it in the log."""
    source = _texts(message.id)
    strings = _texts(message.string)
    if not all(strings):
        return False
    if all(fits(source, text) for text in strings):
        return True
    log.warning("%s:%s: the translation of %r breaks its gaps, English is shown",
                path, message.lineno, source[0])
    return False


_installed = Catalogues()


def install(catalogues: Catalogues) -> None:
    """Make these the catalogues of this process; texts already rendered stay as they are."""
    global _installed  # noqa: PLW0603 - the one place that holds what the process reads
    _installed = catalogues


def installed() -> Catalogues:
    """Give the catalogues of this process."""
    return _installed


def fill(text: str, variables: Mapping[str, Any]) -> str:
    """Fill the gaps of a text. A gap without a value, or with one of the wrong type, stays readable."""
    if "%" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        if match["percent"]:
            return "%"
        name = match["name"]
        if name not in variables:
            return match.group()
        try:
            return str(f"%{match['spec']}" % (variables[name],))
        except (TypeError, ValueError):
            return str(variables[name])

    return _GAP.sub(value, text)


def N_(message: str) -> str:  # noqa: N802 - the name translators' tools look for
    """Mark a text for translation where it stands; it is translated where it is shown."""
    return message


def find(message: str, context: str = "") -> str:
    """Look a text up in the current language, gaps unfilled; English if there is no translation."""
    return _installed.texts(current()).one.get((context, message), message)


def find_plural(singular: str, plural: str, number: int, context: str = "") -> str:
    """Look up the form that the current language uses for a number, gaps unfilled."""
    catalogue = _installed.texts(current())
    entry = catalogue.many.get((context, singular))
    if entry is not None:
        forms, rule = entry
        index = rule(abs(int(number)))
        if 0 <= index < len(forms):
            return forms[index]
    english = singular if number == 1 else plural
    return catalogue.one[context, english] if current() == PSEUDO else english


def gettext(message: str, /, **variables: Any) -> str:
    """Translate a text into the current language and fill its gaps."""
    return fill(find(message), variables)


def ngettext(singular: str, plural: str, number: int, /, **variables: Any) -> str:
    """Translate a text that depends on a number; `%(num)s` is that number unless given otherwise."""
    return fill(find_plural(singular, plural, number), {"num": number, **variables})


def pgettext(context: str, message: str, /, **variables: Any) -> str:
    """Translate a text that means something else elsewhere; `context` tells translators which one it is."""
    return fill(find(message, context), variables)


def npgettext(context: str, singular: str, plural: str, number: int, /, **variables: Any) -> str:
    """Translate a text that depends on a number and on its context."""
    return fill(find_plural(singular, plural, number, context), {"num": number, **variables})


def _rendered(context: EvalContext, text: str, variables: Mapping[str, Any]) -> str:
    """Fill a text from a template: in HTML its gaps are escaped, in plain text nothing is."""
    if not context.autoescape:
        return fill(text, variables)
    return Markup(fill(text, {name: escape(value) for name, value in variables.items()}))  # noqa: S704


def for_templates(environment: Environment) -> None:
    """Give a Jinja environment `{% trans %}`, `_()` and its sisters, in the language of the moment.

    What `{% trans %}` encloses is template text and keeps its markup; what `_()` is given is text and is
    escaped, because people's own words (an error, a state's name) pass through it too. Gaps always are.
    """
    @pass_eval_context
    def one(context: EvalContext, message: str, /, **variables: Any) -> str:
        return _rendered(context, find(message), variables)

    @pass_eval_context
    def many(context: EvalContext, singular: str, plural: str, number: int, /, **variables: Any) -> str:
        return _rendered(context, find_plural(singular, plural, number), {"num": number, **variables})

    @pass_eval_context
    def one_of(context: EvalContext, meaning: str, message: str, /, **variables: Any) -> str:
        return _rendered(context, find(message, meaning), variables)

    @pass_eval_context
    def many_of(context: EvalContext, meaning: str, singular: str, plural: str, number: int, /,
                **variables: Any) -> str:
        text = find_plural(singular, plural, number, meaning)
        return _rendered(context, text, {"num": number, **variables})

    @pass_eval_context
    def words(context: EvalContext, message: str, /, **variables: Any) -> str:
        text = find(message)
        return _rendered(context, escape(text) if context.autoescape else text, variables)

    environment.add_extension("jinja2.ext.i18n")
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals.update(_=words, gettext=one, ngettext=many, pgettext=one_of, npgettext=many_of)
