"""Two requests made one: everything in time order, nobody reads what they may not, the old address leads on."""

import re

import pytest

from core.data import conversation, joining, people
from core.data.access import find
from core.data.audit import acts
from core.data.db import door, transaction
from support.desk import PNG

pytestmark = pytest.mark.timeout(120)


def open_one(inside, who, subject, body, files=None):
    """Let somebody open a request, and give its path."""
    made = inside.client(who).post("/tickets/new", {
        "category": "problem", "subject": subject, "body": body, "priority": "normal"}, files)
    assert made.status == 303, made.text
    return made.location


def note(inside, path, body):
    assert inside.client("agent").post(f"{path}/note", {"body": body}).status == 303


def look(client, target, source):
    """Open the page that says what merging does, and give its text and mark."""
    page = client.get(f"/merge{target}?other={source[9:]}")
    mark = re.search(r'name="mark" value="([^"]+)"', page.text)
    return page.text, mark[1] if mark else ""


def merge(client, target, source, mark=None, **more):
    mark = mark if mark is not None else look(client, target, source)[1]
    return client.post(f"/merge{target}", {"other": source[9:], "mark": mark, **more})


def told(client, path):
    """Give the bodies of a conversation as programs read it."""
    items = client.get(f"/api/v1{path}/messages").json["items"]
    return [(one["body"], one.get("internal", False)) for one in items if one["kind"] == "message"]


def test_everything_moves_in_the_order_of_time_and_the_old_one_leads_on(inside):
    first = open_one(inside, "own", "Lamp broken", "It is dark.")
    second = open_one(inside, "own", "Lamp again", "Still dark.",
                      {"attachments": [("dark.png", PNG, "image/png")]})
    note(inside, second, "He is angry")
    assert inside.client("own").post(f"{first}/reply", {"body": "Hello?"}).status == 303
    agent = inside.client("agent")
    assert agent.post(f"/tasks/ticket/{second[9:]}", {"text": "Send a photo"}).status == 303
    text, mark = look(agent, first, second)
    assert "Whoever reads one of them may read the other" in text and "Still dark." in text
    done = merge(agent, first, second, mark)
    assert (done.status, done.location) == (303, first)
    keyed = inside.client("agent", token=True)
    assert told(keyed, first) == [("It is dark.", False), ("Still dark.", False), ("He is angry", True),
                                  ("Hello?", False)]
    own = inside.client("own")
    page = own.get(first).text
    assert "dark.png" in page and "Send a photo" in page and "He is angry" not in page
    assert f"merged {second[9:]} into this" in page
    moved = own.get(second)
    assert (moved.status, moved.location) == (303, first)
    assert keyed.get(f"/api/v1{second}").json["category"] == "closed"
    assert keyed.get(f"/api/v1{second}").json["merged_into"] == first[9:]
    assert "merged_into" not in inside.client("own", token=True).get(f"/api/v1{second}").json
    answered = own.post(f"{second}/reply", {"body": "A late answer"})
    assert (answered.status, answered.location) == (303, first)
    assert ("A late answer", False) in told(keyed, first) and told(keyed, second) == []
    late = inside.client("own", token=True).send_json("POST", f"/api/v1{second}/messages", {"body": "By program"})
    assert late.status == 201 and late.headers["location"].endswith(first)
    assert agent.post(f"{second}/note", {"body": "A late note"}).status == 303
    assert ("A late note", True) in told(keyed, first)
    assert agent.post(f"{second}/desk", {"status": "new"}).status == 409
    found = agent.get("/search?q=angry").text
    assert first[9:] in found and second[9:] not in found, "search knows where the words stand now"
    assert "angry" not in own.get("/search?q=angry").text.split('id="found"')[1].replace("“angry”", "")
    with inside.scope("acme"):
        act = next(row for row in acts() if row.act == "ticket.merged")
    assert act.subject == first[9:] and act.details["source"] == second[9:]


