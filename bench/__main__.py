"""`python -m bench`: floor and portal in turn, one table of requests/s, times, queries, bytes, memory, ratios."""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from bench import load, modules, seed, start

PAGES = ("sign-in", "home", "list", "ticket", "submit", "fragment", *modules.PAGES)
FILLED = ("sign-in", "home", "list", "ticket", *modules.PAGES)
"""Pages whose weight the floor takes over."""
CHECKOUT = Path(__file__).parent.parent
YAML = 'name: Bench\nurl: "http://127.0.0.1:{port}"\nhosts: [127.0.0.1]\nstatus: active\nfeatures: {{tickets: on, orders: on, payments: on, invoices: on, forums: on, quotes: on}}\n'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def requests(port: int, cookie: str, last: int, side: str, other: int) -> dict[str, Callable[[], bytes]]:
    """Give what makes the bytes of each page's request; `other` is the number of an order, an invoice, a topic."""
    head = f"Host: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nAccept-Encoding: identity\r\n"
    same = f"Sec-Fetch-Site: same-origin\r\nOrigin: http://127.0.0.1:{port}\r\n"

    def get(path: str, more: str = "", cookies: bool = True) -> Callable[[], bytes]:
        lines = head if cookies else f"Host: 127.0.0.1:{port}\r\n"
        data = f"GET {path} HTTP/1.1\r\n{lines}{more}\r\n".encode()
        return lambda: data

    def submit() -> bytes:
        body = f"subject=Printer+is+broken&category=problem&body=Please+help&_once={uuid.uuid4().hex}"
        return (f"POST /tickets/new HTTP/1.1\r\n{head}{same}Content-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}").encode()

    alike = {"list": "/tickets", "ticket": f"/tickets/{last}"}
    more = {name: get(path.format(last=other) if side == "portal" else f"{alike[floor]}?as={name}")
            for name, (path, floor) in modules.PAGES.items()}
    return more | {"sign-in": get("/sign-in", cookies=False), "home": get("/"), "list": get("/tickets"),
            "ticket": get(f"/tickets/{last}"), "submit": submit,
            "fragment": get("/tickets", "HX-Request: true\r\nHX-Target: results\r\n")}


@contextlib.contextmanager
def served(command: list[str], port: int, env: dict[str, str], folder: Path) -> Iterator[psutil.Process]:
    process = subprocess.Popen(command, env={**os.environ, **env}, cwd=folder, start_new_session=True,
                               stdout=subprocess.DEVNULL, stderr=(folder / "bench.log").open("ab"))
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        time.sleep(1.5)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def floor_command(port: int) -> list[str]:
    """Give the command of the floor: the same server as the portal's, so that only the pages differ."""
    return [sys.executable, "-m", "gunicorn", "-w", "2", "--threads", "4", "-k", "core.host.reception.Reception",
            "--keep-alive", "15", "-b", f"127.0.0.1:{port}", "bench.floor:app"]


def weigh(process: psutil.Process) -> tuple[float, float]:
    """Give CPU seconds used so far and memory (MB, shared pages counted once) of a server and its processes."""
    family = [process, *process.children(recursive=True)]
    cpu = sum(p.cpu_times().user + p.cpu_times().system for p in family)
    memory = sum(p.memory_full_info().pss for p in family) / 1e6
    return cpu, memory


def queries(folder: Path, pages: dict[str, Callable[[], bytes]], cookie: str) -> dict[str, int]:
    """Count the statements of each page in a process of its own."""
    code = ("import sys; from pathlib import Path; from core.host.app import create_app; from core.data import db;"
            "app=create_app(Path(sys.argv[1])); db.count_statements(db.db.obj); c=app.test_client();"
            "c.set_cookie('parlour', sys.argv[2].split('=',1)[1], domain='127.0.0.1')\n"
            "for page in sys.argv[3:]:\n"
            "    c.get(page, base_url='http://127.0.0.1'); b=db.statements; c.get(page, base_url='http://127.0.0.1');"
            "    print(db.statements-b)")
    paths = {name: make().split(b" ")[1].decode() for name, make in pages.items() if name != "submit"}
    done = subprocess.run([sys.executable, "-c", code, str(folder), cookie, *paths.values()], check=True,
                          capture_output=True, text=True, cwd=CHECKOUT)
    return dict(zip(paths, map(int, done.stdout.split()), strict=True))


