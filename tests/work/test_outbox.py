"""The outbox: work is done once, given back by a dead worker, rests while its plugin is off."""

from __future__ import annotations

import contextvars
from datetime import timedelta

import pytest

from core.data import pauses
from core.data.db import door, now, transaction
from core.data.once import Once, answer
from core.host import worker
from core.work import events, jobs
from support.desk import open_case


def switch(desk, state):
    """Switch the feature by hand in portal.yaml, and have it noticed."""
    kept = desk.yaml.read_text().partition("\nfeatures:")[0]
    desk.yaml.write_text(f"{kept.rstrip()}\nfeatures: {{cases: {state}}}\n")
    desk.portal.store.notice()


def states(desk):
    with desk.scope():
        return {(row.name, row.state) for row in events.Job.select(events.Job.name, events.Job.state)}


def test_work_claimed_by_one_worker_is_not_taken_by_another(desk):
    with desk.scope():
        events.enqueue("host", "probe", "one")
        (mine,) = [job for job in events.claim() if job.name == "probe"]
        assert [job for job in events.claim() if job.name == "probe"] == []
        assert events.done(mine)
        assert not events.done(mine)


def test_a_dead_workers_work_comes_back_and_its_late_answer_counts_for_nothing(desk):
    with desk.scope():
        events.enqueue("host", "probe", "one")
        (first,) = events.claim()
        events.Job.update(lease=now() - timedelta(seconds=1)).where(events.Job.id == first.id).execute()
        (second,) = events.claim()
        assert second.attempts == 2
        assert not events.renew(first)
        assert not events.done(first)
        assert events.renew(second)
        assert events.done(second)


def test_a_worker_keeps_the_lease_of_long_work(desk, monkeypatch):
    monkeypatch.setattr(events, "LEASE", timedelta(seconds=1.2))
    seen, renewed, renew = [], [], events.renew
    monkeypatch.setattr(events, "renew", lambda job: renewed.append(job.id) or renew(job))

    def long(job):
        while len(renewed) < 6:  # a quarter of the lease each
            worker_thread.stopping.wait(0.1)
            seen.extend(contextvars.copy_context().run(events.claim))
        worker_thread.stop()

    with desk.scope():
        events.enqueue("host", "probe", "one")
    worker_thread = jobs.Worker(desk.portal.job_scope, {("host", "probe"): long})
    contextvars.copy_context().run(worker_thread.run)
    assert seen == []
    assert states(desk) == {("probe", "done")}


def test_what_a_failing_reader_wrote_is_taken_back_and_the_failure_is_listed(desk):
    calls = []

    def reader(job):
        calls.append(job.id)
        with transaction():
            events.enqueue("host", "trace", f"trace:{len(calls)}", run_at=now() + timedelta(days=1))
            raise SystemExit("no")

    with desk.scope():
        events.enqueue("host", "probe", "one")
    one = jobs.Worker(desk.portal.job_scope, {("host", "probe"): reader})
    for _ in range(events.GIVE_UP_AFTER):
        assert contextvars.copy_context().run(one.turn)
        with desk.scope():
            events.Job.update(run_at=now()).where(events.Job.name == "probe").execute()
    assert len(calls) == events.GIVE_UP_AFTER
    assert states(desk) == {("probe", "failed")}
    with desk.scope() as who:
        (row,) = events.troubled(who.tenant_id)
        assert "SystemExit: no" in row.error
        assert events.retry(who.tenant_id, row.id)
    contextvars.copy_context().run(one.turn)
    assert len(calls) == events.GIVE_UP_AFTER + 1


def test_work_of_a_plugin_that_is_off_waits_and_loses_nothing(desk):
    open_case(desk.client("own"))
    switch(desk, "off")
    desk.work()
    assert desk.letters == []
    with desk.scope() as who:
        assert events.waiting() > 0
    switch(desk, "on")
    with desk.scope() as who:
        events.wake(who.tenant_id, "cases")
    desk.work()
    assert {str(letter["To"]).split("<")[-1].rstrip(">") for letter in desk.letters} >= {"agent@example.com"}


def test_mail_waits_too_when_its_plugin_goes_off_between_the_event_and_the_letter(desk):
    open_case(desk.client("own"))
    tell = worker.make(desk.portal, lane="rest")
    contextvars.copy_context().run(tell.turn)
    switch(desk, "off")
    desk.work()
    assert desk.letters == []
    switch(desk, "on")
    with desk.scope() as who:
        events.wake(who.tenant_id, "cases")
    desk.work()
    assert desk.letters


@pytest.mark.parametrize("lane", ["mail", "rest", "errand"])
def test_each_lane_takes_its_own_work_only(desk, lane):
    with desk.scope():
        events.enqueue("host", events.MAIL, "a")
        events.enqueue("host", "probe", "b")
        events.enqueue("host", events.ERRAND, "c")
        assert [job.name for job in events.claim(lane=lane)] == [lane if lane != "rest" else "probe"]


def test_answers_to_forms_are_forgotten_after_a_month(inside):
    key = "k" * 20
    inside.client("own").post("/tickets/new", {"category": "question", "subject": "One", "body": "Hello",
                                               "_once": key})
    stored = f"{inside.person('own').id}:{key}"
    for days, known in ((0, True), (20, True), (31, False)):
        with inside.scope():
            door(Once.update(created=now() - timedelta(days=days)), Once).where(Once.key == stored).execute()
            worker.housekeeping(inside.portal)
            assert bool(answer(stored)) is known, days


def turns():
    return events.Job.select().where(events.Job.name == "every:teams").count()


@pytest.mark.parametrize(("on", "expected"), [(True, 1), (False, 0)])
def test_a_turn_is_queued_once_and_none_piles_up_while_a_feature_is_off(portal_inside, on, expected):
    inside = portal_inside({"tenants": {"acme": {"features": {"tickets": on}}}})
    with inside.scope() as who:
        schedule = jobs.Schedule(inside.portal.job_scope)
        for _ in range(3):
            schedule.tick([who.tenant_id], who.registry.jobs)
        jobs.Schedule(inside.portal.job_scope).tick([who.tenant_id], who.registry.jobs)
        assert turns() == expected


def test_turns_of_a_plugin_that_rests_pass(inside):
    with inside.scope() as who:
        pauses.pause("tickets")
        jobs.Schedule(inside.portal.job_scope).tick([who.tenant_id], who.registry.jobs)
        assert turns() == 0
        pauses.resume("tickets")
        jobs.Schedule(inside.portal.job_scope).tick([who.tenant_id], who.registry.jobs)
        assert turns() == 1


@pytest.mark.parametrize("on", [True, False])
def test_a_tenant_with_no_turn_due_costs_nothing_and_a_switch_counts_at_once(portal_inside, on):
    inside, opened = portal_inside({"tenants": {"acme": {"features": {"tickets": on}}}}), []

    def open_scope(tenant_id):
        opened.append(tenant_id)
        return inside.portal.job_scope(tenant_id)

    with inside.scope() as who:
        schedule = jobs.Schedule(open_scope)
        teams = [job for job in who.registry.jobs if job.name == "teams"]
        for version in (1, 1, 1, 2):
            schedule.tick([who.tenant_id], teams, version)
        assert len(opened) == (1 if on else 2)
