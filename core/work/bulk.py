"""One act on many: looked through first, then done to each in a savepoint, with what became of each."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from peewee import InterfaceError, OperationalError

from core.data import access, audit, errands, people, scope
from core.data.access import feature_on, granted
from core.data.db import now, transaction
from core.data.errands import CHECKED, DONE
from core.data.records import label
from core.errors import Conflict, NotFound, ParlourError, Refused
from core.look import links
from core.look.i18n import gettext as _
from core.parts import Act
from core.work.errands import HOLD, Turn, begin, finish, start

log = logging.getLogger("parlour.errands")
BATCH = 100
NOTED = 1000
"""Those whom a preview lists of each outcome; the counts hold all of them."""

UNDO = "undo"
Waiting = tuple[int, Any, Any, int]


def may(act: Act) -> bool:
    """Say whether whoever asks may do an act at all."""
    who = scope.current()
    return feature_on(who, act.plugin) and granted(who, act.permission) != "none" \
        and granted(who, "bulk.run") == "all"


def acts(of: str) -> list[Act]:
    """Give what whoever asks can do to many of a kind, in order."""
    return [act for act in scope.current().registry.acts.values() if act.of == of and may(act)]


def named(name: str) -> Act:
    """Give an act by its name. Raises NotFound, also for acts that are not theirs."""
    act = scope.current().registry.acts.get(name)
    if act is None or not may(act):
        raise NotFound
    return act


def prepare(act: Act, keys: Sequence[int], values: Mapping[str, Any]) -> Any:
    """Make the errand of an act on some rows, by their internal keys; nothing happens yet."""
    return begin("bulk", subject=act.of, title=act.title, total=len(keys),
                 plan={"act": act.name, "values": dict(values), "keys": list(dict.fromkeys(keys))})


def take_back(row: Any) -> Any:
    """Make the errand that takes another one back, and start it. Raises Conflict where it cannot be."""
    act = scope.current().registry.acts.get(row.plan.get("act", ""))
    if act is None or act.undo is None or row.state not in errands.OVER or row.plan.get(UNDO) or not may(act):
        raise Conflict(_("This cannot be undone."))
    with transaction():
        if not errands.mark(row, errands.OVER, **{UNDO: "taken"}):
            raise Conflict(_("This is undone already."))
        made = begin("bulk", subject=row.subject, title=row.title, total=int((row.counts or {}).get("done", 0)),
                     plan={"act": act.name, "values": row.plan["values"], UNDO: row.id})
        start(made, errands.RUNNING)
    return made


def perform(turn: Turn) -> None:
    """Do one slice. Raises Again where there is more, Lost where it was stopped, Refused where it may not be."""
    act = scope.current().registry.acts.get(turn.row.plan["act"])
    if act is None or not may(act):
        raise Refused(_("You may not do this any more."))
    back = isinstance(turn.row.plan.get(UNDO), int)
    batches = _taken_back(turn) if back else _chosen(turn, act)
    for rows in batches:
        waiting = list(rows)
        while waiting:
            _some(turn, act, waiting, back=back)
            turn.rest()
    if turn.checking:
        finish(turn.row, CHECKED)
        return
    with transaction():
        counts = {word: turn.counts.get(word, 0) for word in ("done", "unchanged", "left_out", "failed")}
        audit.record_act("bulk.undone" if back else "bulk.done", act.name, **counts)
        finish(turn.row, DONE)


def all_at_once(row: Any, act: Act) -> None:
    """Do a checked act that is one change of settings, at once. Raises what that raises; then nothing is done."""
    values, keys = row.plan["values"], row.plan["keys"]
    found = look(act.of, keys, act.permission.partition(".")[2])
    reasons = {key: act.check(found[key], values) if act.check and key in found else "" for key in keys}
    rows = [found[key] for key in keys if key in found and not reasons[key]]
    if act.whole is not None and rows:
        act.whole(rows, values)
    with transaction():
        errands.forget_findings(row)
        errands.note(row, ({"outcome": "done" if found[key] in rows else "left_out", "subject": str(key),
                            "name": name_of(act.of, found[key]), "reason": reasons[key]} for key in found))
        for one in rows:
            log_one("bulk.changed", act.of, one, row, did=act.name)
        audit.record_act("bulk.done", act.name, done=len(rows), left_out=len(keys) - len(rows))
        errands.change(row, states=(CHECKED,), state=DONE, finished=now(),
                       counts={"done": len(rows), "left_out": len(keys) - len(rows)})


def _chosen(turn: Turn, act: Act) -> Iterable[list[Waiting]]:
    """Give (key, row, nothing, 0) of those that are still to be looked at, some at a time."""
    keys = turn.row.plan["keys"]
    while turn.place < len(keys):
        some = keys[turn.place:turn.place + BATCH]
        found = look(act.of, some, act.permission.partition(".")[2])
        yield [(key, found.get(key), None, 0) for key in some]


def _taken_back(turn: Turn) -> Iterable[list[Waiting]]:
    """Give (key, row, what it was before, its finding) of those that another errand has changed."""
    done = errands.by_key(turn.row.plan[UNDO])
    act = scope.current().registry.acts[turn.row.plan["act"]]
    after = turn.counts.get("after", 0)
    while some := errands.findings(done, ("done",), after=after, limit=BATCH):
        found = look(act.of, [int(one.subject) for one in some], act.permission.partition(".")[2])
        after = some[-1].id
        yield [(int(one.subject), found.get(int(one.subject)), one.before, one.id) for one in some]


def look(of: str, keys: Iterable[int], action: str = "view") -> dict[int, Any]:
    """Give rows by internal key as whoever asks may do something with them: people, companies or records."""
    wanted = list(keys)
    if of == "person":
        return {row.id: row for row in people.people(wanted, limit=len(wanted) or 1) if not row.removed}
    if of == "company":
        return {row.id: row for row in people.companies(wanted)}
    return {key: row for key in wanted if (row := access.by_id(of, key, action)) is not None}


def name_of(of: str, row: Any) -> str:
    """Name a row for people."""
    if of in ("person", "company"):
        return str(row.name)
    return f"{label(access.kind_of(scope.current(), of), row.number)} {row.title}"


def log_one(act: str, of: str, row: Any, run: Any, **details: Any) -> None:
    """Write down what a run did to one row, in the row's own transaction: it stays when the run is removed."""
    subject = {"person": "public_id", "company": "identifier"}.get(of)
    audit.record_act(act, getattr(row, subject) if subject else links.of(row), name=name_of(of, row),
                     run=run.public_id, **details)


