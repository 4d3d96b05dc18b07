"""Records of a module from elsewhere: files of any shape, the way back by export, and sample data for the demo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from core.data import access, conversation, people, scope
from core.data.db import count, now, transaction
from core.data.moments import today
from core.data.records import label, parse
from core.errors import FieldError, Invalid, NotFound
from core.look import currencies
from core.look.i18n import gettext as _
from core.lowcode import bodies, coined, reshaping, signing
from core.lowcode.module import Module
from core.parts import Demo, Import
from core.web.fields import FILE_WIDGETS, HOLDERS, Field, thawed
from core.web.texts import say

_PLAIN: Mapping[str, Any] = {"type": "string"}
_LONG: Mapping[str, Any] = {"type": "string", "maxLength": 500_000, "x-lines": True}


def part(module: Module) -> Import:
    """Give what `parlour import` and the pages for files can make of a module."""
    return Import(module.name, partial(_fields, module), partial(_take, module),
                  match={"number": partial(_by_number, module)}, give=partial(give, module), title=module.many)


def _fields(module: Module) -> dict[str, Any]:
    """Give what a row may hold, in the words of the tenant."""
    who = scope.current()
    states = {state: module.word(who, state) for state in module.states}
    base: dict[str, Any] = {
        "number": {**_PLAIN, "title": _("Number"), "maxLength": 60},
        "title": {"type": "string", "title": _("Title"), "maxLength": 500},
        "requester": {**_PLAIN, "title": _("Requester"), "x-find": "person"},
        "company": {**_PLAIN, "title": _("Company"), "x-find": "company"},
        "state": {"enum": list(states), "title": _("Status"), "x-labels": states},
        "created": {"type": "string", "format": "date-time", "title": _("Created")},
        "message": {**_LONG, "title": _("First message")}}
    if coined.any_own(module.fields.values()):
        base["currency"] = {**_PLAIN, "title": _("Currency"), "pattern": "^[A-Z]{3}$"}
    if module.headline in module.fields:
        del base["title"]
    base = {name: _named(module, name, schema) for name, schema in base.items()}
    own = {field.name: _named(module, field.name, _schema(field)) for field in _taken(module)}
    own |= {name: {**_schema(module.fields[name]), "x-given": True, "x-required": False}
            for name in module.data.plan.names if name in module.fields}
    return {"type": "object", "required": ["title"] if "title" in base else [],
            "properties": {**base, "fields": {"type": "object", "properties": own}}}


def _named(module: Module, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Add what the module's YAML says of a column: how files from elsewhere call it, and their words."""
    column = module.data.files.get(name)
    return dict(schema) if column is None else {
        **schema, "x-columns": list(column.names), "x-words": dict(column.values)}


def _taken(module: Module) -> list[Field]:
    """Give the fields a file can fill: neither what is computed nor files."""
    computed = module.data.plan.names
    return [field for field in module.edit_staff.fields if field.name in module.fields
            and field.name not in computed and field.widget not in FILE_WIDGETS]


def _schema(field: Field) -> dict[str, Any]:
    """Describe a field for a file: what has fields inside comes as JSON, in a text or as it is."""
    if field.widget in HOLDERS:
        return {"type": ["array", "object", "string"], "title": say(field.label), "x-widget": field.widget}
    schema = {key: thawed(value) for key, value in field.schema.items() if key not in ("x-if", "x-hidden")}
    return {**schema, "title": say(field.label), "x-required": field.required and not field.condition,
            **({"x-labels": {str(key): say(words) for key, words in field.options}} if field.options else {})}


def _by_number(module: Module, text: str) -> int | None:
    try:
        return int(access.find(module.name, text).id)
    except NotFound:
        return None


@currencies.of_record
def give(module: Module, record: Any) -> dict[str, Any]:
    """Give a record as a row that an import takes, what it refers to by number."""
    fields = record.fields or {}
    named = people.people([record.person_id]) if record.person_id else ()
    company = people.companies([record.company_id]) if record.company_id else ()
    said = conversation.entries(record, internal=False)
    return {"number": label(scope.current().registry.kinds[module.name], record.number), "title": record.title,
            "requester": (named[0].email or named[0].login or "") if named else "",
            "company": company[0].identifier if company else "", "state": record.state, "created": record.created,
            "message": next((one.body for one in said if one.kind == "message"), ""),
            **({"currency": currencies.own()} if coined.any_own(module.fields.values()) else {}),
            "fields": {field.name: fields[field.name] for field in module.fields.values()
                       if field.name in fields and field.widget not in FILE_WIDGETS}}


def _take(module: Module, row: Mapping[str, Any]) -> tuple[str, int, dict[str, Any]]:
    """Make a record, or change the one it was before. Raises Invalid, NotFound where that one is gone."""
    known = access.by_id(module.name, int(row["known"])) if row["known"] else None
    if row["known"] and known is None:
        raise NotFound("It was removed here since; an import does not bring it back.")
    kept = (known.fields or {}).get(currencies.KEPT) if known else None
    with currencies.kept_in({currencies.KEPT: kept or row.get("currency")}):
        return _taken_as(module, row, known)


