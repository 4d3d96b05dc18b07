"""T02, T05, T06, N02, N03: nobody meets a mark of another tenant, another company or the staff, anywhere."""

import re

import pytest

from core.data import conversation
from support.canaries import STAFF, Canaries, crawl, dump
from support.contract import ACTORS, Things, ask, asker, rows
from support.inside import ADDRESS, TENANT
from support.needs import LONG, ROOT
from support.pages import ALL_ON

ASKING = ("own", "colleague", "boss", "stranger", "horn_boss", "loner", "other", "agent", "other_admin")
ONCE = re.compile(r'name="_once" value="[^"]+"')
VOLATILE = {"x-request-id", "date", "set-cookie"}


ONE_ENGINE = pytest.mark.engines("sqlite", *(["postgresql"] if LONG else []))
"""For what is long: that the engines answer alike is shown where the door is."""


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"features": ALL_ON})


@pytest.fixture
def birds(inside):
    made = Canaries(inside)
    inside.work()
    return made


@ONE_ENGINE
def test_every_page_of_everybody_is_free_of_others_marks(birds):
    """The crawl: all addresses of everybody, and all that their pages link to, as each person and a guest."""
    starts, met = birds.addresses(), set()
    for short in ("", *ASKING):
        client = birds.inside.client(short) if short else birds.inside.guest()
        for path, answer in crawl(client, starts, 1000 if LONG else 160):
            assert answer.status < 500, (short, path)
            assert not birds.leaks(short, answer), (short, path)
            met |= {mark for mark, seen in birds.marks.items() if short in seen and mark in answer.text}
    unseen = {mark for mark in birds.marks if mark.startswith("canary")} - met
    assert not unseen, "the crawl is worth something only if each mark is met by those who may see it"


@pytest.mark.parametrize("short", ASKING)
def test_keys_of_the_api_show_no_more(birds, short):
    client = birds.inside.client(short, token=True)
    for path in birds.addresses():
        if path.startswith(("/api/", "/files/")):
            assert not birds.leaks(short, client.get(path)), path
    found = client.get("/api/v1/tickets").json["items"]
    mine = [mark for mark in birds.marks if short in birds.marks[mark]]
    assert {item["title"] for item in found} <= set(mine)
    assert len(found) == {"own": 1, "colleague": 2, "boss": 2, "stranger": 1, "horn_boss": 1, "loner": 1,
                          "other": 1, "agent": 4, "other_admin": 1}[short]


@pytest.mark.parametrize("short", ["own", "boss", "loner"])
def test_what_others_have_changes_nothing_one_can_see(birds, short):
    """N03, T12: pages, counts, order, versions and headers are the same with and without what is not one's own."""
    inside = birds.inside

    def seen():
        page, program = inside.client(short), inside.client(short, token=True)
        number = birds.tickets["acme", "loner" if short == "loner" else "own"][0].number
        asked = [page.get(path) for path in ("/", "/tickets", "/search?q=canary", f"/tickets/{number}",
                                             "/notifications", "/tickets?q=canary")]
        asked += [program.get(path) for path in ("/api/v1/tickets", f"/api/v1/tickets/{number}",
                                                 f"/api/v1/tickets/{number}/messages")]
        return [(a.status, ONCE.sub("", a.text), {k: v for k, v in a.headers.items() if k not in VOLATILE})
                for a in asked]

    seen()  # what is read is read
    before = seen()
    birds.ticket("acme", "stranger", "horn")
    birds.ticket("globex", "other", "cairo")
    with inside.scope("acme", "agent"):
        for row in (birds.tickets["acme", "own"][0], birds.tickets["acme", "loner"][0]):
            note = conversation.add_entry(row, birds.mark(STAFF["acme"]), internal=True)
            birds.attach(row, note, STAFF["acme"], internal=True)
    inside.work()
    assert seen() == before


def test_mail_holds_no_mark_its_reader_may_not_see(birds):
    """T12: the worker told everybody; no letter carries more than its reader sees on a page."""
    letters = birds.inside.letters
    assert letters
    for letter in letters:
        readers = [short for short, address in ADDRESS.items() if address in str(letter["To"])]
        assert len(readers) == 1
        text = letter.as_string() + "".join(
            part.get_content() for part in letter.walk() if part.get_content_maintype() == "text")
        assert not [mark for mark in birds.forbidden(readers[0]) if mark in text]


