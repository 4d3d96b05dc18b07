"""Two people become one: everything moves, ways in end, nothing widens silently, and no table is forgotten."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from core.data import access, aliases, audit, conversation, credentials, db, dossier, factors, lines, people, proof
from core.data import same_person as same
from core.data.people import Membership
from core.errors import NotFound, Refused
from support.contract import Things

LATER = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.engines("sqlite")
def test_every_column_that_points_at_a_person_is_handled(inside):
    assert inside
    found = {(model._meta.table_name, field.name) for model, field in same.tables()}
    ours = {one for one in found if not one[0].startswith("test")}
    assert ours == set(same.HANDLED), "say in core/data/same_person.py what becomes of it when people are merged"


@pytest.mark.engines("sqlite")
def test_every_column_of_a_plugin_that_names_a_person_is_marked(inside):
    assert inside
    named = re.compile(r"assignee|person|voter|owner|reader|member|requester|author_id")
    wrong = []
    for model in same._below(db.TenantBase):
        if issubclass(model, lines.Line | access.Record.__mro__[1]) and "parlour_plugins" in model.__module__:
            known = dict(getattr(model._meta, "people", ()))
            wrong += [f"{model.__name__}.{field.name}" for field in model._meta.sorted_fields
                      if named.fullmatch(field.name) and field.name not in known]
    assert not wrong, "give the model's Meta people = ((column, pattern),)"


def pair(inside, **gone):
    with inside.scope():
        twin = people.add_person("T. Hardy", email="twin@example.com", verified=True,
                                 password=credentials.hash_password("quiet rivers run deep"), **gone)
        people.join(twin.id, people.company("horn").id, "company_user")
    return inside.person("own"), twin


def form(inside, kept, gone, **more):
    with inside.scope():
        seen = same.preview(kept, gone, same.values(kept, gone, {}))
    return {"with": gone.public_id, "seen": seen.mark, "keep_address": "true", **more}


def test_everything_moves_and_every_way_in_ends(inside):
    kept, gone = pair(inside)
    things = Things(inside)
    with inside.scope():
        who = access.scope.current().tenant_id
        ticket = access.add("ticket", title="Twin's own", number=900, state="open", person=gone.id,
                            company=people.company("horn").id)
        other = things.ticket("acme", "own", "alfreds")
        aliases.remember("person", "crm/17", str(gone.id), "d")
        dossier.keep(gone.id, external="X-17", notes="Rings at noon.")
        dossier.keep(kept.id, notes="Likes tea.")
        conversation.mark_read(ticket, gone.id)
        conversation.mark_read(other, gone.id)
        conversation.mark_read(other, kept.id)
        credentials.make_token("api", gone.id, lasts=timedelta(days=1))
    with inside.scope("acme", "twin@example.com"):
        entry = conversation.add_entry(ticket, "I wrote this")
    theirs = inside.client("twin@example.com")
    key = inside.client("twin@example.com", token=True)
    assert theirs.get("/tickets").status == 200
    assert key.get("/api/v1/tickets").status == 200
    answer = inside.client("admin").post(f"/people/{kept.public_id}/merge", form(inside, kept, gone))
    assert (answer.status, answer.location) == (303, f"/people/{kept.public_id}")
    assert theirs.get("/account").location.startswith("/sign-in")
    assert key.get("/api/v1/tickets").status == 401
    assert inside.person("twin@example.com") is None
    with inside.scope():
        moved = access.find("ticket", 900)
        assert moved.person_id == kept.id
        assert {row.author_id for row in conversation.entries(moved, internal=True) if row.public_id
                == entry.public_id} == {kept.id}
        assert {m.identifier for m in people.memberships([kept.id])[kept.id]} == {"alfreds", "horn"}
        assert aliases.known("person", "crm/17").internal == str(kept.id)
        known = dossier.of(kept.id)
        assert (known.external, known.notes) == ("X-17", "Likes tea.\n\nRings at noon.")
        assert same.inbound("TWIN@example.com").id == kept.id
        assert same.addresses(kept.id) == ["twin@example.com"]
        assert people.person(gone.id).removed
        assert not factors.passkeys(gone.id)
        act = next(row for row in audit.acts() if row.act == "person.merged")
        assert (act.subject, act.details["was"]) == (kept.public_id, gone.public_id)
        assert proof.verify().ok
        people.add_person("Somebody new", email="twin@example.com")
        assert same.inbound("twin@example.com").name == "Somebody new", "a person of their own comes first"
    own = inside.client("own")
    assert own.get("/tickets/900").status == 200
    assert who
    forget = {"address": "twin@example.com"}
    assert inside.client("admin").post(f"/people/{kept.public_id}/addresses/forget", forget).status == 303
    with inside.scope():
        assert same.addresses(kept.id) == []


def test_votes_of_both_become_one(inside):
    kept, gone = pair(inside)
    with inside.scope():
        marked = {(model._meta.table_name, column) for model, column, _pattern in same.marked()}
        assert {("kb_vote", "voter"), ("tickets_ticket", "assignee")} <= marked
        vote = next(model for model, column, _p in same.marked() if column == "voter")
        record = Things(inside).ticket("acme", "own", "alfreds")
        tenant = access.scope.current().tenant_id
        for voter in (f"p{kept.id}", f"p{gone.id}", "bother"):
            made = vote.insert(tenant=tenant, record=record.id, voter=voter, helpful=True, created=1)
            db.door(made, vote).execute()
        same.merge(kept, gone, {}, keep_address=False)
        found = {row.voter for row in db.fetch(db.door(vote.select(vote.voter), vote))}
        assert found == {f"p{kept.id}", "bother"}
        assert same.addresses(kept.id) == []


def test_limits_stay_and_what_widens_is_said(inside):
    kept, gone = pair(inside, own_only=True, visible_since=LATER, features={"tickets": True})
    admin = inside.client("admin")
    page = admin.get(f"/people/{kept.public_id}/merge?with={gone.public_id}").text
    assert "Thomas Hardy will see more" in page
    assert "As of Around the Horn" in page
    with inside.scope():
        people.change_person(kept.id, visible_since=LATER - timedelta(days=9), features={"tickets": False})
        kept = people.person(kept.id)
        chosen = same.values(kept, gone, {"features": "gone", "visible_since": "kept"})
        wider = same.preview(kept, gone, chosen).wider
        assert wider == ("Tickets",)
        same.merge(kept, gone, {}, keep_address=False)
        row = people.person(kept.id)
    assert (row.own_only, row.visible_since, row.features) == (True, LATER, {"tickets": False})


def test_in_a_company_of_both_the_role_of_who_stays_counts(inside):
    kept, gone = pair(inside)
    with inside.scope():
        people.join(gone.id, people.company("alfreds").id, "company_admin")
        same.merge(kept, gone, {}, keep_address=False)
        roles = {m.identifier: m.role for m in people.memberships([kept.id])[kept.id]}
        assert roles == {"alfreds": "user", "horn": "company_user"}
        assert not db.fetch(db.door(Membership.select(Membership.id), Membership).where(
            Membership.person == gone.id))


def test_nothing_that_was_not_shown_is_widened(inside):
    kept, gone = pair(inside)
    sent = form(inside, kept, gone)
    with inside.scope():
        people.join(gone.id, people.company("alfreds").id, "company_admin")
        people.add_company("New one", "new-one")
        people.join(gone.id, people.company("new-one").id, "company_admin")
    answer = inside.client("admin").post(f"/people/{kept.public_id}/merge", sent)
    assert answer.status == 422
    assert "has changed" in answer.text
    assert inside.person("twin@example.com")


@pytest.mark.parametrize(("kept", "gone"), [("own", "agent"), ("agent", "own"), ("agent", "admin"),
                                            ("own", "own"), ("agent", "agent")])
@pytest.mark.engines("sqlite")
def test_staff_and_customers_ranks_and_oneself_never(inside, kept, gone):
    rows = inside.person(kept), inside.person(gone)
    answer = inside.client("admin").post(f"/people/{rows[0].public_id}/merge", form(inside, *rows))
    assert answer.status == 422
    with inside.scope(), pytest.raises((Refused, NotFound)):
        same.merge(*rows, {}, keep_address=True)
    assert inside.person(kept) == rows[0]
    assert inside.person(gone) == rows[1]


@pytest.mark.engines("sqlite")
def test_nobody_of_another_tenant_and_nobody_but_admins(inside):
    own, twin = pair(inside)
    other = inside.person("other")
    sent = {"with": other.public_id, "seen": "x"}
    assert inside.client("admin").post(f"/people/{own.public_id}/merge", sent).status == 404
    assert inside.client("admin").get(f"/people/{own.public_id}/merge?with={other.public_id}").status == 404
    for short in ("agent", "boss", "own", "other_admin"):
        answer = inside.client(short).post(f"/people/{own.public_id}/merge", form(inside, own, twin))
        assert answer.status == 404, short
    with inside.scope(), pytest.raises(NotFound):
        same.merge(own, other, {}, keep_address=True)
    assert inside.person("other") == other


def test_of_two_merges_at_once_one_counts(inside):
    kept, gone = pair(inside)

    def run(a, b):
        def call():
            with inside.scope():
                same.merge(a, b, {}, keep_address=False)
        return call

    found = inside.parallel(run(kept, gone), run(gone, kept))
    assert sorted(type(one).__name__ for one in found) == ["NoneType", "NotFound"], found
    with inside.scope():
        left = [one for one in (people.person(kept.id), people.person(gone.id)) if not one.removed]
    assert len(left) == 1
