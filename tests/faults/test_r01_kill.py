"""R01, R02, R03: processes die at any moment; what was acknowledged is there, whole, and there once."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import closing, suppress

import pytest

from support import cases
from support.crowd import BROKEN, Crowd, answers, beside, rows, servers, sign_in, sound, until
from support.pace import Stopwatch
from support.servers import start

BACK = 2.0
"""Seconds after which the portal answers again when a process of it was killed."""


def kill_one(portal, dice):
    """Kill -9 one process at random, mostly one that answers; give the seconds until the portal answers."""
    answering, others = servers(portal), beside(portal)
    if not answering:
        return 0.0
    victim = dice.choice(others) if others and dice.random() < 0.2 else dice.choice(answering)
    watch = Stopwatch(portal)
    with suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)
    until(lambda: answers(portal), 60, portal.log)
    return watch.seconds()


def killing(serve, folder, engine_url, kills, pause, seed=1):
    dice = random.Random(seed)
    with serve(folder, workers=4) as portal:
        with Crowd(portal, 8, seed) as crowd:
            crowd.wait_written(10)
            away = []
            for _ in range(kills):
                until(lambda: len(servers(portal)) >= 2, 150, portal.log)
                away.append(kill_one(portal, dice))
                time.sleep(dice.uniform(*pause))
            crowd.wait_written(crowd.written + 10)
        assert set(crowd.statuses) <= {303, 0, 502, 503}, crowd.statuses
        assert max(away) <= BACK, sorted(away)[-5:]
        crowd.check(portal)
        assert portal.process.poll() is None
    told = crowd.compare(engine_url, folder.path / "var" / "files")
    sound(engine_url)
    print(f"{kills} kills: {told}, answers {dict(crowd.statuses)}, longest away {max(away):.2f} s")


def test_a_killed_process_takes_nothing_acknowledged_with_it(peopled, serve):
    killing(serve, peopled, peopled.env["PARLOUR_DATABASE"], 5, (0.1, 0.4))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_killed_processes_take_nothing_with_them(peopled, serve):
    killing(serve, peopled, peopled.env["PARLOUR_DATABASE"], 1000, (0.3, 0.9), seed=int(time.time()))


# --- everything at once ---


def power_cuts(folder, rounds, writes):
    """Kill everything under load and start again by the same command, again and again."""
    url, run = folder.env["PARLOUR_DATABASE"], folder.path / "var" / "run"
    crowds = []
    portal = start(folder, workers=2)
    try:
        for _ in range(rounds):
            portal.wait_ready()
            with Crowd(portal, 8, seed=len(crowds) * 100) as crowd:
                crowds.append(crowd)
                crowd.wait_written(writes)
                portal.kill()
            assert (run / "parlour.pid").exists(), "this is what a new start has to put up with"
            part = folder.path / "var" / "files" / "tmp" / ("ab" * 16)
            part.parent.mkdir(exist_ok=True)
            part.write_bytes(b"half an upload")
            os.utime(part, (0, 0))
            portal = start(folder, workers=2)
        portal.wait_ready()
        until(lambda: not part.exists(), 150, "half an upload stays for ever")
        for crowd in crowds:
            crowd.compare(url, folder.path / "var" / "files")
        crowds[-1].check(portal, 10)
        resumed(folder, url, crowds)
    finally:
        portal.stop()
    sound(url)


def resumed(folder, url, crowds):
    """Wait until all work is done that was waiting or at hand; letters tell of every case."""
    with closing(rows(url)) as database:
        database.execute("UPDATE job SET lease = 0 WHERE lease IS NOT NULL")  # as if a minute had passed
        database.commit()
    mail = folder.path / "var" / "mail" / "new"
    while left := undone(url):
        until(lambda left=left: undone(url) < left, 250, f"{left} pieces of work wait for ever")
    subjects = " ".join(path.read_text(errors="replace").partition("Subject: ")[2].partition("\n")[0]
                        for path in mail.iterdir())
    untold = [one.path for crowd in crowds for one in crowd.held if one.texts[0] not in subjects]
    assert not untold, f"nobody was told: {untold}"


def undone(url):
    with closing(rows(url)) as database:
        return database.execute("SELECT count(*) FROM job WHERE state IN ('waiting', 'leased')").fetchone()[0]


@pytest.mark.engines("sqlite")
def test_after_a_power_cut_it_starts_by_itself_and_goes_on(peopled):
    power_cuts(peopled, 1, 25)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_fifty_power_cuts_in_a_row(peopled):
    power_cuts(peopled, 50, 40)


# --- between the commit and the answer ---

DYING = '''import os
from pathlib import Path


def die(moment):
    once = Path(__file__).with_name(request.form.get("_once", "-"))
    if request.form.get("body") == moment and not once.exists():
        once.touch()
        os.kill(os.getpid(), 9)
'''
IN_THE_VIEW = '    die("die in the view")\n    return redirect('
AFTER_THE_VIEW = '''

@blueprint.after_request
def last_words(response):
    die("die after the view")
    return response


@blueprint.post("/cases/new")'''


@pytest.mark.quick
@pytest.mark.engines("sqlite")
def test_a_form_whose_answer_got_lost_is_done_once(peopled, serve):
    dying(peopled, serve, 1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_hundred_lost_answers(peopled, serve):
    dying(peopled, serve, 50)


def dying(folder, serve, rounds):
    code = cases.CODE.replace("    return redirect(", IN_THE_VIEW).replace(
        '\n\n@blueprint.post("/cases/new")', AFTER_THE_VIEW, 1)
    (folder.path / "plugins" / "cases" / "__init__.py").write_text(DYING + code)
    with serve(folder, workers=2) as portal:
        own = sign_in(portal, "own")
        for turn in range(rounds):
            for moment in ("in the view", "after the view"):
                form = {"subject": f"Once {moment} {turn}", "body": f"die {moment}",
                        "_once": f"form-{moment}-{turn}-0123456789"}
                file = {"attachments": ("a.txt", b"whole", "text/plain")}
                with pytest.raises(BROKEN):
                    own.post("/cases/new", form, file)
                until(lambda: answers(portal), 150)
                again = [own.post("/cases/new", form, file) for _ in range(2)]
                assert {answer.status for answer in again} == {303}
                assert again[0].location == again[1].location
                assert again[0].location.startswith("/cases/CAS-"), "the retry leads to what was made"
                assert form["subject"] in own.get(again[0].location).text
    with closing(rows(folder.env["PARLOUR_DATABASE"])) as database:
        titles = [row[0] for row in database.execute("SELECT title FROM record").fetchall()]
    assert len(titles) == len(set(titles)) == 2 * rounds