def test_what_others_may_not_read_comes_in_as_notes_alone(inside):
    mine = open_one(inside, "own", "Prices", "What does it cost?")
    theirs = open_one(inside, "stranger", "Prices too", "Our secret discount is 40 %.",
                      {"attachments": [("secret.png", PNG, "image/png")]})
    agent = inside.client("agent")
    text, mark = look(agent, mine, theirs)
    assert "Thomas Hardy" in text and "Maria Anders" in text and "may not read" in text
    assert "Ana Trujillo" in text, "who loses sight of it is named, too"
    assert merge(agent, mine, theirs, mark).status == 303
    keyed = inside.client("agent", token=True)
    bodies = told(keyed, mine)
    assert [internal for body, internal in bodies if "40 %" in body] == [True]
    for someone in ("own", "boss", "colleague"):
        client, program = inside.client(someone), inside.client(someone, token=True)
        page = client.get(mine)
        if page.status == 200:
            assert not any(word in page.text for word in ("40 %", "secret.png", theirs[9:]))
            assert not any("40 %" in body for body, _ in told(program, mine))
        assert client.get(theirs).status == 404
        assert "TKT-" not in client.get("/search?q=discount").text
    ana = inside.client("stranger")
    page = ana.get(theirs)
    assert page.status == 200 and "40 %" in page.text and mine[9:] not in page.text
    assert "put this together with another request" in page.text
    again = ana.post(f"{theirs}/reply", {"body": "And now?"})
    assert again.status == 303 and again.location not in (mine, theirs), "their answer begins a new one"
    assert all("And now?" not in body for body, _ in told(keyed, mine))
    assert ana.get(mine).status == 404


def test_only_said_aloud_do_others_read_it_and_notes_stay_notes(inside):
    mine = open_one(inside, "colleague", "Door", "The door squeaks.")
    theirs = open_one(inside, "own", "Door as well", "I hear it, too.")
    note(inside, theirs, "They complain a lot")
    agent = inside.client("agent")
    text, mark = look(agent, theirs, mine)
    assert "Thomas Hardy" in text and "may not read" in text and "Maria Anders may not" not in text
    assert merge(agent, theirs, mine, mark, show="on").status == 303
    page = inside.client("own").get(theirs).text
    assert "The door squeaks." in page and "They complain" not in page
    assert inside.client("own").get(mine).status == 404, "the words moved; the other request did not open up"


def test_nobody_gains_by_asking(inside):
    mine = open_one(inside, "own", "One", "First.")
    other = open_one(inside, "own", "Two", "Second.")
    theirs = open_one(inside, "stranger", "Three", "Third.")
    foreign = inside.client("other").post("/tickets/new", {
        "category": "problem", "subject": "Elsewhere", "body": "Not here.", "priority": "normal"}).location
    for who in ("own", "boss", "stranger", "loner"):
        client = inside.client(who)
        assert client.get(f"/merge{mine}").status == 404
        assert client.post(f"/merge{mine}", {"other": other[9:], "mark": "x"}).status == 404
    assert inside.guest().post(f"/merge{mine}", {"other": other[9:], "mark": "x"}).status in (303, 401)
    admin = inside.client("admin")
    assert admin.post(f"/merge{mine}", {"other": "TKT-99999", "mark": "x"}).status == 404
    assert merge(admin, mine, mine, "x").status == 409
    assert merge(admin, mine, other, "forged").status == 409, "nobody merges what they have not looked at"
    assert merge(admin, mine, theirs, look(admin, mine, other)[1], show="on").status == 409
    assert told(inside.client("admin", token=True), mine) == [("First.", False)]
    assert inside.client("other_admin").get(foreign).status == 200
    elsewhere = inside.client("other_admin").post(f"/merge{foreign}", {"other": other[9:], "mark": "x"})
    assert elsewhere.status == 404, "numbers of another portal mean nothing here"


