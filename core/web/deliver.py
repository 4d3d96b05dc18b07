"""Files to browsers: static ones, a tenant's theme, and attachments after a fresh check of rights."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, make_response, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.security import safe_join
from werkzeug.wsgi import wrap_file

from core.data import access, conversation, photos, scope
from core.data.access import feature_on
from core.data.audit import record_act
from core.data.db import after_commit, transaction
from core.data.files import THUMBNAIL_TYPE, disposition, thumbnail
from core.data.filetypes import PICTURES
from core.errors import Invalid, NotFound
from core.look import links
from core.look.i18n import gettext as _
from core.look.kept import Kept
from core.look.theme import Asset
from core.web import routes, squeeze
from core.web.attach import store
from core.web.render import redirect

SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'"
SMALL = 480
"""Longest side of a small picture, in pixels."""

SIZES = (SMALL, 960, 1600)
"""Longest sides a picture is drawn in, for pages that let the browser choose."""

MOST_SMALL = 128
_small: Kept[bytes] = Kept(MOST_SMALL)


def static(folder: Path, name: str, *, forever: bool = False) -> Response:
    """Give a file of a folder that ships with host or plugin. Raises NotFound for anything outside."""
    joined = safe_join(str(folder), name)
    path = Path(joined) if joined else None
    if path is None or not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        raise NotFound
    kind, stat = mimetypes.guess_type(name)[0] or "application/octet-stream", path.stat()
    if squeeze.wanted(kind, stat.st_size):
        version = (str(path), stat.st_mtime_ns, stat.st_size)
        response = _squeezed(path.read_bytes(), kind, version)
    else:
        response = send_file(path, mimetype=kind, conditional=True, max_age=31536000 if forever else 3600)
    squeeze.mark(response, kind)
    response.headers["Cache-Control"] = f"public, max-age={31536000 if forever else 3600}" + (
        ", immutable" if forever else "")
    return response


def _squeezed(data: bytes, kind: str, version: tuple[str, int, int]) -> Response:
    """Answer with a text compressed, or that it is still the same; its validator is not that of the plain one."""
    packed = squeeze.squeezed(version, data)
    response = make_response(packed, 200, {"Content-Type": f"{kind}; charset=utf-8", "Content-Encoding": "gzip"})
    response.set_etag(f"{version[1]:x}-{version[2]:x}-gzip")
    response.make_conditional(request)
    return response


def asset(found: Asset | None) -> Response:
    """Give a file of a look: its name is the hash of its content, so it never changes. Raises NotFound."""
    if found is None:
        raise NotFound
    kind = found.type.partition(";")[0]
    response = make_response(found.data, 200, {"Content-Type": found.type})
    if squeeze.wanted(kind, len(found.data)):
        response.set_data(squeeze.squeezed(found.data, found.data))
        response.headers["Content-Encoding"] = "gzip"
    squeeze.mark(response, kind)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def plugin_static(plugin: str, name: str) -> Response:
    """Give a plugin's static file while the plugin is on for this tenant. Raises NotFound."""
    who = scope.current()
    manifest = who.registry.manifests.get(plugin)
    if manifest is None or not feature_on(who, plugin):
        raise NotFound
    return static(manifest.path / "static", name)


def _open_to_me(identity: str) -> Any:
    """Give an attachment's row, its record passed through the door anew. Raises NotFound."""
    row = conversation.file(identity)
    if row.kind not in scope.current().registry.kinds or access.by_id(row.kind, row.record_id) is None:
        raise NotFound
    if row.internal and not access.sees_notes(access.kind_of(scope.current(), row.kind)):
        raise NotFound
    return row


def _mine_to_switch(kind_name: str, record_id: int) -> Any:
    """Give a record whose notes whoever asks may handle. Raises NotFound."""
    kind = scope.current().registry.kinds.get(kind_name)
    if kind is None or not access.sees_notes(kind):
        raise NotFound
    record = access.by_id(kind_name, record_id, kind.note_permission.partition(".")[2] or "note")
    if record is None:
        raise NotFound
    return record


def private(response: Response, name: str, *, inline: bool) -> Response:
    """Make an answer one that nobody keeps and no browser runs; `inline` only for copies drawn by ourselves."""
    response.headers["Content-Disposition"] = disposition(name, inline=inline)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def attachment(identity: str) -> Response:
    """Give an attachment as a download, whole or a range of it. Raises NotFound."""
    return whole(_open_to_me(identity))


