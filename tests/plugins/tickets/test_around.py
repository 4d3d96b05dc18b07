"""What stands around tickets: who is told, badges, cards of the home page, the cost of a page, demo content."""

import re

import pytest

from core.data import access, conversation, db, people


def ask(portal, who="own", subject="Printer"):
    portal.client(who).post("/tickets/new", {"category": "question", "subject": subject, "body": "It blinks"})


def turn(portal, who="agent", **form):
    assert portal.client(who).post("/tickets/TKT-001/desk", form).status == 303


def told(portal, since=0):
    """Give who got which letter since the first so many: (address, subject, first words of the text)."""
    portal.work()
    return [(re.search(r"([\w.]+)@", str(one["To"]))[1], one.get_body(("plain",)).get_content())
            for one in portal.letters[since:]]


def test_each_person_is_told_once_of_what_concerns_them(inside):
    ask(inside)
    assert sorted(who for who, _text in told(inside)) == ["admin", "agent", "own"]
    start = len(inside.letters)
    turn(inside, "admin", assignee=inside.person("agent").public_id)
    ((who, text),) = told(inside, start)
    assert who == "agent" and "Ada Admin gave you this request" in text and "It blinks" in text
    start = len(inside.letters)
    inside.client("own").post("/tickets/TKT-001/reply", {"body": "Still blinking"})
    ((who, text),) = told(inside, start)
    assert who == "agent" and "Thomas Hardy answered" in text and "Still blinking" in text
    start = len(inside.letters)
    inside.client("agent").post("/tickets/TKT-001/reply", {"body": "Turn it off"})
    ((who, text),) = told(inside, start)
    assert who == "own" and "Turn it off" in text
    start = len(inside.letters)
    turn(inside, status="resolved")
    ((who, text),) = told(inside, start)
    assert who == "own" and "resolved" in text
    start = len(inside.letters)
    turn(inside, priority="high", deadline="2031-01-01", category="order")
    assert told(inside, start) == []


def test_a_team_is_told_instead_of_everybody(portal_inside):
    portal = portal_inside({"tenants": {"acme": {"features": {"tickets": {
        "teams": {"service": {"name": "Service", "members": ["agent@example.com"]}},
        "categories": {"question": {"label": "Q", "team": "service"}}}}}}})
    with portal.scope() as who:
        next(job for job in who.registry.jobs if job.name == "teams").call()
    ask(portal)
    assert sorted(who for who, _text in told(portal)) == ["agent", "own"]
    start = len(portal.letters)
    portal.client("own").post("/tickets/TKT-001/reply", {"body": "More"})
    assert [who for who, _text in told(portal, start)] == ["agent"]


def test_badges_count_news_for_customers_and_the_queue_for_staff(inside):
    ask(inside)
    ask(inside, "stranger", "Second")

    def badge(who, path):
        page = inside.client(who).get("/").text
        found = re.search(rf'<a href="{path}"[^>]*>(?:(?!</a>).)*<b class="count">(\d+)', page)
        return int(found[1]) if found else 0

    assert (badge("agent", "/inbox"), badge("own", "/tickets"), badge("boss", "/tickets")) == (2, 0, 1)
    turn(inside, assignee=inside.person("agent").public_id)
    inside.client("agent").post("/tickets/TKT-001/note", {"body": "Nothing for them"})
    assert (badge("agent", "/inbox"), badge("own", "/tickets")) == (1, 0)
    inside.client("agent").post("/tickets/TKT-001/reply", {"body": "For them"})
    assert badge("own", "/tickets") == 1
    inside.client("own").get("/tickets/TKT-001")
    assert badge("own", "/tickets") == 0


def test_the_home_page_shows_what_is_new_and_what_waits(inside):
    assert "No tickets yet" in inside.client("own").get("/").text
    assert "Enjoy the quiet" in inside.client("agent").get("/").text
    ask(inside)
    assert "Printer" in inside.client("own").get("/").text and "Printer" in inside.client("boss").get("/").text
    assert "Printer" not in inside.client("stranger").get("/").text
    staff = inside.client("agent").get("/").text
    assert "Printer" in staff and "1 without an owner" in staff


@pytest.fixture
def cost(inside):
    """Fill the portal and count what one request asks the database."""
    ask(inside)
    with inside.scope():
        agent, company = inside.person("agent"), people.company("alfreds").id
        for n in range(40):
            made = db_ticket(n, inside.person("own").id, company, agent.id)
            conversation.add_entry(made, "Answer", author=agent)
    db.count_statements(db.db.obj)

    def count(who, path):
        client, found = inside.client(who), []
        for _turn in range(3):  # the first marks as read; looking for a new configuration now and then asks more
            before = db.statements
            assert client.get(path).status == 200
            found.append(db.statements - before)
        return min(found)

    yield count
    db.db.obj.query_hooks.clear()


def db_ticket(n, person, company, agent):
    return access.add("ticket", title=f"Number {n}", company=company, person=person, state="new",
                      body={"topic": "question", "assignee": agent if n % 2 else None})


def test_a_page_asks_little_and_no_more_for_more_rows(cost):
    most = {("own", "/tickets"): 5, ("boss", "/tickets"): 5, ("own", "/tickets/new"): 3,
            ("own", "/tickets/TKT-001"): 8, ("agent", "/inbox"): 7, ("agent", "/tickets"): 4,
            ("agent", "/tickets/TKT-001"): 13}  # one for what belongs to it, one for tasks, five for the desk
    found = {page: cost(*page) for page in most}
    assert {page: asked for page, asked in found.items() if asked > most[page]} == {}


def test_demo_content_is_whole_and_made_once(portal_inside):
    portal = portal_inside()
    folk = {"acme": ("maria@alfreds", "thomas@alfreds", "elke@alfreds", "ana@horn", "victor@horn"),
            "globex": ("omar@cairo", "mona@cairo", "jonas@nordlicht")}
    for slug, many in (("acme", 25), ("globex", 8)):
        with portal.scope(slug) as who:
            for name in folk[slug]:
                people.add_person(name.partition("@")[0].title(), email=f"{name}.example")
            for name in ("ada@acme", "ben@acme", "clara@acme", "gita@globex", "lars@globex"):
                people.add_person(name.partition("@")[0].title(), email=f"{name}.example", role="agent")
            (demo,) = [part for part in who.registry.demos if part.plugin == "tickets"]
            demo.call(slug)
            demo.call(slug)
            rows = db.fetch(access.visible("ticket"))
            assert len(rows) == many
            assert {row.category for row in rows} >= {"open", "in_progress", "waiting", "resolved", "closed"}
