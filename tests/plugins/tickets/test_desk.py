"""The desk: queues, filters, turning a ticket's facts, notes; what of it customers get to see."""

import re
from functools import partial

import pytest

TEAMS = {"tenants": {"acme": {"features": {"tickets": {
    "teams": {"service": {"name": "Service", "members": ["agent@example.com"]}},
    "statuses": {"fresh": {"label": "Just in", "category": "open"},
                 "at_work": {"label": "At work", "category": "in_progress"},
                 "your_turn": {"label": "Your turn", "category": "waiting"},
                 "solved": {"label": "Solved", "category": "resolved"},
                 "over": {"label": "Over", "category": "closed"}}}}}}}


@pytest.fixture
def portal(portal_inside):
    portal = portal_inside(TEAMS)
    with portal.scope() as who:
        next(job for job in who.registry.jobs if job.name == "teams").call()
    ask(portal, "own", "Printer stops")
    return portal


def ask(portal, who, subject):
    return portal.client(who).post("/tickets/new", {"category": "question", "subject": subject, "body": "Hello"})


def turn(who, number="TKT-001", **form):
    return who.post(f"/tickets/{number}/desk", form)


def rows(page):
    return re.findall(r'data-record="ticket/(TKT-\d+)"', page.text)


def version(page):
    return re.search(r'name="version" value="(\d+)"', page.text)[1]


def test_queues_hold_what_they_say_and_count_it(portal):
    ask(portal, "stranger", "Second")
    ask(portal, "boss", "Third")
    ben, public = portal.client("agent"), portal.person("agent").public_id
    turn(ben, "TKT-002", assignee=public)
    turn(ben, "TKT-003", team="service")
    assert rows(ben.get("/inbox")) == ["TKT-003", "TKT-001"]
    assert rows(ben.get("/inbox?view=mine")) == ["TKT-002"]
    assert rows(ben.get("/inbox?view=team")) == ["TKT-003"]
    assert set(rows(ben.get("/inbox?view=open"))) == {"TKT-001", "TKT-002", "TKT-003"}
    assert rows(portal.client("admin").get("/inbox?view=team")) == []
    page = ben.get("/inbox").text
    assert re.search(r'Unassigned <span class="soft">2<', page) and re.search(r'Mine <span class="soft">1<', page)
    assert re.search(r'href="/inbox"[^>]*>.*?<b class="count">2</b>', page, re.S)
    turn(ben, "TKT-002", status="over")
    assert rows(ben.get("/inbox?view=closed")) == ["TKT-002"] and rows(ben.get("/inbox?view=mine")) == []


def test_unread_is_what_others_wrote_since_one_looked(portal):
    ben = portal.client("agent")
    assert rows(ben.get("/inbox?view=unread")) == ["TKT-001"]
    ben.get("/tickets/TKT-001")
    assert rows(ben.get("/inbox?view=unread")) == []
    portal.client("admin").post("/tickets/TKT-001/note", {"body": "Look at this"})
    assert rows(ben.get("/inbox?view=unread")) == ["TKT-001"]


def test_filters_and_words_narrow_the_list(portal):
    ask(portal, "stranger", "Second")
    ben = portal.client("agent")
    turn(ben, status="at_work", team="service", priority="urgent")
    both = ["TKT-001", "TKT-002"]
    for filters, fits in {
            "status=at_work": both[:1], "team=service": both[:1], "category=question": both, "category=order": [],
            "priority=urgent": both[:1], "q=printer": both[:1], "q=tkt-2": both[1:], "q=trujillo": both[1:],
            "q=100%25": [], "status=nonsense": both, "priority=urgent&status=fresh": []}.items():
        assert sorted(rows(ben.get(f"/inbox?view=open&{filters}"))) == fits, filters


def test_filtering_by_assignee_and_clearing(portal):
    ben, public = portal.client("agent"), portal.person("agent").public_id
    page = ben.get(f"/inbox?view=open&assignee={public}")
    assert rows(page) == [] and "Nothing here fits Ben Agent" in page.text
    assert 'href="/inbox?view=open"' in page.text
    turn(ben, assignee=public)
    assert rows(ben.get(f"/inbox?view=open&assignee={public}")) == ["TKT-001"]


def test_a_piece_of_the_inbox_is_the_list_alone(portal):
    piece = portal.client("agent").fragment("/inbox?view=open", "results")
    assert piece.text.lstrip().startswith('<div id="results"') and "<html" not in piece.text


def test_every_turn_shows_and_leaves_its_line(portal):
    ben, own = portal.client("agent"), portal.client("own")
    turn(ben, assignee=portal.person("agent").public_id)
    turn(ben, team="service", priority="high", deadline="2031-05-06", category="order")
    turn(ben, status="your_turn")
    turn(ben, cause="A loose cable", solution="Plugged it in")
    mine, theirs = ben.get("/tickets/TKT-001").text, own.get("/tickets/TKT-001").text
    for words in ("takes care of this", "handed this to the team Service", "set the priority to High",
                  "set the deadline to 2031-05-06", "filed this under An order", "set this to “Your turn”",
                  "A loose cable", "Plugged it in"):
        assert words in mine
    for words in ("takes care of this", "set this to “Your turn”", "A loose cable", "Plugged it in", "Ben Agent",
                  "Your turn"):
        assert words in theirs
    for words in ("handed this to", "set the priority", "set the deadline", "filed this under"):
        assert words not in theirs


