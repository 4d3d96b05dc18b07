"""An admin sees what somebody sees: audited at both ends, strictly for reading, never somebody of equal rank."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from core.data import access, audit, conversation, credentials, db, dump, people, scope, searches, tally, viewing
from core.errors import ReadOnly
from support.contract import Things, rows
from support.pages import ALL_ON

MATRIX = list(rows(Path(__file__).parents[1] / "contract" / "matrix.csv"))
OWN = ("/account", "/reset", "/invite", "/verify", "/stop", "/sign-in", "/register")


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"features": ALL_ON})


def begin(inside, whose="own", by="admin"):
    viewer = inside.client(by)
    answer = viewer.post(f"/people/{inside.person(whose).public_id}/view-as")
    assert answer.status == 303, answer.text
    return viewer


def everything():
    """Every row of every table, but when a session was last in use; and what may be lost."""
    tally.flush()
    found = {}
    with dump.snapshot():
        for table in dump.tables():
            kept = [i for i, name in enumerate(dump.columns(table)) if (table, name) != ("session", "seen")]
            found[table] = sorted(repr([row[i] for i in kept]) for row in dump.rows(table))
    for model in (credentials.Tries, tally.Tally, searches.Term):
        found[model.__name__] = sorted(map(repr, model.select().tuples()))
    return found


def acts(inside):
    with inside.scope():
        return [row for row in audit.acts(500) if row.act.startswith("person.view")]


@pytest.mark.engines("sqlite")
def test_both_ends_are_written_down_and_a_bar_stands_on_every_page(inside):
    viewer = begin(inside)
    page = viewer.get("/").text
    assert "You see what Thomas Hardy sees. Nothing can be changed." in page
    assert 'action="/view-as/end"' in page
    assert "Hello" in page or "Thomas" in page
    assert viewer.get("/people").status == 404
    assert 'class="viewing"' in viewer.get("/people").text, "on pages of errors, too"
    assert viewer.post("/view-as/end").location == f"/people/{inside.person('own').public_id}"
    assert 'class="viewing"' not in viewer.get("/").text
    ended, began = acts(inside)
    assert (began.act, began.actor, began.subject) == ("person.view_began", "Ada Admin",
                                                       inside.person("own").public_id)
    assert (ended.act, ended.actor, ended.details["why"]) == ("person.view_ended", "Ada Admin", "ended")
    assert 0 <= ended.details["seconds"] < 60
    assert viewer.post("/view-as/end").location == "/"
    assert len(acts(inside)) == 2


def test_every_unsafe_method_of_every_route_is_refused_and_nothing_changes(inside):
    filled = {rule.rule: re.sub(r"<[^>]+>", "1", rule.rule) for rule in inside.app.url_map.iter_rules()}
    unsafe = [(method, filled[rule.rule]) for rule in inside.app.url_map.iter_rules()
              for method in rule.methods - {"GET", "HEAD", "OPTIONS"} if not rule.rule.startswith("/api/")]
    viewer = begin(inside)
    before = everything()
    wrong = []
    for method, path in unsafe:
        if path in ("/view-as/end", "/sign-out"):
            continue
        answer = viewer.send(method, path, body=b"name=x&_once=0123456789abcdef0123", headers={
            "Content-Type": "application/x-www-form-urlencoded"})
        if answer.status != 403 or "Nothing can be changed" not in answer.text:
            wrong.append((method, path, answer.status))
    assert len(unsafe) > 80
    assert not wrong
    assert everything() == before


@pytest.mark.engines("sqlite")
def test_every_page_shows_what_the_person_sees_and_reading_leaves_no_trace(inside):
    things = Things(inside)
    own = inside.client("own")
    paths = sorted({things.fill(row.path, row.whose, fresh=False) for row in MATRIX
                    if row.method == "GET" and not row.path.startswith(("/api/", "/healthz", "/readyz"))})
    told = {path: own.get(path).status for path in paths}
    viewer = begin(inside)
    before = everything()
    downloads = 0
    wrong = []
    for path in paths:
        answer = viewer.get(path)
        mine = any(path.partition("?")[0] == one or path.startswith((f"{one}/", f"{one}?")) for one in OWN)
        downloads += answer.headers.get("content-disposition", "").startswith("attachment")
        if answer.status != (403 if mine else told[path]):
            wrong.append((path, answer.status, told[path]))
        if mine and "alone" not in answer.text:
            wrong.append((path, "shows something"))
    assert not wrong
    after = everything()
    if downloads:
        assert [row.details["path"] for row in acts(inside) if row.act == "person.view_download"]
        for table in ("audit", "audit_head"):
            before.pop(table)
            after.pop(table)
    assert after == before


def test_what_waits_unread_stays_unread(inside):
    things = Things(inside)
    things.message("acme", "own", "alfreds")
    number = things._next
    own = inside.client("own")
    viewer = begin(inside)
    assert viewer.get(f"/tickets/{number}").status == 200
    viewer.get("/search?q=printer")
    with inside.scope("acme", "own") as who:
        record = access.find("ticket", number)
        assert not db.kept(("conversation.read_until",), conversation.read_until, record=record.id,
                           reader=who.me.id)
    assert own.get(f"/tickets/{number}").status == 200
    with inside.scope("acme", "own") as who:
        assert db.kept(("conversation.read_until",), conversation.read_until, record=record.id, reader=who.me.id)


def test_the_data_itself_refuses_to_be_written(inside):
    viewer = inside.person("admin")
    with inside.scope("acme", "own") as who:
        seeing = people.who(viewer, ())
        with scope.enter(scope.replace(who, viewer=seeing)):
            for write in (lambda: people.change_person(who.me.id, name="Other"),
                          lambda: people.add_person("New", login="new.one"),
                          lambda: credentials.open_session(who.me.id, hours=1, address="", agent=""),
                          lambda: credentials.limit("x", 1, 1),
                          lambda: db.db.obj.execute_sql("CREATE TABLE x (y int)"),
                          lambda: db.db.run("/* */ DELETE FROM person", ())):
                with pytest.raises(ReadOnly):
                    write()
            with scope.system("anything"), pytest.raises(ReadOnly):
                people.change_person(who.me.id, name="Other")
            assert people.person(who.me.id).name == "Thomas Hardy"


@pytest.mark.parametrize(("by", "whose", "status"), [
    ("agent", "own", 404), ("own", "colleague", 404), ("boss", "own", 404), ("other_admin", "own", 404),
    ("admin", "admin", 403), ("admin", "other", 404), ("admin", "agent", 303), ("admin", "boss", 303)])
@pytest.mark.engines("sqlite")
def test_who_may_see_as_whom(inside, by, whose, status):
    assert inside.client(by).post(f"/people/{inside.person(whose).public_id}/view-as").status == status


@pytest.mark.engines("sqlite")
def test_never_as_another_admin_and_never_twice(inside):
    with inside.scope():
        second = people.add_person("Second Admin", email="second@example.com", role="admin", verified=True,
                                   password="x")
    admin = inside.client("admin")
    assert admin.post(f"/people/{second.public_id}/view-as").status == 403
    viewer = begin(inside, "agent")
    assert viewer.post(f"/people/{inside.person('own').public_id}/view-as").status == 403
    assert viewer.get("/people").status == 200, "an agent's own pages are shown"
    assert viewer.get("/audit").status == 404


@pytest.mark.engines("sqlite")
def test_it_asks_who_sits_there(inside):
    admin = inside.client("admin")
    with inside.scope():
        for row in credentials.sessions(inside.person("admin").id):
            long_ago = credentials.Session.update(confirmed=db.now() - timedelta(hours=2))
            db.door(long_ago, credentials.Session).where(
                credentials.Session.public_id == row.public_id).execute()
    answer = admin.post(f"/people/{inside.person('own').public_id}/view-as")
    assert answer.location.startswith("/account/confirm")
    assert not acts(inside)


@pytest.mark.engines("sqlite")
def test_no_other_page_ends_it(inside):
    viewer = begin(inside)
    for path in ("/sign-out", "/view-as/end"):
        assert viewer.send("POST", path, headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
                           ).status == 403
    assert 'class="viewing"' in viewer.get("/").text
    assert [row.act for row in acts(inside)] == ["person.view_began"]


def late(inside, **values):
    with inside.scope():
        db.door(viewing.Viewing.update(**values), viewing.Viewing).execute()


def test_it_is_over_after_half_an_hour(inside):
    viewer = begin(inside)
    late(inside, began=db.now() - timedelta(minutes=31), until=db.now() - timedelta(minutes=1))
    page = viewer.get("/people")
    assert page.status == 200
    assert "Half an hour is over" in page.text
    assert (acts(inside)[0].details["why"], acts(inside)[0].details["seconds"]) == ("time", 1800)


def test_it_ends_with_the_right_with_the_session_and_with_the_person(inside):
    viewer, row = begin(inside), inside.person("admin")
    with inside.scope():
        people.change_person(row.id, role="agent")
    assert "Thomas" not in viewer.get("/").text.partition("</header>")[0]
    assert acts(inside)[0].details["why"] == "right"
    with inside.scope():
        people.change_person(row.id, role="admin")
    assert 'class="viewing"' not in viewer.get("/").text, "and does not come back with it"
    viewer = begin(inside)
    with inside.scope():
        people.change_person(inside.person("own").id, active=False)
    assert 'class="viewing"' not in viewer.get("/").text
    viewer = begin(inside, "colleague")
    assert viewer.post("/sign-out").status == 303
    assert acts(inside)[0].details["why"] == "signed out"
    viewer = begin(inside, "colleague")
    with inside.scope():
        credentials.end_sessions(row.id)
        viewing.sweep()
    assert viewer.get("/").location.startswith("/sign-in") or viewer.get("/").status == 200
    assert acts(inside)[0].details["why"] == "session"
    assert acts(inside)[0].details["by"] == row.public_id


@pytest.mark.engines("sqlite")
def test_a_language_or_a_second_setup_is_not_the_viewers(inside):
    with inside.scope():
        people.change_person(inside.person("own").id, must_change=True)
    viewer = begin(inside)
    assert viewer.get("/").status == 200, "what the person has to do first is not the viewer's to do"
    assert "parlour_lang" not in viewer.cookies
    viewer.get("/?lang=de")
    assert "parlour_lang" not in viewer.cookies


@pytest.mark.parametrize("held", ["password", "two-factor"])
@pytest.mark.engines("sqlite")
def test_who_has_to_set_something_up_first_sees_with_nobodys_eyes(inside, held):
    viewer = begin(inside)
    if held == "password":
        with inside.scope():
            people.change_person(inside.person("admin").id, must_change=True)
    else:
        inside.yaml.write_text(inside.yaml.read_text().replace(
            "tenants:", "security: {two_factor: {required: [admin]}}\ntenants:", 1))
        inside.portal.store.notice()
    page = viewer.get("/tickets")
    assert (page.status, page.location) == (303, f"/account/{held}"), "it does not go on"
    assert acts(inside)[0].details["why"] == "right"
    again = viewer.post(f"/people/{inside.person('own').public_id}/view-as")
    assert again.location == f"/account/{held}", "and none begins"
    assert [row.act for row in acts(inside)] == ["person.view_ended", "person.view_began"]
