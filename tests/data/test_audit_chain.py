"""The audit log is a chain: whatever is changed, taken out, put in or swapped by hand is found, and named."""

import datetime
import json
from contextlib import contextmanager

import pytest

from core.data import audit, db, people, proof, scope
from core.data.guard import schema_work

REST = "act, actor, actor_id, subject, channel, details, words, created, chain"
COPY = f"INSERT INTO audit (tenant_id, place, {REST}) SELECT tenant_id"
DAY = datetime.timedelta(days=1)


def fill(inside, acts=6, slug="acme"):
    with inside.scope(slug):
        for number in range(acts):
            audit.record_act("person.changed", f"subject-{number}", changed=["name"], share=0.5,
                             many=[1, "é", None])


@contextmanager
def broken_open(inside):
    """Work as somebody who owns the database: no seal, no guard."""
    with inside.scope(), schema_work():
        if db.is_sqlite():
            for name in ("audit_keep_update", "audit_keep_delete"):
                db.db.obj.execute_sql(f"DROP TRIGGER {name}")
        else:
            db.db.obj.execute_sql("DROP FUNCTION audit_keep() CASCADE")
        yield db.db.obj.execute_sql


def verify(inside, slug="acme", witness=""):
    with inside.scope(slug):
        return proof.verify(witness)


def test_a_log_as_it_was_written_is_whole(inside):
    assert verify(inside).ok
    fill(inside)
    found = verify(inside)
    assert (found.broken, found.acts, found.place) == (None, 6, 6)
    with inside.scope():
        newest = audit.acts(1)[0]
        assert (newest.place, newest.details) == (6, {"changed": ["name"], "share": "0.5", "many": [1, "é", None]})
    assert verify(inside, "globex") == proof.Proof(0, None, 0, "")


@pytest.mark.parametrize(("statements", "place", "kind"), [
    (["UPDATE audit SET actor = 'Somebody else' WHERE place = 3"], 3, "changed"),
    (["UPDATE audit SET details = '{}' WHERE place = 3"], 3, "changed"),
    (["UPDATE audit SET words = 'nothing' WHERE place = 3"], 3, "changed"),
    (["UPDATE audit SET created = created + 1 WHERE place = 1"], 1, "changed"),
    (["UPDATE audit SET channel = 'api' WHERE place = 6"], 6, "changed"),
    (["DELETE FROM audit WHERE place = 3"], 3, "missing"),
    (["DELETE FROM audit WHERE place = 1"], 1, "missing"),
    (["DELETE FROM audit WHERE place = 6"], 5, "cut"),
    (["DELETE FROM audit"], 1, "missing"),
    (["DELETE FROM audit", "DELETE FROM audit_head"], 6, "missing"),
    (["DELETE FROM audit_head"], 1, "added"),
    (["UPDATE audit SET place = 99 WHERE place = 2", "UPDATE audit SET place = 2 WHERE place = 3",
      "UPDATE audit SET place = 3 WHERE place = 99"], 2, "changed"),
    (["DELETE FROM audit WHERE place < 3", "UPDATE audit_head SET first = 3, before = (SELECT chain FROM audit"
      " WHERE place = 3)"], 3, "changed"),
    ([f"{COPY}, 7, {REST} FROM audit WHERE place = 6", "UPDATE audit_head SET place = 7"], 7, "changed"),
    ([f"{COPY}, 0, {REST} FROM audit WHERE place = 6"], 0, "added"),
])
def test_whatever_is_done_by_hand_is_found(inside, statements, place, kind):
    fill(inside)
    end = verify(inside)
    with broken_open(inside) as run:
        for statement in statements:
            run(statement)
    found = verify(inside, witness=f"{end.place}:{end.chain}")
    assert not found.ok
    if kind == "added" and place == 0:
        assert "later" in found.broken.sentence
    else:
        assert (found.broken.place, found.broken.kind) == (place, kind), found.broken.sentence


