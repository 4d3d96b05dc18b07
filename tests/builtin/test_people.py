"""Staff look after people, companies and teams; company admins after their own; every act is written down."""

import datetime

import pytest

from core.data import audit, credentials, people
from core.data.db import db
from support.inside import ADDRESS, PASSWORD

NEW = "seven green kettles"


def path(inside, short, tail=""):
    return f"/people/{inside.person(short).public_id}{tail}"


def details(row, **changes):
    return {"name": row.name, "email": row.email or "", "login": row.login or "", "role": row.role or "customer",
            "feature_tickets": "company", **changes}


def acts(inside, slug="acme"):
    with inside.scope(slug):
        return [act.act for act in audit.acts()]


def sign_in(visitor, address, password=PASSWORD):
    return visitor.post("/sign-in", {"email": address, "password": password})


def test_people_are_found_filtered_and_paged(inside):
    with inside.scope():
        for number in range(120):
            people.add_person(f"Person {number:03d}", email=f"p{number:03d}@many.example")
    agent = inside.client("agent")
    first = agent.get("/people").text
    assert "Person 000" in first
    assert "Omar" not in first
    seen, place = [], "/people?q=PERSON"
    while place:
        text = agent.get(place).text
        seen += [n for n in range(120) if f"Person {n:03d}" in text]
        _before, _sep, rest = text.partition('rel="next" href="')
        place = rest.partition('"')[0].replace("&amp;", "&") if rest else ""
    assert seen == list(range(120))
    assert "Ada Admin" in agent.get("/people?who=staff").text
    assert "Thomas" not in agent.get("/people?who=staff").text
    assert "Nobody is called" in agent.get("/people?q=%25").text, "a wildcard is a letter like any other"


@pytest.mark.parametrize("short", ["own", "boss", "stranger"])
@pytest.mark.parametrize("place", ["/people", "/people/invite", "/people/teams", "/companies", "/companies/horn",
                                   "/companies/nobody", "/audit"])
def test_customers_find_no_page_of_the_team(inside, short, place):
    answer = inside.client(short).get(place)
    assert answer.status == 404
    assert answer.text == inside.client(short).get("/nowhere").text


def test_agents_look_and_invite_but_change_nobody(inside):
    agent, own = inside.client("agent"), inside.person("own")
    assert agent.get(path(inside, "own")).status == 200
    assert agent.get("/audit").status == 404
    for tail, form in (("", details(own, role="admin")), ("/active", {"active": "off"}),
                       ("/password", {"password": NEW}), ("/remove", {}),
                       ("/companies", {"company": "horn", "role": "company_admin"}),
                       ("/sessions/end", {})):
        assert agent.post(path(inside, "own", tail), form).status == 404, tail
    form = {"email": "x@new.example", "role": "company_user", "company": "horn"}
    assert agent.post("/people/invite", form).status == 303
    assert agent.post("/people/invite", {"email": "y@new.example", "role": "admin"}).status == 422
    assert inside.person("own") == own


def test_rights_change_with_the_next_click(inside):
    admin, agent, key = inside.client("admin"), inside.client("agent"), inside.client("agent", token=True)
    assert agent.get("/people").status == 200
    row = inside.person("agent")
    assert admin.post(path(inside, "agent"), details(row, role="customer")).status == 303
    assert agent.get("/people").status == 404
    assert admin.post(path(inside, "agent", "/active"), {"active": "off"}).status == 303
    assert agent.get("/account").status == 303
    assert key.get("/api/v1/tickets").status == 401
    assert sign_in(inside.guest(), ADDRESS["agent"]).status == 422
    admin.post(path(inside, "agent", "/active"), {"active": "on"})
    assert sign_in(inside.guest(), ADDRESS["agent"]).status == 303
    assert {"person.changed", "person.deactivated", "person.activated"} <= set(acts(inside))


def test_an_admin_does_not_lock_themselves_out(inside):
    admin, row = inside.client("admin"), inside.person("admin")
    assert admin.post(path(inside, "admin"), details(row, role="customer")).status == 422
    assert admin.post(path(inside, "admin", "/active"), {"active": "off"}).status == 403
    assert admin.post(path(inside, "admin", "/remove")).status == 403
    assert inside.person("admin") == row


def test_own_only_window_and_features_of_one_person(inside):
    admin, row = inside.client("admin"), inside.person("colleague")
    form = details(row, own_only="true", visible_since="2026-01-31", feature_tickets="off")
    assert admin.post(path(inside, "colleague"), form).status == 303
    changed = inside.person("colleague")
    assert changed.own_only is True
    assert changed.visible_since == datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
    assert changed.features == {"tickets": False}
    assert inside.client("colleague").get("/tickets").status == 404
    admin.post(path(inside, "colleague"), details(row, visible_since=""))
    assert inside.person("colleague").features == {}


