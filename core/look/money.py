"""Arithmetic with money: whole minor units and exact decimals, one rounding rule, never a binary float.

**The rounding rule.** An amount is a whole number of its currency's smallest unit (ISO 4217: cents, yen, fils).
Quantities, rates and discounts are exact decimals. What falls between two units is rounded once, at the end of one
line, half away from zero: 0.5 becomes 1 and -0.5 becomes -1, so a credit note mirrors its order to the cent.
Tax is rounded per line, or once per rate over all lines (`per="total"`), which share it without losing a unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.errors import FieldError, Invalid
from core.look import figures, formats
from core.look.i18n import gettext as _
from core.look.language import current

Exact = int | str | Decimal | Fraction
"""A number that says exactly what it is: a whole one, or text such as "2.5"."""

LINE, TOTAL = "line", "total"
PLACES = 12
"""Decimal places that a quantity, rate or discount can have at most."""

MOST = figures.MAX_EXACT
"""The largest amount there is, in minor units: what programs everywhere keep exactly."""


@dataclass(frozen=True)
class Item:
    """One line: `price` of one in minor units (finer as text: "0.4"), how many, tax and discount in percent."""

    price: Exact
    quantity: Exact = 1
    tax: Exact = 0
    discount: Exact = 0


@dataclass(frozen=True)
class Sum:
    """An amount with its tax: `net` + `tax` = `total`."""

    net: int
    tax: int
    total: int


@dataclass(frozen=True)
class Totals:
    """What lines come to: the `sum`, each of the `lines`, and `rates` (percent as text to net and tax)."""

    sum: Sum
    lines: tuple[Sum, ...]
    rates: Mapping[str, Sum]


def digits(currency: str) -> int:
    """Tell how many decimal places a currency has: 2 for EUR, 0 for JPY, 3 for KWD."""
    return formats.minor_digits(currency)


def parse(text: str, currency: str, language: str = "") -> int:
    """Read what a person typed ("1.234,50 €" in German) as minor units. Raises figures.Unfit."""
    return figures.minor(text, currency, digits(currency), language or current())


def show(minor: int, currency: str) -> str:
    """Write an amount as people of the current language do: "€1,234.50"."""
    return formats.format_money(minor, currency)


def show_price(minor: Exact, currency: str) -> str:
    """Write a price, which may be finer than its currency's unit: "€0.004"."""
    amount = Decimal(plain(minor, currency))
    places = max(digits(currency), -int(amount.as_tuple().exponent))
    return formats.format_price(amount, currency, places)


def plain(minor: Exact, currency: str) -> str:
    """Write an amount for programs and files: "1234.50", with a point and all its decimal places."""
    return format(Decimal(str(minor)).scaleb(-digits(currency)), "f")


def fine(text: str, currency: str) -> str:
    """Take a price as programs write it ("0.004", with a point) as minor units: "0.4". Raises figures.Unfit."""
    return figures.exact(Decimal(figures.exact(text, PLACES - 3)).scaleb(digits(currency)), PLACES)


def exact(value: Exact) -> Fraction:
    """Take a number exactly. Raises TypeError for a binary float: nobody knows which decimal it was.

    Text is digits with a point; raises figures.Unfit for any other ("1e309", "NaN").
    """
    if isinstance(value, float | bool):
        raise TypeError("money is never a float: give a whole number or a text")
    return Fraction(figures.exact(value, PLACES) if isinstance(value, str) else value)


def rounded(value: Exact) -> int:
    """Round to a whole unit, half away from zero."""
    amount = exact(value)
    whole = (2 * abs(amount.numerator) + amount.denominator) // (2 * amount.denominator)
    return whole if amount >= 0 else -whole


def split(amount: int, shares: Sequence[Exact]) -> tuple[int, ...]:
    """Share an amount in proportion without losing a unit: the parts add up to it exactly.

    Each gets its share rounded towards zero; the units left over go to those that lost most, first come first.
    Shares are not negative; where all are 0 they count as equal.
    """
    parts = [exact(one) for one in shares]
    if any(one < 0 for one in parts):
        raise ValueError("a share is not negative")
    whole = sum(parts) or Fraction(len(parts))
    wanted = [abs(amount) * (one if sum(parts) else 1) / whole for one in parts]
    given = [one.numerator // one.denominator for one in wanted]
    first = sorted(range(len(parts)), key=lambda place: (given[place] - wanted[place], place))
    for place in first[:abs(amount) - sum(given)]:
        given[place] += 1
    return tuple(given if amount >= 0 else (-one for one in given))


def line(item: Item) -> int:
    """Give what one line comes to before tax is looked at: price times quantity less discount, rounded once."""
    return rounded(exact(item.price) * exact(item.quantity) * (1 - exact(item.discount) / 100))


def totals(items: Iterable[Item], *, per: str = LINE, included: bool = False) -> Totals:
    """Add up lines with their tax.

    `per`: tax is rounded on each "line", or once per rate on the "total". `included`: the prices hold their tax
    already, which is then taken out of them. Raises Invalid where an amount is too large to be one.
    """
    lines = tuple(items)
    amounts = [line(one) for one in lines]
    rates = [exact(one.tax) for one in lines]
    if per == LINE:
        taxes = [_tax(amount, rate, included) for amount, rate in zip(amounts, rates, strict=True)]
    else:
        taxes = _shared(amounts, rates, included)
    sums = tuple(Sum(amount - tax, tax, amount) if included else Sum(amount, tax, amount + tax)
                 for amount, tax in zip(amounts, taxes, strict=True))
    found: dict[str, list[Sum]] = {}
    for one, summed in zip(lines, sums, strict=True):
        found.setdefault(_text(exact(one.tax)), []).append(summed)
    whole = _sum(sums)
    if max(map(abs, (whole.net, whole.tax, whole.total, *amounts)), default=0) > MOST:
        raise Invalid([FieldError("", _("These amounts are too large to be added up."), "too_large")])
    return Totals(whole, sums, {rate: _sum(some) for rate, some in found.items()})


def _tax(amount: int, rate: Fraction, included: bool) -> int:
    return rounded(amount * rate / (100 + rate)) if included else rounded(amount * rate / 100)


def _shared(amounts: Sequence[int], rates: Sequence[Fraction], included: bool) -> list[int]:
    """Take each rate's tax once from its sum and share it among its lines, each within one unit of its own."""
    taxes = [0] * len(amounts)
    for rate in dict.fromkeys(rates):
        places = [place for place, one in enumerate(rates) if one == rate]
        whole = _tax(sum(amounts[place] for place in places), rate, included)
        wanted = [amounts[place] * rate / ((100 + rate) if included else Fraction(100)) for place in places]
        given = [one.numerator // one.denominator for one in wanted]
        nearest = sorted(range(len(places)), key=lambda at: (given[at] - wanted[at], at))
        raised = set(nearest[:whole - sum(given)])
        for at, place in enumerate(places):
            taxes[place] = given[at] + (at in raised)
    return taxes


def _sum(sums: Iterable[Sum]) -> Sum:
    some = tuple(sums)
    return Sum(sum(one.net for one in some), sum(one.tax for one in some), sum(one.total for one in some))


def _text(rate: Fraction) -> str:
    """Write a rate as its exact text."""
    return figures.exact(Decimal(rate.numerator) / Decimal(rate.denominator), PLACES)