def test_taking_a_ticket_is_one_click_and_tells_nobody_else(portal):
    ben = portal.client("agent")
    form = ben.get("/tickets/TKT-001")
    answer = turn(ben, assignee=portal.person("agent").public_id, version=version(form))
    assert answer.location == "/tickets/TKT-001"
    assert "Assign to me" not in ben.get("/tickets/TKT-001").text
    assert not [one for one in portal.letters_to("agent@example.com") if "gave you" in one.as_string()]


def test_a_stale_turn_is_refused_kindly_and_changes_nothing(portal):
    ben, ada = portal.client("agent"), portal.client("admin")
    seen = version(ben.get("/tickets/TKT-001"))
    turn(ada, assignee=portal.person("admin").public_id, version=seen)
    answer = turn(ben, assignee=portal.person("agent").public_id, version=seen)
    assert answer.status == 409 and "Somebody worked on this since you opened it" in answer.text
    assert 'class="error-page"' in answer.text and "Ada Admin" in answer.text
    assert portal.client("agent", token=True).get("/api/v1/tickets/TKT-001").json["assignee"] == "Ada Admin"


def test_of_two_turns_at_once_one_counts_and_the_other_is_told(portal):
    ben, ada = portal.client("agent"), portal.client("admin")
    for _round in range(3):
        turn(ada, priority="normal")
        seen = version(ben.get("/tickets/TKT-001"))
        answers = portal.parallel(partial(turn, ben, priority="high", version=seen),
                                  partial(turn, ada, priority="low", version=seen))
        assert sorted(answer.status for answer in answers) == [303, 409]


def test_what_is_not_there_cannot_be_set(portal):
    ben, api = portal.client("agent"), portal.client("agent", token=True)
    before = api.get("/api/v1/tickets/TKT-001").json
    for form in ({"status": "new"}, {"assignee": "own@example.com"}, {"assignee": "nobody"}, {"team": "nobody"},
                 {"priority": "huge"}, {"deadline": "tomorrow"}, {"category": "nothing"}, {"version": "x"}):
        assert turn(ben, **form).status == 422, form
    assert api.get("/api/v1/tickets/TKT-001").json == before


def test_customers_neither_turn_nor_note_nor_see_the_inbox(portal):
    for who in ("own", "boss", "stranger", "other"):
        client = portal.client(who)
        assert client.get("/inbox").status == 404
        assert client.post("/tickets/TKT-001/desk", {"status": "over"}).status == 404
        assert client.post("/tickets/TKT-001/note", {"body": "x"}).status == 404
    assert "Desk" not in portal.client("own").get("/tickets/TKT-001").text


def test_a_note_leaves_no_trace_for_customers(portal):
    ben, own, boss = portal.client("agent"), portal.client("own"), portal.client("boss")
    turn(portal.client("admin"), assignee=portal.person("agent").public_id)
    portal.work()
    api = portal.client("own", token=True)
    paths = ("/tickets", "/tickets/TKT-001", "/", "/notifications", "/tickets?q=canary", "/search?q=canary")

    def seen():
        pages = [re.sub(r'value="[\w-]{20,}"', "", client.get(path).text)
                 for client in (own, boss) for path in paths]
        return pages, api.get("/api/v1/tickets").json, api.get("/api/v1/tickets/TKT-001/messages").json

    seen()
    before = seen()
    assert ben.post("/tickets/TKT-001/note", {"body": "The canary sings"}).status == 303
    portal.client("admin").post("/tickets/TKT-001/note", {"body": "The canary answers"})
    turn(ben, category="order")
    turn(ben, category="question")
    portal.work()
    assert seen() == before
    assert "left a note" in portal.letters_to("agent@example.com")[-1].as_string()
    assert not [one for one in portal.letters if "canary" in one.as_string()]
    assert "The canary sings" in ben.get("/tickets/TKT-001").text


def test_a_refused_note_keeps_its_words_and_never_becomes_a_reply(portal):
    ben = portal.client("agent")
    answer = ben.post("/tickets/TKT-001/note", {"body": ""})
    assert answer.status == 422
    assert len(portal.client("own", token=True).get("/api/v1/tickets/TKT-001/messages").json["items"]) == 1


def test_the_customer_beside_the_ticket_with_their_other_ones(portal):
    ask(portal, "own", "Another thing")
    page = portal.client("agent").get("/tickets/TKT-001").text
    assert "own@example.com" in page and "Alfreds Futterkiste" in page and "Another thing" in page
    assert "/tickets/new?requester=own%40example.com" in page.replace("%2540", "%40")


def test_search_and_pages_by_key(portal):
    for n in range(2, 29):
        ask(portal, "own", f"Number {n}")
    ben = portal.client("agent")
    first = ben.get("/inbox")
    assert len(rows(first)) == 25 and rows(first)[0] == "TKT-028"
    older = re.search(r'rel="next" href="([^"]+)"', first.text)[1].replace("&amp;", "&")
    second = ben.get(older)
    assert rows(second) == ["TKT-003", "TKT-002", "TKT-001"]
    newer = re.search(r'rel="prev" href="([^"]+)"', second.text)[1].replace("&amp;", "&")
    assert rows(ben.get(newer)) == rows(first)
    assert 'rel="prev"' not in ben.get(newer).text
    assert rows(ben.get("/inbox?before=nonsense")) == rows(first)
