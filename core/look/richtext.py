"""Text with form - Markdown or HTML that people wrote - as safe HTML: one renderer for all pages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import table as table_rule
from markdown_it.rules_inline import StateInline

from core.look import language as languages
from core.look import sanitise
from core.look.i18n import N_, gettext
from core.look.sanitise import Node

__all__ = ["VERSION", "Heading", "Picture", "Rich", "anchor", "render"]

VERSION = 3
"""Goes up with every change of what comes out: what was rendered before is then rendered anew."""

MOST = 200_000
"""Characters of a text that are rendered."""

CELLS = 5_000
"""Cells of tables in a text: what does not fit stays plain. Empty rows are filled, so few characters make many."""

NOTES = {"note": N_("Note"), "tip": N_("Tip"), "important": N_("Important"), "warning": N_("Warning"),
         "caution": N_("Caution")}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = frozenset({"p", "li", "td", "th", "dt", "dd", "caption", "figcaption", "summary", *HEADINGS})
_NOTE = re.compile(r"\s*\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_DROPPED = re.compile(r"<(iframe|video|audio|object|embed|form|script)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Picture:
    """A picture that may stand in a page: its address here, its size, and the same picture in other widths."""

    src: str
    width: int
    height: int
    srcset: str = ""


@dataclass(frozen=True)
class Heading:
    """An entry of the table of contents; `level` is 2 or 3."""

    level: int
    id: str
    text: str


@dataclass
class Rich:
    """A rendered text. `text` is what it says without form; `links` are all addresses it leads to.

    `missing` are pictures that are not there, `dropped` names what cannot stand in a page (a video, a form).
    """

    html: str = ""
    toc: list[Heading] = field(default_factory=list)
    text: str = ""
    links: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def _line_break(state: StateInline, silent: bool) -> bool:
    """Take `<br>` for a line break, the one piece of HTML that Markdown tables cannot do without."""
    found = _BREAK.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = found.end()
    return True


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take lines for a table as long as the text has cells left; after the first that is too large none is one."""
    left = state.env.get("cells", CELLS)
    if not left or not table_rule(state, start, end, True):
        return False
    columns = state.src[state.bMarks[start + 1]:state.eMarks[start + 1]].count("|") + 1
    last = next((line for line in range(start + 2, end) if state.isEmpty(line)), end)
    cells = columns * (last - start - 1)
    if silent:
        return bool(cells <= left)
    state.env["cells"] = left - cells if cells <= left else 0
    return cells <= left and table_rule(state, start, end, False)


def _parser(*, html: bool) -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": html}).enable(["table", "strikethrough"])
    made.inline.ruler.before("autolink", "line_break", _line_break)
    made.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    return made


_markdown = _parser(html=False)
_mixed = _parser(html=True)


def _from_markdown(source: str, parser: MarkdownIt) -> str:
    tokens = parser.parse(source)
    for token in tokens:
        style = str(token.attrs.pop("style", "")) if token.type in ("th_open", "td_open") else ""
        if style:
            token.attrs["align"] = style.partition(":")[2].strip()
    return str(parser.renderer.render(tokens, parser.options, {}))


def anchor(text: str) -> str:
    """Make the name of a heading as links write it: small letters of any script, digits, hyphens."""
    return re.sub(r"[^\w]+", "-", text.strip().lower()).strip("-")[:80] or "part"


def nothing(_src: str) -> Picture | None:
    """Know no picture."""
    return None


def as_it_is(href: str) -> str:
    """Leave an address as it is."""
    return href


def render(source: str, *, form: str = "markdown", language: str = "", picture: Callable[[str], Picture | None] =
           nothing, link: Callable[[str], str] = as_it_is) -> Rich:
    """Render a text for readers of a language. `form` is "markdown", "html", or "mixed": Markdown with HTML in it.

    `picture` gives what may be shown for an address in the text, None where there is nothing: no picture is ever
    fetched from elsewhere. `link` may lead an address elsewhere. Nothing in the result runs, styles or loads
    anything that is not ours.
    """
    source = source[:MOST].replace("\0", "")
    made = Rich(dropped=sorted({word.lower() for word in _DROPPED.findall(source)}) if form != "markdown" else [])
    html = source if form == "html" else _from_markdown(source, _mixed if form == "mixed" else _markdown)
    tree = sanitise.tree(sanitise.incoming(html))
    with languages.using(language or languages.current()):
        _Finish(made, languages.direction(language) if language else "", picture, link).walk(tree)
    made.html = sanitise.outgoing(sanitise.write(tree))
    made.text = " ".join(tree.text().split())
    return made


