"""Attachments on their way in: stored first, tied to their message in its transaction, swept if orphaned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import current_app
from werkzeug.datastructures import FileStorage

from core.data import conversation
from core.data.files import Store, Stored, clean_name
from core.data.filetypes import kind

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Received:
    """A file that is stored already and waits for its record."""

    stored: Stored
    name: str
    mime: str


def receive(uploads: Iterable[FileStorage], *, limit_mb: int = 25) -> list[Received]:
    """Store uploaded files under names we choose, before any transaction begins.

    Raises TooLarge past `limit_mb` megabytes a file, StorageFull where no space is left. What no record
    claims afterwards is swept.
    """
    store: Store = current_app.extensions["parlour"].files
    received = []
    for upload in uploads:
        if not upload.filename:
            continue
        stored = store.put(upload.stream, limit=limit_mb * MEGABYTE)
        name = clean_name(upload.filename)
        received.append(Received(stored, name, kind(stored.head, name)[0]))
    return received


def keep(record: Any, files: Iterable[Received], *, message: Any = None, internal: bool = False) -> None:
    """Tie received files to a record's message, inside the transaction that writes it."""
    for received in files:
        conversation.add_file(record, received.stored, received.name, received.mime, message=message,
                              internal=internal)
