"""The source of the house, read as syntax: who imports whom, where, and how long things are."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import yaml

from support.needs import ROOT

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Import:
    """One imported module, as an absolute name; whether it stands in a function, or serves types only."""

    name: str
    line: int
    inside: bool
    typing: bool


class Source:
    """One Python file. `name` is its dotted name below `root`."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.root = root
        self.shown = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text, self.shown)
        parts = list(path.relative_to(root).with_suffix("").parts)
        self.package = parts[:-1]
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def plain_lines(self) -> int:
        """How many lines of Python it holds, without blank ones and docstrings."""
        documented = (ast.Module, ast.ClassDef, *FUNCTIONS)
        texts = [node.body[0] for node in ast.walk(self.tree)
                 if isinstance(node, documented) and ast.get_docstring(node) is not None]
        told = {line for text in texts for line in range(text.lineno, (text.end_lineno or text.lineno) + 1)}
        return sum(bool(line.strip()) and number not in told
                   for number, line in enumerate(self.text.splitlines(), 1))

    @cached_property
    def imports(self) -> list[Import]:
        """Every import of the file, also inside functions and under TYPE_CHECKING."""
        return list(self._find(self.tree, inside=False, typing=False))

    def _find(self, node: ast.AST, *, inside: bool, typing: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, child.lineno, inside, typing)
            elif isinstance(child, ast.ImportFrom):
                for name in self._targets(child):
                    yield Import(name, child.lineno, inside, typing)
            yield from self._find(
                child,
                inside=inside or isinstance(child, (*FUNCTIONS, ast.Lambda)),
                typing=typing or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)),
            )

    def _targets(self, node: ast.ImportFrom) -> Iterator[str]:
        """Name what `from X import a, b` reaches: X.a where that is a module of the house, else X."""
        if node.level:
            above = self.package[: len(self.package) - node.level + 1]
            base = ".".join([*above, *([node.module] if node.module else [])])
        else:
            base = node.module or ""
        for alias in node.names:
            below = self.root.joinpath(*base.split("."), alias.name)
            inner = below.with_suffix(".py").is_file() or (below / "__init__.py").is_file()
            yield f"{base}.{alias.name}" if inner else base

    @cached_property
    def code_lines(self) -> set[int]:
        """The lines that hold code: no blank lines, no comments."""
        silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
                  tokenize.ENCODING, tokenize.ENDMARKER}
        lines: set[int] = set()
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type not in silent:
                lines.update(range(token.start[0], token.end[0] + 1))
        return lines

    def functions(self) -> Iterator[tuple[str, int]]:
        """Give each function's name and its lines of code, docstring and decorators left out."""
        for node in ast.walk(self.tree):
            if isinstance(node, FUNCTIONS):
                lines = {line for line in self.code_lines if node.lineno <= line <= (node.end_lineno or 0)}
                if ast.get_docstring(node) is not None:
                    text = node.body[0]
                    lines -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
                yield node.name, len(lines)


@dataclass(frozen=True)
class PluginFolder:
    """One plugin, builtin, bundled or example, with what its manifest says it requires."""

    path: Path
    requires: tuple[str, ...]

    @property
    def id(self) -> str:
        """The plugin's id: the name of its folder."""
        return self.path.name


@cache
def _read(path: Path, root: Path, _changed: int) -> Source:
    return Source(path, root)


def sources(*tops: str, root: Path = ROOT) -> list[Source]:
    """Read every Python file below the named folders of the house; each once while it stays as it is."""
    return [
        _read(path, root, path.stat().st_mtime_ns)
        for top in tops
        for path in sorted((root / top).rglob("*.py"))
        if "__pycache__" not in path.parts
    ]


def plugin_folders(root: Path = ROOT) -> list[PluginFolder]:
    """Find every plugin of the house: built in, bundled, example."""
    found = []
    for top in ("core/builtin", "plugins", "examples"):
        for manifest in sorted((root / top).rglob("plugin.yaml")):
            given = yaml.safe_load(manifest.read_text(encoding="utf-8")) or {}
            found.append(PluginFolder(manifest.parent, tuple(given.get("requires") or ())))
    return found
