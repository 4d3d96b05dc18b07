"""Reading CSV and JSONL: what people and programs really write, and what is wrong with it, by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import ParlourError
from core.work import tables
from core.work.tables import header, read


def rows(folder: Path, content: bytes, name: str = "x.csv", **how):
    path = folder / name
    path.write_bytes(content)
    with path.open("rb") as handle:
        return list(read(path, handle, **how))


@pytest.mark.parametrize("name", [
    "comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines", "newlines_crlf",
    "quotes_and_newlines", "simple", "simple_crlf", "utf8"])
def test_edge_cases_become_what_their_authors_expect(name, data_folder, tmp_path):
    folder = data_folder("csv-edge-cases")
    content = (folder / "csvs" / f"{name}.csv").read_bytes()
    if name.endswith("_crlf"):  # some copies of the set have lost their CR
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    found = rows(tmp_path, content)
    assert not [row.wrong for row in found if row.wrong]
    assert [row.values for row in found] == json.loads((folder / "json" / f"{name}.json").read_text())


@pytest.mark.parametrize(("content", "encoding"), [
    ("\ufeffname\nZoë\n".encode(), ""), ("name\nZoë\n".encode("utf-16"), ""),
    ("name\nZoë\n".encode("cp1252"), "windows-1252"), (b"name\rZo\xc3\xab\r", ""),
])
def test_marks_and_encodings(content, encoding, tmp_path):
    assert [row.values for row in rows(tmp_path, content, encoding=encoding)] == [{"name": "Zoë"}]


def test_lines_are_those_a_row_begins_on(tmp_path):
    found = rows(tmp_path, b'a,b\n1,"x\ny\nz"\n\n2,w\n')
    assert [(row.line, row.values) for row in found] == [
        (2, {"a": "1", "b": "x\ny\nz"}), (6, {"a": "2", "b": "w"})]


def test_each_broken_row_is_named_and_the_others_go_on(tmp_path):
    found = rows(tmp_path, b'a,b\n1,2\n1,2,3\n1\n\xff,2\n1,a\0b\n"x"y,2\n5,6\n')
    assert [(row.line, row.column) for row in found if row.wrong] == [
        (3, ""), (4, ""), (5, "a"), (6, "b"), (7, "")]
    assert [row.values["a"] for row in found if not row.wrong] == ["1", "5"]
    said = [row.wrong for row in found if row.wrong]
    assert said[0] == "The row has 3 cells, the first line names 2 columns."
    assert "0xff is not UTF-8" in said[2]
    assert "NUL" in said[3]


def test_a_quotation_mark_that_is_never_closed_is_said(tmp_path):
    found = rows(tmp_path, b'a,b\n1,2\n3,"4\n5,6\n')
    assert (found[-1].line, found[-1].wrong) == (3, "A quotation mark is opened here and never closed.")


def test_huge_cells_and_lines_end_the_file_not_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MAX_CELL", 1000)
    monkeypatch.setattr(tables, "MAX_LINE", 5000)
    path = tmp_path / "big.csv"
    for content, words in ((b'a,b\n1,"' + b"x\n" * 2000, "stopped at line 2"),
                           (b"a,b\n" + b"x" * 9000, "longer than")):
        path.write_bytes(content)
        with path.open("rb") as handle, pytest.raises(ParlourError, match=words):
            list(read(path, handle))


@pytest.mark.parametrize(("content", "words"), [
    (b"", "is empty"), (b"a,b,a\n1,2,3\n", "columns 1 and 3 are both called 'a'")])
def test_a_header_that_cannot_be_used_is_refused(content, words, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(ParlourError, match=words):
        header(path)


def test_columns_without_a_name_are_called_by_their_place(tmp_path):
    assert rows(tmp_path, b"a,,c\n1,2,3\n")[0].values == {"a": "1", "2": "2", "c": "3"}


def test_json_lines(tmp_path):
    found = rows(tmp_path, b'{"a": 1, "b": {"c": ["x"]}}\n\n[1]\n{"a": NaN}\n{"a"\n{"a": "\\ud800"}\n'
                 b'{"a": "x\\u0000"}\n' + b"[" * 50_000 + b"\n" + b'{"a": "ok"}\n', name="x.jsonl")
    assert [row.line for row in found if row.wrong] == [3, 4, 5, 6, 7, 8]
    assert [row.values for row in found if not row.wrong] == [{"a": 1, "b": {"c": ["x"]}}, {"a": "ok"}]