def _taken_as(module: Module, row: Mapping[str, Any], known: Any) -> tuple[str, int, dict[str, Any]]:
    """Make or change a record in the currency at hand, which a file cannot change where there are amounts."""
    if row.get("currency") and row["currency"] != currencies.own():
        raise Invalid([FieldError("currency", _("The amounts of this are in %(currency)s.",
                                                currency=currencies.own()), "settled")])
    values = _cleaned(module, row, (known.fields or {}) if known else None)
    title = values.pop("title", "") if module.headline not in module.fields else bodies.shown_title(
        module.fields[module.headline], values.get(module.headline, ""))
    state = row.get("state") or (known.state if known else module.start)
    facts: dict[str, Any] = {
        "title": title or (known.title if known else ""), "state": state, "category": module.states[state][1]}
    if known is not None:
        if row["changed"]:
            _refuse_settled(module, known, state)
            facts["fields"] = bodies.reckoned(module, {**(known.fields or {}), **values})
            access.change(module.name, known.id, "edit", **facts, **_places(row))
        return "updated", int(known.id), {}
    facts |= {"created": row["created"]} if row.get("created") else {}
    facts["fields"] = bodies.reckoned(module, values)
    reshaping.remember(module)
    record = access.add(module.name, audience=module.audience, **facts, **_places(row), **_number(module, row))
    if row.get("message"):
        person = people.people([record.person_id]) if record.person_id else ()
        conversation.add_entry(record, row["message"], author=person[0] if person else None,
                               created=row.get("created"), origin="import")
    return "created", int(record.id), {}


def _refuse_settled(module: Module, known: Any, state: str) -> None:
    """Refuse to change by a file what nobody can change by hand, or to let it say yes for a customer."""
    binding = state != known.state and any(step.to == state and step.binds for step in module.transitions.values())
    if known.state in module.flow.locked or (known.fields or {}).get(signing.KEPT) or binding:
        raise Invalid([FieldError("", _("This is settled and can be changed no more."), "settled")])


def _cleaned(module: Module, row: Mapping[str, Any], stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """Clean a row's own fields as the form for the team does; what is computed is not taken."""
    given = {name: _parsed(module, name, value) for name, value in (row.get("fields") or {}).items()}
    if module.headline not in module.fields and row.get("title"):
        given["title"] = row["title"]
    return module.edit_staff.clean(given, partial=stored is not None, stored=stored)


def _parsed(module: Module, name: str, value: Any) -> Any:
    field = module.fields.get(name)
    if field is None or field.widget not in HOLDERS:
        return value
    try:
        read = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        wrong = _("Write “%(label)s” as JSON.", label=say(field.label))
        raise Invalid([FieldError(name, wrong, "type")]) from None
    computed = {one.rpartition(".")[2] for one in module.data.plan.names if one.startswith(f"{name}.")}
    rows = read if isinstance(read, list) else [read]
    kept = [{key: one for key, one in row.items() if key not in computed} if isinstance(row, dict) else row
            for row in rows]
    return kept if isinstance(read, list) else kept[0]


def _places(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give whose a record is: a customer's company is theirs where the file names none."""
    found: dict[str, Any] = {"person": int(row["requester"])} if row.get("requester") else {}
    if row.get("company"):
        found["company"] = int(row["company"])
    elif found:
        theirs = people.memberships([found["person"]]).get(found["person"], ())
        found |= {"company": theirs[0].company_id} if theirs else {}
    return found


def _number(module: Module, row: Mapping[str, Any]) -> dict[str, Any]:
    if not row.get("number"):
        return {}
    number = parse(scope.current().registry.kinds[module.name], str(row["number"]))
    if number is None:
        raise Invalid([FieldError("number", _("This is no number of ours, like %(example)s.",
                                              example=f"{module.prefix}-001"), "format")])
    return {"number": number}


def demo(module: Module) -> Demo:
    """Give the sample data as demo content."""
    return Demo(partial(fill, module), order=60)


def fill(module: Module, _slug: str) -> None:
    """Make the samples, unless there are records already."""
    if not module.data.samples or count(access.visible(module.name), 1):
        return
    customers = people.people(staff=False, active=True, limit=50)
    staff = people.people(staff=True, active=True, limit=5)
    for place, one in enumerate(module.data.samples):
        person = next((row for row in customers if row.email == one.get("from")), None) or (
            customers[place % len(customers)] if customers else None)
        with transaction():
            _sample(module, one, person, staff[place % len(staff)] if staff else None)


def _sampled(module: Module, given: Mapping[str, Any]) -> dict[str, Any]:
    """Clean what a sample holds, also of what steps ask for; a number in a date counts days from today."""
    values = {name: (today() + timedelta(days=value)).isoformat()
              if type(value) is int and name in module.fields and module.fields[name].widget == "date" else value
              for name, value in thawed(given).items()}
    known = {one.key for one in module.edit_staff.fields}
    found = module.edit_staff.clean({name: value for name, value in values.items() if name in known})
    for step in module.transitions.values():
        asked = {one.key for one in step.form.fields} - known if step.form else set()
        if step.form and not asked.isdisjoint(values):
            found |= step.form.clean({name: values[name] for name in asked & values.keys()}, partial=True)
    return found


def _sample(module: Module, one: Mapping[str, Any], person: Any, agent: Any) -> None:
    """Make one record; what does not fit is raised as Invalid."""
    values = _sampled(module, one["fields"])
    title = values.pop("title", "") if module.headline not in module.fields else bodies.shown_title(
        module.fields[module.headline], values[module.headline])
    state, born = one.get("state", module.start), now() - timedelta(days=one.get("days_ago", 1))
    theirs = people.memberships([person.id]).get(person.id, ()) if person is not None else ()
    reshaping.remember(module)
    record = access.add(module.name, title=title, state=state, category=module.states[state][1], created=born,
                        person=person.id if person is not None else None, audience=module.audience,
                        company=theirs[0].company_id if theirs else None, fields=bodies.reckoned(module, values))
    if one.get("message"):
        conversation.add_entry(record, one["message"], author=person, created=born)
    if one.get("reply") and agent is not None:
        conversation.add_entry(record, one["reply"], author=agent, created=born + timedelta(hours=2))
