"""R22: the mail server is away, slow or refusing: pages answer, letters wait and go out once."""

from __future__ import annotations

import contextvars
import socket
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from core.data.db import now
from core.host import worker
from core.work import events, transport
from support import cases
from support.desk import open_case
from support.pace import within
from support.servers import free_port

pytestmark = pytest.mark.engines("sqlite")  # and on both where the database has a say


@pytest.fixture
def office(portal_inside):
    """A portal whose mail goes to a server; `.at(address)` says to which."""
    desk = portal_inside(plugins=cases.install)

    def at(address):
        desk.portal.place = replace(desk.portal.place, smtp=address)
        return desk

    desk.at = at
    return desk


@contextmanager
def working(desk):
    """Let both lanes work as the real process does, until the block ends."""
    lanes = [worker.make(desk.portal, lane="mail"), worker.make(desk.portal, lane="rest")]
    threads = [threading.Thread(target=contextvars.copy_context().run, args=(lane.run, 0.05)) for lane in lanes]
    for thread in threads:
        thread.start()
    try:
        yield lanes
    finally:
        for lane in lanes:
            lane.stop()
        for thread in threads:
            thread.join(20)


def soon(desk):
    """Let waiting letters be due now, as if their pause were over."""
    with desk.scope():
        events.Job.update(run_at=now()).where(events.Job.state == "waiting").execute()


def to_customer(box):
    return box.to("own@example.com")


def quick(call):
    with within(2):
        return call()


def test_a_letter_leaves_within_a_second_with_names_of_the_tenant(office, smtp):
    office.at(smtp.address)
    with working(office), within(2):
        open_case(office.client("own"))
        (letter,) = smtp.box.wait(1, 30, of=lambda one: "own@example.com" in str(one["X-Envelope-To"]))
    assert str(letter["From"]).startswith("Acme Support <")


def test_a_server_that_is_away_costs_the_page_nothing_and_gets_the_letter_once_when_back(office, smtp):
    office.at(smtp.address)
    smtp.stop()
    quick(lambda: open_case(office.client("own")))
    with working(office) as lanes:
        time.sleep(0.5)
        smtp.start()
        for lane in lanes:
            lane._rests_until = 0
        soon(office)
        smtp.box.wait(3)
        time.sleep(0.5)
    assert len(to_customer(smtp.box)) == 1


@pytest.mark.parametrize("answer", ["421 busy, closing", "450 greylisted", "451 try later", "452 full"])
def test_a_temporary_refusal_makes_the_letter_wait_and_go_out_once(office, smtp, answer):
    office.at(smtp.address)
    smtp.answers.append(answer)
    quick(lambda: open_case(office.client("own")))
    for _ in range(4):
        run = worker.make(office.portal)
        contextvars.copy_context().run(run.drain)
        soon(office)
    assert len(smtp.letters) == 3
    assert len(to_customer(smtp.box)) == 1
    with office.scope():
        assert events.waiting() == 0


@pytest.mark.engines("sqlite", "postgresql")
def test_a_final_refusal_is_shown_to_admins_who_may_try_again(office, smtp):
    office.at(smtp.address)
    smtp.answers.extend(["550 no such person here"] * 3)
    open_case(office.client("own"))
    office.work()
    assert smtp.letters == []
    page = office.client("admin").get("/settings/mail/waiting").text
    assert "550 no such person here" in page
    assert "Thomas Hardy &lt;own@example.com&gt;" in page
    assert "cases.opened CAS-001" in page
    for nobody in ("agent", "own", "other_admin"):
        answer = office.client(nobody).get("/settings/mail/waiting")
        assert "550 no such" not in answer.text
    key = page.partition("/settings/mail/waiting/")[2].partition("/again")[0]
    assert office.client("agent").post(f"/settings/mail/waiting/{key}/again", {}).status == 404
    assert office.client("other_admin").post(f"/settings/mail/waiting/{key}/again", {}).status in {303, 404}
    office.work()
    assert smtp.letters == [], "an admin of another tenant moves nothing"
    assert office.client("admin").post(f"/settings/mail/waiting/{key}/again", {}).status == 303
    office.work()
    assert len(smtp.letters) == 1


