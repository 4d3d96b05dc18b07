"""The same content on both sides: tickets of 200 customers in 20 companies, three messages each."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

from bench import modules
from core.data import conversation, credentials, people, scope
from core.data.db import db, door, now, transaction
from core.data.records import Counter, Record
from core.host.portal import assemble

WORDS = ["printer", "invoice", "login", "password", "mail", "calendar", "export", "import", "slow", "broken", "missing", "error", "green", "blue", "tomorrow", "since", "update", "help", "please", "screen", "phone"]


def words(random_: random.Random, count: int) -> str:
    return " ".join(random_.choice(WORDS) for _ in range(count))


def others(tickets: int) -> int:
    """Say how many orders, invoices, topics and quotes go with so many tickets."""
    return max(tickets // modules.SHARE, 1)


def portal(folder: Path, tickets: int, customers: int = 200) -> str:
    """Fill a portal folder and give the session cookie of its first customer."""
    made = assemble(folder)
    slug = next(iter(made.snapshot().tenants))
    random_ = random.Random(7)
    with scope.enter(made.scope(slug, channel="command", system="bench")) as who:
        companies = [people.add_company(f"Company {i}", f"c{i}").id for i in range(20)]
        ids = []
        for i in range(customers):
            row = people.add_person(f"Customer {i}", email=f"c{i}@bench.example", verified=True)
            people.join(row.id, companies[i % 20], "user")
            ids.append(row)
        body = who.registry.kinds["ticket"].body
        began = now() - timedelta(days=365)
        # In bulk and past the verbs: a million tickets must not take a night. The rows are what the verbs write.
        for start in range(0, tickets, 2000):
            with transaction():
                for n in range(start, min(start + 2000, tickets)):
                    person = ids[n % customers]
                    at = began + timedelta(seconds=n * 31536000 // tickets)
                    state = ("open", "in_progress", "waiting", "closed", "closed")[n % 5]
                    record = door(Record.insert(
                        tenant=who.tenant_id, kind="ticket", number=n + 1, title=words(random_, 6),
                        company=companies[n % customers % 20], person=person.id, state=state, category=state,
                        created=at, changed=at, touched=at), Record).execute()
                    door(body.insert(record=record), body).execute()
                    for _ in range(3):
                        door(conversation.Message.insert(
                            tenant=who.tenant_id, record=record, author=person.id, author_name=person.name,
                            body=words(random_, 40), created=at), conversation.Message).execute()
        door(Counter.insert(tenant=who.tenant_id, kind="ticket", last=tickets), Counter).execute()
        modules.fill(who.registry, ids, lambda turn: companies[turn % 20], others(tickets), words)
        secret = credentials.open_session(ids[0].id, hours=10, address="127.0.0.1", agent="bench")
    db.close()
    return f"parlour={secret}"


def floor(path: Path, tickets: int, customers: int = 200) -> str:
    """Fill the floor's database and give its cookie."""
    os.environ["BENCH_FLOOR_DB"] = str(path)
    from bench.floor import PRAGMAS, TABLES, Message, Person, Session, Ticket  # noqa: PLC0415 - it reads the variable
    from bench.floor import db as floor_db  # noqa: PLC0415

    random_ = random.Random(7)
    floor_db.init(str(path), pragmas=PRAGMAS)  # the module was read with the path of the size before
    floor_db.connect()
    floor_db.create_tables(TABLES)
    people_ = [Person.create(name=f"Customer {i}") for i in range(customers)]
    Session.create(secret="bench", person=people_[0])
    began = int(now().timestamp()) - 31536000
    for start in range(0, tickets, 2000):
        with floor_db.atomic():
            for n in range(start, min(start + 2000, tickets)):
                at = began + n * 31536000 // tickets
                ticket = Ticket.create(number=n + 1, person=people_[n % customers], title=words(random_, 6),
                                       state="closed" if n % 5 > 2 else "open", touched=at)
                Message.insert_many([{"ticket": ticket, "author": "Customer", "body": words(random_, 40),
                                      "created": at} for _ in range(3)]).execute()
    floor_db.close()
    return "floor=bench"
