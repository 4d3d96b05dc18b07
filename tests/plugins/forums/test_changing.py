"""Posts that are changed: whom that calls, and how often it goes."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest

import parlour
from core.data import access, begin, threads
from core.errors import Invalid, Refused, TooMany
from core.web import talking
from support.inside import ADDRESS, text_of
from support.things.forums import module, place, post, topic

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def inside(portal_inside):
    levels = {"any": {"label": "Any", "posts_per_hour": 5}}
    return portal_inside({"features": {"forums": {"enabled": True, "levels": levels}}})


def test_whoever_was_called_once_is_not_called_again_by_changes_and_these_are_limited(inside):
    thread = topic(inside, place(inside), "agent", "Title")
    path = f"/forums/TOP-{thread.number:03d}"
    own = inside.client("own")
    own.post(f"{path}/reply", {"body": "@elke-sommer"})
    at = "/posts/" + re.findall(r'<li class="post[^>]*data-post="([^"]+)"', own.get(path).text)[-1]

    def called(who):
        return sum("mentioned you" in text_of(one) for one in inside.letters_to(ADDRESS[who]))

    def change(body):
        return own.post(f"{at}/edit", {"body": body})

    assert [change(body).status for body in ("nobody", "@elke-sommer", "nobody again", "@elke-sommer @ben-agent")
            ] == [303] * 4
    assert called("colleague") == 1
    assert called("agent") == 1, "a new name is told of"
    assert change("the fifth").status == 303
    late = change("kept-canary")
    assert late.status == 429 and "kept-canary" in late.text
    assert 0 < int(late.headers["retry-after"]) <= 3600
    with inside.scope("acme", "own"), pytest.raises(TooMany, match="at once"):  # in words for programs, too
        talking.edit(at.removeprefix("/posts/"), "the seventh")
    assert "the fifth" in own.get(path).text
    assert inside.client("agent").post(f"{at}/edit", {"body": "by the team"}).status == 303


def test_what_is_decided_about_a_post_goes_by_what_it_is_once_its_record_is_held(inside, monkeypatch):
    thread = topic(inside, place(inside), "agent", "Title")
    identity = post(inside, thread, "own", "Words").public_id
    real, hidden = access.find, []

    def find(*names, hold=False, **more):
        row = real(*names, hold=hold, **more)
        if hold and not hidden:  # what whoever held it before has done
            hidden.append(threads.hold(row, identity, "hidden"))
        return row

    monkeypatch.setattr(access, "find", find)
    with inside.scope("acme", "own"), pytest.raises(Refused):
        talking.withdraw(identity)
    assert hidden


def test_an_address_is_given_out_once_also_where_somebody_was_just_faster(inside, monkeypatch):
    real, before = parlour.transaction, []

    @contextmanager
    def transaction():
        if not before:
            before.append(1)
            place(inside, title="Wheels")
        with real():
            yield

    monkeypatch.setattr(parlour, "transaction", transaction)
    with inside.scope(), pytest.raises(Invalid):
        module("desk").save(None, {"title": "Wheels", "wanted": "customers"})
    with inside.scope():
        assert [one.slug for one in module("standing").places()] == ["wheels"]


def test_what_a_topic_tells_is_what_whoever_asks_may_read(inside):
    thread = topic(inside, place(inside), "agent", "Title")
    hidden = post(inside, thread, "own", "canary-answer", held="hidden")
    with inside.scope():
        access.change("topic", thread.id, "moderate", body={"accepted": hidden.public_id})
    told = {}
    with inside.app.app_context():  # one request
        for short in ("agent", "stranger"):
            with inside.scope("acme", short):
                told[short] = begin.told(access.find("topic", thread.number))["body"]
    assert "canary-answer" in told["agent"] and "canary-answer" not in told["stranger"]


@pytest.mark.engines("sqlite")
def test_a_quote_uses_up_no_links_and_the_page_says_how_to_call_somebody(portal_inside):
    levels = {"any": {"label": "Any", "links": 2}}
    trusting = portal_inside({"features": {"forums": {"enabled": True, "levels": levels}}})
    thread = topic(trusting, place(trusting), "agent", "Title")
    where = f"/forums/TOP-{thread.number:03d}"
    own, linked = trusting.client("own"), "See http://a.example http://b.example x"
    said = trusting.client("agent").post(f"{where}/reply", {"body": linked}).location.partition("#m-")[2]
    quoted = f"> **Ben** [↗](/posts/{said})\n>\n> {linked}\n\nThanks www.c.example"
    forged = quoted.replace("b.example x", "b.example y")  # nobody said that: it is their own
    assert own.post(f"{where}/reply", {"body": forged}).status == 422
    assert own.post(f"{where}/reply", {"body": quoted}).status == 303
    page = own.get(where).text
    assert "&#34;ben-agent&#34;: &#34;Ben Agent&#34;" in page and "like @ben-agent." in page
