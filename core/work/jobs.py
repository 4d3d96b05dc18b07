"""The worker: lease, call, retry, schedule; each piece of work in a scope of its own, each failure contained."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from peewee import PeeweeException

from core.data import pauses, scope
from core.data.access import feature_on
from core.data.db import now, settle, transaction, wake
from core.data.scope import Scope
from core.errors import ParlourError
from core.parts import Job as Scheduled
from core.work import events

log = logging.getLogger("parlour.jobs")

OpenScope = Callable[[int], Scope | None]
"""Gives the scope of a tenant by its key with the configuration of this moment, None where it is no more."""

Handler = Callable[[Any], None]
"""Does one piece of queued work: gets the job's row; raises to have it tried again."""

SWITCHED_OFF = timedelta(seconds=30)
"""How long work rests whose plugin is off, if nobody wakes it before."""


PAUSED = timedelta(minutes=5)
"""How long work of a paused part rests, if nobody resumes it before."""


def place_of(job: Any) -> str:
    """Name the part of a plugin that a piece of work calls, as failures and pauses name it."""
    turn = job.name.startswith("every:")
    return f"job {job.name.removeprefix('every:')}" if turn else f"reader {job.name}"


class Again(Exception):  # noqa: N818 - it is a request, not an error
    """Raised by a handler to be called again after a pause, with the reason in words.

    `closed` says that the way out is closed to all work of this kind: the whole lane rests for `wait`, and the
    try does not count.
    """

    def __init__(self, reason: str, *, wait: timedelta | None = None, final: bool = False,
                 closed: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.wait, self.final, self.closed = reason, wait, final, closed


class _Lost(Exception):  # noqa: N818
    """The lease ran out while we were at it: what was done in the transaction is taken back."""


class Worker:
    """Does what waits in the outbox until told to stop. Any number may run; a lease keeps them apart."""

    def __init__(self, open_scope: OpenScope, handlers: dict[tuple[str, str], Handler], *,
                 lane: str = "") -> None:
        """Take how to open a tenant's scope, what does queued work by (plugin, name), and which lane to keep to.

        `lane` is one of `events.claim`, "" for all of them.
        """
        self.open_scope = open_scope
        self.handlers = handlers
        self.lane = lane
        self.on_failure: Callable[[Any, BaseException], None] = lambda _job, _error: None
        self.stopping = threading.Event()
        self._at_hand: Any | None = None
        self._rests_until = 0.0

    def run(self, pause: float = 0.5) -> None:
        """Work until `stop`, looking for new work every `pause` seconds when there is none."""
        threading.Thread(target=self._keep_lease, daemon=True, name="parlour-lease").start()
        while not self.stopping.is_set():
            try:
                busy = self.turn()
            except Exception:
                log.exception("The worker could not look for work; it tries again")
                busy = False
            finally:
                settle()
            if not busy:
                self.stopping.wait(pause)

    def stop(self) -> None:
        """Finish the piece of work at hand, then end."""
        self.stopping.set()

    def turn(self) -> bool:
        """Do one batch of what is ready; say whether there was any."""
        if time.monotonic() < self._rests_until:
            return False
        wake()
        batch = events.claim(lane=self.lane)
        for place, job in enumerate(batch):
            if self.stopping.is_set() or time.monotonic() < self._rests_until:
                events.release(batch[place:])
                break
            if place == 0 or events.renew(job):
                self._do(job)
        return bool(batch)

    def drain(self, rounds: int = 100) -> None:
        """Work until nothing is ready: for commands and tests."""
        for _ in range(rounds):
            if not self.turn():
                return

    def _keep_lease(self) -> None:
        """Renew the lease of what is at hand, so that long work is never done twice at once."""
        while not self.stopping.wait(events.LEASE.total_seconds() / 4):
            job = self._at_hand
            if job is None:
                continue
            try:
                events.renew(job)
            except PeeweeException:
                log.warning("The lease of job %d could not be renewed; it is tried again", job.id)
            finally:
                settle()

    def _do(self, job: Any) -> None:
        who = self.open_scope(job.tenant_id)
        if who is None:
            events.postpone(job, timedelta(minutes=5), "its tenant is not in the configuration")
            return
        if job.feature != events.HOST and not feature_on(who, job.feature):
            events.rest(job, SWITCHED_OFF)
            return
        self._at_hand = job
        try:
            with scope.enter(who):
                if pauses.paused(job.feature) or pauses.paused(job.plugin, place_of(job)):
                    events.postpone(job, PAUSED, "its plugin is paused")
                    return
                self._contained(job, who)
        finally:
            self._at_hand = None

    def _contained(self, job: Any, who: Scope) -> None:
        try:
            self._call(job, who)
        except _Lost:
            log.warning("Job %d was taken over by another worker", job.id)
        except Again as request:
            self._later(job, request)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            log.exception("Plugin '%s' failed in its job '%s' (try %d)", job.plugin, job.name, job.attempts)
            settle()
            events.again(job, f"{type(error).__name__}: {error}")
            self.on_failure(job, error)

    def _later(self, job: Any, request: Again) -> None:
        if request.closed and request.wait is not None:
            events.postpone(job, request.wait, request.reason)
            self._rests_until = time.monotonic() + request.wait.total_seconds()
            return
        events.again(job, request.reason, wait=request.wait, final=request.final)

    def _call(self, job: Any, who: Scope) -> None:
        handler = self.handlers.get((job.plugin, job.name))
        if handler is not None:
            handler(job)
            events.done(job)
            pauses.went_well(job.plugin, place_of(job))
            return
        reader = next((r for r in who.registry.readers if (r.plugin, r.name) == (job.plugin, job.name)), None)
        if reader is None:
            events.postpone(job, timedelta(seconds=60), f"plugin '{job.plugin}' no longer takes '{job.name}'")
            return
        event = events.event(job.event_id)
        with transaction():
            if event is not None:
                reader.call(event)
            if not events.done(job):
                raise _Lost
        pauses.went_well(job.plugin, place_of(job))


class Schedule:
    """Turns of scheduled jobs: each turn is a row with its own key, so that it comes once however many run."""

    def __init__(self, open_scope: OpenScope) -> None:
        """Take how to open a tenant's scope."""
        self.open_scope = open_scope
        self._passed: dict[tuple[int, str, str], tuple[int, int | None]] = {}

    def tick(self, tenant_ids: Iterable[int], jobs: Sequence[Scheduled], version: int = 0) -> None:
        """Enqueue for each tenant the turns that are due now; while a plugin is off or rests its turns pass.

        `version` is the configuration's: what was off is looked at again when it changes. A tenant none of whose
        turns is due costs nothing.
        """
        moment, resting = int(now().timestamp()), pauses.resting()
        for tenant_id in tenant_ids:
            due = [job for job in jobs if self._due(tenant_id, job, moment, version)
                   and resting.isdisjoint((tenant_id, job.plugin, place)
                                          for place in (pauses.WHOLE, f"job {job.name}"))]
            who = self.open_scope(tenant_id) if due else None
            if who is None:
                continue
            with scope.enter(who):
                for job in due:
                    self._turn(who, job, moment // job.every, version)

    def _due(self, tenant_id: int, job: Scheduled, moment: int, version: int) -> bool:
        turn, off_in = self._passed.get((tenant_id, job.plugin, job.name), (-1, None))
        return turn != moment // job.every or off_in not in (None, version)

    def _turn(self, who: Scope, job: Scheduled, turn: int, version: int) -> None:
        on = feature_on(who, job.plugin)
        if on:
            events.enqueue(job.plugin, f"every:{job.name}", f"{who.tenant_id}:{job.plugin}.{job.name}:{turn}")
        self._passed[who.tenant_id, job.plugin, job.name] = (turn, None if on else version)


def run_scheduled(job: Any) -> None:
    """Do one turn of a scheduled job, by the name it was enqueued with."""
    who = scope.current()
    wanted = job.name.removeprefix("every:")
    part = next((j for j in who.registry.jobs if (j.plugin, j.name) == (job.plugin, wanted)), None)
    if part is None:
        raise ParlourError(f"No scheduled job '{wanted}' in plugin '{job.plugin}'.")
    part.call()
