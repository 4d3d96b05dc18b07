"""What is made and changed goes through the door too: nothing lands where its author may not reach."""

from dataclasses import replace

import pytest

from core.data import access, db, records
from core.errors import Conflict, DoorError, NotFound, Refused
from support import door
from support.oracle import Human

USER = Human("me", "acme", joined={"north": ("user", 5)})
COLLEAGUE = Human("friend", "acme", joined={"north": ("company_user", 5)})
BOTH = Human("me", "acme", joined={"north": ("company_admin", 5), "south": ("company_admin", 5)})
CLERK = Human("clerk", "acme", staff="agent")
WORLD = door.calm()


@pytest.fixture
def rows(engine, databases):
    door.connect(databases.copy(engine, "door", door.fill))
    yield door.read()
    door.disconnect()


def as_(rows, human, world=WORLD, tenant="acme"):
    return door.asking(rows, world, tenant, human)


def dump(tenant):
    return sorted(db.db.run(f"SELECT * FROM record WHERE tenant_id = {tenant}", ()).fetchall())


def key(rows, **wanted):
    wanted = {"tenant": "acme", "feature": "tickets", "company": "north", "owner": "me", "audience": "private",
              "made": 20} | wanted
    (found,) = [thing.key for thing in rows.things.values()
                if all(getattr(thing, name) == value for name, value in wanted.items())]
    return found


REFUSED = {
    "company of others": (USER, {"company": "south"}),
    "company of another tenant": (USER, {"company": "east"}),
    "company that never was": (USER, {"company": 999_999}),
    "for a colleague": (COLLEAGUE, {"company": "north", "person": "me"}),
    "for somebody of another tenant": (USER, {"company": "north", "person": "you"}),
    "for everybody": (USER, {"company": "north", "audience": "public"}),
    "for everybody signed in": (USER, {"audience": "customers"}),
    "for the staff": (USER, {"company": "north", "audience": "staff"}),
    "with a number of one's own": (USER, {"number": 4711}),
    "staff, company of another tenant": (CLERK, {"company": "east"}),
    "staff, company that never was": (CLERK, {"company": 999_999}),
    "staff, person of another tenant": (CLERK, {"company": "north", "person": "you"}),
    "own-only staff for others": (replace(CLERK, own_only=True), {"company": "north", "person": "me"}),
    "inactive": (replace(USER, active=False), {"company": "north"}),
    "hidden from the person": (replace(USER, features={"tickets": False}), {"company": "north"}),
}


def placed(rows, given):
    found = dict(given)
    for name, keys in (("company", rows.companies), ("person", rows.people)):
        if name in found and isinstance(found[name], str):
            found[name] = keys[found[name]]
    return found


@pytest.mark.parametrize("name", REFUSED)
def test_a_record_is_not_made_where_it_may_not_be(rows, name):
    human, given = REFUSED[name]
    before = dump(rows.tenants["acme"]), dump(rows.tenants["globex"])
    with as_(rows, human), pytest.raises(Refused):
        access.add("ticket", title="x", **placed(rows, given))
    assert (dump(rows.tenants["acme"]), dump(rows.tenants["globex"])) == before


FOREIGN = [{"tenant": 2}, {"kind": "article"}, {"id": 1}, {"version": 9}, {"staff_version": 9}, {"tenant_id": 2}]


@pytest.mark.parametrize("given", FOREIGN, ids=lambda given: next(iter(given)))
def test_columns_of_the_door_are_nobody_elses(rows, given):
    with as_(rows, USER):
        mine = access.add("ticket", title="x", company=rows.companies["north"])
        with pytest.raises((DoorError, TypeError)):
            access.add("ticket", title="x", company=rows.companies["north"], **given)
        with pytest.raises((DoorError, Conflict)):  # `version` says what the change was made on
            access.change("ticket", mine.id, "edit", **given)
        with pytest.raises(DoorError):
            access.change("ticket", mine.id, "edit", number=7)


def test_a_body_keeps_to_its_record(rows):
    theirs = key(rows, tenant="globex", company="east", owner="you")
    with as_(rows, USER):
        with pytest.raises(DoorError):
            access.add("ticket", title="x", body={"record": theirs, "text": "mine now"})
        mine = access.add("ticket", title="x", body={"text": "hello"})
        assert mine.text == "hello"
        with pytest.raises(DoorError):
            access.change("ticket", mine.id, "edit", body={"record": theirs})


@pytest.mark.parametrize("given", [{"audience": "world"}, {"category": "paid"}])
def test_unknown_words_are_not_stored(rows, given):
    with as_(rows, CLERK):
        with pytest.raises(DoorError):
            access.add("ticket", title="x", **given)
        with pytest.raises(DoorError):
            access.change("ticket", key(rows), "edit", **given)


