"""Fixtures for every test: engines and databases, mail, portal folders, servers, a browser; see README.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.data import db as database
from core.host import watchdog
from support import cases, guard, needs, speed
from support.browser import Tabs, launch, picture
from support.inside import Inside, Insides, disconnect
from support.postgres import ENGINES, Cluster, Databases, shared_folder
from support.servers import Portal, PortalFolder, free_port, serving
from support.smtp import MailServer

PROCESSES = {"browser", "serve", "served", "portal_folder", "peopled", "furnish", "own_postgres"}
"""Fixtures of tests that start processes, or look through Chromium."""

QUICK_ON_BOTH = ("tests/data/test_door_o", "tests/data/test_door_terms", "tests/search/", "tests/faults/test_once")
"""Where the engine has most to say: `make quick` runs these on PostgreSQL, too."""

NOT_QUICK = ("tests/attacks/", "tests/faults/test_r", "tests/imports/", "tests/backup/",
             "tests/contract/test_matrix.py::test_each_line")
"""What goes through every page of everybody, breaks things, or brings much data: left to `make test`."""

ON_BOTH = ("tests/data/", "tests/search/", "tests/work/", "tests/attacks/test_t_isolation",
           "tests/browser/test_done")
"""Where the engine has most to say: `make test` runs these on both, and each eighth other on PostgreSQL, too."""

SAMPLED = {"tests/contract/test_matrix.py::test_each_line[sqlite-GET ": 3, "tests/attacks/test_x_reflected": 3,
           "tests/attacks/test_a08_forgery.py::test_no_form": 3, "tests/attacks/test_axe": 3,
           "tests/attacks/test_f_limits": 2, "tests/data/test_door_guard": 2, "tests/faults/": 2,
           "tests/backup/": 2, "tests/browser/test_done": 1, "tests/browser/": 2}
"""Families of like cases of which `make test` runs each second or third; the long run runs them all."""

EACH = 8

# A slow machine is no failure; the same cases on every run of the quick suite, new ones in the long run.
settings.register_profile(
    "parlour", deadline=None, derandomize=not needs.LONG, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("parlour")
expect.set_options(timeout=60_000)
speed.install()
vars(watchdog.BUDGETS).update(vars(watchdog.read_budgets({"PARLOUR_SECONDS": needs.PATIENT})))

database.checked = True  # every use of a kept statement, in every test, is compared with the same one written anew


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine", choices=(*ENGINES, "both"), default="both", help="databases to run engine tests on"
    )
    parser.addoption("--quick", action="store_true", help="what `make quick` runs: see README.md")
    parser.addoption("--sparing", action="store_true", help="what `make test` runs: see README.md")


def pytest_configure(config: pytest.Config) -> None:
    needs.QUICK = config.getoption("--quick")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever uses `engine` (directly or through `database_url`) once per chosen engine."""
    if "engine" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("--engine")
    marker = metafunc.definition.get_closest_marker("engines")
    names = marker.args if marker else ENGINES
    metafunc.parametrize("engine", [name for name in names if chosen in {name, "both"}], scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whatever uses Chromium is marked `browser`, so `-m "not browser"` leaves it out; see also `--quick`."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
    if config.getoption("--quick") or config.getoption("--sparing"):
        kept = [item for item in items if quick(item)] if config.getoption("--quick") else sparing(items)
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept


def quick(item: pytest.Item) -> bool:
    """Say whether a test belongs to `make quick`: in this process, and mostly on SQLite."""
    if item.get_closest_marker("slow"):
        return False
    if item.get_closest_marker("quick"):
        return True
    if PROCESSES & set(getattr(item, "fixturenames", ())) or item.nodeid.startswith(NOT_QUICK):
        return False
    return parameters_of(item).get("engine") != "postgresql" or item.nodeid.startswith(QUICK_ON_BOTH)


def parameters_of(item: pytest.Item) -> Mapping[str, Any]:
    """Give what a test is run with: its engine, with scripts or without."""
    return item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}


def sparing(items: list[pytest.Item]) -> list[pytest.Item]:
    """Leave out what another test tells as well: see ON_BOTH and SAMPLED, and `told_once` for browser stories."""
    met: Counter[str] = Counter()
    kept = []
    for item in items:
        parameters = parameters_of(item)
        file = item.nodeid.partition("::")[0]
        family = next((one for one in SAMPLED if item.nodeid.startswith(one)), "")
        if family:
            met[family] += 1
            if (met[family] - 1) % SAMPLED[family]:
                continue
        if "scripts" in parameters:
            if told_once(item, parameters):
                kept.append(item)
        elif parameters.get("engine") != "postgresql" or file.startswith(ON_BOTH):
            kept.append(item)
        else:
            kept += [item] * (met[""] % EACH == 0)
            met[""] += 1
    return kept


