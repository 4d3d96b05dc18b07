"""Which currency an amount is in: the one its field names, else the one its record keeps, else the tenant's own.

A tenant may change its currency while records hold amounts. Such a record keeps the currency of its amounts
(`KEPT` among its fields), and whatever reads or writes it says so first: `with kept_in(record.fields)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from core.data import scope
from core.look import formats

KEPT = "_currency"
"""Where the fields of a record keep the currency of its amounts; no form reaches names with this sign."""

NONE = 3 * "X"
"""No currency (ISO 4217), where no tenant is at hand."""

_kept: ContextVar[str] = ContextVar("parlour_currency", default="")

First = TypeVar("First")
Rest = ParamSpec("Rest")
Given = TypeVar("Given")


def own() -> str:
    """Give the currency of amounts that name none: that of the record at hand, else the tenant's."""
    who = scope.active()
    return _kept.get() or (str(who.settings.value("currency")) if who is not None and who.settings else NONE)


def of(schema: Mapping[str, Any]) -> str:
    """Give the currency of a field's amounts: the one it names (`x-currency`), else `own`."""
    return str(schema.get("x-currency") or own())


def digits(currency: str) -> int:
    """Tell how many decimal places a currency has; "" is the one of amounts that name none."""
    return formats.minor_digits(currency or own())


@contextmanager
def kept_in(fields: Mapping[str, Any] | None) -> Iterator[None]:
    """Take amounts that name no currency to be in the one that a record's fields keep, if they keep one."""
    token = _kept.set(str((fields or {}).get(KEPT) or _kept.get()))
    try:
        yield
    finally:
        _kept.reset(token)


def of_record(call: Callable[Concatenate[First, Any, Rest], Given]
              ) -> Callable[Concatenate[First, Any, Rest], Given]:
    """Let what is called with a record as its second argument work in the currency the record keeps."""

    @wraps(call)
    def run(first: First, record: Any, /, *args: Rest.args, **named: Rest.kwargs) -> Given:
        with kept_in(record.fields):
            return call(first, record, *args, **named)

    return run
