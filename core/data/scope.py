"""Who asks, for which tenant, on which channel, with which registry and configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from core.errors import DoorError, SignInNeeded
from core.parts import STAFF, Registry


@dataclass(frozen=True)
class Member:
    """One company a person belongs to, and as what. `since` is when they joined, in UTC.

    `own_only` and `features` are what its admins took from them there: they only ever take away.
    """

    company_id: int
    identifier: str
    name: str
    role: str
    since: datetime
    active: bool = True
    own_only: bool = False
    features: Mapping[str, bool] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Who:
    """A person as a request knows them: enough for every decision, without another query."""

    id: int
    public_id: str
    name: str
    email: str | None
    role: str = ""
    language: str = ""
    own_only: bool = False
    visible_since: datetime | None = None
    features: Mapping[str, bool] = field(default_factory=dict)
    memberships: tuple[Member, ...] = ()
    created: datetime | None = None
    must_change: bool = False
    two_factor: bool = False
    active: bool = True
    time_zone: str = ""
    photo: str = ""

    @property
    def is_staff(self) -> bool:
        """Whether this person works for the tenant."""
        return self.role in STAFF

    @property
    def initials(self) -> str:
        """One or two letters that stand for the name."""
        words = [word for word in self.name.split() if word]
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()

    def among(self, company: int | None = None) -> Member | None:
        """Give the membership that is meant: in this company of theirs, or in their only one; None for neither."""
        mine = [member for member in self.memberships if member.company_id == company] or self.memberships
        return mine[0] if len(mine) == 1 else None


@dataclass(frozen=True)
class Scope:
    """One frozen value that every decision reads.

    `channel` is "page", "api", "mail", "job" or "command"; `settings` are the tenant's, pinned to the
    configuration version `config`. `system` names the reason where the portal itself works. `company` is the one
    of several that a customer has chosen to work in: lists are about it. `memo` keeps what follows
    from this value alone (how far permissions reach, never what the database says), also from one request to the
    next of a person about whom nothing has changed. `viewer` is who sees the portal with the
    person's eyes: as long as one is named, nothing can be written.
    """

    tenant_id: int
    slug: str
    settings: Any
    registry: Registry
    person: Who | None = None
    channel: str = "page"
    config: int = 0
    system: str = ""
    company: int | None = None
    viewer: Who | None = None
    memo: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def me(self) -> Who:
        """The person signed in. Raises SignInNeeded where nobody is."""
        if self.person is None:
            raise SignInNeeded
        return self.person

    @property
    def time_zone(self) -> str:
        """The time zone in which whoever asks reads and writes times: their own, else the tenant's."""
        own = self.person.time_zone if self.person else ""
        return own or (str(self.settings.value("time_zone")) if self.settings is not None else "UTC")

    @property
    def is_staff(self) -> bool:
        """Whether staff of the tenant asks, or the portal itself."""
        return bool(self.system) or (self.person is not None and self.person.is_staff)


_scope: ContextVar[Scope | None] = ContextVar("parlour_scope", default=None)
_writing: ContextVar[bool] = ContextVar("parlour_writing", default=False)


def current() -> Scope:
    """Give the scope of the work at hand. Raises DoorError outside of one."""
    scope = _scope.get()
    if scope is None:
        raise DoorError("Nobody is asking: this code runs outside of a scope.",
                        hint="Enter one with scope.enter().")
    return scope


def active() -> Scope | None:
    """Give the scope of the work at hand, or None outside of one."""
    return _scope.get()


@contextmanager
def enter(scope: Scope) -> Iterator[Scope]:
    """Work as this scope says until the block ends; the former one comes back whatever happens."""
    token = _scope.set(scope)
    try:
        yield scope
    finally:
        _scope.reset(token)


def begin(scope: Scope) -> None:
    """Work as this scope says from here on: for a request, whose end calls `leave_all`."""
    _scope.set(scope)


def leave_all() -> None:
    """Forget any scope: a request starts with nobody asking."""
    _scope.set(None)


@contextmanager
def system(reason: str) -> Iterator[Scope]:
    """Do work of the portal itself for the current tenant; `reason` says which, for log and audit."""
    with enter(replace(current(), system=reason)) as scope:
        yield scope


@contextmanager
def acting(person: Who | None) -> Iterator[Scope]:
    """Work with the rights of somebody else in the same tenant (a mail's sender, a job's owner)."""
    with enter(replace(current(), person=person, system="", company=None)) as scope:
        yield scope


def read_only() -> bool:
    """Say whether nothing may be written now: somebody sees the portal with another's eyes.

    What only notes that somebody read something asks this first; anything else that writes is refused.
    """
    scope = _scope.get()
    return scope is not None and scope.viewer is not None and not _writing.get()


@contextmanager
def writing() -> Iterator[None]:
    """Let what is written down about a viewing itself be written: its acts, its end."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)
