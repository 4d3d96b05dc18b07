"""What a file is, told from its content, and how a browser is told to take it."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

import puremagic

UNKNOWN = "application/octet-stream"

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Raster pictures we re-encode; only such copies are ever shown inside a page."""

SIGNATURES: Mapping[str, tuple[bytes, ...]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n",), "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"), "image/webp": (b"RIFF",), "application/pdf": (b"%PDF-",),
    "application/zip": (b"PK\x03\x04", b"PK\x05\x06"), "application/x-ole-storage": (b"\xd0\xcf\x11\xe0",),
}
"""How a type must begin, so that a chance match further inside a file is no type."""

PLAYED = frozenset({"audio/mpeg", "application/ogg", "audio/wave", "audio/flac", "video/mp4", "video/webm",
                    "video/quicktime"})
"""Types believed as puremagic finds them; nothing of ours opens them and browsers only download them."""

ALSO = {"audio/wav": "audio/wave", "audio/x-wav": "audio/wave"}
"""What other versions of puremagic call the same."""

PACKED: Mapping[str, str] = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
}
OLD_OFFICE: Mapping[str, str] = {
    ".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
    ".msg": "application/vnd.ms-outlook",
}
"""Containers whose content the name tells apart: only a choice among harmless downloads."""

NAME_LENGTH = 200
NAME_BYTES = 240
"""Longest display name, in characters and in UTF-8 bytes (file systems stop at 255)."""

NO_NAME = "file"


def kind(head: bytes, name: str) -> tuple[str, bool]:
    """Tell a file's type from its first bytes, and whether it is a picture that may be shown.

    Only types on our list are named; everything else, anything that looks like markup included, is
    `application/octet-stream`. `True` means that a copy re-encoded by `pictures.thumbnail` may stand in a
    page; the original is always a download. `name` only tells office documents and tables apart.
    """
    suffix = PurePosixPath(name.lower()).suffix
    mime = _by_content(head)
    if mime == "application/zip":
        mime = PACKED.get(suffix, mime)
    elif mime == "application/x-ole-storage":
        mime = OLD_OFFICE.get(suffix, UNKNOWN)
    elif mime == "text/plain" and suffix == ".csv":
        mime = "text/csv"
    return mime, mime in PICTURES


def _by_content(head: bytes) -> str:
    """Find the type that the first bytes show, whatever the file is called."""
    for mime, beginnings in SIGNATURES.items():
        if head.startswith(beginnings) and (mime != "image/webp" or head[8:12] == b"WEBP"):
            return mime
    if _is_text(head):
        return "text/plain"
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    found = (ALSO.get(match.mime_type, match.mime_type) for match in matches)
    return next((mime for mime in found if mime in PLAYED), UNKNOWN)


def _is_text(head: bytes) -> bool:
    """Say whether these bytes begin a text in UTF-8 that no browser could take for markup."""
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)  # its last character may be cut in two
    except UnicodeDecodeError:
        return False
    if not text.strip() or text.lstrip().startswith("<"):
        return False
    return all(char in "\t\n\r\f" or unicodedata.category(char) != "Cc" for char in text)


def clean_name(name: str) -> str:
    """Make the name somebody gave a file fit to be shown and offered for saving.

    Path parts, control characters, invisible and direction-changing ones, dots and spaces at the ends are
    taken out; at most 200 characters with the ending kept; "file" if nothing is left. Never used as a path.
    """
    last = unicodedata.normalize("NFC", name[-4096:]).replace("\\", "/").rstrip("/ ")
    last = last.rsplit("/", 1)[-1]
    kept = "".join(" " if unicodedata.category(char) in {"Zs", "Zl", "Zp"} else char for char in last
                   if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    kept = kept.strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if not stem or len(ending) > 16:
        stem, dot, ending = kept, "", ""
    stem = stem[:NAME_LENGTH]
    while len(stem + dot + ending) > NAME_LENGTH or len((stem + dot + ending).encode()) > NAME_BYTES:
        stem = stem[:-1]
    return (stem.rstrip(" .") + dot + ending).strip(" .") or NO_NAME


def disposition(name: str, inline: bool) -> str:
    """Write a Content-Disposition header (RFC 6266, RFC 8187): both forms of the name, safely quoted.

    `inline` only for copies that we re-encoded ourselves.
    """
    clean = clean_name(name)
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%' else "_" for char in clean)
    encoded = quote(clean, safe="!#$&+-.^_`|~")
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
