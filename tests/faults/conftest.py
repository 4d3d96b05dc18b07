"""A served portal with everybody of support/inside.py in it, for tests that break it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support import cases
from support.inside import Insides, disconnect
from support.postgres import Databases
from support.servers import PortalFolder


@pytest.fixture
def peopled(engine: str, databases: Databases, _templates: Insides,
            portal_folder: Callable[..., PortalFolder]) -> PortalFolder:
    """A portal folder with people and the plugin of support/cases.py, on each engine; not served yet."""
    return furnished(portal_folder, databases.copy(engine, "inside", _templates.prepare))


@pytest.fixture
def furnish(_templates: Insides, portal_folder: Callable[..., PortalFolder]) -> Callable[[str], PortalFolder]:
    """Make such a folder on an empty database of one's own: `furnish(address)`."""

    def make(url: str) -> PortalFolder:
        _templates.prepare(url)
        disconnect()
        return furnished(portal_folder, url)

    return make


def furnished(portal_folder: Callable[..., PortalFolder], url: str) -> PortalFolder:
    """Write the folder: two tenants as in support/inside.py, the plugin of support/cases.py."""
    folder = portal_folder({}, url)
    text = folder.yaml.read_text()
    origin, other = folder.origin(), folder.origin("globex.localhost")
    folder.write(text + f"tenants:\n  acme: {{name: Acme Support, url: '{origin}'}}\n"
                        f"  globex: {{name: Globex Service, url: '{other}'}}\n")
    cases.install(folder.path / "plugins")
    return folder
