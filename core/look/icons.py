"""Lucide icons as inline SVG: drawn in the colour of the text, hidden from screen readers, kept once made."""

from __future__ import annotations

import functools

from lucide import IconDoesNotExist
from lucide.jinja import lucide
from markupsafe import Markup

TURNS = ("chevron-right", "chevron-left", "arrow-right", "arrow-left", "send", "undo-2", "reply", "log-out",
         "log-in", "external-link", "list")
"""Icons that point somewhere: mirrored by the stylesheet in right-to-left pages."""


@functools.lru_cache(maxsize=512)
def icon(name: str, size: int = 18) -> Markup:
    """Draw the icon `name` (lucide's names), `size` px square. An unknown name draws a plain circle."""
    options = {"class": "icon turns" if name in TURNS else "icon", "aria_hidden": "true", "focusable": "false"}
    try:
        drawn = lucide(name, size=size, **options)
    except IconDoesNotExist:
        drawn = lucide("circle", size=size, **options)
    return Markup(" ".join(drawn.split()).replace("> <", "><"))  # noqa: S704 - drawings of the package
