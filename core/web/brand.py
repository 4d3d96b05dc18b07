"""A tenant's own pictures and style sheet: drawn or checked anew, kept below brand/ under names we choose.

A name holds the hash of what is in the file: files never change, so undoing a change finds the old one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import current_app
from werkzeug.datastructures import FileStorage

from core.config import files
from core.config.outline import Node
from core.data import scope
from core.errors import FieldError, Invalid, Problem, Refused
from core.look import css
from core.look.i18n import gettext as _
from core.look.layers import inside
from core.look.pictures import MAX_BYTES, encode
from core.look.theme import asset_name

FOLDER = "brand"
WOFF2 = b"wOF2"
"""What a file of this kind begins with (W3C WOFF 2.0, 4.1)."""

MAX_FONT = 1_000_000


def picture(node: Node, upload: FileStorage) -> str:
    """Keep a picture somebody sent for a setting, drawn anew; give its path below the portal's folder.

    Raises Invalid for what is no picture, Refused where the folder cannot be written.
    """
    kind = "favicon" if node.path[-1] == "favicon" else "logo"
    try:
        drawn = encode(upload.stream.read(MAX_BYTES + 1), kind)
    except Invalid as error:
        raise Invalid([FieldError(node.name, str(error), "picture")], hint=error.hint) from None
    return _keep(drawn.name, drawn.data)


def font(node: Node, family: str, uploads: Mapping[str, FileStorage]) -> dict[str, Any]:
    """Keep the files of a font, weight to file; give the font as configuration has it.

    Without a name for it, the first file's is taken. Raises Invalid for what is no WOFF2 file or too large,
    Refused where the folder cannot be written.
    """
    kept = {}
    for weight, upload in uploads.items():
        data = upload.stream.read(MAX_FONT + 1)
        if not data.startswith(WOFF2) or len(data) > MAX_FONT:
            raise Invalid([FieldError(node.name, _(
                "Choose a WOFF2 file of at most 1 MB. Most font shops offer it as “web font”."), "font")])
        kept[weight] = _keep(asset_name(data, "font", "woff2"), data)
    stem = Path(next(iter(uploads.values())).filename or "").stem
    name = " ".join(re.sub(r"[^A-Za-z0-9-]+", " ", family or stem.partition("-")[0]).split())[:60]
    return {"family": name or "Own font", "files": kept}


def sheet(text: str) -> str:
    """Keep a style sheet; give its path. Raises Invalid with every mistake by line."""
    found = problems(text)
    if found:
        raise Invalid([FieldError("theme.css", str(one), "css") for one in found])
    return _keep(asset_name(text, "style", "css"), text.encode())


def problems(text: str) -> tuple[Problem, ...]:
    """Give every mistake in a style sheet, with line and column."""
    return css.check(text, "CSS")[1]


def text_of(path: Any) -> str:
    """Give the style sheet that stands at a path below the portal's folder, "" for none that may be read."""
    place = inside(_folder(), path) if isinstance(path, str) else None
    if place is None or place.suffix != ".css" or not place.is_file() or place.stat().st_size > css.MAX_BYTES:
        return ""
    return place.read_text(encoding="utf-8", errors="replace")


def _folder() -> Path:
    found: Path = current_app.extensions["parlour"].place.folder
    return found


def _keep(name: str, data: bytes) -> str:
    """Write aside, sync, rename: there is the whole file or none."""
    path = f"{FOLDER}/{scope.current().slug}/{name}"
    target = _folder() / path
    if target.is_file():
        return path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _written(target, data)
    except PermissionError:
        raise Refused(f"{FOLDER}/ cannot be written here. Make it writable for the portal, or put the file there "
                      "by hand.") from None
    return path


def _written(target: Path, data: bytes) -> None:
    if not files.writable(target):  # the bits count, also for root
        raise PermissionError(str(target))
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    with aside.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(target)
