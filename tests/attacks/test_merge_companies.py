"""Two companies become one: nobody is freed of a limit, nobody gets in unsaid, crossed ones are no fault."""

import pytest

from core.data import companies, people
from core.errors import NotFound


def member(inside, short, company="alfreds"):
    """Give somebody's membership of a company as it is now."""
    with inside.scope():
        row = inside.person(short)
        return next(one for one in people.memberships([row.id])[row.id] if one.identifier == company)


@pytest.mark.parametrize("limited", ["horn", "alfreds"])
def test_who_belongs_to_both_keeps_every_limit_and_is_named_where_the_role_widens(inside, limited):
    with inside.scope():
        own = inside.person("own").id
        for identifier, role in (("horn", "company_admin"), ("alfreds", "user")):
            narrow = {"own_only": True, "features": {"kb": False}} if identifier == limited else {}
            people.join(own, people.company(identifier).id, role, **narrow)
    page = inside.client("admin").get("/companies/horn/merge?into=alfreds").text
    assert "Will see more than now" in page and "Thomas Hardy" in page
    assert inside.client("admin").post("/companies/horn/merge", {"into": "alfreds"}).status == 303
    kept = member(inside, "own")
    assert (kept.role, kept.own_only, kept.features.get("kb")) == ("company_admin", True, False)


@pytest.mark.parametrize("how", ["off", "disabled"])
def test_the_people_of_one_that_is_off_get_in_only_after_saying_so(portal_inside, how):
    said = {"companies": {"horn": {"status": "disabled"}}} if how == "disabled" else {}
    inside = portal_inside({"tenants": {"acme": said}})
    with inside.scope():
        if how == "off":
            people.change_company(people.company("horn").id, active=False)
        name = inside.person("stranger").name
    admin = inside.client("admin")
    page = admin.get("/companies/horn/merge?into=alfreds").text
    assert "Come in here by it, and do not now" in page and name in page
    assert "Come in here by it" not in admin.get("/companies/alfreds/merge?into=horn").text
    assert admin.post("/companies/horn/merge", {"into": "alfreds"}).status == 303
    assert inside.client("own").get("/account").status == 200, "nobody is shut out either"
    assert inside.client("stranger").get("/account").status == 200


@pytest.mark.engines("sqlite")
def test_whom_a_feature_opens_to_is_named(portal_inside):
    inside = portal_inside({"features": {"tickets": True, "kb": True}, "tenants": {"acme": {"companies": {
        "horn": {"features": {"kb": False}}, "alfreds": {"features": {"kb": True}}}}}})
    page = inside.client("admin").get("/companies/horn/merge?into=alfreds").text
    assert "Will see more than now" in page and inside.person("stranger").name in page
    assert "Will see more" not in inside.client("admin").get("/companies/alfreds/merge?into=horn").text


def test_of_crossed_merges_one_counts(inside):
    with inside.scope():
        horn, alfreds = people.company("horn"), people.company("alfreds")

    def run(company, into):
        def call():
            with inside.scope():
                companies.merge(company, into)
        return call

    found = inside.parallel(run(horn, alfreds), run(alfreds, horn))
    assert sorted(type(one).__name__ for one in found) == ["NoneType", "NotFound"], found
    with inside.scope(), pytest.raises(NotFound):
        companies.merge(horn, alfreds)
    with inside.scope():
        assert len([one for one in people.companies() if one.id in (horn.id, alfreds.id)]) == 1