def compare(tickets: int, seconds: float, rounds: int, only: tuple[str, ...] = PAGES) -> None:
    """Run floor and portal in turn on the same content and print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port, floor_port = free_port(), free_port()
        (folder / "portal.yaml").write_text(YAML.format(port=port))
        cookies = {"portal": seed.portal(folder, tickets), "floor": seed.floor(folder / "floor.db", tickets)}
        last = tickets // 200 * 200 - 199 if tickets >= 200 else 1
        other = modules.last(seed.others(tickets))
        asks = {"portal": requests(port, cookies["portal"], last, "portal", other),
                "floor": requests(floor_port, cookies["floor"], last, "floor", other)}
        counted = queries(folder, asks["portal"], cookies["portal"])
        ports = {"portal": port, "floor": floor_port}
        with served([sys.executable, "-m", "parlour", "serve", "--portal", str(folder), "--workers", "2"], port,
                    {"PORT": str(port), "HOST": "127.0.0.1"}, folder) as ours:
            pads = {f"BENCH_PAD_{page.upper().replace('-', '_')}": str(max(0, _size(port, asks["portal"][page])))
                    for page in FILLED}
            with served(floor_command(floor_port), floor_port,
                        {"BENCH_FLOOR_DB": str(folder / "floor.db"), "PYTHONPATH": str(CHECKOUT)}, folder) as probe:
                sizes = {page: _size(floor_port, asks["floor"][page]) for page in FILLED}
                del probe
            for page, size in sizes.items():
                key = f"BENCH_PAD_{page.upper().replace('-', '_')}"
                pads[key] = str(max(0, int(pads[key]) - size))
            with served(floor_command(floor_port), floor_port,
                        {"BENCH_FLOOR_DB": str(folder / "floor.db"), "PYTHONPATH": str(CHECKOUT), **pads},
                        folder) as theirs:
                _table(asks, ports, {"portal": ours, "floor": theirs}, counted, seconds, rounds, only)


def _size(port: int, make: Callable[[], bytes]) -> int:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        return len(load.ask(connection, make())[1])


def _table(asks, ports, processes, counted, seconds: float, rounds: int, only: tuple[str, ...]) -> None:
    print(f"{'page':<10}{'floor/s':>9}{'portal/s':>10}{'ratio':>7}{'p50 ms':>8}{'p99 ms':>8}{'floor p99':>10}"
          f"{'CPU us':>8}{'floor':>7}{'ratio':>7}{'queries':>8}{'bytes':>8}{'floor':>8}{'errors':>7}")
    for page in only:
        found = {"portal": [], "floor": []}
        cpu = {"portal": 0.0, "floor": 0.0}
        for _ in range(rounds):
            for side in ("floor", "portal"):
                before = weigh(processes[side])[0]
                found[side].append(load.run(ports[side], asks[side][page], seconds=seconds))
                cpu[side] += weigh(processes[side])[0] - before
        rate = {side: statistics.median(r.rate for r in runs) for side, runs in found.items()}
        done = {side: sum(len(r.took) for r in runs) for side, runs in found.items()}
        mine, floor_ = found["portal"][-1], found["floor"][-1]
        used = {side: cpu[side] / max(1, done[side]) * 1e6 for side in cpu}
        ratio = statistics.median(a.rate / b.rate for a, b in zip(found["portal"], found["floor"], strict=True))
        print(f"{page:<10}{rate['floor']:>9.0f}{rate['portal']:>10.0f}{ratio:>7.2f}{mine.quantile(.5):>8.1f}"
              f"{mine.quantile(.99):>8.1f}{floor_.quantile(.99):>10.1f}{used['portal']:>8.0f}"
              f"{used['floor']:>7.0f}{used['floor'] / max(1, used['portal']):>7.2f}{counted.get(page, '-'):>8}{mine.size:>8}{floor_.size:>8}"
              f"{sum(r.errors for r in found['portal']):>7}", flush=True)
    for side, process in processes.items():
        family = [process, *process.children(recursive=True)]
        each = ", ".join(f"{one.memory_full_info().pss / 1e6:.0f}" for one in family)
        print(f"memory MB, shared pages counted once: {side} {weigh(process)[1]:.0f} (by process: {each})")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--growth", action="store_true", help="the same pages at each size")
    parser.add_argument("--tickets", type=int, default=10000)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--pages", default=",".join(PAGES), help="which of them")
    parser.add_argument("--start", action="store_true", help="how long a start takes, nothing else")
    given = parser.parse_args()
    if given.start:
        with tempfile.TemporaryDirectory() as name:
            port = free_port()
            (Path(name) / "portal.yaml").write_text(YAML.format(port=port))
            start.compare(Path(name), port, given.rounds)
        return
    for tickets in [int(n) for n in given.sizes.split(",")] if given.growth else [given.tickets]:
        print(f"\n{tickets} tickets of 200 customers, 2 processes x 4 threads, 8 connections")
        compare(tickets, given.seconds, given.rounds, tuple(given.pages.split(",")))


if __name__ == "__main__":
    main()
