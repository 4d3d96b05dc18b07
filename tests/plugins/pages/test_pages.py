"""Pages: who reads which in what language, drafts that nobody sees, addresses that last, the navigation."""

from __future__ import annotations

import io
import re
import sys

import pytest
from PIL import Image

from core.data import people

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"features": {"pages": True}, "languages": {"offered": ["en", "de", "ar"]}})


def pages(name="service"):
    return sys.modules[f"parlour_plugins.pages.{name}"]


def write(inside, title, text="Some *text*.", *, language="en", companies=(), live=True, **more):
    with inside.scope():
        keys = [people.company(one).id for one in companies]
        row = pages().create(title, language=language, companies=keys, **more)
        pages().write(row, language, {"title": title, "source": text})
        return pages().show(row, language) if live else row


def based(client, place):
    return re.search(r'name="based" value="(\d*)"', client.get(place).text)[1]


READERS = {"public": ("guest", "own", "stranger", "agent"), "customers": ("own", "stranger", "agent"),
           "company": ("own", "agent"), "staff": ("agent",)}


@pytest.mark.engines("sqlite", "postgresql")
def test_each_audience_reads_its_pages_everywhere_and_the_others_find_nothing(inside, engine):
    for place, wanted in enumerate(READERS):
        write(inside, f"Canary {wanted}", wanted=wanted, menu=True, position=place,
              companies=("alfreds",) if wanted == "company" else ())
    write(inside, "Canary draft", live=False, menu=True)
    inside.work()
    for short in ("guest", "own", "stranger", "agent"):
        client = inside.guest() if short == "guest" else inside.client(short)
        menu = client.get("/kb").text.partition('<nav class="tabs"')[2].partition("</nav>")[0]
        listed, found, sitemap = (client.get(path).text for path in ("/pages", "/search?q=canary", "/sitemap.xml"))
        for wanted, readers in READERS.items():
            mine = short in readers
            assert client.get(f"/pages/canary-{wanted}").status == (200 if mine else 404), (short, wanted)
            assert (f"/pages/canary-{wanted}" in menu) == (f"Canary {wanted}" in listed) == mine, (short, wanted)
            assert (f"canary-{wanted}" in sitemap) == (wanted == "public")
            number = f"PAGE-{list(READERS).index(wanted) + 1:03d}"
            assert (f"page/{number}" in found) == mine, (short, wanted)
            if short != "guest":
                key = inside.client(short, token=True)
                assert key.get(f"/api/v1/pages/{number}").status == (200 if mine else 404)
        assert client.get("/pages/canary-draft").status == 404
        assert "canary-draft" not in menu + listed + sitemap
        if short in ("own", "stranger"):
            assert inside.client(short, token=True).get("/api/v1/pages/PAGE-005").status == 404
            assert "page/PAGE-005" not in found
    assert inside.client("other").get("/pages/canary-public").status == 404


def test_a_draft_is_nobodys_but_the_teams_until_it_is_published_and_is_not_overwritten(inside):
    agent, guest = inside.client("agent"), inside.guest()
    sent = {"title": "How we work", "source": "First *words*. <script>alert(1)</script> [x](javascript:alert(1))",
            "act": "draft", "in": "en"}
    place = agent.post("/pages/edit/new", sent).location
    assert place == "/pages/edit/PAGE-001"
    whole = agent.get(f"{place}/whole?in=en")
    assert "<em>words</em>" in whole.text and "noindex" in whole.text and "<script>alert" not in whole.text
    assert 'href="javascript' not in whole.text
    assert [client.get("/pages/how-we-work").status for client in (guest, agent)] == [404, 404]
    assert agent.post(place, sent | {"act": "publish", "based": based(agent, place)}).status == 303
    assert "<em>words</em>" in guest.get("/pages/how-we-work").text
    stale = based(agent, place)
    assert agent.post(place, sent | {"source": "Second words.", "based": stale}).status == 303
    late = inside.client("admin").post(place, sent | {"source": "Third words.", "based": stale})
    assert late.status == 409 and "Ben Agent saved this meanwhile" in late.text and "Third words." in late.text
    assert "Second words" not in guest.get("/pages/how-we-work").text
    assert agent.post(f"{place}/state", {"act": "forget", "in": "en"}).status == 303
    assert agent.post(place, sent | {"act": "publish", "based": based(agent, place)}).status == 303
    assert agent.post(f"{place}/state", {"act": "withdraw", "in": "en"}).status == 303
    assert guest.get("/pages/how-we-work").status == 404
    assert agent.post(f"{place}/state", {"act": "back", "in": "en"}).status == 303
    assert guest.get("/pages/how-we-work").status == 200
    removed = [inside.client(short).post(f"{place}/remove").status for short in ("agent", "admin")]
    assert removed == [404, 303], "removing is for admins"
    assert guest.get("/pages/how-we-work").status == 404


