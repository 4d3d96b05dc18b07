"""An article's text made into what a page shows, with its own pictures in sizes that fit the reader's screen."""

from posixpath import basename
from urllib.parse import unquote

from parlour import conversation, richtext

SIDES = (480, 960, 1600)
"""Longest sides in which the host draws an attached picture."""


def render(article, source, form, language):
    """Render a text of an article; give the columns of its row in kb_text."""
    made = richtext.render(source, form=form, language=language, picture=_known(article))
    return {"html": made.html, "toc": [[one.level, one.id, one.text] for one in made.toc], "words": made.text,
            "links": sorted({link for link in made.links if link.startswith("/")}),
            "missing": sorted(set(made.missing)), "renderer": richtext.VERSION}


def _known(article):
    """Give a function that knows the pictures attached to an article, by their address or by name."""
    rows = {}

    def find(src):
        if not rows:
            rows[""] = None
            for row in conversation.attached(article, internal=True):
                rows[f"/files/{row.public_id}"] = rows[row.name] = row
        name = unquote(src)
        row = rows.get(name) or (rows.get(basename(name)) if "://" not in name else None)
        return _sized(row) if row is not None and row.width else None

    return find


def open_shown(article, htmls):
    """Let readers open the pictures that texts they are shown hold, and nobody but staff any other."""
    for row in conversation.attached(article, internal=True):
        if row.width:
            shown = any(f"/files/{row.public_id}" in html for html in htmls)
            conversation.show_file(row, internal=not shown)


def _sized(row):
    """Give a picture in every size that is worth having: up to the first that holds all of it."""
    longest, base = max(row.width, row.height), f"/files/{row.public_id}"
    sides = [side for side in SIDES if side < longest] + [side for side in SIDES if side >= longest][:1]
    drawn = [(f"{base}/{side}", max(1, round(row.width * min(1, side / longest)))) for side in sides]
    share = min(1, SIDES[-1] / longest)
    return richtext.Picture(drawn[:2][-1][0], max(1, round(row.width * share)), max(1, round(row.height * share)),
                            ", ".join(f"{path} {width}w" for path, width in drawn))
