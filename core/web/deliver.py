"""Files to browsers: static ones, a tenant's theme, and attachments after a fresh check of rights."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

from flask import Response, make_response, request, send_file
from werkzeug.security import safe_join

from core.data import access, conversation, scope
from core.data.access import feature_on, granted
from core.data.files import Store, disposition
from core.errors import NotFound
from core.look.theme import Asset

SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'"


def static(folder: Path, name: str, *, forever: bool = False) -> Response:
    """Give a file of a folder that ships with host or plugin. Raises NotFound for anything outside."""
    joined = safe_join(str(folder), name)
    path = Path(joined) if joined else None
    if path is None or not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        raise NotFound
    response = send_file(path, mimetype=mimetypes.guess_type(name)[0] or "application/octet-stream",
                         conditional=True, max_age=31536000 if forever else 3600)
    response.headers["Cache-Control"] = f"public, max-age={31536000 if forever else 3600}" + (
        ", immutable" if forever else "")
    return response


def asset(found: Asset | None) -> Response:
    """Give a file of a look: its name is the hash of its content, so it never changes. Raises NotFound."""
    if found is None:
        raise NotFound
    response = make_response(found.data, 200, {"Content-Type": found.type})
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


def may_see_internal(kind_name: str) -> bool:
    """Say whether whoever asks may see notes and internal files on records of a kind."""
    who = scope.current()
    kind = access.kind_of(who, kind_name)
    permission = kind.note_permission or f"{kind.plugin}.note"
    return who.is_staff and granted(who, permission) == "all"


def attachment(store: Store, identity: str) -> Response:
    """Give an attachment, its record passed through the door anew. Raises NotFound."""
    row = conversation.file(identity)
    if access.by_id(row.kind, row.record_id) is None:
        raise NotFound
    if row.internal and not may_see_internal(row.kind):
        raise NotFound
    return _deliver(store, row)


def _deliver(store: Store, row: Any) -> Response:
    try:
        handle = store.open(row.stored)
    except FileNotFoundError as error:
        raise NotFound from error
    response = make_response(send_file(handle, mimetype=row.mime, conditional=True, etag=False,
                                       max_age=None))
    response.headers["Content-Disposition"] = disposition(row.name, inline=False)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "private, no-store"
    if request.method == "HEAD":
        handle.close()
    return response
