"""The editor of articles: drafts nobody reads, plans, versions, translations, pictures, and what is broken."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from PIL import Image

from core.data import lines
from core.data.access import find
from core.data.db import now
from core.look import difference
from support.articles import Library, kb


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"languages": {"offered": ["en", "de", "ar"]}, "time_zone": "UTC"})


@pytest.fixture
def desk(inside):
    return inside.client("agent")


def picture(size=(900, 600), form="PNG"):
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form)
    return out.getvalue()


def written(desk, title="Pay by card", source="Use the *terminal*.", **more):
    answer = desk.post("/content/new", {"title": title, "source": source, "act": "draft", **more})
    assert answer.status == 303, answer.text
    return answer.location


def based(desk, path):
    return re.search(r'name="based" value="(\d*)"', desk.get(path).text)[1]


def change(desk, path, source, act="draft", **more):
    return desk.post(path.partition("?")[0], {"title": "Pay by card", "source": source, "act": act,
                                               "based": based(desk, path), **more})


def readable(inside, slug="pay-by-card"):
    """Say on which channels a guest and a customer meet an article: on all or on none."""
    guest, own = inside.guest(), inside.client("own")
    found = {"guest": guest.get(f"/kb/{slug}").status == 200, "own": own.get(f"/kb/{slug}").status == 200,
             "front": "Pay by card" in own.get("/kb").text, "robots": slug in guest.get("/sitemap.xml").text,
             "search": "/kb/" in own.get("/search?q=card").text.partition("<main")[2],
             "api": slug in inside.client("own", token=True).get("/api/v1/articles").text}
    assert len(set(found.values())) == 1, found
    return found["guest"]


def public(desk, path, **more):
    answer = desk.post(f"{path}/place", {"slug": "pay-by-card", "wanted": "public", **more})
    assert answer.status == 303, answer.text


def test_a_draft_is_read_by_nobody_until_it_is_published_and_no_more_once_withdrawn(inside, desk):
    path = written(desk)
    public(desk, path)
    assert not readable(inside)
    assert change(desk, path, "Use the terminal.", "publish").status == 303
    assert readable(inside)
    assert change(desk, path, "A better text, not shown yet.").status == 303
    assert "better text" not in inside.guest().get("/kb/pay-by-card").text
    assert desk.post(f"{path}/state", {"act": "withdraw"}).status == 303
    assert not readable(inside)
    assert desk.post(f"{path}/state", {"act": "back"}).status == 303
    assert readable(inside)
    assert desk.post(f"{path}/state", {"act": "archive"}).status == 303
    assert not readable(inside)


def test_what_is_planned_comes_out_by_itself_once(inside, desk):
    path = written(desk)
    public(desk, path)
    past = change(desk, path, "Planned.", "plan", publish_at="2020-01-01T10:00")
    assert past.status == 422
    assert "Planned." in past.text
    assert change(desk, path, "Planned.", "plan", publish_at="nonsense").status == 422
    soon = (now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    assert change(desk, path, "Planned.", "plan", publish_at=soon).status == 303
    assert 'value="unplan"' in desk.get(path).text
    assert path in desk.get("/content?view=planned").text
    with inside.scope("acme"):
        kb("editing").due()
    assert not readable(inside)
    with inside.scope("acme"):
        version = kb("models").Version
        lines.change("article", find("article", 1).id, version, "edit", version.state == "scheduled", publish_at=1)
        kb("editing").due()
        kb("editing").due()
    assert "Planned." in inside.guest().get("/kb/pay-by-card").text


def test_versions_show_what_changed_and_come_back(inside, desk):
    path = written(desk, source="One.\n\nTwo old words.\n\nThree.")
    assert change(desk, path, "One.\n\nTwo new words.\n\nThree.", "publish", note="Newer").status == 303
    page = desk.get(f"{path}/versions/2").text
    assert re.search(r"<del>old ?</del>", page)
    assert re.search(r"<ins>new ?</ins>", page)
    assert "Newer" in page
    assert desk.get(f"{path}/versions/9").status == 404
    assert desk.post(f"{path}/versions/1", {}).status == 303
    editor = desk.get(path).text
    assert "Two old words." in editor
    assert "Two new words." in inside.client("agent").get("/kb/pay-by-card").text, "a draft until published"


def test_long_texts_are_compared_without_what_stayed():
    told = difference.compare("\n".join(map(str, range(100))), "\n".join(map(str, [*range(99), "end"])))
    assert ("…", "97") in told
    assert "".join(text for mark, text in told if mark == "ins").strip() == "end"


def test_two_people_writing_at_once_are_told_and_nothing_is_lost(inside, desk):
    path = written(desk)
    mine = based(desk, path)
    assert change(inside.client("admin"), path, "By the admin.").status == 303
    answer = desk.post(path, {"title": "Pay by card", "source": "By the agent.", "act": "publish", "based": mine})
    assert answer.status == 409
    assert "By the agent." in answer.text
    assert "saved version 2" in answer.text
    assert desk.get("/kb/pay-by-card").status == 404, "nothing was published"


def test_a_translation_stands_beside_its_original_and_knows_when_it_is_out_of_date(inside, desk):
    path = written(desk)
    public(desk, path)
    assert change(desk, path, "Use the terminal.", "publish").status == 303
    assert "Use the terminal." in desk.get(f"{path}?in=ar").text, "the original, beside"
    answer = desk.post(path, {"in": "ar", "based": "", "title": "الدفع", "source": "بالبطاقة", "act": "publish"})
    assert answer.location == f"{path}?in=ar"
    assert 'dir="rtl"' in desk.get(f"{path}?in=ar").text
    assert path not in desk.get("/content?view=outdated").text
    with inside.scope("acme"):
        row = find("article", 1)
        kb().show(row, "en", 1, changed=int(now().timestamp()) + 60)
    assert path in desk.get("/content?view=outdated").text
    assert "changed after this translation" in desk.get(f"{path}?in=ar").text
    assert desk.post(f"{path}/state", {"act": "right", "in": "ar"}).status == 303
    assert path not in desk.get("/content?view=outdated").text


def test_pictures_are_pasted_into_the_text_or_sent_along(inside, desk):
    path = written(desk)
    told = desk.post(f"{path}/pictures", {}, files={"pictures": ("shot one.png", picture(), "image/png")})
    assert (told.status, told.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    assert re.fullmatch(r"!\[shot one\]\(/files/[\w-]+\)", told.text)
    answer = desk.post(path, {"title": "Pay by card", "source": "Look:", "act": "publish",
                              "based": based(desk, path)}, files={"pictures": ("two.png", picture(), "image/png")})
    assert answer.status == 303
    public(desk, path)
    page = inside.guest().get("/kb/pay-by-card").text
    assert 'loading="lazy"' in page
    address = re.search(r'<img[^>]+src="(/files/[^"]+)"', page)[1]
    assert inside.guest().get(address).status == 200
    assert desk.post(f"{path}/state", {"act": "withdraw"}).status == 303
    assert inside.guest().get(address).status == 404, "its article is not for guests any more"


@pytest.mark.parametrize(("name", "body"), [("evil.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
                                            ("page.html", b"<script>1</script>"),
                                            ("cut.png", b"\x89PNG\r\n\x1a\n")])
def test_what_is_no_picture_is_refused_and_the_text_stays(desk, name, body):
    path = written(desk)
    answer = desk.post(path, {"title": "Pay by card", "source": "My words stay.", "act": "draft",
                              "based": based(desk, path)}, files={"pictures": (name, body, "image/png")})
    assert answer.status == 422
    assert "My words stay." in answer.text
    assert desk.post(f"{path}/pictures", {}, files={"pictures": (name, body, "image/png")}).status == 422


def test_a_preview_runs_nothing_and_keeps_nothing(desk):
    path = written(desk)
    evil = "<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://elsewhere.example/p.png) **bold**"
    for answer in (desk.post(f"{path}/preview", {"source": evil}),
                   desk.post(path, {"title": "t", "source": evil, "act": "preview"})):
        assert answer.status == 200
        shown = answer.text.partition('class="prose rich"')[2]
        assert "<strong>bold</strong>" in shown
        assert "<script" not in shown.partition("</div>")[0]
        assert 'href="javascript' not in shown
        assert 'src="https://elsewhere' not in shown
    assert "Version 2" not in desk.get(path).text


def test_broken_links_and_missing_pictures_are_listed(inside, desk):
    library = Library(inside)
    library.article("Open", "See [a](/kb/gone), [b](/kb/inner), [c](/kb/fine) and ![](lost.png).", wanted="public")
    library.article("Inner", wanted="staff")
    library.article("Fine", wanted="public")
    page = desk.get("/content/broken").text
    assert {"/kb/gone", "/kb/inner", "lost.png"} == set(re.findall(r"<bdi>(/kb/[a-z]+|[a-z]+\.png)</bdi>", page))


def test_a_category_hides_what_is_in_it_from_the_next_request_on(inside, desk):
    answer = desk.post("/content/categories/new", {"title": "Billing", "title_de": "Abrechnung",
                                                   "wanted": "public", "position": "1"})
    assert answer.status == 303, answer.text
    listed = desk.get("/content/categories").text
    number = re.search(r"/content/categories/(CAT-\d+)", listed)[1]
    path = written(desk)
    key = re.search(r'name="shelf" value="(\d+)"', desk.get(f"{path}/place").text)[1]
    public(desk, path, shelf=key)
    assert change(desk, path, "Text.", "publish").status == 303
    assert readable(inside)
    assert desk.post(f"/content/categories/{number}", {"title": "Billing", "wanted": "staff"}).status == 303
    assert not readable(inside)
    assert "Remove the category" not in desk.get(f"/content/categories/{number}").text, "something is in it"


def test_a_category_that_is_empty_can_go(inside, desk):
    desk.post("/content/categories/new", {"title": "Nothing", "wanted": "public"})
    number = re.search(r"/content/categories/(CAT-\d+)", desk.get("/content/categories").text)[1]
    assert inside.client("admin").post(f"/content/categories/{number}", {"act": "remove"}).status == 303
    assert desk.get(f"/content/categories/{number}").status == 404


def test_review_days_and_neighbours_are_kept(inside, desk):
    library = Library(inside)
    library.article("Fine", wanted="public")
    path = written(desk)
    wrong = {"slug": "pay-by-card", "wanted": "public", "related": "ART-999"}
    assert desk.post(f"{path}/place", wrong).status == 422
    public(desk, path, related="ART-001", review="2020-01-01", featured="true")
    assert change(desk, path, "Text.", "publish").status == 303
    assert path in desk.get("/content?view=review").text
    assert "Fine" in inside.guest().get("/kb/pay-by-card").text
    place = desk.get(f"{path}/place").text
    assert 'value="ART-001"' in place
    assert 'value="2020-01-01"' in place


def test_customers_find_no_desk_and_cannot_write_what_is_not_asked(inside, desk):
    path = written(desk)
    for address in ("/content", path, f"{path}/versions/1", f"{path}/place"):
        assert inside.client("own").get(address).status == 404
    answer = desk.post(path, {"title": "Pay by card", "source": "x", "based": based(desk, path), "act": "draft",
                              "state": "published", "audience": "public", "author": "Somebody"})
    assert answer.status == 303
    assert inside.guest().get("/kb/pay-by-card").status == 404
    assert "Somebody" not in desk.get(path).text


def test_a_plan_does_not_bring_back_what_a_newer_version_replaced(inside, desk):
    path = written(desk)
    public(desk, path)
    soon = (now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    assert change(desk, path, "The older text.", "plan", publish_at=soon).status == 303
    assert change(desk, path, "The newer text.", "publish").status == 303
    with inside.scope("acme"):
        assert not [one for one in kb().versions(find("article", 1), "en") if one.state == "scheduled"]
    assert "The newer text." in inside.guest().get("/kb/pay-by-card").text
