"""The process beside the server: does what the outbox holds, keeps the schedule, sweeps what is over."""

from __future__ import annotations

import logging
import signal
import threading
import time
from datetime import timedelta
from typing import Any

from core.data import conversation, credentials
from core.data.db import now, settle
from core.host.portal import Portal
from core.work import events
from core.work.jobs import Handler, Schedule, Worker, run_scheduled
from core.work.post import Post, kept
from core.work.transport import Transport, transport

log = logging.getLogger("parlour.worker")
SWEEP_EVERY = 600
SCHEDULE_EVERY = 5
KEEP = timedelta(days=30)


def make(portal: Portal) -> Worker:
    """Make a worker that knows the portal's queued work."""
    place = portal.place

    def way_out() -> Transport:
        return transport(place.smtp, kept(place.state))

    post = Post(portal.composer, portal.looks, way_out, place.sender, place.secret)
    handlers: dict[tuple[str, str], Handler] = {("host", "mail"): post.send}
    for job in portal.built.registry.jobs:
        handlers[job.plugin, f"every:{job.name}"] = run_scheduled
    return Worker(portal.job_scope, handlers)


def housekeeping(portal: Portal) -> None:
    """Sweep what is over: sessions, windows of tries, finished work, files no record claims."""
    credentials.sweep(now())
    events.sweep(now() - KEEP)
    portal.files.sweep(lambda key: bool(conversation.files_known([key])), 24 * 3600)


def run(portal: Portal) -> None:
    """Work until SIGTERM or SIGINT, then finish the piece at hand."""
    worker = make(portal)
    schedule = Schedule(portal.job_scope)

    def stop(_number: int, _frame: Any) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=_clock, args=(portal, worker, schedule), daemon=True).start()
    log.info("the outbox worker is at work")
    worker.run()


def _clock(portal: Portal, worker: Worker, schedule: Schedule) -> None:
    swept = 0.0
    while not worker.stopping.wait(SCHEDULE_EVERY):
        try:
            if portal.built.registry.jobs:
                schedule.tick([portal.tenant_id(slug) for slug in portal.snapshot().tenants])
            if time.monotonic() - swept > SWEEP_EVERY:
                housekeeping(portal)
                swept = time.monotonic()
        except Exception:
            log.exception("the schedule failed; it goes on")
        finally:
            settle()
