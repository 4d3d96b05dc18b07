"""Documents on paper (PDF, ISO 32000): what one holds, and how typst sets it in a tenant's look.

Texts go to typst as data (JSON), never as a part of its source. The same document gives the same bytes. The fonts
that are shipped (Noto Sans, also Arabic and Hebrew; SIL OFL) write European languages, Arabic and Hebrew; where a
text has other letters, fonts of the machine are asked too. Without the extra `pdf` nothing can be drawn.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.errors import ParlourError
from core.look import language
from core.look.kept import Kept
from core.look.theme import Theme

log = logging.getLogger("parlour.look")

AVAILABLE = find_spec("typst") is not None
"""Whether the extra `pdf` is installed."""

FONTS = Path(__file__).parent / "fonts"
SOURCE = Path(__file__).parent / "document.typ"
FAMILIES = ("Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew")
MOST_KEPT = 32
"""Documents of a process that are kept: somebody who looks at one often looks twice."""

MOST_ROWS = 1_000
"""Rows of all tables of a document: more would take seconds, and hundreds of megabytes, to set."""

_elsewhere = re.compile(
    "[^\\s\u0020-\u052f\u0590-\u06ff\u0750-\u077f\u08a0-\u08ff\u1d00-\u20cf\u2100-\u214f\u2212"
    "\ua640-\ua69f\ua720-\ua7ff\ufb00-\ufb4f\ufb50-\ufdff\ufe70-\ufeff]").search
_control = re.compile("[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Text:
    """A paragraph; line breaks stay. `soft` is for what is read last."""

    words: str
    soft: bool = False
    kind: str = field(default="text", init=False)


@dataclass(frozen=True)
class Heading:
    """A heading within the document."""

    words: str
    kind: str = field(default="heading", init=False)


@dataclass(frozen=True)
class Facts:
    """Labels with their values, one below the other."""

    pairs: Sequence[tuple[str, str]]
    kind: str = field(default="facts", init=False)


@dataclass(frozen=True)
class Column:
    """A column of a table. `end` sets figures at its end, `wide` gives it what room is left."""

    title: str
    end: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of texts below columns, and totals (label, value, whether it is the one that counts) under them."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    totals: Sequence[tuple[str, str, bool]] = ()
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Picture:
    """A picture `width` mm wide, labels and values beside it. `source` is SVG as text, or PNG or JPEG as bytes.

    `alt` says what it shows to whoever cannot see it.
    """

    source: str | bytes
    alt: str
    width: int = 32
    pairs: Sequence[tuple[str, str]] = ()
    kind: str = field(default="picture", init=False)


@dataclass(frozen=True)
class Document:
    """Something to print: an invoice, a quote, a statement. All texts are in its reader's language already.

    `sender` and `recipient` are lines of addresses, `facts` stand beside the recipient (number, date), `footer` on
    every page. `made` is its date in seconds, UTC: the date inside the file, so that it can be drawn again.
    """

    title: str
    blocks: Sequence[Text | Heading | Facts | Table | Picture]
    sender: Sequence[str] = ()
    recipient: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    footer: Sequence[str] = ()
    made: int = 0

    @property
    def too_long(self) -> bool:
        """Whether its tables have more rows than are set."""
        return sum(len(one.rows) for one in self.blocks if isinstance(one, Table)) > MOST_ROWS


_kept: Kept[bytes] = Kept(MOST_KEPT)
_setting = threading.Lock()


@cache
def _typst() -> Any:
    """Load the library when a document is first asked for."""
    return import_module("typst")


@cache
def _fonts(everything: bool) -> Any:
    """Give the fonts that are shipped, or those of the machine as well."""
    return _typst().Fonts(include_system_fonts=everything, include_embedded_fonts=False, font_paths=[str(FONTS)])


def draw(document: Document, theme: Theme, name: str) -> bytes:
    """Set a document in the language of the moment and a tenant's look; `name` is what the tenant is called.

    One is set at a time. Raises ParlourError where the extra `pdf` is not installed, the document is too long or
    typst cannot set it.
    """
    if not AVAILABLE:
        raise ParlourError("PDF needs the extra 'pdf'.", hint="Install it: pip install 'parlour[pdf]'")
    if document.too_long:
        raise ParlourError(f"A document has at most {MOST_ROWS} rows.")
    text = json.dumps(_data(document, theme, name), ensure_ascii=False, sort_keys=True)
    key = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    found = _kept.get(key)
    if found is None:
        with _setting:  # somebody else may have asked for it meanwhile
            found = _kept.made(key, lambda: _set(text, document.made))
    return found


def _set(text: str, made: int) -> bytes:
    typst = _typst()
    try:
        drawn, warnings = typst.compile_with_warnings(
            SOURCE.read_bytes(), root=str(FONTS), font_paths=_fonts(bool(_elsewhere(text))), timestamp=made,
            sys_inputs={"data": text})
    except typst.TypstError as error:
        raise ParlourError("This document could not be set.", hint=str(error)) from error
    for warning in warnings:
        if "unknown font family" in str(warning):
            raise ParlourError("A font of documents is missing.", hint=str(warning))
        log.warning("A document: %s", warning)
    return bytes(drawn)


def _data(document: Document, theme: Theme, name: str) -> dict[str, Any]:
    code = language.current()
    rtl = language.direction(code) == "rtl"
    logo = theme.logo if theme.logo and theme.logo.type == "image/png" else None
    return {
        **_clean({part: value for part, value in asdict(document).items() if part not in ("blocks", "made")}),
        "blocks": [_block(one) for one in document.blocks], "name": _clean(name), "lang": code.split("-")[0],
        "rtl": rtl, "accent": theme.palette.light.accent_strong, "logo": list(logo.data) if logo else None,
        "fonts": list(FAMILIES)}


def _block(one: Any) -> dict[str, Any]:
    if not isinstance(one, Picture):
        return dict(_clean(asdict(one)))
    drawing = isinstance(one.source, str)
    shape = "svg" if drawing else "jpg" if one.source[:2] == b"\xff\xd8" else "png"
    return {"kind": one.kind, "alt": _clean(one.alt), "width": one.width, "pairs": _clean([*one.pairs]),
            "format": shape, "source": one.source if drawing else list(one.source)}


def _clean(value: Any) -> Any:
    """Take out what no paper shows: control characters, half a surrogate pair."""
    if isinstance(value, str):
        return _control.sub(" ", value).encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list | tuple) else value
