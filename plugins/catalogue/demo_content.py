"""Demo content: what a wholesaler for packing and weighing sells."""

import json
from pathlib import Path

import parlour
from parlour import current

CONTENT = Path(__file__).parent / "demo.json"


def fill(slug):
    """Write a tenant's demo products, unless it has products already."""
    if parlour.count(parlour.visible("product"), 1):
        return
    with parlour.transaction():
        for one in json.loads(CONTENT.read_text("utf-8")).get(slug, ()):
            parlour.add("product", title=one["title"], audience=one.get("audience", "public"), state="offered",
                        category="open", body={
                            "sku": one["sku"], "text": one["text"], "unit": one.get("unit", ""),
                            "shelf": one.get("category", ""), "price": one["price"], "tax": one.get("tax", ""),
                            "options": one.get("options", []), "prices": one.get("prices", {}),
                            "currency": str(current().settings.value("currency"))})
