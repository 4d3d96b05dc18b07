"""The pages of a module's steps: what is read, ticked, filled in and signed before a record moves on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Response, request

from core.data import access, conversation, scope
from core.data.records import label
from core.errors import Conflict, Invalid
from core.look import currencies, links
from core.look.i18n import gettext as _
from core.lowcode import signing, steps
from core.lowcode.display import EMPTY, shown
from core.lowcode.flow import DRAWN, SIGNED, Transition
from core.lowcode.listing import FIGURES
from core.lowcode.module import Module
from core.web.fields import Field
from core.web.forms import Form, load
from core.web.render import redirect
from core.web.texts import say

NOTHING = load({"type": "object", "properties": {}}, id="nothing")
"""The form of a step that asks for nothing but a yes."""


@dataclass(frozen=True)
class Tick:
    """A row that can be chosen."""

    place: int
    words: str
    chosen: bool


@dataclass(frozen=True)
class StepPages:
    """The views of the steps of one kind; `draw` draws a template, `page` the record's own page."""

    module: Module
    draw: Callable[..., Response]
    page: Callable[..., Response]

    def table(self, one: str) -> list[tuple[str, str, str, Callable[..., Response]]]:
        """Give method, address, action and view of each step, where a record's page is at `one`."""
        found: list[tuple[str, str, str, Callable[..., Response]]] = []
        for step in self.module.transitions.values():
            if step.act:
                found.append(("POST", f"{one}/{step.name}", step.act, partial(self.move, step=step)))
            if step.act and step.page:
                found.append(("GET", f"{one}/{step.name}", step.act, partial(self.ask, step=step)))
        return found

    @staticmethod
    def buttons(module: Module, record: Any, allowed: Collection[str]) -> list[tuple[Transition, bool]]:
        """Give the steps of a record's page that are allowed, and whether each can be taken now.

        One that cannot is there only where the module says why.
        """
        fields = record.fields or {}
        found = [] if steps.due(module, record) else [
            (step, steps.holds(step, fields)) for step in module.starting_at(record.state) if step.act in allowed]
        return [(step, ready) for step, ready in found if ready or step.otherwise]

    def ask(self, number: str, step: Transition) -> Response:
        """Show what is asked with a step."""
        record = access.find(self.module.name, number, step.act)
        if record.state not in step.sources or steps.due(self.module, record):
            return self.page(access.find(self.module.name, number), status=409,
                             wrong=_("This has moved on in the meantime. Have a look at where it stands."))
        if not steps.holds(step, record.fields or {}):
            return self.page(access.find(self.module.name, number), status=409,
                             wrong=say(step.otherwise) or _("This cannot be done now."))
        return self._asked(record, step)

    @currencies.of_record
    def _asked(self, record: Any, step: Transition, *, chosen: list[str] | None = None, status: int = 200,
               values: Any = None, errors: Any = (), wrong: str = "") -> Response:
        """Draw the page of a step, with the rows that are ticked and what they come to."""
        module, stored = self.module, record.fields or {}
        ticks = steps.offered(step, stored)
        if chosen is None:
            chosen = [str(place) for place, row in ticks if step.choose and row.get(step.choose.into)]
        fields = steps.with_chosen(module, step, stored, chosen)
        kind = scope.current().registry.kinds[module.name]
        here = links.record_path(kind, record.number)
        form: Form = step.form or NOTHING
        seen = module.seen(fields, staff=scope.current().is_staff, state=record.state)
        files = {row.public_id: row for row in conversation.attached(record, internal=False)}
        told = [module.fields[name] for name in step.shows if seen.get(name) not in EMPTY]
        return self.draw(
            "step", "step", status, record=record, number=label(kind, record.number), step=step, here=here,
            facts=[(say(one.label), shown(one, seen[one.key], files), one) for one in told
                   if not one.schema.get(SIGNED)],
            rows_of=partial(_rows, seen=seen, step=step), wrong=wrong,
            form=form.bind(values if values is not None else _stored(form, stored), errors),
            ticks=[Tick(place, _words(module.fields[step.choose.rows], row, step), str(place) in chosen)
                   for place, row in ticks if step.choose], mark=steps.seen(module, record, step, fields),
            terms=signing.terms_page(module, step.terms) if step.terms else None,
            signed=[one.name for one in form.fields if one.schema.get(SIGNED)],
            paper=(signing.WIDTH, signing.HEIGHT, DRAWN - 100))

    def move(self, number: str, step: Transition) -> Response:
        """Take a step, or reckon anew what the ticked rows come to."""
        record = access.find(self.module.name, number, step.act)
        chosen = request.form.getlist("chosen")
        if step.choose and "reckon" in request.form:
            return self._again(record, step, chosen)
        if step.choose and "_shown" in request.form and request.form["_shown"].split() != chosen:
            return self._again(record, step, chosen, wrong=_(
                "This is what it comes to with what you have chosen. Please look at the total, then confirm."))
        try:
            steps.take_posted(self.module, record, step, request.form, request.files)
        except Invalid as error:
            return self._again(record, step, chosen, status=422, errors=error.errors)
        except Conflict as error:
            fresh = access.find(self.module.name, number)
            if step.binds and fresh.state in step.sources and not steps.due(self.module, fresh):
                return self._again(fresh, step, chosen, status=409, wrong=str(error))
            return self.page(fresh, status=409, wrong=str(error))
        return redirect(links.record_path(scope.current().registry.kinds[self.module.name], record.number),
                        message=self._done(step))

    def _done(self, step: Transition) -> str:
        """Say what has become of a record with a step, and that a signature arrived."""
        state = self.module.word(scope.current(), step.to)
        return _("Thank you for signing. Status: %(state)s", state=state) if step.signs else _(
            "Done. Status: %(state)s", state=state)

    def _again(self, record: Any, step: Transition, chosen: list[str], **more: Any) -> Response:
        """Draw the page with what was typed; ticks that are offered no more are left out."""
        known = {str(place) for place, _row in steps.offered(step, record.fields or {})}
        kept = [one for one in chosen if one in known]
        return self._asked(record, step, chosen=kept, values=request.form, **more)


def _stored(form: Form, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a form's fields hold already, but for signatures: a name is written anew each time."""
    return {one.key: stored[one.key] for one in form.fields if one.key in stored and not one.schema.get(SIGNED)}


def _words(field: Field, row: Mapping[str, Any], step: Transition) -> str:
    """Say a row in one line, without what only says that it can be chosen."""
    assert step.choose is not None  # noqa: S101 - only then there are rows to tick
    hidden, children = (step.choose.offered, step.choose.into), {child.key: child for child in field.children}
    told = [shown(children[key], row.get(key), {}) for key in step.choose.shows or children if key not in hidden]
    return " · ".join(str(one) for one in told if one not in ("", None))


def _rows(field: Field, *, seen: Mapping[str, Any], step: Transition) -> tuple[list[Any], list[list[Any]]]:
    """Give the columns and the cells of a field with rows; those that can be ticked stand with their ticks."""
    choose = step.choose if step.choose and step.choose.rows == field.key else None
    hidden = (choose.offered, choose.into) if choose else ()
    children = [child for child in field.children if child.key not in hidden]
    columns = [(say(child.label), "number") if child.widget in FIGURES else say(child.label) for child in children]
    return columns, [[shown(child, row.get(child.key), {}) for child in children]
                     for row in seen.get(field.key) or () if not (choose and row.get(choose.offered))]
