"""Taking a module into use: what is wrong, what would be lost, its versions, switching it on, taking it away."""

from typing import Any

from flask import Blueprint, Response, request

from parlour import Conflict, Invalid, NotFound, Refused, configuration, maker, redirect, render, requires
from parlour import gettext as _

from . import views

blueprint = Blueprint("maker_publishing", __name__)


@blueprint.get("/settings/modules/<module>")
@requires("maker.make")
def overview(module: str) -> Response:
    """Show how a module is, and what can be done about it."""
    return _draw(views.draft_of(module))


def _draw(draft: Any, *, status: int = 200, notice: str = "", conflict: bool = False) -> Response:
    kind = next(iter(draft.data.get("records", {})), "")
    made = maker.made(draft.id)
    records = list(draft.data.get("records", {}))
    record = draft.data["records"][kind] if kind else {}
    standing = maker.shop().standing(draft.id).text
    lost = _lost(draft)
    waits = maker.waiting(standing) if made.state in ("on", "available") else []
    return configuration.policy.may_frame(render(
        "maker/module.html", block="state", losses=lost, waits=waits, status=status, made=made, notice=notice,
        conflict=conflict, path=f"/{record['plural']}" if record else "", stored=maker.stored(records),
        history=maker.shop().history(draft.id, 20), **views.frame(draft, kind, f"/settings/modules/{draft.id}")))


def _lost(draft: Any) -> list[Any]:
    """Give what of the stored records has no place in a draft."""
    return maker.losses(draft.text) if draft.base and draft.changed and not draft.problems else []


@blueprint.post("/settings/modules/<module>")
@requires("maker.make")
def act(module: str) -> Response:
    """Take a draft into use, throw it away, or switch the module on."""
    draft, verb = views.draft_of(module), request.form.get("do", "")
    here = f"/settings/modules/{module}"
    try:
        if verb == "discard":
            maker.forget(module)
            return redirect(here if maker.shop().standing(module).text else "/settings/modules",
                            message=_("What you had changed is gone; what is in use stays."), kind="info")
        if verb == "publish" and request.form.get("looked") != draft.mark and _lost(draft):
            return _draw(draft, status=422, notice=_("Read first what would be lost, then take it into use."))
        if verb == "publish":
            maker.publish(draft)
            return redirect(here, message=_("Saved. It is being made ready."))
        if verb == "on":
            if maker.state(module) != "available":
                return redirect(here)
            configuration.edit({("features", module, "enabled"): True}, note=_("%(name)s on", name=module))
            return redirect(here, message=_("It is on, for everybody who may see it."))
        if verb.startswith("lose."):
            maker.give_up(maker.shop().standing(module).text, verb.removeprefix("lose."))
            return redirect(here, message=_("It is given up."))
        if verb == "again":
            maker.renew()
            return redirect(here)
    except Conflict as error:
        return _draw(draft, status=409, notice=str(error), conflict=True)
    except Refused as error:
        return _draw(draft, status=403, notice=str(error))
    except Invalid as error:
        return _draw(draft, status=422, notice=" ".join(one.message for one in error.errors))
    raise NotFound


@blueprint.post("/settings/modules/<module>/undo/<int:version>")
@requires("maker.make")
def undo(module: str, version: int) -> Response:
    """Draw up what a version said, to look at and take into use again."""
    draft = views.draft_of(module)
    found = next((one for one in maker.shop().history(module, 200) if one.id == version and one.content), None)
    if found is None:
        raise NotFound
    maker.text(maker.started(draft), found.content)
    return redirect(f"/settings/modules/{module}", message=_(
        "This is the module as it was before. Look at it, then take it into use."))


@blueprint.get("/settings/modules/<module>/remove")
@requires("maker.make")
def ask(module: str) -> Response:
    """Ask before a module is taken away, and say what becomes of its records."""
    return _asked(views.draft_of(module))


def _asked(draft: Any, *, status: int = 200, notice: str = "") -> Response:
    records = list(draft.data.get("records", {}))
    return render("maker/remove.html", status=status, notice=notice, most=maker.MOST_REMOVED,
                  stored=maker.stored(records), base=maker.shop().standing(draft.id).hash,
                  **views.frame(draft, "", f"/settings/modules/{draft.id}/remove"))


@blueprint.post("/settings/modules/<module>/remove")
@requires("maker.make")
def remove(module: str) -> Response:
    """Take a module away; its records stay unless that was chosen otherwise."""
    draft = views.draft_of(module)
    records = list(draft.data.get("records", {}))
    stored = maker.stored(records)
    wanted = request.form.get("records", "")
    if stored and wanted not in ("keep", "remove"):
        return _asked(draft, status=422, notice=_("Say what becomes of the records."))
    if wanted == "remove" and request.form.get("sure", "") != module:
        return _asked(draft, status=422, notice=_("Type %(name)s to remove the records for good.", name=module))
    try:
        maker.remove(module, request.form.get("base", ""), records if wanted == "remove" else ())
    except (Conflict, Refused, Invalid) as error:
        told = " ".join(one.message for one in error.errors) if isinstance(error, Invalid) else str(error)
        return _asked(draft, status=error.status, notice=told)
    return redirect("/settings/modules", message=_("%(name)s is gone.", name=module))
