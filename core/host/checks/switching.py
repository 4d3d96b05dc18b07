"""Off and on, fifty times: while it is off none of a plugin's code runs, afterwards everything is as it was."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

from core.data import tables
from core.host import aside
from core.host.checks.subject import Subject
from core.host.client import Client
from core.host.rehearsal import Rehearsal

TIMES = 50
LOGS = ("config_", "session", "trouble", "migrations_", "job", "outbox")
"""Tables that grow by being used: what they hold is no residue."""


def check(rehearsal: Rehearsal, subjects: list[Subject]) -> None:
    """Switch all plugins off and on again and again; name what was left of each."""
    ids = [subject.id for subject in subjects]
    if not ids:
        return
    clients = {short: rehearsal.client(short) for short in ("own", "agent")}
    before = {subject.id: _pages(clients, subject, rehearsal) for subject in subjects}
    rows, threads = _rows(), _threads()
    rehearsal.switch(False, *ids)
    _while_off(rehearsal, clients, subjects)
    rehearsal.switch(True, *ids)
    _again_and_again(rehearsal, clients["own"], subjects)
    counted, left = _rows(), _threads() - threads
    for subject in subjects:
        after = _pages(clients, subject, rehearsal)
        for path, status in before[subject.id].items():
            if after[path] != status:
                subject.find("PC08", path, f"It answered {status}, and {after[path]} after it was off and on.")
        for table, count in counted.items():
            if table.startswith(f"{subject.id}_") and count != rows.get(table):
                subject.find("PC08", table, "Rows came or went by switching alone.")
        for name in left:
            if subject.id in name:
                subject.find("PC08", name, "A thread is left behind.")


def _pages(clients: dict[str, Client], subject: Subject, rehearsal: Rehearsal) -> dict[str, int]:
    return {f"{path} as {short}": clients[short].get(path).status
            for path in _own(subject, rehearsal) for short in clients}


def _own(subject: Subject, rehearsal: Rehearsal) -> list[str]:
    return [rule.rule for rule in subject.routes(rehearsal, "GET") if not rule.arguments]


def _while_off(rehearsal: Rehearsal, clients: dict[str, Client], subjects: list[Subject]) -> None:
    """Ask for everything while they are off: what everybody sees, their pages, and what waits in the outbox."""
    with _seen({str(subject.path): subject for subject in subjects}):
        for short, client in clients.items():
            pages = {path: client.get(path).text for path in ("/", "/search?q=canary", "/notifications")}
            never = {"": client.get("/never-there").status, "/api": client.get("/api/v1/never-there").status}
            for subject in subjects:
                plurals = [f"/api/v1/{kind.plural}" for kind in subject.kinds(rehearsal)]
                for step in subject.steps(rehearsal):
                    for path, text in pages.items():
                        if f'href="/{step}"' in text or f'href="/{step}/' in text:
                            subject.find("PC08", f"{path} as {short}", f"Off, it is linked to: /{step}.")
                for path in [*_own(subject, rehearsal), *plurals]:
                    status = client.get(path).status
                    if status != never["/api" if path in plurals else ""]:
                        subject.find("PC08", f"{path} as {short}", f"While it is off, it answers {status}.")
        rehearsal.work()


@contextmanager
def _seen(folders: dict[str, Subject]) -> Iterator[None]:
    """Name which functions below plugins' folders run, in this thread and in spare ones."""
    whose: dict[str, Subject | None] = {}

    def watch(frame: FrameType, event: str, _arg: Any) -> None:
        file = frame.f_code.co_filename
        if file not in whose:
            whose[file] = next((one for folder, one in folders.items() if file.startswith(folder + "/")), None)
        subject = whose[file]
        if event == "call" and subject is not None:
            place = f"{file.removeprefix(str(subject.path) + '/')}:{frame.f_code.co_name}"
            subject.find("PC08", place, "Its code runs while it is off.")

    aside.dismiss()
    known, known_of_threads = sys.getprofile(), threading.getprofile()
    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        yield
    finally:
        threading.setprofile(known_of_threads)
        aside.dismiss()
        sys.setprofile(known)


def _again_and_again(rehearsal: Rehearsal, client: Client, subjects: list[Subject]) -> None:
    """Make both states of the configuration count in turn, each with a visit; the one with all on is the last."""
    ids = [subject.id for subject in subjects]
    paths = [path for subject in subjects for path in _own(subject, rehearsal)[:1]] or ["/"]
    rehearsal.switch(False, *ids)
    states = [rehearsal.portal.snapshot()]
    rehearsal.switch(True, *ids)
    states.append(rehearsal.portal.snapshot())
    for turn in range(2 * TIMES):
        # Read once, counted anew each time: what the file says is not what is tried here.
        rehearsal.portal.keep(replace(states[turn % 2], version=states[1].version + turn))
        client.get(paths[turn // 2 % len(paths)])
    rehearsal.portal.keep(states[1])


def _rows() -> dict[str, int]:
    return {table: count for table, count in tables.counts().items() if not table.startswith(LOGS)}


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}
