"""What stands in braces in the lines of documents: one for its owner's company alone."""

from __future__ import annotations

import io
import sys
from typing import Any

from core.data.records import take_number
from core.web.attach import Received


def module(name: str = "service") -> Any:
    """Give a module of the loaded plugin."""
    return sys.modules[f"parlour_plugins.documents.{name}"]


def share(inside: Any, slug: str = "acme", *, wanted: str = "customers", companies: tuple[str, ...] = (),
          person: str = "", until: str = "", title: str = "Contract", name: str = "contract.txt",
          content: bytes = b"Nobody else reads this.", mime: str = "text/plain", **more: Any) -> Any:
    """Share a file as the tenant's system and give the document's row."""
    with inside.scope(slug):
        choice = module("sharing").chosen({"wanted": wanted, "companies": list(companies), "person": person,
                                           "until": ""})
        choice["expires"] = module("sharing").until(until)
        stored = inside.portal.files.put(io.BytesIO(content), limit=10_000_000)
        return module().add(Received(stored, name, mime, more.pop("measured", None)), choice, title=title, **more)


def document(things: Any, slug: str, _person: str, company: str) -> str:
    """Share a document with a company; numbers of the two tenants never meet."""
    with things.inside.scope(slug):
        take_number("document", 700 if slug == "globex" else 1)
    return str(share(things.inside, slug, wanted="company", companies=(company,)).number)


MAKERS = {"document": document}
NOBODYS = {"document": "99999"}