def test_one_refused_letter_does_not_hold_up_the_others(office, smtp):
    office.at(smtp.address)
    smtp.answers.append("550 no")
    open_case(office.client("own"))
    office.work()
    assert len(smtp.letters) == 2


def test_a_server_that_hangs_after_the_letter_holds_up_neither_pages_nor_the_bell(office, smtp, monkeypatch):
    monkeypatch.setattr(transport.Smtp, "send", slow_send(0.6))
    office.at(smtp.address)
    smtp.box.hang = 1.2
    with working(office) as lanes:
        open_case(office.client("own"))
        with within(3, what="the bell waits for the mail server"):
            while "Your case CAS-001" not in quick(lambda: office.client("own").get("/notifications")).text:
                time.sleep(0.05)
        time.sleep(1)
        assert smtp.letters == []
        smtp.box.hang = 0
        end = time.monotonic() + 90
        while len(smtp.letters) < 3 and time.monotonic() < end:
            for lane in lanes:
                lane._rests_until = 0
            with office.scope():
                events.Job.update(run_at=now()).where(events.Job.lease.is_null()).execute()
            time.sleep(0.2)
        time.sleep(0.5)
    assert len(to_customer(smtp.box)) == 1
    assert len(smtp.letters) == 3


def slow_send(budget):
    real = transport.Smtp.send

    def send(self, message):
        real(replace(self, budget=budget), message)

    return send


@contextmanager
def listening(handle):
    """Listen, and treat each connection as `handle` says."""
    port = free_port()
    over = threading.Event()

    def run(line):
        with closing(line):
            line.settimeout(0.2)
            while not over.is_set():
                try:
                    one, _ = line.accept()
                except TimeoutError:
                    continue
                with closing(one):
                    handle(one, over)

    line = socket.create_server(("127.0.0.1", port))
    thread = threading.Thread(target=run, args=(line,))
    thread.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        over.set()
        thread.join(10)


def silent(_one, over):
    over.wait(3)


def dripping(one, over):
    for _ in range(60):
        if over.wait(0.05):
            return
        try:
            one.send(b"2")
        except OSError:
            return


def babbling(one, _over):
    one.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def cutting(_one, _over):
    return


@pytest.mark.parametrize("handle", [silent, dripping, babbling, cutting])
def test_a_server_that_is_none_makes_letters_wait_with_the_reason(office, monkeypatch, handle):
    monkeypatch.setattr(transport.Smtp, "send", slow_send(0.4))
    with listening(handle) as address:
        office.at(address)
        quick(lambda: open_case(office.client("own")))
        one = worker.make(office.portal)
        with within(5, what="one look is enough for all letters"):
            contextvars.copy_context().run(one.drain)
    page = office.client("admin").get("/settings/mail/waiting").text
    assert "The mail server" in page
    assert "Waits" in page
    with office.scope():
        assert events.waiting() == 3


def test_a_letter_nobody_takes_for_five_days_is_given_up(office, smtp):
    office.at(smtp.address)
    smtp.stop()
    open_case(office.client("own"))
    contextvars.copy_context().run(worker.make(office.portal, lane="rest").drain)
    with office.scope() as who:
        events.Job.update(created=now() - timedelta(days=6)).where(events.Job.name == events.MAIL).execute()
        contextvars.copy_context().run(worker.make(office.portal).drain)
        assert {row.state for row in events.troubled(who.tenant_id)} == {"failed"}


@pytest.mark.engines("sqlite", "postgresql")
def test_two_workers_send_each_letter_once(office, smtp):
    office.at(smtp.address)
    for number in range(6):
        open_case(office.client("own"), f"Case {number}")
    with working(office), working(office):
        smtp.box.wait(18)
        time.sleep(0.5)
    names = [str(letter["Message-ID"]) for letter in smtp.letters]
    assert len(names) == len(set(names)) == 18
