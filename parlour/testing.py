"""Fixtures for plugin authors' tests, as a pytest plugin: a whole portal in the test's own process.

It comes with `pip install parlour`; there is nothing to switch on. Tests run in the plugin's folder find its
plugin.yaml by themselves; other places are named in pytest's settings: `parlour_plugins = src/acme_loans`.

    def test_a_customer_asks(as_customer, as_agent, mailbox):
        answer = as_customer.post("/loans/new", {"title": "A projector"})
        assert "A projector" in as_agent.get(answer.location).text
        assert mailbox.to("agent@example.com")
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.host.check_command import plugins_in
from core.host.checks.hands import Outside
from core.host.checks.hands import no_network as without_network
from core.host.client import Answer, Client
from core.host.rehearsal import PEOPLE, Rehearsal, again, prepare

__all__ = ["PEOPLE", "Answer", "Client", "Mailbox", "Rehearsal", "as_admin", "as_agent", "as_customer", "client",
           "mailbox", "no_network", "portal", "text_of"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let pytest's settings name the plugins under test."""
    parser.addini("parlour_plugins", "folders of the plugins under test (default: what lies here)", "paths")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "portal(**keys): keys of portal.yaml for the portal of this test")


def text_of(letter: EmailMessage) -> str:
    """Give the plain text of a letter."""
    body = letter.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


@dataclass(frozen=True)
class Mailbox:
    """All mail the portal has sent: what waits is done before one looks."""

    portal: Rehearsal

    @property
    def letters(self) -> list[EmailMessage]:
        """All letters, oldest first."""
        return self.portal.letters()

    def to(self, address: str) -> list[EmailMessage]:
        """Give the letters to one address."""
        return self.portal.letters(address)

    def texts(self, address: str = "") -> list[str]:
        """Give the plain texts of letters, of one address where it is named."""
        return [text_of(letter) for letter in self.portal.letters(address)]


@pytest.fixture
def no_network() -> Iterator[Outside]:
    """Refuse whatever leaves this machine; `.asked` lists who was asked for."""
    with without_network() as outside:
        yield outside


@pytest.fixture(scope="session")
def _first_portal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    given = request.config.getini("parlour_plugins")
    plugins = [found for place in given or [request.config.rootpath] for found in plugins_in(Path(place))]
    with without_network():
        first = prepare(tmp_path_factory.mktemp("parlour") / "first", plugins)
    broken = [f"plugin '{name}': {message}" for name, message in first.portal.plugins.broken().items()
              if name in first.under_test]
    if broken:
        pytest.exit("\n".join(broken), 1)
    yield first
    first.close()


@pytest.fixture
def portal(request: pytest.FixtureRequest, _first_portal: Rehearsal, tmp_path: Path) -> Iterator[Rehearsal]:
    """Give a portal of this test's own, with the plugin switched on, two tenants, and everybody of PEOPLE.

    `.client("boss")`, `.client("own", api=True)`, `.guest()`, `.person("own")`, `.scope("acme", "own")`,
    `.work()`, `.letters(address)`, `.switch(False, "loans")`. `@pytest.mark.portal(currency="USD")` sets keys of
    portal.yaml.
    """
    request.getfixturevalue("no_network")
    marker = request.node.get_closest_marker("portal")
    mine = again(_first_portal, tmp_path / "portal", marker.kwargs if marker else {})
    yield mine
    mine.leave()


@pytest.fixture
def client(portal: Rehearsal) -> Client:
    """Give somebody who is not signed in."""
    return portal.guest()


@pytest.fixture
def as_customer(portal: Rehearsal) -> Client:
    """Give Thomas Hardy, a customer: `own` of PEOPLE."""
    return portal.client("own")


@pytest.fixture
def as_agent(portal: Rehearsal) -> Client:
    """Give Ben Agent, of the team: `agent` of PEOPLE."""
    return portal.client("agent")


@pytest.fixture
def as_admin(portal: Rehearsal) -> Client:
    """Give Ada Admin: `admin` of PEOPLE."""
    return portal.client("admin")


@pytest.fixture
def mailbox(portal: Rehearsal) -> Mailbox:
    """Give all mail of the portal of this test."""
    return Mailbox(portal)
