"""Articles cared for: pictures of drafts stay inside, a plan that fails holds up no other, removal is for good."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from core.data import audit, lines, people
from core.data.access import find
from support.articles import Library, kb

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"languages": {"offered": ["en", "de", "ar"]}, "time_zone": "UTC"})


def picture():
    out = io.BytesIO()
    Image.new("RGB", (90, 60), "teal").save(out, "PNG")
    return out.getvalue()


def pasted(desk, place):
    answer = desk.post(f"{place}/pictures", {}, {"pictures": [("screen.png", picture(), "image/png")]})
    assert answer.status == 200
    return re.search(r"/files/[\w-]+", answer.text)[0]


def based(desk, place):
    return re.search(r'name="based" value="(\d*)"', desk.get(place).text)[1]


def test_a_picture_of_a_draft_is_opened_by_nobody_else_until_it_is_published(inside):
    row = Library(inside).article("Fees", "Ten.")
    desk, place = inside.client("agent"), f"/content/ART-{row.number:03d}"
    src = pasted(desk, place)
    readers = [inside.guest(), inside.client("own")]
    assert desk.get(src).status == 200
    assert [one.get(src).status for one in readers] == [404, 404]
    draft = {"title": "Fees", "source": f"Ten.\n\n![New]({src})", "based": based(desk, place)}
    assert desk.post(place, draft | {"act": "draft"}).status == 303
    assert src in desk.post(f"{place}/preview", {"source": draft["source"], "in": "en"}).text
    assert [one.get(src).status for one in readers] == [404, 404]
    assert desk.post(place, draft | {"act": "publish", "based": based(desk, place)}).status == 303
    assert [one.get(src).status for one in readers] == [200, 200]
    assert src in inside.guest().get("/kb/fees").text
    # What no text shows any more is staff's again.
    assert desk.post(place, {"title": "Fees", "source": "Eleven.", "act": "publish",
                             "based": based(desk, place)}).status == 303
    assert [one.get(src).status for one in readers] == [404, 404]
    assert desk.get(src).status == 200


def test_a_plan_that_fails_is_named_and_holds_up_no_other(inside, monkeypatch, caplog):
    library = Library(inside)
    bad, good = library.article("Bad", "Old."), library.article("Good", "Old.")
    service, version = kb("service"), kb("models").Version
    show = service.show

    def failing(row, *given, **more):
        if row.number == bad.number:
            raise ValueError("a picture that cannot be drawn")
        return show(row, *given, **more)

    with inside.scope():
        for row in (bad, good):
            number = service.write(find("article", row.number), "en", {"title": "Planned", "source": "New."})
            lines.change("article", row.id, version, "edit", version.number == number, state="scheduled",
                         publish_at=1)
        monkeypatch.setattr(service, "show", failing)
        kb("editing").due()
        kb("editing").due()  # it is not tried for ever
        said = [row for row in audit.acts(5) if row.act == "article.not_published"]
        left = service.versions(find("article", bad.number), "en")[0]
    assert "New." in inside.guest().get("/kb/good").text
    assert "Old." in inside.guest().get("/kb/bad").text
    assert [row.subject for row in said] == [f"ART-{bad.number:03d}"]
    assert left.state == "draft"
    assert "a picture that cannot be drawn" in left.note
    assert sum("was not published" in one.message for one in caplog.records) == 1


def test_an_article_is_removed_for_good_after_a_question_and_the_audit_knows(inside):
    library = Library(inside)
    row, _other = library.article("Fees", "Ten."), library.article("Later", "Stays.")
    place, guest, admin = f"/content/ART-{row.number:03d}", inside.guest(), inside.client("admin")
    assert "Fees" in guest.get("/kb").text and guest.get("/kb/fees").status == 200
    for who in ("agent", "own", "other_admin"):
        assert inside.client(who).get(f"{place}/remove").status == 404
        assert inside.client(who).post(f"{place}/remove", {}).status == 404
    assert f"{place}/remove" in admin.get(place).text
    assert f"{place}/remove" not in inside.client("agent").get(place).text
    assert "Remove this article?" in admin.get(f"{place}/remove").text
    assert guest.get("/kb/fees").status == 200
    assert admin.post(f"{place}/remove", {}).location == "/content"
    assert guest.get("/kb/fees").status == 404
    assert "Fees" not in guest.get("/kb").text, "pages kept for guests are drawn anew at once"
    assert f"article/ART-{row.number:03d}" not in inside.client("own").get("/search?q=fees").text
    with inside.scope():
        assert (audit.acts(1)[0].act, audit.acts(1)[0].details["title"]) == ("article.removed", "Fees")


def test_a_category_has_name_and_description_in_every_language_and_is_found_by_them(inside):
    admin = inside.client("admin")
    made = admin.post("/content/categories/new", {
        "title": "Paying", "description": "Cards and bills.", "wanted": "public", "title_de": "Bezahlen",
        "description_de": "Karten und Rechnungen.", "title_ar": "الدفع", "description_ar": ""})
    assert made.status == 303
    Library(inside)
    page = inside.guest().get("/kb/c/paying", headers={"Accept-Language": "de"}).text
    assert "Bezahlen" in page and "Karten und Rechnungen." in page
    arabic = inside.guest().get("/kb/c/paying", headers={"Accept-Language": "ar"}).text
    assert "الدفع" in arabic and "Cards and bills." in arabic
    with inside.scope():
        people.change_person(inside.person("own").id, language="de")
    found = inside.client("own").get("/search?q=Karten").text
    assert "Bezahlen" in found.replace("<mark>", "").replace("</mark>", "")


def test_an_import_brings_names_and_descriptions_of_categories(inside):
    with inside.scope():
        kb("imports").take_category({"title": "Paying", "known": None, "audience": "public",
                                     "titles": {"de": "Bezahlen"}, "descriptions": {"de": "Karten."}})
    page = inside.guest().get("/kb/c/paying", headers={"Accept-Language": "de"}).text
    assert "Bezahlen" in page and "Karten." in page