MATRIX = [row for row in rows(ROOT / "tests" / "contract" / "matrix.csv") if row.changes]


@ONE_ENGINE
def test_nothing_of_another_tenant_changes_whatever_is_sent(inside):
    """Every route that changes something, as everybody of one tenant, with the other tenant's things."""
    things = Things(inside)
    asked = [(row, things.fill(row.path, "other_tenant", fresh=False), things.fill(row.send, "other_tenant",
                                                                                   fresh=False))
             for row in MATRIX if row.whose == "other_tenant"]
    before = dump("globex")
    assert len(asked) > 20
    for row, path, send in asked:
        for actor, short in ACTORS.items():
            if TENANT.get(short) == "globex":
                continue
            answer = ask(asker(inside, actor, api=row.api), row, path, send)
            assert answer.status in (303, 401, 404), (row, actor)
    assert dump("globex") == before


def test_numbers_and_keys_are_not_each_other(inside):
    """T02: the number of one tenant's record never opens another's, nor does the key of its row."""
    birds = Canaries(inside)
    (theirs,) = birds.tickets["globex", "other"]
    (mine,) = birds.tickets["acme", "own"]
    assert (theirs.number, mine.number) == (1, 1)
    assert theirs.id != theirs.number
    assert birds.inside.client("other").get("/tickets/1").status == 200
    for path in (f"/tickets/{theirs.id}", f"/api/v1/tickets/{theirs.id}", f"/tickets/{mine.id + 4}"):
        for short in ("own", "boss"):
            client = inside.client(short, token=path.startswith("/api"))
            never = client.get(path.replace(path.rsplit("/", 1)[1], "99999"))
            assert client.get(path).text == never.text


def test_nested_addresses_hold_only_what_belongs_together(inside):
    """T06: a person of another company below one's own, a company somebody is not in below them."""
    boss, admin = inside.client("boss"), inside.client("admin")
    for short in ("stranger", "loner", "agent", "other"):
        theirs = inside.person(short).public_id
        path = f"/account/company/alfreds/people/{theirs}"
        assert boss.get(path).status == 404
        for act in ("", "/remove"):
            assert boss.post(path + act, {"role": "company_admin"}).status == 404
    own = inside.person("own").public_id
    assert boss.get(f"/account/company/horn/people/{inside.person('stranger').public_id}").status == 404
    assert boss.get(f"/account/company/alfreds/people/{own}").status == 200
    before = dump("acme")["membership"]
    for company in ("horn", "cairo", "nowhere"):
        answer = admin.post(f"/people/{own}/companies/{company}/remove")
        assert answer.status in (303, 404)
    assert admin.post(f"/people/{own}/companies", {"company": "cairo", "role": "user"}).status in (404, 422)
    assert dump("acme")["membership"] == before


def test_mixed_lists_take_only_ones_own(inside):
    """T05: a team's members, an assignee and a company of another tenant are not taken along."""
    admin = inside.client("admin")
    theirs, ours = inside.person("other_admin").public_id, inside.person("agent").public_id
    before = dump("globex")
    admin.post("/people/teams", {"name": "Mixed"})
    admin.post("/people/teams/mixed", {"name": "Mixed", "members": [ours, theirs, "nobody"]})
    birds = Canaries(inside)
    before_globex = dump("globex")
    number = birds.tickets["acme", "own"][0].number
    for assignee in (theirs, ADDRESS["other_admin"]):
        answer = admin.post(f"/tickets/{number}/desk", {"assignee": assignee})
        assert answer.status in (404, 422)
        assert ADDRESS["other_admin"] not in admin.get(f"/tickets/{number}").text
    assert dump("globex") == before_globex
    assert before.keys() == before_globex.keys()
    rows_of_team = dump("acme")["team_member"]
    assert not any(f", {inside.person('other_admin').id})" in row for row in rows_of_team)
