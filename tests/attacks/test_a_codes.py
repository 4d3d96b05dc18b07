"""The second step under attack: guessing, replay, races, skipping it, other people's and other tenants' halves."""

import re

import pyotp
import pytest

from core.data import arrivals, credentials, factors, people
from core.data.credentials import Tries
from core.data.db import loose, now
from support.inside import ADDRESS, HOSTS, PASSWORD

APP, CODE = "/account/two-factor/app", "/sign-in/code"


@pytest.fixture
def app(inside):
    """Give somebody's app: the step after the one it was confirmed with is free."""
    return set_up(inside, "own")


def set_up(inside, short):
    client = inside.client(short)
    client.post(APP)
    page = client.get(APP).text
    made = pyotp.TOTP(re.search(r'<code class="secret"[^>]*>([A-Z2-7 ]+)<', page)[1].replace(" ", ""))
    assert client.post(f"{APP}/confirm", {"code": made.now()}).status == 200
    return made


@pytest.fixture
def clock(monkeypatch):
    """Move the clock that codes are checked by; give its seconds."""
    def move(seconds):
        moment = now() + credentials.timedelta(seconds=seconds)
        monkeypatch.setattr(factors, "now", lambda: moment)
        return int(moment.timestamp())
    return move


def half(inside, short="own", host="localhost"):
    guest = inside.guest(host)
    answer = guest.post("/sign-in", {"email": ADDRESS.get(short, short), "password": PASSWORD})
    assert answer.location == CODE
    return guest


def test_five_guesses_whatever_browser_they_come_from(inside, app, clock):
    at = clock(60)
    answers = [half(inside).post(CODE, {"code": f"{number:06}"}).status for number in range(5)]
    assert answers == [422] * 5
    inside.address = "198.51.100.9"
    guest = half(inside)
    answer = guest.post(CODE, {"code": app.at(at)})
    assert (answer.status, answer.headers["cache-control"]) == (429, "private, no-store")
    assert 0 < int(answer.headers["retry-after"]) <= 900
    assert guest.get("/account").status == 303
    guest.post(CODE, {"code": app.at(at)})
    letters = [letter for letter in inside.letters_to(ADDRESS["own"]) if "password" in letter["Subject"]]
    assert len(letters) == 1, "told once a day, not once a guess"


def test_guesses_at_the_same_moment_are_counted_together(inside, app):
    guests = [half(inside) for _number in range(12)]
    answers = inside.parallel(*[lambda one=guest, n=number: one.post(CODE, {"code": f"{n:06}"})
                                for number, guest in enumerate(guests)])
    assert sorted(answer.status for answer in answers) == [422] * 5 + [429] * 7


def test_patience_does_not_help_either(inside, app):
    for _window in range(10):
        for number in range(5):
            assert half(inside).post(CODE, {"code": f"{number:06}"}).status == 422
        with inside.scope() as who:
            credentials.forget_tries(f"code:{who.tenant_id}:{inside.person('own').id}")
    answer = half(inside).post(CODE, {"code": "123456"})
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 3600


def test_recovery_codes_and_confirmations_are_counted_with_them(inside, app):
    guest = half(inside)
    for number in range(5):
        code = f"abcde-fghj{number + 2}"
        assert guest.post(CODE, {"code": code, "recovery": "true"}).status == 422
    assert guest.post(CODE, {"code": app.now()}).status == 429


def test_a_code_is_never_taken_twice(inside, app, clock):
    at = clock(60)
    code = app.at(at)
    assert half(inside).post(CODE, {"code": code}).location == "/"
    assert half(inside).post(CODE, {"code": code}).status == 422
    assert half(inside).post(CODE, {"code": app.at(at - 30)}).status == 422, "nor an older one after it"


