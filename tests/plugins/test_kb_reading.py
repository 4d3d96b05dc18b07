"""Reading articles: the reader's language, addresses that survive, counts and lists, whether it helped."""

from __future__ import annotations

import re

import pytest

from core.data import db, tally
from support.articles import Library, kb

TEXT = "Intro.\n\n## One\n\nA\n\n## Two\n\nB\n\n### Three\n\nC\n"


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"languages": {"offered": ["en", "de", "ar"]}})


@pytest.fixture
def library(inside):
    tally.flush()
    db.loose.execute_sql("DELETE FROM tally")
    return Library(inside)


def says(page, *texts):
    """Say whether a page holds one of some texts: the English one, or its translation."""
    return any(text in page for text in texts)


def asked(inside, path, language="en", who=""):
    client = inside.client(who) if who else inside.guest()
    return client.get(path, headers={"Accept-Language": language})


def test_the_reader_gets_their_language_else_the_usual_one_and_is_told(inside, library):
    row = library.article("How to pay", "English words.")
    library.translate(row, "ar", "كيف أدفع", "كلمات عربية.")
    english, arabic, german = (asked(inside, "/kb/how-to-pay", code).text for code in ("en", "ar", "de"))
    assert "English words." in english
    assert "not available in your language" not in english
    assert 'lang="ar" dir="rtl"' in arabic
    assert "كلمات عربية." in arabic
    assert "<title>كيف أدفع" in arabic
    assert "English words." in german
    assert "English" in german.partition('class="notice')[2][:1200]
    assert 'class="kb-article" lang="en" dir="ltr"' in german
    assert "كيف أدفع" in asked(inside, "/kb", "ar").text
    assert "How to pay" not in asked(inside, "/kb", "ar").text


def test_an_article_in_no_language_of_the_reader_is_shown_in_its_own(inside, library):
    library.article("Nur deutsch", "Deutsche Wörter.", language="de")
    page = asked(inside, "/kb/nur-deutsch", "ar").text
    assert "Deutsche Wörter." in page
    assert "Deutsch" in page


def test_a_translation_older_than_its_original_says_so(inside, library):
    row = library.article("Fees", "Ten euros.")
    library.translate(row, "de", "Gebühren", "Zehn Euro.", changed=1000, current_to=1000)
    assert says(asked(inside, "/kb/fees", "de").text, "out of date", "veraltet")
    library.translate(row, "de", "Gebühren", "Zehn Euro.")
    assert not says(asked(inside, "/kb/fees", "de").text, "out of date", "veraltet")


def test_an_address_survives_renaming_and_is_given_to_nobody_else(inside, library):
    row = library.article("Pay by card")
    with library.scope():
        kb().rename(row, "card-payment")
        kb().rename(row, "paying-by-card")
    guest = inside.guest()
    for old in ("pay-by-card", "card-payment", "ART-001", "art-1"):
        answer = guest.get(f"/kb/{old}")
        assert (answer.status, answer.location) == (301, "/kb/paying-by-card"), old
    assert guest.get("/kb/paying-by-card").status == 200
    library.article("Pay by card", "Another one.")
    assert guest.get("/kb/pay-by-card").location == "/kb/paying-by-card"
    assert "Another one." in guest.get("/kb/pay-by-card-2").text
    with library.scope(), pytest.raises(Exception, match="address already"):
        kb().rename(row, "pay-by-card-2")
    with library.scope():
        kb().rename(row, "pay-by-card")
    assert guest.get("/kb/pay-by-card").status == 200
    assert guest.get("/kb/paying-by-card").location == "/kb/pay-by-card"


def test_a_renamed_category_is_found_at_its_old_address(inside, library):
    shelf = library.category("Billing")
    library.article("Canary", category=shelf)
    with library.scope():
        kb().change_category(shelf, title="Money", slug="money")
    assert inside.guest().get("/kb/c/billing").location == "/kb/c/money"
    assert "Canary" in inside.guest().get("/kb/c/money").text


def test_old_addresses_of_what_one_may_not_read_tell_nothing(inside, library):
    row = library.article("Secret plan", wanted="staff")
    with library.scope():
        kb().rename(row, "plan")
    for path in ("secret-plan", "plan", "ART-001"):
        answer, never = inside.guest().get(f"/kb/{path}"), inside.guest().get("/kb/never-was")
        assert (answer.status, len(answer.body)) == (404, len(never.body)), path


def test_the_page_has_contents_breadcrumb_and_further_articles(inside, library):
    outer = library.category("Outer")
    shelf = library.category("Inner", parent=outer)
    first = library.article("First", TEXT, category=shelf)
    second = library.article("Second", "See [the first](/kb/first).", wanted="staff")
    third = library.article("Third", "See [the first](/kb/first#s-two) and [nothing](/kb/second).")
    with library.scope():
        kb().place(first, related=[second.id, third.id])
    page = inside.guest().get("/kb/first").text
    contents = page.partition("kb-toc beside")[2]
    assert re.findall(r'href="#(s-[a-z]+)"', contents)[:3] == ["s-one", "s-two", "s-three"]
    assert 'href="/kb/c/outer"' in page
    assert 'href="/kb/third"' in page
    assert "Second" not in page
    assert "Second" in inside.client("agent").get("/kb/first").text
    assert 'href="/kb/first"' in inside.guest().get("/kb/third").text.partition("Read next")[2]
    with library.scope():
        kb().rename(first, "moved")
    assert 'href="/kb/moved"' in inside.guest().get("/kb/third").text.partition("Read next")[2]


