"""I01 to I03: an invitation makes one account, or says it is over, or was never there."""

import re
from datetime import timedelta

import pytest

from core.data import credentials, directory, people
from core.data.credentials import Token
from core.data.db import door, now
from core.errors import Invalid
from core.work import invitations
from support.inside import ADDRESS, PASSWORD, text_of

NEW = "seven green kettles"
FORM = {"name": "Nina Novak", "password": NEW}
EMAIL = "nina@new.example"


def invite(inside, email=EMAIL, company="horn", role="user"):
    with inside.scope("acme", "agent"):
        invitations.invite(email, role=role, company=company)
    return re.search(r"(/invite/\S+)", text_of(inside.letters_to(email)[-1]))[1]


@pytest.fixture
def link(inside):
    return invite(inside)


def everybody(inside):
    with inside.scope():
        return len(people.people())


def over(inside, link):
    guest = inside.guest()
    shown, sent = guest.get(link), guest.post(link, FORM)
    assert (shown.status, sent.status) == (410, 410)
    assert "Ask for a new one" in shown.text
    assert "Ask for a new one" in sent.text
    assert "parlour" not in guest.cookies


def test_i01_twenty_at_once_make_exactly_one_account(inside, link):
    before = everybody(inside)
    guests = [inside.guest() for _number in range(20)]
    answers = inside.parallel(*[lambda guest=guest, n=n: guest.post(link, FORM | {"name": f"Nina {n}"})
                                for n, guest in enumerate(guests)])
    assert sorted(answer.status for answer in answers) == [303] + [410] * 19
    assert everybody(inside) == before + 1
    assert sum("parlour" in guest.cookies for guest in guests) == 1


def test_i01_another_account_in_the_same_browser_changes_nothing(inside, link):
    own = inside.client("own")
    assert own.post(link, FORM).status == 303
    assert own.post(link, FORM).status == 410
    assert inside.person("own").name == "Thomas Hardy"
    with inside.scope():
        assert [m.identifier for m in people.memberships([inside.person("own").id])[inside.person("own").id]] \
            == ["alfreds"]


def test_i02_after_it_ran_out(inside, link):
    with inside.scope() as who:
        door(Token.update(expires=now() - timedelta(seconds=1)), Token).where(
            Token.tenant == who.tenant_id).execute()
    over(inside, link)


def test_i02_after_it_was_withdrawn(inside, link):
    with inside.scope("acme", "agent"):
        invitations.withdraw(invitations.waiting()[0].public_id)
    over(inside, link)


def test_i02_after_it_was_sent_again(inside, link):
    with inside.scope("acme", "agent"):
        invitations.again(invitations.waiting()[0].public_id)
    over(inside, link)
    newer = re.search(r"(/invite/\S+)", text_of(inside.letters_to(EMAIL)[-1]))[1]
    assert inside.guest().post(newer, FORM).status == 303


def test_i02_after_the_contact_changed_or_went(inside):
    for act in ("email", "remove", "lock"):
        with inside.scope():
            row = people.add_person("No Password", email=f"{act}@new.example")
        link = invite(inside, f"{act}@new.example")
        assert inside.guest().get(link).status == 200
        admin = inside.client("admin")
        if act == "email":
            admin.post(f"/people/{row.public_id}", {
                "name": "X", "email": "moved@new.example", "role": "customer", "feature_tickets": "company"})
        elif act == "remove":
            admin.post(f"/people/{row.public_id}/remove")
        else:
            admin.post(f"/people/{row.public_id}/active", {"active": "off"})
        over(inside, link)


def test_i02_an_address_given_away_meanwhile_is_not_taken_over(inside, link):
    with inside.scope():
        people.add_person("Somebody", email=EMAIL, password=credentials.hash_password(PASSWORD))
    guest = inside.guest()
    assert guest.post(link, FORM).location == "/sign-in"
    assert "parlour" not in guest.cookies
    assert guest.post("/sign-in", {"email": EMAIL, "password": NEW}).status == 422


@pytest.mark.parametrize("secret", ["%20", "null", "[]", "%25", "_", "*", "%00", "undefined", "0", "-1", "'--",
                                    "%ff%fe", "a" * 5000, "..%2f", "None"])
def test_i03_degenerate_links_were_never_there(inside, link, secret):
    for method in ("get", "post"):
        answer = getattr(inside.guest(), method)(f"/invite/{secret}")
        assert answer.status == 404, (method, secret)
    assert inside.guest().get("/invite/").status == 404
    assert inside.guest().get(link[:-4]).status == 404


def test_i03_links_of_other_kinds_open_nothing(inside, link):
    inside.guest().post("/reset", {"email": ADDRESS["own"]})
    reset = re.search(r"/reset/(\S+)", text_of(inside.letters_to(ADDRESS["own"])[-1]))[1]
    secret = link.rpartition("/")[2]
    for wrong in (f"/invite/{reset}", f"/reset/{secret}", f"/verify/{secret}", f"/account/email/{secret}"):
        assert inside.guest().get(wrong).status == 404, wrong
        assert inside.guest().post(wrong, FORM).status == 404, wrong
    assert inside.guest("globex.localhost").get(link).status == 404
    api = inside.guest()
    assert api.get("/api/v1/tickets", headers={"Authorization": f"Bearer {secret}"}).status == 401


