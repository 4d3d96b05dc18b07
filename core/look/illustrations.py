"""A record's text made into what a page shows, with the pictures attached to it in sizes that fit the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from posixpath import basename
from typing import Any
from urllib.parse import unquote

from core.data import conversation
from core.look import richtext

__all__ = ["SIDES", "open_shown", "render"]

SIDES = (480, 960, 1600)
"""Longest sides in which the host draws an attached picture."""


def render(record: Any, source: str, form: str = "markdown", language: str = "") -> dict[str, Any]:
    """Render a text of a record that came through the door, as a mapping.

    It has `html`, `toc`, `words`, `links`, `missing`, `renderer`: `toc` is a list of [level, id, text],
    `links` are those within the portal, `missing` pictures that are not
    attached, `renderer` its version: what an earlier one made is to be made anew.
    """
    made = richtext.render(source, form=form, language=language, picture=_known(record))
    return {"html": made.html, "toc": [[one.level, one.id, one.text] for one in made.toc], "words": made.text,
            "links": sorted({link for link in made.links if link.startswith("/")}),
            "missing": sorted(set(made.missing)), "renderer": richtext.VERSION}


def _known(record: Any) -> Callable[[str], richtext.Picture | None]:
    """Give a function that knows the pictures attached to a record, by their address or by name."""
    rows: dict[str, Any] = {}

    def find(src: str) -> richtext.Picture | None:
        if not rows:
            rows[""] = None
            for row in conversation.attached(record, internal=True):
                rows[f"/files/{row.public_id}"] = rows[row.name] = row
        name = unquote(src)
        row = rows.get(name) or (rows.get(basename(name)) if "://" not in name else None)
        return _sized(row) if row is not None and row.width else None

    return find


def open_shown(record: Any, htmls: Iterable[str]) -> None:
    """Let readers open the pictures that texts they are shown hold, and nobody but staff any other."""
    texts = list(htmls)
    for row in conversation.attached(record, internal=True):
        if row.width:
            shown = any(f"/files/{row.public_id}" in html for html in texts)
            conversation.show_file(row, internal=not shown)


def _sized(row: Any) -> richtext.Picture:
    """Give a picture in every size that is worth having: up to the first that holds all of it."""
    longest, base = max(row.width, row.height), f"/files/{row.public_id}"
    sides = [side for side in SIDES if side < longest] + [side for side in SIDES if side >= longest][:1]
    drawn = [(f"{base}/{side}", max(1, round(row.width * min(1, side / longest)))) for side in sides]
    share = min(1, SIDES[-1] / longest)
    return richtext.Picture(drawn[:2][-1][0], max(1, round(row.width * share)), max(1, round(row.height * share)),
                            ", ".join(f"{path} {width}w" for path, width in drawn))
