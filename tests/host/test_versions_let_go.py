"""What is made from one version of the configuration goes with it: a portal that often changes does not grow."""

from __future__ import annotations

import gc

import pytest
import yaml

from core.config.settings import Settings
from support.pages import ALL_ON

PAGES = ("/", "/tickets", "/tickets/new", "/kb", "/orders", "/catalogue", "/invoices", "/documents", "/forums",
         "/forums/new", "/quotes", "/jobs", "/account", "/search?q=lamp", "/people", "/companies", "/settings")
VERSIONS = 6


@pytest.mark.engines("sqlite")
def test_nothing_keeps_a_former_version_alive(portal_inside):
    inside = portal_inside({"features": ALL_ON})
    clients = inside.client("own"), inside.client("admin"), inside.guest()
    for turn in range(VERSIONS):
        document = yaml.safe_load(inside.yaml.read_text())
        document["tenants"]["acme"]["name"] = f"Turn {turn}"
        inside.yaml.write_text(yaml.safe_dump(document))
        inside.portal.store.notice(0)
        for client in clients:
            for path in PAGES:
                client.get(path)
        assert f"Turn {turn}" in inside.guest().get("/sign-in").text
    gc.collect()
    alive = [one for one in gc.get_objects() if type(one) is Settings and one.name.startswith("Turn")]
    former = [one for one in alive if one.name != f"Turn {VERSIONS - 1}"]
    assert alive
    assert len(former) <= 2, [sorted({type(one).__name__ for one in gc.get_referrers(kept)}) for kept in former]
