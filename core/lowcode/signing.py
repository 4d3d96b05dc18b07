"""Signatures: what was signed, by whom and when, with a digest of exactly that; drawn names are strokes, no files.

What is signed is the record's number and title, its fields as customers see them, the terms word by word and the
version of the record. It is kept as canonical JSON (sorted keys, no blanks, UTF-8, after RFC 8785) beside
the signature, so that anybody can take the digest (SHA-256) again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from core.data import scope
from core.data.db import now
from core.data.records import label
from core.errors import Conflict, FieldError, Invalid
from core.look import currencies
from core.look.i18n import gettext as _
from core.look.richtext import render
from core.lowcode.flow import SIGNED, Terms, Transition
from core.lowcode.module import Module
from core.web.texts import say

KEPT = "_signed"
"""Where the fields of a record keep what was signed; no form, page or program reaches names with this sign."""

WIDTH, HEIGHT = 600, 200
"""The paper that names are drawn on: coordinates of strokes are whole numbers within."""

_STROKES = re.compile(r"\d{1,3},\d{1,3}(?:[ ;]\d{1,3},\d{1,3})*", re.ASCII)


@dataclass(frozen=True)
class Signature:
    """A signature as pages and documents show it. `whole` says that its digest still fits what is kept."""

    field: str
    label: str
    name: str
    person: str
    at: datetime
    digest: str
    drawn: str = ""
    terms: str = ""
    whole: bool = True
    same: bool = True

    @property
    def drawing(self) -> Markup:
        """Give the drawn name for a page: digits and signs that were checked, nothing else can be in it."""
        return Markup(svg(self.drawn, "currentColor"))  # noqa: S704


def terms_of(module: Module, name: str) -> Terms:
    """Give terms in the words of the tenant, or of the module, in the language of whoever reads."""
    settings, given = scope.current().settings.features[module.plugin].settings, module.flow.terms[name]
    own = settings.get("terms", {}).get(module.name, {}).get(name)
    return Terms(say(given.title), str(own) if own else say(given.text))


def terms_page(module: Module, name: str) -> tuple[str, Markup]:
    """Give title and text of terms as a page shows them."""
    one = terms_of(module, name)
    return one.title, Markup(render(one.text).html)  # noqa: S704 - sanitised


def version_of(terms: Terms) -> str:
    """Name a wording: another word is another version."""
    return hashlib.sha256(f"{terms.title}\n{terms.text}".encode()).hexdigest()[:12]


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(value: Any) -> str:
    """Give the digest of anything JSON can hold."""
    return hashlib.sha256(_canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def content(module: Module, record: Any, step: Transition, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a step is about: number, title, fields as customers see them, the terms it asks to agree to."""
    kind = scope.current().registry.kinds[module.name]
    signed = {name for name, field in module.fields.items() if field.schema.get(SIGNED)}
    seen = {name: value for name, value in module.seen(fields, staff=False, state=record.state).items()
            if name not in signed}
    made: dict[str, Any] = {"number": label(kind, record.number), "title": record.title, "fields": seen}
    if fields.get(currencies.KEPT):
        made["currency"] = fields[currencies.KEPT]
    if step.terms:
        terms = terms_of(module, step.terms)
        made["terms"] = {"title": terms.title, "text": terms.text, "version": version_of(terms)}
    return made


def strokes(drawn: str) -> str:
    """Check a drawn name: lines of points, "1,2 3,4;5,6 7,8". Raises Invalid for anything else."""
    if drawn and (not _STROKES.fullmatch(drawn) or not all(map(_on_paper, re.split("[ ;]", drawn)))):
        raise Invalid([FieldError("", _("Please draw your name again, or leave it at the typed one."), "drawing")])
    return drawn


def _on_paper(point: str) -> bool:
    across, down = map(int, point.split(","))
    return across <= WIDTH and down <= HEIGHT


def sign(module: Module, record: Any, step: Transition, fields: dict[str, Any]) -> dict[str, Any]:
    """Put the signature of a step into the fields it is about to leave, with all that makes it one.

    `fields` hold what was posted under the step's own name. Raises Conflict where somebody signed there before.
    """
    stored = record.fields or {}
    if step.signs in stored.get(KEPT, {}):
        raise Conflict(_("This is signed already."))
    given, who = fields[step.signs] or {}, scope.current()
    whole = {**content(module, record, step, {key: value for key, value in fields.items() if key != step.signs}),
             "version": record.version}
    signature = {"name": given.get("name", ""), "drawn": strokes(given.get("drawn") or ""),
                 "person": who.me.name, "person_id": who.me.public_id, "at": now().isoformat(timespec="seconds"),
                 "digest": digest(whole)}
    if step.terms:
        signature["terms"] = f"{whole['terms']['title']} ({whole['terms']['version']})"
    return {**fields, step.signs: signature, KEPT: {**stored.get(KEPT, {}), step.signs: _canonical(whole)}}


def signatures(module: Module, record: Any, *, staff: bool) -> list[Signature]:
    """Give the signatures on a record that whoever asks may see, each checked against what was signed."""
    fields, kept = record.fields or {}, (record.fields or {}).get(KEPT, {})
    found = []
    for name in kept:
        value, field = fields.get(name), module.fields.get(name)
        if not isinstance(value, Mapping) or field is None or not (staff or module.shows(name, record.state)):
            continue
        signed = kept[name]
        whole = hashlib.sha256(signed.encode("utf-8", "surrogatepass")).hexdigest() == value.get("digest")
        then = json.loads(signed)
        same = whole and then["title"] == record.title and all(
            fields.get(one) == said for one, said in then["fields"].items())
        found.append(Signature(
            name, say(field.label), str(value["name"]), str(value["person"]), datetime.fromisoformat(value["at"]),
            str(value["digest"]), str(value.get("drawn", "")), str(value.get("terms", "")), whole, same))
    return found


def signed_terms(record: Any) -> Terms | None:
    """Give the terms that were signed last on a record, None where none were."""
    for signed in reversed([*(record.fields or {}).get(KEPT, {}).values()]):
        terms = json.loads(signed).get("terms")
        if terms:
            return Terms(str(terms["title"]), str(terms["text"]))
    return None


def svg(drawn: str, colour: str) -> str:
    """Give a drawn name as a whole SVG, "" where none was drawn."""
    if not drawn or not _STROKES.fullmatch(drawn):
        return ""
    lines = "".join(f'<polyline points="{line if " " in line else f"{line} {line}"}"/>'
                    for line in drawn.split(";"))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
            f'<g fill="none" stroke="{colour}" stroke-width="4" stroke-linecap="round" '
            f'stroke-linejoin="round">{lines}</g></svg>')
