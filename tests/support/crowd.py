"""A crowd that writes while things break: threads that keep what was acknowledged, and look for it afterwards."""

from __future__ import annotations

import hashlib
import http.client
import random
import re
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg

from support.desk import shown
from support.inside import ADDRESS, PASSWORD
from support.servers import Portal
from support.visitor import Answer, Visitor

CUSTOMERS = ("boss", "own", "colleague", "stranger", "horn_boss", "agent")
BROKEN = (OSError, http.client.HTTPException)


def sign_in(portal: Portal, short: str) -> Visitor:
    """Give somebody's browser, signed in."""
    visitor = portal.visitor()
    answer = visitor.post("/sign-in", {"email": ADDRESS[short], "password": PASSWORD})
    assert answer.status == 303, answer.text
    return visitor


@dataclass
class Acknowledged:
    """What the portal said it has: a case's path, the texts in it, its files by name with their hashes."""

    path: str
    texts: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


class Crowd:
    """People who open cases, answer and send files without a pause until told to stop."""

    def __init__(self, portal: Portal, size: int, seed: int = 1) -> None:
        self.visitors = {short: sign_in(portal, short) for short in CUSTOMERS}
        self.held: list[Acknowledged] = []
        self.statuses: Counter[int] = Counter()
        self.seen: list[tuple[float, int]] = []
        self.times: list[float] = []
        self.written = 0
        self._over, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(number, random.Random(seed + number)))
                         for number in range(size)]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(70)
            assert not thread.is_alive(), "a request never came back"

    def wait_written(self, number: int, seconds: float = 250) -> None:
        """Wait until so many writes are acknowledged."""
        end = time.monotonic() + seconds
        while self.written < number:
            assert time.monotonic() < end, f"{self.written} of {number} writes in {seconds} s: {self.statuses}"
            time.sleep(0.02)

    def _run(self, number: int, dice: random.Random) -> None:
        mine = self.visitors[CUSTOMERS[number % len(CUSTOMERS)]]
        visitor = Visitor(mine.origin)
        visitor.cookies = dict(mine.cookies)
        own: list[Acknowledged] = []
        turn = 0
        while not self._over.is_set():
            turn += 1
            text = f"word{number}x{turn}x{dice.getrandbits(32):08x}"
            began = time.monotonic()
            try:
                status = self._write(visitor, text, own, dice)
            except BROKEN:
                status = 0
            with self._lock:
                self.statuses[status] += 1
                self.seen.append((time.monotonic(), status))
                self.times.append(time.monotonic() - began)
                self.written += status == 303
            if status != 303:
                time.sleep(0.05)

    def _write(self, visitor: Visitor, text: str, own: list[Acknowledged], dice: random.Random) -> int:
        """Open a case or answer one, often with a file; keep what is acknowledged."""
        files: Any = None
        content = b""
        if dice.random() < 0.4:
            content = text.encode() * dice.randint(1, 3000)
            files = {"attachments": (f"{text}.txt", content, "text/plain")}
        old = own[-1] if own and dice.random() < 0.5 and len(own[-1].texts) < 6 else None
        path = f"{old.path}/reply" if old else "/cases/new"
        answer: Answer = visitor.post(path, {"subject": text, "body": text, "_once": f"once-{text}"}, files)
        if answer.status != 303:
            return answer.status
        assert "/cases/CAS-" in answer.location, answer.location
        one = old or Acknowledged(answer.location)
        one.texts.append(text)
        if files:
            one.files[f"{text}.txt"] = hashlib.sha256(content).hexdigest()
        if not old:
            own.append(one)
            with self._lock:
                self.held.append(one)
        return 303

    def check(self, portal: Portal, most: int = 40) -> None:
        """Look for what was acknowledged as staff see it: every text once, every file byte by byte.

        At most `most` cases through their pages, spread over all.
        """
        staff = sign_in(portal, "agent")
        for one in self.held[::max(1, len(self.held) // most)]:
            page = staff.get(one.path)
            assert page.status == 200, one.path
            for text in one.texts:
                assert page.text.count(f": {text}\n") == 1, f"{one.path}: {text}"
            if not one.files:
                continue
            there = shown(staff, one.path)
            for name, digest in one.files.items():
                got = staff.get(there[name])
                assert hashlib.sha256(got.body).hexdigest() == digest, f"{one.path}: {name}"

    def compare(self, url: str, files: Path) -> dict[str, int]:
        """Hold all that was acknowledged against the rows and files that are there; give how many of each."""
        with closing(rows(url)) as database:
            bodies = Counter(row[0] for row in database.execute("SELECT body FROM message").fetchall())
            kept = database.execute("SELECT name, sha256, stored, size FROM file").fetchall()
            empty = database.execute("SELECT id FROM record WHERE kind = 'case' AND id NOT IN "
                                     "(SELECT record_id FROM message)").fetchall()
        assert not empty, f"cases without their first message: {empty}"
        assert max(bodies.values(), default=0) <= 1, "a message is there twice"
        missing = [text for one in self.held for text in one.texts if not bodies[text]]
        assert not missing, f"acknowledged and lost: {missing[:5]} ({len(missing)})"
        hashes = {name: digest for name, digest, _stored, _size in kept}
        lost = [name for one in self.held for name, digest in one.files.items() if hashes.get(name) != digest]
        assert not lost, f"acknowledged files lost: {lost[:5]} ({len(lost)})"
        for name, digest, stored, size in kept:
            content = (files / stored[:2] / stored[2:4] / stored).read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (size, digest), f"{name} is not whole"
        return {"messages": len(bodies), "files": len(kept), "cases": len(self.held)}


def rows(url: str) -> Any:
    """Open a database beside the portal; a plain connection."""
    if url.startswith("sqlite:"):
        return sqlite3.connect(url.removeprefix("sqlite:///"))
    return psycopg.connect(url)


def sound(url: str) -> None:
    """Have SQLite check all its pages, indexes and keys; PostgreSQL keeps its own word."""
    if not url.startswith("sqlite:"):
        return
    with closing(rows(url)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def servers(portal: Portal) -> list[int]:
    """Give the numbers of the processes that answer requests."""
    marks = (portal.folder.path / "var" / "run").glob("up-*")
    known = {int(re.sub(r"\D", "", path.name)) for path in marks}
    return [child.pid for child in psutil.Process(portal.process.pid).children() if child.pid in known]


def beside(portal: Portal) -> list[int]:
    """Give the numbers of the other processes: the outbox worker, and server processes that are starting."""
    answering = set(servers(portal))
    return [child.pid for child in psutil.Process(portal.process.pid).children() if child.pid not in answering]


def until(check: Callable[[], object], seconds: float, what: str = "it took too long") -> float:
    """Wait until `check` holds; give the seconds it took."""
    began = time.monotonic()
    while not check():
        assert time.monotonic() - began < seconds, what
        time.sleep(0.02)
    return time.monotonic() - began


def answers(portal: Portal) -> bool:
    """Say whether a new connection gets an answer that needs the database."""
    try:
        return portal.visitor().send("GET", "/readyz", timeout=5).status == 200
    except BROKEN:
        return False
