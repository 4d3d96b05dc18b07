"""`parlour plugin check`: a portal in this process, everybody in it, and every rule for each plugin."""

from __future__ import annotations

import logging
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from core import hookspecs
from core.errors import ConfigError, DoorError, NameTaken, ParlourError
from core.host import discover
from core.host.checks import said, schema, source, switching
from core.host.checks.browser import look
from core.host.checks.hands import Before, Outside, no_end, no_network
from core.host.checks.rules import Finding
from core.host.checks.subject import Subject
from core.host.checks.visits import Visits, everybody_in
from core.host.checks.world import World, crowd
from core.host.plugins import Failure
from core.host.rehearsal import Rehearsal, prepare
from core.look import proofread
from core.parts import Manifest
from core.web import routes

TRIES = 60
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PLACES = {"plugin.yaml": "PC01", "routes()": "PC05", "migrations": "PC15"}
"""Where a plugin failed, and which rule that breaks."""

AT_START = {"import", "plugin.yaml", "needs", "migrations",
            *(f"{name}()" for name, value in vars(hookspecs).items() if hasattr(value, "parlour_spec"))}
NOT_BEFORE = frozenset({"PC01", "PC02", "PC04", "PC05", "PC15"})
"""Where and how a plugin fails before anybody can use it."""


class _Log(logging.Handler):
    """Hears what the portal says about plugins that fail."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[tuple[str, str, str, bool]] = []

    def emit(self, record: logging.LogRecord) -> None:
        failed: tuple[str, str, str] | None = getattr(record, "failed", None)
        if failed is not None:
            raised = record.exc_info[1] if record.exc_info else None
            cause = getattr(raised, "__cause__", None)
            self.heard.append((*failed, isinstance(raised, DoorError) or isinstance(cause, DoorError)))


@contextmanager
def _hearing() -> Iterator[_Log]:
    """Hear what is said about plugins; nothing of it goes to the terminal, where it is told in order later."""
    loud, house, ear = logging.getLogger("parlour.plugins"), logging.getLogger("parlour"), _Log()
    before = loud.level, house.propagate
    nowhere = logging.NullHandler()
    loud.addHandler(ear)
    house.addHandler(nowhere)
    house.propagate = False
    loud.setLevel(logging.ERROR)
    try:
        yield ear
    finally:
        loud.removeHandler(ear)
        house.removeHandler(nowhere)
        loud.level, house.propagate = before


def check(paths: Sequence[Path], *, tries: int = TRIES, seed: int = 1, features: Mapping[str, Any] | None = None,
          with_browser: bool = False, tell: Callable[[str], None] = lambda _what: None) -> list[Subject]:
    """Check the plugins in some folders, all in one portal; give each with what was found.

    `tries` is how many random visits each pays to the door, `seed` makes the same ones again, `features` gives
    settings as in portal.yaml, `tell` hears what is being done. Needs no network, no server and no portal of the
    author's. Who interrupts it gets what was found until then.
    """
    subjects = [subject_of(path) for path in paths]
    with tempfile.TemporaryDirectory(prefix="parlour-check-") as folder, no_network() as outside, \
            no_end(), _hearing() as ear:
        before, run = Before(), _Run(subjects, seed, tries, tell)
        try:
            run.all(Path(folder) / "portal", features, before, outside, ear, with_browser=with_browser)
        except (Exception, KeyboardInterrupt) as error:
            for subject in subjects:
                subject.add(before.findings(subject.id, str(subject.path)))
            stopped = isinstance(error, KeyboardInterrupt)
            if not stopped and not any(one.code == "PC18" for subject in subjects for one in subject.findings):
                raise
            for subject in subjects:
                subject.notes.append("You stopped it: this is what was found until then." if stopped else
                                     "The check itself could not go on with what was replaced: mend this first.")
        finally:
            before.restore()
    for subject in subjects:
        subject.findings = sorted(_once(subject.findings), key=lambda one: (one.code, one.place))
    return subjects


@dataclass(frozen=True)
class _Run:
    """One check of some plugins; `tell` hears what is being done."""

    subjects: Sequence[Subject]
    seed: int
    tries: int
    tell: Callable[[str], None]

    def all(self, folder: Path, features: Mapping[str, Any] | None, before: Before, outside: Outside, ear: _Log, *,
            with_browser: bool) -> None:
        """Put the portal together and do everything, in an order in which nothing spoils what comes after."""
        self.tell("starting a portal with " + ", ".join(one.id for one in self.subjects))
        places = [one.path for one in self.subjects if one.manifest is not None]
        rehearsal = prepare(folder, [*places, *_needed(self.subjects)], features)
        try:
            _started(rehearsal, self.subjects, before, outside, ear)
            alive = _alive(rehearsal, self.subjects)
            crowd(rehearsal, self.seed)
            visits = [_visits(rehearsal, one, self.seed, self.tries) for one in alive]
            self.each(visits, "reading its pages in the pseudo-language", lambda one: one.speak())
            self.each(visits, "making records of its demo", partial(_borrowed, rehearsal))
            self.each(visits, "sending everybody to its pages", partial(_visited, rehearsal))
            self.tell("reading home and search as everybody")
            _everywhere(rehearsal, visits)
            self.tell(f"switching off and on, {switching.TIMES} times")
            switching.check(rehearsal, alive)
            if with_browser:
                self.tell("looking with axe")
                look(rehearsal, alive)
            _heard(alive, ear)
            for subject in alive:
                subject.add(schema.check(subject))
        finally:
            rehearsal.close()

    def each(self, visits: Sequence[Visits], what: str, call: Callable[[Visits], None]) -> None:
        """Do one thing for each plugin, and count its time."""
        for one in visits:
            self.tell(f"{one.subject.id}: {what}")
            _timed(one.subject, partial(call, one))


def _once(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Give each fault of pages once: where it was seen first, and in how many more places.

    What stands in a template is named there, and not again on the pages that are made of it.
    """
    seen: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        if one.code in ("PC09", "PC11"):
            what = re.sub(r"^(?:Line \d+: |It holds |The page holds )", "", one.message)
            seen.setdefault((one.code, what), []).append(one)
        else:
            yield one
    for several in seen.values():
        files = [one for one in several if not one.place.startswith("/")]
        if files:
            yield from files
            continue
        here = [one for one in several if one.place == several[0].place]
        more = len({one.place for one in several}) - 1
        yield from (replace(one, message=f"{one.message} (So in {more} more.)" if more else one.message)
                    for one in here)


