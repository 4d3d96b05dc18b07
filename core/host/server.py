"""Serving: gunicorn with threads, one outbox worker beside it, hand edits noticed, reload without a gap."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from core.data.db import settle
from core.host.app import create_app
from core.host.portal import Portal
from core.web.routes import permission_of

log = logging.getLogger("parlour.server")
NOTICE_EVERY = 0.5


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
        """Make the application inside a server process, and watch for hand edits from there."""
        app = create_app(self.folder)
        watch(app.extensions["parlour"])
        return app


def watch(portal: Portal) -> None:
    """Notice edits of portal.yaml by hand, in a thread; of many processes one publishes them."""

    def look() -> None:
        while True:
            time.sleep(NOTICE_EVERY)
            try:
                portal.store.notice()
            except Exception:
                log.exception("looking for edits failed; it goes on")
            finally:
                settle()

    threading.Thread(target=look, daemon=True, name="parlour-watch").start()


def serve(folder: Path, *, host: str, port: int, workers: int, threads: int, with_worker: bool,
          reload: bool = False) -> None:
    """Serve a portal folder until told to stop. The configuration has been checked before."""
    state = folder / "var" / "run"
    state.mkdir(parents=True, exist_ok=True)
    beside: list[subprocess.Popen[bytes]] = []

    def keep_worker() -> None:
        while with_worker:
            process = subprocess.Popen([sys.executable, "-m", "parlour", "worker", "--portal", str(folder)])  # noqa: S603
            beside[:] = [process]
            process.wait()
            if stopping.is_set():
                return
            time.sleep(1)

    stopping = threading.Event()

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

    Server(folder, {
        "bind": [f"{'[' + host + ']' if ':' in host else host}:{port}"], "workers": workers, "threads": threads,
        "worker_class": "gthread", "timeout": 60, "graceful_timeout": 30, "keepalive": 15,
        "pidfile": str(state / "parlour.pid"), "when_ready": ready, "on_exit": leaving, "on_reload": renew,
        "proc_name": "parlour", "loglevel": "warning", "reload": reload, "worker_tmp_dir": _memory(),
        "forwarded_allow_ips": "", "limit_request_line": 8190, "control_socket_disable": True,
    }).run()


def _memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - gunicorn's heartbeat files


def tell_to_reload(folder: Path) -> bool:
    """Ask a running server to load its code anew without a failed request; False where none runs."""
    path = folder / "var" / "run" / "parlour.pid"
    try:
        os.kill(int(path.read_text()), signal.SIGHUP)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return False
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