def test_what_is_read_counts_and_shows_as_popular_kept_pages_included(inside, library):
    quiet, liked = library.article("Quiet one"), library.article("Liked one")
    for _time in range(3):
        inside.guest().get("/kb/liked-one")
    inside.client("own").get("/kb/liked-one")
    inside.guest().get("/kb/quiet-one")
    with library.scope():
        assert tally.top("kb.read") == [(str(liked.id), 4), (str(quiet.id), 1)]
        assert [one.id for one in kb("reading").front()[1]] == [liked.id, quiet.id]


def votes(library, row):
    with library.scope():
        return [(vote.helpful, vote.comment) for vote in kb("feedback").votes(row.id)]


def test_a_person_says_once_whether_it_helped_and_may_add_a_comment(inside, library):
    row = library.article("Fees", wanted="customers")
    client = inside.client("own")
    answer = client.post("/kb/fees/helpful", {"helpful": "no"})
    assert answer.location == "/kb/fees?said=no#helpful"
    assert "What could be better?" in client.get("/kb/fees?said=no").text
    client.post("/kb/fees/helpful", {"helpful": "no", "comment": "Say how much it is."})
    client.post("/kb/fees/helpful", {"helpful": "yes"})
    assert votes(library, row) == [(True, "Say how much it is.")]
    inside.client("colleague").post("/kb/fees/helpful", {"helpful": "yes"})
    assert len(votes(library, row)) == 2
    assert "Say how much it is." not in inside.client("colleague").get("/kb/fees").text


def test_a_browser_says_once_whether_it_helped_and_leaves_nothing_that_names_it(inside, library):
    row = library.article("Fees")
    guest = inside.guest()
    for _time in range(3):
        assert guest.post("/kb/fees/helpful", {"helpful": "yes"}).status == 303
    assert votes(library, row) == [(True, "")]
    inside.guest().post("/kb/fees/helpful", {"helpful": "no"})
    assert len(votes(library, row)) == 2
    cookie = guest.cookies["parlour_reader"]
    (kept,) = db.db.run("SELECT voter FROM kb_vote WHERE helpful", ()).fetchall()
    assert cookie not in kept[0]
    assert guest.post("/kb/fees/helpful", {"helpful": "maybe"}).status == 422
    assert guest.post("/kb/fees/helpful", {"helpful": "yes", "comment": "x" * 2001}).status == 422


def test_votes_from_one_network_have_a_limit(inside, library):
    library.article("Fees")
    answers = [inside.guest().post("/kb/fees/helpful", {"helpful": "yes"}).status for _time in range(60)]
    assert answers[:10] == [303] * 10
    assert answers[-1] == 429


def test_what_one_may_not_read_cannot_be_voted_on(inside, library):
    row = library.article("Plan", wanted="staff")
    assert inside.client("own").post("/kb/plan/helpful", {"helpful": "yes"}).status == 404
    assert votes(library, row) == []


def test_pages_cost_few_queries_whatever_there_is(inside, library):
    shelf = library.category("Shelf")
    for number in range(12):
        library.article(f"Article {number}", TEXT, category=shelf)
    client = inside.client("own")
    client.get("/kb/article-1")
    db.count_statements(db.db.obj)
    for path in ("/kb", "/kb/c/shelf", "/kb/article-3"):
        costs = []
        for _time in range(3):  # now and then counts are written down, or a session is noted as alive
            before = db.statements
            assert client.get(path).status == 200
            costs.append(db.statements - before)
        assert min(costs) <= 6, (path, costs)


def test_programs_read_and_write_articles(inside, library):
    shelf = library.category("Billing")
    agent, customer = inside.client("agent", token=True), inside.client("own", token=True)
    made = agent.send_json("POST", "/api/v1/articles", {
        "title": "By program", "body": "**Hello** <script>x</script>", "category": "billing", "publish": True,
        "audience": "company", "companies": ["alfreds"]})
    assert made.status == 201
    assert made.json["number"] == "ART-001"
    one = customer.get("/api/v1/articles/ART-001").json
    assert "<strong>Hello</strong>" in one["body"]
    assert "<script" not in one["body"]
    assert "source" not in one
    assert one["topic"] == "billing"
    assert inside.client("stranger", token=True).get("/api/v1/articles/ART-001").status == 404
    assert customer.send_json("POST", "/api/v1/articles", {"title": "x", "body": "y"}).status == 403
    assert customer.send_json("PATCH", "/api/v1/articles/ART-001", {"title": "x"}).status == 403
    changed = agent.send_json("PATCH", "/api/v1/articles/ART-001", {
        "title": "Renamed", "slug": "renamed", "audience": "public", "publish": True})
    assert changed.status == 200
    assert inside.guest().get("/kb/by-program").location == "/kb/renamed"
    wrong = agent.send_json("POST", "/api/v1/articles", {"title": "", "body": "y", "category": "nowhere",
                                                         "companies": ["nobody"], "owner": 3})
    assert wrong.status == 422
    assert shelf.id