def _timed(subject: Subject, call: Callable[[], None]) -> None:
    began = time.perf_counter()
    call()
    subject.seconds += time.perf_counter() - began


def subject_of(path: Path) -> Subject:
    """Read a plugin's folder; what can be seen by reading is found here."""
    subject = Subject(path.resolve(), id=path.resolve().name)
    try:
        subject.manifest = discover.read(subject.path)
    except ConfigError as error:
        for problem in error.problems:
            place = f"plugin.yaml:{problem.line}:{problem.column}" if problem.line else "plugin.yaml"
            what = f"{problem.path}: " if problem.path else ""
            subject.find("PC01", place, f"{what}{problem.message} {problem.hint}".strip())
        return subject
    except (OSError, ValueError, RecursionError) as error:
        subject.find("PC01", "plugin.yaml", f"It cannot be read: {error}")
        return subject
    subject.id = subject.manifest.id
    if discover.misfit(subject.manifest):
        subject.find("PC01", "plugin.yaml", discover.misfit(subject.manifest))
    subject.add(source.check(subject.manifest))
    subject.add(_catalogues(subject.manifest))
    return subject


def _catalogues(manifest: Manifest) -> Iterator[Finding]:
    """Name what breaks in the plugin's catalogues; what waits for its translator is no mistake of the plugin."""
    try:
        problems = proofread.check(manifest.path) if (manifest.path / "locale").is_dir() else []
    except ConfigError as error:
        problems = list(error.problems)
    for problem in problems:
        if problem.code != proofread.WAITS:
            yield Finding("PC12", f"{problem.file}:{problem.line}", problem.message)


def _needed(subjects: Sequence[Subject]) -> list[Path]:
    """Give the folders beside the plugins that hold what they need."""
    wanted = {need for one in subjects if one.manifest is not None for need in one.manifest.needs}
    return [path for name in sorted(wanted - {one.id for one in subjects})
            for path in dict.fromkeys(one.path.parent / name for one in subjects)
            if (path / "plugin.yaml").is_file()]


def _started(rehearsal: Rehearsal, subjects: Sequence[Subject], before: Before, outside: Outside,
             ear: _Log) -> None:
    """Name what went wrong while the portal was put together."""
    ear.heard.clear()  # the same stands in `failures`, with its place
    process = list(before.process_findings())
    for subject in subjects:
        for failure in rehearsal.portal.plugins.failures.values():
            if failure.plugin == subject.id and subject.manifest is not None \
                    and not discover.misfit(subject.manifest):
                subject.find(_code(failure), failure.place, f"{failure.message.rstrip('.')}. {failure.cure}")
        subject.add(before.findings(subject.id, str(subject.path)))
        if len(subjects) == 1:
            subject.add(process)
        for address in outside.by(str(subject.path)):
            subject.find("PC19", "start", f"It asks {address} while the portal starts.")


