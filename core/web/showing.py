"""Files that a plugin's own pages hand over, once it has asked the door: downloads, and pictures drawn anew.

`row` is what `conversation.file(public_id)` gives. Nobody who is not the team reaches an internal file at /files/:
where a page of its own decides who gets it, and until when, keep it internal and hand it over from there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Response, has_app_context, make_response

from core.data import sheets
from core.data.files import THUMBNAIL_TYPE, here
from core.data.filetypes import PICTURES
from core.errors import Invalid, NotFound
from core.look.kept import Kept
from core.web import deliver
from core.web.attach import Received, store

__all__ = ["SIDES", "download", "looks", "picture", "sheet", "sheets_of"]

SIDES = deliver.SIZES
MOST_KEPT = 64
_kept: Kept[bytes] = Kept(MOST_KEPT)


def looks(mime: str) -> str:
    """Say in which form a file can be looked at: "picture", "sheets" (a PDF), or "" where it can only be saved."""
    if mime in PICTURES:
        return "picture"
    return "sheets" if mime == sheets.PDF and sheets.AVAILABLE else ""


def download(row: Any) -> Response:
    """Give a file as a download, whole or a range of it; no browser opens it here."""
    return deliver.whole(row)


def picture(row: Any, side: int) -> Response:
    """Give a picture drawn anew with its longest side one of `SIDES`. Raises NotFound where it is none."""
    return deliver.drawn(row, side)


def sheets_of(received: Received) -> int:
    """Count the pages of a file that has just come in, before any transaction; 0 where it has none to show."""
    if received.mime != sheets.PDF:
        return 0
    with (store() if has_app_context() else here()).open(received.stored.key) as handle:
        return sheets.count(handle, received.stored.size)


def sheet(row: Any, page: int, side: int) -> Response:
    """Give a page of a PDF as a picture with its longest side one of `SIDES`. Raises NotFound where there is none.

    What the PDF holds beside its looks - scripts, links, forms, files - is not in it.
    """
    if row.mime != sheets.PDF or side not in SIDES or not 1 <= page <= sheets.MOST:
        raise NotFound
    drawn = _kept.made((row.stored, page, side), lambda: _drawn(row.stored, page, side))
    response = make_response(drawn, 200, {"Content-Type": THUMBNAIL_TYPE})
    return deliver.private(response, f"{Path(row.name).stem}-{page}.webp", inline=True)


def _drawn(key: str, page: int, side: int) -> bytes:
    with store().open(key) as handle:
        try:
            return sheets.draw(handle, page, side)
        except Invalid as error:
            raise NotFound from error
