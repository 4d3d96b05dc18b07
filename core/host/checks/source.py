"""What can be seen without running a plugin: its imports, statements, templates and styles."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from core.host.checks import lasting
from core.host.checks.rules import Finding
from core.parts import Manifest

STACK = frozenset({"flask", "peewee", "markupsafe", "parlour"})
"""What every plugin stands on."""

RAW_NAMES = frozenset({"execute_sql", "RawQuery"})
RAW_CALLS = frozenset({"raw", "SQL"})

INLINE = (
    (re.compile(r"<[^>]*\sstyle\s*=", re.S | re.I), "a style= attribute", True),
    (re.compile(r"<style\b", re.I), "a <style> element", True),
    (re.compile(r"<[^>]*\son[a-z]+\s*=", re.S | re.I), "an on...= handler", False),
    (re.compile(r"<[^>]*\s(?:data-)?hx-on\b", re.S | re.I), "hx-on", False),
    (re.compile(r"<script\b(?![^>]*\ssrc\s*=)", re.I), "a script in the page", False),
    (re.compile(r"javascript:", re.I), "javascript:", False),
)
"""What a page may not hold, what it is called, and whether mail may."""

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_PHYSICAL = re.compile(
    r"(?<![\w-])((?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)(?:-\w+)?|left|right|"
    r"border-(?:top|bottom)-(?:left|right)-radius)\s*:|"
    r"(?<![\w-])(text-align|float|clear)\s*:\s*(left|right)\b")
_COLOUR = re.compile(
    r"(?<![\w-])(?:color|background(?:-color)?|border(?:-[\w-]*)?|outline(?:-color)?|fill|stroke|box-shadow)\s*:"
    r"[^;{}]*?(#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\([^)]*\)|"
    r"\b(?:black|white|red|green|blue|yellow|orange|purple|gr[ae]y|silver|navy|teal|pink|brown)\b)")


def check(manifest: Manifest) -> list[Finding]:
    """Read all of a plugin's files and name what breaks a rule."""
    root = manifest.path
    found = []
    for path in _files(root, "*.py"):
        shown = path.relative_to(root).as_posix()
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"), shown)
        except (SyntaxError, ValueError) as error:
            found.append(Finding("PC02", shown, f"It cannot be read: {error}."))
            continue
        found += [*_imports(tree, shown, manifest), *_raw(tree, shown), *_events(tree, shown, manifest),
                  *lasting.check(tree, shown)]
    for path in _files(root / "templates", "*"):
        found += _template(path, root, manifest)
    for path in _files(root / "static", "*.css"):
        found += _style(_COMMENT.sub(lambda m: "\n" * m[0].count("\n"), path.read_text(encoding="utf-8")),
                        path.relative_to(root).as_posix())
    return found


def _files(root: Path, pattern: str) -> Iterator[Path]:
    for path in sorted(root.rglob(pattern)):
        inner = path.relative_to(root).parts
        if path.is_file() and not {"__pycache__", "tests", ".venv", "build", "dist"} & set(inner):
            yield path


@cache
def _makers() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


def _imports(tree: ast.AST, shown: str, manifest: Manifest) -> Iterator[Finding]:
    declared = {re.split(r"[^A-Za-z0-9._-]", one)[0].lower().replace("_", "-") for one in manifest.requires}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        else:
            continue
        for name in names:
            top = name.split(".")[0]
            own = name == f"parlour_plugins.{manifest.id}" or name.startswith(f"parlour_plugins.{manifest.id}.")
            inner = top == "parlour" and name != "parlour"
            if own or (not inner and (top in STACK or top in sys.stdlib_module_names)):
                continue
            if not {one.lower().replace("_", "-") for one in _makers().get(top, [])} & declared or inner:
                yield Finding("PC03", f"{shown}:{node.lineno}", f"It imports {name}, which is neither the face "
                              "nor listed under `requires`.")


def _raw(tree: ast.AST, shown: str) -> Iterator[Finding]:
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        on_a_class = isinstance(called, ast.Name) or (
            isinstance(called, ast.Attribute) and _name(called.value)[:1].isupper())
        if _name(node) in RAW_NAMES or (_name(called) in RAW_CALLS and on_a_class):
            yield Finding("PC06", f"{shown}:{getattr(node, 'lineno', 0)}", "SQL is written by hand.")


def _events(tree: ast.AST, shown: str, manifest: Manifest) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == "publish" and node.args:
            event = getattr(node.args[0], "value", None)
            if isinstance(event, str) and not event.startswith(f"{manifest.id}."):
                yield Finding("PC04", f"{shown}:{node.lineno}", f"It publishes '{event}'; a plugin publishes its "
                              f"own events, '{manifest.id}.<what>'.")
            elif isinstance(event, str) and event not in manifest.events:
                yield Finding("PC04", f"{shown}:{node.lineno}", f"It publishes '{event}', which plugin.yaml does "
                              "not declare under `events`.")


def _name(node: ast.AST | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _template(path: Path, root: Path, manifest: Manifest) -> Iterator[Finding]:
    shown = path.relative_to(root).as_posix()
    if path.relative_to(root / "templates").parts[0] != manifest.id:
        yield Finding("PC04", shown, f"It lies outside of templates/{manifest.id}/, where nobody finds it.")
    if path.suffix != ".html":
        return
    text = path.read_text(encoding="utf-8")
    plain = _JINJA.sub(lambda m: "\n" * m[0].count("\n"), text)
    mail = "mail" in path.relative_to(root).parts
    for pattern, what, mail_may in INLINE:
        match = pattern.search(plain)
        if match and not (mail and mail_may):
            yield Finding("PC09", f"{shown}:{plain.count(chr(10), 0, match.start()) + 1}", f"It holds {what}.")


def _style(text: str, shown: str) -> Iterator[Finding]:
    for match in _PHYSICAL.finditer(text):
        yield Finding("PC13", f"{shown}:{text.count(chr(10), 0, match.start()) + 1}",
                      f"'{match[0].strip()}' stays on its side where people read from right to left.")
    for match in _COLOUR.finditer(text):
        selector = text[:match.start()].rpartition("{")[0].rpartition("}")[2]
        if re.search(r"\b(img|svg|video|canvas)\s*$", selector):
            continue  # the ground of a picture: nobody reads text on it
        yield Finding("PC11", f"{shown}:{text.count(chr(10), 0, match.start()) + 1}",
                      f"'{match[1]}' is a colour of its own: nobody knows its contrast in the tenant's theme.")
