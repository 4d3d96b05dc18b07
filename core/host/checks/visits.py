"""Everybody on every page of a plugin: pages read as a whole, and random people where they may not go."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any

from werkzeug.routing import Rule as Route

from core.data import access, people
from core.data.db import db, first
from core.data.records import Record
from core.host.checks import pages
from core.host.checks.subject import Subject
from core.host.checks.words import plain
from core.host.checks.world import OWNERS, TEAM, Thing, World
from core.host.client import Answer, Client
from core.host.rehearsal import Rehearsal
from core.look.i18n import LANGUAGES

NEVER = {"int": "999999", "float": "999999.5", "uuid": "00000000-0000-4000-8000-000000000000"}
MOST_QUERIES, MORE, SPARE = 60, 12, 3
"""Queries a page may make; records that are added to see whether it makes more; how many more it may make then."""

_VOLATILE = re.compile(r"(name=\"_once\" value=\")[^\"]*|(nonce|_once)=[\w-]+")
LOOKERS = ("own", "agent")
READERS = 8
"""Who reads pages as a whole; how many people read the lists, beside those who are nobody here."""


class Visits:
    """The visits to one plugin's pages. `tries` is how many lots are drawn at the door."""

    def __init__(self, subject: Subject, world: World, tries: int, clients: dict[str, Client]) -> None:
        """Take the plugin, its world, how long to go on, and whoever is signed in already."""
        self.clients = clients
        self.subject, self.world, self.rehearsal, self.tries = subject, world, world.rehearsal, tries
        self.gets = subject.routes(self.rehearsal, "GET")
        self.posts = subject.routes(self.rehearsal, "POST")
        self.names: dict[str, tuple[Thing, dict[str, str]] | None] = {}
        self.nevers: dict[tuple[str, str, str], Any] = {}

    def client(self, short: str, tenant: str = "acme") -> Client:
        """Give somebody, or a guest of a tenant, always the same."""
        known = short or f"guest of {tenant}"
        if known not in self.clients:
            self.clients[known] = self.rehearsal.client(short) if short else self.rehearsal.guest(tenant)
        return self.clients[known]

    def run(self) -> None:
        """Do all but `speak`, in an order in which nothing spoils what comes after."""
        self.look()
        self.count()
        self.knock()

    # Reading pages

    def look(self) -> None:
        """Read every page as people of each sort get it, in English and in Arabic."""
        seen: set[tuple[str, str]] = set()
        for path, short in self._reading():
            answer = self.ask(self.client(short), "GET", path)
            mark = re.sub(r"\d+", "", answer.text)
            if not answer.is_page or answer.status != 200 or (path, mark) in seen:
                continue
            seen.add((path, mark))
            place = f"{path} as {short or 'a guest'}"
            self.subject.add(pages.check(answer.text, place, self.subject.steps(self.rehearsal)))
            answer = self.ask(self.client(short), "GET", f"{path}?lang=ar")
            if answer.is_page and answer.status == 200:
                self.subject.add(pages.direction(answer.text, place))

    def speak(self) -> None:
        """Read every page in the pseudo-language, while nothing but marks was written by people."""
        allowed = plain({"Acme Support", "Globex Service", "Parlour", *LANGUAGES.values(), *self._names()})
        for path, short in self._reading():
            answer = self.ask(self.client(short), "GET", f"{path}?lang=en-XA")
            if answer.is_page and answer.status == 200:
                place = f"{path} as {short or 'a guest'}"
                self.subject.add(pages.untranslated(_unmarked(answer.text), place, allowed))

    def _reading(self) -> Iterator[tuple[str, str]]:
        """Give every page and who reads it."""
        things = [thing for thing in self.world.things if thing.owner in ("own", "somebody")]
        for route in self.gets:
            for path in self.paths(route, things):
                for short in ("", *LOOKERS):
                    yield path, short

    def _names(self) -> set[str]:
        """Give what people and things are called here."""
        with self.rehearsal.scope("acme"):
            called = {row.name for row in [*people.people(), *people.companies(), *people.teams()]}
        return called | {thing.number for thing in self.world.things} | {
            word for thing in self.world.things for word in thing.names}

    def paths(self, route: Route, things: list[Thing]) -> Iterator[str]:
        """Give the addresses of a route: the one it has, or one for a thing of each kind that it is about."""
        if not route.arguments:
            yield _written(route, {})
            return
        kinds = set()
        for thing in things:
            values = self.called(route, thing)
            if values is not None and thing.kind.name not in kinds:
                kinds.add(thing.kind.name)
                yield _written(route, values)

    def called(self, route: Route, thing: Thing) -> dict[str, str] | None:
        """Find what a route calls a thing: by the words that the team is let in with; None where by none."""
        if len(route.arguments) != 1:
            return None
        known = self.names.get(route.rule)
        (name,) = route.arguments
        if known is None and route.rule not in self.names:
            self.names[route.rule] = None
            team = self.client(TEAM[thing.slug])
            for place, word in enumerate((thing.number, str(int(thing.number.rpartition("-")[2])), *thing.names)):
                path = _written(route, {name: word})
                answer = self.ask(team, "GET", path) if path and "GET" in (route.methods or ()) else None
                if answer is not None and answer.status in (200, 303):
                    known = self.names[route.rule] = (thing, {name: str(place)})
                    break
        if known is None and "GET" in (route.methods or ()):
            return None
        place = int(known[1][name]) if known else 0
        words = (thing.number, str(int(thing.number.rpartition("-")[2])), *thing.names)
        return {name: words[place]} if place < len(words) else None

    def ask(self, client: Client, method: str, path: str, form: Any = None) -> Answer:
        """Send one request; an answer of 500 is a finding."""
        answer = client.send(method, path, form if method != "GET" else None)
        if answer.status >= 500 and answer.status != 503:
            self.subject.find("PC16", f"{method} {path.partition('?')[0]}", f"It answers {answer.status}.")
        return answer

    # Counting

    def count(self) -> None:
        """Count the queries of each page, once more with more records."""
        routes = [route for route in self.gets if not route.arguments]
        before = {route.rule: self._queries(route) for route in routes}
        kinds = {thing.kind.name: thing.kind for thing in self.world.things}
        made = {thing.kind.name for thing in self.world.things if thing.owner == "own"}
        for kind in (kinds[name] for name in kinds if name in made):
            for _more in range(MORE):
                thing = self.world.make(kind, *OWNERS[0])
                if thing is None:
                    break
                self.world.things.append(thing)
        for route in routes:
            few, many = before[route.rule], self._queries(route) if kinds else 0
            if max(few, many) > MOST_QUERIES:
                self.subject.find("PC14", route.rule, f"It makes {max(few, many)} queries; "
                                  f"{MOST_QUERIES} are enough.")
            if many > few + SPARE and kinds:
                self.subject.find("PC14", route.rule, f"It makes {few} queries with few records and {many} with "
                                  f"{MORE} more.")

    def _queries(self, route: Route) -> int:
        """Count what a page asks as the team gets it, the second time: what is kept is kept by then."""
        client, found = self.client("admin"), []
        for _time in range(2):
            made: list[Any] = []
            db.obj.query_hooks.append(made.append)
            try:
                self.ask(client, "GET", _written(route, {}))
            finally:
                db.obj.query_hooks.remove(made.append)
            found.append(len(made))
        return min(found)

    # Knocking

    def knock(self) -> None:
        """Send random people to routes with random things, first to read, then to write."""
        self.world.forget()
        everybody = everybody_in(self.rehearsal)
        self._lists(everybody)
        for method, routes in (("GET", self.gets), ("POST", self.posts)):
            lots = [(short, tenant, route, thing) for short, tenant in everybody for route in routes
                    for thing in self.world.things if thing.slug == "acme" or tenant != "acme"]
            self.world.luck.shuffle(lots)
            for short, tenant, route, thing in lots[:self.tries]:
                self._try(method, short, tenant, route, thing)

    def _lists(self, everybody: list[tuple[str, str]]) -> None:
        """Read what is about nothing in particular, as everybody: nobody finds a mark not theirs."""
        places = [*(f"/api/v1/{kind.plural}" for kind in self.subject.kinds(self.rehearsal)),
                  *(_written(route, {}) for route in self.gets if not route.arguments)]
        some = self.world.luck.sample(everybody, min(READERS, len(everybody)))
        for short, tenant in {*some, ("stranger", "acme"), ("other", "globex"), ("", "acme")}:
            for path in places:
                self.leaks(self.ask(self.client(short, tenant), "GET", path), f"GET {path}", short, tenant)

    def leaks(self, answer: Answer, place: str, short: str, tenant: str) -> None:
        """Name a page that tells somebody words of what they may not see."""
        found = set(re.findall(r"canary[0-9a-f]{16}", answer.text))
        if not found & self.world.forbidden(short, tenant):
            return
        self.world.forget()  # somebody may have let them in meanwhile
        if found & self.world.forbidden(short, tenant):
            self.subject.find("PC07", place, f"{short or 'A guest'} reads words of a record, or a note, that "
                              "they may not see.")

    def _try(self, method: str, short: str, tenant: str, route: Route, thing: Thing) -> None:
        values = self.called(route, thing) if route.arguments else {}
        if values is None:
            return
        path, client = _written(route, values), self.client(short, tenant)
        sees = self.world.sees(short, thing, tenant)
        before = self._row(thing) if method == "POST" else None
        form = {"_once": secrets.token_urlsafe(16), "body": self.world.mark(), **_junk(self.world)}
        answer = self.ask(client, method, path, form)
        self.leaks(answer, f"{method} {route.rule}", short, tenant)
        if sees or not route.arguments:
            return
        same = _shown(answer, path) == self._never(method, short, tenant, route)
        if not same and answer.status < 500:  # something else on the page may have changed since: look again
            self.nevers.pop((method, short or tenant, route.rule))
            same = _shown(self.ask(client, method, path, form), path) == self._never(method, short, tenant, route)
        if not same:
            self.subject.find("PC07", f"{method} {route.rule}", f"{short or 'A guest'} can tell {thing.owner}'s "
                              f"{thing.kind.name}, which they may not see, from one that never was "
                              f"({answer.status}).")
        if before is not None and self._row(thing) != before:
            self.subject.find("PC07", f"{method} {route.rule}", f"{short or 'A guest'} changes {thing.owner}'s "
                              f"{thing.kind.name}, which they may not see.")

    def _never(self, method: str, short: str, tenant: str, route: Route) -> Any:
        """Give what somebody gets for a thing that never was."""
        key = (method, short or tenant, route.rule)
        if key not in self.nevers:
            path = _written(route, {name: NEVER.get(_converter(route, name), "999999")
                                    for name in route.arguments})
            self.nevers[key] = _shown(self.ask(self.client(short, tenant), method, path, {
                "_once": secrets.token_urlsafe(16), **_junk(self.world)}), path)
        return self.nevers[key]

    def _row(self, thing: Thing) -> Any:
        with self.rehearsal.scope(thing.slug):
            return first(access.visible(thing.kind.name).where(Record.id == thing.id))


