"""A04: nobody learns from an answer, its headers, its time or its rows whether an address is known here."""

import statistics

import pytest
from argon2 import PasswordHasher

from core.data import credentials, passwords, people
from core.data.db import db, loose
from support.inside import ADDRESS, HOSTS, PASSWORD
from support.needs import cases
from support.pace import Stopwatch

NEW = "seven green kettles"
FORMS = {
    "sign-in": ("/sign-in", lambda address: {"email": address, "password": "wrong " + NEW}),
    "reset": ("/reset", lambda address: {"email": address}),
    "register": ("/register", lambda address: {"name": "Mallory", "email": address, "password": NEW}),
}
OPEN = {"access": {"registration": "open"}, "security": {"tries": 1000, "tries_per_network": 10000}}
CHANGING = {"x-request-id", "date", "set-cookie", "content-length"}  # the page repeats what was typed


@pytest.fixture
def inside(portal_inside):
    return portal_inside(OPEN)


def counted(engine):
    connection = engine.obj.connection()
    kind = "SELECT name FROM sqlite_master WHERE type = 'table'" if "sqlite3" in type(connection).__module__ \
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    cursor = connection.cursor()
    tables = [name for (name,) in cursor.execute(kind).fetchall()]
    found = {name: cursor.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}
    connection.rollback()
    return found


def rows():
    found = {"main": counted(db)}
    if loose.obj is not db.obj:
        found["loose"] = counted(loose)
    return found


def growth(before, after):
    return {(base, name): after[base][name] - count for base, tables in before.items()
            for name, count in tables.items() if after[base][name] != count}


def said(answer, address):
    headers = sorted((name.lower(), value) for name, value in answer.all_headers if name.lower() not in CHANGING)
    return answer.status, headers, "\n".join(line for line in answer.text.replace(address, "ADDRESS").splitlines()
                                             if "_once" not in line)


@pytest.mark.parametrize("act", FORMS)
def test_known_and_unknown_get_one_answer_and_leave_the_same_rows(inside, act):
    with inside.scope():
        people.add_person("Locked Out", email="locked@example.com", active=False,
                          password=credentials.hash_password(PASSWORD))
        people.add_person("No Password", email="without@example.com")
    path, form = FORMS[act]
    inside.guest().post(path, form("first@example.com"))  # starts the network's count
    seen = []
    for address in (ADDRESS["own"], "nobody@example.com", "locked@example.com", "without@example.com",
                    ADDRESS["other"]):
        before = rows()
        seen.append((said(inside.guest().post(path, form(address)), address), growth(before, rows())))
    assert seen[0][0][0] in (303, 422)
    assert seen[0][1], "something is written down"
    assert all(one == seen[0] for one in seen), act
    assert HOSTS["globex"] not in seen[0][0][2]


@pytest.mark.parametrize("act", FORMS)
def test_known_and_unknown_take_the_same_time(inside, act, monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1))
    monkeypatch.setattr(passwords, "_nobody", [])
    with inside.scope():
        people.change_person(inside.person("own").id, password=credentials.hash_password(PASSWORD))
    path, form = FORMS[act]
    guest, took = inside.guest(), {True: [], False: []}
    for number in range(cases(40, 200)):
        for known in (number % 2 == 0, number % 2 == 1):  # in turns, so that a busy machine is busy for both
            address = ADDRESS["own"] if known else f"nobody{number % 7}@example.com"
            watch = Stopwatch()
            guest.post(path, form(address))
            took[known].append(watch.seconds())
    apart = abs(statistics.median(took[True]) - statistics.median(took[False])) * 1000
    assert apart <= 10, f"{apart:.1f} ms apart"