def test_off_means_nobody_comes_in(portal_inside):
    inside = portal_inside()
    link = invite(inside)
    inside.yaml.write_text(inside.yaml.read_text().replace(
        "  acme:\n", "  acme:\n    access: {registration: 'off'}\n"))
    inside.portal.store.notice()
    over(inside, link)


def test_i02_after_the_company_was_switched_off(inside, link):
    place = invite(inside, "second@new.example")
    with inside.scope():
        people.change_company(people.company("horn").id, active=False)
    over(inside, link)
    with inside.scope():
        people.change_company(people.company("horn").id, active=True)
    inside.yaml.write_text(inside.yaml.read_text().replace(
        "  acme:\n", "  acme:\n    companies: {horn: {status: disabled}}\n"))
    inside.portal.store.notice()
    over(inside, place)
    with inside.scope("acme", "agent"), pytest.raises(Invalid):
        invitations.invite("third@new.example", company="horn")


def test_who_is_invited_into_one_company_is_looked_up_not_sifted(inside, monkeypatch):
    for number in range(6):
        invite(inside, f"n{number}@new.example", company="horn" if number == 1 else "alfreds")
    monkeypatch.setitem(credentials.tokens.__kwdefaults__, "limit", 3)
    with inside.scope("acme", "agent"):
        horn = people.company("horn").id
        assert [row.data["email"] for row in invitations.waiting(horn)] == ["n1@new.example"]
        assert [row.data["email"] for row in invitations.waiting(email="N2@New.example")] == ["n2@new.example"]
        assert len(invitations.waiting()) == 3


def promised(inside, role="company_admin"):
    """Give somebody without a password who is this in a company, and the link they were invited by."""
    with inside.scope():
        row = people.add_person("No Password", email=EMAIL)
        people.join(row.id, people.company("horn").id, role)
    return row, invite(inside, role=role)


def roles_of(inside, row):
    with inside.scope():
        return {one.identifier: one.role for one in people.memberships([row.id]).get(row.id, ())}


@pytest.mark.parametrize("way", ["person", "company"])
def test_a_link_does_not_bring_back_who_was_taken_out(inside, way):
    row, link = promised(inside)
    page = f"/people/{row.public_id}/companies/horn/remove" if way == "person" else \
        f"/companies/horn/people/{row.public_id}/remove"
    assert inside.client("admin").post(page).status == 303
    over(inside, link)
    assert roles_of(inside, row) == {}


def test_a_link_gives_no_more_than_the_role_since(inside):
    row, link = promised(inside)
    admin = inside.client("admin")
    assert admin.post(f"/people/{row.public_id}/companies", {"company": "horn", "role": "user"}).status == 303
    assert inside.guest().post(link, FORM).status == 303, "they still come in"
    assert roles_of(inside, row) == {"horn": "user"}


def test_a_link_to_an_address_knows_who_has_it_since(inside):
    link = invite(inside, role="company_admin")
    with inside.scope():
        horn = people.company("horn").id
        row = people.add_person("Nina", email=EMAIL.upper())
        people.join(row.id, horn, "company_user")
        assert [one.data["role"] for one in invitations.waiting(horn)] == ["company_user"]
        people.leave(row.id, horn)
        assert invitations.waiting(horn) == []
    over(inside, link)


def test_a_link_makes_nobody_new_of_who_was_removed(inside):
    link = invite(inside, role="company_admin")
    with inside.scope():
        row = people.add_person("Nina", email=EMAIL)
    assert inside.client("admin").post(f"/people/{row.public_id}/remove").status == 303
    over(inside, link)


def test_a_link_makes_nobody_of_the_team_again(inside):
    with inside.scope():
        row = people.add_person("Nina", email=EMAIL, role="admin")
    with inside.scope("acme", "admin"):
        invitations.invite(EMAIL, role="admin")
    link = re.search(r"(/invite/\S+)", text_of(inside.letters_to(EMAIL)[-1]))[1]
    with inside.scope():
        people.change_person(row.id, role="")
    over(inside, link)
    assert not people_role(inside, row)


def people_role(inside, row):
    with inside.scope():
        return people.person(row.id).role


def test_taking_a_link_and_a_role_at_the_same_moment(inside):
    for _turn in range(3):
        row, link = promised(inside)

        def lower(row=row):
            with inside.scope():
                people.join(row.id, people.company("horn").id, "user")

        guest = inside.guest()
        found = inside.parallel(lower, lambda link=link, guest=guest: guest.post(link, FORM).status)
        assert found == [None, 303]
        assert roles_of(inside, row) == {"horn": "user"}
        with inside.scope():
            directory.remove_person(row.id)
