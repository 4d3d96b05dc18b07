"""The process beside the server: does what the outbox holds, keeps the schedule, sweeps what is over."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from datetime import timedelta
from typing import Any

from core.data import (
    arrivals,
    conversation,
    credentials,
    errands,
    factors,
    once,
    photos,
    proof,
    scope,
    tally,
    viewing,
)
from core.data.db import now, settle
from core.host import containment, deaths, watchdog
from core.host.portal import Portal
from core.host.switches import Switches
from core.work import bell, bulk, events, exports, intake
from core.work.errands import Errands, halt
from core.work.jobs import Handler, Schedule, Worker, place_of, run_scheduled
from core.work.letters import Letters
from core.work.summary import pass_on

log = logging.getLogger("parlour.worker")
SWEEP_EVERY = 600
SCHEDULE_EVERY = 5
DAY = 86_400
LOOK_EVERY = 0.5
KEEP = timedelta(days=30)
LAST_LETTER = 8.0
"""Seconds a letter at hand may still take when told to stop; cut off later, it is sent again under its name."""


PERFORMERS = {"import": intake.perform, "export": exports.perform, "bulk": bulk.perform}
"""What carries out errands, by their kind."""


def make(portal: Portal, *, lane: str = "") -> Worker:
    """Make a worker that knows the portal's queued work: of one lane (see `events.claim`), or all of it."""
    handlers: dict[tuple[str, str], Handler] = {(events.HOST, events.MAIL): Letters(portal.post).send,
                                                 (events.HOST, events.ERRAND): Errands(PERFORMERS).run}
    for channel in portal.built.registry.channels:
        if channel.send is not None:
            handlers[channel.plugin, f"channel:{channel.name}"] = pass_on
    for job in portal.built.registry.jobs:
        handlers[job.plugin, f"every:{job.name}"] = run_scheduled
    made = Worker(portal.job_scope, handlers, lane=lane)
    made.on_failure = _count
    return made


def _count(job: Any, error: BaseException) -> None:
    """Count a failure against the plugin it happened in, or whose event it is about; only its own parts pause."""
    known = scope.current().registry.manifests
    plugin = job.plugin if job.plugin in known else job.feature
    if plugin in known and containment.is_fault(error):
        place = place_of(job) if job.plugin == plugin else f"{job.name} about its events"
        containment.trouble(plugin, place, error, pausable=job.plugin == plugin)


def housekeeping(portal: Portal) -> None:
    """Sweep what is over: sessions, windows of tries, finished work, answers to forms, files no record claims."""
    credentials.sweep(now())
    arrivals.sweep(now() - credentials.KEEP_TOKENS)
    factors.sweep(now())
    tally.sweep()
    events.sweep(now() - KEEP)
    once.sweep(now() - KEEP)
    for key in errands.sweep(now()):
        portal.files.remove(key)
    for slug in portal.snapshot().tenants:
        with scope.enter(portal.scope(slug, channel="job", system="housekeeping")):
            viewing.sweep()
    portal.files.sweep(lambda key: bool(conversation.files_known([key]) or errands.files_known([key]))
                       or photos.known(key), 24 * 3600)


def daily(portal: Portal) -> None:
    """Drop what each tenant keeps for so many days only: lines in bells, acts; see that each log is whole."""
    tenants = portal.snapshot().tenants
    bell.sweep({portal.tenant_id(slug): int(settings.value("keep.notifications"))
                for slug, settings in tenants.items()})
    for slug, settings in tenants.items():
        with scope.enter(portal.scope(slug, channel="job", system="housekeeping")):
            if kept_for := int(settings.value("keep.audit")):
                proof.trim(now() - timedelta(days=kept_for))
            found = proof.check()
        if found.broken:
            log.error("the audit log of '%s' is broken: %s", slug, found.broken.sentence)


def run(portal: Portal) -> None:
    """Work until SIGTERM or SIGINT, then finish the piece at hand."""
    worker, postman, errander = (make(portal, lane=lane) for lane in (events.REST, events.MAIL, events.ERRAND))
    schedule = Schedule(portal.job_scope)

    def stop(_number: int, _frame: Any) -> None:
        halt.set()
        for one in (worker, postman, errander):
            one.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=_clock, args=(portal, worker, schedule), daemon=True).start()
    deaths.tell_stuck(portal.place.state, portal.job_scope)
    watchdog.start(lambda turn: give_up(portal, turn))
    letters = threading.Thread(target=postman.run, name="parlour-mail", daemon=True)
    letters.start()
    long_acts = threading.Thread(target=errander.run, name="parlour-errands", daemon=True)
    long_acts.start()
    log.info("the outbox worker is at work")
    worker.run()
    letters.join(LAST_LETTER)
    long_acts.join(1)


def give_up(portal: Portal, turn: watchdog.Turn) -> None:
    """End this process, which hangs in a plugin: the server starts another, the work comes back by its lease."""
    deaths.note_stuck(portal.place.state, turn)
    os._exit(1)


def _clock(portal: Portal, worker: Worker, schedule: Schedule) -> None:
    swept = ticked = tidied = 0.0
    switches = Switches(portal)
    parent = os.environ.get("PARLOUR_PARENT", "")
    while not worker.stopping.wait(LOOK_EVERY):
        if parent and os.getppid() != int(parent):
            os.kill(os.getpid(), signal.SIGTERM)  # the server it works beside is no more
        try:
            switches.look()
            jobs = portal.built.registry.jobs
            if jobs and time.monotonic() - ticked > SCHEDULE_EVERY:
                now_on = portal.snapshot()
                schedule.tick(map(portal.tenant_id, now_on.tenants), jobs, now_on.version)
                ticked = time.monotonic()
            if time.monotonic() - swept > SWEEP_EVERY:
                housekeeping(portal)
                swept = time.monotonic()
            if not tidied or time.monotonic() - tidied > DAY:
                daily(portal)
                tidied = time.monotonic()
        except Exception:
            log.exception("the schedule failed; it goes on")
        finally:
            settle()