def test_what_is_allowed_is_made(rows):
    with as_(rows, USER):
        alone = access.add("ticket", title="mine")
        shared = access.add("ticket", title="ours", company=rows.companies["north"], audience="company")
        assert (alone.person_id, alone.company_id) == (rows.people["me"], None)
        assert (shared.person_id, shared.audience) == (rows.people["me"], "company")
        assert access.find("ticket", shared.number).id == shared.id
        assert access.add("article", title="for all", audience="customers").audience == "customers"
    with as_(rows, CLERK):
        made = access.add("ticket", title="for them", company=rows.companies["south"],
                          person=rows.people["friend"])
        assert (made.company_id, made.person_id) == (rows.companies["south"], rows.people["friend"])
        nobodys = access.add("ticket", title="nobody's", audience="staff")
        assert (nobodys.company_id, nobodys.person_id) == (None, None)


def test_beyond_ones_company_even_what_is_for_all_is_not_made_for_others(rows):
    with as_(rows, USER), pytest.raises(Refused):
        access.add("article", title="x", company=rows.companies["south"], audience="customers")


MOVES = {
    "to a company of others": (USER, {"company": "south"}),
    "to a company of another tenant": (USER, {"company": "east"}),
    "to somebody else": (USER, {"person": "friend"}),
    "to somebody of another tenant": (CLERK, {"person": "you"}),
    "to another tenant's company": (CLERK, {"company": "east"}),
    "to everybody": (USER, {"audience": "public"}),
    "to the staff": (USER, {"audience": "staff"}),
    "to a company where one is less": (
        replace(BOTH, joined={"north": ("company_admin", 5), "south": ("user", 5)}), {"company": "south"}),
}


@pytest.mark.parametrize("name", MOVES)
def test_a_record_is_not_moved_out_of_reach(rows, name):
    human, given = MOVES[name]
    mine = key(rows, owner="friend") if name.endswith("less") else key(rows)
    before = dump(rows.tenants["acme"]), dump(rows.tenants["globex"])
    with as_(rows, human), pytest.raises(Refused):
        access.change("ticket", mine, "edit", **placed(rows, given))
    assert (dump(rows.tenants["acme"]), dump(rows.tenants["globex"])) == before


def test_a_record_moves_where_both_ends_are_ones_own(rows):
    with as_(rows, BOTH):
        moved = access.change("ticket", key(rows, owner="friend"), "edit", company=rows.companies["south"])
        assert moved.company_id == rows.companies["south"]
    with as_(rows, CLERK):
        assert access.change("ticket", key(rows), "edit", person=rows.people["friend"]).person_id == \
            rows.people["friend"]


OUT_OF_REACH = [{"owner": "friend"}, {"company": "south"}, {"tenant": "globex", "company": "east", "owner": "you"},
                {"audience": "staff"}]


@pytest.mark.parametrize("wanted", OUT_OF_REACH, ids=str)
def test_what_is_out_of_reach_is_not_there_to_change(rows, wanted):
    theirs = key(rows, **wanted)
    before = dump(rows.tenants["acme"]), dump(rows.tenants["globex"])
    with as_(rows, USER):
        for call in (lambda: access.change("ticket", theirs, "edit", title="x"),
                     lambda: access.remove("ticket", theirs, "edit"),
                     lambda: access.change("ticket", 10**12, "edit", title="x")):
            with pytest.raises(NotFound):
                call()
    assert (dump(rows.tenants["acme"]), dump(rows.tenants["globex"])) == before


def test_to_see_is_not_to_act(rows):
    """Seen but not theirs to change is refused; neither seen nor theirs is not there."""
    roles = WORLD.roles | {("tickets", "edit"): {"company_user": "own", "company_admin": "company"}}
    with as_(rows, COLLEAGUE, replace(WORLD, roles=roles)):
        number = rows.numbers[key(rows, owner="me")]
        assert access.find("ticket", number)
        with pytest.raises(Refused):
            access.find("ticket", number, "edit")
        hidden = rows.numbers[key(rows, company="south", owner="me")]
        for wanted in (hidden, 10**9, f"TKT-{hidden:03d}", "ART-001", "0", "-1", "1e3", "١", ""):
            with pytest.raises(NotFound):
                access.find("ticket", wanted, "edit")


def test_removing_takes_all_that_hangs_on_it(rows):
    with as_(rows, CLERK, replace(WORLD, roles=WORLD.roles | {("tickets", "edit"): {"agent": "all"}})):
        mine = key(rows)
        assert mine in rows.files
        access.remove("ticket", mine, "edit")
        assert access.by_id("ticket", mine) is None
    for table in ("file", "tickets_wish"):
        assert not db.db.run(f"SELECT 1 FROM {table} WHERE record_id = {mine}", ()).fetchall()


def test_numbers_from_elsewhere_do_not_come_twice(rows):
    with as_(rows, CLERK):
        assert access.add("ticket", title="imported", number=5000).number == 5000
        assert access.add("ticket", title="next").number == 5001
        assert records.take_number("ticket", 4000) == 4000
        assert access.add("ticket", title="next").number == 5002
