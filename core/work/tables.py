"""Rows of CSV and JSONL files, one at a time, each with the line it began on and what is wrong with it."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from core.errors import FieldError, Invalid, ParlourError
from core.work.documents import is_document

MAX_CELL = 4 * 1024 * 1024
"""Characters in one cell; more is nearly always a quotation mark that is missing."""

PACKED = ".gz"
MAX_LINE = 16 * 1024 * 1024
"""Characters in one line of a file."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BROKEN_BYTE = re.compile("[\udc80-\udcff]")
_LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Cells:
    """One row. `values` is text by column (anything JSON has, for JSONL); `wrong` says why it cannot be used."""

    file: str
    line: int
    values: dict[str, Any]
    wrong: str = ""
    column: str = ""


class _Lines:
    """The lines of a text file with a limit to their length, so that no file can fill the memory."""

    def __init__(self, text: io.TextIOBase, name: str) -> None:
        self.text, self.name, self.number = text, name, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = self.text.readline(MAX_LINE)
        except UnicodeError as error:
            raise ParlourError(f"{self.name}, after line {self.number}: {error}.",
                               hint="Name its encoding in the mapping: encoding: windows-1252.") from error
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) >= MAX_LINE:
            raise ParlourError(f"{self.name}, line {self.number} is longer than {MAX_LINE:,} characters.",
                               hint="Is this a text file with one row per line?")
        return line


def _text(handle: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """Open bytes as text: a byte order mark decides, then the mapping, then UTF-8."""
    start = handle.read(4)
    handle.seek(0)
    marked = next((name for mark, name in _BOMS if start.startswith(mark)), "")
    return io.TextIOWrapper(handle, encoding=marked or encoding or "utf-8", errors="surrogateescape", newline="")


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, Callable[[], int]]]:
    """Open a file, one packed with gzip as what is in it; gives it, and what says how far it has been read."""
    with path.open("rb") as raw:
        if path.suffix.lower() != PACKED:
            yield raw, raw.tell
            return
        try:
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield cast(BinaryIO, unpacked), raw.tell
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ParlourError(f"{path.name} cannot be unpacked: {error}.",
                               hint="Pack it with gzip again.") from error


def is_json(path: Path) -> bool:
    """Say whether a file holds one JSON object per line; everything else is CSV."""
    name = path.with_suffix("") if path.suffix.lower() == PACKED else path
    return name.suffix.lower() in (".jsonl", ".ndjson")


def read(path: Path, handle: BinaryIO, *, encoding: str = "", delimiter: str = ",") -> Iterator[Cells]:
    """Give the rows of an open file. Raises ParlourError where the file as a whole cannot be used."""
    text = _text(handle, encoding)
    try:
        lines = _Lines(text, path.name)
        yield from _json_rows(path.name, lines) if is_json(path) else _csv_rows(path.name, lines, delimiter)
    finally:
        text.detach()


def header(path: Path, *, encoding: str = "", delimiter: str = ",") -> list[str] | None:
    """Give the columns of a CSV file; None for JSONL and documents, whose rows may differ. Raises ParlourError."""
    if is_json(path) or is_document(path):
        return None
    with opened(path) as (handle, _far):
        text = _text(handle, encoding)
        names = _header(path.name, csv.reader(_Lines(text, path.name), delimiter=delimiter, strict=True))
        text.detach()
    return names


def _header(file: str, reader: Any) -> list[str]:
    csv.field_size_limit(MAX_CELL)
    try:
        names = [name.strip() for name in next(reader)]
    except StopIteration:
        raise ParlourError(f"{file} is empty.", hint="Its first line names the columns.") from None
    except csv.Error as error:
        raise ParlourError(f"{file}, line 1: {error}.", hint="Its first line names the columns.") from error
    named = [name or str(place) for place, name in enumerate(names, 1)]
    for place, name in enumerate(named):
        if name in named[:place]:
            raise ParlourError(f"{file}, line 1: columns {named.index(name) + 1} and {place + 1} are both called "
                               f"'{name[:80]}'.", hint="Give each column a name of its own.")
    return named


def _csv_rows(file: str, lines: _Lines, delimiter: str) -> Iterator[Cells]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    names = _header(file, reader)
    while True:
        first = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Cells(file, first, {}, _csv_mistake(error))
            if "limit" in str(error):
                raise ParlourError(f"{file}: reading stopped at line {first}.", hint="A quotation mark is missing "
                                   "there, or the file is something else.") from error
            continue
        if cells:
            yield _row(file, first, names, cells)


def _csv_mistake(error: csv.Error) -> str:
    text = str(error)
    if "limit" in text:
        return f"A cell is longer than {MAX_CELL:,} characters. Is a quotation mark missing?"
    if "unexpected end" in text:
        return "A quotation mark is opened here and never closed."
    if "expected after" in text:
        return "After a closing quotation mark only the next column may follow; write \"\" for one inside."
    return f"This is not CSV: {text}."


def _row(file: str, line: int, names: list[str], cells: list[str]) -> Cells:
    if len(cells) != len(names):
        return Cells(file, line, {}, f"The row has {len(cells)} cells, the first line names {len(names)} columns.")
    values = dict(zip(names, cells, strict=True))
    for name, value in values.items():
        wrong = unfit(value)
        if wrong:
            return Cells(file, line, values, wrong, name)
    return Cells(file, line, values)


def unfit(value: str) -> str:
    """Say why a text cannot be stored anywhere, or nothing."""
    if "\0" in value:
        return "It holds a NUL character. Take it away."
    broken = _BROKEN_BYTE.search(value)
    if broken:
        return (f"The byte 0x{ord(broken.group()) - 0xDC00:02x} is not UTF-8. Save the file as UTF-8, or name its "
                "encoding in the mapping.")
    return "It holds half a character (a lone surrogate)." if _LONE.search(value) else ""


def _json_rows(file: str, lines: _Lines) -> Iterator[Cells]:
    for line in lines:
        if not line.strip():
            continue
        try:
            values = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            yield Cells(file, lines.number, {}, f"This is not JSON: {error}.")
            continue
        if not isinstance(values, dict):
            yield Cells(file, lines.number, {}, "Each line is one object in braces.")
            continue
        try:
            _check(values)
        except Invalid as error:
            yield Cells(file, lines.number, {}, str(error), error.errors[0].path)
        else:
            yield Cells(file, lines.number, values)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _check(value: Any, path: str = "") -> None:
    """Refuse texts that cannot be stored, however deep they stand. Raises Invalid."""
    if isinstance(value, str):
        wrong = unfit(value)
        if wrong:
            raise Invalid([FieldError(path, wrong, "characters")])
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check(key, path)
            _check(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _check(inner, f"{path}.{place}")
