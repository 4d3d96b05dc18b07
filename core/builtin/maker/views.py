"""The pages of modules: all of them, a new one, and each part of one as a form or as text."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import Invalid, NotFound, Refused, configuration, current, forms, maker, redirect, render, requires
from parlour import gettext as _

from . import words
from .parts import PARTS, others, tongue

blueprint = Blueprint("maker", __name__)

SOURCE = """id: {id}
title: {title}
version: "1.0"
face: 1
records:
  {kind}:
    title: {one}
    many: {title}
    plural: {plural}
    prefix: {prefix}
    icon: package
    headline: {headline}
    fields:
      {field}: {{label: {first}, required: on}}
    states:
      new: {{label: {new}, category: open}}
      in_progress: {{label: {going}, category: in_progress}}
      done: {{label: {done}, category: resolved}}
    transitions:
      begin: {{label: {begin}, from: [new], to: in_progress, who: staff, kind: primary}}
      finish: {{label: {finish}, from: [new, in_progress], to: done, who: staff}}
    panel: {{states: [], who: everybody}}
"""


def draft_of(module: str) -> Any:
    """Give a module as this session has it, to those who may make modules. Raises NotFound."""
    maker.may()
    return maker.find(module)


def kind_of(draft: Any, kind: str) -> str:
    """Give a kind that the document has. Raises NotFound."""
    draft.kind(kind)
    return kind


def frame(draft: Any, kind: str, here: str) -> dict[str, Any]:
    """Give what every page of a module shows."""
    kinds = {name: words.said(one["title"]) for name, one in draft.data.get("records", {}).items()}
    title = words.said(draft.data.get("title")) or draft.id
    look, scheme = request.args.get("look", "form"), request.args.get("scheme", "light")
    return {"draft": draft, "kind": kind, "kinds": kinds, "here": here, "module_title": title,
            "parts": PARTS.values(), "home": f"/settings/modules/{draft.id}", "problems": draft.problems,
            "look": look if look in ("list", "form", "record") else "form", "tongue": tongue(),
            "as_": "team" if request.args.get("as") == "team" else "customer",
            "scheme_": "dark" if scheme == "dark" else "light", "writable": maker.shop().may_write(draft.id),
            "crumbs": [(_("Modules"), "/settings/modules"), (title, f"/settings/modules/{draft.id}")]}


def mend(draft: Any) -> Response | None:
    """Send to the text where no form can show the document; None where forms can."""
    return None if draft.sound else redirect(f"/settings/modules/{draft.id}/text")


@blueprint.get("/settings/modules")
@requires("maker.make")
def listing() -> Response:
    """Show all modules made here, and what is only begun."""
    maker.may()
    return render("maker/list.html", modules=maker.modules(), writable=maker.shop().writable)


def _asked() -> Any:
    return forms.load({"type": "object", "properties": forms.custom({
        "title": {"label": _("Name of the module"), "required": True, "max_length": 80,
                  "placeholder": _("Warranty claims"), "help": _("Several of them, as people say it.")},
        "one": {"label": _("One of them"), "required": True, "max_length": 80, "placeholder": _("Warranty claim")},
        "first": {"label": _("What do you ask first?"), "required": True, "max_length": 200,
                  "placeholder": _("Which product is it about?"),
                  "help": _("The answer is the title of each. You add more questions afterwards.")},
        "id": {"label": _("Name in files and addresses"), "pattern": "^[a-z][a-z0-9_]{1,39}$", "max_length": 40,
               "pattern_message": _("Small letters, digits and _, a letter first."),
               "help": _("Leave it empty to have it made of the name. It stays as it is for good.")}})},
        id="maker.new")


@blueprint.get("/settings/modules/new")
@requires("maker.make")
def new() -> Response:
    """Ask how a new module is called."""
    maker.may()
    return render("maker/new.html", form=_asked().bind(), writable=maker.shop().writable)


@blueprint.post("/settings/modules/new")
@requires("maker.make")
def create() -> Response:
    """Begin a module: a document that works, to go on from."""
    maker.may()
    form = _asked()
    try:
        values = form.clean(request.form)
        module = values["id"] or words.name_of(values["title"], "module", _names())
        maker.begin(module, _source(module, values))
    except Invalid as error:
        return render("maker/new.html", status=422, form=form.bind(request.form, error.errors), writable=True)
    kind = next(iter(maker.find(module).data["records"]))
    return redirect(f"/settings/modules/{module}/{kind}/fields")


def _names() -> set[str]:
    registry = current().registry
    return {"new", *registry.known, *registry.failed, *maker.shop().ids()}


def _source(module: str, values: Any) -> str:
    kinds = current().registry.kinds.values()
    taken = {name for kind in kinds for name in (kind.name, kind.plural)}
    kind = words.name_of(values["one"], f"{module}_record"[:40], taken)
    quoted = {key: maker.flow(text) for key, text in {
        "title": values["title"], "one": values["one"], "first": values["first"],
        "new": _("New"), "going": _("In progress"),
        "done": _("Done"), "begin": _("Begin"), "finish": _("Finish")}.items()}
    free = module not in taken and module != kind
    plural = module if free else words.name_of(f"{kind}s", f"{module}_all", taken)
    field = words.name_of(values["first"], "subject", maker.RESERVED)
    prefix = words.letters_of(values["one"], {one.prefix for one in kinds})
    quoted |= {key: maker.flow(one) for key, one in {  # without quotes, `off` would be no word
        "id": module, "plural": plural, "prefix": prefix, "headline": field}.items()}
    return SOURCE.format(kind=kind, field=field, **quoted)


@blueprint.get("/settings/modules/<module>/<kind>/<part>")
@requires("maker.make")
def show(module: str, kind: str, part: str) -> Response:
    """Show one part of a module as a form."""
    draft = draft_of(module)
    if part not in PARTS:
        raise NotFound
    return mend(draft) or _part(draft, kind_of(draft, kind), part)


def _part(draft: Any, kind: str, part: str, *, status: int = 200, bound: Any = None) -> Response:
    one = PARTS[part]
    here = f"/settings/modules/{draft.id}/{kind}/{part}"
    bound = bound or one.form(draft, kind).bind(one.shown(draft, kind))
    return configuration.policy.may_frame(render(
        "maker/part.html", block="part", status=status, form=bound, part=part, title_=_(one.title),
        others=list(others(draft, kind)) if part == "basics" else [], **frame(draft, kind, here)))


@blueprint.post("/settings/modules/<module>/<kind>/<part>")
@requires("maker.make")
def save(module: str, kind: str, part: str) -> Response:
    """Keep what a form says; where that is asked, take the module into use."""
    draft = draft_of(module)
    if part not in PARTS or not draft.sound:
        raise NotFound
    one, form = PARTS[part], PARTS[part].form(draft, kind_of(draft, kind))
    try:
        draft = maker.put(draft, one.read(draft, kind, form.clean(request.form)))
    except Invalid as error:
        return _part(draft, kind, part, status=422, bound=form.bind(request.form, error.errors))
    return after(draft, f"/settings/modules/{module}/{kind}/{part}")


def after(draft: Any, here: str) -> Response:
    """Go on after something was kept: on the same page, or to taking it into use."""
    if request.form.get("do") == "publish":
        return redirect(f"/settings/modules/{draft.id}#use")
    return redirect(here, message=_("Kept. Nobody else sees it before you take it into use."))


@blueprint.get("/settings/modules/<module>/text")
@requires("maker.make")
def as_text(module: str) -> Response:
    """Show the document itself."""
    return _text(draft_of(module))


def _text(draft: Any, *, status: int = 200, typed: str = "", errors: Any = ()) -> Response:
    kind = next(iter(draft.data.get("records", {})), "")
    told = [one.message for one in errors]
    return configuration.policy.may_frame(render(
        "maker/text.html", status=status, typed=typed or draft.text, errors=told,
        **frame(draft, kind, f"/settings/modules/{draft.id}/text")))


@blueprint.post("/settings/modules/<module>/text")
@requires("maker.make")
def save_text(module: str) -> Response:
    """Take the document as it was typed; what is wrong in it is told by line."""
    draft = draft_of(module)
    typed = request.form.get("text", "")
    try:
        draft = maker.text(draft, typed)
    except (Invalid, Refused) as error:
        errors = error.errors if isinstance(error, Invalid) else [error]
        return _text(draft, status=422, typed=typed, errors=errors)
    if draft.problems and request.form.get("do") == "publish":
        return _text(draft, status=422)
    return after(draft, f"/settings/modules/{module}/text")


@blueprint.get("/settings/modules/<module>/preview/<kind>/<what>/<scheme>")
@requires("maker.make")
def preview(module: str, kind: str, what: str, scheme: str) -> Response:
    """Show the real list, form or page of one, for the frame of a page alone."""
    draft = draft_of(module)
    if draft.problems:
        raise NotFound
    customer = request.args.get("as") != "team"
    return maker.page(draft.text, module, kind, what, scheme, customer=customer)
