"""Long acts: what they hold is for whoever may still see it, and nobody keeps the others waiting."""

from __future__ import annotations

import pytest

from core.data import access, errands, people
from core.work import exports
from support.tables import bring, form_of, go, look, tally


def began(desk, client, path, monkeypatch, columns=("name",)):
    """Begin an export that is made in the background, and let it be made."""
    monkeypatch.setattr(exports, "NOW", 0)
    answer = client.post(path, {"columns": list(columns), "format": "csv"})
    assert answer.status == 303, answer.text
    desk.work()
    return answer.location


def ticket(desk, short, company):
    with desk.scope():
        return access.add("ticket", title=f"Of {short}", person=desk.person(short).id, state="new",
                          category="open", company=people.company(company).id)


def test_an_export_is_handed_over_while_all_of_it_is_still_theirs(inside, monkeypatch):
    for short in ("own", "boss"):
        ticket(inside, short, "alfreds")
    boss, agent = inside.client("boss"), inside.client("agent")
    place = began(inside, boss, "/export/tickets", monkeypatch, ["number", "title"])
    team = began(inside, agent, "/export/tickets", monkeypatch, ["number", "subject", "body"])
    lists = began(inside, agent, "/export/people", monkeypatch)
    for client, path, word in ((boss, place, "Of own"), (agent, team, "Of own"), (agent, lists, "Thomas Hardy")):
        assert word in client.get(f"{path}/file").text
    with inside.scope():
        maria, ben = inside.person("boss").id, inside.person("agent").id
        people.leave(maria, people.company("alfreds").id)
        people.join(maria, people.company("horn").id, "company_admin")
        people.change_person(ben, role="")
        people.join(ben, people.company("alfreds").id, "company_admin")
    assert inside.client("boss").get(f"{place}/file").status == 404
    ben = inside.client("agent")
    assert ben.get("/tickets").status == 200
    assert [ben.get(f"{path}/file").status for path in (team, lists)] == [404, 404]


def test_the_page_of_a_long_act_is_for_whoever_may_still_do_it(inside, monkeypatch):
    admin = inside.client("admin")
    with inside.scope():
        chosen = [inside.person("own").public_id]
    act = admin.post("/people/bulk", {"id": chosen, "act": "people.deactivate"}).location
    table = bring(admin, "Name,Mail\nSecret Name,secret@x.example\n")
    assert "Secret Name" in look(inside, admin, table)
    lists = began(inside, admin, "/export/companies", monkeypatch)
    assert {admin.get(path).status for path in (act, table, lists)} == {200}
    with inside.scope():
        people.change_person(inside.person("admin").id, role="agent")
    admin = inside.client("admin")
    assert [admin.get(path).status for path in (act, table, lists)] == [404, 404, 200]


@pytest.mark.engines("sqlite")
def test_a_column_with_a_huge_name_is_refused(inside):
    admin = inside.client("admin")
    for text in (f"Name,{'x' * 201}\na,b\n", f"{'y' * 900_000},{'y' * 900_000}\na,b\n"):
        answer = admin.post("/import", {"kind": "person"}, files={"file": ("x.csv", text.encode(), "text/csv")})
        assert answer.status == 422 and len(answer.body) < 60_000
    assert bring(admin, f"Name,{'x' * 200}\na,b\n")


@pytest.mark.engines("sqlite")
def test_only_people_bring_their_company_along(inside):
    admin = inside.client("admin")
    place = bring(admin, "Subject,First message,Company\nHelp,Please,Nowhere Ltd\n", kind="ticket")
    assert form_of(admin.get(place).text)["from-company"] == "Company"
    assert 'name="new"' not in admin.get(place).text
    page = look(inside, admin, place, new="true")
    assert tally(page) == {"Tickets: Not possible": 1} and "There is no company" in page, page
    people_too = bring(admin, "Name,Mail,Company\nNew,new@x.example,Nowhere Ltd\n")
    assert tally(look(inside, admin, people_too)) == {"People: New": 1, "Companies: New": 1}


def test_an_invitation_sent_three_times_at_once_is_one_act(inside):
    admin = inside.client("admin")
    place = bring(admin, "Name,Mail\nNew One,new1@x.example\n")
    look(inside, admin, place)
    go(inside, admin, place)
    answers = inside.parallel(*[lambda: admin.post(f"{place}/invite")] * 3)
    assert sorted(answer.status for answer in answers)[0] == 303
    assert {answer.status for answer in answers} <= {303, 404, 409}
    with inside.scope("acme", "admin"):
        assert len(errands.latest(10, kind="bulk")) == 1


def test_nobody_has_more_than_a_few_long_acts_under_way(inside, monkeypatch):
    monkeypatch.setattr(exports, "NOW", 0)
    admin, agent = inside.client("admin"), inside.client("agent")
    form = {"columns": ["name"], "format": "csv"}
    assert [admin.post("/export/people", form).status for _turn in range(7)] == [303] * 5 + [409] * 2
    assert agent.post("/export/people", form).status == 303
    with inside.scope("acme", "admin"):
        assert len(errands.latest(10)) == 5
    inside.work()
    assert admin.post("/export/people", form).status == 303
