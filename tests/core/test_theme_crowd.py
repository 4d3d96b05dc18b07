"""Looks of many tenants are resolved by many threads at once, and what is kept stays within its bounds."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.look import site

pytestmark = pytest.mark.engines("sqlite")


@dataclass(frozen=True)
class Tenant:
    """As much of a tenant's settings as keeping looks needs."""

    slug: str

    def company(self, _identifier: str) -> SimpleNamespace:
        return SimpleNamespace(theme={})


def test_threads_that_resolve_at_once_never_trip_over_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "MOST_LOOKS", 4)
    looks, wrong = site.Looks(Path(), ()), []

    def resolve(settings: Tenant, _company: str) -> site._Look:
        assets = {f"{settings.slug}-{n}.css": None for n in range(6)}
        return site._Look(SimpleNamespace(assets=assets, problems=()), None, {}, 0.0)

    def work(mine: int) -> None:
        try:
            for turn in range(20000):
                looks.theme(Tenant(f"t{(mine + turn) % 40}"))
        except Exception as error:  # noqa: BLE001 - told below
            wrong.append(repr(error))

    monkeypatch.setattr(looks, "_resolve", resolve)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []
    assert len(looks._former) <= 4
