"""Demo content: articles that a support team would really have, in English, German and Arabic."""

import json
from datetime import timedelta
from pathlib import Path

import parlour

from . import service
from .models import seconds

CONTENT = Path(__file__).parent / "demo.json"


def fill(slug):
    """Write a tenant's demo articles, unless it has articles already."""
    if parlour.count(parlour.visible("article"), 1):
        return
    content = json.loads(CONTENT.read_text("utf-8")).get(slug, {})
    with parlour.transaction():
        shelves = {}
        for one in content.get("categories", ()):
            parent = shelves.get(one.pop("in", ""))
            shelves[one["slug"]] = service.add_category(one["titles"]["en"], parent=parent, **one).id
        for one in content.get("articles", ()):
            _write(one, shelves)


def _write(one, shelves):
    """Write one article; `ago` is in days before now, in its texts as well."""
    born = parlour.now() - timedelta(days=one["ago"])
    first = next(iter(one["texts"]))
    row = service.create(one["texts"][first]["title"], language=first, slug=one["slug"], created=born,
                         shelf=shelves.get(one["in"]), wanted=one.get("audience", "public"))
    if one.get("featured"):
        row = service.place(row, featured=one["featured"])
    for code, text in one["texts"].items():
        written = seconds(parlour.now() - timedelta(days=text.get("ago", one["ago"])))
        number = service.write(row, code, {**text, "source": "\n".join(text["lines"])}, author="", created=written)
        row = service.show(row, code, number, changed=written,
                           current_to=written if code != first else None)
