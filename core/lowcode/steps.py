"""Steps of a module's records: what may be done next, and doing it: once, from the right state, by who may."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from werkzeug.datastructures import MultiDict

from core.data import access, conversation, once, scope
from core.data.access import granted
from core.data.db import transaction
from core.data.moments import today, zone
from core.errors import Conflict, FieldError, Invalid
from core.look import currencies
from core.look.i18n import gettext as _
from core.lowcode import bodies, signing
from core.lowcode.around import around
from core.lowcode.flow import Transition
from core.lowcode.module import Module
from core.web.texts import say


def due(module: Module, record: Any) -> Transition | None:
    """Give the step that a record takes by itself now, because its day is over and its condition holds."""
    fields = record.fields or {}
    for step in module.starting_at(record.state):
        passed = step.after is not None and step.after.passed(
            fields, record.touched.astimezone(zone()).date(), today())
        if passed and holds(step, fields):
            return step
    return None


def steps(module: Module, record: Any) -> list[Transition]:
    """Give the steps that whoever asks may take with a record now."""
    if due(module, record) is not None:
        return []
    found = [step for step in module.starting_at(record.state) if step.act]
    allowed = access.may(module.name, record.id, *(step.act for step in found))
    return [step for step in found if step.act in allowed]


def holds(step: Transition, fields: Mapping[str, Any]) -> bool:
    """Say whether a step's condition does."""
    with currencies.kept_in(fields):
        return step.condition is None or step.condition.holds(fields, today=today())


def seen(module: Module, record: Any, step: Transition, fields: Mapping[str, Any]) -> str:
    """Give the mark of exactly what somebody looks at before they take a step that binds them."""
    return signing.digest(signing.content(module, record, step, fields))[:32]


def offered(step: Transition, fields: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    """Give the rows that can be ticked with a step, each with its place."""
    if step.choose is None:
        return []
    return [(place, row) for place, row in enumerate(fields.get(step.choose.rows) or ())
            if row.get(step.choose.offered)]


def with_chosen(module: Module, step: Transition, fields: Mapping[str, Any], chosen: list[str]) -> dict[str, Any]:
    """Give the fields as they are with these rows ticked, and everything that is reckoned from them anew.

    Raises Invalid for a row that is not offered.
    """
    choose = step.choose
    if choose is None:
        return dict(fields)
    known = {str(place) for place, _row in offered(step, fields)}
    if not known.issuperset(chosen):
        raise Invalid([FieldError("chosen", _("Please choose among the rows that are offered."), "enum")])
    rows = [{**row, choose.into: str(place) in chosen} if str(place) in known else dict(row)
            for place, row in enumerate(fields.get(choose.rows) or ())]
    return bodies.reckoned(module, {**fields, choose.rows: rows})


@around("take")
def take(module: Module, record: Any, step: Transition, values: dict[str, Any], *, chosen: list[str],
         looked_at: str) -> Any:
    """Take a step: another state, what was said with it, one line in the conversation, one event.

    `chosen` are the places of ticked rows, `looked_at` the mark of what they saw (`seen`). Raises Conflict where
    the record has moved on, its condition does not hold, or it is no more what was looked at; Invalid for rows
    that are not offered.
    """
    expire(module, record)
    values.pop("agreed", None)
    received = bodies.receive(module, values)
    with transaction():
        record = access.find(module.name, record.number, step.act, hold=True)
        if record.state not in step.sources:
            raise Conflict(_("This has moved on in the meantime. Have a look at where it stands."))
        fields = with_chosen(module, step, record.fields or {}, chosen)
        if step.binds and looked_at not in _marks(module, record, step, fields):
            raise Conflict(_("This has changed since you looked at it. Please have another look, then confirm."))
        if not holds(step, fields):
            raise Conflict(say(step.otherwise) or _("This cannot be done now."))
        kept = bodies.keep(module, record, received, step.to)
        if kept:  # each file is a change of the record
            record = access.find(module.name, record.number, step.act)
        merged = bodies.reckoned(module, {**fields, **values, **kept})
        if step.signs and values.get(step.signs):
            merged = signing.sign(module, record, step, merged)
        return _moved(module, record, step, merged)


def _marks(module: Module, record: Any, step: Transition, fields: Mapping[str, Any]) -> set[str]:
    """Give the marks that count: of what it comes to; for programs, which name their ticks, also as it stands."""
    whole = {seen(module, record, step, fields)}
    return whole if scope.current().channel != "api" else whole | {seen(module, record, step, record.fields or {})}


def _moved(module: Module, record: Any, step: Transition, fields: Mapping[str, Any], act: str = "") -> Any:
    fresh = access.change(module.name, record.id, act or step.act, version=record.staff_version, state=step.to,
                          category=module.states[step.to][1], fields=dict(fields))
    bodies.show_files(module, record, step.to, fields)
    conversation.add_entry(record, module.states[step.to][0], kind="event", data={"state": step.to})
    bodies.say_so(module, step.event, fresh)
    return fresh


def expire(module: Module, record: Any) -> None:
    """Let a record take the step that its date asks for, before anybody does anything else with it.

    Raises Conflict where it took one: whoever was about to act looked at something else.
    """
    step = due(module, record)
    if step is not None:
        with once.aside():
            by_itself(module, record, step)
        raise Conflict(_("This has moved on in the meantime. Have a look at where it stands."))


def by_itself(module: Module, record: Any, step: Transition) -> None:
    """Take a step in the name of the portal, unless somebody was faster."""
    with scope.system("a day has passed"), suppress(Conflict), transaction():
        record = access.find(module.name, record.number, hold=True)
        if due(module, record) == step:
            _moved(module, record, step, record.fields or {}, "view")


@currencies.of_record
def take_from(module: Module, record: Any, source: Mapping[str, Any]) -> Any:
    """Take the step that a program asks for by `state`, with what it sent for it. Raises Invalid."""
    rest = {name: value for name, value in source.items() if name not in ("state", "seen", "chosen")}
    step = next((step for step in steps(module, record) if step.to == source["state"]), None)
    if step is None:
        raise Invalid([FieldError("state", _("It cannot go there from where it stands."), "state")])
    if step.form is None and rest:
        raise Invalid([FieldError(name, _("This is not known here."), "unknown") for name in rest])
    chosen = source.get("chosen", [])
    if not isinstance(chosen, list) or not all(type(one) is int for one in chosen):
        raise Invalid([FieldError("chosen", _("Send a list of places, counted from 0."), "type")])
    return take(module, record, step, step.form.clean(rest) if step.form else {}, chosen=[*map(str, chosen)],
                looked_at=str(source.get("seen", "")))


@currencies.of_record
def take_posted(module: Module, record: Any, step: Transition, form: MultiDict[str, str], files: Any) -> Any:
    """Take a step with what a page posted. Raises Invalid, Conflict."""
    values = step.form.clean(form, files) if step.form else {}
    return take(module, record, step, values, chosen=form.getlist("chosen"), looked_at=form.get("seen", ""))


def marks(module: Module, record: Any) -> dict[str, str]:
    """Give programs the marks they send back as `seen` with steps that bind, by step."""
    fields, who = record.fields or {}, scope.current()
    if who.person is None or due(module, record) is not None:
        return {}
    return {step.name: seen(module, record, step, fields) for step in module.starting_at(record.state)
            if step.binds and step.act and granted(who, f"{module.plugin}.{step.act}") != "none"}
