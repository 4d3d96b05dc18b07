"""Settings: layers merge key by key, every value knows where it comes from, tenants are cheap."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from core.config.agreement import review
from core.config.loader import Document, read
from core.config.settings import Origin, Settings, tenants
from core.parts import Manifest
from support.config_cases import MANIFESTS
from support.pace import within

ROOT = """name: Root
url: https://portal.example
hosts: [portal.example]
status: active
features:
  tickets: {enabled: on, prefix: REQ, reopen_days: 3}
  kb: off
theme: {accent: "#111111", legal: [{title: A, href: /a}, {title: B, href: /b}]}
access: {registration: open}
companies:
  alfki: {features: {tickets: off}, theme: {accent: "#222222"}, status: disabled, visible_since: 2026-01-31}
installation: {database: "postgresql://u:secret@db/x"}
"""
TWO = ROOT + """tenants:
  acme:
    hosts: [Acme.Example., "münchen.example"]
    features: {tickets: {prefix: ACM}, kb: on}
    theme: {accent: "#333333", legal: [{title: C, href: /c}]}
  globex:
    url: https://globex.example:8443/
    features: {tickets: off}
    access: {registration: off}
"""


def documents(**texts: str) -> dict[str, Document]:
    names = {"root": "portal.yaml", "acme": "tenants/acme.yaml", "globex": "tenants/globex.yaml", "db": "db:db"}
    return {names[key]: read(text, names[key], {}) for key, text in texts.items()}


def built(text: str) -> Mapping[str, Settings]:
    return tenants(documents(root=text), MANIFESTS)


def test_without_tenants_the_root_is_the_one_tenant() -> None:
    alone = built(ROOT)
    assert list(alone) == ["default"]
    one = alone["default"]
    assert (one.slug, one.name, one.url, one.status) == ("default", "Root", "https://portal.example", "active")
    assert one.hosts == ("portal.example",)
    assert one.value("features.tickets.prefix") == "REQ"


def test_a_tenant_inherits_key_by_key_and_lists_as_a_whole() -> None:
    acme = built(TWO)["acme"]
    assert acme.name == "Root"
    assert acme.value("features.tickets") == {"enabled": True, "prefix": "ACM", "reopen_days": 3}
    assert acme.value("theme.accent") == "#333333"
    assert acme.value("theme.base") == "default"
    assert acme.value("theme.header") is None  # the theme itself says it
    assert acme.value("theme.legal") == [{"title": "C", "href": "/c"}]
    assert acme.value("access.registration.mode") == "open"
    assert acme.value("nothing.here") is None
    assert acme.value("nothing.here", 7) == 7


def test_every_value_says_where_it_comes_from() -> None:
    acme = built(TWO)["acme"]
    assert acme.origin("features.tickets.prefix") == Origin("tenant", "portal.yaml", 16)
    assert acme.origin("features.tickets.reopen_days") == Origin("installation", "portal.yaml", 6)
    assert acme.origin("features.kb.enabled") == Origin("tenant", "portal.yaml", 16)
    assert acme.origin("access.registration.mode") == Origin("installation", "portal.yaml", 9)
    assert acme.origin("currency") == Origin("default")
    assert built(TWO)["globex"].origin("access.registration.mode") == Origin("tenant", "portal.yaml", 21)


def test_addresses_are_each_tenant_s_own() -> None:
    two = built(TWO)
    assert two["acme"].url == "https://acme.portal.example"
    assert two["acme"].hosts == ("acme.example", "xn--mnchen-3ya.example")
    assert two["globex"].url == "https://globex.example:8443"
    assert two["globex"].hosts == ("globex.example",)


def test_switches_follow_the_document_then_the_manifest_then_their_needs() -> None:
    two = built(TWO)
    assert {key: one.enabled for key, one in two["acme"].features.items()} == {
        "tickets": True, "kb": True, "csat": False, "auto": True, "signin": True}
    # `auto` is on by default and needs tickets: where tickets are off it is quietly off too.
    assert {key: one.enabled for key, one in two["globex"].features.items()} == {
        "tickets": False, "kb": False, "csat": False, "auto": False, "signin": True}
    assert two["acme"].features["kb"].settings == {"audience": "public"}


def test_what_something_needs_comes_with_it_unless_it_is_switched_off_by_name() -> None:
    known = {**MANIFESTS, "shop": Manifest("shop", "Shop", Path(), needs=("kb",))}
    quiet, alone, against = (tenants(documents(root=f"features: {{{said}}}\n"), known)["default"].features
                             for said in ("", "shop: on", "shop: on, kb: off"))
    assert (quiet["kb"].enabled, quiet["shop"].enabled) == (False, False)
    assert (alone["kb"].enabled, alone["shop"].enabled) == (True, True)
    assert (against["kb"].enabled, against["shop"].enabled) == (False, False)


@pytest.mark.parametrize("said", ["on", "off", "{enabled: on}", "{}", "nonsense", "[1]", "3"])
def test_a_switch_of_what_cannot_be_read_leaves_all_others_as_they_are(said: str) -> None:
    features = tenants(documents(root=f"features: {{gone: {said}, csat: on}}\n"), MANIFESTS)["default"].features
    assert features["csat"].enabled and features["tickets"].enabled
    assert "gone" not in features


def test_a_word_off_and_a_switch_off() -> None:
    assert built(TWO)["globex"].value("access.registration") == {
        "mode": "off", "form": {"fields": {}}, "domains": []}


def test_what_is_read_cannot_change_what_others_read() -> None:
    acme = built(TWO)["acme"]
    acme.value("theme")["accent"] = "#000000"
    acme.value("theme.legal").clear()
    assert acme.value("theme.accent") == "#333333"
    assert acme.value("theme.legal") == [{"title": "C", "href": "/c"}]


def test_company_overrides() -> None:
    alfki = built(TWO)["acme"].company("alfki")
    assert dict(alfki.features) == {"tickets": False}
    assert dict(alfki.theme) == {"accent": "#222222"}
    assert (alfki.status, alfki.visible_since) == ("disabled", "2026-01-31")
    other = built(TWO)["acme"].company("nobody")
    assert (dict(other.features), dict(other.theme)) == ({}, {})
    assert (other.status, other.visible_since) == ("active", "all")


def test_a_tenant_never_sees_the_installation() -> None:
    two = tenants(documents(root=TWO), MANIFESTS)
    for one in (two["acme"], built(ROOT)["default"]):
        assert one.value("installation") is None
        assert one.value("installation.database") is None
        assert "secret" not in str(one.value(""))
    assert two.installation.value("installation.database") == "postgresql://u:secret@db/x"
    assert two.installation.value("installation.files") == "var/files"


def test_a_tenant_may_stand_inline_in_a_file_or_in_the_database() -> None:
    found = tenants(documents(root=TWO, db="name: From the database\nfeatures: {kb: on}\n"), MANIFESTS)
    assert list(found) == ["acme", "globex", "db"]
    assert found["db"].name == "From the database"
    assert found["db"].url == "https://db.portal.example"
    assert found["db"].origin("name") == Origin("tenant", "db:db", 1)
    assert found["db"].value("features.tickets.prefix") == "REQ"


def test_two_tenants_on_one_host_and_in_two_documents_are_refused() -> None:
    said = [str(problem) for problem in review(documents(
        root="url: https://p.example\ntenants:\n  acme: {}\n  b:\n    hosts: [X.example, ACME.p.example]\n",
        acme="name: twice\n"), MANIFESTS)]
    assert said == [
        "tenants/acme.yaml The tenant 'acme' already stands in portal.yaml, line 3. Keep one of them.",
        "portal.yaml:5:5 tenants.b.hosts: The tenant 'acme' already answers the host acme.p.example. "
        "Give each tenant a host of its own."]


def test_a_feature_on_without_what_it_needs_is_refused_with_the_cure() -> None:
    said = [str(problem) for problem in review(documents(
        root="features: {csat: on}\ntenants:\n  a: {}\n  b:\n    features:\n      tickets: off\n"), MANIFESTS)]
    assert said == ["portal.yaml:1:18 features.csat: It needs tickets, which is off for 'b'. "
                    "Switch tickets on too, or csat off."]


def test_the_default_language_is_among_the_offered() -> None:
    wrong = documents(root="languages: {default: fr, offered: [en]}\n")
    said = [str(problem) for problem in review(wrong, MANIFESTS)]
    assert said == ["portal.yaml:1:22 languages.default: 'fr' is not among the offered languages (en). "
                    "Add it to languages.offered."]


@pytest.mark.parametrize("size", [10_000])
def test_ten_thousand_tenants_are_cheap(size: int) -> None:
    many = documents(root=ROOT) | {f"db:t{number}": read(
        f"name: T{number}\nfeatures: {{kb: on}}\nhosts: [t{number}.example]\n", f"db:t{number}", {})
        for number in range(size)}
    with within(3):
        found = tenants(many, MANIFESTS)
    assert found.hosts["t77.example"] == ("t77",)
    with within(2):  # the collector may come by
        for number in range(100):
            assert found[f"t{number}"].features["kb"].enabled
