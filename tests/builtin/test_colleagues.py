"""Company admins look after their own people, details and addresses; nobody else's, however they ask."""

import itertools

import pytest

from core.data import access, addresses, audit, companies, people, scope
from core.errors import Invalid, NotFound
from support.inside import text_of

HOME = "/account/company/alfreds"
ADDRESS = {"label": "Head office", "lines": "Obere Str. 57", "postal_code": "12209", "city": "Berlin",
           "country": "DE"}


def there(inside, short, company="alfreds"):
    with inside.scope():
        return companies.member(people.company(company).id, inside.person(short).public_id)


def link(inside, short, tail=""):
    return f"{HOME}/people/{inside.person(short).public_id}{tail}"


def narrowed(role="company_user", modules=("kb",), **more):
    return {"role": role, "narrow": "true", "modules": list(modules), **more}


@pytest.fixture
def house(portal_inside):
    """A portal with tickets and a knowledge base, of which the company Horn gets no knowledge base."""
    fields = {"phone": {"type": "phone", "label": "Phone", "editable": True}, "tier": {"label": "Tier"}}
    return portal_inside({"features": {"tickets": True, "kb": True}, "fields": {"companies": fields},
        "tenants": {"acme": {"companies": {"horn": {"features": {"kb": False}}}}}})


def test_roles_own_records_and_modules_of_a_colleague(house):
    boss, colleague = house.client("boss"), house.client("colleague")
    with house.scope():
        access.add("ticket", title="Von Thomas", state="open", person=house.person("own").id,
                   company=people.company("alfreds").id)
    assert "Von Thomas" in colleague.get("/tickets").text
    assert boss.post(link(house, "colleague"), narrowed(modules=["tickets"], own_only="true")).status == 303
    assert "Von Thomas" not in colleague.get("/tickets").text
    assert colleague.get("/kb").status == 404
    assert boss.post(link(house, "colleague"), narrowed(modules=["kb"])).status == 303
    assert colleague.get("/tickets").status == 404
    assert colleague.get("/kb").status == 200
    assert "one feature less" in boss.get(HOME).text
    letters = [text_of(one) for one in house.letters_to("colleague@example.com")]
    assert len(letters) == 2
    assert "Maria Anders" in letters[0]
    with house.scope():
        assert [act.act for act in audit.acts()][:2] == ["person.role_changed"] * 2


def test_never_more_than_the_company_itself_has(house):
    horn = house.client("horn_boss")
    page = horn.get(f"/account/company/horn/people/{house.person('stranger').public_id}").text
    assert 'value="tickets"' in page
    assert 'value="kb"' not in page
    form = narrowed(modules=["tickets", "kb", "signin", "people"])
    place = f"/account/company/horn/people/{house.person('stranger').public_id}"
    assert horn.post(place, form).status == 303
    assert house.client("stranger").get("/kb").status == 404
    assert there(house, "stranger", "horn").hidden_there == {}


def test_what_staff_took_from_a_person_stays_taken(house):
    with house.scope():
        people.change_person(house.person("colleague").id, features={"tickets": False})
    boss = house.client("boss")
    assert "disabled" in boss.get(link(house, "colleague")).text
    boss.post(link(house, "colleague"), narrowed(modules=["tickets", "kb"]))
    assert house.client("colleague").get("/tickets").status == 404


def test_staff_gives_back_what_the_companys_admins_took(house):
    house.client("boss").post(link(house, "colleague"), narrowed(modules=["kb"], own_only="true"))
    admin = house.client("admin")
    place = f"/companies/alfreds/people/{house.person('colleague').public_id}"
    assert "only own records" in admin.get("/companies/alfreds/people").text
    assert admin.post(place, narrowed("everything")).status == 422
    assert admin.post(place, narrowed("company_admin", ["kb", "tickets"])).status == 303
    row = there(house, "colleague")
    assert (row.membership, row.own_there, row.hidden_there) == ("company_admin", False, {})
    assert house.client("colleague").get("/tickets").status == 200
    for short in ("stranger", "other"):
        foreign = f"/companies/alfreds/people/{house.person(short).public_id}"
        assert admin.post(foreign, {"role": "user"}).status == 404
    assert house.client("agent").post(place, {"role": "user"}).status == 404
    assert admin.post(f"{place}/remove").status == 303
    assert admin.get(place).status == 404


