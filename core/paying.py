"""What a way to pay hands over, what it is asked, and what it says: frozen, without logic, as all parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Owed:
    """What is still to be paid of a record, in minor units; less than 0 is to be paid back. `of` is all of it."""

    amount: int
    currency: str
    of: int = 0


@dataclass(frozen=True, eq=False)
class Account:
    """How records of a kind are money that came, for whoever says what was paid: statements, what is owed.

    `day`, `amount` (less than 0: it went back), `left` (what nothing has taken) and `currency` are columns of the
    kind's body, `counts` is the condition of those that count; all are for `visible(kind.name, ...)`. `begun(row)`
    gives the payment that somebody has begun for a record, or None. `book(row, amount, day)` keeps what came
    elsewhere for a record, in the transaction at hand: it gives the payment, and the caller books it on the row.
    """

    day: Any
    amount: Any
    left: Any
    currency: Any
    counts: Any
    begun: Callable[[Any], Any]
    book: Callable[[Any, int, str], Any]


@dataclass(frozen=True)
class Charge:
    """What a way to pay is asked to collect: `amount` in minor units of `currency`.

    `key` is the same for every try and nobody can guess it; "" where somebody only looks at what there is.
    `tenant` is its slug, `title` what is paid in one line, `reference` what the payer writes on a transfer. `back`
    and `cancel` are the addresses where the payer comes back.
    """

    key: str
    tenant: str
    amount: int
    currency: str
    title: str
    reference: str = ""
    email: str = ""
    language: str = ""
    back: str = ""
    cancel: str = ""


@dataclass(frozen=True)
class Way:
    """How a payer goes on: to the provider's page (`url`), or by themselves with `facts` and a `code` (SVG).

    `reference` is the provider's own name for what has begun.
    """

    url: str = ""
    reference: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    code: str = ""


@dataclass(frozen=True)
class Report:
    """What a provider says has happened to a charge, after its signature was checked.

    `what` is "paid", "failed", "refunded" (`amount` is then all that went back so far), "disputed", or "" where
    it is none of our business. `event` is its name for this report: each counts once. Whoever keeps payments
    compares `key`, `tenant`, `amount` and `currency` with what was asked for.
    """

    what: str
    event: str
    key: str = ""
    tenant: str = ""
    amount: int = 0
    currency: str = ""
    reference: str = ""
    text: str = ""


@dataclass(frozen=True)
class Provider:
    """A way to pay: a card, a bank transfer. `name` stands in addresses, `label` is what payers read.

    `ready(currency)` says whether it can be used by the tenant as it is set up now. `begin(charge)` gives the
    `Way`, and for the same `key` the same again; where `away` is false it leads nowhere and keeps nothing.
    `hear(body, headers)` checks what arrived at `/payments/hooks/<name>` (raw bytes, names of headers in small
    letters) and gives its reports; it raises Refused where it is not genuine. `ask(charge, reference)` looks how a
    charge stands. `takes(amount, currency)` says whether an amount can be paid this way; without it, any can.
    """

    name: str
    label: str
    ready: Callable[[str], bool]
    begin: Callable[[Charge], Way]
    hear: Callable[[bytes, Mapping[str, str]], Sequence[Report]] | None = None
    ask: Callable[[Charge, str], Report | None] | None = None
    away: bool = True
    icon: str = "credit-card"
    order: int = 50
    takes: Callable[[int, str], bool] | None = None
    plugin: str = ""
