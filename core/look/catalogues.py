"""Translators' files: find every text in code, templates and YAML, and bring the .po files up to date."""

from __future__ import annotations

import ast
import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import IO, Any

import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract as extract_texts
from babel.messages.pofile import read_po, write_po
from jinja2 import TemplateSyntaxError

from core.errors import ConfigError, Problem

KEYWORDS: dict[str, Any] = {
    "_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "_n": (1, 2), "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "NotFound": None, "Refused": None, "SignInNeeded": None, "Conflict": None, "Gone": None, "TooLarge": None,
    "TooMany": None, "Unavailable": None, "StorageFull": None, "FieldError": (2,),
    "Nav": None, "Panel": (2,), "Notice": (2,), "Kind": (4,),
}
"""What marks a text. Errors and parts are marks too: their texts are translated where they are shown."""

PARTS = frozenset({"Nav", "Panel", "Notice", "Kind"})
"""Marks whose text may be given by name, as `title`."""

YAML_KEYS = frozenset({"title", "summary", "label", "help", "description", "placeholder", "singular", "text",
                       "many", "optional_label", "x-placeholder", "x-optional-label", "confirm", "otherwise",
                       "pattern_message", "x-pattern-message"})
"""Keys of manifests, forms and theme files whose values people read."""

YAML_LABELS = frozenset({"x-labels", "x-also", "options"})
"""Keys whose value maps what is stored to what people read, or lists what is both."""

SKIPPED = frozenset({".venv", "var", ".git", "__pycache__", "node_modules", "tests", "locale", "build",
                     "dist", "vendor", "bundled"})

Found = tuple[str, int, Any, Sequence[str], str | None]
"""Path below the root, line, text or texts, translators' comments, context."""


def _files(root: Path) -> Iterator[Path]:
    """Walk the files below a folder that may hold texts, in a stable order."""
    for path in sorted(root.iterdir()):
        if path.name in SKIPPED or path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix in {".py", ".html", ".txt", ".j2", ".yaml", ".yml"}:
            yield path


