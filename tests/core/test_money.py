"""Amounts are whole minor units: read, multiplied, taxed and shared without losing one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.look import money
from core.look.figures import Unfit
from core.look.money import Item
from core.web import forms
from support.needs import cases

pytestmark = pytest.mark.engines("sqlite")


@pytest.mark.parametrize(("text", "currency", "language", "minor"), [
    ("12.50", "EUR", "en", 1250), ("1.234,50 €", "EUR", "de", 123450), ("1200", "JPY", "en", 1200),
    ("1.234", "KWD", "en", 1234), ("١٢٫٥٠", "EUR", "ar", 1250), ("-3", "EUR", "en", -300)])
def test_what_people_type_becomes_minor_units(text: str, currency: str, language: str, minor: int) -> None:
    assert money.parse(text, currency, language) == minor


@pytest.mark.parametrize(("text", "currency"), [("1.5", "JPY"), ("0.001", "EUR"), ("1e3", "EUR"), ("NaN", "EUR")])
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(Unfit):
        money.parse(text, currency, "en")


def test_halves_go_away_from_zero_so_that_a_credit_mirrors_its_order() -> None:
    assert [money.rounded(one) for one in ("0.5", "1.5", "2.5", "-0.5", "-2.5", "0.4999", "-0.49")] == \
        [1, 2, 3, -1, -3, 0, 0]
    assert [money.line(Item(price, "0.5")) for price in (333, -333)] == [167, -167]
    assert money.line(Item(1400, 12, discount="15")) == 14280


@pytest.mark.parametrize("value", [0.1, True, float("nan")])
def test_a_binary_float_is_no_amount(value: float) -> None:
    with pytest.raises(TypeError):
        money.exact(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["1e309", "NaN", "Infinity", "1/3", "", "0x10", "9" * 40])
def test_a_text_that_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(Unfit):
        money.exact(text)


def test_tax_is_rounded_on_each_line_or_once_for_all() -> None:
    lines = [Item(33, 1, tax="19")] * 3  # 6.27 each, 18.81 together
    each, once = money.totals(lines), money.totals(lines, per="total")
    assert (each.sum.net, each.sum.tax, each.sum.total) == (99, 18, 117)
    assert (once.sum.tax, once.sum.total) == (19, 118)
    assert [one.tax for one in once.lines] == [7, 6, 6]
    assert once.rates["19"].net == 99
    inside = money.totals([Item(11900, 1, tax="19"), Item(1070, 2, tax="7")], included=True)
    assert (inside.sum.net, inside.sum.tax, inside.sum.total) == (12000, 2040, 14040)


def test_a_share_loses_no_cent() -> None:
    assert money.split(100, [1, 1, 1]) == (34, 33, 33)
    assert money.split(-100, [1, 1, 1]) == (-34, -33, -33)
    assert money.split(5, [0, 0]) == (3, 2)
    assert money.plain(-5, "EUR") == "-0.05"
    assert money.plain(5, "JPY") == "5"


def test_too_much_is_said_and_not_stored() -> None:
    with pytest.raises(Invalid):
        money.totals([Item(money.MOST, 2)])


@settings(max_examples=cases(200, 5_000), deadline=None)
@given(st.lists(st.tuples(st.integers(-10**7, 10**7), st.decimals(0, 999, places=3),
                          st.sampled_from(["0", "7", "19"]), st.integers(0, 100)), max_size=12),
       st.booleans(), st.sampled_from(["line", "total"]))
def test_sums_always_add_up(rows: list[tuple[int, Decimal, str, int]], included: bool, per: str) -> None:
    items = [Item(price, quantity, tax, discount) for price, quantity, tax, discount in rows]
    found, back = money.totals(items, per=per, included=included), money.totals(
        [Item(-one.price, one.quantity, one.tax, one.discount) for one in items], per="line", included=included)
    for sums in (found.lines, tuple(found.rates.values())):
        assert sum(one.net for one in sums) == found.sum.net
        assert sum(one.tax for one in sums) == found.sum.tax
        assert sum(one.total for one in sums) == found.sum.total
    assert found.sum.net + found.sum.tax == found.sum.total
    if per == "line":
        assert back.sum.total == -found.sum.total


def test_the_quantity_field_keeps_exact_text() -> None:
    form = forms.load({"type": "object", "properties": forms.custom({
        "much": {"type": "quantity", "min": 0, "max": 100},
        "whole": {"type": "quantity", "decimals": 0, "min": 1}})},
        id="test.quantity")
    assert form.clean({"much": "0.50", "whole": 3}) == {"much": "0.5", "whole": "3"}
    for wrong in ({"much": 0.5}, {"much": "1e309"}, {"much": "NaN"}, {"much": "-1"}, {"much": "0.0001"},
                  {"whole": "0"}, {"whole": "0.1"}, {"whole": -1}, {"much": True}, {"much": "101"}):
        with pytest.raises(Invalid):
            form.clean(wrong)


def test_a_price_may_be_finer_than_a_cent() -> None:
    assert money.fine("0.004", "EUR") == "0.4"
    assert money.fine("12", "JPY") == "12"
    assert money.line(Item("0.4", 3)) == 1
    assert money.show_price("0.4", "EUR") == "€0.004"
    assert money.show_price("1250", "EUR") == "€12.50"
