"""The parts a module without Python hands over: its kind, its pages and its notices, as code would."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from core.data import access, conversation, people, scope
from core.data.access import granted
from core.data.records import Record, label
from core.errors import Invalid
from core.hookspecs import hook
from core.look import currencies, links
from core.look.i18n import gettext as _
from core.lowcode import beginning, beside, bodies, layout, listing, many, papers, signing, steps, taking, telling
from core.lowcode.display import texts_of
from core.lowcode.flow import SIGNED
from core.lowcode.module import REPLY, Module, read
from core.lowcode.step_pages import StepPages
from core.parts import Act, Begin, Demo, Import, Job, Kind, Manifest, Notice, Panel
from core.web import attach, paging, pdf
from core.web.forms import Form, as_json_schema, say
from core.web.render import redirect, render
from core.web.routes import requires


def hooks(manifest: Manifest) -> dict[str, Callable[[], Any]]:
    """Give the hooks of a module, as its code would. Raises ConfigError with every mistake in its records."""
    modules = read(manifest)
    pages = Blueprint(manifest.id, __name__)
    for module in modules:
        Pages(module).put_on(pages)
    return parts(modules, pages)


def parts(modules: Sequence[Module], pages: Blueprint) -> dict[str, Callable[[], Any]]:
    """Give the hooks of some kinds of record and their pages."""

    @hook
    def kinds() -> list[Kind]:
        return [kind_of(module) for module in modules]

    @hook
    def routes() -> Blueprint:
        return pages

    @hook
    def notices() -> list[Notice]:
        return [notice for module in modules for notice in telling.notices(module)]

    @hook
    def panels() -> list[Panel]:
        return [panel for module in modules for panel in beside.panels(module)]

    @hook
    def jobs() -> list[Job]:
        return [job for module in modules for job in beside.jobs(module)]

    @hook
    def begins() -> list[Begin]:
        return [begin for module in modules for begin in beginning.begins(module)]

    @hook
    def imports() -> list[Import]:
        return [taking.part(module) for module in modules]

    @hook
    def demo() -> list[Demo]:
        return [taking.demo(module) for module in modules]

    @hook
    def acts() -> list[Act]:
        return [act for module in modules for act in many.acts(module)]

    return {"kinds": kinds, "routes": routes, "notices": notices, "panels": panels, "jobs": jobs, "begins": begins,
            "acts": acts, "imports": imports, "demo": demo}


def kind_of(module: Module) -> Kind:
    """Give the kind of record that a module is."""
    described = as_json_schema(module.edit_staff)
    for name in module.internal & described["properties"].keys():
        described["properties"][name]["x-internal"] = True
    for field in module.fields.values():
        told = described["properties"].setdefault(field.name, {"title": field.label})
        if field.name in module.internal:
            told["x-internal"] = True
        if field.name in module.data.plan.names:
            told |= {"type": field.schema["type"], "readOnly": True}
        if field.options:
            told["x-labels"] = {str(key): said for key, said in field.options}
    return Kind(
        name=module.name, plural=module.plural, prefix=module.prefix, title=module.title, icon=module.icon,
        fields=described, create=partial(bodies.open_from, module), update=partial(_update, module),
        reply=partial(bodies.reply_from, module), gives=partial(beginning.gives, module),
        shape=partial(_shape, module),
        words=partial(words, module) if module.seen_in or module.data.found is not None or any(
            step.signs for step in module.transitions.values()) else None,
        narrow=partial(listing.narrow, module), titles=module.many,
        width=module.data.width, yearly=module.data.yearly,
        states=lambda: {state: module.word(scope.current(), state) for state in module.states})


def words(module: Module, record: Any) -> tuple[str, str]:
    """Give what a record is found by: what customers see in its state, and what only the team does."""
    public: list[str] = []
    internal: list[str] = []
    for name, value in (record.fields or {}).items():
        field = module.fields.get(name)
        if field is not None and not field.schema.get(SIGNED) and (
                module.data.found is None or name in module.data.found):
            (public if module.shows(name, record.state) else internal).extend(texts_of(field, value))
    return " ".join(public), " ".join(internal)


def _shape(module: Module, record: Any) -> dict[str, Any]:
    """Give what the API says about a record, with the marks that its steps ask for."""
    marks = steps.marks(module, record)
    return {**bodies.shape(module, record), **({"marks": marks} if marks else {})}


def _update(module: Module, record: Any, source: Mapping[str, Any]) -> Any:
    """Change a record as a program asked: `state` takes the step there, all else are fields. Raises Invalid."""
    change = steps.take_from if "state" in source else bodies.change_from
    return change(module, record, source)


@dataclass(frozen=True)
class Pages:
    """The views of one kind of record."""

    module: Module

    def put_on(self, blueprint: Blueprint) -> None:
        """Give every view its address and its permission."""
        base = f"/{self.module.plural}"
        one = f"{base}/<number>"
        table: list[tuple[str, str, str, Callable[..., Response]]] = [
            ("GET", base, "view", self.listing), ("GET", f"{base}/new", "create", self.new),
            ("POST", f"{base}/new", "create", self.create), ("GET", one, "view", self.show),
            ("POST", f"{one}/reply", "reply", partial(self.write, verb=bodies.reply, kept="body")),
            ("POST", f"{one}/note", "note", partial(self.write, verb=bodies.note, kept="note")),
            ("GET", f"{one}/edit", "edit", self.edit), ("POST", f"{one}/edit", "edit", self.save)]
        table += [("GET", f"{one}/{paper}.pdf", "view", partial(papers.answer, self.module, name=paper))
                  for paper in self.module.flow.papers]
        table += StepPages(self.module, self._draw, self._page).table(one)
        for place, (method, rule, action, view) in enumerate(table):
            blueprint.add_url_rule(rule, f"{self.module.name}_{place}", methods=[method],
                                   view_func=_view(view, f"{self.module.plugin}.{action}"))

    def _draw(self, template: str, block: str = "", status: int = 200, **values: Any) -> Response:
        module = self.module
        kind = scope.current().registry.kinds[module.name]
        return render(f"{module.templates}/{template}.html", block=block or (), status=status, module=module,
                      kind=kind, label=label, say=say,
                      path=partial(links.record_path, kind), word=partial(module.word, scope.current()), **values)

    def listing(self) -> Response:
        """Show the records one may see, with words, state and page from the address."""
        module, who = self.module, scope.current()
        state, text = request.args.get("state", ""), request.args.get("q", "")[:200]
        page = listing.page(module, request.args)
        return self._draw("list", "results", page=page, text=text, state=state if state in module.states else "",
                          counts=access.facets(module.name, Record.state), cells=listing.cells(module, page.rows),
                          may_create=granted(who, f"{module.plugin}.create") != "none", args=request.args,
                          filters=listing.filters(module, request.args), address=paging.address,
                          staff=who.is_staff, picks=who.is_staff and many.offered(module))

    def _form(self, form: Form, action: str, title: str, send: str, *, status: int = 200, values: Any = None,
              errors: Any = ()) -> Response:
        base = f"/{self.module.plural}"
        return self._draw("form", status=status, form=form.bind(values, errors), action=action, title=title,
                          send=send, back=action.rpartition("/")[0] or base)

    def new(self) -> Response:
        """Show the form of a new record."""
        return self._new_form()

    def _new_form(self, **more: Any) -> Response:
        return self._form(bodies.form_of(self.module, "new"), f"/{self.module.plural}/new",
                          _("New: %(what)s", what=_(self.module.title)), _("Send"), **more)

    def create(self) -> Response:
        """Make a record."""
        try:
            values = bodies.form_of(self.module, "new").clean(request.form, request.files)
            record = bodies.open_record(self.module, values)
        except Invalid as error:
            return self._new_form(status=422, values=request.form, errors=error.errors)
        name = scope.current().me.name.split(" ")[0]
        return redirect(self._path(record),
                        message=_("Thanks, %(name)s. We'll answer here and by e-mail.", name=name))

    def _path(self, record: Any) -> str:
        return links.record_path(scope.current().registry.kinds[self.module.name], record.number)

    def show(self, number: str) -> Response:
        """Show one record with its conversation."""
        return self._page(access.find(self.module.name, number))

    @currencies.of_record
    def _page(self, record: Any, *, status: int = 200, body: str = "", note: str = "", error: str = "",
              wrong: str = "") -> Response:
        who, module = scope.current(), self.module
        kind = who.registry.kinds[module.name]
        internal = access.sees_notes(kind)
        if request.method == "GET" and who.person is not None:
            conversation.mark_read(record, who.person.id)
        begins = [step for step in module.starting_at(record.state) if step.act]
        allowed = access.may(module.name, record.id, "reply", "edit", *(step.act for step in begins))
        attached = {row.public_id: row for row in conversation.attached(record, internal=internal)}
        return self._draw(
            "record", "record", status, record=record, number=label(kind, record.number),
            entries=conversation.entries(record, internal=internal), may_note=internal,
            laid=layout.of(module, record, attached),
            may_reply="reply" in allowed, may_edit="edit" in allowed and record.state not in module.flow.locked,
            steps=StepPages.buttons(module, record, allowed), signatures=signing.signatures(
                module, record, staff=who.is_staff), here=self._path(record),
            requester=people.names([record.person_id]).get(record.person_id or 0, ""), body=body, note=note,
            error=error, wrong=wrong, papers=[] if pdf.missing() else papers.offered(module, record))

    def write(self, number: str, verb: Callable[..., None], kept: str) -> Response:
        """Take a reply or a note."""
        record = access.find(self.module.name, number)
        try:
            values = REPLY.clean(request.form, request.files)
            verb(self.module, record, values["body"], attach.receive(values["attachments"]))
        except Invalid as error:
            typed = {kept: request.form.get("body", "")}
            return self._page(record, status=422, error=error.errors[0].message, **typed)
        return redirect(self._path(record), stay=True)

    def edit(self, number: str) -> Response:
        """Show the form of a record's fields."""
        return self._edit_form(access.find(self.module.name, number, "edit"))

    @currencies.of_record
    def _edit_form(self, record: Any, /, **more: Any) -> Response:
        stored = {"title": record.title, **(record.fields or {})}
        return self._form(bodies.form_of(self.module, "edit"), f"{self._path(record)}/edit",
                          _("Change %(title)s", title=record.title), _("Save"), **{"values": stored, **more})

    def save(self, number: str) -> Response:
        """Change a record's fields."""
        record = access.find(self.module.name, number, "edit")
        try:
            with currencies.kept_in(record.fields):
                bodies.edit(self.module, record, bodies.form_of(self.module, "edit").clean(request.form))
        except Invalid as error:
            return self._edit_form(record, status=422, values=request.form, errors=error.errors)
        return redirect(self._path(record), message=_("Saved."))


def _view(call: Callable[..., Response], permission: str) -> Callable[..., Response]:
    def view(**given: Any) -> Response:
        return call(**given)

    return requires(permission)(view)
