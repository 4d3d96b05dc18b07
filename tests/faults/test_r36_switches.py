"""R36: switches under load, good edits and broken ones: each answer is of one version, and none fails."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator

import pytest

from support.pace import Stopwatch
from support.servers import Portal, PortalFolder
from support.switching import Client, disagreements, load, people_of, switch_by_version
from support.visitor import Visitor

WITHIN = 2.0
"""Seconds after which every process has to follow an edit by hand."""

SETTINGS = {"name": "Edit 0", "features": {"tickets": True}}


def broken(text: str) -> Iterator[bytes]:
    """Give what an editor, a copy or a slip leaves behind, one after the other, for ever."""
    raw = text.encode()
    yield from itertools.cycle([
        raw.replace(b"features:", b"featurs:"), raw.replace(b"features:", b"features: ["), b"",
        raw + b"name: twice\n", b'name: "Ed', raw.replace(b"Edit", b"\xff"),
        raw.replace(b"status: active", b"status: actve"), b"\0" * 100, raw.replace(b"tickets: ", b"tickets: 1")])


def edited(text: str, number: int) -> str:
    """Make the next good edit: another name, tickets switched over."""
    on = "true" if number % 2 == 0 else "false"
    return re.sub(r"tickets: \w+", f"tickets: {on}", re.sub(r"Edit \d+", f"Edit {number}", text))


def config(visitor: Visitor, session: str) -> tuple[int, int]:
    """Ask over a new connection which version counts, and what /tickets answers."""
    visitor.cookies["parlour"] = session
    answer = visitor.get("/tickets")
    return int(answer.headers["parlour-config"]), answer.status


def by_hand(portal: Portal, folder: PortalFolder, session: str, number: int, workers: int) -> None:
    """Edit the file; whoever asks more than two seconds later is answered by it, whatever process answers."""
    before = config(portal.visitor(), session)[0]
    folder.write(edited(folder.yaml.read_text(errors="replace"), number))
    watch, wanted, agreeing = Stopwatch(portal), 200 if number % 2 == 0 else 404, 0
    while agreeing < 3 * workers:  # new connections reach every process, sooner or later
        asked = watch.seconds()
        version, status = config(portal.visitor(), session)
        followed = version > before and status == wanted
        agreeing = agreeing + 1 if followed else 0
        assert followed or asked < WITHIN, f"edit {number} is not followed after {WITHIN} s: {version}, {status}"


def by_form(portal: Portal, session: str, admin: str, number: int) -> None:
    """Switch through the settings page; the very next request, to whatever process, follows."""
    visitor = portal.visitor()
    visitor.cookies["parlour"] = admin
    page = visitor.get("/settings/features").text
    base = re.search(r'name="base_version" value="(\d+)"', page)
    assert base
    form = {"base_version": base[1], "on": ["tickets"] if number % 2 == 0 else [],
            "was": re.findall(r'name="was" value="(\w+)"', page)}
    saved = visitor.post("/settings/features", form)
    assert saved.status == 303, saved.text
    version = int(saved.location.rpartition("=")[2])
    for _again in range(4):
        assert config(portal.visitor(), session) == (version, 200 if number % 2 == 0 else 404)


def storm(portal: Portal, folder: PortalFolder, *, edits: int, clients: int, workers: int) -> list[Client]:
    """Edit for so long; give the clients with all they have seen."""
    session, token, admin = people_of(folder)
    crowd = [Client(folder.port, session, token) for _each in range(clients)]
    text = folder.yaml.read_text()
    wrong = broken(text)
    with load(crowd):
        for number in range(1, edits + 1):
            good = folder.yaml.read_text()
            folder.yaml.write_bytes(next(wrong))
            time.sleep(1.0 if number % 8 == 0 else 0.05)  # some are noticed, most are gone before anybody looks
            if number % 3 == 0:
                folder.write(good)
                by_form(portal, session, admin, number)
            else:
                folder.write(good)
                by_hand(portal, folder, session, number, workers)
    return crowd


def judge(portal: Portal, folder: PortalFolder, crowd: list[Client], edits: int) -> None:
    on = switch_by_version(folder)
    assert len(on) >= edits
    wrong = [line for client in crowd for line in disagreements(client, on)]
    assert not wrong, "\n".join(wrong[:20])
    assert "Traceback" not in portal.log
    answers = [seen for client in crowd for seen in client.seen]
    both = {(seen.path, on[seen.version]) for seen in answers}
    assert len(both) == 10, f"not every page was seen on and off: {both}"


@pytest.fixture
def folder(portal_folder: Callable[..., PortalFolder], database_url: str) -> PortalFolder:
    return portal_folder(SETTINGS, database=database_url)


def test_switching_under_load_mixes_nothing(folder: PortalFolder, serve: Callable[..., Portal]) -> None:
    with serve(folder, 2, {}, "--no-worker") as portal:  # type: ignore[attr-defined]
        judge(portal, folder, storm(portal, folder, edits=24, clients=4, workers=2), 24)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_two_hundred_edits_on_four_processes(folder: PortalFolder, serve: Callable[..., Portal]) -> None:
    with serve(folder, 4, {}, "--no-worker") as portal:  # type: ignore[attr-defined]
        judge(portal, folder, storm(portal, folder, edits=200, clients=6, workers=4), 200)
