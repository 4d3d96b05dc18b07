"""Importing a table in the browser: guessed columns, a preview that changes nothing, each row once."""

from __future__ import annotations

import contextvars

import pytest
from peewee import OperationalError

from core.data import audit, people
from core.data.db import count, door, fetch, now
from core.data.errands import ERRAND, Errand, Finding
from core.host import worker
from core.work import plans
from core.work.events import Job
from support.tables import bring, form_of, go, look, tally

PEOPLE = ("Name,E-mail,Company,Role,Job\n"
          "Zoë Lund,zoe@one.example,One Ltd,company admin,Chief\n"
          "Bob Ray,bob@one.example,One Ltd,user,\n"
          "Eve,no-address,Two Ltd,user,\n"
          "\"Sam\nTwo Lines\",sam@two.example,Two Ltd,,=1+1\n")


@pytest.fixture
def desk(portal_inside):
    return portal_inside({"fields": {"people": {"job": {"type": "text", "label": "Job"}}}})


def test_people_come_in_after_a_preview_that_changes_nothing(desk):
    admin = desk.client("admin")
    place = bring(admin, PEOPLE)
    drawn = form_of(admin.get(place).text)
    assert drawn["from-name"] == "Name" and drawn["from-email"] == "E-mail" and drawn["from-company"] == "Company"
    assert drawn["from-role"] == "Role" and drawn["from-fields.job"] == "Job" and drawn["apart"] == "match:email"
    page = look(desk, admin, place)
    assert tally(page) == {"People: New": 3, "People: Not possible": 1, "Companies: New": 2}
    assert "Sam Two Lines" in page and "company admin" in page and "company_admin" not in page
    assert "Import 3 rows" in page
    with desk.scope():
        assert people.by_address("zoe@one.example") is None
    page = go(desk, admin, place)
    assert tally(page) == {"People: New": 3, "People: Not possible": 1, "Companies: New": 2}
    with desk.scope():
        zoe = people.by_address("zoe@one.example")
        (member,) = people.memberships([zoe.id])[zoe.id]
        assert (member.name, member.role, zoe.password) == ("One Ltd", "company_admin", None)
        assert zoe.fields == {"job": "Chief"}
        sam = people.by_address("sam@two.example")
        assert sam.fields == {"job": "=1+1"}
    failed = admin.get(f"{place}/failed.csv")
    lines = failed.text.lstrip("\ufeff").splitlines()
    assert len(lines) == 2 and "no-address" in lines[1]
    assert failed.headers["content-disposition"].startswith("attachment")
    assert "4" in page and "E-mail" in page


def test_the_log_names_each_who_came_in_when_the_import_is_gone(desk):
    admin = desk.client("admin")
    place = bring(admin, PEOPLE)
    look(desk, admin, place)
    with desk.scope():
        assert not [one for one in audit.acts() if one.act.startswith("import.")], "a look changes nothing"
    go(desk, admin, place)
    again = bring(admin, PEOPLE.replace("Chief", "Boss"))
    look(desk, admin, again, existing="update")
    go(desk, admin, again)
    for one in (place, again):
        assert admin.post(f"{one}/remove").status == 303
    with desk.scope():
        zoe = people.by_address("zoe@one.example").public_id
        acts = [one.act for one in audit.acts(subject=zoe)]
        assert acts == ["import.updated", "import.created"]
        made = [one.subject for one in audit.acts() if one.act == "import.created"]
        assert len(made) == 5 and {"one-ltd", "two-ltd"} < set(made)
        bob = people.by_address("bob@one.example").public_id
        assert [one.act for one in audit.acts(subject=bob)] == ["import.created"], "nothing was other"


def test_again_doubles_nothing_and_says_so(desk):
    admin = desk.client("admin")
    for _turn in range(2):
        place = bring(admin, PEOPLE)
        look(desk, admin, place)
        page = go(desk, admin, place)
    assert tally(page) == {"People: Left as it is": 3, "People: Not possible": 1}


def test_existing_people_are_updated_left_or_a_mistake(desk):
    admin = desk.client("admin")
    text = "Name,Mail\nOther Name,own@example.com\n"
    for existing, word in (("skip", "People: Left as it is"), ("fail", "People: Not possible"),
                           ("update", "People: Updated")):
        page = look(desk, admin, bring(admin, text), existing=existing)
        assert tally(page) == {word: 1}


