"""Serving: gunicorn with threads, one outbox worker beside it, hand edits noticed, reload without a gap."""

from __future__ import annotations

import fcntl
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from core.data.db import settle
from core.host import modules
from core.host.app import create_app
from core.host.processes import GRACE, PatientArbiter, ended, forked, ready, started
from core.host.reception import Reception
from core.web.routes import permission_of

log = logging.getLogger("parlour.server")
RETRY = 1.0
RELOADED = 40.0
"""Seconds that `parlour reload` waits for the new processes to answer."""


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn, told everything by us; each server process makes its own application."""

    def __init__(self, folder: Path, options: dict[str, Any]) -> None:
        self.folder, self.options = folder, options
        super().__init__()

    def load_config(self) -> None:
        """Take our options over gunicorn's defaults."""
        for key, value in self.options.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        """Make the application inside a server process.

        What is away for the moment (the database, a file being written) is waited for: a process that ended
        here would take the whole server with it.
        """
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
        PatientArbiter(self, self.folder / "var" / "run").run()


def serve(folder: Path, *, host: str, port: int, workers: int, threads: int, with_worker: bool,
          reload: bool = False) -> None:
    """Serve a portal folder until told to stop. The configuration has been checked before."""
    state = folder / "var" / "run"
    state.mkdir(parents=True, exist_ok=True)
    beside: list[subprocess.Popen[bytes]] = []

    stopping = threading.Event()
    beside_us = os.environ | {"PARLOUR_PARENT": str(os.getpid())}

    def keep_worker() -> None:
        while with_worker and not stopping.is_set():
            beside[:] = [subprocess.Popen(  # noqa: S603 - our own command line
                [sys.executable, "-m", "parlour", "worker", "--portal", str(folder)], env=beside_us)]
            beside[0].wait()
            stopping.wait(1)

    def ready(_server: Any) -> None:
        threading.Thread(target=keep_worker, daemon=True).start()

    def leaving(_server: Any) -> None:
        stopping.set()
        for process in beside:
            process.send_signal(signal.SIGTERM)
        for process in beside:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

    def renew(_server: Any) -> None:
        for process in beside:
            process.send_signal(signal.SIGTERM)

    lock = (state / "server.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_SH)  # held by every process of the server, for as long as any lives
    Server(folder, {
        "bind": [f"{'[' + host + ']' if ':' in host else host}:{port}"], "workers": workers, "threads": threads,
        "worker_class": Reception if hasattr(select, "epoll") else "gthread",
        "timeout": 60, "graceful_timeout": GRACE, "keepalive": 15, "pidfile": str(state / "parlour.pid"),
        "when_ready": ready, "on_exit": leaving, "on_reload": renew,
        "post_fork": forked, "post_worker_init": started, "worker_exit": ended,
        "proc_name": "parlour", "loglevel": "warning", "reload": reload, "worker_tmp_dir": _memory(),
        "forwarded_allow_ips": "", "limit_request_line": 8190, "control_socket_disable": True,
    }).run()


def _memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - gunicorn's heartbeat files


def running(folder: Path) -> int | None:
    """Give the number of the first process of the server in a folder, None where none runs."""
    state = folder / "var" / "run"
    try:
        with (state / "server.lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        with suppress(FileNotFoundError, ValueError):
            return int((state / "parlour.pid").read_text())
    return None


def tell_to_reload(folder: Path) -> bool:
    """Have a running server load its code anew without a failed request; False where none runs.

    Returns when the new processes answer, or after 40 s.
    """
    number = running(folder)
    if number is None:
        return False
    state = folder / "var" / "run"
    old = ready(state)
    os.kill(number, signal.SIGHUP)
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