def test_a_prefix_taken_away_by_hand_with_both_ends_mended_is_found(inside):
    fill(inside)
    with broken_open(inside) as run:
        chain = run("SELECT chain FROM audit WHERE place = 2").fetchone()[0]
        run("DELETE FROM audit WHERE place < 3")
        run(f"UPDATE audit_head SET first = 3, before = '{chain}'")
    found = verify(inside)
    assert (found.broken.place, found.broken.kind) == (3, "begun")


def test_a_whole_log_written_anew_is_told_by_an_end_noted_earlier(inside):
    fill(inside)
    end = verify(inside)
    with broken_open(inside) as run:
        chain = audit.genesis("acme")
        for row in audit.acts(100)[::-1]:
            said = row._asdict() | {"actor": "Nobody"}
            chain = audit.link(chain, row.place, said)
            words = audit.words_of("Nobody", row.subject, row.details)
            run(f"UPDATE audit SET actor = 'Nobody', words = '{words}', chain = '{chain}'"
                f" WHERE place = {row.place}")
        run(f"UPDATE audit_head SET chain = '{chain}'")
    assert verify(inside).ok, "with the database in hand and nothing noted elsewhere, all of it can be rewritten"
    assert verify(inside, witness=f"{end.place}:{end.chain[:12]}").broken.place == 6
    assert verify(inside, witness="7:abc").broken.kind == "missing"


def test_writers_at_the_same_moment_make_one_chain(inside):
    def write(number):
        def run():
            with inside.scope(), db.transaction():
                audit.record_act("person.changed", f"w{number}-first")
                people.add_person(f"Writer {number}", login=f"writer.{number}")
                audit.record_act("person.changed", f"w{number}-second")
        return run

    assert inside.parallel(*[write(number) for number in range(6)]) == [None] * 6
    found = verify(inside)
    assert (found.ok, found.acts) == (True, 12)


def test_what_is_taken_back_leaves_no_act_and_no_gap(inside):
    fill(inside, 1)
    with inside.scope():
        with pytest.raises(RuntimeError), db.transaction():
            audit.record_act("person.changed", "never")
            raise RuntimeError
        with db.transaction():
            audit.record_act("person.changed", "kept")
            with pytest.raises(RuntimeError), db.transaction():
                audit.record_act("person.changed", "taken back")
                raise RuntimeError
        assert [row.subject for row in audit.acts()] == ["kept", "subject-0"]
    assert verify(inside).ok


def test_the_oldest_acts_leave_and_the_rest_is_still_whole(inside, monkeypatch):
    then = db.now() - 400 * DAY
    monkeypatch.setattr(audit, "now", lambda: then)
    fill(inside, 5)
    monkeypatch.undo()
    monkeypatch.setattr(proof, "MOST_TRIMMED", 2)
    fill(inside, 3)
    with inside.scope():
        assert proof.trim(db.now() - 365 * DAY) == 5
        assert proof.trim(db.now() - 365 * DAY) == 0
        assert [row.act for row in audit.acts()][:3] == ["audit.trimmed"] * 3
    found = verify(inside)
    assert (found.ok, found.acts) == (True, 6)
    with inside.scope(), pytest.raises(Exception, match="never changed"), db.transaction():
        db.door(audit.Audit.delete(), audit.Audit).where(audit.Audit.place == 7).execute()


def test_the_command_says_where_it_is_broken_and_ends_with_one(inside):
    from click.testing import CliRunner  # noqa: PLC0415 - not used elsewhere

    from core.host.audit_command import command  # noqa: PLC0415 - assembling takes the portal's folder

    fill(inside)
    run = CliRunner().invoke
    good = run(command, ["verify", "--portal", str(inside.folder), "--tenant", "acme", "--json"],
               env={"PARLOUR_DATABASE": inside.portal.place.database})
    assert good.exit_code == 0, good.output
    (said,) = json.loads(good.output)
    assert (said["tenant"], said["whole"], said["acts"]) == ("acme", True, 6)
    with broken_open(inside) as run_sql:
        run_sql("UPDATE audit SET subject = 'x' WHERE place = 4")
    bad = run(command, ["verify", "--portal", str(inside.folder)],
              env={"PARLOUR_DATABASE": inside.portal.place.database})
    assert bad.exit_code == 1
    assert "Act 4 (person.changed by test" in bad.output
    assert scope.active() is None
