"""R17, R46: many write at once through several processes; none waits in vain, and all share what counts."""

from __future__ import annotations

import pytest

from support.crowd import Crowd, sign_in, sound
from support.inside import ADDRESS, PASSWORD

TRIES = 10
"""Failed sign-ins per address in 15 minutes, as shipped."""


def crowded(folder, serve, requests):
    url = folder.env["PARLOUR_DATABASE"]
    with serve(folder, workers=4) as portal:
        with Crowd(portal, 16) as crowd:
            crowd.wait_written(requests, 1200)
        assert set(crowd.statuses) == {303}, crowd.statuses
        assert "locked" not in portal.log
        crowd.check(portal, 5)
    told = crowd.compare(url, folder.path / "var" / "files")
    sound(url)
    times = sorted(crowd.times)
    print(f"{told}, median {times[len(times) // 2]:.3f} s, p99 {times[len(times) * 99 // 100]:.3f} s")
    return times


@pytest.mark.engines("sqlite")
def test_sixteen_write_through_four_processes_and_nothing_is_locked(peopled, serve):
    crowded(peopled, serve, 600)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_writes_at_once(peopled, serve):
    crowded(peopled, serve, 10_000)


# --- what several processes share ---


def wrong(portal, times, host="localhost"):
    """Try a wrong password so many times, each on a connection of its own; give the statuses."""
    form = {"email": ADDRESS["own"], "password": "not this one"}
    return [portal.visitor(host).post("/sign-in", form).status for _ in range(times)]


def shared(folder, serve, workers):
    """Count, sign in and send a form through several processes, end them all, and go on with others."""
    with serve(folder, workers=workers) as portal:
        browser = sign_in(portal, "boss")
        form = {"subject": "Sent twice", "body": "over a restart", "_once": "over-a-restart-0123456789"}
        places = {browser.post("/cases/new", form).location for _ in range(2 * workers)}
        assert len(places) == 1
        first = wrong(portal, TRIES)
        assert 429 not in first, first
        assert wrong(portal, 2 * workers) == [429] * 2 * workers, "each process counts for itself"
        assert wrong(portal, 1, "globex.localhost") != [429], "another tenant counts apart"
    with serve(folder, workers=1) as portal:
        assert wrong(portal, 1) == [429], "a restart forgives"
        own = {"email": ADDRESS["own"], "password": PASSWORD}
        assert portal.visitor().post("/sign-in", own).status == 429, "the right one has to wait, too"
        again = portal.visitor()
        again.cookies = dict(browser.cookies)
        assert again.get("/account").status == 200, "a restart signs out"
        assert {again.post("/cases/new", form).location} == places
        assert again.post("/sign-out").status == 303
    with serve(folder, workers=workers) as portal:
        late = [portal.visitor() for _ in range(2 * workers)]
        for one in late:
            one.cookies = dict(browser.cookies)
        assert {one.get("/account").status for one in late} == {303}, "signed out in one process, not in another"


@pytest.mark.engines("sqlite")
def test_four_processes_count_together_and_a_restart_forgives_nothing(peopled, serve):
    shared(peopled, serve, 4)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 4])
def test_one_process_or_four_count_the_same(peopled, serve, workers):
    shared(peopled, serve, workers)
