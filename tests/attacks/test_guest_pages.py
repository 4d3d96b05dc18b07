"""T, N03: pages kept for guests never reach another tenant, audience or language, nor tell what is hidden."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from core.data import conversation
from support.articles import Library, kb


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"languages": {"offered": ["en", "de", "ar"]}})


def got(client, path, language="en", **headers):
    return client.get(path, headers={"Accept-Language": language, **headers})


def test_an_unchanged_page_is_answered_by_304_and_a_changed_one_is_not(inside):
    library = Library(inside)
    row = library.article("Fees", "Ten.")
    guest = inside.guest()
    first = got(guest, "/kb/fees")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    assert {"Accept-Language", "Cookie", "HX-Request"} <= set(re.split(r",\s*", first.headers["vary"]))
    again = got(guest, "/kb/fees", **{"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    library.translate(row, "en", "Fees", "Eleven.")
    changed = got(guest, "/kb/fees", **{"If-None-Match": tag})
    assert changed.status == 200
    assert "Eleven." in changed.text


def test_a_kept_page_belongs_to_its_tenant(inside):
    Library(inside).article("Fees", "Acme's ten.")
    Library(inside, "globex").article("Fees", "Globex takes twenty.")
    for _turn in range(2):
        assert "Acme's ten." in got(inside.guest(), "/kb/fees").text
        page = got(inside.guest("globex.localhost"), "/kb/fees").text
        assert "Globex takes twenty." in page
        assert "Acme" not in page
    tag = got(inside.guest(), "/kb/fees").headers["etag"]
    assert got(inside.guest("globex.localhost"), "/kb/fees", **{"If-None-Match": tag}).status == 200


def test_a_kept_page_belongs_to_its_language(inside):
    library = Library(inside)
    row = library.article("Fees", "Ten.")
    library.translate(row, "ar", "رسوم", "عشرة.")
    for _turn in range(2):
        assert "Ten." in got(inside.guest(), "/kb/fees").text
        assert "عشرة." in got(inside.guest(), "/kb/fees", "ar").text
        assert "عشرة." in got(inside.guest(), "/kb/fees?lang=ar").text
    chosen = inside.guest()
    got(chosen, "/kb/fees?lang=ar")
    assert "عشرة." in got(chosen, "/kb/fees").text


def test_what_is_withdrawn_or_narrowed_is_gone_with_the_next_request(inside):
    library = Library(inside)
    shelf = library.category("Shelf")
    row = library.article("Canary", category=shelf)
    guest = inside.guest()
    tag = got(guest, "/kb/canary").headers["etag"]
    assert "Canary" in got(guest, "/kb").text
    for hide, show in ((lambda: kb().withdraw(row), lambda: kb().bring_back(row)),
                       (lambda: kb().place(row, wanted="customers"), lambda: kb().place(row, wanted="public")),
                       (lambda: kb().change_category(shelf, wanted="staff"),
                        lambda: kb().change_category(shelf, wanted="public"))):
        with library.scope():
            hide()
        answer = got(guest, "/kb/canary", **{"If-None-Match": tag})
        assert answer.status == 404
        assert "Canary" not in got(guest, "/kb").text + got(guest, "/sitemap.xml").text
        with library.scope():
            show()
        assert got(guest, "/kb/canary").status == 200


def test_staff_and_customers_never_fill_or_get_what_is_kept_for_guests(inside):
    library = Library(inside)
    library.article("Open one")
    library.article("Hidden one", wanted="staff")
    for _turn in range(2):
        page = got(inside.client("agent"), "/kb")
        assert "Hidden one" in page.text
        assert page.headers["cache-control"] == "private, no-store"
        assert "etag" not in page.headers
        assert "Hidden one" not in got(inside.guest(), "/kb").text
        assert "Ben Agent" not in got(inside.guest(), "/kb").text


def test_drafts_leave_no_trace_in_validators_and_order(inside):
    library = Library(inside)
    shelf = library.category("Shelf")
    row = library.article("Canary", category=shelf)
    guest = inside.guest()
    paths = ("/kb", "/kb/canary", "/kb/c/shelf", "/sitemap.xml")
    got(guest, "/kb/canary")
    before = {path: got(guest, path).headers["etag"] for path in paths}
    library.article("Not yet", category=shelf, published=False)
    library.article("For us", category=shelf, wanted="staff")
    with library.scope():
        kb().write(row, "en", {"title": "Canary anew", "source": "Secret plans."})
    assert {path: got(guest, path).headers["etag"] for path in paths} == before


def test_a_page_with_other_parameters_is_never_kept_for_all(inside):
    Library(inside).article("Fees")
    guest = inside.guest()
    assert "We are sorry" in got(guest, "/kb/fees?said=no").text
    assert "We are sorry" not in got(guest, "/kb/fees").text
    assert "canary-words" in got(guest, "/kb?q=canary-words").text
    assert "canary-words" not in got(guest, "/kb").text


def test_search_engines_are_told_of_what_everybody_may_read_and_of_nothing_else(inside):
    library = Library(inside)
    row = library.article("Fees & more", "Ten.")
    library.translate(row, "ar", "رسوم", "عشرة.")
    library.article("Hidden one", wanted="customers")
    for who in (inside.guest(), inside.client("agent")):
        xml = who.get("/sitemap.xml").text
        assert xml.count("<url>") == 2
        assert "<loc>http://localhost:8000/kb/fees-more</loc>" in xml
        assert 'hreflang="ar" href="http://localhost:8000/kb/fees-more?lang=ar"' in xml
        assert "hidden" not in xml
    assert "<url>" not in inside.guest("globex.localhost").get("/sitemap.xml").text
    robots = inside.guest("globex.localhost").get("/robots.txt")
    assert "Sitemap: http://globex.localhost:8000/sitemap.xml" in robots.text
    assert robots.headers["content-type"].startswith("text/plain")
    page = got(inside.guest(), "/kb/fees-more", "ar").text
    assert '<link rel="canonical" href="http://localhost:8000/kb/fees-more?lang=ar">' in page
    assert 'hreflang="x-default" href="http://localhost:8000/kb/fees-more"' in page
    assert '<meta name="description" content="عشرة.">' in page


def picture():
    with io.BytesIO() as target:
        Image.new("RGB", (1200, 600), "navy").save(target, "PNG")
        return target.getvalue()


def test_an_articles_pictures_are_drawn_anew_for_those_who_may_read_it(inside):
    library = Library(inside)
    row = library.article("Fees")
    with library.scope():
        stored = inside.portal.files.put(io.BytesIO(picture()), limit=10**6)
        file = conversation.add_file(row, stored, "box.png", "image/png", internal=False, measured=(1200, 600))
    library.translate(row, "en", "Fees", "![A box](box.png) ![](https://evil.example/x.png)")
    page = got(inside.guest(), "/kb/fees").text
    (tag,) = re.findall(r"<img [^>]*>", page.partition('class="prose rich"')[2])
    assert 'width="1200" height="600" alt="A box" loading="lazy"' in tag
    assert f"/files/{file.public_id}/480 480w, /files/{file.public_id}/960 960w" in tag
    assert "evil.example" not in page
    answer = inside.guest().get(f"/files/{file.public_id}/480")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/webp")
    assert inside.guest().get(f"/files/{file.public_id}/480", headers={
        "If-None-Match": answer.headers["etag"]}).status == 304
    assert inside.guest().get(f"/files/{file.public_id}/481").status == 404
    with library.scope():
        kb().place(row, wanted="staff")
    for path in ("", "/small", "/480", "/960"):
        assert inside.guest().get(f"/files/{file.public_id}{path}", headers={
            "If-None-Match": answer.headers["etag"]}).status == 404
