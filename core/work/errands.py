"""Carries out errands in slices, each step in its own transaction, with its person's rights at that moment."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from peewee import InterfaceError, OperationalError

from core.data import errands, people, scope
from core.data.db import now, transaction
from core.data.errands import (
    AT_WORK,
    CANCELLED,
    CHECKED,
    CHECKING,
    DONE,
    DRAFT,
    FAILED,
    OVER,
    RUNNING,
    Lost,
    begin,
    change,
    drop,
    drop_plan,
    findings,
    forget_findings,
    keep_plan,
    latest,
    mark,
    mine,
    plans,
    whosever,
)
from core.errors import Conflict, NotFound, ParlourError
from core.look import language
from core.look.i18n import gettext as _
from core.work import events
from core.work.jobs import Again

__all__ = [
    "AT_WORK",
    "CANCELLED",
    "CHECKED",
    "CHECKING",
    "DONE",
    "DRAFT",
    "FAILED",
    "OVER",
    "RUNNING",
    "Errands",
    "Lost",
    "Turn",
    "begin",
    "cancel",
    "change",
    "drop",
    "drop_plan",
    "findings",
    "forget_findings",
    "halt",
    "keep_plan",
    "latest",
    "mark",
    "mine",
    "plans",
    "start",
    "whosever",
]

log = logging.getLogger("parlour.errands")
SLICE = 20.0
"""Seconds after which an errand lets others have a turn."""

HOLD = 0.25
"""Seconds after which a transaction is committed: the people in the portal write, too."""

SOON = timedelta(milliseconds=1)
"""When an errand that has let others have a turn goes on."""

PAUSE = 0.01
"""Seconds between two transactions, so that whoever waits gets a turn."""

MOST = 5
"""Errands of one person that are under way at once: the others' have their turn."""

halt = threading.Event()
"""Set when this process is to end: what is at hand goes on from where it is in another one."""


@dataclass
class Turn:
    """One slice of one errand: where it stands, and how it says how far it has come."""

    row: Any
    place: int
    counts: dict[str, int]
    until: float = field(default_factory=lambda: time.monotonic() + SLICE)

    @property
    def checking(self) -> bool:
        """Whether nothing may change yet: it is only looked what would happen."""
        return bool(self.row.state == CHECKING)

    def keep(self, place: int, counts: Mapping[str, int], found: Iterable[Mapping[str, Any]] = (),
             **values: Any) -> None:
        """Say inside a transaction how far it is and what became of rows. Raises errands.Lost."""
        errands.keep(self.row, self.place, place, counts, **values)
        errands.note(self.row, found)

    def kept(self, place: int, counts: Mapping[str, int]) -> None:
        """Take over what a committed transaction has kept."""
        self.place, self.counts = place, dict(counts)

    def rest(self) -> None:
        """Let others have a turn between two transactions.

        Raises Again where the slice is over, or its person is not who they were: the next one looks anew.
        """
        if halt.is_set() or time.monotonic() > self.until or people.who(
                people.person(self.row.person_id)) != scope.current().person:
            raise Again("", wait=SOON)
        time.sleep(PAUSE)


Performer = Callable[[Turn], None]


def start(row: Any, state: str, **values: Any) -> None:
    """Have an errand looked through (CHECKING) or carried out (RUNNING) by the worker.

    Raises Conflict where it is at work already, or over, or whoever asks for it has enough under way.
    """
    with transaction():
        if scope.current().channel != "job" and errands.at_work(row) >= MOST:
            raise Conflict(_("At most %(most)s long acts of yours are under way at once. Wait until one is done, "
                             "or stop one.", most=MOST))
        if not errands.change(row, states=(DRAFT, CHECKED), state=state, place=0, counts={}, stop=False,
                              message="", run=row.run + 1, **values):
            raise Conflict(_("This is under way already."))
        errands.forget_findings(row)
        events.enqueue(events.HOST, events.ERRAND, f"errand:{row.public_id}:{row.run + 1}",
                       data={"errand": row.id})


def cancel(row: Any) -> None:
    """Stop an errand after the transaction at hand; what is done stays done."""
    errands.change(row, states=AT_WORK, stop=True)


def finish(row: Any, state: str, message: str = "", **values: Any) -> None:
    """Say that an errand is over, or (CHECKED) waits for a yes."""
    errands.change(row, states=AT_WORK, state=state, message=message[:2000],
                   finished=now() if state in OVER else None, **values)


@dataclass(frozen=True)
class Errands:
    """Does the jobs that stand for errands, each by what carries out its kind."""

    performers: Mapping[str, Performer]

    def run(self, job: Any) -> None:
        """Do one slice; called by the worker inside the tenant's scope. Raises Again where there is more."""
        try:
            row = errands.by_key(int(job.data["errand"]))
        except NotFound:
            return
        if row.state in AT_WORK:
            self.carry_out(row)

    def carry_out(self, row: Any) -> None:
        """Do one slice of an errand as its person. Raises Again, and what the database raises."""
        if row.stop:
            finish(row, CANCELLED)
            return
        errands.change(row, run=row.run + 1)
        row = errands.by_key(row.id)
        person = people.person(row.person_id)
        if not person.active or person.removed:
            finish(row, FAILED, _("Whoever began this cannot sign in any more."))
            return
        who = scope.current()
        offered = list(who.settings.value("languages.offered"))
        chosen = language.negotiate("", person.language or None, offered,
                                    str(who.settings.value("languages.default")))
        with scope.enter(replace(who, person=people.who(person), system="")), language.using(chosen):
            self._perform(row)

    def _perform(self, row: Any) -> None:
        try:
            self.performers[row.kind](Turn(row, row.place, dict(row.counts or {})))
        except errands.Lost:
            fresh = errands.by_key(row.id)
            if fresh.stop:
                finish(fresh, CANCELLED)
        except (Again, OperationalError, InterfaceError):
            raise
        except ParlourError as error:
            finish(row, FAILED, f"{error} {error.hint or ''}".strip() or _("This is not possible."))
        except Exception:
            log.exception("The errand '%s' of kind '%s' failed", row.title, row.kind)
            finish(row, FAILED, _("Something went wrong on our side; the log says what. What was done stays."))
