"""Changes to a YAML text that leave every other byte as it was: comments, quotes, order, line ends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.config import moves
from core.config.loader import FORBIDDEN, Document, Path, read, scalar, show
from core.config.nodes import Node
from core.errors import ConfigError, Refused

REMOVE: Any = object()
"""As a new value: take the key away."""

Short = Callable[[Path], str | None]
"""Tells for the path of a group which key its short form stands for."""

_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+@-]*(?: [A-Za-z0-9_./+@-]+)*", re.ASCII)
_AMBIGUOUS = re.compile(r"y|n|yes|no|[0-9._+-]+|0[xo].*|\.inf|\.nan", re.IGNORECASE)
"""Text that this loader keeps as text but other programs may take for a switch, a number or a date."""
_ESCAPED = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Reference:
    """A value that is not written but referred to: `${NAME}`."""

    name: str


def splice(document: Document, changes: Mapping[Path, Any], env: Mapping[str, str],
           short: Short = lambda _path: None) -> Document:
    """Apply changes (path -> value, REMOVE, or Reference) one after the other.

    Raises Refused when a change cannot be made in the text without touching something else (a value shared
    by an alias, a place below a plain word), saying where; the document is then to be edited by hand.
    """
    for asked, value in changes.items():
        bad = FORBIDDEN.search("".join(words_in(value)))
        if bad:
            raise Refused(f"{show(asked)}: the control character U+{ord(bad.group()):04X} has no place here.")
        path, wanted = _unfold(document, asked, value, short)
        document = _changed(document, path, wanted, env)
    return document


def _changed(document: Document, path: Path, value: Any, env: Mapping[str, str]) -> Document:
    """Make one change: of a group or list in small steps that keep its comments, where that can be."""
    found = document.find(path)
    if found and value and isinstance(value, dict | list) and found[1].style == "block" and \
            found[1].kind == ("mapping" if isinstance(value, dict) else "sequence"):
        try:
            return _gently(document, path, value, env)
        except Refused:
            pass
    return _first_good(document, path, value, apply(document.data, path, value), env)


def _gently(document: Document, path: Path, value: Any, env: Mapping[str, str]) -> Document:
    """Make a group or list of another in small steps. Raises Refused where one cannot be made."""
    now = document
    for place, step in moves.steps(_at(document.data, path), value, path, same, REMOVE):
        if isinstance(step, moves.Order):
            expected = apply(now.data, place, moves.arranged(_at(now.data, place), step))
            now = _good(now, moves.moved(now, place, step), place, expected, env)
        else:
            now = _changed(now, place, step, env)
    return now


def _good(document: Document, text: str, path: Path, expected: Any, env: Mapping[str, str]) -> Document:
    """Read a changed text. Raises Refused where it does not say what was expected."""
    try:
        tried = read(("\ufeff" if document.bom else "") + text, document.name, env)
    except ConfigError as error:
        raise Refused(str(error)) from None
    if not same(tried.data, expected) or _references(tried, path) != _references(document, path):
        raise Refused(f"{show(path)} cannot be put in this order without touching something else.")
    return tried


def words_in(value: Any) -> Iterator[str]:
    """Give every text in a value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in (*value.keys(), *value.values()) if isinstance(value, dict) else value:
            yield from words_in(inner)


def _first_good(document: Document, path: Path, value: Any, expected: Any,
                env: Mapping[str, str]) -> Document:
    """Try the ways to write a change; take the first that changes its path and nothing else."""
    for text in _ways(document, path, value):
        try:
            tried = read(("\ufeff" if document.bom else "") + text, document.name, env)
        except ConfigError:
            continue
        meant = expected
        if isinstance(value, Reference):
            meant = apply(expected, path, _at(tried.data, path))
        if same(tried.data, meant) and _references(tried, path) == _references(document, path):
            return tried
    line, _ = document.mark(path)
    raise Refused(f"{show(path)} cannot be changed here without touching something else. "
                  f"Change it by hand: {document.name}, line {line}.")


def _references(document: Document, path: Path) -> dict[Path, tuple[str, ...]]:
    """Collect what is referred to outside a path."""
    return {key: names for key, names in document.references.items() if key[:len(path)] != path}