def test_a_person_of_two_companies_is_narrowed_in_one(house):
    with house.scope():
        row = house.person("colleague")
        people.join(row.id, people.company("horn").id, "company_user")
        for company, owner in (("alfreds", "own"), ("horn", "stranger")):
            access.add("ticket", title=f"In {company}", state="open", person=house.person(owner).id,
                       company=people.company(company).id)
    house.client("boss").post(link(house, "colleague"), narrowed(modules=["tickets"], own_only="true"))
    seen = house.client("colleague").get("/tickets").text
    assert "In horn" in seen
    assert "In alfreds" not in seen
    house.client("boss").post(link(house, "colleague", "/remove"))
    with house.scope():
        assert [one.identifier for one in people.memberships([row.id])[row.id]] == ["horn"]


VERBS = [("GET", "", {}), ("POST", "", {"role": "user"}), ("POST", "/remove", {})]


@pytest.mark.parametrize(("method", "tail", "form"), VERBS)
def test_nobody_elses_people(house, method, tail, form):
    boss = house.client("boss")
    with house.scope():
        people.join(house.person("agent").id, people.company("alfreds").id, "company_admin")
    never = boss.send(method, f"{HOME}/people/AAAAAAAAAAAAAAAAAAAAAA{tail}") if method == "GET" else boss.post(
        f"{HOME}/people/AAAAAAAAAAAAAAAAAAAAAA{tail}", form)
    before = {short: house.person(short) for short in ("stranger", "agent", "other", "loner", "admin")}
    for short, was in before.items():
        place = link(house, short, tail)
        answer = boss.get(place) if method == "GET" else boss.post(place, form)
        assert (answer.status, answer.text) == (404, never.text), short
        assert house.person(short) == was
    for company in ("horn", "cairo", "nowhere"):
        place = f"/account/company/{company}/people/{house.person('own').public_id}{tail}"
        assert (boss.get(place) if method == "GET" else boss.post(place, form)).status == 404
    assert there(house, "agent").membership == "company_admin"


def test_the_last_admin_stays_whatever_is_tried(house):
    boss = house.client("boss")
    assert boss.post(link(house, "boss"), {"role": "user"}).status == 422
    assert boss.post(link(house, "boss", "/remove")).status == 422
    form = {"email": "boss@example.com", "role": "user"}
    assert boss.post(f"{HOME}/invite", form).status == 422, "nobody steps down by inviting themselves"
    assert there(house, "boss").membership == "company_admin"
    boss.post(link(house, "colleague"), {"role": "company_admin"})

    def demote(by, whom):
        with house.scope("acme", by):
            return companies.change_colleague(companies.mine("alfreds"), house.person(whom).public_id, "user",
                                              own_only=False, hides=())

    results = house.parallel(lambda: demote("boss", "colleague"), lambda: demote("colleague", "boss"))
    assert sum(isinstance(one, Invalid | NotFound) for one in results) == 1
    roles = {there(house, short).membership for short in ("boss", "colleague")}
    assert roles == {"company_admin", "user"}


def test_an_invitation_carries_what_they_will_see(house):
    boss = house.client("boss")
    form = narrowed("company_user", ["kb"], own_only="true", email="nina@new.example", name="Nina")
    assert boss.post(f"{HOME}/invite", form).status == 303
    (letter,) = house.letters_to("nina@new.example")
    address = next(word for word in text_of(letter).split() if "/invite/" in word)
    guest = house.guest()
    path = address.partition("8000")[2]
    assert guest.post(path, {"name": "Nina", "password": "seven green kettles"}).status == 303
    row = there(house, "nina@new.example")
    assert (row.membership, row.own_there, row.hidden_there) == ("company_user", True, {"tickets": False})
    assert guest.get("/tickets").status == 404


