"""One act on many: seen before it happens, nobody else's touched, each accounted for, and taken back."""

from __future__ import annotations

import time

import pytest

from core.data import access, audit, credentials, errands, people
from core.data.db import fetch
from core.work import bulk
from support.tables import go, tally


def ids(desk, *shorts):
    with desk.scope():
        return [people.by_address(f"{short}@example.com").public_id for short in shorts]


def ask(desk, client, path, act, chosen=(), **form):
    answer = client.post(path, {"id": list(chosen), "act": act, **form})
    assert answer.status == 303, answer.text
    desk.work()
    return answer.location, client.get(answer.location).text


def test_chosen_people_are_locked_out_and_let_in_again(inside):
    admin = inside.client("admin")
    own = inside.client("own")
    place, page = ask(inside, admin, "/people/bulk", "people.deactivate", ids(inside, "own", "admin", "loner"))
    assert tally(page) == {"Will change": 2, "Left out": 1} and "That is you." in page
    assert own.get("/account").status == 200
    page = go(inside, admin, place)
    assert tally(page) == {"Done": 2, "Left out": 1} and "Thomas Hardy" in admin.get(f"{place}?show=done").text
    assert own.get("/account").status == 303
    undone = admin.post(f"{place}/undo")
    inside.work()
    assert tally(admin.get(undone.location).text) == {"Done": 2}
    with inside.scope():
        assert people.by_address("own@example.com").active
        acts = [one for one in audit.acts() if one.act in ("bulk.undone", "bulk.done")]
        assert [(one.act, one.details["done"]) for one in acts] == [("bulk.undone", 2), ("bulk.done", 2)]
    assert admin.post(f"{place}/undo").status == 409


def test_the_log_names_each_who_was_changed_when_the_run_is_gone(inside):
    admin, (own, loner) = inside.client("admin"), ids(inside, "own", "loner")
    place, _page = ask(inside, admin, "/people/bulk", "people.deactivate", [own, loner])
    with inside.scope():
        assert not [one for one in audit.acts() if one.act.startswith("bulk.")], "a look changes nothing"
    go(inside, admin, place)
    undone = admin.post(f"{place}/undo").location
    inside.work()
    off, _page = ask(inside, admin, "/companies/bulk", "companies.off", ["horn"])
    go(inside, admin, off)
    for one in (place, undone, off):
        assert admin.post(f"{one}/remove").status == 303 and admin.get(one).status == 404
    with inside.scope():
        for identity in (own, loner):
            told = [(one.act, one.actor_id) for one in audit.acts(subject=identity) if one.act.startswith("bulk.")]
            me = inside.person("admin").public_id
            assert told == [("bulk.put_back", me), ("bulk.changed", me)]
        (act,) = [one for one in audit.acts(subject="horn") if one.act == "bulk.changed"]
        assert act.details["did"] == "companies.off" and act.details["run"] in off
    assert "did “Lock out” to" in admin.get("/audit").text


def test_all_that_match_are_meant_as_the_list_shows_them(inside):
    admin = inside.client("admin")
    _place, page = ask(inside, admin, "/people/bulk", "people.sessions", all="1", **{"list.who": "staff"})
    assert tally(page) == {"Will change": 1, "Left out": 1}
    _place, page = ask(inside, admin, "/people/bulk?q=hardy", "people.sessions", all="1")
    assert tally(page) == {"Will change": 1}


def test_nobody_elses_people_are_touched(inside):
    other = ids(inside, "own")
    with inside.scope("globex"):
        foreign = [people.by_address("other@example.com").public_id]
    admin = inside.client("admin")
    _place, page = ask(inside, admin, "/people/bulk", "people.deactivate", other + foreign)
    assert tally(page) == {"Will change": 1}
    assert admin.post("/people/bulk", {"id": foreign, "act": "people.deactivate"}).location == "/people"
    agent = inside.client("agent")
    assert agent.post("/people/bulk", {"id": other, "act": "people.deactivate"}).status == 404
    assert agent.post("/companies/bulk", {"id": ["horn"], "act": "companies.off"}).status == 404


def test_people_are_invited_once_and_others_are_left_out(inside):
    with inside.scope():
        new = people.add_person("New One", email="new@example.com")
        people.join(new.id, people.company("horn").id, "company_user")
        people.add_person("No Mail", login="nomail")
        nomail = people.by_address("nomail").public_id
    agent = inside.client("agent")
    place, page = ask(inside, agent, "/people/bulk", "people.invite", [new.public_id, nomail, *ids(inside, "own")])
    assert tally(page) == {"Will change": 1, "Left out": 2} and "No e-mail address." in page
    go(inside, agent, place)
    (letter,) = inside.letters_to("new@example.com")
    assert "/invite/" in letter.as_string()


