"""What a value in an expression is: number, money, text, date, yes or no, rows; from and to what records store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException, InvalidOperation, Overflow
from typing import Any

from core.look import currencies

EXACT = Context(prec=60, Emax=200, Emin=-200, traps=[InvalidOperation, Overflow])
"""How is computed: sums, differences and products of what records hold are exact."""

SETTLED = Context(prec=34, rounding=ROUND_HALF_UP, traps=[InvalidOperation, Overflow])
MOST = Decimal(10) ** 24
"""No number of a computation may be greater: nothing anybody counts or pays is."""

MOST_TEXT = 20_000
MAX_EXACT = 2**53 - 1
"""The largest whole number that JSON readers everywhere keep exactly (RFC 8259, section 6)."""

DIGITS = 15
"""Significant digits of a stored number: as many as survive in a binary double (IEEE 754)."""


class Uncomputable(Exception):  # noqa: N818 - it names the value, not a fault of the program
    """An expression has no value here: it divides by zero, or leads beyond what we count."""


@dataclass(frozen=True)
class Sort:
    """What a value is.

    `name` is number, money, text, date, truth, list, rows, group, reference or nothing. `currency` is that of
    money, "" for the portal's own; `inside` are the fields of rows and groups by name; `options` the values a
    choice can have; `of` is what a list holds.
    """

    name: str
    currency: str = ""
    inside: Mapping[str, Sort] = field(default_factory=dict)
    options: tuple[Any, ...] = ()
    of: Sort | None = None

    @property
    def words(self) -> str:
        """Name it in a message."""
        if self.name == "money":
            return f"an amount in {self.currency or OWN}"
        return _WORDS[self.name]


OWN = "the portal's own currency"
_WORDS = {"number": "a number", "text": "a text", "date": "a date",
          "truth": "yes or no", "list": "a list", "rows": "rows", "group": "a group", "reference": "a link to a "
          "record", "nothing": "nothing"}
NUMBER, TEXT, DATE, TRUTH, NOTHING = (Sort(name) for name in ("number", "text", "date", "truth", "nothing"))
MONEY, REFERENCE = Sort("money"), Sort("reference")

_BY_WIDGET: Mapping[str, Sort] = {
    "text": TEXT, "longtext": TEXT, "email": TEXT, "phone": TEXT, "country": TEXT, "hidden": TEXT,
    "number": NUMBER, "quantity": NUMBER, "date": DATE, "checkbox": TRUTH, "reference": REFERENCE,
    "file": Sort("list", of=TEXT), "files": Sort("list", of=TEXT)}


def of(widget: str, schema: Mapping[str, Any], inside: Mapping[str, Sort], options: tuple[Any, ...] = ()) -> Sort:
    """Give the sort of a field's values from its widget, its schema, and what is inside it."""
    if widget == "money":
        return Sort("money", str(schema.get("x-currency", "")))
    if widget == "choice":
        return Sort("text", options=tuple(map(str, options)))
    if widget == "several":
        return Sort("list", of=Sort("text", options=tuple(map(str, options))))
    if widget in ("rows", "group"):
        return Sort(widget, inside=inside)
    return _BY_WIDGET.get(widget, TEXT)


Digits = Callable[[str], int]
"""Gives the decimal places of a currency; "" is the portal's own."""


def taken(sort: Sort, stored: Any, digits: Digits = currencies.digits) -> Any:
    """Give a stored value as expressions compute with it: exact decimals, days, lists; None for nothing.

    Money counts whole units here: 12.50 where the record holds 1250 cents.
    """
    if stored is None or stored == "":
        return None
    try:
        if sort.name == "money":
            return Decimal(int(stored)).scaleb(-digits(sort.currency))
        if sort.name == "number":
            return within(Decimal(str(stored)))
        if sort.name == "date":
            return date.fromisoformat(str(stored)[:10])
        if sort.name == "truth":
            return stored is True
        if sort.name in ("rows", "list"):
            return list(stored) if isinstance(stored, list | tuple) else []
        if sort.name == "group":
            return stored if isinstance(stored, Mapping) else {}
    except (ValueError, TypeError, DecimalException):
        return None  # what was stored before the field became what it is: as if it were empty
    return str(stored)


def within(number: Decimal) -> Decimal:
    """Give a number back. Raises Uncomputable for one that is beyond counting."""
    if not number.is_finite() or abs(number) > MOST:
        raise Uncomputable("a number is too large")
    return number


def rounded(number: Decimal, places: int) -> Decimal:
    """Round to so many decimal places, halves away from zero, as the tax office and people do."""
    try:
        return number.quantize(Decimal(1).scaleb(-places), context=SETTLED)
    except DecimalException:
        raise Uncomputable("a number is too large") from None


def put(widget: str, schema: Mapping[str, Any], value: Any, digits: Digits = currencies.digits) -> Any:
    """Give a computed value as a record stores it in a field; what is empty is as an empty field has it.

    Money and whole numbers are rounded, halves away from zero. Raises Uncomputable for what does not fit.
    """
    if widget == "money":
        return None if value is None else _whole(rounded(value, digits(str(schema.get("x-currency", "")))),
                                                 digits(str(schema.get("x-currency", ""))))
    if widget == "number":
        return None if value is None else _number(value, whole=schema.get("type") == "integer")
    if widget == "quantity":
        return "" if value is None else format(rounded(value, 6).normalize(EXACT) + 0, "f")
    if widget == "date":
        return None if value is None else value.isoformat()
    if widget == "checkbox":
        return bool(value)
    return "" if value is None else said(value)[:int(schema.get("maxLength", MOST_TEXT))]


def _whole(value: Decimal, places: int) -> int:
    number = int(value.scaleb(places))
    if abs(number) > MAX_EXACT:
        raise Uncomputable("an amount is too large")
    return number


def _number(value: Decimal, *, whole: bool) -> int | float:
    exact = rounded(value, 0) if whole else Context(prec=DIGITS, rounding=ROUND_HALF_UP).plus(value)
    if abs(exact) > MAX_EXACT:
        raise Uncomputable("a number is too large")
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def said(value: Any) -> str:
    """Write a value as part of a text: numbers plainly, days as ISO 8601, nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        plain = format(value, "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return ", ".join(said(one) for one in value)
    return str(value)


def divided(left: Decimal, right: Decimal) -> Decimal:
    """Divide with 34 significant digits. Raises Uncomputable for a division by zero."""
    if not right:
        raise Uncomputable("something is divided by zero")
    return within(SETTLED.divide(left, right))