def test_a_list_of_many_is_looked_through(house):
    boss = house.client("boss")
    assert 'role="search"' not in boss.get(HOME).text.partition("<main")[2]
    with house.scope():
        company = people.company("alfreds").id
        for number in range(60):
            people.join(people.add_person(f"Kollege {number:02d}", email=f"k{number}@many.example").id, company)
    page = boss.get(HOME).text
    assert "Kollege 59" not in page
    assert "Kollege 42" in boss.get(f"{HOME}?q=lege+42").text
    assert "Ana Trujillo" not in boss.get(f"{HOME}?q=Ana").text


def test_details_the_tenant_lets_them_change(house):
    boss = house.client("boss")
    with house.scope():
        people.change_company(people.company("alfreds").id, fields={"tier": "gold"})
    page = boss.get(f"{HOME}/details").text
    assert "Phone" in page
    assert "Tier" not in page
    assert boss.post(f"{HOME}/details", {"phone": "+49 30 1234567", "tier": "free", "name": "Mine"}).status == 303
    with house.scope():
        row = people.company("alfreds")
        assert row.fields["tier"] == "gold"
        assert row.fields["phone"].endswith("1234567")
        assert row.name == "Alfreds Futterkiste"


def test_the_address_book(house):
    boss = house.client("boss")
    assert boss.post(f"{HOME}/addresses", ADDRESS).status == 303
    second = {**ADDRESS, "label": "Lager", "city": "Hamburg", "delivery": "true"}
    assert boss.post(f"{HOME}/addresses", second).status == 303
    with house.scope("acme", "own"):
        book = addresses.of(people.company("alfreds").id)
    assert [(one.label, one.delivery, one.billing) for one in book] == [
        ("Lager", True, False), ("Head office", False, True)]
    assert addresses.written(book[0]) == ["Obere Str. 57", "12209 Hamburg"]
    page = boss.get(f"{HOME}/addresses").text
    assert "Germany" in page
    wrong = boss.post(f"{HOME}/addresses", {**ADDRESS, "country": "XX", "postal_code": "<b>", "label": ""})
    assert wrong.status == 422
    assert boss.post(f"{HOME}/addresses", {**ADDRESS, "lines": "\n".join("abcdef")}).status == 422
    place = f"{HOME}/addresses/{book[0].public_id}"
    assert boss.post(place, {**ADDRESS, "label": "Lager 2", "billing": "true"}).status == 303
    with house.scope("acme", "own"):
        assert sum(one.billing for one in addresses.of(people.company("alfreds").id)) == 1
    assert boss.post(f"{place}/remove").status == 303
    assert boss.get(place).status == 404


def test_nobody_elses_addresses(house):
    with house.scope():
        theirs = addresses.add(people.company("horn").id, ADDRESS)
        alfreds, horn = people.company("alfreds").id, people.company("horn").id
    boss = house.client("boss")
    never = boss.get(f"{HOME}/addresses/AAAAAAAAAAAAAAAAAAAAAA").text
    for place, form in itertools.product((f"{HOME}/addresses/{theirs.public_id}",
                                          f"{HOME}/addresses/{theirs.public_id}/remove",
                                          f"/account/company/horn/addresses/{theirs.public_id}"), (ADDRESS,)):
        answer = boss.post(place, form)
        assert (answer.status, answer.text) == (404, never)
    with house.scope("acme", "own"):
        assert addresses.of(alfreds) == []
        for call in (lambda: addresses.of(horn), lambda: addresses.one(theirs.public_id),
                     lambda: addresses.add(alfreds, ADDRESS), lambda: addresses.remove(theirs)):
            with pytest.raises(NotFound):
                call()
    with house.scope("globex"), pytest.raises(NotFound):
        addresses.of(horn)
    with house.scope("globex"), pytest.raises(NotFound):
        addresses.one(theirs.public_id)
    assert scope.active() is None