def test_companies_and_roles_and_modules(inside):
    admin = inside.client("admin")
    place, page = ask(inside, admin, "/people/bulk", "people.join", ids(inside, "loner", "stranger", "agent"),
                      company="horn", role="company_user")
    assert tally(page) == {"Will change": 1, "Left out": 2}
    go(inside, admin, place)
    place, _page = ask(inside, admin, "/people/bulk", "people.module", ids(inside, "loner"), feature="tickets",
                       state="off")
    go(inside, admin, place)
    assert inside.client("loner").get("/tickets").status == 404
    admin.post(f"{place}/undo")
    inside.work()
    assert inside.client("loner").get("/tickets").status == 200
    place, _page = ask(inside, admin, "/companies/bulk", "companies.off", ["horn", "nowhere"])
    go(inside, admin, place)
    assert inside.client("admin").get("/companies/horn").status == 200
    with inside.scope():
        assert not people.company("horn").active
    assert inside.client("admin").post("/people/bulk", {"id": ids(inside, "own"), "act": "people.join",
                                                        "company": "", "role": "boss"}).status == 422


def test_tickets_change_status_and_owner_and_back(inside):
    with inside.scope():
        made = [access.add("ticket", title=f"T{n}", person=inside.person("own").id, state="new", category="open",
                           company=people.company("alfreds").id) for n in range(3)]
        ben = people.by_address("agent@example.com").public_id
    agent = inside.client("agent")
    numbers = [str(row.number) for row in made]
    page = agent.post("/bulk/tickets", {"pick": numbers[:2]})
    assert page.status == 200 and "Set the status" in page.text
    place, page = ask(inside, agent, "/bulk/tickets", "tickets.status", numbers[:2], status="resolved")
    assert tally(page) == {"Will change": 2}
    go(inside, agent, place)
    place2, page = ask(inside, agent, "/bulk/tickets", "tickets.owner", all="1", assignee=ben,
                       **{"list.view": "open"})
    assert tally(page) == {"Will change": 1}
    go(inside, agent, place2)
    agent.post(f"{place}/undo")
    inside.work()
    with inside.scope():
        assert [row.state for row in fetch(access.visible("ticket"))] == ["new"] * 3
        owners = [row.assignee for row in fetch(access.visible("ticket"))]
        assert sorted(one is None for one in owners) == [False, True, True]
    assert inside.client("own").post("/bulk/tickets", {"pick": numbers}).status == 404


def worked(inside):
    """Work until the newest errand of the admin is over: a slice may be due a moment after the one before."""
    for _try in range(100):
        inside.work()
        with inside.scope("acme", "admin"):
            (row,) = errands.latest(1)
        if row.state in errands.OVER:
            break
        time.sleep(0.1)
    return row


def test_it_stops_in_the_middle_when_rights_end_or_somebody_stops_it(inside, monkeypatch):
    with inside.scope():
        rows = [people.add_person(f"P{n:03}", email=f"p{n}@x.example") for n in range(150)]
        people.add_person("Second Admin", email="second@x.example", role="admin")
    admin = inside.client("admin")
    monkeypatch.setattr(bulk, "HOLD", 0)
    place, _page = ask(inside, admin, "/people/bulk", "people.deactivate", [row.public_id for row in rows])
    admin.post(f"{place}/start")
    real, done = people.change_person, []

    def demoting(key, **values):
        real(key, **values)
        done.append(key)
        if len(done) == 20:
            real(inside.person("admin").id, role="agent")
    monkeypatch.setattr(people, "change_person", demoting)
    row = worked(inside)
    assert len(done) == 20
    with inside.scope("acme", "admin"):
        assert (row.state, row.counts["done"]) == ("failed", 20)
        assert len(errands.findings(row, ("done",), limit=200)) == 20
        assert credentials.sessions(rows[0].id) == []


@pytest.mark.engines("sqlite")
def test_stopping_keeps_what_is_done(inside, monkeypatch):
    admin = inside.client("admin")
    monkeypatch.setattr(bulk, "HOLD", 0)
    place, _page = ask(inside, admin, "/people/bulk", "people.deactivate", ids(inside, "own", "loner", "boss"))
    admin.post(f"{place}/start")
    with inside.scope("acme", "admin"):
        (row,) = errands.latest(1)
        errands.change(row, stop=True)
    inside.work()
    page = admin.get(place).text
    assert "Stopped" in page and tally(page) == {}


def test_a_module_of_companies_is_one_version_of_the_settings(inside):
    admin = inside.client("admin")
    place, page = ask(inside, admin, "/companies/bulk", "companies.module", ["horn", "alfreds"], feature="tickets",
                      state="off")
    assert tally(page) == {"Will change": 2}
    assert inside.client("stranger").get("/tickets").status == 200
    page = go(inside, admin, place)
    assert tally(page) == {"Done": 2, "Left out": 0}
    assert inside.client("stranger").get("/tickets").status == 404
    assert inside.client("loner").get("/tickets").status == 200
    assert "horn" in inside.yaml.read_text()
