"""What can be done to many companies at once."""

from collections.abc import Mapping
from typing import Any

from parlour import N_, Act, Refused, configuration, current, forms, granted, people
from parlour import gettext as _

Values = Mapping[str, Any]


def _switch(row: Any, on: bool) -> Values | None:
    if row.active == on:
        return None
    people.change_company(row.id, active=on)
    return {"active": not on}


def _put(row: Any, before: Values) -> None:
    _switch(row, before["active"])


def _own(row: Any, feature: str) -> bool | None:
    """Give what the settings say of a module for one company, None for nothing."""
    mine = (current().settings.own.data.get("companies") or {}).get(row.identifier) or {}
    found: bool | None = (mine.get("features") or {}).get(feature)
    return found


def _wanted(values: Values) -> bool | None:
    return {"on": True, "off": False}.get(values["state"])


def module_form() -> Any:
    """Ask for a module and whether it is shown."""
    found = {one.id: one.title for one in current().registry.manifests.values() if not one.builtin}
    return forms.load({"type": "object", "properties": forms.custom({
        "feature": {"type": "choice", "label": _("Module"), "options": found, "required": True},
        "state": {"type": "choice", "label": _("For these companies"), "required": True, "default": "all",
                  "options": {"on": _("On"), "off": _("Off"), "all": _("As for all")}}})}, id="bulk.modules")


def _cannot_switch(row: Any, values: Values) -> str:
    if granted(current(), "settings.change") != "all":
        return _("Only who may change the settings switches modules of companies.")
    return _("Is that already.") if _own(row, values["feature"]) is _wanted(values) else ""


def switch_modules(rows: list[Any], values: Values) -> None:
    """Write what some companies see of a module into the settings, as one version. Raises Refused, Conflict."""
    if granted(current(), "settings.change") != "all":
        raise Refused
    wanted = _wanted(values)
    configuration.edit({("companies", row.identifier, "features", values["feature"]): (
        configuration.controls.REMOVE if wanted is None else wanted) for row in rows}, None,
        _("Modules of several companies"))


def _nothing(_row: Any, _values: Values) -> None:
    """Is never called: the settings change in one go."""


ACTS = (
    Act("companies.on", N_("Switch on"), "company", "people.manage", lambda row, _v: _switch(row, True),
        lambda _v: _("Their people can sign in."), undo=_put,
        check=lambda row, _v: _("Is on already.") if row.active else "", order=10),
    Act("companies.off", N_("Switch off"), "company", "people.manage", lambda row, _v: _switch(row, False),
        lambda _v: _("Their people cannot sign in, from their next click on. Everything stays."),
        undo=_put,
        check=lambda row, _v: "" if row.active else _("Is off already."), order=20),
    Act("companies.module", N_("Switch a module on or off"), "company", "people.manage", _nothing, lambda v: {
        "on": _("Their people see %(module)s.", module=v["feature"]),
        "off": _("Their people see nothing of %(module)s.", module=v["feature"]),
        "all": _("Their people see %(module)s as all others do.", module=v["feature"])}[v["state"]],
        form=module_form, check=_cannot_switch, whole=switch_modules, order=30))
