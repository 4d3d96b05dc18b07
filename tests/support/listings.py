"""The code blocks of the authors' pages, put into files as a reader would: whole, or in place of what is named."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

BLOCK = re.compile(r"^`(?P<file>[\w./-]+)`(?:, (?P<how>[^\n]+?):?)?\n\n```\w*\n(?P<text>.*?)```", re.M | re.S)


def blocks(page: Path) -> Iterator[tuple[str, str, str]]:
    """Give file, how it is put there ("" for the whole file) and text of each named block of a page, in order."""
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield match["file"], match["how"] or "", match["text"]


def follow(page: Path, home: Path) -> int:
    """Do what a page says in a folder; give how many blocks it has."""
    done = 0
    for file, how, text in blocks(page):
        path = home / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_put(path.read_text(encoding="utf-8") if how else "", how, text), encoding="utf-8")
        done += 1
    return done


def _put(before: str, how: str, text: str) -> str:
    if not how:
        return text
    if how == "at the end":
        return f"{before.rstrip()}\n\n\n{text}"
    line = re.fullmatch(r"instead of the line that begins with `(.+)`", how)
    if line:
        lines = before.splitlines(keepends=True)
        (place,) = [number for number, one in enumerate(lines) if one.startswith(line[1])]
        return "".join([*lines[:place], text, *lines[place + 1:]])
    name = re.fullmatch(r"the function `(\w+)`", how)
    assert name, f"nobody knows how to put something {how!r}"
    (node,) = [one for one in ast.parse(before).body if isinstance(one, ast.FunctionDef) and one.name == name[1]]
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    lines = before.splitlines(keepends=True)
    return "".join([*lines[:first - 1], text, *lines[node.end_lineno:]])
