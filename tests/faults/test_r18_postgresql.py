"""R18: PostgreSQL ends at once and comes back under load: 503 while it is away, nothing acknowledged is lost."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.crowd import Crowd, servers, until
from support.inside import disconnect

RECONNECTED = 5.0
"""Seconds after which everybody is served again."""
MODES = ("immediate", "fast")


@pytest.mark.timeout(240)
def test_postgresql_goes_and_comes_back_under_load(own_postgres, furnish, serve):
    outages(own_postgres, furnish, serve, 1, 8)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_postgresql_goes_and_comes_back_fifty_times(own_postgres, furnish, serve):
    outages(own_postgres, furnish, serve, 50, 16)


def idle(cluster, portal):
    """Restart it while nobody asks: the first to come back notice nothing."""
    at_once(portal)
    cluster.stop("immediate")
    cluster.start()
    assert set(at_once(portal)) == {200}


def at_once(portal):
    """Ask for a page through many threads at the same time; give the statuses."""
    with ThreadPoolExecutor(12) as pool:
        return list(pool.map(lambda _turn: portal.visitor().get("/sign-in").status, range(24)))


def outages(cluster, furnish, serve, rounds, size):
    url = cluster.url(cluster.create())
    folder = furnish(url)
    disconnect()
    with serve(folder, workers=2) as portal:
        until(lambda: len(servers(portal)) == 2, 150)
        before = sorted(servers(portal))
        idle(cluster, portal)
        away = []
        with Crowd(portal, size) as crowd:
            for turn in range(rounds):
                crowd.wait_written(crowd.written + 20)
                went = time.monotonic()
                cluster.stop(MODES[turn % 2])
                time.sleep(random.Random(turn).uniform(0.3, 1))
                cluster.start()
                back = time.monotonic()
                crowd.wait_written(crowd.written + 20, RECONNECTED + 30)
                away.append((went, back))
        assert set(crowd.statuses) == {303, 503}, crowd.statuses
        late = [moment - back for moment, status in crowd.seen if status != 303
                for back in [max((b for w, b in away if w <= moment), default=0)] if moment > back]
        print(f"{rounds} outages: answers {dict(crowd.statuses)}, {len(late)} failures after it was back, "
              f"the last {max(late, default=0):.2f} s after")
        assert max(late, default=0) <= RECONNECTED, f"still failing {max(late):.1f} s after it was back"
        assert sorted(servers(portal)) == before, "no process had to be replaced"
        crowd.check(portal, 10)
    crowd.compare(url, folder.path / "var" / "files")