def told_once(item: pytest.Item, parameters: Mapping[str, Any]) -> bool:
    """Say whether a story in the browser is told this way: with scripts or without, the stories taking turns.

    The sentences of test_done.py are told in both ways, with scripts on PostgreSQL and without them on SQLite.
    """
    scripts = parameters["scripts"] in (True, "scripts on")
    if "test_done" in item.nodeid:
        return scripts == (parameters["engine"] == "postgresql")
    stories = [name for name in vars(item.getparent(pytest.Module).obj) if name.startswith("test_")]
    turn = stories.index(item.originalname) % 2 == 0
    return scripts == turn and parameters.get("engine", "sqlite") == "sqlite"


@pytest.fixture(autouse=True)
def _at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    guard.raise_wall(monkeypatch)


# --- databases ---


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], Cluster]]:
    """The run's PostgreSQL server, started by the first call."""
    started: list[Cluster] = []

    def get() -> Cluster:
        if not started:
            started.append(Cluster(shared_folder()))
        return started[0]

    yield get
    for cluster in started:
        cluster.close()


@pytest.fixture(scope="session")
def postgres_url(postgres: Callable[[], Cluster]) -> str:
    """The address of the server's own database, for tests that make databases themselves."""
    return postgres().url()


@pytest.fixture
def own_postgres() -> Iterator[Cluster]:
    """A server for this test alone, durable as shipped: `.stop("immediate")`, `.start()`, `.url(name)`."""
    cluster = Cluster(shared_folder().with_name(f"parlour-pg-own-{free_port()}"), hasty=False)
    yield cluster
    cluster.start()
    cluster.close()


@pytest.fixture(scope="session")
def _all_databases(
    tmp_path_factory: pytest.TempPathFactory, postgres: Callable[[], Cluster]
) -> Iterator[Databases]:
    held = Databases(tmp_path_factory.mktemp("databases"), postgres)
    yield held
    held.give_back()


@pytest.fixture
def databases(_all_databases: Databases) -> Iterator[Databases]:
    """`.fresh(engine)` and `.copy(engine, key, prepare)`; what a test took is dropped when it ends."""
    before = _all_databases.lent
    yield _all_databases
    _all_databases.give_back(before)


@pytest.fixture
def database_url(engine: str, databases: Databases) -> str:
    """The address of a fresh, empty database, on each engine in turn."""
    return databases.fresh(engine)


# --- portals ---


@pytest.fixture
def portal_folder(tmp_path: Path) -> Callable[..., PortalFolder]:
    """Make a portal folder: `portal_folder({"features": {...}}, database=database_url)`."""
    made: list[PortalFolder] = []

    def make(settings: Mapping[str, Any] | None = None, database: str = "") -> PortalFolder:
        made.append(PortalFolder(tmp_path / f"portal{len(made) or ''}", settings or {}, database))
        return made[-1]

    return make


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory, _all_databases: Databases) -> Insides:
    return Insides(tmp_path_factory.mktemp("insides"), _all_databases)


@pytest.fixture
def portal_inside(engine: str, databases: Databases, _templates: Insides) -> Iterator[Callable[..., Inside]]:
    """A portal in this very process, on each engine: `portal_inside({"access": {...}})`, people and all."""

    def make(settings: Mapping[str, Any] | None = None, **named: Any) -> Inside:
        return _templates.make(engine, settings, **named)

    yield make
    disconnect()


@pytest.fixture
def inside(portal_inside: Callable[..., Inside]) -> Inside:
    """The portal in this process with nothing set but its name."""
    return portal_inside()


@pytest.fixture
def desk(portal_inside: Callable[..., Inside]) -> Inside:
    """The portal in this process with the plugin of support/cases.py: files, answers, notes, mail."""
    return portal_inside(plugins=cases.install)


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager[Portal]]:
    """Serve a folder for real: `with serve(folder, workers=2, env={...}) as portal: portal.visitor()`."""
    return serving


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    """A real mail server on loopback: `.address`, `.letters`, `.box.wait()`, `.answers`, `.stop()`."""
    server = MailServer(free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def data_folder() -> Callable[[str], Path]:
    """The folder of a shared data set: `data_folder("northwind")`; skips where the data is not."""
    return needs.data_set


# --- browser ---


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium per process; tests use `page`, `page_no_js` or `tabs`."""
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture
def tabs(browser: Browser) -> Iterator[Tabs]:
    """More people at once: `tabs.open(scripts=False, phone=True, dark=True, language="ar")`."""
    opened = Tabs(browser)
    yield opened
    faults = opened.close()
    if faults:
        pytest.fail("the browser saw:\n  " + "\n  ".join(faults), pytrace=False)


@pytest.fixture
def page(tabs: Tabs) -> Page:
    """A page with scripts on."""
    return tabs.open()


@pytest.fixture
def page_no_js(tabs: Tabs) -> Page:
    """A page with scripts off."""
    return tabs.open(scripts=False)


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[..., Path]:
    """Keep a picture in var/screenshots: `screenshot("inbox", page)`; without a page, the test's own."""

    def take(name: str, page: Page | None = None) -> Path:
        if page is None:
            own = "page" if "page" in request.fixturenames else "page_no_js"
            page = request.getfixturevalue(own)
        return picture(page, name)

    return take
