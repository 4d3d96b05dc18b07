"""The contract: every question the host asks a plugin, at start, once; each answer is contained.

A plugin implements any of these with `@parlour.hook`. None, or no implementation, means "nothing". What a
hook raises is caught, named in the log and on the admin's plugin page, and the portal goes on without that
answer. Answers become one frozen registry: two parts with one name are refused, naming both plugins.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from core.parts import Act, Begin, Channel, Demo, Import, Job, Kind, Mail, Nav, Notice, Panel, Reader
    from core.paying import Provider

spec = pluggy.HookspecMarker("parlour")
hook = pluggy.HookimplMarker("parlour")

FACE = 1
"""The version of the contract: this page, the parts, and the names of `parlour`. See docs/plugins/versions.md."""

OLDEST = 1
"""The oldest version whose plugins still run here."""


@spec
def kinds() -> Iterable[Kind] | None:
    """Kinds of record this plugin owns."""


@spec
def routes() -> Any:
    """One Flask blueprint, or several; every view states its permission with `@requires`."""


@spec
def navigation() -> Iterable[Nav] | None:
    """Navigation entries that the manifest cannot say."""


@spec
def begins() -> Iterable[Begin] | None:
    """How records of this plugin's kinds begin from records of others."""


@spec
def panels() -> Iterable[Panel] | None:
    """Cards for the home page."""


@spec
def readers() -> Iterable[Reader] | None:
    """Functions to be told of events, after the commit, from the outbox, at least once."""


@spec
def notices() -> Iterable[Notice] | None:
    """Events that people are notified of, and whom."""


@spec
def channels() -> Iterable[Channel] | None:
    """Ways to tell people of events beside bell and mail."""


@spec
def mails() -> Iterable[Mail] | None:
    """Letters that no event brings, for admins to word."""


@spec
def jobs() -> Iterable[Job] | None:
    """Work on a schedule, run by the worker, once per tenant and turn."""


@spec
def imports() -> Iterable[Import] | None:
    """Kinds of row that `parlour import` can take through this plugin."""


@spec
def acts() -> Iterable[Act] | None:
    """Acts that can be done to many records, people or companies at once."""


@spec
def demo() -> Iterable[Demo] | None:
    """Demo content, made by `parlour demo`."""


@spec
def payments() -> Iterable[Provider] | None:
    """Ways to pay."""
