"""The fields of a kind, of a step or of a row, built as all forms are; and the steps with what they ask."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import FieldError, Invalid, NotFound, configuration, maker, redirect, render, requires
from parlour import gettext as _

from . import parts, views, words

blueprint = Blueprint("maker_designing", __name__)
designs, properties = configuration.designs, configuration.properties
ASKED = frozenset({"label", "type", "help", "options", "required", "internal", "hidden", "if", "default",
                   "currency", "fields", "order", *properties.MORE})
"""Keys of a field that its form, or the list of fields, knows."""
VERBS = ("up", "down", "hide", "require", "copy", "drop")


def design_of(draft: Any, kind: str) -> Any:
    """Give the form whose fields are asked for: of the kind, of a `step`, inside one of its fields (`of`)."""
    record, step, outer = draft.kind(kind), request.args.get("step", ""), request.args.get("of", "")
    title, around = _("Fields"), record
    path: tuple[str, ...] = ("records", kind)
    if step:
        path = (*path, "transitions", step)
        around = record.get("transitions", {}).get(step)
        if around is None:
            raise NotFound
        title = words.said(around["label"])
    fields = around.get("fields", {})
    if outer:
        one = fields.get(outer)
        if one is None or one.get("type") not in ("rows", "group"):
            raise NotFound
        title, path = words.said(one.get("label")) or outer, (*path, "fields", outer)
        fields = one.get("fields", {})
    check = {"without": ["file", "files", "hidden"]} if outer else {}
    own = dict(sorted(fields.items(), key=lambda pair: pair[1].get("order", 50)))
    return designs.Design((*path, "fields"), title, _("Modules"), own, check, {"kind": kind}, entry=outer or step,
                          apart="inner" if outer else "form", schema=_schema((*path, "fields")))


def _schema(path: tuple[str, ...]) -> dict[str, Any]:
    """Give the schema of the fields at a path of the document."""
    whole = maker.schema()
    schema = whole
    for key in path:
        known = schema.get("properties", {})
        schema = known[key] if key in known else schema["additionalProperties"]
        schema = whole["$defs"]["field"] if "$ref" in schema else schema
    return {**schema, "$defs": whole["$defs"]}


def query(**more: str) -> str:
    """Give what an address says of the form at hand."""
    asked = {key: request.args[key] for key in ("step", "of") if request.args.get(key)} | more
    return "?" + "&".join(f"{key}={value}" for key, value in asked.items() if value) if asked else ""


@blueprint.get("/settings/modules/<module>/<kind>/fields")
@requires("maker.make")
def show(module: str, kind: str) -> Response:
    """Show fields in their order, and what can be done with each."""
    draft = views.draft_of(module)
    return views.mend(draft) or _lines(draft, views.kind_of(draft, kind))


def _lines(draft: Any, kind: str, *, status: int = 200, notice: str = "") -> Response:
    design = design_of(draft, kind)
    base = f"/settings/modules/{draft.id}/{kind}"
    page = views.frame(draft, kind, f"{base}/fields{query()}")
    return configuration.policy.may_frame(render(
        "maker/fields.html", block="lines", status=status, design=design, entries=designs.entries(design),
        held=designs.held(design), notice=notice, base=base, asked=query().replace("?", "&"),
        step=request.args.get("step", ""), outer=request.args.get("of", ""), **page))


@blueprint.post("/settings/modules/<module>/<kind>/fields")
@requires("maker.make")
def change(module: str, kind: str) -> Response:
    """Move, hide, require, copy or take away a field."""
    draft = views.draft_of(module)
    design = design_of(draft, kind)
    verb, _dot, name = request.form.get("do", "").partition(".")
    try:
        if verb == "order":
            changes = designs.ordered(design, request.form.get("order", "").split(",")[:500])
        else:
            changes = designs.act(design, verb, name) if verb in VERBS else {}
        draft = maker.put(draft, changes)
    except Invalid as error:
        return _lines(draft, kind, status=422, notice=" ".join(one.message for one in error.errors))
    if "HX-Request" in request.headers:
        return _lines(draft, kind)
    return redirect(f"/settings/modules/{module}/{kind}/fields{query()}{f'#e-{name}' if name else ''}")


@blueprint.get("/settings/modules/<module>/<kind>/field")
@requires("maker.make")
def field(module: str, kind: str) -> Response:
    """Show what a field says, or ask for a new one of a type."""
    draft = views.draft_of(module)
    if not draft.sound:
        return redirect(f"/settings/modules/{module}/text")
    design, type_, name = _asked(draft, kind)
    begun: dict[str, Any] = {"options": [{}, {}, {}]} if type_ in ("choice", "several") else {}
    form = properties.form(design, type_, name)
    return _field(draft, kind, design, type_, name, form.bind(properties.shown(design, name) if name else begun))


@blueprint.post("/settings/modules/<module>/<kind>/field")
@requires("maker.make")
def save_field(module: str, kind: str) -> Response:
    """Keep what a field says, or add it."""
    draft = views.draft_of(module)
    design, type_, name = _asked(draft, kind)
    form = properties.form(design, type_, name)
    try:
        one = _in_order(properties.read(design, type_, name, form.clean(request.form)), design.own.get(name, {}))
        fresh = name or designs.name_for(design, words.said(one.get("label")))
        _reckoned(draft, maker.put(draft, designs.put(design, fresh, one)), fresh, one)
    except Invalid as error:
        errors = tuple(FieldError(item.path if item.path.split(".")[0] in form.names else "", item.message,
                                  item.code) for item in error.errors)
        return _field(draft, kind, design, type_, name, form.bind(request.form, errors), status=422)
    return redirect(f"/settings/modules/{module}/{kind}/fields{query()}#e-{fresh}")


def _reckoned(before: Any, made: Any, name: str, one: dict[str, Any]) -> None:
    """Take a field back whose formula cannot be read. Raises Invalid at the formula, in words."""
    wrong = [problem for problem in made.problems if problem.path.endswith(f".{name}.compute")
             ] if one.get("compute") else []
    if wrong:
        maker.text(made, before.text)
        raise Invalid([FieldError("compute", _("This cannot be computed: %(why)s", why=" ".join(
            f"{problem.message} {problem.hint}".strip() for problem in wrong)), "unfit")])


def _in_order(one: dict[str, Any], before: Any) -> dict[str, Any]:
    """Give what a field says with its keys where they stood, so that only what is changed is written anew."""
    return {key: one[key] for key in (*before, *(key for key in one if key not in before)) if key in one}


def _asked(draft: Any, kind: str) -> tuple[Any, str, str]:
    """Give the form, the type and the name of the field that an address asks for. Raises NotFound."""
    design, name, type_ = design_of(draft, kind), request.args.get("name", ""), request.args.get("type", "")
    if name:
        if name not in design.own:
            raise NotFound
        return design, str(design.own[name].get("type", "text")), name
    if type_ not in {key for key, _word, _icon in design.types}:
        raise NotFound
    return design, type_, ""


def _field(draft: Any, kind: str, design: Any, type_: str, name: str, bound: Any, *,
           status: int = 200) -> Response:
    base = f"/settings/modules/{draft.id}/{kind}"
    label = next((one.label for one in designs.entries(design) if one.name == name), "")
    here = f"{base}/field{query(name=name) if name else query(type=type_)}"
    holds = name and type_ in ("group", "rows") and not design.inner
    inner = f"{base}/fields{query(of=name)}" if holds else ""
    others = list(parts.others_of_field(draft, design, name, ASKED)) if name else []
    return configuration.policy.may_frame(render(
        "maker/field.html", status=status, design=design, form=bound, word=_(design.word({"type": type_})),
        icon_=designs.ICONS.get(type_, "circle"), name=name, label=label, more=properties.MORE, inner=inner,
        others=others, type_=type_, tongues=properties.tongues(), back=f"{base}/fields{query()}",
        errors=list(bound.summary), **views.frame(draft, kind, here)))


@blueprint.get("/settings/modules/<module>/<kind>/steps")
@requires("maker.make")
def steps(module: str, kind: str) -> Response:
    """Show the steps from state to state."""
    draft = views.draft_of(module)
    return views.mend(draft) or _steps(draft, views.kind_of(draft, kind))


def _steps(draft: Any, kind: str) -> Response:
    record = draft.kind(kind)
    states = parts.labels(record["states"])
    lines = [(name, words.said(one["label"]), [states.get(key, key) for key in one.get("from", ())],
              states.get(one["to"], one["to"]), len(one.get("fields", {})))
             for name, one in record.get("transitions", {}).items()]
    base = f"/settings/modules/{draft.id}/{kind}"
    return configuration.policy.may_frame(render(
        "maker/steps.html", lines=lines, base=base, **views.frame(draft, kind, f"{base}/steps")))


@blueprint.get("/settings/modules/<module>/<kind>/step")
@requires("maker.make")
def step(module: str, kind: str) -> Response:
    """Show one step, or ask for a new one."""
    draft = views.draft_of(module)
    if not draft.sound:
        return redirect(f"/settings/modules/{module}/text")
    name = request.args.get("name", "")
    if name and name not in draft.kind(kind).get("transitions", {}):
        raise NotFound
    return _step(draft, kind, name, _step_form(draft, kind).bind(parts.step_shown(draft, kind, name)))


def _step_form(draft: Any, kind: str) -> Any:
    return parts.form_of("step", parts.step_spec(draft, kind))


def _step(draft: Any, kind: str, name: str, bound: Any, *, status: int = 200) -> Response:
    base = f"/settings/modules/{draft.id}/{kind}"
    said = draft.kind(kind).get("transitions", {}).get(name)
    return configuration.policy.may_frame(render(
        "maker/step.html", status=status, form=bound, name=name, base=base,
        others=list(parts.others_of_step(draft, kind, name)) if name else [],
        label=words.said(said["label"]) if said else "",
        **views.frame(draft, kind, f"{base}/step?name={name}" if name else f"{base}/step")))


@blueprint.post("/settings/modules/<module>/<kind>/step")
@requires("maker.make")
def save_step(module: str, kind: str) -> Response:
    """Keep a step, add one, or take it away."""
    draft, name = views.draft_of(module), request.args.get("name", "")
    known = draft.kind(kind).get("transitions", {})
    if name and name not in known:
        raise NotFound
    form, at = _step_form(draft, kind), ("records", kind, "transitions")
    try:
        if request.form.get("do") == "drop":
            left = {key: one for key, one in known.items() if key != name}
            draft = maker.put(draft, {at: left} if left else {at: maker.REMOVE})
        else:
            fresh, made = parts.step_read(draft, kind, name, form.clean(request.form))
            draft = maker.put(draft, {at: {**known, fresh: made}})
    except Invalid as error:
        return _step(draft, kind, name, form.bind(request.form, error.errors), status=422)
    return views.after(draft, f"/settings/modules/{module}/{kind}/steps")
