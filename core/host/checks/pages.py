"""What is wrong with a page that a plugin answered with: read as a browser without scripts would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from core.host.checks.markup import Node, Reader, faults
from core.host.checks.rules import Finding
from core.host.checks.source import INLINE
from core.host.checks.words import bare

_BODY = re.compile(r"<textarea\b.*?</textarea>|<script\b[^>]*></script>", re.S | re.I)
_FIXED = re.compile(r"<(?!bdi|code|pre|input|textarea|span|html)\w+(?![^>]*\slang=)[^>]*\sdir=\"ltr\"")
ASKING = ("data-hx-get", "data-hx-post", "data-hx-put", "data-hx-patch", "data-hx-delete")


def check(html: str, place: str, mine: tuple[str, ...]) -> Iterator[Finding]:
    """Name what breaks a rule on a page; `mine` are the first steps of the plugin's own addresses."""
    reader = Reader()
    reader.feed(html)
    every = reader.root.every()[1:]
    for fault in faults(html):
        yield Finding("PC11", place, f"{fault[:1].upper()}{fault[1:]}.")
    plain = _BODY.sub("", html)
    for pattern, what, _mail_may in INLINE:
        if pattern.search(plain):
            yield Finding("PC09", place, f"The page holds {what}.")
    yield from _dead(every, place)
    for node in every:
        action = node.attributes.get("action", place.partition(" ")[0])
        if node.name == "form" and node.attributes.get("method", "").lower() == "post" \
                and urlsplit(action).path.split("/")[1:2] and urlsplit(action).path.split("/")[1] in mine \
                and not any(one.attributes.get("name") == "_once" for one in node.every()):
            yield Finding("PC17", f"{place} (line {node.line})", f"The form to {action} carries no _once.")


def _dead(every: list[Node], place: str) -> Iterator[Finding]:
    """Name what does nothing without scripts."""
    for node in every:
        has = node.attributes
        asks = next((name for name in ASKING if name in has), "")
        form = node if node.name == "form" else node.above("form")
        href = has.get("href", "/")
        if node.name == "a" and (href in ("#", "") or href.startswith("javascript:")):
            yield Finding("PC10", f"{place} (line {node.line})", "A link leads nowhere without scripts.")
        elif asks and not has.get("href") and not (form is not None and _sends(form)) \
                and not node.text() and not node.children:
            yield Finding("PC10", f"{place} (line {node.line})",
                          f"<{node.name}> is empty until a script fills it ({asks.removeprefix('data-')}).")
        elif asks and node.name in ("a", "button", "input", "select", "textarea") and not has.get("href") \
                and not (form is not None and _sends(form)):
            yield Finding("PC10", f"{place} (line {node.line})",
                          f"<{node.name}> has {asks.removeprefix('data-')}, and neither a link nor a form.")
        elif node.name == "button" and form is None and "form" not in has and not _wired(node):
            yield Finding("PC10", f"{place} (line {node.line})", "A button belongs to no form.")


def _sends(form: Node) -> bool:
    return form.attributes.get("method", "get").lower() in ("get", "post", "dialog")


def _wired(button: Node) -> bool:
    """Say whether a button does something by HTML alone, or is one that the host's own script shows."""
    has = button.attributes
    return bool({"popovertarget", "commandfor", "hidden"} & set(has)) or any(
        name.startswith("data-") for name in has) or button.above("template", "dialog") is not None


def untranslated(html: str, place: str, allowed: re.Pattern[str]) -> Iterator[Finding]:
    """Name the texts of a page in the pseudo-language that stand outside of brackets."""
    for text in dict.fromkeys(bare(_main(html), allowed)):
        yield Finding("PC12", place, f"'{text[:80]}' is not translated.")


def _main(html: str) -> str:
    begin, end = html.find("<main"), html.rfind("</main>")
    return html[begin:end] if 0 <= begin < end else html


def direction(html: str, place: str) -> Iterator[Finding]:
    """Name what is wrong with a page in Arabic."""
    if not re.search(r"<html[^>]*\sdir=\"rtl\"", html):
        yield Finding("PC13", place, "In Arabic, the page does not say dir=\"rtl\".")
    elif _FIXED.search(_main(html)):
        yield Finding("PC13", place, "In Arabic, a part of the page is fixed to dir=\"ltr\".")
