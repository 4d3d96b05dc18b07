"""The portal inside the test process: people are who they are, tenants are apart, nothing leaks between tests."""

from core.data import people


def test_people_are_signed_in_and_apart(inside):
    assert inside.guest().get("/account").location.startswith("/sign-in")
    assert inside.client("own").get("/account").status == 200
    stolen = inside.guest("globex.localhost")
    stolen.cookies.update(inside.client("own").cookies)
    assert stolen.get("/account").location.startswith("/sign-in")


def test_each_test_has_its_own_copy(inside):
    with inside.scope():
        people.add_person("Only here", email="only@example.com")
        assert len(people.people()) == 9


def test_again_the_copy_is_fresh(inside):
    with inside.scope():
        assert len(people.people()) == 8


def test_the_api_knows_a_token(inside):
    assert inside.client("own", token=True).get("/api/v1/tickets").status == 200
    assert inside.guest().get("/api/v1/tickets").status in (401, 404)
