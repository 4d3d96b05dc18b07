"""Off and on, fifty times: while it is off none of a plugin's code runs, afterwards everything is as it was."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import yaml

from core.config.versions import FILE
from core.data import tables
from core.host import aside
from core.host.checks.rules import Finding
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
    for subject in subjects:
        subject.add(_while_off(rehearsal, clients, subject))
    rehearsal.switch(True, *ids)
    _again_and_again(rehearsal, clients["own"], subjects)
    for subject in subjects:
        after = _pages(clients, subject, rehearsal)
        for path, status in before[subject.id].items():
            if after[path] != status:
                subject.find("PC08", path, f"It answered {status}, and {after[path]} after it was off and on.")
        left = {table: count for table, count in _rows().items() if count != rows.get(table)
                and table.startswith(f"{subject.id}_")}
        if left:
            subject.find("PC08", ", ".join(left), "Rows came or went by switching alone.")
        for name in _threads() - threads:
            if subject.id in name:
                subject.find("PC08", name, "A thread is left behind.")


def _pages(clients: dict[str, Client], subject: Subject, rehearsal: Rehearsal) -> dict[str, int]:
    return {f"{path} as {short}": clients[short].get(path).status
            for path in ("/", *_own(subject, rehearsal)) for short in clients}


def _own(subject: Subject, rehearsal: Rehearsal) -> list[str]:
    return [rule.rule for rule in subject.routes(rehearsal, "GET") if not rule.arguments]


def _while_off(rehearsal: Rehearsal, clients: dict[str, Client], subject: Subject) -> Iterator[Finding]:
    """Ask for everything while it is off."""
    plurals = [f"/api/v1/{kind.plural}" for kind in subject.kinds(rehearsal)]
    with _seen(str(subject.path.resolve())) as ran:
        for short, client in clients.items():
            for path in ("/", "/search?q=canary", "/notifications"):
                text = client.get(path).text
                for step in subject.steps(rehearsal):
                    if f'href="/{step}"' in text or f'href="/{step}/' in text:
                        yield Finding("PC08", f"{path} as {short}", f"While it is off, a link leads to /{step}.")
            for path in [*_own(subject, rehearsal), *plurals]:
                never = client.get("/api/v1/never-there" if path in plurals else "/never-there")
                answer = client.get(path)
                if answer.status != never.status:
                    yield Finding("PC08", f"{path} as {short}", f"While it is off, it answers {answer.status}.")
        rehearsal.work()
    for place in sorted(ran):
        yield Finding("PC08", place, "Its code runs while it is off.")


@contextmanager
def _seen(folder: str) -> Iterator[set[str]]:
    """Collect which functions below a folder run, in this thread and in spare ones."""
    ran: set[str] = set()

    def watch(frame: FrameType, event: str, _arg: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(folder + "/"):
            ran.add(f"{frame.f_code.co_filename.removeprefix(folder + '/')}:{frame.f_code.co_name}")

    aside.dismiss()
    known, known_of_threads = sys.getprofile(), threading.getprofile()
    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        yield ran
    finally:
        sys.setprofile(known)
        threading.setprofile(known_of_threads)
        aside.dismiss()


def _again_and_again(rehearsal: Rehearsal, client: Client, subjects: list[Subject]) -> None:
    """Publish versions with the plugins off and on in turn, with a visit to each state."""
    path = rehearsal.folder / "portal.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    texts = []
    for on in (False, True):
        for subject in subjects:
            given = document["features"].get(subject.id)
            document["features"][subject.id] = {**given, "enabled": on} if isinstance(given, dict) else on
        texts.append(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    paths = [path for subject in subjects for path in _own(subject, rehearsal)[:1]] or ["/"]
    for turn in range(2 * TIMES):
        rehearsal.portal.store.log.append("portal.yaml", texts[turn % 2], FILE, "")
        client.get(paths[turn // 2 % len(paths)])
    path.write_text(texts[1], encoding="utf-8")
    rehearsal.portal.store.notice()


def _rows() -> dict[str, int]:
    return {table: count for table, count in tables.counts().items() if not table.startswith(LOGS)}


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}
