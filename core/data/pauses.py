"""What fails in plugins, counted per tenant, and which parts rest until somebody resumes them."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

from peewee import Case, CharField, ForeignKeyField, IntegerField, TextField

from core.data import scope
from core.data.db import TenantBase, TimeField, db, door, fetch, late, now, transaction
from core.data.people import Tenant

WHOLE = "*"
"""The place that stands for all of a plugin."""

MOST = 5
WINDOW = timedelta(minutes=10)
FRESH = 1.5
"""Seconds for which a process believes what it last read: all agree within two."""


class Trouble(TenantBase):
    """One place in a plugin that failed for a tenant: how often without a success between, and if it rests."""

    tenant = ForeignKeyField(Tenant, on_delete="CASCADE", index=False)
    plugin = CharField()
    place = CharField()
    message = TextField(default="")
    cure = TextField(default="")
    times = IntegerField(default=0)
    since = TimeField(default=now)
    last = TimeField(default=now)
    paused = TimeField(null=True)
    by = CharField(default="")

    class Meta:
        """One row per place, whatever happens there."""

        indexes = ((("tenant", "plugin", "place"), True),)


class _Board:
    """What this process knows of all tenants' troubles: only places that failed lately or rest."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.engine: Any = None
        self.read_at = 0.0
        self.places: dict[tuple[int, str, str], bool] = {}

    def now(self) -> dict[tuple[int, str, str], bool]:
        if self.engine is not db.obj or time.monotonic() - self.read_at > FRESH:
            self.read()
        return self.places

    def read(self) -> None:
        with self.lock:
            rows = fetch(door(Trouble.select(Trouble.tenant, Trouble.plugin, Trouble.place, Trouble.paused),
                              Trouble).where((Trouble.times > 0) | Trouble.paused.is_null(False)))
            self.places = {(r.tenant_id, r.plugin, r.place): r.paused is not None for r in rows}
            self.engine, self.read_at = db.obj, time.monotonic()


_board = _Board()


def refresh() -> None:
    """Read what counts now: called by a thread beside requests, so that no request has to."""
    _board.read()


def paused(plugin: str, place: str = WHOLE) -> bool:
    """Say whether a place of a plugin, or all of it, rests for the current tenant."""
    known = _board.now()
    if not known:
        return False
    tenant = scope.current().tenant_id
    return known.get((tenant, plugin, WHOLE), False) or known.get((tenant, plugin, place), False)


def shaky(plugin: str, place: str) -> bool:
    """Say whether a place of a plugin failed for the current tenant since it last went well."""
    known = _board.now()
    return bool(known) and (scope.current().tenant_id, plugin, place) in known


def resting() -> frozenset[tuple[int, str, str]]:
    """Give everything that rests, of all tenants, as (tenant, plugin, place): to notice changes."""
    return frozenset(place for place, rests in _board.now().items() if rests)


def failed(plugin: str, place: str, message: str, cure: str = "", *, pausable: bool = True) -> bool:
    """Count a failure for the current tenant; True where the place rests from now on.

    It does after five failures without a success between, none older than ten minutes. `pausable=False` only
    counts: the host's own pages never rest.
    """
    mine, moment = _place(plugin, place), now()
    stale = Trouble.last < (moment - WINDOW)
    with transaction():
        door(Trouble.insert(tenant=scope.current().tenant_id, plugin=plugin, place=place).on_conflict_ignore(),
             Trouble).execute()
        door(Trouble.update(
            times=Case(None, ((stale, 1),), Trouble.times + 1), last=moment,
            since=Case(None, ((stale, late("moment", moment)),), Trouble.since),
            message=message[:2000], cure=cure[:500]), Trouble).where(mine).execute()
        rests = 0
        if pausable:
            rests = door(Trouble.update(paused=moment, by="host"), Trouble).where(
                mine & (Trouble.times >= MOST) & Trouble.paused.is_null()).execute()
    _board.read()
    return bool(rests)


def went_well(plugin: str, place: str) -> None:
    """Forget failures before a success: only what fails again and again rests. Costs nothing where none is."""
    known = _board.now()
    if known and not scope.read_only() and known.get((scope.current().tenant_id, plugin, place)) is False:
        with transaction():
            door(Trouble.update(times=0), Trouble).where(
                _place(plugin, place) & Trouble.paused.is_null()).execute()
        _board.read()


def pause(plugin: str, place: str = WHOLE, by: str = "") -> None:
    """Let a place of a plugin, or all of it, rest for the current tenant until somebody resumes it."""
    with transaction():
        door(Trouble.insert(tenant=scope.current().tenant_id, plugin=plugin, place=place).on_conflict_ignore(),
             Trouble).execute()
        door(Trouble.update(paused=now(), by=by), Trouble).where(_place(plugin, place)).execute()
    _board.read()


def resume(plugin: str) -> int:
    """Let everything of a plugin that rests for the current tenant go on; give how many places rested."""
    mine = (Trouble.tenant == scope.current().tenant_id) & (Trouble.plugin == plugin)
    with transaction():
        rested = door(Trouble.update(paused=None, times=0), Trouble).where(
            mine & Trouble.paused.is_null(False)).execute()
        door(Trouble.update(times=0), Trouble).where(mine).execute()
    _board.read()
    return int(rested)


def troubles() -> list[Any]:
    """Give the current tenant's troubles, the latest first: plugin, place, message, cure, times, last, paused."""
    return fetch(door(Trouble.select(
        Trouble.plugin, Trouble.place, Trouble.message, Trouble.cure, Trouble.times, Trouble.last, Trouble.paused,
        Trouble.by), Trouble).where(Trouble.tenant == scope.current().tenant_id).order_by(Trouble.last.desc()))


def _place(plugin: str, place: str) -> Any:
    return ((Trouble.tenant == scope.current().tenant_id) & (Trouble.plugin == plugin) & (Trouble.place == place))