def test_a_page_is_read_in_ones_language_and_says_where_it_stands(inside):
    row = write(inside, "How we work", "English words.", menu=True)
    with inside.scope():
        pages().write(row, "ar", {"title": "كيف نعمل", "source": "كلمات عربية.", "short": "عملنا"})
        pages().show(row, "ar")
    asked = [inside.guest().get("/pages/how-we-work", headers={"Accept-Language": code})
             for code in ("en", "de", "ar")]
    english, german, arabic = (answer.text for answer in asked)
    assert "English words." in english and "not available in your language" not in english
    assert "English words." in german and 'lang="en" dir="ltr" data' not in german[:300]
    assert "كلمات عربية." in arabic and 'lang="ar" dir="rtl"' in arabic
    tabs = arabic.partition('<nav class="tabs"')[2].partition("</nav>")[0]
    assert "عملنا" in re.sub("<[^>]*>", " ", tabs).split()
    assert '<link rel="canonical" href="http://localhost:8000/pages/how-we-work">' in english
    assert '<link rel="canonical" href="http://localhost:8000/pages/how-we-work?lang=ar">' in arabic
    assert english.count('rel="alternate" hreflang') == 3
    assert inside.guest().get("/sitemap.xml").text.count("how-we-work?lang=") == 2


def test_a_language_that_came_meanwhile_stays_when_another_is_dropped(inside):
    with inside.scope():
        row = write(inside, "How we work")
        for code in ("ar", "de"):
            pages().write(row, code, {"title": code, "source": "Words."})
            pages().show(row, code)
        assert set(pages().drop(row, "ar").shown) == {"en", "de"}


def test_an_address_outlives_a_new_one_and_is_given_to_nobody_else(inside):
    agent, guest = inside.client("agent"), inside.guest()
    write(inside, "Terms")
    write(inside, "Edit")
    assert guest.get("/pages/edit-2").status == 200, "what the editor stands at is no page's"
    for slug in ("our-terms", "conditions"):
        assert agent.post("/pages/edit/PAGE-001/place", {"slug": slug, "wanted": "public"}).status == 303
    for old in ("terms", "our-terms", "PAGE-001", "page-1"):
        answer = guest.get(f"/pages/{old}")
        assert (answer.status, answer.location) == (301, "/pages/conditions"), old
    for taken in ("terms", "edit", "new"):
        wrong = agent.post("/pages/edit/PAGE-002/place", {"slug": taken, "wanted": "public"})
        assert wrong.status == 422 and "address already" in wrong.text
    agent.post("/pages/edit/PAGE-001/place", {"slug": "conditions", "wanted": "staff"})
    never = guest.get("/pages/never-was")
    for old in ("terms", "PAGE-001"):
        assert (guest.get(f"/pages/{old}").status, len(guest.get(f"/pages/{old}").body)) == (404, len(never.body))


def test_a_picture_is_opened_by_readers_once_the_page_that_shows_it_is_out(inside):
    write(inside, "Way here", live=False)
    agent, guest, out = inside.client("agent"), inside.guest(), io.BytesIO()
    Image.new("RGB", (90, 60), "teal").save(out, "PNG")
    place = "/pages/edit/PAGE-001"
    shown = agent.post(f"{place}/pictures", {}, {"pictures": [("map.png", out.getvalue(), "image/png")]}).text
    src = re.search(r"/files/[\w-]+", shown)[0]
    assert guest.get(src).status == 404
    assert agent.post(place, {"title": "Way here", "source": shown, "act": "publish", "in": "en",
                              "based": based(agent, place)}).status == 303
    assert guest.get(src).status == 200 and src in guest.get("/pages/way-here").text


def test_programs_and_imports_write_pages_under_the_same_rules(inside):
    key, guest = inside.client("agent", token=True), inside.guest()
    made = key.send_json("POST", "/api/v1/pages", {"title": "Opening hours", "body": "8 to 18.", "menu": True})
    assert made.status == 201 and guest.get("/pages/opening-hours").status == 404
    assert key.send_json("PATCH", "/api/v1/pages/PAGE-001", {"body": "9 to 18.", "publish": True}).status == 200
    assert "9 to 18." in guest.get("/pages/opening-hours").text
    assert key.get("/api/v1/pages/PAGE-001").json["source"] == "9 to 18."
    assert "source" not in inside.client("own", token=True).get("/api/v1/pages/PAGE-001").json
    for wrong in ({"title": "X"}, {"title": "X", "body": "y", "state": "published"},
                  {"title": "X", "body": "y", "audience": "company", "companies": ["cairo"]},
                  {"title": "X", "body": "y", "audience": "company"}):
        assert key.send_json("POST", "/api/v1/pages", wrong).status == 422, wrong
    boss = inside.client("boss", token=True)
    assert boss.send_json("POST", "/api/v1/pages", {"title": "X", "body": "y"}).status == 403
    with inside.scope():
        given = pages("api").give(pages("api").by_id("page", 1))
        assert given["body"] == "9 to 18." and given["menu"] and given["publish"]
        more = {"slug": "hours", "known": None, "title": "Hours", "language": "de"}
        word, _key = pages("api").take(given | more)
        assert word == "created"
    assert guest.get("/pages/hours", headers={"Accept-Language": "de"}).status == 200