def test_a_first_password_must_be_changed(inside):
    admin = inside.client("admin")
    form = {"name": "Stall Seven", "login": "stall.7", "password": NEW, "role": "user", "company": "horn"}
    assert admin.post("/people/new", form).status == 303
    visitor = inside.guest()
    assert sign_in(visitor, "STALL.7", NEW).status == 303
    assert visitor.get("/").location == "/account/password"
    assert visitor.get("/account").location == "/account/password"
    assert visitor.post("/account/password", {"old": NEW, "password": NEW}).status == 422
    assert visitor.post("/account/password", {"old": NEW, "password": "eight blue kettles"}).status == 303
    assert visitor.get("/").status == 200
    assert "must change" not in visitor.get("/").text


def test_moving_to_another_company_and_out_of_the_portal(inside):
    admin, own = inside.client("admin"), inside.client("own")
    admin.post(path(inside, "own", "/companies"), {"company": "horn", "role": "company_user"})
    admin.post(path(inside, "own", "/companies/alfreds/remove"))
    row = inside.person("own")
    with inside.scope():
        assert [(m.identifier, m.role) for m in people.memberships([row.id])[row.id]] == [("horn", "company_user")]
    assert admin.post(f"/people/{row.public_id}/remove").status == 303
    assert own.get("/account").status == 303
    assert admin.get(f"/people/{row.public_id}").status == 404
    assert inside.person("own") is None
    assert sign_in(inside.guest(), ADDRESS["own"]).status == 422
    with inside.scope():
        assert people.names([row.id]) == {row.id: "Thomas Hardy"}
        people.add_person("Another one", email=ADDRESS["own"])


def test_companies_are_made_renamed_and_switched(inside):
    admin = inside.client("admin")
    made = admin.post("/companies/new", {"name": "Königlich Essen GmbH"})
    assert made.location == "/companies/koniglich-essen-gmbh/people"
    assert admin.post("/companies/new", {"name": "Twin", "identifier": "horn"}).status == 422
    assert admin.post("/companies/horn/identifier", {"identifier": "alfreds"}).status == 422
    assert admin.post("/companies/horn", {"name": "Horn Ltd"}).location == "/companies/horn"
    assert admin.post("/companies/horn/identifier", {"identifier": "horn-ltd"}).location == "/companies/horn-ltd"
    stranger = inside.client("stranger")
    admin.post("/companies/horn-ltd/active", {"active": "off"})
    assert stranger.get("/account").status == 303
    admin.post("/companies/horn-ltd/active", {"active": "on"})
    assert stranger.get("/account").status == 200
    assert admin.get("/companies/cairo").status == 404


def test_own_fields_of_people_and_companies(portal_inside):
    inside = portal_inside({"fields": {
        "people": {"desk": {"type": "text", "label": "Desk", "required": True}},
        "companies": {"tier": {"type": "choice", "options": ["gold", "tin"]}}}})
    admin, row = inside.client("admin"), inside.person("own")
    assert admin.post(path(inside, "own"), details(row)).status == 422
    assert admin.post(path(inside, "own"), details(row, desk="7b")).status == 303
    assert admin.post("/companies/horn", {"name": "Horn", "identifier": "horn", "tier": "gold"}).status == 303
    with inside.scope():
        assert people.company("horn").fields == {"tier": "gold"}
    own = inside.client("own")
    assert 'value="7b"' in own.get("/account").text
    assert own.post("/account", {"name": "Tom", "desk": "8c"}).status == 303
    assert inside.person("own").fields == {"desk": "8c"}


def test_teams(inside):
    admin = inside.client("admin")
    agent = inside.person("agent").public_id
    assert admin.post("/people/teams", {"name": "Night shift"}).status == 303
    assert admin.post("/people/teams", {"name": "night SHIFT"}).status == 422
    assert admin.post("/people/teams/night-shift", {"name": "Night", "members": [
        agent, inside.person("own").public_id, inside.person("other_admin").public_id]}).status == 303
    with inside.scope():
        (team,) = people.teams()
        assert (team.name, people.team_members(team.id)) == ("Night", [inside.person("agent").id])
    assert admin.post("/people/teams/none", {"name": "X"}).status == 404
    assert inside.client("agent").post("/people/teams", {"name": "Mine"}).status == 404


