"""Of several admins who act on each other at the same moment one stays, and only who is one still acts."""

import pytest

from core.builtin.bulk import people as acts
from core.data import directory, people, scope
from core.data import same_person as same
from core.data.db import transaction
from core.errors import ParlourError
from core.host import importing

FORM = {"name": "X", "email": "", "role": "customer", "feature_tickets": "company"}
SECOND = "second@acme.example"


@pytest.fixture
def two(inside):
    """Give two admins, the only ones, as (short, row)."""
    with inside.scope():
        row = people.add_person("Second", email=SECOND, role="admin", verified=True,
                                password=people.person(inside.person("admin").id).password)
    return [("admin", inside.person("admin")), (SECOND, row)]


def left(inside):
    with inside.scope():
        return [row for row in people.people(staff=True, active=True) if row.role == "admin"]


WAYS = {"demote": lambda row: ("", FORM | {"email": row.email}),
        "lock": lambda _row: ("/active", {"active": "off"}),
        "remove": lambda _row: ("/remove", {})}


@pytest.mark.parametrize("way", WAYS)
def test_two_admins_at_each_other_leave_one(inside, two, way):
    (one, first), (other, second) = two
    calls = []
    for short, target in ((one, second), (other, first)):
        (path, sent), client = WAYS[way](target), inside.client(short)
        calls.append(lambda client=client, to=f"/people/{target.public_id}{path}", sent=sent:
                     client.post(to, sent).status)
    found = inside.parallel(*calls)
    assert len(left(inside)) == 1, found
    assert sorted(found)[0] == 303


def stale(inside, call):
    """Do something as the second admin, whose request began before they lost their role."""
    with inside.scope("acme", SECOND) as asks:
        with inside.scope():
            people.change_person(people.by_address(SECOND).id, role="agent")
        with scope.enter(asks), pytest.raises(ParlourError), transaction():
            call()


@pytest.mark.parametrize("way", ["act", "import", "remove", "merge"])
def test_who_is_no_admin_any_more_takes_nobody_out(inside, two, way):
    target = two[0][1]
    with inside.scope():
        kept = people.add_person("Third", email="third@acme.example", role="admin", active=False)
    calls = {"act": lambda: acts.deactivate(target, {}), "remove": lambda: directory.remove_person(target.id),
             "import": lambda: importing.take_person({"known": str(target.id), "name": "X", "active": False}),
             "merge": lambda: same.merge(kept, target, {}, keep_address=False)}
    stale(inside, calls[way])
    assert [row.id for row in left(inside)] == [target.id]


def test_merging_the_last_admin_into_one_who_is_out_is_refused(inside):
    with inside.scope():
        kept = people.add_person("Third", email="third@acme.example", role="admin", active=False)
    agent = inside.person("agent")
    assert agent.role == "agent"
    with inside.scope("acme", "agent"), pytest.raises(ParlourError, match="look after the portal"):
        same.merge(kept, inside.person("admin"), {}, keep_address=False)
    assert left(inside)


def test_another_admin_still_goes(inside, two):
    answer = inside.client("admin").post(f"/people/{two[1][1].public_id}/remove")
    assert answer.status == 303
    assert [row.id for row in left(inside)] == [two[0][1].id]