def test_twice_and_two_at_once_is_once(inside):
    first, second = open_one(inside, "own", "A", "Aaa."), open_one(inside, "own", "B", "Bbb.")
    agent, admin = inside.client("agent"), inside.client("admin")
    there, back = look(agent, first, second)[1], look(admin, second, first)[1]
    answers = inside.parallel(lambda: merge(agent, first, second, there),
                              lambda: merge(admin, second, first, back))
    assert sorted(one.status for one in answers) == [303, 409]
    kept = first if agent.get(first).status == 200 else second
    gone = second if kept == first else first
    assert agent.get(gone).location == kept
    keyed = inside.client("agent", token=True)
    assert sorted(told(keyed, kept)) == [("Aaa.", False), ("Bbb.", False)]
    twice = merge(agent, kept, gone, there)
    assert twice.status in (303, 409) and len(told(keyed, kept)) == 2


def test_chains_lead_to_the_end(inside):
    first, second, third = (open_one(inside, "own", name, f"{name}!") for name in ("One", "Two", "Three"))
    agent = inside.client("agent")
    assert merge(agent, second, first).status == 303
    assert merge(agent, third, second).status == 303
    assert inside.client("own").get(first).location == third
    assert inside.client("own").post(f"{first}/reply", {"body": "Still me"}).location == third
    assert merge(agent, third, first, "x").status == 409


@pytest.mark.engines("sqlite")
def test_who_joined_later_does_not_read_what_was_before(inside):
    """The history window: an old request that goes into a new one carries no old words to newcomers."""
    old, new = open_one(inside, "own", "Old", "Long ago."), open_one(inside, "own", "New", "Today.")
    with inside.scope("acme"):
        moment = find("ticket", new[9:]).created
        people.change_person(inside.person("boss").id, visible_since=moment)
    with inside.scope("acme", "agent"):
        found = joining.readers(find("ticket", old[9:]), find("ticket", new[9:]))
        assert found.gained == ("Maria Anders",) and not found.harmless
    agent = inside.client("agent")
    assert merge(agent, new, old).status == 303
    assert "Long ago." not in inside.client("boss").get(new).text
    assert "Long ago." in inside.client("own").get(f"{old}?here=1").text
    with inside.scope("acme", "boss"):
        entries = conversation.entries(find("ticket", new[9:]), internal=False)
        assert all("Long ago" not in one.body for one in entries)


@pytest.mark.engines("sqlite")
def test_the_page_offers_what_is_near_and_finds_by_words(inside):
    first, second = open_one(inside, "own", "Lamp", "Dark."), open_one(inside, "own", "Torch", "Dark too.")
    other = open_one(inside, "stranger", "Candle", "Wax.")
    agent = inside.client("agent")
    near = agent.get(f"/merge{first}").text
    assert second[9:] in near and other[9:] not in near
    assert other[9:] in agent.get(f"/merge{first}?other=candle").text
    assert "Nothing here fits" in agent.get(f"/merge{first}?other=zzzz").text
    assert "Merge with another request" in agent.get(first).text
    assert "Merge with" not in inside.client("own").get(first).text


@pytest.mark.parametrize("role", ["", "agent"])
def test_of_more_than_a_thousand_the_last_by_name_is_seen(inside, role):
    """Who would read more is told, however many of their company or of the team come before them by name."""
    old, new = open_one(inside, "own", "Old", "Long ago."), open_one(inside, "own", "New", "Today.")
    with inside.scope("acme") as who, transaction():
        home, since = people.company("alfreds").id, find("ticket", new[9:]).created
        for number in range(1101):
            name = f"Aa {number}" if number < 1100 else "Zz Last"
            made = door(people.Person.insert(
                tenant=who.tenant_id, public_id=f"many-{number}", name=name, name_key=name.lower(), role=role,
                visible_since=None if number < 1100 else since), people.Person).execute()
            if not role:
                door(people.Membership.insert(person=made, company=home, role="company_admin"),
                     people.Membership).execute()
    with inside.scope("acme", "agent"):
        found = joining.readers(find("ticket", old[9:]), find("ticket", new[9:]))
    assert (found.team if role else found.gained) == ("Zz Last",)
