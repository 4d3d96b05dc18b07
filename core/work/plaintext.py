"""HTML from elsewhere as plain text: paragraphs, lists, quotes and addresses kept, everything else left out."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BREAK = frozenset((
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "fieldset", "figure", "footer", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table",
    "tbody", "td", "th", "tr", "ul"))
_SPACED = frozenset((
    "blockquote", "div", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"))
_SILENT = frozenset((
    "head", "iframe", "noscript", "object", "script", "style", "template", "textarea", "title"))
_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:)\S+\Z", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
MAX_DEPTH = 40
"""Quotes and lists deeper than this are written at this depth."""


class _Writer(HTMLParser):
    """Writes lines as it reads tags; a tag that is never closed harms nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.line, self.gap = "", False
        self.quotes, self.silent, self.pre = 0, 0, 0
        self.lists: list[int | None] = []
        self.links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        elif tag == "br":
            self._end_line()
        elif tag == "a":
            self.links.append((next((value or "" for name, value in attrs if name == "href"), ""), len(self.line)))
        elif tag == "img":
            self.line += next((value or "" for name, value in attrs if name == "alt"), "")
        elif tag in _BREAK:
            self._block(tag)
            if tag == "hr":
                self._write_line("---")
            elif tag == "blockquote":
                self.quotes += 1
            elif tag == "pre":
                self.pre += 1
            elif tag in ("ul", "ol"):
                self.lists.append(0 if tag == "ol" else None)
            elif tag == "li":
                self._item()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag == "a" and self.links:
            self._address(*self.links.pop())
        elif tag in _BREAK:
            self._block(tag)
            if tag == "blockquote":
                self.quotes = max(0, self.quotes - 1)
            elif tag == "pre":
                self.pre = max(0, self.pre - 1)
            elif tag in ("ul", "ol") and self.lists:
                self.lists.pop()

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        if self.pre:
            first, *others = data.replace("\r\n", "\n").split("\n")
            self.line += first
            for other in others:
                self._end_line(keep=True)
                self.line = other
            return
        words = _BLANKS.sub(" ", data)
        self.line += words.lstrip(" ") if not self.line or self.line.endswith(" ") else words

    def _block(self, tag: str) -> None:
        self._end_line()
        if tag in _SPACED and not (self.lists and tag in ("ul", "ol", "p", "div")):
            self.gap = True

    def _item(self) -> None:
        depth = min(len(self.lists), MAX_DEPTH)
        mark = "- "
        if self.lists and self.lists[-1] is not None:
            self.lists[-1] += 1
            mark = f"{self.lists[-1]}. "
        self.line = "  " * (depth - 1) + mark

    def _address(self, href: str, start: int) -> None:
        """Write where a link leads behind its words, unless they say so themselves."""
        said = self.line[start:].strip() if start <= len(self.line) else self.line.strip()
        href = "".join(href.split())
        bare = re.sub(r"\A(?:https?://|mailto:|tel:)|/\Z", "", href, flags=re.IGNORECASE)
        if _ADDRESS.match(href) and bare != re.sub(r"\Ahttps?://|/\Z", "", said):
            self.line += f" ({href})" if said else href

    def _end_line(self, *, keep: bool = False) -> None:
        line, self.line = (self.line.rstrip() if not keep else self.line.rstrip("\r")), ""
        if line.strip() or keep:
            self._write_line(line)

    def _write_line(self, line: str) -> None:
        quote = "> " * min(self.quotes, MAX_DEPTH)
        if self.gap and self.lines:
            self.lines.append("")
        self.gap = False
        self.lines.append(f"{quote}{line}".rstrip())

    def result(self) -> str:
        """Give what was written."""
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self.lines)).strip("\n")


def from_html(source: str) -> str:
    """Turn HTML into plain text: entities right, links as `words (address)`, nothing that could run.

    Only http, https, mailto and tel addresses survive. What comes back is text and is shown as text.
    """
    writer = _Writer()
    writer.feed(source)
    writer.close()
    return writer.result()