def test_a_preview_calls_a_company_that_is_here_by_its_name(desk):
    admin = desk.client("admin")
    page = look(desk, admin, bring(admin, "Name,Mail,Company,Role\nNew Name,new@one.example,horn,company_user\n"))
    with desk.scope():
        name = people.companies([people.company("horn").id])[0].name
    assert f'<td data-label="Company" dir="auto">{name}</td>' in page
    assert '<td data-label="Role" dir="auto">the whole company</td>' in page


@pytest.mark.parametrize(("encoding", "name"), [
    ("utf-8-sig", "Jürgen"), ("utf-16", "Jürgen"), ("cp1252", "Jürgen"), ("utf-16-le", "Jürgen"),
    ("utf-8", "نور")])
@pytest.mark.engines("sqlite")
def test_it_is_read_as_it_is_written(desk, encoding, name):
    admin = desk.client("admin")
    place = bring(admin, f"Ansprechpartner;E-Mail-Adresse\n{name};a@b.example\n".encode(encoding))
    page = admin.get(place).text
    assert name in page and form_of(page)["from-name"] == "Ansprechpartner"
    assert form_of(page)["from-email"] == "E-Mail-Adresse"


@pytest.mark.engines("sqlite")
def test_no_import_gives_rights_without_a_tick(desk):
    admin = desk.client("admin")
    text = "Name,Mail,Role\nNew Boss,boss2@example.com,admin\nMy Agent,agent@example.com,user\n"
    page = look(desk, admin, bring(admin, text))
    assert tally(page) == {"People: Not possible": 2}
    page = look(desk, admin, bring(admin, text), staff="true")
    assert tally(page) == {"People: New": 1, "People: Not possible": 1}


@pytest.mark.engines("sqlite")
def test_it_is_only_theirs_who_brought_it(desk):
    admin = desk.client("admin")
    place = bring(admin, PEOPLE)
    for short in ("agent", "own", "boss", "other_admin"):
        other = desk.client(short)
        for path in (place, f"{place}/file", f"{place}/failed.csv"):
            assert other.get(path).status == 404, (short, path)
        for verb in ("start", "cancel", "undo", "remove", "invite", "back"):
            assert other.post(f"{place}/{verb}").status == 404, (short, verb)
        assert other.get("/import").status == (200 if short == "other_admin" else 404)
    assert desk.guest().get(place).status == 303


def test_it_stops_where_its_person_may_no_more(desk):
    admin = desk.client("admin")
    place = bring(admin, PEOPLE)
    look(desk, admin, place)
    admin.post(f"{place}/start")
    with desk.scope():
        people.change_person(desk.person("admin").id, role="agent")
    desk.work()
    with desk.scope():
        assert people.by_address("zoe@one.example") is None
        assert count(door(Errand.select(Errand.id), Errand).where(Errand.state == "failed")) == 1


def test_it_goes_on_after_a_crash_with_each_row_once(desk, monkeypatch):
    admin = desk.client("admin")
    rows = "".join(f"P {n},p{n}@x.example\n" for n in range(450))
    place = bring(admin, "Name,Mail\n" + rows)
    assert tally(look(desk, admin, place)) == {"People: New": 450}
    admin.post(f"{place}/start")
    real, calls = people.add_person, []

    def dies(*args, **values):
        calls.append(1)
        if len(calls) == 300:
            raise OperationalError("the connection is gone")
        return real(*args, **values)
    monkeypatch.setattr(people, "add_person", dies)
    contextvars.copy_context().run(worker.make(desk.portal).turn)
    with desk.scope():
        (row,) = fetch(door(Errand.select(*ERRAND), Errand))
        before = count(door(Finding.select(Finding.id), Finding))
        assert (row.state, 0 < row.place < 450, before) == ("running", True, row.place)
        Job.update(run_at=now(), lease=None).where(Job.state == "waiting").execute()
    monkeypatch.setattr(people, "add_person", real)
    desk.work()
    assert tally(admin.get(place).text) == {"People: New": 450}
    with desk.scope():
        assert count(door(Finding.select(Finding.id), Finding)) == 450