def whole(row: Any) -> Response:
    """Give a file as a download, whole or a range of it (RFC 9110, 14); the caller knows whose it is."""
    handle = store().open(row.stored)
    response = Response(wrap_file(request.environ, handle), mimetype=row.mime, direct_passthrough=True)
    response.call_on_close(handle.close)
    response.content_length = row.size
    try:
        response.make_conditional(request.environ, accept_ranges=True, complete_length=row.size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    return private(response, row.name, inline=False)


def small(identity: str, side: int = SMALL) -> Response:
    """Give a picture drawn anew: the only form in which an upload stands in a page. Raises NotFound.

    Who is not signed in may keep it, and asks each time whether it is still theirs to see (RFC 9110, 13).
    """
    row = _open_to_me(identity)
    response = drawn(row, side)
    if scope.current().person is None:
        response.headers["Cache-Control"] = "private, no-cache"
        response.set_etag(f"{row.stored[:16]}-{side}")
        response.make_conditional(request)
    return response


def drawn(row: Any, side: int) -> Response:
    """Give a picture drawn anew; the caller knows whose it is. Raises NotFound where it is no picture."""
    if row.mime not in PICTURES or side not in SIZES:
        raise NotFound
    small = _small.made((row.stored, side), lambda: _drawn(row.stored, side))
    response = make_response(small, 200, {"Content-Type": THUMBNAIL_TYPE})
    return private(response, f"{Path(row.name).stem}.webp", inline=True)


def _drawn(key: str, side: int) -> bytes:
    """Draw a stored picture; called after the check of rights only."""
    with store().open(key) as handle:
        try:
            return thumbnail(handle, side)
        except Invalid as error:
            raise NotFound from error  # no picture after all: it can still be downloaded


def photo(name: str, *, small: bool) -> Response:
    """Give the picture of a person to whoever may see them. Raises NotFound.

    A browser may keep it and asks each time whether it is still theirs to see (RFC 9110, 13).
    """
    row = photos.find(name)
    with store().open(row.photo_small if small else row.photo) as handle:
        response = make_response(handle.read(), 200, {"Content-Type": THUMBNAIL_TYPE})
    response = private(response, "photo.webp", inline=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(f"{name[:16]}-{'small' if small else 'large'}")
    response.make_conditional(request)
    return response


blueprint = Blueprint("files", __name__)


@blueprint.get("/photos/<name>")
@routes.requires(routes.ANYONE)
def person(name: str) -> Response:
    """Give somebody's picture as it stands on their own page."""
    return photo(name, small=False)


@blueprint.get("/photos/<name>/small")
@routes.requires(routes.ANYONE)
def person_small(name: str) -> Response:
    """Give somebody's picture as it stands beside what they wrote."""
    return photo(name, small=True)


@blueprint.get("/files/<identity>")
@routes.requires(routes.ANYONE)
def download(identity: str) -> Response:
    """Give an attachment to whoever may see its record and, where it is internal, its notes."""
    return attachment(identity)


@blueprint.get("/files/<identity>/small")
@routes.requires(routes.ANYONE)
def picture(identity: str) -> Response:
    """Give the small form of an attached picture, under the same conditions."""
    return small(identity)


@blueprint.get("/files/<identity>/<int:side>")
@routes.requires(routes.ANYONE)
def sized(identity: str, side: int) -> Response:
    """Give an attached picture with its longest side one of `SIZES`, under the same conditions."""
    return small(identity, side)


@blueprint.post("/files/<identity>/visibility")
@routes.requires(routes.ANYONE)
def switch_file(identity: str) -> Response:
    """Make an attachment visible to customers (`visible=true`) or internal."""
    row = conversation.file(identity)
    record = _mine_to_switch(row.kind, row.record_id)
    visible = request.form.get("visible") == "true"
    with transaction():
        conversation.show_file(row, internal=not visible)
        record_act("file.shown" if visible else "file.hidden", links.of(record), file=row.name)
    return redirect(links.of(record), message=_("Customers can see this file now.") if visible else
                    _("Only your team can see this file now."))


@blueprint.post("/files/<identity>/remove")
@routes.requires(routes.ANYONE)
def remove_file(identity: str) -> Response:
    """Take an attachment away for good."""
    row = conversation.file(identity)
    record = _mine_to_switch(row.kind, row.record_id)
    files = store()
    with transaction():
        conversation.remove_file(row)
        record_act("file.removed", links.of(record), file=row.name)
        after_commit(lambda: _forget(files, row.stored))
    return redirect(links.of(record), message=_("The file is gone."))


def _forget(files: Any, key: str) -> None:
    for side in SIZES:
        _small.forget((key, side))
    files.remove(key)


@blueprint.post("/messages/<identity>/visibility")
@routes.requires(routes.ANYONE)
def switch_message(identity: str) -> Response:
    """Make a note visible to customers (`visible=true`), or a message a note."""
    row = conversation.message(identity)
    record = _mine_to_switch(row.kind_of_record, row.record_id)
    visible = request.form.get("visible") == "true"
    with transaction():
        conversation.show_entry(record, identity, internal=not visible)
        record_act("message.shown" if visible else "message.hidden", links.of(record))
    return redirect(links.of(record), message=_("Customers can see this message now.") if visible else
                    _("Only your team can see this message now."))
