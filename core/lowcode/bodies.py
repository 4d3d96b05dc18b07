"""The verbs of a module's records, whose rest is JSON: open, reply, note and edit, each publishing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.data import access, conversation, scope
from core.data.db import transaction
from core.errors import Conflict
from core.look import currencies
from core.look.i18n import gettext as _
from core.lowcode import book, coined, party, reshaping, telling
from core.lowcode.around import around
from core.lowcode.module import REPLY, Module
from core.web import attach, conditions
from core.web.behalf import Party
from core.web.fields import FILE_WIDGETS, Field, thawed
from core.web.forms import Form
from core.work import events


def form_of(module: Module, what: str) -> Form:
    """Give the form of a new record ("new") or of its fields ("edit") for whoever asks."""
    staff = "_staff" if scope.current().is_staff else ""
    form: Form = getattr(module, f"{what}{staff}")
    return book.form(module, party.form(module, form)) if what == "new" else form


def say_so(module: Module, moment: str, record: Any, **data: Any) -> None:
    """Publish what happened to a record as an event of its module."""
    told: dict[str, Any] = telling.words(module, moment) | data
    events.publish(f"{module.plugin}.{module.name}_{moment}", record, **told)


def shown_title(field: Field, value: Any) -> str:
    """Give the title that a field gives a record: a choice's label, or the text itself."""
    return str(next((label for key, label in field.options if key == value), value))


def _title(module: Module, values: dict[str, Any]) -> str:
    if module.headline not in module.fields:
        return str(values.pop("title"))
    return shown_title(module.fields[module.headline], values[module.headline])


def receive(module: Module, values: dict[str, Any]) -> dict[str, list[attach.Received]]:
    """Store the files of a form before any transaction begins; their fields leave the values."""
    wanted = [name for name in values if name == "attachments" or (
        name in module.fields and module.fields[name].widget in FILE_WIDGETS)]
    return {name: attach.receive(values.pop(name)) for name in wanted}


def keep(module: Module, record: Any, received: Mapping[str, Sequence[attach.Received]], state: str
         ) -> dict[str, list[str]]:
    """Tie the files of fields to the record; give their public identifiers by field.

    They are the team's alone where customers do not see their field in `state`, the one the record goes to.
    """
    return {name: [row.public_id for row in attach.keep(record, files, internal=not module.shows(name, state))]
            for name, files in received.items() if files}


def show_files(module: Module, record: Any, state: str, fields: Mapping[str, Any]) -> None:
    """Show customers the files of fields that they see in the state a record goes to, hide those they do not."""
    turned = [name for name in module.seen_in
              if name in module.fields and module.fields[name].widget in FILE_WIDGETS and fields.get(name)
              and module.shows(name, state) != module.shows(name, record.state)]
    files = {row.public_id: row for row in conversation.attached(record, internal=True)} if turned else {}
    for name in turned:
        for one in fields[name]:
            if one in files:
                conversation.show_file(files[one], internal=not module.shows(name, state))


def _defaults(module: Module, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give what stands at first in the fields that whoever opens a record was not asked for."""
    found: dict[str, Any] = {}
    for one in conditions.in_order(module.new_staff.fields):
        stands = thawed(one.schema.get("default"))
        if one.key in module.fields and one.key not in values and stands is not None \
                and conditions.asked(one, {**values, **found}):
            found |= module.new_staff.clean({one.key: stands}, partial=True)
    return found


@around("open")
def open_record(module: Module, values: dict[str, Any], *, whose: Party | None = None) -> Any:
    """Make a record from what its form gave, with its first message, and say so.

    It is for `whose`, where that does not stand in the values.
    """
    whose = whose or party.taken(module, values)
    book.taken(module, values, whose.company)
    received = receive(module, values)
    attachments, body = received.pop("attachments", []), values.pop("body", "")
    title = _title(module, values)
    values = reckoned(module, values | _defaults(module, values))
    with transaction():
        reshaping.remember(module)
        record = access.add(module.name, title=title, company=whose.company, person=whose.person,
                            state=module.start, category=module.states[module.start][1],
                            audience=module.audience, fields=values)
        kept = keep(module, record, received, module.start)
        if kept:
            with scope.system("files of a new record"):
                record = access.change(module.name, record.id, "view", fields=reckoned(module, {**values, **kept}))
        message = None
        if body or attachments:
            message = conversation.add_entry(record, body)
            attach.keep(record, attachments, message=message)
        say_so(module, "opened", record, **({"message": message.public_id} if message else {}))
    return access.by_id(module.name, record.id) or record  # what begins from another may not be theirs to see


def open_from(module: Module, source: Mapping[str, Any]) -> Any:
    """Make a record from what a program sent. Raises Invalid."""
    return open_record(module, form_of(module, "new").clean(source))


@around("reply")
def reply(module: Module, record: Any, body: str, files: Iterable[attach.Received] = ()) -> None:
    """Answer publicly: everybody who may see the record sees it."""
    access.find(module.name, record.number, "reply")
    with transaction():
        message = conversation.add_entry(record, body)
        attach.keep(record, files, message=message)
        say_so(module, "replied", record, message=message.public_id)


def reply_from(module: Module, record: Any, source: Mapping[str, Any]) -> None:
    """Answer with what a program sent. Raises Invalid."""
    reply(module, record, REPLY.clean(source)["body"])


@around("note")
def note(module: Module, record: Any, body: str, files: Iterable[attach.Received] = ()) -> None:
    """Write an internal note."""
    access.find(module.name, record.number, "note")
    with transaction():
        message = conversation.add_entry(record, body, internal=True)
        attach.keep(record, files, message=message, internal=True)
        say_so(module, "noted", record, message=message.public_id)


@around("edit")
def edit(module: Module, record: Any, values: dict[str, Any]) -> Any:
    """Change fields of a record; what is not named stays."""
    if record.state in module.flow.locked:
        raise Conflict(_("This is settled and can be changed no more."))
    stored = record.fields or {}
    changed = {name: value for name, value in values.items() if name != "title" and stored.get(name) != value}
    title = _title(module, dict(values)) if module.headline in values else record.title
    if not changed and title == record.title:
        return record
    public = title != record.title or any(module.shows(name, record.state) for name in changed)
    with transaction():
        fresh = access.change(module.name, record.id, "edit", public=public, version=record.staff_version,
                              title=title, fields=reckoned(module, {**stored, **changed}))
        say_so(module, "changed" if public else "changed_inside", fresh)
    return fresh


@currencies.of_record
def change_from(module: Module, record: Any, source: Mapping[str, Any]) -> Any:
    """Change fields of a record as a program asked. Raises Invalid."""
    access.find(module.name, record.number, "edit")
    return edit(module, record, form_of(module, "edit").clean(source, partial=True, stored=record.fields or {}))


def reckoned(module: Module, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give fields with everything that is computed from them anew, and the currency their amounts are in."""
    return coined.marked(module.fields.values(), module.data.plan.filled(fields))


def shape(module: Module, record: Any) -> dict[str, Any]:
    """Give what the API says about a record: its fields, without what only staff may see."""
    fields = module.data.plan.fresh(record.fields or {})
    told = {"fields": module.seen(fields, staff=scope.current().is_staff, state=record.state)}
    with currencies.kept_in(fields):
        return {**told, "currency": currencies.own()} if coined.any_own(module.fields.values()) else told