class _Finish:
    """Goes through a cleaned text once and gives it what pages need: anchors, notes, pictures, directions."""

    def __init__(self, made: Rich, base: str, picture: Callable[[str], Picture | None],
                 link: Callable[[str], str]) -> None:
        self.made, self.base, self.picture, self.link = made, base, picture, link
        self.taken: set[str] = set()
        self.last: dict[str, int] = {}

    def walk(self, node: Node) -> None:
        """Finish what is inside a node, then where it stands."""
        node.children = [self._one(child) if isinstance(child, Node) else child for child in node.children]

    def _one(self, node: Node) -> Node:
        self.walk(node)
        name = f"_{node.tag}" if node.tag not in HEADINGS else "_heading"
        made: Node = getattr(self, name, lambda same: same)(node)
        if made.tag in BLOCKS and "dir" not in made.attrs and not (made.tag == "li" and self.base):
            made.attrs |= {"dir": direction} if (direction := self._direction(made.text())) else {}
        if "id" in made.attrs and not made.attrs["id"].startswith("s-"):
            made.attrs["id"] = self._unique(made.attrs["id"])
        return made

    def _direction(self, text: str) -> str:
        """Say which way a block runs: "" as its language does, "auto" where no language is known.

        A product's name in front of a Hebrew sentence does not turn the sentence around, and items of a list keep
        the side on which their marks stand.
        """
        if not self.base:
            return "auto"
        turned = sum(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
        plain = sum(unicodedata.bidirectional(char) == "L" for char in text)
        if self.base == "rtl":
            return "ltr" if plain and not turned else ""
        return "rtl" if turned > plain else ""

    def _unique(self, name: str) -> str:
        name, number = f"s-{name}", self.last.get(name, 1)
        made = name if number == 1 else f"{name}-{number}"
        while made in self.taken:
            number += 1
            made = f"{name}-{number}"
        self.last[name.removeprefix("s-")] = number
        self.taken.add(made)
        return made

    def _heading(self, node: Node) -> Node:
        text = " ".join(node.text().split())
        level = min(max(2, int(node.tag[1])), 5)
        inside = (child.attrs.get("id", "") for child in node.children if isinstance(child, Node))
        name = node.attrs.get("id") or next(filter(None, inside), "")
        identity = name if name.startswith("s-") else self._unique(name or anchor(text))
        node.children = [child for child in node.children
                         if not (isinstance(child, Node) and child.attrs.get("id") == identity)]
        if level < 4 and text:
            self.made.toc.append(Heading(level, identity, text))
        return Node(f"h{level}", {"id": identity}, node.children)

    def _a(self, node: Node) -> Node:
        name = node.attrs.pop("name", "")
        href = sanitise.address(node.attrs.get("href", ""))
        if href.startswith("#"):
            href = f"#s-{href[1:].removeprefix('s-')}"
        elif href:
            href = sanitise.address(self.link(href))
            self.made.links.append(href)
        if not href:
            return Node("span", {"id": self._unique(name)} if name else {}, node.children)
        kept = {"href": href} | {key: node.attrs[key] for key in ("title", "id") if key in node.attrs}
        return Node("a", kept | ({"rel": "nofollow noopener noreferrer"} if "://" in href else {}), node.children)

    def _img(self, node: Node) -> Node:
        src, alt = node.attrs.get("src", ""), node.attrs.get("alt", "")
        found = self.picture(src) if src else None
        if found is None:
            self.made.missing.append(src)
            return Node("span", {"class": "no-picture"}, [alt or gettext("A picture is missing here")])
        attrs = {"src": found.src, "width": str(found.width), "height": str(found.height), "alt": alt,
                 "loading": "lazy", "decoding": "async"}
        if found.srcset:
            attrs |= {"srcset": found.srcset, "sizes": "(max-width: 760px) 92vw, 720px"}
        return Node("img", attrs)

    def _blockquote(self, node: Node) -> Node:
        first = next((child for child in node.children if isinstance(child, Node)), None)
        lead = first.children[0] if first is not None and first.tag == "p" and first.children else None
        found = _NOTE.match(lead) if isinstance(lead, str) else None
        if first is None or found is None or not isinstance(lead, str):
            return node
        first.children[0] = lead[found.end():]
        return self._note(found[1].lower(), node.children)

    def _note(self, kind: str, inside: list[Any]) -> Node:
        title = Node("p", {"class": "note-title"}, [gettext(NOTES[kind])])
        return Node("div", {"class": f"note {kind}", "role": "note"}, [title, *inside])

    def _div(self, node: Node) -> Node:
        words = node.attrs.pop("class", "").split()
        kind = next((word for word in words if word in NOTES), "")
        return self._note(kind, node.children) if kind else node

    def _table(self, node: Node) -> Node:
        return Node("div", {"class": "table", "role": "region", "tabindex": "0",
                            "aria-label": gettext("Table")}, [node])

    def _cell(self, node: Node) -> Node:
        align = node.attrs.pop("align", "")
        if align in ("right", "center"):
            node.attrs["class"] = "end" if align == "right" else "center"
        return node

    _td = _th = _cell

    def _pre(self, node: Node) -> Node:
        node.attrs |= {"dir": "ltr", "tabindex": "0"}
        return node

    def _code(self, node: Node) -> Node:
        node.attrs["dir"] = "ltr"
        return node
