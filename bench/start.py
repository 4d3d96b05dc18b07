"""How long a start takes to its first page, and what it costs: the portal beside a bare Flask application."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import load

CHECKOUT = Path(__file__).parent.parent
BARE = """from flask import Flask, render_template_string
app = Flask(__name__)
@app.get("/sign-in")
def page():
    return render_template_string("<!doctype html><title>{{ t }}</title><h1>{{ t }}</h1>", t="Hello")
"""


@dataclass
class Start:
    """Seconds to the first answer, CPU seconds of all processes by then, MB that they hold together."""

    seconds: float
    cpu: float
    memory: float


def once(command: list[str], port: int, folder: Path, env: dict[str, str]) -> Start:
    """Start a server, ask for a page until it comes, and end it."""
    request = f"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    began = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **env}, cwd=folder, start_new_session=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), 20) as connection:
                    if load.ask(connection, request)[0] < 500:
                        break
            except OSError:
                time.sleep(0.01)
        took = time.perf_counter() - began
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        cpu = sum(sum(one.cpu_times()[:2]) for one in family)
        return Start(took, cpu, sum(one.memory_full_info().pss for one in family) / 1e6)
    finally:
        process.terminate()
        process.wait(30)


def compare(folder: Path, port: int, rounds: int) -> None:
    """Start both in turn, each `rounds` times after one that counts not, and print the medians."""
    (folder / "bare.py").write_text(BARE)
    portal = [sys.executable, "-m", "parlour", "serve", "--portal", str(folder), "--workers", "2"]
    bare = [sys.executable, "-m", "gunicorn", "-w", "2", "--threads", "4", "-b", f"127.0.0.1:{port}", "bare:app"]
    found: dict[str, list[Start]] = {"bare": [], "portal": []}
    for _ in range(rounds + 1):
        found["bare"].append(once(bare, port, folder, {}))
        found["portal"].append(once(portal, port, CHECKOUT, {"PORT": str(port), "HOST": "127.0.0.1"}))
    print(f"{'start':<10}{'seconds':>9}{'CPU s':>8}{'MB':>7}")
    middle = {side: Start(*(statistics.median(getattr(start, name) for start in starts[1:])
                            for name in ("seconds", "cpu", "memory"))) for side, starts in found.items()}
    for side, start in middle.items():
        print(f"{side:<10}{start.seconds:>9.2f}{start.cpu:>8.2f}{start.memory:>7.0f}")
    print(f"{'ratio':<10}{middle['portal'].seconds / middle['bare'].seconds:>9.1f}"
          f"{middle['portal'].cpu / middle['bare'].cpu:>8.1f}{middle['portal'].memory / middle['bare'].memory:>7.1f}")