def everybody_in(rehearsal: Rehearsal) -> list[tuple[str, str]]:
    """Give everybody with their tenant, and a guest of each."""
    return [*rehearsal.tenant_of.items(), ("", "acme"), ("", "globex")]


def _converter(route: Route, name: str) -> str:
    match = re.search(rf"<(?:(\w+)(?:\([^)]*\))?:)?{name}>", route.rule)
    return (match[1] or "") if match else ""


def _written(route: Route, values: dict[str, str]) -> str:
    """Write a route's address with these values; what the values do not fit stays as it is."""
    return re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", lambda match: values.get(match[1], "1"), route.rule)


def _shown(answer: Answer, path: str) -> tuple[int, str, str]:
    """Give what somebody could tell one refusal from another by."""
    text = _VOLATILE.sub("", answer.text.replace(path, "PATH"))
    return answer.status, answer.location.replace(path, "PATH"), text


def _unmarked(html: str) -> str:
    return re.sub(r"canary[0-9a-f]{16}", "", html)


def _junk(world: World) -> dict[str, str]:
    """Give fields that somebody with bad intentions would add to any form."""
    return {name: world.luck.choice(("1", "", "closed", "admin", "-1", "<b>x</b>")) for name in
            ("state", "person", "company", "audience", "tenant", "number", "price", "total")}