def _code(failure: Failure) -> str:
    return "PC04" if failure.code == NameTaken.code else PLACES.get(failure.place, "PC02")


def _alive(rehearsal: Rehearsal, subjects: Sequence[Subject]) -> list[Subject]:
    """Give those that started: what did not has to be mended before anybody can visit it."""
    alive = []
    for one in subjects:
        if one.id not in rehearsal.portal.plugins.manifests or {
                found.code for found in one.findings if found.place in AT_START} & NOT_BEFORE:
            one.notes.append("Nobody visited it: mend this first, then check it again.")
        else:
            one.add(_undeclared(rehearsal, one))
            with rehearsal.scope("acme"):
                one.add(said.check(rehearsal.portal.plugins.manifests[one.id]))
            alive.append(one)
    return alive


def _undeclared(rehearsal: Rehearsal, subject: Subject) -> Iterator[Finding]:
    """Name the routes that ask for a permission which plugin.yaml does not declare: nobody has it."""
    declared = rehearsal.portal.built.registry.permissions
    for rule in {rule.rule: rule for method in METHODS for rule in subject.routes(rehearsal, method)}.values():
        wanted = routes.permission_of(rehearsal.app.view_functions[rule.endpoint])
        if wanted and wanted != routes.ANYONE and wanted not in declared:
            yield Finding("PC05", rule.rule, f"It asks for '{wanted}', which plugin.yaml does not declare under "
                          "`permissions`: nobody can be given it.")


def _visits(rehearsal: Rehearsal, subject: Subject, seed: int, tries: int) -> Visits:
    """Fill a world with a plugin's records."""
    world = World(rehearsal, f"{seed} {subject.id}")
    _timed(subject, partial(world.fill, subject.kinds(rehearsal)))
    return Visits(subject, world, tries, {})


def _borrowed(rehearsal: Rehearsal, visits: Visits) -> None:
    """Take of its demo what could not be guessed; say what is still missing."""
    subject, world = visits.subject, visits.world
    world.borrow(subject.kinds(rehearsal), subject.id)
    without = {kind.name for kind in subject.kinds(rehearsal)} - {thing.kind.name for thing in world.things}
    subject.notes += [f"No {name} could be made by guessing, and its demo brings none: nobody was sent to one."
                      for name in sorted(without)]


def _visited(rehearsal: Rehearsal, visits: Visits) -> None:
    """Pay a plugin its visits, and ask all it hands over."""
    visits.run()
    _parts(rehearsal, visits.subject)
    try:
        rehearsal.work()
    except ParlourError as error:
        visits.subject.find("PC16", "outbox", str(error))


def _everywhere(rehearsal: Rehearsal, visits: Sequence[Visits]) -> None:
    """Read as everybody what shows records of all plugins: home and search."""
    for one in visits:
        one.world.forget()
    for short, tenant in everybody_in(rehearsal) if visits else ():
        client = visits[0].client(short, tenant)
        for path in ("/", "/search?q=canary"):
            answer = client.get(path)
            for one in visits:
                one.leaks(answer, f"GET {path}", short, tenant)


def _parts(rehearsal: Rehearsal, subject: Subject) -> None:
    """Ask every card, badge and job of a plugin, as a customer and as the team."""
    registry = rehearsal.portal.built.registry
    for short in ("own", "agent", "other"):
        with rehearsal.scope(rehearsal.tenant_of[short], short), rehearsal.app.test_request_context("/"):
            for panel in registry.panels:
                if panel.plugin == subject.id:
                    html = panel.render()
                    if html is not None and not isinstance(html, Markup):
                        subject.find("PC16", f"panel {panel.id}", "It gives no Markup.")
            for nav in registry.navigation:
                if nav.plugin == subject.id and nav.badge is not None:
                    nav.badge()
    for job in registry.jobs:
        if job.plugin == subject.id:
            with rehearsal.scope("acme", channel="job"):
                try:
                    job.call()
                except Exception as error:  # noqa: BLE001 - the author has to know
                    subject.find("PC16", f"job {job.name}", f"{type(error).__name__}: {error}")


def _heard(subjects: Sequence[Subject], ear: _Log) -> None:
    """Keep what failed while people were about, by the rule it breaks."""
    for plugin, place, message, by_hand in ear.heard:
        if place == "demo()":
            continue  # demo content may want the demo's people: there are none here
        for subject in subjects:
            if subject.id == plugin:
                subject.find("PC06" if by_hand else "PC16", place, f"It raised {message}")
    for subject in subjects:
        if any(one.code == "PC06" for one in subject.findings):  # then that is why pages fail
            subject.findings = [one for one in subject.findings if not one.message.startswith("It answers 5")]