def same(one: Any, other: Any) -> bool:
    """Compare two values, telling 1 from 1.0 and from on."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def _unfold(document: Document, path: Path, value: Any, short: Short) -> tuple[Path, Any]:
    """Turn a change below a short form (`tickets: on`) into a change of the short form itself."""
    if len(path) > 1 and value is not REMOVE and document.find(path[:-1]) is None and short(path[:-1]) == path[-1]:
        return path[:-1], value  # nothing there yet: write the short form
    for depth in range(1, len(path)):
        found = document.find(path[:depth])
        if found is None:
            break
        node = found[1].real()
        if node.kind != "scalar" or _at(document.data, path[:depth]) is None:
            continue
        key, rest = short(path[:depth]), path[depth:]
        if key is None:
            line, _ = document.mark(path[:depth])
            raise Refused(f"{show(path[:depth])} is a single value ({document.name}, line {line}); "
                          f"{show(path)} has no place below it.")
        if rest == (key,):
            return path[:depth], value
        kept = {key: _kept(document, path[:depth])}
        return path[:depth], kept if value is REMOVE else {**kept, **_nested(rest, value)}
    return path, value


def _kept(document: Document, path: Path) -> Any:
    names = document.references.get(path)
    raw = document.raw(path) or ""
    whole = re.fullmatch(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", raw) if names else None
    return Reference(whole.group(1)) if whole else _at(document.data, path)


def _nested(path: Path, value: Any) -> Any:
    for step in reversed(path):
        value = {step: value}
    return value


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def apply(data: Any, path: Path, value: Any) -> Any:
    """Give a copy of plain data with one path changed, missing groups added at the end.

    Raises Refused where the path has no place: below a single value, or beyond the end of a list.
    """
    if not path:
        return _plain(value)
    step, rest = path[0], path[1:]
    if isinstance(data, list) and isinstance(step, int) and step <= len(data) and (
                rest or value is not REMOVE):
        inner = data[step] if step < len(data) else None
        return [*data[:step], apply(inner, rest, value), *data[step + 1:]]
    if data is None or isinstance(data, dict):
        data = dict(data or {})
        if value is REMOVE and (not rest or step not in data):
            data.pop(step, None)
        else:
            data[step] = apply(data.get(step), rest, value)
        return data
    raise Refused(f"{show(path)} has no place here.")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _ways(document: Document, path: Path, value: Any) -> list[str]:
    """Write the ways in which a change can be made in the text; the nicest comes first."""
    depth = len(path)
    while document.find(path[:depth]) is None:
        depth -= 1
    parent = document.find(path[:depth])
    assert parent is not None  # noqa: S101 - the root is always found
    if value is REMOVE:
        return [document.text] if depth < len(path) else _removals(document, path)
    if depth == len(path):
        return _replacements(document, path, value)
    rest = path[depth:]
    node = parent[1]
    inner = _nested(rest[1:], value)
    if node.kind == "sequence":
        return _appends(document.text, node, flow(inner))
    if node.kind != "mapping" or (node.style == "flow" and not node.pairs) or not node.pairs:
        return _replacements(document, path[:depth], _nested(rest, value))
    return _inserts(document.text, node, str(rest[0]), inner)


def _put(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def _break(text: str) -> str:
    """Tell which line end the text uses."""
    found = re.search(r"\r\n|\n|\r", text)
    return found.group() if found else "\n"


def _line_end(text: str, at: int) -> int:
    """Find the end of the line that holds `at`, before its line break."""
    found = re.compile(r"[\r\n]").search(text, at)
    return found.start() if found else len(text)


def _replacements(document: Document, path: Path, value: Any) -> list[str]:
    text, found = document.text, document.find(path)
    assert found is not None  # noqa: S101 - asked only for what is there
    key, node = found
    real = node.real()
    if isinstance(value, dict | list) and value and node.kind == \
            ("mapping" if isinstance(value, dict) else "sequence") and node.style == "block":
        lines = [f"{_word(str(name))}: {flow(inner)}" for name, inner in value.items()] \
            if isinstance(value, dict) else [f"- {flow(inner)}" for inner in value]
        return [_put(text, node.start, node.last, (_break(text) + " " * node.column).join(lines))]
    new = flow(value) if isinstance(value, dict | list) else _write(value, real)
    if node.start == node.last:
        lead = "" if text[node.start - 1:node.start] in (" ", "\t") else " "
        return [_put(text, node.start, node.last, lead + new), _put(text, node.start, node.last, ":" + lead + new)]
    ways = [_put(text, node.start, node.last, new)]
    if key is not None:
        # The value may stand on the lines after its key: then close the gap.
        colon = text.find(":", key.last)
        if text[colon + 1:node.start].strip() == "":
            closed = _put(text, colon + 1, node.last, " " + new)
            return [closed, *ways] if node.style in ("block",) else [*ways, closed]
        return [*ways, _put(text, node.start, node.last, "  " + new)]
    return ways


def _inserts(text: str, node: Node, key: str, value: Any) -> list[str]:
    """Add a key to a group that has some."""
    entry = f"{_word(key)}: {flow(value)}"
    last = list(node.pairs.values())[-1][1]
    if node.style == "flow":
        return [_put(text, last.last, last.last, f", {entry}"), _put(text, last.last, last.last, f" , {entry}")]
    lines = _break(text) + " " * node.column + entry
    after, swallowed = _line_end(text, last.last), _line_end(text, max(last.end - 1, 0))
    ways = [_put(text, after, after, lines)]
    if swallowed != after:
        ways.append(_put(text, last.end, last.end, entry + _break(text)))
        ways.append(_put(text, swallowed, swallowed, lines))
    return ways


def _appends(text: str, node: Node, new: str) -> list[str]:
    if not node.items:
        return [_put(text, node.start, node.last, f"[{new}]")]
    last = node.items[-1]
    if node.style == "flow":
        return [_put(text, last.last, last.last, f", {new}")]
    after = _line_end(text, last.last)
    return [_put(text, after, after, _break(text) + " " * node.column + "- " + new)]


def _removals(document: Document, path: Path) -> list[str]:
    text, found = document.text, document.find(path)
    parent = document.find(path[:-1])
    if found is None or parent is None or found[0] is None:
        raise Refused(f"{show(path)} is an entry of a list; give the whole list.")
    (key, node), home = (found[0], found[1]), parent[1]
    pairs = list(home.pairs.values())
    index = next(number for number, pair in enumerate(pairs) if pair[0] is key)
    if len(pairs) == 1:
        return _replacements(document, path[:-1], {}) if path[:-1] else []
    following = pairs[index + 1][0].start if index + 1 < len(pairs) else None
    if home.style == "flow":
        before = pairs[index - 1][1].last if index else None
        return [_put(text, key.start, following, "") if before is None and following is not None
                else _put(text, before or 0, node.last, "")]
    end = _line_end(text, node.last)
    start = key.start - key.column
    if text[start:key.start].strip() == "":
        size = 2 if text[end:end + 2] == "\r\n" else 1
        whole = _put(text, start, end + size, "")
        if end >= len(text):  # no line break at the end: take the one before instead
            whole = _put(text, len(text[:start].rstrip("\r\n")), len(text), "")
        return [whole]
    return [_put(text, key.start, following, "")] if following is not None else []


def _word(key: str) -> str:
    """Write a key: keys are always text, so only what could break the syntax is quoted."""
    return key if _PLAIN.fullmatch(key) and " " not in key and not key.startswith(("-", ".")) else _quoted(key)


def _quoted(text: str) -> str:
    """Write text in double quotes: JSON's, and YAML's own escapes for what YAML does not print."""
    return _ESCAPED.sub(lambda match: f"\\u{ord(match.group()):04x}", json.dumps(text, ensure_ascii=False))


def _write(value: Any, old: Node | None = None) -> str:
    """Write a single value, in the manner of the one that stood there."""
    if isinstance(value, Reference):
        return f'"${{{value.name}}}"'
    if isinstance(value, bool):
        classic = old is not None and old.value.lower() in ("true", "false")
        return ("true" if value else "false") if classic else ("on" if value else "off")
    if value is None:
        return "null"
    if not isinstance(value, str):
        return json.dumps(value)
    text = value.replace("${", "$${")  # text from people never reads the environment
    fits = _PLAIN.fullmatch(text) and not _AMBIGUOUS.fullmatch(text) and scalar(text) == text
    style = old.style if old is not None and old.kind == "scalar" else ""
    if style == "'" and text.isprintable() and text.isascii():
        return "'" + text.replace("'", "''") + "'"
    return text if fits and style != '"' and not text.startswith("-") else _quoted(text)


def flow(value: Any) -> str:
    """Write any value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_word(str(key))}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    return _write(value)
