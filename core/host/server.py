"""Serving: gunicorn with threads, one outbox worker beside it, hand edits noticed, reload without a gap."""

from __future__ import annotations

import ctypes
import fcntl
import gc
import logging
import os
import select
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from core.data.db import settle
from core.host import modules, renewal, worker
from core.host.app import create_app, wrap
from core.host.aside import close_connections, dismiss
from core.host.companion import Companion
from core.host.portal import Portal, assemble
from core.host.processes import GRACE, PatientArbiter, ended, forked, ready, started
from core.host.reception import Reception
from core.web.routes import permission_of

log = logging.getLogger("parlour.server")
RETRY = 1.0
M_ARENA_MAX = -8
"""What `mallopt` calls the number of stores (malloc.h)."""
ARENAS = 2
RELOADED = 40.0
"""Seconds that `parlour reload` waits for the new processes to answer."""


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn, told everything by us.

    Its processes begin as copies of the first one, where the application stands ready: so they have it in
    memory together. After a reload each makes its own, from the plugins' code as it is then.
    """

    def __init__(self, folder: Path, options: dict[str, Any], prepared: Flask | None, with_worker: bool) -> None:
        self.folder, self.options, self.prepared = folder, options, prepared
        self.companion = Companion(self.work) if with_worker else None
        super().__init__()

    def load_config(self) -> None:
        """Take our options over gunicorn's defaults."""
        for key, value in (self.options | {"on_reload": self.renew, "on_exit": self.leave}).items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        """Take the application that stands ready, or make one inside a server process.

        What is away for the moment (the database, a file being written) is waited for: a process that ended
        here would take the whole server with it.
        """
        if self.prepared is not None:
            return self.prepared
        modules.forget_all()  # the first process has imported plugins, as they were when it started
        while True:
            try:
                return create_app(self.folder)
            except Exception:
                log.exception("this process cannot start yet; it tries again")
                with suppress(Exception):  # the database may be what is away
                    settle()
                time.sleep(RETRY)

    def run(self) -> None:
        """Run as gunicorn does, with our way of taking over."""
        PatientArbiter(self, self.folder / "var" / "run", self.companion).run()

    def work(self) -> None:
        """Do what the outbox holds, in the process beside."""
        if self.prepared is not None:
            worker.run(self.prepared.extensions["parlour"])
            return
        modules.forget_all()
        worker.run(assemble(self.folder, may_migrate=False))

    def renew(self, _arbiter: Any) -> None:
        """Begin to reload: what stands ready counts no more."""
        self.prepared = None
        if self.companion is not None:
            self.companion.tell()

    def leave(self, _arbiter: Any) -> None:
        """End the process beside."""
        if self.companion is not None:
            self.companion.end()


def serve(portal: Portal, *, host: str, port: int, workers: int, threads: int, with_worker: bool,
          reload: bool = False) -> None:
    """Serve a portal until told to stop."""
    folder = portal.place.folder
    state = folder / "var" / "run"
    state.mkdir(parents=True, exist_ok=True)
    lock = (state / "server.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_SH)  # held by every process of the server, for as long as any lives
    server = Server(folder, {
        "bind": [f"{'[' + host + ']' if ':' in host else host}:{port}"], "workers": workers, "threads": threads,
        "worker_class": Reception if hasattr(select, "epoll") else "gthread",
        "timeout": 60, "graceful_timeout": GRACE, "keepalive": 15, "pidfile": str(state / "parlour.pid"),
        "post_fork": forked, "post_worker_init": started, "worker_exit": ended,
        "proc_name": "parlour", "loglevel": "warning", "reload": reload, "worker_tmp_dir": _memory(),
        "forwarded_allow_ips": "", "limit_request_line": 8190, "control_socket_disable": True,
    }, None if reload else prepare(portal), with_worker)
    _ready_to_be_copied()
    server.run()


def prepare(portal: Portal) -> Flask:
    """Make the application, and have it draw a page once: what that needs is then there for all processes."""
    app = wrap(portal)
    settings = next(iter(portal.snapshot().tenants.values()), None)
    if settings is not None:
        with suppress(Exception):  # whoever asks for a page is told what is wrong with it
            app.test_client().get("/sign-in", base_url=str(settings.url))
    return app


def be_frugal() -> None:
    """Let all threads take memory from the same few stores, where the C library has one for each (glibc)."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def _ready_to_be_copied() -> None:
    dismiss()
    close_connections()  # connections are no one's to share
    gc.collect()
    gc.freeze()  # what is never looked through is never written to, and stays one for all processes


def _memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - gunicorn's heartbeat files


def tell_to_reload(folder: Path) -> bool:
    """Have a running server load its code anew without a failed request; False where none runs.

    Returns when the new processes answer, or after 40 s.
    """
    state = folder / "var" / "run"
    old = ready(state)
    if not renewal.ask(folder):
        return False
    patience = time.monotonic() + RELOADED
    while time.monotonic() < patience:
        up = ready(state)
        if len(up - old) >= max(1, len(old)) and not up & old:
            break
        time.sleep(0.05)
    return True


def route_table(folder: Path) -> list[dict[str, str]]:
    """List all routes of a portal: methods, rule, permission."""
    app = create_app(folder)
    rows = []
    for rule in app.url_map.iter_rules():
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        permission = permission_of(app.view_functions[rule.endpoint]) or ""
        rows.append({"methods": methods, "rule": rule.rule, "permission": permission})
    return sorted(rows, key=lambda row: (row["rule"], row["methods"]))
