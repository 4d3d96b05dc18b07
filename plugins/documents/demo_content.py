"""Demo content: what a customer would find - a contract, price lists, a manual, a picture of the device."""

import json
from datetime import timedelta
from pathlib import Path

import parlour
from parlour import attach, people

from . import folders, service, sharing
from .models import TEAM

FOLDER = Path(__file__).parent / "demo"


def fill(slug):
    """Bring a tenant's demo documents, unless it has documents already."""
    if parlour.count(parlour.visible("document"), 1):
        return
    for one in json.loads((FOLDER / "documents.json").read_text("utf-8")).get(slug, ()):
        _bring(one)


def _bring(one):
    known = {company.identifier: company.id for company in people.companies()}
    person = people.by_address(one["person"]) if "person" in one else None
    companies = [known[name] for name in one.get("companies", ()) if name in known]
    choice = {"wanted": one.get("wanted", TEAM), "recipient": person.id if person else None,
              "companies": companies, "expires": None}
    if (choice["wanted"] == "person" and not person) or (choice["wanted"] == "company" and not companies):
        choice["wanted"] = TEAM
    if "until" in one:
        choice["expires"] = sharing.until((parlour.now() + timedelta(days=one["until"])).date().isoformat())
    born = parlour.now() - timedelta(days=one["ago"])
    with parlour.transaction():
        row = service.add(attach.brought(FOLDER / one["file"], one.get("name", one["file"])), choice, tell=False,
                          title=one["title"], description=one.get("description", ""), created=born,
                          folder=folders.ensure(one.get("folder", "")))
        for later in one.get("then", ()):
            service.replace(row, attach.brought(FOLDER / later["file"], later.get("name", later["file"])),
                            note=later.get("note", ""), tell=False)