@pytest.mark.engines("sqlite")
def test_tables_that_cannot_be_read_are_told_by_line(desk):
    admin = desk.client("admin")
    for text, words in (("Name,Name\na,b\n", "both called"), ("", "empty"), ("Name\n", "no row")):
        answer = admin.post("/import", {"kind": "person"}, files={"file": ("x.csv", text.encode(), "text/csv")})
        assert answer.status == 422 and words in answer.text
    answer = admin.post("/import", {"kind": "person"})
    assert answer.status == 422 and "Choose a file" in answer.text


@pytest.mark.engines("sqlite")
def test_a_plan_is_kept_under_a_name(desk):
    admin = desk.client("admin")
    place = bring(admin, "A,B\nAnn,ann@x.example\n")
    look(desk, admin, place, **{"from-name": "A", "from-email": "B", "apart": "match:email", "name": "Our CRM"})
    place = bring(admin, "A,B\nBen,ben@x.example\n")
    assert form_of(admin.get(place).text)["from-name"] == ""
    assert admin.post(place, {"do": "use", "saved": "Our CRM"}).status == 303
    drawn = form_of(admin.get(place).text)
    assert (drawn["from-name"], drawn["from-email"], drawn["apart"]) == ("A", "B", "match:email")


def test_real_customers_become_companies_and_their_contacts(desk, data_folder):
    admin = desk.client("admin")
    content = (data_folder("northwind") / "customers.csv").read_bytes()
    place = bring(admin, content, name="customers.csv")
    drawn = form_of(admin.get(place).text)
    assert drawn["from-company"] == "CompanyName" and drawn["from-name"] == "ContactName"
    page = look(desk, admin, place, **{"from-login": "CustomerID", "apart": "match:login"})
    assert tally(page) == {"People: New": 93, "Companies: New": 90}
    assert tally(go(desk, admin, place)) == {"People: New": 93, "Companies: New": 90}


@pytest.mark.engines("sqlite")
def test_progress_is_seen_with_and_without_scripts_and_it_can_be_stopped(desk):
    admin = desk.client("admin")
    place = bring(admin, PEOPLE)
    admin.post(place, {**form_of(admin.get(place).text), "do": "look"})
    page = admin.get(place).text
    assert '<noscript><meta http-equiv="refresh"' in page and "0 of 4 looked through" in page
    piece = admin.fragment(place, "run").text
    assert piece.lstrip().startswith('<div id="run"') and "<html" not in piece
    admin.post(f"{place}/cancel")
    desk.work()
    page = admin.get(place).text
    assert "Stopped" in page and 'http-equiv="refresh"' not in page
    assert admin.post(f"{place}/start").status == 303 and "Stopped" in admin.get(place).text
    assert admin.post(f"{place}/back").status == 303
    assert tally(look(desk, admin, place))["People: New"] == 3


def test_who_is_new_is_invited_by_a_second_choice(desk):
    admin = desk.client("admin")
    place = bring(admin, PEOPLE)
    look(desk, admin, place)
    assert "3 people are new" in go(desk, admin, place)
    assert desk.letters_to("zoe@one.example") == []
    act = admin.post(f"{place}/invite").location
    desk.work()
    assert tally(admin.get(act).text) == {"Will change": 3}
    assert desk.letters_to("zoe@one.example") == []
    go(desk, admin, act)
    assert len(desk.letters_to("zoe@one.example")) == 1
    assert admin.post(f"{place}/invite").status == 404


@pytest.mark.engines("sqlite")
def test_what_is_too_large_is_refused_and_leaves_nothing(desk, monkeypatch):
    admin = desk.client("admin")
    before = set(desk.portal.files.keys())
    for name, text in (("MOST_ROWS", PEOPLE), ("MOST_COLUMNS", PEOPLE)):
        with monkeypatch.context() as patch:
            patch.setattr(plans, name, 2)
            file = ("x.csv", text.encode(), "text/csv")
            answer = admin.post("/import", {"kind": "person"}, files={"file": file})
        assert answer.status == 422
    assert set(desk.portal.files.keys()) == before
    place = bring(admin, PEOPLE)
    assert len(set(desk.portal.files.keys()) - before) == 1
    assert admin.post(f"{place}/remove").status == 303
    assert set(desk.portal.files.keys()) == before
