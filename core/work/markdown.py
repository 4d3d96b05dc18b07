"""HTML from elsewhere as Markdown: what people wrote with form stays readable, and can be written on."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from core.look import sanitise

MOST = 500_000
DEEPEST = 8
"""Quotes and lists inside one another that are kept; deeper ones are written at this depth."""

_SILENT = frozenset(("head", "iframe", "noscript", "object", "script", "style", "template", "textarea", "title"))
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~", "strike": "~~"}
_BLOCKS = frozenset(("p", "div", "section", "article", "table", "ul", "ol", "dl", "figure", "header", "footer"))
_SPECIAL = re.compile(r"([\\`*_\[\]<])")
_AT_START = re.compile(r"(?m)^(\s*)([#>+-]|\d+[.)])(?=\s|$)")


class _Writer(HTMLParser):
    """Writes blocks as it reads tags; what is never closed harms nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.line = ""
        self.prefix: list[str] = []
        self.lists: list[int | None] = []
        self.links: list[str] = []
        self.silent = self.pre = self.code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _SILENT:
            self.silent += 1
        elif tag in _MARKS and not self.pre:
            self.line += _MARKS[tag]
        elif tag == "br":
            self._end("\\" if self.line.strip() and not self.pre else "")
        elif tag == "a":
            self.links.append(sanitise.address(given.get("href", "")))
            self.line += "[" if self.links[-1] else ""
        elif tag == "img":
            self._image(given)
        elif tag == "code" and not self.pre:
            self.code += 1
            self.line += "`"
        elif tag in ("td", "th"):
            self.line += "" if not self.line else " | "
        else:
            self._open(tag)

    def _image(self, given: dict[str, str]) -> None:
        source = sanitise.address(given.get("src", ""))
        words = _SPECIAL.sub(r"\\\1", given.get("alt", "")) or "picture"
        self.line += words if self.links and self.links[-1] else f"[{words}](<{source}>)" if source else words

    def _open(self, tag: str) -> None:
        if tag == "pre":
            self._gap()
            self._write("```")
            self.pre += 1
        elif tag == "blockquote":
            self._gap()
            self.prefix.append("> ")
        elif tag in ("ul", "ol"):
            self._end()
            self._gap(within=bool(self.lists))
            self.lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self._gap()
            self.line = "#" * int(tag[1]) + " "
        elif tag == "hr":
            self._gap()
            self._write("---")
            self._gap()
        elif tag == "tr":
            self._end()
        elif tag in _BLOCKS:
            self._gap(within=bool(self.line.strip()) and self.line.strip() in ("-", "*"))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in _MARKS and not self.pre:
            self._close(_MARKS[tag])
        elif tag == "a" and self.links:
            href = self.links.pop()
            self.line += f"](<{href}>)" if href else ""
        elif tag == "code" and self.code:
            self.code -= 1
            self.line += "`"
        elif tag == "pre" and self.pre:
            self._end()
            self.pre -= 1
            self._write("```")
            self._gap()
        elif tag == "blockquote":
            self._end()
            if self.prefix and self.prefix[-1] == "> ":
                self.prefix.pop()
            self._gap()
        elif tag in ("ul", "ol") and self.lists:
            self._end()
            self.lists.pop()
            self._gap(within=bool(self.lists))
        elif tag == "li":
            self._end()
            if self.prefix and not self.prefix[-1].strip():
                self.prefix.pop()
        elif tag in _BLOCKS or tag.startswith("h"):
            self._gap()

    def _close(self, mark: str) -> None:
        """Close emphasis where its words end: Markdown takes none with a blank before the mark."""
        bare = self.line.rstrip()
        if bare.endswith(mark) and bare.count(mark) % 2:
            self.line = bare[:-len(mark)]
        else:
            self.line = bare + mark + self.line[len(bare):]

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        if self.pre:
            first, *others = data.replace("\r\n", "\n").split("\n")
            self.line += first
            for other in others:
                self._write(self.line)
                self.line = other
            return
        words = re.sub(r"\s+", " ", data)
        words = words.replace("`", "'") if self.code else _SPECIAL.sub(r"\\\1", words)
        self.line += words.lstrip(" ") if not self.line or self.line.endswith(" ") else words

    def _item(self) -> None:
        self._end()
        if len(self.prefix) < 2 * DEEPEST:
            mark = "- "
            if self.lists and self.lists[-1] is not None:
                self.lists[-1] += 1
                mark = f"{self.lists[-1]}. "
            self._write_mark(mark)

    def _write_mark(self, mark: str) -> None:
        self.line = f"\0{mark}"
        self.prefix.append(" " * len(mark))

    def _gap(self, *, within: bool = False) -> None:
        if self.line.startswith("\0") and not self.line.strip("\0 -.0123456789"):
            return  # a paragraph opens an item: its mark waits for the words
        self._end()
        if self.lines and self.lines[-1].strip("> ") and not within:
            self.lines.append("".join(self.prefix[:DEEPEST * 2]).rstrip())

    def _end(self, tail: str = "") -> None:
        line, self.line = self.line, ""
        if line.strip("\0 "):
            self._write(line.rstrip() + tail)

    def _write(self, line: str) -> None:
        prefix = self.prefix[:DEEPEST * 2]
        if line.startswith("\0"):
            self.lines.append("".join(prefix[:-1]) + line[1:])
            return
        made = line if self.pre or line.startswith(("#", "```", "---")) else _AT_START.sub(r"\1\\\2", line)
        self.lines.append("".join(prefix) + made)

    def result(self) -> str:
        """Give what was written."""
        self._end()
        if self.pre:
            self._write("```")
        return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in self.lines)).strip("\n")


def from_html(source: str) -> str:
    """Turn HTML into Markdown: emphasis, headings, lists, quotes, code, links to http, https, mailto and tel.

    Pictures elsewhere become links to them; tables become lines. Nothing that could run is left.
    """
    writer = _Writer()
    writer.feed(source[:MOST])
    writer.close()
    return writer.result()
