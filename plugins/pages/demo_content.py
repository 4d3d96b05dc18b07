"""Demo content: a few pages that a company would really have, in English, German and Arabic."""

import json
from pathlib import Path

import parlour

from . import service

CONTENT = Path(__file__).parent / "demo.json"


def fill(slug):
    """Write a tenant's demo pages, unless it has pages already."""
    if parlour.count(parlour.visible("page"), 1):
        return
    for one in json.loads(CONTENT.read_text("utf-8")).get(slug, ()):
        with parlour.transaction():
            codes = list(one["texts"])
            row = service.create(one["texts"][codes[0]]["title"], language=codes[0], slug=one["slug"],
                                 wanted=one.get("audience", "public"), menu=one.get("menu", False),
                                 position=one.get("position", 50))
            for code, text in one["texts"].items():
                service.write(row, code, {**text, "source": "\n".join(text["lines"])})
                row = service.show(row, code) if one.get("publish", True) else row
