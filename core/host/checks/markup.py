"""What is wrong with a page's HTML: nesting, identifiers, names, headings; small, and the same on every machine.

A part of what the validator of the W3C says, chosen for what goes wrong in templates (HTML Living Standard,
sections 4 and 13), and what assistive technology leans on: one h1, landmarks and controls with names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VOID = _words("area base br col embed hr img input link meta source track wbr")
PHRASING_ONLY = _words("p h1 h2 h3 h4 h5 h6 span b i em strong small label summary button bdi mark code dt")
BLOCK = _words("""address article aside blockquote dd details dialog div dl dt fieldset figcaption figure footer
form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table ul""")
INTERACTIVE = _words("a button select textarea input details label")
PARENTS = {"li": {"ul", "ol"}, "dt": {"dl", "div"}, "dd": {"dl", "div"}, "tr": {"thead", "tbody", "tfoot"},
           "td": {"tr"}, "th": {"tr"}, "option": {"select", "optgroup", "datalist"}, "legend": {"fieldset"},
           "summary": {"details"}, "figcaption": {"figure"}, "caption": {"table"}}
CHILDREN = {"ul": {"li"}, "ol": {"li"}, "dl": {"dt", "dd", "div"}, "tbody": {"tr"}, "thead": {"tr"},
            "select": {"option", "optgroup"}}
SAYING = _words("a button summary h1 h2 h3 th legend caption label title")
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "list", "popovertarget", "form",
              "aria-activedescendant", "headers")
LABELLED = frozenset({"input", "select", "textarea", "progress", "meter"})
BOOLEAN = _words("""checked disabled hidden multiple novalidate open readonly required selected autofocus defer
inert loop async""")


@dataclass
class Node:
    """An element: its name, attributes, line, children and own text."""

    name: str
    attributes: dict[str, str]
    line: int
    parent: Node | None
    children: list[Node] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def every(self) -> list[Node]:
        """Give this element and all inside it, in order."""
        return [self, *(one for child in self.children for one in child.every())]

    def above(self, *names: str) -> Node | None:
        """Give the nearest element around this one with one of these names."""
        one = self.parent
        while one is not None and one.name not in names:
            one = one.parent
        return one

    def text(self) -> str:
        """Give what a reader hears of it: text, and what pictures and controls are called."""
        own = self.attributes.get("aria-label") or self.attributes.get("alt") or self.attributes.get("title") or ""
        return " ".join([*self.words, own, *(child.text() for child in self.children)]).strip()


Fault = tuple[Node, str]


class Reader(HTMLParser):
    """Builds the tree, strictly: what is not closed, or closed and never opened, is a fault."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("", {}, 0, None)
        self.faults: list[str] = []

    def fault(self, text: str, line: int = 0) -> None:
        """Note a fault and its line."""
        self.faults.append(f"line {line or self.getpos()[0]}: {text}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        names = [name for name, _value in attrs]
        for name in {name for name in names if names.count(name) > 1}:
            self.fault(f"{name} twice on <{tag}>")
        node = Node(tag, {name: value or "" for name, value in attrs}, self.getpos()[0], self.here)
        self.here.children.append(node)
        if tag not in VOID:
            self.here = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take `<path/>` of a drawing; elsewhere the slash means nothing."""
        node = Node(tag, {name: value or "" for name, value in attrs}, self.getpos()[0], self.here)
        self.here.children.append(node)
        if tag not in VOID and self.here.name != "svg" and self.here.above("svg") is None:
            self.fault(f"<{tag}/> does not end itself")

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag in VOID:
            self.fault(f"</{tag}>")
        elif self.here.name == tag:
            self.here = self.here.parent or self.root
        elif self.here.above(tag) is not None:
            self.fault(f"<{self.here.name}> of line {self.here.line} is not closed before </{tag}>")
            while self.here.name != tag:
                self.here = self.here.parent or self.root
            self.here = self.here.parent or self.root
        else:
            self.fault(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        """Take text."""
        if data.strip():
            self.here.words.append(" ".join(data.split()))


def faults(html: str) -> list[str]:
    """Name everything that is wrong with a page."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    if not html.lower().startswith("<!doctype html>"):
        reader.fault("no doctype")
    if reader.here is not reader.root:
        reader.fault(f"<{reader.here.name}> of line {reader.here.line} is never closed")
    every = reader.root.every()[1:]
    for check in (_nesting, _attributes, _references, _names, _outline):
        for node, text in check(every):
            reader.fault(text, node.line)
    return reader.faults


def _nesting(every: list[Node]) -> Iterator[Fault]:
    for node in every:
        parent = node.parent
        if parent is None or parent.name == "template":
            continue
        if node.above("svg") or node.name == "svg":
            continue
        if node.name in BLOCK and parent.name in PHRASING_ONLY and not (
                parent.name == "summary" and node.name in ("h1", "h2", "h3", "h4")):
            yield node, f"<{node.name}> in <{parent.name}>"
        if node.name in PARENTS and parent.name not in PARENTS[node.name]:
            yield node, f"<{node.name}> in <{parent.name}>"
        if parent.name in CHILDREN and node.name not in CHILDREN[parent.name] | {"template", "script"}:
            yield node, f"<{node.name}> in <{parent.name}>"
        if parent.name in ("ul", "ol", "dl") and parent.words:
            yield parent, f"text in <{parent.name}>"
        around = node.above("a", "button")
        hidden = node.name == "input" and node.attributes.get("type") == "hidden"
        if around is not None and node.name in INTERACTIVE and not hidden:
            yield node, f"<{node.name}> in <{around.name}>"
        if node.name in ("form", "label") and node.above(node.name):
            yield node, f"<{node.name}> in <{node.name}>"
        if node.name == "summary" and parent.children[0] is not node:
            yield node, "<summary> is not first"
        if node.name == "div" and parent.name == "dl" and {child.name for child in node.children} - {"dt", "dd"}:
            yield node, "<div> in <dl> with something else"


def _attributes(every: list[Node]) -> Iterator[Fault]:
    for node in every:
        for name, value in node.attributes.items():
            if name.startswith("on") or name == "style":
                yield node, f"{name} on <{node.name}>"
            if name.startswith("hx-"):
                yield node, f"{name} is no HTML; data-{name} is"
            if name in BOOLEAN and value not in ("", name) and not (name == "hidden" and value == "until-found"):
                yield node, f"{name}={value!r}"
            if name == "id" and (not value or any(one.isspace() for one in value)):
                yield node, f"id={value!r}"
            if name in ("href", "src", "action") and any(one.isspace() for one in value.strip()):
                yield node, f"white space in {name}={value!r}"
        kind, value = node.attributes.get("type", "text"), node.attributes.get("value", "")
        if node.name == "input" and kind == "number" and value and not _number(value):
            yield node, f"a number field holds {value!r}"
        if node.name == "select" and "required" in node.attributes and "multiple" not in node.attributes:
            options = [one for one in node.every() if one.name == "option"]
            if options and options[0].attributes.get("value", "x") and options[0].text():
                yield node, "a required choice that begins with a value"
        if node.name == "img" and "alt" not in node.attributes:
            yield node, "<img> without alt"
        if node.name == "th" and "scope" not in node.attributes:
            yield node, "<th> without scope"


def _number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _references(every: list[Node]) -> Iterator[Fault]:
    known: dict[str, int] = {}
    for node in every:
        identity = node.attributes.get("id")
        if identity:
            if identity in known:
                yield node, f"id {identity!r} is that of line {known[identity]}, too"
            known.setdefault(identity, node.line)
    for node in every:
        for name in REFERENCES:
            for identity in node.attributes.get(name, "").split():
                if identity not in known and not (name == "form" and node.name == "form"):
                    yield node, f"{name}={identity!r} on <{node.name}> leads nowhere"
        href = node.attributes.get("href", "")
        if node.name == "a" and href.startswith("#") and len(href) > 1 and href[1:] not in known:
            yield node, f"{href} leads nowhere"


def _names(every: list[Node]) -> Iterator[Fault]:
    labels = {node.attributes["for"] for node in every if node.name == "label" and "for" in node.attributes}
    for node in every:
        has = node.attributes
        named = bool(has.get("aria-label") or has.get("aria-labelledby") or has.get("title"))
        if node.name in LABELLED and has.get("type") not in ("hidden", "submit"):
            if not named and has.get("id") not in labels and node.above("label") is None:
                yield node, f"<{node.name} name={has.get('name')}> has no label"
        elif node.name in SAYING:
            if not named and not node.text() and not (node.name == "a" and "href" not in has):
                yield node, f"<{node.name}> says nothing"
        elif node.name in ("section", "dialog") and not named and not any(
                one.name in ("h1", "h2", "h3", "h4") for one in node.every()):
            yield node, f"<{node.name} class={has.get('class', '')!r}> has neither heading nor name"
    for name in ("nav", "aside"):
        several = [node for node in every if node.name == name]
        called = [one.attributes.get("aria-label") or one.attributes.get("aria-labelledby", "") for one in several]
        for node, one in zip(several, called, strict=True):
            if len(several) > 1 and (not one or called.count(one) > 1):
                yield node, f"one of {len(several)} <{name}>, called {one!r}"


def _outline(every: list[Node]) -> Iterator[Fault]:
    root = next((node for node in every if node.name == "html"), None)
    if root is None or not root.attributes.get("lang") or root.attributes.get("dir") not in ("ltr", "rtl"):
        yield every[0], "<html> without lang or dir"
    for name in ("h1", "main", "title"):
        found = [node for node in every if node.name == name and node.above("svg") is None]
        if len(found) != 1:
            yield (found or every)[-1], f"{len(found)} <{name}>"
    before = 1
    for node in every:
        if node.name in ("h1", "h2", "h3", "h4", "h5", "h6") and node.above("dialog") is None:
            level = int(node.name[1])
            if level > before + 1:
                yield node, f"<{node.name}> after <h{before}>"
            before = level
