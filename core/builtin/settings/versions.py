"""Every version of the configuration, what each changed, and the way back."""

from flask import Blueprint, Response, request

from parlour import Conflict, Refused, configuration, redirect, render, requires
from parlour import gettext as _

blueprint = Blueprint("settings_versions", __name__)
PAGE = 30


@blueprint.get("/settings/versions")
@requires("settings.change")
def versions() -> Response:
    """List what was changed, newest first."""
    before = request.args.get("before", type=int)
    found = configuration.share().versions(PAGE + 1, before)
    older = f"/settings/versions?before={found[PAGE - 1].id}" if len(found) > PAGE else ""
    return render("settings/versions.html", rows=found[:PAGE], older=older, newest=before is None)


@blueprint.get("/settings/versions/<int:number>")
@requires("settings.change")
def version(number: int) -> Response:
    """Show what one version changed."""
    return _version(number)


def _version(number: int, status: int = 200, notice: str = "") -> Response:
    share = configuration.share()
    before, found = share.version(number)
    lines = share.difference(number).splitlines()[2:]  # without the names of the two versions
    return render("settings/version.html", status=status, version=found, notice=notice, lines=lines,
                  first=before is None)


@blueprint.post("/settings/versions/<int:number>/undo")
@requires("settings.change")
def undo(number: int) -> Response:
    """Put back what stood there before a version."""
    try:
        made = configuration.undo(number)
    except Conflict as error:
        return _version(number, 409, str(error))
    except Refused as error:
        return _version(number, 403, str(error))
    return redirect("/settings/versions", message=_("Version %(number)s puts back what stood there before.",
                                                    number=made.id))
