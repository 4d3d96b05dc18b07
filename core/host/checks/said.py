"""What a plugin.yaml says and nobody would ever read: gaps, samples, icons, languages, texts, actions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from babel.localedata import exists
from babel.messages.pofile import read_po
from lucide import IconDoesNotExist
from lucide.jinja import lucide

from core.config import loader
from core.config.loader import Document, Path
from core.config.mistakes import likely
from core.config.records import permissions
from core.errors import Invalid
from core.host.checks.rules import Finding
from core.host.portal import CORE
from core.look import catalogues
from core.look.language import tag
from core.lowcode import module as modules
from core.lowcode.module import Module
from core.parts import Manifest
from core.web.fields import thawed

GAPS = {"number": "", "title": "", "actor": ""}
"""What the title of a notice can name."""

NAMED = ("reference", "person", "company")
"""Fields whose samples are names of what only the demo's portal holds."""

Said = Iterator[tuple[Path, str]]


def check(manifest: Manifest) -> Iterator[Finding]:
    """Name what would be passed over in silence; in the scope of a tenant, whose words and days samples are in."""
    path = manifest.path / "plugin.yaml"
    document = loader.read(path.read_bytes(), str(path), {})
    for found in (_icons((), document.data), _translations(manifest, document), _actions(manifest, document)):
        yield from _placed(document, found)
    for one in modules.read(manifest) if manifest.records else ():
        yield from _placed(document, _gaps(one))
        yield from _placed(document, _samples(one))


def _placed(document: Document, found: Said) -> Iterator[Finding]:
    for path, message in found:
        line, column = document.mark(path)
        yield Finding("PC01", f"plugin.yaml:{line}:{column}", f"{loader.show(path)}: {message}".strip())


def _icons(at: Path, value: Any) -> Said:
    """Name icons that there are not: a circle would stand in their place."""
    pairs: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, Mapping) else (
        enumerate(value) if isinstance(value, list) else ())
    for key, inner in pairs:
        if key == "icon" and isinstance(inner, str):
            try:
                lucide(inner)
            except IconDoesNotExist:
                yield (*at, key), f"There is no lucide icon '{inner}'."
        elif at[:1] not in (("settings",), ("translations",)):
            yield from _icons((*at, key), inner)


def _translations(manifest: Manifest, document: Document) -> Said:
    """Name languages that there are not, and translations of texts that stand nowhere."""
    given = document.data.get("translations") or {}
    for language in given:
        if not tag(language) or not exists(tag(language).replace("-", "_")):
            yield ("translations", language), f"There is no language '{language}'."
    words = {text for language in given.values() for text in language}
    known = {_one(entry.id) for entry in catalogues.extract(manifest.path) if entry.id} if words else set()
    known |= set(_named(manifest.records))
    if words - known:
        with catalogues.po_file(CORE / "locale", "de").open("rb") as stream:
            known |= {_one(entry.id) for entry in read_po(stream, locale="de") if entry.id}
    for language, texts in given.items():
        for text in texts:
            if text not in known:
                yield ("translations", language, text), f"No text says this. {likely(text, known)}".strip()


def _one(text: Any) -> str:
    return str(text if isinstance(text, str) else text[0])


def _named(value: Any) -> Iterator[str]:
    """Give the words that fields and states have without a label."""
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        yield str(key).replace("_", " ").capitalize()
        yield from _named(inner)


def _actions(manifest: Manifest, document: Document) -> Said:
    """Name permissions that nothing asks for, where there is no code that could."""
    if not manifest.records or (manifest.path / "__init__.py").is_file():
        return
    known = {*permissions(manifest.records), *_words(manifest.records, "who"), *_words(manifest.records, "for"),
             *(nav.permission.partition(".")[2] for nav in manifest.navigation)}
    for action in document.data.get("permissions") or {}:
        if action not in known:
            yield ("permissions", action), f"Nothing asks for '{action}'. {likely(action, known)}".strip()


def _words(value: Any, key: str) -> Iterator[str]:
    """Give the words that stand below a key, wherever it is."""
    for name, inner in value.items() if isinstance(value, Mapping) else ():
        if name == key and isinstance(inner, str):
            yield inner
        yield from _words(inner, key)


def _gaps(module: Module) -> Said:
    """Name gaps of notices that nothing fills."""
    for moment, said in module.notices.items():
        at: Path = ("records", module.name, "notices", moment)
        try:
            str(said.get("title", "")) % GAPS
        except KeyError as error:
            gap = str(error.args[0])
            yield (*at, "title"), f"Nothing fills the gap %({gap})s. {likely(gap, GAPS)}".strip()
        except (ValueError, TypeError):
            yield (*at, "title"), "A gap is written %(number)s, a percent sign %%."
        for gap in re.findall(r"%\(\w+\)s?", str(said.get("text", ""))):
            yield (*at, "text"), f"Nothing fills the gap {gap}: only the title has any."


def _samples(module: Module) -> Said:
    """Name values of samples that their fields do not take."""
    forms = [module.edit_staff, *(step.form for step in module.transitions.values() if step.form)]
    for place, one in enumerate(module.data.samples):
        for name, value in thawed(one["fields"]).items():
            form = next((form for form in forms if name in {field.key for field in form.fields}), None)
            field = module.fields.get(name)
            if form is None or (field is not None and (field.widget in NAMED or (
                    field.widget == "date" and type(value) is int))):
                continue
            try:
                form.clean({name: value}, partial=True)
            except Invalid as error:
                for wrong in error.errors:
                    yield ("records", module.name, "samples", place, "fields", name), wrong.message
