"""A record begins from one of another kind, with a reference that both show to whoever may see the other."""

from __future__ import annotations

import pytest

import parlour
from core.data import access, begin
from core.data.db import transaction
from support.articles import Library

TICKET = {"category": "question", "subject": "Where is it?", "body": "Please tell."}


def article(inside, wanted="customers"):
    return Library(inside).article("Lamps", wanted=wanted)


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"features": {"orders": True, "invoices": True, "forums": True}})


@pytest.fixture
def once(inside):
    """Something that begins once from an article, without a form, for as long as the test lasts."""
    with inside.scope() as who:
        registry, before = who.registry, who.registry.begins
    part = parlour.Begin("tickets.once", "ticket", "Begin", "tickets.create", call=begun, once=True)
    object.__setattr__(registry, "begins", (part,))
    yield part
    object.__setattr__(registry, "begins", before)


@pytest.mark.engines("sqlite")
def test_a_question_about_something_is_linked_on_both_pages(inside):
    about = article(inside)
    own = inside.client("own")
    page = own.get(f"/tickets/new?about=ART-{about.number:03d}")
    assert f'name="about" value="ART-{about.number:03d}"' in page.text
    assert f"ART-{about.number:03d}: Lamps" in page.text
    made = own.post("/tickets/new", {**TICKET, "about": f"ART-{about.number:03d}"})
    assert made.status == 303
    assert "Lamps" in own.get(made.location).text
    with inside.scope("acme", "own"):
        (found,) = begin.related(access.by_id("article", about.id))
        assert (found.kind.name, found.row.title, found.origin) == ("ticket", "Where is it?", False)
    with inside.scope("acme", "stranger"):
        assert begin.related(access.by_id("article", about.id)) == []


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("about", ["ART-99999", "ART-", "nonsense", "", "TKT-1", "ART-001\x00", "{hidden}"])
def test_what_is_not_theirs_is_no_origin_and_looks_like_nothing(inside, about):
    hidden = article(inside, "staff")
    own = inside.client("own")
    made = own.post("/tickets/new", {**TICKET, "about": about.replace("{hidden}", f"ART-{hidden.number:03d}")})
    assert made.status == 303
    with inside.scope("acme", "admin"):
        ticket = access.find("ticket", made.location.rpartition("/")[2])
        assert begin.related(ticket) == []


def begun(row, told):
    assert told["subject"].endswith(row.title)
    return access.add("ticket", title=told["subject"], state="new", person=row.person_id)


def test_what_begins_once_begins_once_however_often_it_is_asked(inside, once):
    about = article(inside)

    def ask():
        with inside.scope("acme", "admin"):
            return begin.start(access.by_id("article", about.id), once.name).number

    assert len(set(inside.parallel(ask, ask, ask))) == 1
    with inside.scope("acme", "admin"):
        row = access.by_id("article", about.id)
        (offer,) = begin.offers(row)
        assert (offer.href, offer.post) == (f"/begin/tickets.once/ART-{about.number:03d}", True)
        with pytest.raises(parlour.NotFound):
            begin.start(row, "tickets.never")
        with transaction():
            begin.link(row, row)
        assert len(begin.related(row)) == 1


@pytest.mark.engines("sqlite")
def test_a_button_begins_it_and_leads_there_and_nobody_else_can(inside, once):
    about = article(inside)
    number = f"ART-{about.number:03d}"
    made = inside.client("own").post(f"/begin/{once.name}/{number}", {})
    assert made.location.startswith("/tickets/TKT-")
    taken = inside.client("stranger").post(f"/begin/{once.name}/{number}", {})
    assert taken.location.startswith("/kb/")  # it has begun, and is not theirs to see
    assert inside.client("other").post(f"/begin/{once.name}/{number}", {}).status == 404
    assert inside.guest().post(f"/begin/{once.name}/{number}", {}).location.startswith("/sign-in")
