"""The files of an import: which belong to which source, their columns, and rows of one beside another's."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from core.data.spill import Spill
from core.errors import ParlourError
from core.work import documents
from core.work.expressions import Row
from core.work.mapping import Mappings
from core.work.tables import Cells, header, opened, read


def locate(found: Mappings, folder: Path, given: Sequence[Path]) -> dict[str, list[Path]]:
    """Say which files belong to each source, sorted by name.

    `given` are files and folders from the command line; without any, the mapping's own folder is searched. One
    file for a mapping with one source is that source, whatever it is called. A pattern with a folder in it, such
    as `en/**/*.md`, is looked for below each folder. Raises ParlourError where a source has no file, or a file
    no source.
    """
    if len(found.sources) == 1 and len(given) == 1 and given[0].is_file():
        return {next(iter(found.sources)): [given[0]]}
    places = list(given) or [folder]
    candidates = sorted({path for place in places for path in _files(place)})
    used: set[Path] = set()
    result = {}
    for name, source in found.sources.items():
        result[name] = _below(places, source.file) if "/" in source.file else [
            path for path in candidates if fnmatch.fnmatch(path.name, Path(source.file).name)]
        if not result[name]:
            raise ParlourError(f"No file for '{name}': nothing is called {source.file}.",
                               hint=f"Looked in: {', '.join(map(str, places))}. Name the file or its folder "
                                    "behind the mapping.")
        used.update(result[name])
    for path in given:
        if path.is_file() and path not in used:
            raise ParlourError(f"No source of the mapping takes {path}.", hint="Its sources take: " + ", ".join(
                source.file for source in found.sources.values()))
    return result


def _files(place: Path) -> list[Path]:
    if place.is_dir():
        return [path for path in place.iterdir() if path.is_file()]
    if not place.is_file():
        raise ParlourError(f"{place} is not there.")
    return [place]


def _below(places: Sequence[Path], pattern: str) -> list[Path]:
    """Give the files below some folders that fit a pattern with folders in it, links that lead out left out."""
    return sorted(path for place in places if place.is_dir() for path in place.glob(pattern)
                  if path.is_file() and path.resolve().is_relative_to(place.resolve()))


def _base(path: Path, pattern: str) -> Path:
    """Give the folder a document's place is counted from: the pattern's, before its first wildcard."""
    fixed = [part for part in Path(pattern).parts[:-1] if not set(part) & set("*?[")]
    for parent in path.parents:
        if fixed and list(parent.parts[-len(fixed):]) == fixed:
            return parent
    return path.parent


def _document(path: Path, handle: BinaryIO, base: Path) -> Cells:
    """Give a document as the one row it is."""
    name = path.relative_to(base.parent).as_posix()
    try:
        return Cells(name, 1, documents.read(path, handle, base))
    except ValueError as error:
        return Cells(name, 1, {}, str(error))


class Files:
    """The sources of a mapping, read as often as needed, one row at a time."""

    def __init__(self, found: Mappings, paths: Mapping[str, list[Path]], spill: Spill) -> None:
        self.map, self.paths, self.spill = found, paths, spill
        self._headers: dict[str, list[str] | None] = {}
        self._shelved: set[str] = set()

    def columns(self, source: str) -> list[str] | None:
        """Give the columns of a source; None where its rows may differ. Raises ParlourError."""
        if source not in self._headers:
            how = self.map.sources[source]
            found = [header(path, encoding=how.encoding, delimiter=how.delimiter) for path in self.paths[source]]
            if any(one != found[0] for one in found):
                raise ParlourError(f"The files of '{source}' do not have the same columns.")
            self._headers[source] = found[0]
        return self._headers[source]

    def rows(self, source: str) -> Iterator[tuple[Cells, float]]:
        """Give every row of a source, with the share of its files that is read (0 to 1)."""
        how = self.map.sources[source]
        sizes = [max(1, path.stat().st_size) for path in self.paths[source]]
        for place, path in enumerate(self.paths[source]):
            with opened(path) as (handle, far):
                if documents.is_document(path):
                    yield _document(path, handle, _base(path, how.file)), (place + 1) / len(sizes)
                    continue
                for cells in read(path, handle, encoding=how.encoding, delimiter=how.delimiter):
                    yield cells, min(1.0, (sum(sizes[:place]) + far()) / sum(sizes))

    def beside(self, source: str, values: Row) -> dict[str, Any]:
        """Give a row with the columns of the sources that are joined to it, each under its name."""
        row = dict(values)
        for name, join in self.map.sources[source].joins.items():
            shelf = f"join:{source}:{name}"
            if shelf not in self._shelved:
                self._shelved.add(shelf)
                for cells, _share in self.rows(join.source):
                    if not cells.wrong:
                        key = str(join.key.call(cells.values))
                        self.spill.keep(shelf, key, cells.file, cells.line, cells.values)
            found = self.spill.under(shelf, str(join.by.call(values)))
            row[name] = found[0][2] if found else {}
        return row

    def joined(self, source: str) -> Iterator[dict[str, Any]]:
        """Give every usable row of a source with what is joined to it."""
        for cells, _share in self.rows(source):
            if not cells.wrong:
                yield self.beside(source, cells.values)
