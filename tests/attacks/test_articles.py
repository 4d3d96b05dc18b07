"""D, N02, R: articles against whoever would read a draft, bring one back by a plan, or make comparing endless."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image

from core.data import lines
from core.data.access import find
from core.look import difference, richtext
from support.articles import Library, kb


@pytest.fixture
def inside(portal_inside):
    return portal_inside({})


def picture():
    out = io.BytesIO()
    Image.new("RGB", (90, 60), "teal").save(out, "PNG")
    return out.getvalue()


def test_a_picture_of_a_draft_is_no_entry_of_a_conversation(inside):
    row = Library(inside).article("Fees", "Ten.")
    desk = inside.client("agent")
    sent = desk.post("/content/ART-001/pictures", {},
                     files={"pictures": ("canary-plan.png", picture(), "image/png")})
    assert sent.status == 200
    for who in ("own", "agent"):
        program = inside.client(who, token=True)
        answer = program.get("/api/v1/articles/ART-001/messages")
        assert answer.status == 404
        assert "canary-plan" not in answer.text + program.get("/api/v1/articles/ART-001").text
    assert "canary-plan" not in inside.guest().get(f"/kb/{row.slug}").text


@pytest.mark.parametrize("act", ["archive", "withdraw"])
def test_no_plan_brings_back_what_was_taken_back(inside, act):
    row, desk, guest = Library(inside).article("Fees", "Ten."), inside.client("agent"), inside.guest()
    with inside.scope("acme"):
        for code in ("en", "de"):
            number = kb().write(row, code, {"title": "Fees", "source": "Eleven."})
            kb("editing").plan(row, code, number, 1)
    assert desk.post("/content/ART-001/state", {"act": act}).status == 303
    with inside.scope("acme"):
        kb("editing").due()
        version = kb("models").Version
        assert not lines.change("article", row.id, version, "edit", version.state == "scheduled", state="draft")
        assert find("article", "ART-001").state != "published"
    assert guest.get("/kb/fees").status == 404


@pytest.mark.parametrize("slug", ["Billing & Fees?x=1", "../../settings", "c/other", "a\u2028b#c"])
def test_an_address_somebody_asks_for_leads_to_what_they_wrote(inside, slug):
    inside.client("agent").post("/content/categories/new", {"title": "Topic", "slug": slug, "wanted": "public"})
    told = inside.client("agent", token=True).send_json("POST", "/api/v1/articles", {
        "title": "Fees", "body": "Ten.", "slug": slug, "audience": "public", "publish": True}).json
    with inside.scope("acme"):
        (shelf,) = kb("reading").shelves().values()
    guest = inside.guest()
    assert guest.get(shelf.path).status == 200
    path = told["address"].removeprefix("http://localhost:8000")
    assert path.count("/") == 2
    assert guest.get(path).status == 200


@pytest.mark.parametrize(("old", "new"), [
    ("x " * 60_000, "x y " * 30_000),
    ("\n".join(str(i % 110) for i in range(30_000)),
     "\n".join(str(i // 2 % 110) if i % 2 else f"u{i}" for i in range(30_000)))])
def test_comparing_what_repeats_itself_ends_soon(inside, old, new):
    began = time.process_time()
    told = difference.compare(old, new)
    assert time.process_time() - began < 5
    assert "".join(text for mark, text in told if mark != "ins").strip() == old.strip()
    assert "".join(text for mark, text in told if mark != "del").strip() == new.strip()


def test_a_text_of_nothing_but_one_heading_is_rendered_soon():
    began = time.process_time()
    made = richtext.render("# a\n" * 20_000, language="en")
    assert time.process_time() - began < 8
    assert [one.id for one in made.toc[:3]] == ["s-a", "s-a-2", "s-a-3"]
    assert len({one.id for one in made.toc}) == 20_000
