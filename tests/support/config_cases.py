"""Plugins, a log in memory and a folder for the tests of the configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from core.config.versions import Version, digest
from core.errors import Problem
from core.parts import Manifest

STATES = ["open", "in_progress", "waiting", "resolved", "closed"]

TICKETS = Manifest("tickets", "Tickets", Path(), default=True, settings={
    "type": "object",
    "properties": {
        "prefix": {"type": "string", "default": "TKT"},
        "reopen_days": {"type": "integer", "minimum": 0, "default": 14},
        "token": {"type": "string", "writeOnly": True},
        "statuses": {"type": "array", "items": {"type": "object", "additionalProperties": False, "properties": {
            "name": {"type": "string"}, "maps_to": {"enum": STATES}}}},
    }})
KB = Manifest("kb", "Knowledge base", Path(), settings={
    "properties": {"audience": {"type": "string", "enum": ["public", "customers", "off"], "default": "public"}}})
CSAT = Manifest("csat", "Satisfaction", Path(), needs=("tickets",))
AUTO = Manifest("auto", "Follows tickets", Path(), needs=("tickets",), default=True)
SIGNIN = Manifest("signin", "Sign-in", Path(), builtin=True)
MANIFESTS = {one.id: one for one in (TICKETS, KB, CSAT, AUTO, SIGNIN)}


class MemoryLog:
    """A version log as the database keeps it."""

    def __init__(self) -> None:
        self.rows: list[Version] = []
        self.reports: dict[str, list[Problem]] = {}
        self.broken = False
        self.asked = 0

    def latest(self) -> int:
        return self.rows[-1].id if self.rows else 0

    def heads(self) -> Sequence[Version]:
        self.asked += 1
        return sorted({row.document: row for row in self.rows}.values(), key=lambda row: row.id)

    def since(self, version: int) -> Sequence[Version]:
        self.asked += 1
        return [row for row in self.rows if row.id > version]

    def version(self, number: int) -> Version | None:
        return next((row for row in self.rows if row.id == number), None)

    def before(self, document: str, number: int) -> Version | None:
        return next(iter(self.history(1, number, document)), None)

    def history(self, limit: int, before: int | None, document: str | None) -> Sequence[Version]:
        return [row for row in reversed(self.rows) if document in (None, row.document)
                and (before is None or row.id < before)][:limit]

    def append(self, document: str, content: str, author: str, note: str,
               also: Callable[[int], None] | None = None) -> int:
        if self.broken:
            raise RuntimeError("the database is away")
        number = self.latest() + 1
        if also:
            also(number)
        self.rows.append(Version(number, document, content, digest(content), author,
                                 datetime(2026, 3, 1, 9, 30, tzinfo=UTC), note))
        return number

    def report(self, document: str, problems: Sequence[Problem]) -> None:
        self.reports.pop(document, None)
        if problems:
            self.reports[document] = list(problems)

    def problems(self) -> Sequence[Problem]:
        return [problem for problems in self.reports.values() for problem in problems]
