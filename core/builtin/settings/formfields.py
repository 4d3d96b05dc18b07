"""One field of a form that admins build: a new one, or what it says, with only what fits its type."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import FieldError, Invalid, NotFound, configuration, redirect, requires
from parlour import gettext as _

from . import fields, forms

blueprint = Blueprint("settings_form_fields", __name__)
designs, drafting, properties = configuration.designs, configuration.drafting, configuration.properties


@blueprint.get("/settings/field/<path:place>")
@requires("settings.change")
def show(place: str) -> Response:
    """Show what a field says, or ask for a new one of a type."""
    design, kind, name = _asked(place)
    form = properties.form(design, kind, name)
    begun: dict[str, Any] = {"options": [{}, {}, {}]} if kind in ("choice", "several") else {}
    return _draw(design, kind, name, form.bind(properties.shown(design, name) if name else begun))


@blueprint.post("/settings/field/<path:place>")
@requires("settings.change")
def save(place: str) -> Response:
    """Keep what a field says, or add it; it is collected with everything else that is changed."""
    design, kind, name = _asked(place)
    form = properties.form(design, kind, name)
    if request.form.get("do") == "discard":
        return fields.act(design.href, lambda told: _draw(design, kind, name, form.bind(request.form), told), {})
    try:
        one = properties.read(design, kind, name, form.clean(request.form))
        changes = designs.put(design, name or designs.name_for(design, _plain(one["label"])), one)
    except Invalid as error:
        errors = tuple(FieldError(item.path if item.path.split(".")[0] in form.names else "", item.message,
                                  item.code) for item in error.errors)
        return _draw(design, kind, name, form.bind(request.form, errors), fields.Told(422))
    if not name:
        return _added(design, form, kind, changes)
    return fields.act(_here(design, name) if request.form.get("do") == "keep" else design.href, lambda told: _draw(
        design, kind, name, form.bind(request.form, told.errors), told), changes)


def _added(design: Any, form: Any, kind: str, changes: Any) -> Response:
    try:
        drafting.keep(changes, request.form.get("base_version", 0, type=int))
    except Invalid as error:
        return _draw(design, kind, "", form.bind(request.form, error.errors), fields.Told(422))
    return redirect(design.href, message=_("The field is there. Save when the form is as you want it."))


def _plain(label: Any) -> str:
    return str(label if isinstance(label, str) else next(iter(label.values()), ""))


def _asked(place: str) -> tuple[Any, str, str]:
    """Give the form, the type and the name of the field that an address asks for. Raises NotFound."""
    design, name, kind = forms.find(place), request.args.get("name", ""), request.args.get("type", "")
    if name:
        if name not in design.own:
            raise NotFound
        return design, str(design.own[name].get("type", "text")), name
    if kind not in {key for key, _word, _icon in design.types}:
        raise NotFound
    return design, kind, ""


def _here(design: Any, name: str) -> str:
    return f"/settings/field/{design.place}?name={name}"


def _draw(design: Any, kind: str, name: str, bound: Any, told: fields.Told = fields.NOTHING) -> Response:
    word, icon = _(designs.TYPES[kind]), designs.ICONS[kind]
    here = _here(design, name) if name else f"/settings/field/{design.place}?type={kind}"
    label = next((one.label for one in designs.entries(design) if one.name == name), "")
    inner = f"{design.href}/{name}/fields" if name and kind in ("group", "rows") else ""
    return forms.preview_beside(
        design, "settings/formfield.html", block="collected", status=told.status, form=bound, kind=kind, word=word,
        icon_=icon, name=name, label=label, here=here, more=properties.MORE, tongues=properties.tongues(),
        inner=inner,
        held=designs.held(design).get(name, 0) if name else 0, notice=told.notice,
        errors=list(bound.summary), **fields.frame())
