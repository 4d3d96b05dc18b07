"""R36: each bundled plugin switched on and off while all others are in use: no answer fails, none is a mix."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from core.config.loader import read
from core.data import versions
from core.host.portal import assemble
from support.inside import disconnect
from support.needs import ROOT
from support.pace import Stopwatch
from support.servers import Portal, PortalFolder
from support.switching import load, people_of

WITHIN = 2.0
NEEDS = {one.parent.name: read(one.read_text(), one.name, {}).data.get("needs", [])
         for one in sorted((ROOT / "plugins").glob("*/plugin.yaml"))}
BUNDLED = list(NEEDS)
PLACELESS = {"stripe"}
"""What has no page of its own: it is a way to pay."""


@dataclass(frozen=True)
class Place:
    """Something that is there while a plugin is on: a page of the navigation, or a kind's list in the API."""

    plugin: str
    path: str
    who: str


@dataclass(frozen=True)
class Seen:
    """One answer: the version it states, its status, and which entries stood in the navigation."""

    place: Place
    status: int
    version: int
    entries: frozenset[str] = frozenset()


@dataclass
class Visitor:
    """Somebody on one connection that stays open, who asks for one place after the other."""

    port: int
    keys: dict[str, str]
    places: list[Place]
    seen: list[Seen] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        """Ask until told to stop; anything but an answer is a fault."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        for place in itertools.cycle(self.places):
            if stop.is_set():
                break
            try:
                self.seen.append(self.ask(connection, place))
            except (OSError, http.client.HTTPException) as error:
                self.faults.append(f"{place}: {error!r}")
                connection.close()
        connection.close()

    def ask(self, connection: http.client.HTTPConnection, place: Place) -> Seen:
        """Fetch one place and note what it says."""
        name = "Authorization" if place.who == "token" else "Cookie"
        headers = {"Host": f"localhost:{self.port}", name: self.keys[place.who]}
        connection.request("GET", place.path, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        bar = text.partition("<main")[0] if place.who != "token" and answer.status < 500 else ""
        return Seen(place, answer.status, int(answer.headers.get("Parlour-Config", "0")),
                    frozenset(re.findall(r'<a href="(/[^"]*)"', bar)))


def places_of(folder: PortalFolder) -> list[Place]:
    """Give every place of a bundled plugin that the registry knows, and the home page."""
    registry = assemble(folder.path, folder.env).built.registry
    found = [Place(nav.plugin, nav.path, "admin" if nav.area == "staff" else "own") for nav in registry.navigation
             if nav.plugin in BUNDLED and nav.area in ("portal", "staff") and nav.title]
    found += [Place(kind.plugin, f"/api/v1/{kind.plural}", "token") for kind in registry.kinds.values()
              if kind.plugin in BUNDLED]
    disconnect()
    return [*found, Place("", "/", "own")]


def features(number: int) -> str:
    """Write which plugins an edit leaves on: all but one and what needs that, the next one with each edit."""
    off = BUNDLED[number % len(BUNDLED)]
    return json.dumps({name: off not in (name, *NEEDS[name]) for name in BUNDLED})


def follow(portal: Portal, folder: PortalFolder, ask: Callable[[], Seen], number: int, workers: int) -> float:
    """Edit the file; whoever asks more than two seconds later is answered by it, whatever process answers."""
    before = ask().version
    folder.write(re.sub(r"features: .*", f"features: {features(number)}", folder.yaml.read_text()))
    watch, agreeing = Stopwatch(portal), 0
    while agreeing < 3 * workers:
        asked, version = watch.seconds(), ask().version
        agreeing = agreeing + 1 if version > before else 0
        assert version > before or asked < WITHIN, f"edit {number} is not followed after {WITHIN} s"
    return watch.seconds()


def faults(crowd: list[Visitor], on: dict[int, dict[str, bool]], entries: dict[str, str]) -> Iterator[str]:
    """Name every answer that does not belong to its version. `entries` maps a path to its plugin."""
    for visitor in crowd:
        yield from visitor.faults
        last = 0
        for seen in visitor.seen:
            switched = on.get(seen.version)
            if switched is None or seen.version < last:
                yield f"{seen}: no such version, or a step back from {last}"
                continue
            last = seen.version
            wanted = 200 if not seen.place.plugin or switched[seen.place.plugin] else 404
            if seen.status != wanted:
                yield f"{seen.place} answers {seen.status} instead of {wanted} in {seen.version}"
            if seen.place.who == "own":
                there = {path for path in entries if path in seen.entries}
                if there != {path for path, plugin in entries.items() if switched[plugin]}:
                    yield f"{seen.place} in {seen.version}: the navigation is a mix: {sorted(there)}"


def storm(portal: Portal, folder: PortalFolder, *, toggles: int, clients: int, workers: int) -> None:
    """Switch each plugin so often while all others are in use, and judge each answer."""
    session, token, admin = people_of(folder)
    keys = {"own": f"parlour={session}", "admin": f"parlour={admin}", "token": f"Bearer {token}"}

    def ask(place: Place) -> Seen:
        connection = http.client.HTTPConnection("127.0.0.1", folder.port, timeout=30)
        try:
            return Visitor(folder.port, keys, []).ask(connection, place)
        finally:
            connection.close()

    home = Place("", "/", "own")
    first = {place: ask(place) for place in places_of(folder)}
    broken = [seen for seen in first.values() if seen.status >= 500]
    assert not broken
    mine = [place for place, seen in first.items() if seen.status == 200]
    assert {place.plugin for place in mine} >= {"", *BUNDLED} - PLACELESS
    bar = first[home].entries
    entries = {place.path: place.plugin for place in mine
               if place.who == "own" and place.path in bar and place.plugin}
    crowd = [Visitor(folder.port, keys, mine[turn:] + mine[:turn]) for turn in range(clients)]
    probe, slowest = Visitor(folder.port, keys, mine), 0.0
    with load(crowd):  # type: ignore[arg-type]
        for number in range(toggles * len(BUNDLED) // 2):
            slowest = max(slowest, follow(portal, folder, lambda: ask(home), number, workers))
            off = BUNDLED[number % len(BUNDLED)]
            probe.seen += [ask(place) for place in mine if place.plugin == off]
    assemble(folder.path, folder.env)
    known = {row.id: read(row.content, row.document, folder.env).data["features"] for row in versions.since(0)}
    disconnect()
    wrong = list(itertools.islice(faults([*crowd, probe], known, entries), 20))
    assert not wrong, "\n".join(wrong)
    both = {(seen.place.plugin, known[seen.version][seen.place.plugin])
            for visitor in (*crowd, probe) for seen in visitor.seen if seen.place.plugin}
    assert len(both) == 2 * len({place.plugin for place in mine if place.plugin}), "each is seen on and off"
    assert "Traceback" not in portal.log
    print(f"{len(known)} versions, {sum(len(one.seen) for one in crowd)} answers, all agree after {slowest:.2f} s")


@pytest.fixture
def folder(portal_folder: Callable[..., PortalFolder], database_url: str) -> PortalFolder:
    found = portal_folder({"name": "Every"}, database=database_url)
    found.write(f"{found.yaml.read_text()}features: {json.dumps(dict.fromkeys(BUNDLED, True))}\n")
    return found


@pytest.mark.engines("sqlite")
def test_switching_every_plugin_mixes_nothing(folder: PortalFolder, serve: Callable[..., Portal]) -> None:
    with serve(folder, 2, {}, "--no-worker") as portal:  # type: ignore[attr-defined]
        storm(portal, folder, toggles=2, clients=3, workers=2)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_hundred_switches_of_each_plugin(folder: PortalFolder, serve: Callable[..., Portal]) -> None:
    with serve(folder, 2, {}, "--no-worker") as portal:  # type: ignore[attr-defined]
        storm(portal, folder, toggles=200, clients=3, workers=2)
