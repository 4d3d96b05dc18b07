"""A tenant's own CSS: parsed, stripped of whatever could fetch or read, and written anew from its tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import tinycss2
from tinycss2 import ast

from core.errors import Problem

MAX_BYTES = 64 * 1024
"""Largest stylesheet of a tenant."""

MAX_DEPTH = 24
"""How deep brackets and rules may stand in one another."""

OWN_ASSET = re.compile(r"/theme/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\Z")
"""The only addresses a stylesheet may name: the theme's own files."""

AT_RULES = ("media", "supports", "layer", "container", "keyframes", "-webkit-keyframes", "font-face", "page")

FUNCTIONS_REFUSED = ("src", "image", "image-set", "-webkit-image-set", "cross-fade", "-webkit-cross-fade",
                     "-moz-image-rect", "element", "-moz-element", "paint", "expression", "attr", "url-prefix",
                     "domain", "document", "regexp")

PROPERTIES_REFUSED = ("behavior", "-ms-behavior", "-moz-binding")

ATTRIBUTES = ("class", "dir", "lang", "open", "disabled", "checked", "required", "type", "role", "hidden",
              "data-scheme", "data-header", "data-footer", "data-logo", "data-who")
"""Attributes that selectors may look at (and `aria-*`): none of them holds what people wrote."""

_BREAKOUT = re.compile(r"</\s*style|<!--|-->|@charset|[\x00-\x08\x0e-\x1f\x7f]", re.IGNORECASE)