def test_of_one_code_shown_twice_at_the_same_moment_one_counts(inside, app, clock):
    at = clock(60)
    guests = [half(inside), half(inside), half(inside), half(inside)]
    answers = inside.parallel(*[lambda one=guest: one.post(CODE, {"code": app.at(at)}) for guest in guests])
    assert sorted(answer.status for answer in answers) == [303, 422, 422, 422]


def test_of_one_half_answered_twice_at_the_same_moment_one_session_opens(inside, app):
    with inside.scope():
        made = factors.make_codes()
        factors.store_codes(inside.person("own").id, made)
    guest = half(inside)
    others = [inside.guest() for _code in range(4)]
    for other in others:
        other.cookies.update(guest.cookies)
    answers = inside.parallel(*[lambda one=other, code=code: one.post(CODE, {"code": code})
                                for other, code in zip(others, made.shown[:4], strict=True)])
    assert sorted(answer.location for answer in answers) == ["/", "/sign-in", "/sign-in", "/sign-in"]
    assert sum("parlour" in other.cookies for other in others) == 1


@pytest.mark.parametrize(("seconds", "good"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_code_counts_for_half_a_minute_around(inside, app, clock, seconds, good):
    at = clock(300) // 30 * 30
    answer = half(inside).post(CODE, {"code": app.at(at + seconds)})
    assert (answer.location == "/") is good


@pytest.mark.parametrize("code", ["", " ", "12345", "1234567", "00000a", "null", "[]", "%", "０００００", "-" * 40,
                                  "1" * 4000, "\u0000", "' OR 1=1 --"])
def test_no_shape_of_nonsense_is_a_code(inside, app, code):
    answer = half(inside).post(CODE, {"code": code})
    assert answer.status == 422
    assert "parlour" not in {name for name, value in answer.all_headers if name.lower() == "set-cookie" and
                             value.startswith("parlour=")}


def test_half_a_sign_in_opens_nothing(inside, app):
    guest = half(inside)
    for path in ("/", "/account", "/account/two-factor", "/account/password", "/tickets", "/notifications"):
        assert guest.get(path).location.startswith("/sign-in"), path
    assert guest.post("/account/two-factor/app/remove").location.startswith("/sign-in")
    assert guest.post("/account/password", {"old": PASSWORD, "password": "seven green kettles"}).status == 303
    assert guest.get("/api/v1/tickets").status == 401
    assert inside.person("own").two_factor


def test_the_step_is_not_skipped_by_any_other_way_in(inside, app):
    guest = inside.guest()
    assert guest.post("/reset", {"email": ADDRESS["own"]}).status == 303
    inside.work()
    with inside.scope():
        secret = credentials.make_token("reset", inside.person("own").id, lasts=credentials.timedelta(hours=1))
    assert guest.post(f"/reset/{secret}", {"password": "seven green kettles"}).location == "/sign-in"
    answer = guest.post("/sign-in", {"email": ADDRESS["own"], "password": "seven green kettles"})
    assert answer.location == CODE
    assert "parlour" not in guest.cookies


def test_a_new_password_ends_halves_and_remembered_devices(inside, app, clock):
    at = clock(60)
    known = half(inside)
    known.post(CODE, {"code": app.at(at), "remember": "true"})
    begun = half(inside)
    own = inside.client("own")
    assert own.post("/account/password", {"old": PASSWORD, "password": "seven green kettles"}).status == 303
    at = clock(180)
    assert begun.post(CODE, {"code": app.at(at)}).location == "/sign-in"
    again = known.post("/sign-in", {"email": ADDRESS["own"], "password": "seven green kettles"})
    assert again.location == CODE


def test_a_half_runs_out(inside, app, clock, monkeypatch):
    at = clock(60)
    guest = half(inside)
    later = now() + credentials.timedelta(minutes=10, seconds=1)
    monkeypatch.setattr(credentials, "now", lambda: later)
    answer = guest.post(CODE, {"code": app.at(at)})
    assert answer.location == "/sign-in"
    assert "parlour" not in guest.cookies


def test_a_half_of_one_tenant_is_nothing_to_another(inside, app, clock):
    at = clock(60)
    guest = half(inside)
    elsewhere = inside.guest(HOSTS["globex"])
    elsewhere.cookies.update(guest.cookies)
    assert elsewhere.get(CODE).status == 404
    assert elsewhere.post(CODE, {"code": app.at(at)}).status == 404
    assert guest.post(CODE, {"code": app.at(at)}).location == "/", "and it is still good at home"


def test_ones_own_code_is_no_answer_for_somebody_else(inside, app, clock):
    other = set_up(inside, "colleague")
    at = clock(60)
    assert half(inside, "own").post(CODE, {"code": other.at(at)}).status == 422


def test_a_planted_browser_mark_or_half_is_never_taken_over(inside, app, clock):
    at = clock(60)
    planted = "planted-by-somebody-else-0123456789abcdefghijk"
    guest = inside.guest()
    guest.cookies.update({"parlour_browser": planted, "parlour_step": planted})
    guest.post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD})
    assert guest.cookies["parlour_step"] != planted
    guest.post(CODE, {"code": app.at(at), "remember": "true"})
    assert guest.cookies["parlour_browser"] != planted
    thief = inside.guest()
    thief.cookies["parlour_browser"] = planted
    assert thief.post("/sign-in", {"email": ADDRESS["own"], "password": PASSWORD}).location == CODE


