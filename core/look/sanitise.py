"""The one allowlist: which tags, attributes and addresses of what people wrote may stand in a page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import nh3

TAGS = frozenset({
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "details", "div", "dl",
    "dt", "em", "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li",
    "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var"})
VOID = frozenset({"br", "hr", "img"})
SILENT = {"script", "style", "template", "iframe", "object", "embed", "noscript", "video", "audio", "svg", "math",
          "select", "textarea", "title"}
"""Tags whose content goes with them."""

SCHEMES = {"http", "https", "mailto", "tel"}
INCOMING: dict[str, set[str]] = {
    "*": {"id", "lang"}, "a": {"href", "title", "name"}, "img": {"src", "alt"}, "div": {"class"},
    "code": {"class"}, "td": {"align", "colspan", "rowspan"}, "th": {"align", "colspan", "rowspan"},
    "ol": {"start"}, "abbr": {"title"}}
OUTGOING: dict[str, set[str]] = {
    "*": {"id", "lang", "dir"}, "a": {"href", "title", "rel"},
    "img": {"src", "srcset", "sizes", "width", "height", "alt", "loading", "decoding"},
    "div": {"class", "role", "tabindex", "aria-label"}, "pre": {"tabindex"}, "code": {"class"}, "span": {"class"},
    "p": {"class"}, "td": {"class", "colspan", "rowspan"}, "th": {"class", "colspan", "rowspan"}, "ol": {"start"},
    "abbr": {"title"}}
DEEPEST = 60
"""Tags inside one another that are kept; deeper ones lose their tag, not their text."""

_OURS = re.compile(r"/(?!/)[\w./~-]*\Z", re.ASCII)
_SET = re.compile(r"/(?!/)[\w./~-]* \d+w(, /(?!/)[\w./~-]* \d+w)*\Z", re.ASCII)
_VALUES = {
    "id": re.compile(r"s-[\w-]{1,100}\Z"), "dir": re.compile(r"(auto|ltr|rtl)\Z"),
    "lang": re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\Z"),
    "class": re.compile(r"(note (note|tip|important|warning|caution)|note-title|table|no-picture|end|center|"
                        r"language-[\w+#-]{1,30})\Z"),
    "role": re.compile(r"(note|region)\Z"), "tabindex": re.compile(r"0\Z"), "src": _OURS, "srcset": _SET,
    "width": re.compile(r"\d{1,5}\Z"), "height": re.compile(r"\d{1,5}\Z"), "loading": re.compile(r"lazy\Z"),
    "colspan": re.compile(r"\d{1,2}\Z"), "rowspan": re.compile(r"\d{1,3}\Z"), "start": re.compile(r"\d{1,6}\Z"),
    "decoding": re.compile(r"async\Z"), "rel": re.compile(r"nofollow noopener noreferrer\Z")}
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


def address(href: str) -> str:
    """Give an address a link may lead to: http, https, mailto, tel, a path of this host, a place; else ""."""
    href = href.strip()
    if not href or len(href) > 2000 or _CONTROL.search(href):
        return ""
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    if parts.scheme:
        whole = bool(parts.netloc) or parts.scheme in {"mailto", "tel"}
        return href if parts.scheme.lower() in SCHEMES and whole else ""
    return href if href.startswith("#") or (href.startswith("/") and not href.startswith("//")) else ""


def _come(_tag: str, name: str, value: str) -> str | None:
    if name in {"id", "name"}:
        return re.sub(r"[^\w-]+", "-", value)[:100] or None
    return value


def _go(_tag: str, name: str, value: str) -> str | None:
    """Let a value stand in a page only in the forms that the renderer writes."""
    if name == "href":
        return address(value) or None
    pattern = _VALUES.get(name)
    return value if pattern is None or pattern.match(value) else None


def incoming(html: str) -> str:
    """Clean HTML from outside: known tags with the few attributes that mean something; no styles, no handlers."""
    return nh3.clean(html, tags=set(TAGS | {"h1"}), clean_content_tags=set(SILENT), attributes=INCOMING,
                     attribute_filter=_come, url_schemes=SCHEMES, link_rel=None)


def outgoing(html: str) -> str:
    """Clean what goes into a page: the last step, after which nothing touches it any more."""
    return nh3.clean(html, tags=set(TAGS), clean_content_tags=set(SILENT), attributes=OUTGOING,
                     attribute_filter=_go, url_schemes=SCHEMES, link_rel=None)


@dataclass
class Node:
    """A tag with what is in it, or (without a name) a whole text."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def text(self) -> str:
        """Give what it says, blocks apart."""
        inside = "".join(child if isinstance(child, str) else child.text() for child in self.children)
        return inside if self.tag in _INLINE else f" {inside} "


_INLINE = frozenset({"a", "abbr", "b", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q", "s", "samp",
                     "small", "span", "strong", "sub", "sup", "u", "var"})


class _Builder(HTMLParser):
    """Reads what the cleaner wrote, which is well formed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("")
        self.open = [self.root]
        self.skipped: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.open[-1].children.append(node)
            return
        deep = len(self.open) > DEEPEST
        self.skipped.append(deep)
        if not deep:
            self.open[-1].children.append(node)
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self.skipped and not self.skipped.pop():
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def tree(html: str) -> Node:
    """Give cleaned HTML as a tree."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root


def write(node: Node) -> str:
    """Write a tree as HTML."""
    inside = "".join(escape(child, quote=False) if isinstance(child, str) else write(child)
                     for child in node.children)
    if not node.tag:
        return inside
    attrs: Any = "".join(f' {name}="{escape(value)}"' for name, value in node.attrs.items())
    return f"<{node.tag}{attrs}>" + ("" if node.tag in VOID else f"{inside}</{node.tag}>")
