"""The worker: lease, call, retry, schedule; each piece of work in a scope of its own, each failure contained."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from core.data import scope
from core.data.access import feature_on
from core.data.db import now, settle, transaction
from core.data.scope import Scope
from core.errors import ParlourError
from core.work import events

log = logging.getLogger("parlour.jobs")

OpenScope = Callable[[int], Scope | None]
"""Gives the scope of a tenant by its key with the configuration of this moment, None where it is no more."""

Handler = Callable[[Any], None]
"""Does one piece of queued work: gets the job's row; raises to have it tried again."""


class Again(Exception):  # noqa: N818 - it is a request, not an error
    """Raised by a handler to be called again after a pause, with the reason in words."""

    def __init__(self, reason: str, *, wait: timedelta | None = None, final: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.wait, self.final = reason, wait, final


class Worker:
    """Does what waits in the outbox until told to stop. Any number may run; a lease keeps them apart."""

    def __init__(self, open_scope: OpenScope, handlers: dict[tuple[str, str], Handler]) -> None:
        """Take how to open a tenant's scope, and what does queued work by (plugin, name)."""
        self.open_scope = open_scope
        self.handlers = handlers
        self.stopping = threading.Event()

    def run(self, pause: float = 0.5) -> None:
        """Work until `stop`, looking for new work every `pause` seconds when there is none."""
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
        batch = events.claim()
        for job in batch:
            if self.stopping.is_set():
                break
            self._do(job)
        return bool(batch)

    def drain(self, rounds: int = 100) -> None:
        """Work until nothing is ready: for commands and tests."""
        for _ in range(rounds):
            if not self.turn():
                return

    def _do(self, job: Any) -> None:
        who = self.open_scope(job.tenant_id)
        if who is None:
            events.again(job, "its tenant is no more", final=True)
            return
        with _working(who):
            if job.plugin in who.registry.manifests and not feature_on(who, job.plugin):
                events.postpone(job, timedelta(seconds=30))
                return
            try:
                self._call(job, who)
            except Again as request:
                events.again(job, request.reason, wait=request.wait, final=request.final)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                log.exception("Plugin '%s' failed in its job '%s' (try %d)", job.plugin, job.name, job.attempts)
                events.again(job, f"{type(error).__name__}: {error}")

    def _call(self, job: Any, who: Scope) -> None:
        handler = self.handlers.get((job.plugin, job.name))
        if handler is not None:
            handler(job)
            events.done(job.id)
            return
        reader = next((r for r in who.registry.readers if (r.plugin, r.name) == (job.plugin, job.name)), None)
        if reader is None:
            raise Again(f"plugin '{job.plugin}' is not loaded", wait=timedelta(seconds=60))
        event = events.event(job.event_id)
        with transaction():
            if event is not None:
                reader.call(event)
            events.done(job.id)


@contextmanager
def _working(who: Scope) -> Iterator[None]:
    with scope.enter(who):
        yield


class Schedule:
    """Turns of scheduled jobs: each turn is a row with its own key, so that it comes once however many run."""

    def __init__(self, open_scope: OpenScope) -> None:
        """Take how to open a tenant's scope."""
        self.open_scope = open_scope

    def tick(self, tenant_ids: list[int]) -> None:
        """Enqueue for each tenant the turns that are due now."""
        for tenant_id in tenant_ids:
            who = self.open_scope(tenant_id)
            if who is None:
                continue
            with scope.enter(who):
                for job in who.registry.jobs:
                    turn = int(now().timestamp()) // job.every
                    events.enqueue(job.plugin, f"every:{job.name}", f"{tenant_id}:{job.plugin}.{job.name}:{turn}")


def run_scheduled(job: Any) -> None:
    """Do one turn of a scheduled job, by the name it was enqueued with."""
    who = scope.current()
    wanted = job.name.removeprefix("every:")
    part = next((j for j in who.registry.jobs if (j.plugin, j.name) == (job.plugin, wanted)), None)
    if part is None:
        raise ParlourError(f"No scheduled job '{wanted}' in plugin '{job.plugin}'.")
    part.call()
