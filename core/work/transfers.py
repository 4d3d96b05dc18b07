"""What pages need of imports, exports and acts on many: one name for plugins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.data import gather
from core.data.errands import AT_WORK
from core.data.errands import by_key as _by_key
from core.data.scope import acting as acting  # noqa: PLC0414 - handed on
from core.work import bulk, errands, exports, intake, plans
from core.work.jobs import Again

__all__ = ["acting", "bulk", "errands", "exports", "intake", "look", "people_with", "plans", "stands"]


def people_with(roles: Iterable[str]) -> list[int]:
    """Give the internal keys of those who have one of some roles anywhere."""
    return gather.with_roles(roles)


def stands(identity: str) -> Any | None:
    """Give an errand by its public identifier, whoever began it, or None: for pages that say how far theirs is."""
    return errands.whosever(identity)


def look(row: Any) -> None:
    """Look through a short act at once, while whoever began it waits; what takes longer is left to the worker."""
    fresh = _by_key(row.id)
    if fresh.state not in AT_WORK:
        return
    turn = errands.Turn(fresh, fresh.place, dict(fresh.counts or {}))
    try:
        bulk.perform(turn)
    except (Again, errands.Lost):
        return
