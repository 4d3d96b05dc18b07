"""A served portal for the attacks that need a real browser or a real connection: one for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page

from attacks.test_c_themes import STEALING
from core.data import credentials, people, scope
from core.host import demo
from core.host.portal import assemble
from support.browser import Tabs
from support.inside import disconnect
from support.pages import ALL_ON
from support.servers import Portal, PortalFolder, serving
from support.visitor import Visitor

CUSTOMER, AGENT, ADMIN = "maria@alfreds.example", "ben@acme.example", "ada@acme.example"
SETTINGS: dict[str, Any] = {
    "fields": {"people": {"motto": {"label": "Motto", "type": "longtext"}}},
    "security": {"tries_per_network": 10_000},
    "languages": {"offered": ["en", "de", "ar"]},
    "features": ALL_ON,
    "tenants": {
        "acme": {"name": "Acme Support"},
        "globex": {"name": "Globex Service", "theme": {"css": "themes/stealing.css"}},
        "strange": {"name": "Strange Strings", "access": {"registration": {"mode": "open", "form": {
            "fields": {"company": {}, "motto": "Motto"}}}},
            "features": {"tickets": {"fields": {"serial": "Serial number"}, "categories": {"other": "Other"}}}},
    },
}


@dataclass
class Served:
    """The portal and a session for each of its people, by address."""

    portal: Portal
    cookies: dict[str, str]

    def visitor(self, address: str = "", host: str = "localhost") -> Visitor:
        """Give a client, signed in as somebody."""
        visitor = self.portal.visitor(host)
        if address:
            visitor.cookies["parlour"] = self.cookies[address]
        return visitor

    def page(self, tabs: Tabs, address: str = "", host: str = "localhost", **how: Any) -> Page:
        """Open a page in Chromium, signed in as somebody."""
        page = tabs.open(**how)
        if address:
            page.context.add_cookies([{"name": "parlour", "value": self.cookies[address],
                                       "url": self.portal.folder.origin(host)}])
        return page


def _people(portal: Any, hosts: dict[str, str], more: int) -> dict[str, str]:
    """Fill the tenants and open a session for everybody; `more` customers are in the tenant "strange"."""
    demo.make(portal, keep=False)
    with scope.enter(portal.scope("strange", channel="command", system="test")):
        firm = people.add_company("Strange & Sons", "strange")
        for role in ("admin", "agent"):
            people.add_person(role.title(), email=f"{role}@strange.example", role=role, verified=True)
        for number in range(more):
            row = people.add_person(f"Person {number}", email=f"p{number}@strange.example", verified=True)
            people.join(row.id, firm.id, "company_admin" if number == 0 else "company_user")
    cookies = {}
    for slug in hosts:
        with scope.enter(portal.scope(slug, channel="command", system="test")):
            for row in people.people():
                cookies.setdefault(str(row.email), credentials.open_session(
                    row.id, hours=9, address="127.0.0.1", agent="test"))  # of two portals, the first
    return cookies


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo in tenant acme, a thieving style sheet in globex, and "strange" for hostile strings."""
    hosts = {"acme": "localhost", "globex": "globex.localhost", "strange": "strange.localhost"}
    folder = PortalFolder(tmp_path_factory.mktemp("served") / "portal", SETTINGS)
    text = folder.yaml.read_text()
    for slug, host in hosts.items():
        text = text.replace(f"  {slug}:\n", f"  {slug}:\n    url: {folder.origin(host)}\n", 1)
    folder.write(text)
    stealing = "\n".join(STEALING)
    (folder.path / "themes" / "stealing.css").write_text(f"{stealing}\nh1 {{outline: 3px solid red}}\n")
    disconnect()
    portal = assemble(folder.path, {})
    cookies = _people(portal, hosts, 130)
    disconnect()
    with serving(folder, workers=1) as running:
        yield Served(running, cookies)
