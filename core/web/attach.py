"""Attachments on their way in: stored first, tied to their message in its transaction, removed if orphaned."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Response, after_this_request, current_app, g, has_app_context, request
from werkzeug.datastructures import FileStorage
from werkzeug.wsgi import wrap_file

from core.data import conversation, scope
from core.data.db import after_commit
from core.data.files import Store, Stored, clean_name, disposition, here, measure
from core.data.filetypes import PICTURES, kind
from core.errors import FieldError, Invalid, TooLarge
from core.look.i18n import gettext as _

log = logging.getLogger("parlour.files")
MEGABYTE = 1024 * 1024
FIELDS = 256 * 1024
BROUGHT = 25 * MEGABYTE


@dataclass(frozen=True)
class Received:
    """A file that is stored already and waits for its record."""

    stored: Stored
    name: str
    mime: str
    measured: tuple[int, int] | None = None


def store() -> Store:
    """Give the process's store of files."""
    found: Store = current_app.extensions["parlour"].files
    return found


def file_limit() -> int:
    """Give the most bytes one file may have here (`limits.file_mb`, in units of 1,048,576 bytes)."""
    return int(scope.current().settings.value("limits.file_mb")) * MEGABYTE


def request_limit() -> int:
    """Give the most bytes one request may have here: `limits.request_mb`, and room for the fields around files."""
    return int(scope.current().settings.value("limits.request_mb")) * MEGABYTE + FIELDS


def receive(uploads: Iterable[FileStorage], *, field: str = "attachments") -> list[Received]:
    """Store uploaded files under names we choose, before any transaction begins.

    Raises Invalid at `field` past the tenant's limits of size or number, StorageFull where no space is left,
    Unavailable where the store is away. What no record has claimed when the request is over is removed.
    """
    chosen = [upload for upload in uploads if upload.filename]
    most = int(scope.current().settings.value("limits.files"))
    if len(chosen) > most:
        raise Invalid([FieldError(field, _("Choose at most %(limit)s files.", limit=most), "too_many")])
    received: list[Received] = []
    for upload in chosen:
        received.append(_one(upload, field))
    return received


def _one(upload: FileStorage, field: str) -> Received:
    limit, name = file_limit(), clean_name(upload.filename or "")
    try:
        stored = store().put(upload.stream, limit=limit)
    except TooLarge as error:
        raise Invalid([FieldError(field, _("%(name)s is larger than %(limit)s. Please send a smaller one.",
                                           name=name, limit=f"{limit // MEGABYTE} MB"), "too_large")]) from error
    _waiting().add(stored.key)
    mime = kind(stored.head, name)[0]
    return Received(stored, name, mime, measured(stored.key) if mime in PICTURES else None)


def sent(content: Any, name: Any, *, field: str = "content") -> Received:
    """Store a file that a program sent within JSON, in base64 (RFC 4648, 4), as `receive` does. Raises Invalid."""
    try:
        data = base64.b64decode(content, validate=True)
    except (TypeError, ValueError):
        raise Invalid([FieldError(field, _("Send the file in base64."), "format")]) from None
    if not data or not isinstance(name, str) or not name:
        raise Invalid([FieldError(field, _("Send a file, and its name."), "required")])
    return _one(FileStorage(io.BytesIO(data), filename=name), field)


def measured(key: str) -> tuple[int, int] | None:
    """Tell width and height of a stored picture, None where it cannot be drawn."""
    with store().open(key) as handle:
        return measure(handle)


def keep(record: Any, files: Iterable[Received], *, message: Any = None,
         internal: bool | None = None) -> list[Any]:
    """Tie received files to a record's message, inside the transaction that writes it; give their rows.

    A file of a note is internal, and so is what staff attaches without a message; `internal` says otherwise.
    """
    rows = []
    for received in files:
        rows.append(conversation.add_file(record, received.stored, received.name, received.mime, message=message,
                                          internal=internal, measured=received.measured))
        if has_app_context() and "files_waiting" in g:
            after_commit(partial(g.files_waiting.discard, received.stored.key))
    return rows


def claim(received: Received) -> None:
    """Let a received file stay though no record has it, inside the transaction that writes down whose it is."""
    if has_app_context() and "files_waiting" in g:
        after_commit(partial(g.files_waiting.discard, received.stored.key))


def handed(key: str, name: str, mime: str) -> Response:
    """Give a stored file as a download that nobody keeps; the caller knows whose it is. Raises NotFound."""
    handle = store().open(key)
    response = Response(wrap_file(request.environ, handle), mimetype=mime, direct_passthrough=True)
    response.call_on_close(handle.close)
    return sealed(response, name)


def sealed(response: Response, name: str) -> Response:
    """Make an answer a download of a name that no cache keeps and no browser shows."""
    response.headers["Content-Disposition"] = disposition(name, inline=False)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def bring(record: Any, path: str, name: str) -> Any | None:
    """Attach a picture from an import's file to a record, for everybody who sees it; None if it is no picture."""
    taken = brought(path, name)
    if taken.measured is None:
        here().remove(taken.stored.key)
        return None
    return conversation.add_file(record, taken.stored, taken.name, taken.mime, internal=False,
                                 measured=taken.measured)


def brought(path: str | Path, name: str) -> Received:
    """Store a file that lies on this machine (an import's, demo content's), for `keep`: nothing is uploaded."""
    with Path(path).open("rb") as source:
        stored = here().put(source, limit=BROUGHT)
    mime = kind(stored.head, name)[0]
    with here().open(stored.key) as handle:
        return Received(stored, clean_name(name), mime, measure(handle) if mime in PICTURES else None)


def _waiting() -> set[str]:
    """Give the keys this request stored and nobody claimed yet; the first one makes the request clean up."""
    if "files_waiting" not in g:
        g.files_waiting = set()
        after_this_request(_discard)
    waiting: set[str] = g.files_waiting
    return waiting


def _discard(response: Response) -> Response:
    """Remove what was stored for a form that then failed. A key that stands in the database stays.

    Whatever goes wrong here is left to the sweep: the answer is more important.
    """
    waiting = g.pop("files_waiting", set())
    if waiting:
        try:
            for key in waiting - conversation.files_known(waiting):
                store().remove(key)
        except Exception:
            log.exception("files of a failed form could not be removed; the sweep does it later")
    return response
