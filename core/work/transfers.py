"""What pages need of imports, exports and acts on many: one name for plugins."""

from __future__ import annotations

from typing import Any

from core.data.errands import AT_WORK
from core.data.errands import by_key as _by_key
from core.work import bulk, errands, exports, intake, plans
from core.work.jobs import Again

__all__ = ["bulk", "errands", "exports", "intake", "look", "plans"]


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