def _some(turn: Turn, act: Act, waiting: list[Waiting], *, back: bool) -> None:
    """Do it to some of them in one transaction."""
    began, counts, place = time.monotonic(), dict(turn.counts), turn.place
    found: list[dict[str, Any]] = []
    with transaction():
        while waiting and (place == turn.place or time.monotonic() - began < HOLD):
            key, row, before, mark = waiting.pop(0)
            one = _one(turn, act, row, before, back=back)
            counts[one["outcome"]] = counts.get(one["outcome"], 0) + 1
            place += 1
            if one["outcome"] == "done":
                log_one("bulk.put_back" if back else "bulk.changed", act.of, row, turn.row, did=act.name)
            counts |= {"after": mark} if mark else {}
            if _worth_keeping(turn, one, counts):
                found.append({"subject": str(key), "name": name_of(act.of, row) if row else "", **one})
        turn.keep(place, counts, found)
    turn.kept(place, counts)


def _worth_keeping(turn: Turn, one: Mapping[str, Any], counts: Mapping[str, int]) -> bool:
    if not turn.checking:
        return True
    return counts.get(str(one["outcome"]), 0) <= NOTED


def _one(turn: Turn, act: Act, row: Any, before: Any, *, back: bool) -> dict[str, Any]:
    values = turn.row.plan["values"]
    if row is None:
        return {"outcome": "left_out", "reason": _("It is not there any more, or not yours to change.")}
    why = act.check(row, values) if act.check and not back else ""
    if why:
        return {"outcome": "left_out", "reason": why}
    if turn.checking:
        return {"outcome": "will"}
    return _done(act, lambda: _undone(act, row, before) if back else act.call(row, values))


def _undone(act: Act, row: Any, before: Any) -> Mapping[str, Any]:
    if act.undo is not None:
        act.undo(row, before or {})
    return {}


def _done(act: Act, call: Callable[[], Mapping[str, Any] | None]) -> dict[str, Any]:
    try:
        with transaction():
            before = call()
    except ParlourError as error:
        return {"outcome": "failed", "reason": f"{error} {getattr(error, 'hint', '') or ''}".strip()
                or _("This is not possible.")}
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("The act '%s' of plugin '%s' failed", act.name, act.plugin)
        return {"outcome": "failed", "reason": f"{type(error).__name__}: {error}"[:500]}
    return {"outcome": "unchanged"} if before is None else {"outcome": "done", "before": dict(before)}