def _in_yaml(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """Give line and value of what people read in a YAML document."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "gives":  # names of fields, not texts
                continue
            if key.value in YAML_KEYS and _is_text(value):
                yield value.start_mark.line + 1, value.value
            elif key.value in YAML_LABELS:
                yield from _labels(value)
            else:
                yield from _in_yaml(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _in_yaml(item)


def _is_text(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":str") and bool(node.value.strip())


def _labels(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """Give line and value of each option's label; a schema, which has a type, is searched as any other mapping."""
    if isinstance(node, yaml.MappingNode) and "type" not in {key.value for key, _ in node.value}:
        items = [value for _, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        items = node.value
    else:
        yield from _in_yaml(node)
        return
    for item in items:
        if _is_text(item):
            yield item.start_mark.line + 1, item.value


SPOKEN = ("type", "default", "items", "pattern", "enum", "examples", "properties", "format")
"""Keys of a schema whose values are for programs."""

WORDED = ("text", "number", "choice", "group", "many", "listing", "_colour", "_wish", "_fields", "_words")
"""Functions of `core/config/schemas.py` that take a title and a description: the settings pages show both."""


def _in_schema(source: str) -> Iterator[tuple[int, str]]:
    """Give line and text of every title, description and label that a module of schemas spells out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WORDED:
            labels = [key.value for key in node.keywords if key.arg and node.func.id in ("choice", "_wish")]
            yield from _constants([*node.args[:2], *labels])
        elif isinstance(node, ast.Dict):
            yield from _constants(_said(node))


def _said(node: ast.Dict) -> list[ast.expr]:
    """Give the values of a mapping in a schema that people read: title and description, or word to label."""
    keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
    if keys and all(isinstance(key, str) and key.isidentifier() and key not in SPOKEN for key in keys) and \
            not {"title", "description"} & set(keys):
        return node.values
    return [value for key, value in zip(keys, node.values, strict=True) if key in ("title", "description")]


def _constants(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip():
            yield node.lineno, " ".join(node.value.split())


def _in_python(stream: IO[bytes], keywords: Collection[str], *_: Any,
               **__: Any) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Give each call that marks a text, for Babel: line, function, what it is given (None: nothing spelt out).

    Babel's own reader takes any word within an argument for a text, and misses calls within calls.
    """
    for node in ast.walk(ast.parse(stream.read())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = list(takewhile(lambda one: not isinstance(one, ast.Starred), node.args))
            if name in keywords and given:
                yield given[0].lineno, name, [_spelt(one) for one in given], []
            for named in node.keywords:
                if name in PARTS and named.arg == "title":
                    yield named.lineno, "_", [_spelt(named.value)], []


def _spelt(node: ast.expr) -> str | None:
    return node.value or None if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _texts(path: Path, name: str) -> Iterator[Found]:
    """Give every marked text of one file."""
    if path.suffix in {".yaml", ".yml"}:
        with path.open(encoding="utf-8-sig") as stream:
            for row, words in _in_yaml(yaml.compose(stream, Loader=yaml.CSafeLoader)):
                yield name, row, words, (), None
        return
    if path.name in ("schemas.py", "roles.py") and path.parent.name == "config":
        for row, words in _in_schema(path.read_text(encoding="utf-8")):
            yield name, row, words, (), None
    is_template = path.suffix != ".py"
    if is_template and "templates" not in path.parts:
        return
    options = {"newstyle_gettext": "true", "silent": "false"}
    method: Any = "jinja2.ext:babel_extract" if is_template else _in_python
    with io.BytesIO(path.read_bytes()) as stream:
        for line, text, comments, context in extract_texts(
                method, stream, KEYWORDS, ["Translators:"], options if is_template else {}):
            yield name, line, text, comments, context


def extract(root: Path) -> Catalog:
    """Collect the texts of all Python files, templates and YAML files below a folder.

    `root` is the project or one plugin's folder. Tests, `var/` and hidden machinery are left out. Raises
    ConfigError with file and line for a file that cannot be read.
    """
    catalog = Catalog(project="Parlour", charset="utf-8", fuzzy=False)
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        try:
            found = list(_texts(path, name))
        except (SyntaxError, ValueError, yaml.YAMLError, TemplateSyntaxError) as error:
            message = f"This file cannot be read: {error}"
            raise ConfigError([Problem(name, _line(error), 1, "", message)]) from error
        for place, line, text, comments, context in found:
            if text and text != ("",):
                catalog.add(text, None, [(place, line)], auto_comments=comments, context=context)
    return catalog


def _line(error: Exception) -> int:
    """Give the line a parser's error names, 1 where it names none."""
    mark = getattr(error, "problem_mark", None)
    return int(mark.line + 1 if mark else getattr(error, "lineno", None) or 1)


def po_file(locale: Path, language: str) -> Path:
    """Give the place of a language's file in a `locale` folder."""
    return locale / language.replace("-", "_") / "LC_MESSAGES" / "messages.po"


def languages(root: Path) -> list[str]:
    """Tell which languages the folder has a file for."""
    found = (path.parent.parent.name for path in (root / "locale").glob("*/LC_MESSAGES/messages.po"))
    return sorted(name.replace("_", "-") for name in found)


def write_template(root: Path, target: Path) -> int:
    """Write all texts below a folder into a translators' template (.pot); give how many there are."""
    catalog, text = extract(root), io.BytesIO()
    write_po(text, catalog, width=100, sort_output=True)
    if not target.is_file() or _without_dates(text.getvalue()) != _without_dates(target.read_bytes()):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.getvalue())
    return len(catalog)


def update(root: Path, wanted: Sequence[str]) -> list[Path]:
    """Bring `root`/locale up to date with the texts below `root` and say which files changed.

    A language without a file gets one. Translations are kept; those of texts that are gone stay as comments.
    Nothing is guessed: a changed text waits for its translator. Files are written only if something changed.
    """
    template, changed = extract(root), []
    for language in wanted:
        path = po_file(root / "locale", language)
        catalog = Catalog(locale=language.replace("-", "_"), project="Parlour", charset="utf-8", fuzzy=False)
        before = b""
        if path.is_file():
            before = path.read_bytes()
            catalog = read_po(io.BytesIO(before), locale=language.replace("-", "_"), abort_invalid=True)
        catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
        after = io.BytesIO()
        write_po(after, catalog, width=100, omit_header=False, sort_output=True)
        if _without_dates(after.getvalue()) != _without_dates(before):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(after.getvalue())
            changed.append(path)
    return changed


def _without_dates(po: bytes) -> list[bytes]:
    """Give the lines of a .po file except the dates, which change by themselves."""
    return [line for line in po.splitlines() if b"-Date:" not in line]