def test_company_admins_look_after_their_own_company_only(inside):
    boss, colleague = inside.client("boss"), inside.person("colleague")
    home = "/account/company/alfreds"
    assert boss.get("/account/company").location == home
    assert "Elke Sommer" in boss.get(home).text
    assert boss.get("/account/company/horn").status == 404
    assert boss.get(f"{home}/people/{inside.person('stranger').public_id}").status == 404
    assert boss.post(f"{home}/people/{inside.person('stranger').public_id}", {"role": "user"}).status == 404
    assert boss.post("/account/company/horn/invite", {"email": "x@new.example", "role": "user"}).status == 404
    assert boss.post(f"{home}/invite", {"email": "x@new.example", "role": "agent"}).status == 422
    assert boss.post(f"{home}/people/{colleague.public_id}", {"role": "admin"}).status == 422
    assert boss.post(f"{home}/people/{colleague.public_id}", {"role": "company_admin"}).status == 303
    assert inside.client("colleague").get(home).status == 200
    assert boss.post(f"{home}/people/{inside.person('boss').public_id}", {"role": "user"}).status == 422
    assert boss.post(f"{home}/people/{colleague.public_id}/remove").status == 303
    with inside.scope():
        assert not people.memberships([colleague.id])
    assert inside.client("own").get(home).status == 404
    assert inside.client("own").get("/account/company").status == 404


def test_company_admins_invite_withdraw_and_send_again(inside):
    boss, home = inside.client("boss"), "/account/company/alfreds"
    assert boss.post(f"{home}/invite", {"email": "nina@new.example", "role": "user"}).status == 303
    with inside.scope():
        (row,) = credentials.tokens("invite", live=True)
    horn = inside.client("horn_boss")
    assert horn.post(f"/account/company/horn/invitations/{row.public_id}/withdraw").status == 404
    assert horn.post(f"{home}/invitations/{row.public_id}/withdraw").status == 404
    assert boss.post(f"{home}/invitations/{row.public_id}/again").status == 303
    with inside.scope():
        (newer,) = credentials.tokens("invite", live=True)
    assert newer.public_id != row.public_id
    assert boss.post(f"{home}/invitations/{newer.public_id}/withdraw").status == 303
    with inside.scope():
        assert not credentials.tokens("invite", live=True)


def test_account_management_is_switched_off_but_never_the_password(portal_inside):
    inside = portal_inside({"features": {"account": {"management": False}}})
    own, boss = inside.client("own"), inside.client("boss")
    assert own.post("/account", {"name": "Tom"}).status == 404
    assert boss.get("/account/company/alfreds").status == 404
    assert own.post("/account/password", {"old": PASSWORD, "password": NEW}).status == 303
    assert own.get("/account/security").status == 200


def test_sessions_are_listed_and_ended(inside):
    here, there = inside.client("own"), inside.client("own")
    with inside.scope():
        rows = credentials.sessions(inside.person("own").id)
    assert here.get("/account/security").text.count("/account/sessions/") == 2
    assert here.post("/account/sessions/end").status == 303
    assert here.get("/account").status == 200
    assert there.get("/account").status == 303
    stranger = inside.client("stranger")
    for row in rows:
        stranger.post(f"/account/sessions/{row.public_id}/end")
    assert here.get("/account").status == 200


def test_the_audit_log_is_paged_and_cannot_be_changed(inside):
    with inside.scope():
        for number in range(120):
            audit.record_act("person.created", f"number-{number}", number=number)
    admin = inside.client("admin")
    text = admin.get("/audit").text
    assert "number-119" in text
    older = text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "number-69" in admin.get(older).text
    connection = db.obj.connection()
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit"):
        with pytest.raises(Exception, match="never changed"):
            connection.cursor().execute(statement)
        connection.rollback()
    connection.cursor().execute("DELETE FROM tenant WHERE slug = 'acme'")
    (left,) = connection.cursor().execute("SELECT count(*) FROM audit").fetchone()
    assert left == 0


def test_a_list_by_name_goes_on_it_does_not_grow_older(inside):
    with inside.scope():
        for number in range(120):
            people.add_person(f"Person {number:03}", login=f"person.{number}")
    admin = inside.client("admin")
    page = admin.get("/people").text
    pager = page.partition('class="pager"')[2].partition("</nav>")[0]
    assert "<span>Next</span>" in pager
    following = admin.get(pager.partition('href="')[2].partition('"')[0].replace("&amp;", "&")).text
    assert "<span>Back</span>" in following.partition('class="pager"')[2]
    assert "Older" not in page + following
