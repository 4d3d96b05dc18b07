"""Markdown files with front matter as rows: their place, what stands in front, the text with what it includes."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any, BinaryIO

from core.config import loader
from core.errors import ConfigError

MAX_BYTES = 2_000_000
"""Of one document."""

DEEPEST = 3
"""Documents that include one another."""

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_INCLUDE = re.compile(r"\[!INCLUDE\s*\[[^\]]*\]\s*\(([^)\s]+)\)\s*\]", re.IGNORECASE)
_IMAGE = re.compile(r":::image\b(.*?):::", re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w-]+)\s*=\s*"([^"]*)"')
_PICTURE = re.compile(r"!\[[^\]]*\]\(\s*<?([^)\s>]+)|<img\b[^>]*?\bsrc\s*=\s*[\"']([^\"']+)", re.IGNORECASE)


def is_document(path: Path) -> bool:
    """Say whether a file is one row by itself."""
    return path.suffix.lower() in (".md", ".markdown")


def read(path: Path, handle: BinaryIO, base: Path) -> dict[str, Any]:
    """Give a document's row. `base` is the folder its `path` counts from, and outside of which nothing is read.

    `path` has no ending; `front` holds what stands in front, its names with `_` for other characters. In `text`
    included documents stand in their place; `gaps` are those that are not there, `pictures` are (name, file) of
    those beside it. Raises ValueError in words where it cannot be used.
    """
    content = handle.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"The document is longer than {MAX_BYTES:,} bytes.")
    try:
        whole = content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"The document is not UTF-8: {error}.") from error
    if "\0" in whole:
        raise ValueError("It holds a NUL character. Take it away.")
    found = _FRONT.match(whole)
    gaps: list[str] = []
    root, body = base.resolve(), whole[found.end():] if found else whole.removeprefix("\ufeff")
    text = _IMAGE.sub(_image, _included(body, path, root, gaps, 0))
    place = path.relative_to(base).with_suffix("").as_posix()
    return {"path": place, "folder": posixpath.dirname(place), "name": path.stem, "text": text, "gaps": gaps,
            "front": _front(found[1]) if found else {}, "pictures": _pictures(text, path, root)}


def _front(text: str) -> dict[str, Any]:
    """Read what stands in front: YAML, or where somebody wrote something else, its lines `name: text`."""
    try:
        data = loader.read(text.encode(), "front matter", {}).data
    except ConfigError:
        pairs = (line.partition(":") for line in text.splitlines() if re.match(r"[\w.-]+\s*:", line))
        data = {name.strip(): value.strip().strip("\"'") for name, _colon, value in pairs}
    return {re.sub(r"\W", "_", str(name)): value for name, value in (data or {}).items()}


def _near(path: Path, name: str, base: Path) -> Path | None:
    """Give the file that a document names, if it is there and inside of `base`."""
    try:
        found = (path.parent / name).resolve()
        return found if found.is_file() and found.is_relative_to(base) else None
    except (OSError, ValueError):
        return None


def _included(text: str, path: Path, base: Path, gaps: list[str], depth: int) -> str:
    def put(match: re.Match[str]) -> str:
        found = _near(path, match[1], base) if depth < DEEPEST else None
        if found is None or found.stat().st_size > MAX_BYTES:
            gaps.append(match[1])
            return ""
        inside = found.read_text("utf-8", "replace").replace("\r\n", "\n")
        return _included(_FRONT.sub("", inside), found, base, gaps, depth + 1)

    return _INCLUDE.sub(put, text)


def _image(match: re.Match[str]) -> str:
    given = dict(_ATTRIBUTE.findall(match[1]))
    return f"![{given.get('alt-text', '').replace(']', '')}]({given['source']})" if given.get("source") else ""


def _pictures(text: str, path: Path, base: Path) -> list[dict[str, str]]:
    """Give the pictures a text names that are not elsewhere, each with its file, "" where there is none."""
    names = dict.fromkeys(first or second for first, second in _PICTURE.findall(text))
    local = [name for name in names if "://" not in name and not name.startswith(("/", "data:"))]
    return [{"name": name, "file": str(_near(path, name.partition("#")[0], base) or "")} for name in local]
