"""Fixtures of the "done when" stories: the demo portal, served with two processes, and its people by password."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page

from support.browser import Tabs
from support.needs import ROOT
from support.servers import Portal, PortalFolder
from support.smtp import MailServer


@pytest.fixture(params=["scripts on", "scripts off"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "scripts on")


@pytest.fixture
def folder(portal_folder: Callable[..., PortalFolder], database_url: str, smtp: MailServer) -> PortalFolder:
    """The demo portal as `make run` opens it, in a folder of its own."""
    made = portal_folder(database=database_url)
    made.write((ROOT / "portal.yaml").read_text())
    shutil.copytree(ROOT / "themes", made.path / "themes", dirs_exist_ok=True)
    made.env["PARLOUR_SMTP"] = smtp.address
    return made


@pytest.fixture
def demo(folder: PortalFolder, serve: Callable[..., AbstractContextManager[Portal]]) -> Iterator[dict[str, str]]:
    """Serve it; give the passwords that `parlour demo` tells, by address."""
    told = folder.demo()
    with serve(folder, workers=2) as folder.portal:
        yield {person["address"]: person["password"] for tenant in told["tenants"].values()
               for person in tenant["people"]}


@pytest.fixture
def enter(folder: PortalFolder, serve: Callable[..., AbstractContextManager[Portal]], tabs: Tabs,
          scripts: bool) -> Iterator[Callable[..., Page]]:
    """Serve it with two processes and an outbox worker; give somebody of the demo, signed in by hand."""
    told = folder.demo()
    passwords = {person["address"]: person["password"] for tenant in told["tenants"].values()
                 for person in tenant["people"]}

    def one(address: str = "", **how: bool | str) -> Page:
        opened = tabs.open(scripts=scripts, **how)  # type: ignore[arg-type]
        opened.goto(folder.origin() + "/sign-in")
        if address:
            opened.fill("[name=email]", address)
            opened.fill("[name=password]", passwords[address])
            opened.press("[name=password]", "Enter")
            opened.wait_for_url(lambda url: "/sign-in" not in url)
        return opened

    with serve(folder, workers=2) as folder.portal:
        yield one
