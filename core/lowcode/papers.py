"""Documents made of a module's records: pieces declared in YAML, set as PDF in the requester's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import Response

from core.data import access, conversation, people, scope
from core.data.records import label
from core.errors import NotFound
from core.look import currencies, language
from core.look.formats import format_date, format_datetime
from core.look.i18n import gettext as _
from core.look.richtext import render
from core.lowcode import signing
from core.lowcode.display import EMPTY, shown
from core.lowcode.flow import Block, Paper
from core.lowcode.listing import FIGURES
from core.lowcode.module import Module
from core.web import pdf
from core.web.fields import Field
from core.web.texts import say
from core.work.plaintext import from_html


def offered(module: Module, record: Any) -> list[Paper]:
    """Give the documents that a record can be had as now."""
    return [paper for paper in module.flow.papers.values() if not paper.states or record.state in paper.states]


def answer(module: Module, number: str, name: str) -> Response:
    """Give a document of a record as a download. Raises NotFound where there is none in its state."""
    record = access.find(module.name, number)
    paper = next((one for one in offered(module, record) if one.name == name), None)
    if paper is None:
        raise NotFound
    speaks = _language(record)
    with language.using(speaks):
        made = _document(module, record, paper)
    kind = scope.current().registry.kinds[module.name]
    return pdf.answer(made, f"{label(kind, record.number)}.pdf", speaks=speaks,
                      company=_company(record, "identifier"))


def _language(record: Any) -> str:
    """Give the language of whom a record is for, or of whoever asks."""
    row = people.person(record.person_id) if record.person_id else None
    return str(row.language) if row is not None and not row.role and row.language else language.current()


def _company(record: Any, what: str) -> str:
    rows = people.companies([record.company_id]) if record.company_id else []
    return str(getattr(rows[0], what)) if rows else ""


@currencies.of_record
def _document(module: Module, record: Any, paper: Paper) -> pdf.Document:
    """Lay a document out; only what customers see in the record's state is in it, whoever asks."""
    who = scope.current()
    values = module.seen(record.fields or {}, staff=False, state=record.state)
    contact = who.settings.value("contact") or {}
    person = people.names([record.person_id]).get(record.person_id or 0, "")
    day = _day(record)
    blocks = [made for block in paper.layout for made in _block(module, record, values, block)]
    return pdf.Document(
        title=say(paper.title), blocks=blocks,
        sender=[who.settings.name, *str(contact.get("address") or "").splitlines(), *filter(None, (
            str(contact.get("email") or ""), str(contact.get("phone") or "")))],
        recipient=[one for one in (_company(record, "name"), person) if one],
        facts=[(_("Number"), label(who.registry.kinds[module.name], record.number)),
               (_("Date"), format_date(day, who.time_zone)),
               (_("Status"), module.word(who, record.state))],
        footer=[who.settings.name], made=int(day.timestamp()))


def _day(record: Any) -> datetime:
    """Give when a record came to where it stands: what is written about it later makes no other document of it."""
    came = [one.created for one in conversation.entries(record, internal=False)
            if one.kind == "event" and one.data.get("state") == record.state]
    day: datetime = came[-1] if came else record.created
    return day


def _block(module: Module, record: Any, values: Mapping[str, Any], block: Block) -> Iterator[Any]:
    """Give the pieces a block becomes; what is not there takes no room, nor does its heading."""
    made = [*_texts(block), *_facts(module, record, values, block), *_table(module, values, block),
            *_terms(module, record, block), *_signature(module, record, block)]
    if made and block.title:
        yield pdf.Heading(say(block.title))
    yield from made


def _texts(block: Block) -> Iterator[Any]:
    if block.text:
        yield pdf.Text(say(block.text))


def _facts(module: Module, record: Any, values: Mapping[str, Any], block: Block) -> Iterator[Any]:
    files = {row.public_id: row for row in conversation.attached(record, internal=False)}
    fields = [module.fields[name] for name in block.facts if values.get(name) not in EMPTY]
    pairs = [(_("Subject") if one.key == module.headline else say(one.label), _plain(one, values[one.key], files))
             for one in fields if one.widget != "longtext"]  # a form asks for what a paper is about
    if pairs:
        yield pdf.Facts(pairs)
    for one in fields:
        if one.widget == "longtext":
            yield pdf.Text(str(values[one.key]))


def _plain(field: Field, value: Any, files: Mapping[str, Any]) -> str:
    if field.widget in ("file", "files"):
        return ", ".join(files[one].name for one in value if one in files)
    return str(shown(field, value, files))


def _table(module: Module, values: Mapping[str, Any], block: Block) -> Iterator[Any]:
    if not block.rows:
        return
    children = {child.key: child for child in module.fields[block.rows].children}
    columns = [children[name] for name in block.columns or children]
    rows = [row for row in values.get(block.rows) or () if block.counts is None or block.counts.holds(row)]
    totals = [(say(field.label), _plain(field, values[field.key], {}), field.key == block.totals[-1])
              for field in map(module.fields.__getitem__, block.totals) if values.get(field.key) not in EMPTY]
    if rows or totals:
        yield pdf.Table([pdf.Column(say(one.label), end=one.widget in FIGURES, wide=place == 0)
                         for place, one in enumerate(columns)],
                        [[_plain(one, row.get(one.key), {}) for one in columns] for row in rows], totals)


def _terms(module: Module, record: Any, block: Block) -> Iterator[Any]:
    """Give the terms word by word: as they were signed where they were, else as they are."""
    if block.terms:
        terms = signing.signed_terms(record) or signing.terms_of(module, block.terms)
        yield pdf.Heading(terms.title)
        yield pdf.Text(from_html(render(terms.text).html), soft=True)


def _signature(module: Module, record: Any, block: Block) -> Iterator[Any]:
    who = scope.current()
    for one in signing.signatures(module, record, staff=False):
        if one.field != block.signature:
            continue
        pairs = [(say(one.label), one.name), (_("Signed by"), one.person),
                 (_("Date"), format_datetime(one.at, str(who.settings.value("time_zone")))),
                 (_("Digest (SHA-256)"), " ".join(one.digest[at:at + 8] for at in range(0, 64, 8)))]
        if one.drawn:
            yield pdf.Picture(signing.svg(one.drawn, "#111111"), one.name, width=50, pairs=pairs)
        else:
            yield pdf.Facts(pairs)
