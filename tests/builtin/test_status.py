"""A portal that is open, under maintenance or closed: who comes in, and what the others read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.inside import Inside

MakeInside = Callable[..., Inside]
pytestmark = pytest.mark.engines("sqlite")


def test_in_maintenance_staff_work_and_customers_read_why(portal_inside: MakeInside) -> None:
    inside = portal_inside({"tenants": {"acme": {"status": "maintenance"}}})
    customer = inside.client("own").get("/tickets")
    assert customer.status == 503
    assert "We'll be right back" in customer.text or "We&#39;ll be right back" in customer.text
    assert "Acme Support" in customer.text
    assert customer.headers["retry-after"]
    assert inside.guest().get("/").status == 503
    assert inside.guest().get("/sign-in").status == 200, "staff must be able to come in"
    assert inside.client("agent").get("/tickets").status == 200
    assert inside.client("own", token=True).get("/api/v1/tickets").status == 503
    assert inside.client("other").get("/").status == 200, "the other tenant is open"


def test_a_disabled_portal_is_closed_for_everybody(portal_inside: MakeInside) -> None:
    inside = portal_inside({"tenants": {"acme": {"status": "disabled"}}})
    for visitor in (inside.guest(), inside.client("own"), inside.client("admin")):
        for path in ("/", "/sign-in", "/tickets", "/no-such-page"):
            answer = visitor.get(path)
            assert answer.status == 503
            assert "This portal is closed" in answer.text
    assert inside.client("admin", token=True).get("/api/v1/tickets").status == 503


def test_a_new_installation_is_unpublished(portal_inside: MakeInside) -> None:
    inside = portal_inside({"status": None})
    assert inside.client("own").get("/").status == 503
    assert inside.client("admin").get("/").status == 200


def test_the_status_page_and_errors_wear_the_tenants_look(portal_inside: MakeInside) -> None:
    inside = portal_inside({"tenants": {"acme": {"status": "maintenance", "theme": {"accent": "#7c3aed"}},
                                        "globex": {"theme": {"accent": "#b91c1c"}}}})
    closed = inside.guest().get("/").text
    missing = inside.guest("globex.localhost").get("/no-such-page").text
    assert _sheet(inside, closed, "localhost").count("#7c3aed")
    assert _sheet(inside, missing, "globex.localhost").count("#b91c1c")


def _sheet(inside: Inside, page: str, host: str) -> str:
    name = page.split('href="/theme/theme.')[1].split('"', maxsplit=1)[0]
    return inside.guest(host).get(f"/theme/theme.{name}").text.lower()
