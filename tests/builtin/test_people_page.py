"""One person: ways in, what they have and why, history, identifier, notes, activity; and the list in bulk."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from core.data import access, conversation, credentials, db, dossier, gather, modules, people
from support.contract import Things
from support.inside import ADDRESS, text_of
from support.pages import ALL_ON

pytestmark = pytest.mark.engines("sqlite")  # what the engines do otherwise is tried in test_people_list.py


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"features": ALL_ON})


def path(inside, short, tail=""):
    return f"/people/{inside.person(short).public_id}{tail}"


def details(row, **changes):
    return {"name": row.name, "email": row.email or "", "login": "", "role": row.role or "customer",
            "feature_tickets": "company", "feature_kb": "company", **changes}


def test_history_is_everything_a_day_or_only_what_is_new(inside):
    admin, row = inside.client("admin"), inside.person("own")
    before = db.now()
    assert admin.post(path(inside, "own"), details(row, history="new")).status == 303
    assert before <= inside.person("own").visible_since <= db.now()
    kept = inside.person("own").visible_since
    day = kept.date().isoformat()
    admin.post(path(inside, "own"), details(row, history="date", visible_since=day, name="Tom"))
    assert inside.person("own").visible_since == kept, "the same day keeps its hour"
    admin.post(path(inside, "own"), details(row, history="date", visible_since="2026-02-03"))
    assert inside.person("own").visible_since == datetime(2026, 2, 3, tzinfo=UTC)
    wrong = admin.post(path(inside, "own"), details(row, history="date"))
    assert wrong.status == 422
    assert "f-visible_since-error" in wrong.text
    admin.post(path(inside, "own"), details(row, history="all", visible_since="2026-02-03"))
    assert inside.person("own").visible_since is None


def test_a_link_for_a_new_password_is_sent_by_admins_alone(inside):
    assert inside.client("agent").post(path(inside, "own", "/reset")).status == 404
    assert inside.client("admin").post(path(inside, "own", "/reset")).status == 303
    (letter,) = inside.letters_to(ADDRESS["own"])
    link = re.search(r"/reset/[\w-]+", text_of(letter))[0]
    assert inside.guest().get(link).status == 200
    with inside.scope():
        people.change_person(inside.person("own").id, active=False)
    assert inside.client("admin").post(path(inside, "own", "/reset")).status == 422


def test_too_many_tries_are_shown_and_forgiven(portal_inside):
    inside = portal_inside({"security": {"tries": 3}})
    for _turn in range(4):
        inside.guest().post("/sign-in", {"email": ADDRESS["own"], "password": "wrong"})
    assert inside.guest().post("/sign-in", {"email": ADDRESS["own"], "password": "x"}).status == 429
    admin = inside.client("admin")
    assert "Too many tries" in admin.get(path(inside, "own")).text
    assert admin.post(path(inside, "own", "/unlock")).status == 303
    assert "Too many tries" not in admin.get(path(inside, "own")).text
    assert inside.guest().post("/sign-in", {"email": ADDRESS["own"], "password": "wrong"}).status == 422


def test_identifier_and_link_to_the_crm(portal_inside):
    inside = portal_inside({"fields": {"person_link": "https://crm.example.com/c/{id}"}})
    admin = inside.client("admin")
    assert admin.post(path(inside, "own", "/about"), {"external": "A 7/9"}).status == 303
    assert 'href="https://crm.example.com/c/A%207%2F9"' in admin.get(path(inside, "own")).text
    taken = admin.post(path(inside, "boss", "/about"), {"external": "A 7/9"})
    assert taken.status == 422
    assert "Somebody else has this identifier" in taken.text
    assert admin.post(path(inside, "own", "/about"), {"external": ""}).status == 303
    assert admin.post(path(inside, "boss", "/about"), {"external": "A 7/9"}).status == 303


def test_notes_are_the_teams_alone(inside):
    agent = inside.client("agent")
    assert agent.post(path(inside, "own", "/notes"), {"notes": "Kanarienvogel <b>"}).status == 303
    assert "Kanarienvogel &lt;b&gt;" in agent.get(path(inside, "own")).text
    assert inside.client("boss").post(path(inside, "own", "/notes"), {"notes": "x"}).status == 404
    own, boss = inside.client("own"), inside.client("boss")
    for one in (own, boss):
        for place in ("/", "/account", "/account/security", f"/account/company/alfreds/people/"
                      f"{inside.person('own').public_id}"):
            assert "Kanarienvogel" not in one.get(place).text
    assert "Kanarienvogel" not in own.get("/api/v1/tickets").text


def test_what_somebody_has_and_why(portal_inside):
    inside = portal_inside({"companies": {"alfreds": {"features": {"tickets": False}}}})
    with inside.scope():
        found = {one.id: (one.on, one.why) for one in modules.of(people.who(inside.person("own")))}
        assert found["tickets"] == (False, "company")
        people.change_person(inside.person("own").id, features={"tickets": True, "kb": False})
        found = {one.id: (one.on, one.why) for one in modules.of(people.who(inside.person("own")))}
        assert (found["tickets"], found["kb"]) == ((True, "person"), (False, "person"))
        people.join(inside.person("colleague").id, people.company("horn").id)
        some = {one.id: one for one in modules.of(people.who(inside.person("colleague")))}["tickets"]
        assert (some.on, some.why, some.companies) == (True, "some", ("Alfreds Futterkiste",))
    page = inside.client("agent").get(path(inside, "colleague")).text
    assert "on, but not for Alfreds Futterkiste" in page
    assert f"/people/explain?person={ADDRESS['colleague'].replace('@', '%40')}" in page


def test_activity_goes_through_the_door(inside):
    things = Things(inside)
    with inside.scope():
        mine = things.ticket("acme", "own", "alfreds")
        written = things.ticket("acme", "stranger", "horn")
    with inside.scope("acme", "own"):
        conversation.add_entry(written, "I wrote here, somehow")
    for number in range(30):
        things.ticket("acme", "own", "alfreds")
        assert number >= 0
    agent = inside.client("agent")
    first = agent.get(path(inside, "own", "/activity"))
    older = first.text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = agent.get(older).text
    seen = set(re.findall(r'data-record="(ticket/[\w-]+)"', first.text + second))
    assert len(seen) == 32
    assert {f"ticket/TKT-{one.number:03d}" for one in (mine, written)} <= seen
    for drawn in (first.text, second, agent.get(path(inside, "own")).text):
        shown = re.findall(r'data-record="ticket/([\w-]+)">\s*<a href="([^"]*)"', drawn)
        assert shown and all(href == f"/tickets/{number}" for number, href in shown)
    with inside.scope():
        people.change_person(inside.person("agent").id, own_only=True)
    assert 'data-record="ticket/' not in agent.get(path(inside, "own", "/activity")).text
    inside.guest().post("/sign-in", {"email": ADDRESS["own"], "password": "wrong"})
    assert "wrong password" in agent.get(path(inside, "own", "/activity?what=sign-ins&before=x")).text


def test_last_seen_is_kept_and_shown(inside):
    admin = inside.client("admin")
    assert "never signed in" in admin.get(path(inside, "own")).text
    guest = inside.guest()
    guest.post("/sign-in", {"email": ADDRESS["own"], "password": "quiet rivers run deep"})
    assert "last here" in admin.get(path(inside, "own")).text
    with inside.scope() as who:
        earlier = db.now() - timedelta(hours=2)
        db.door(dossier.Dossier.update(seen=earlier), dossier.Dossier).execute()
        dossier.was_here(who.tenant_id, inside.person("own").id)
        assert dossier.of(inside.person("own").id).seen > earlier + timedelta(hours=1)


def test_a_list_narrowed_by_role_and_company_acts_on_no_more_than_it_shows(inside):
    with inside.scope("acme", "admin"):
        names = {row.name for row in people.people(gather.people({"role": "company_admin", "company": "horn"}))}
        assert names == {"Hanna Moos"}
        assert len(list(gather.people({"who": "staff"}))) == 2


@pytest.mark.parametrize("place", ["", "/activity", "/activity?what=sign-ins", "/merge"])
def test_pages_ask_the_database_a_bounded_number_of_times(inside, place):
    with inside.scope():
        for number in range(40):
            row = people.add_person(f"Thomas {number}", login=f"t.{number}")
            credentials.make_token("invite", row.id, lasts=timedelta(days=1))
    things = Things(inside)
    for _turn in range(10):
        things.ticket("acme", "own", "alfreds")
    admin, address = inside.client("admin"), path(inside, "own", place)
    admin.get(address)
    asked = []
    real = db.db.obj.run
    db.db.obj.run = lambda sql, params: asked.append(sql) or real(sql, params)
    try:
        assert admin.get(address).status == 200
    finally:
        del db.db.obj.run
    assert len(asked) <= 32, "\n".join(sql[:150] for sql in asked)
    assert access