class _Check:
    """One stylesheet on its way through: what is kept is returned, what is not becomes a problem."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []

    def problem(self, node: Any, message: str, hint: str = "") -> None:
        line, column = getattr(node, "source_line", 0), getattr(node, "source_column", 0)
        self.problems.append(Problem(self.name, line, column, "", message, hint))

    def rules(self, nodes: Iterable[Any]) -> str:
        return "\n".join(text for node in nodes if (text := self.rule(node)))

    def rule(self, node: Any) -> str:
        if isinstance(node, ast.AtRule):
            return self.at_rule(node)
        if isinstance(node, ast.QualifiedRule):
            if self.selector(node.prelude):
                inner = self.inside(node.content)
                return f"{tinycss2.serialize(node.prelude).strip()} {{{inner}}}"
        elif isinstance(node, ast.Declaration):
            return self.declaration(node)
        elif isinstance(node, ast.ParseError):
            self.problem(node, f"This cannot be read: {node.message}.")
        return ""

    def at_rule(self, node: ast.AtRule) -> str:
        name = node.lower_at_keyword
        if name not in AT_RULES:
            allowed = ", ".join(f"@{each}" for each in AT_RULES)
            self.problem(node, f"'@{name}' is not allowed.", f"Allowed are {allowed}.")
            return ""
        if not self.value(node.prelude):
            return ""
        head = f"@{name} {tinycss2.serialize(node.prelude).strip()}".strip()
        return f"{head};" if node.content is None else f"{head} {{{self.inside(node.content)}}}"

    def inside(self, content: Iterable[Any]) -> str:
        return self.rules(tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True))

    def declaration(self, node: ast.Declaration) -> str:
        if node.lower_name in PROPERTIES_REFUSED:
            self.problem(node, f"'{node.name}' is not allowed.")
            return ""
        return node.serialize() + ";" if self.value(node.value) else ""

    def value(self, tokens: Iterable[Any]) -> bool:
        """Say whether a value, or what stands behind an at-keyword, names nothing from elsewhere."""
        for token in _every(tokens):
            if isinstance(token, ast.ParseError):
                self.problem(token, f"This cannot be read: {token.message}.")
                return False
            if isinstance(token, ast.FunctionBlock) and token.lower_name in FUNCTIONS_REFUSED:
                self.problem(token, f"'{token.lower_name}()' is not allowed.")
                return False
            if not self.address(token):
                return False
        return True

    def address(self, token: Any) -> bool:
        named: list[str] = []
        if isinstance(token, ast.URLToken):
            named = [token.value]
        elif isinstance(token, ast.FunctionBlock) and token.lower_name == "url":
            named = [part.value if isinstance(part, ast.StringToken) else "" for part in token.arguments
                     if part.type not in {"whitespace", "comment"}] or [""]
        for value in named:
            if not OWN_ASSET.match(value):
                self.problem(token, "Only the theme's own files may be loaded.", "Write url(/theme/NAME).")
                return False
        return True

    def selector(self, tokens: Iterable[Any]) -> bool:
        for token in _every(tokens):
            if isinstance(token, ast.ParseError | ast.URLToken) or token.type == "{} block":
                self.problem(token, "This selector cannot be read.")
                return False
            if isinstance(token, ast.SquareBracketsBlock) and not _harmless(token):
                self.problem(token, "A selector may not look at this attribute.",
                             f"Allowed are aria-* and {', '.join(ATTRIBUTES)}.")
                return False
        return True


def _harmless(block: ast.SquareBracketsBlock) -> bool:
    """Say whether an attribute selector names an allowed attribute, without a namespace in front."""
    tokens = [token for token in block.content if token.type not in {"whitespace", "comment"}]
    if not tokens or tokens[0].type != "ident":
        return False
    if len(tokens) > 1 and tokens[1].type == "literal" and tokens[1].value == "|":
        return False
    name = tokens[0].lower_value
    return name in ATTRIBUTES or name.startswith("aria-")


def _children(node: Any) -> list[Any]:
    if isinstance(node, ast.FunctionBlock):
        return list(node.arguments)
    return list(getattr(node, "content", None) or [])


def _every(tokens: Iterable[Any]) -> Iterable[Any]:
    """Walk all tokens in their order, those inside brackets too."""
    stack = list(tokens)[::-1]
    while stack:
        token = stack.pop()
        yield token
        stack.extend(_children(token)[::-1])


def _too_deep(tokens: list[Any]) -> Any:
    """Give the first token that stands deeper than `MAX_DEPTH`, or None."""
    stack = [(token, 1) for token in tokens]
    while stack:
        token, depth = stack.pop()
        if depth > MAX_DEPTH:
            return token
        stack.extend((child, depth + 1) for child in _children(token))
    return None


def check(css: str | bytes, name: str = "custom.css") -> tuple[str, tuple[Problem, ...]]:
    """Give back what may be served of `css`, and every mistake in it with line and column.

    Refused are: more than 64 KB, other encodings than UTF-8, anything that closes a style element, imports,
    addresses other than `/theme/NAME`, functions and properties that load or run, and selectors that look at
    attributes holding data. A refused rule or declaration is left out; the rest stands. Escapes are gone: the
    text is written anew from tokens. `name` is the file's name in messages. Raises nothing.
    """
    checker = _Check(name)
    raw = css if isinstance(css, bytes) else css.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_BYTES:
        return "", (Problem(name, 0, 0, "", "This stylesheet is larger than 64 KB.", "Leave out some of it."),)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[:error.start].count(b"\n") + 1
        return "", (Problem(name, line, 1, "", "This is not UTF-8 text.", "Save the file as UTF-8."),)
    if found := _BREAKOUT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        return "", (Problem(name, line, found.start() - text.rfind("\n", 0, found.start()), "",
                            f"{found.group()!r} does not belong into a stylesheet.", "Take it out."),)
    tokens = tinycss2.parse_component_value_list(text, skip_comments=True)
    if (deep := _too_deep(tokens)) is not None:
        checker.problem(deep, "Too many brackets stand in one another here.")
        return "", tuple(checker.problems)
    clean = checker.rules(tinycss2.parse_stylesheet(tokens, skip_comments=True, skip_whitespace=True))
    return re.sub(r"<(?=[/!])", r"\\3c ", clean), tuple(checker.problems)