def test_a_remembered_device_is_remembered_for_one_person(inside, app, clock):
    set_up(inside, "colleague")
    at = clock(60)
    guest = half(inside)
    guest.post(CODE, {"code": app.at(at), "remember": "true"})
    guest.post("/sign-out")
    assert guest.post("/sign-in", {"email": ADDRESS["colleague"], "password": PASSWORD}).location == CODE


def test_somebody_locked_out_meanwhile_does_not_finish(inside, app, clock):
    at = clock(60)
    guest = half(inside)
    with inside.scope():
        people.change_person(inside.person("own").id, active=False)
    assert guest.post(CODE, {"code": app.at(at)}).location == "/sign-in"
    assert "parlour" not in guest.cookies


def test_a_wrong_password_tells_nothing_of_the_second_step(inside, app):
    def said(address):
        answer = inside.guest().post("/sign-in", {"email": address, "password": "wrong words here"})
        text = re.sub(r'name="_once" value="[^"]+"', "", answer.text.replace(address, "ADDRESS"))
        return answer.status, sorted(name for name, _value in answer.all_headers), text

    seen = [said(address) for address in (ADDRESS["own"], ADDRESS["colleague"], "nobody@example.com")]
    assert seen[0] == seen[1] == seen[2]


def test_a_half_way_try_stays_in_the_history(inside, app):
    half(inside)
    with inside.scope():
        (row, *_older) = arrivals.history(inside.person("own").id)
    assert (row.ok, row.how) == (False, "half")
    assert "right password, no second step" in inside.client("own").get("/account/security").text


@pytest.mark.parametrize("path", ["/account/two-factor/app", "/account/two-factor/app/confirm",
                                  "/account/two-factor/app/remove", "/account/two-factor/codes",
                                  "/account/two-factor/devices/forget", "/account/confirm", "/sign-in/code",
                                  "/account/passkeys", "/sign-in/passkey", "/sign-in/passkey/options"])
def test_a08_other_sites_do_none_of_it(inside, app, path):
    own = inside.client("own")
    for headers in ({"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert own.post(path, {"code": "000000"}, headers=headers).status == 403
    assert inside.person("own").two_factor


def test_questions_to_passkeys_are_swept(inside):
    with inside.scope():
        factors.challenge("sign-in:")
    factors.sweep(now() + credentials.timedelta(minutes=6))
    with loose.connection_context() if loose.is_closed() else loose.atomic():
        assert not list(factors.Challenge.select())
        assert isinstance(Tries.select().count(), int)
