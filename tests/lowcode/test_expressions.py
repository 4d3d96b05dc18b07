"""Expressions: exact, typed, within limits; whatever is written, nothing of Python is reached and it ends soon."""

from __future__ import annotations

import string
import time
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.lowcode import functions, sorts
from core.lowcode.expressions import compiled
from core.lowcode.sorts import DATE, NUMBER, REFERENCE, TEXT, TRUTH, Sort, Uncomputable
from core.lowcode.syntax import MAX_LENGTH, ExpressionError
from support.needs import ROOT, cases

EUR, YEN = Sort("money", "EUR"), Sort("money", "JPY")
NAMES = {"n": NUMBER, "price": EUR, "yen": YEN, "name": TEXT, "due": DATE, "ok": TRUTH, "link": REFERENCE,
         "status": Sort("text", options=("open", "closed")), "tags": Sort("list", of=TEXT),
         "address": Sort("group", inside={"city": TEXT}),
         "lines": Sort("rows", inside={"n": NUMBER, "price": EUR, "optional": TRUTH, "part": TEXT})}
HELD = {"n": 3, "price": 1999, "yen": 5, "name": "Ann", "due": "2026-01-31", "ok": True, "status": "open",
        "tags": ["x", "y"], "address": {"city": "Ulm"}, "link": "TKT-001",
        "lines": [{"n": 2.5, "price": 333, "optional": True, "part": "A"},
                  {"n": "0.1", "price": 1000, "optional": False, "part": "B"}, {}]}
TODAY = date(2026, 11, 22)

RIGHT = {
    "0.1 + 0.2": Decimal("0.3"), "1 / 3 * 3 = 1": False, "round(1 / 3, 2)": Decimal("0.33"),
    "n * price": Decimal("59.97"), "yen * 3": Decimal("15"), "price / price": Decimal(1), "-n - -n": Decimal(0),
    "2 + 3 * 4 - 1": Decimal(13), "(2 + 3) * 4": Decimal(20), "round(2.5)": Decimal(3), "round(-2.5)": Decimal(-3),
    "sum(lines, n * price)": Decimal("9.325"), "sum(lines.price)": Decimal("13.33"), "count(lines)": Decimal(3),
    "count(lines, optional)": Decimal(1), "max(lines, price)": Decimal(10), "min(1, n, 2)": Decimal(1),
    "average(lines, price)": Decimal("6.665"), "any(lines, price > 5)": True, "all(lines, optional)": False,
    'join(lines, part, "; ")': "A; B", "join(lines.part)": "A, B", "join(tags)": "x, y",
    'name & " " & n & " " & due': "Ann 3 2026-01-31", "upper(name)": "ANN", 'contains(name, "NN")': True,
    'replace(name, "n", "m")': "Amm", "left(name, 2)": "An", "right(name, 99)": "Ann", "length(name)": Decimal(3),
    "due + 30": date(2026, 3, 2), "add_months(due, 1)": date(2026, 2, 28), "due - date(2026, 1, 1)": Decimal(30),
    "today()": TODAY, "due < today()": True, 'due = "2026-01-31"': True, "weekday(due)": Decimal(6),
    'status in ("open", "closed")': True, '"x" in tags': True, "not ok or n > 2 and n < 4": True,
    'if(ok, "yes", "no")': "yes", "if(not ok, 1)": None, "first(nothing, n)": Decimal(3), "empty(nothing)": True,
    "filled(link)": True, "filled(lines)": True, "address.city": "Ulm", 'status = "open"': True, "1 <> 1": False,
    "price > 19.98 and price < 20": True, "n = nothing": False, "nothing = nothing": True,
}


@pytest.mark.parametrize("text", RIGHT)
def test_expressions_compute_exactly(text):
    assert compiled(text, NAMES).value(HELD, today=TODAY) == RIGHT[text]


WRONG = {
    "nme": (0, "Did you mean 'name'?"), "n + nme": (4, "no field 'nme'"),
    'status = "opn"': (9, "Did you mean 'open'?"),
    "price + yen": (6, "EUR and JPY"), "price * price": (6, "Money times money"), "name + 1": (5, "&"),
    "1 < 2 < 3": (6, "two things at a time"), "sum(n)": (0, "goes over rows"), "sum(lines)": (0, "takes 2"),
    "lines": (0, "not one value"), "address": (0, "not one value"), "smu(lines, n)": (0, "Did you mean 'sum'?"),
    "1 +": (3, "too early"), "'abc": (0, "no end"),
    "1..2": (0, "not a number"), "n n": (2, "missing"), "": (0, "too early"),
    "if(n, 1, 2)": (0, "true or not"), "not n": (0, "true or not"), "due + due": (4, "days are added"),
    "n.real": (0, "has no field"), "address.citty": (0, "city"), "round(1, 2, 3)": (0, "1 to 2"),
    "lines > 1": (6, "not compared"), "ok > true": (3, "have an order"),
    "n = name": (2, "never equal"),
    "sum(lines, part)": (0, "numbers belong"), "any(lines, n)": (0, "true or not"), "(1, 2)": (0, "behind 'in'"),
    "__import__('os')": (0, "means nothing"), "n.__class__": (2, "means nothing"),
    "lambda: 1": (6, "means nothing"),
    "open('/etc/passwd')": (0, "no function 'open'"), "eval('1')": (0, "no function"),
    "n[0]": (1, "means nothing"),
    "n ** 9": (3, "belongs"),
    "9" * 40: (0, "not a number"), "name % 1": (5, "means nothing"), "{n}": (0, "means nothing"),
}


@pytest.mark.parametrize("text", WRONG)
def test_mistakes_are_named_with_their_place(text):
    at, told = WRONG[text]
    with pytest.raises(ExpressionError) as caught:
        compiled(text, NAMES)
    assert told in f"{caught.value} {caught.value.hint}" and caught.value.at == at


@pytest.mark.parametrize("text", [
    "n / 0", "average(lines, n) / (n - 3)", "add_months(due, 99999999)", "due + 9999999999999",
    "date(2026, 2, 30)",
    "n * 999999999999999999999999 * 999999999999999999999999", "round(n, 99)", 'date("soon")',
    "n / (n - n)"])
def test_what_has_no_value_is_said_so(text):
    with pytest.raises(Uncomputable):
        compiled(text, NAMES).value(HELD, today=TODAY)


def test_limits_of_length_depth_parts_text_and_steps():
    for text in ("1" + " " * MAX_LENGTH, "(" * 60 + "1" + ")" * 60, "-" * 60 + "1", "+".join(["1"] * 300),
                 "not " * 60 + "ok", "if(ok," * 45 + "1" + ")" * 45):
        with pytest.raises(ExpressionError):
            compiled(text, NAMES)
    rows = {"lines": [{"n": 1, "part": "x" * 999}] * 100, "name": "y" * 1000}
    deep = compiled("sum(lines, sum(lines, sum(lines, n)))", NAMES)
    begun = time.perf_counter()
    with pytest.raises(Uncomputable, match="steps"):
        deep.value(rows)
    with pytest.raises(Uncomputable, match="too long"):
        compiled('join(lines, part, ", ")', NAMES).value({"lines": rows["lines"]})
    with pytest.raises(Uncomputable, match="too long"):
        compiled('replace(replace(replace(name, "y", name), "y", name), "y", name)', NAMES).value(rows)
    assert time.perf_counter() - begun < 20, "limits of steps and texts end it, not patience"


def test_long_texts_cost_steps_and_all_that_is_computed_of_a_record_has_one_limit():
    lines = {"lines": [{"n": 1, "part": "x"}] * 100, "name": "é" * 20_000}
    made = compiled('count(lines, any(lines, contains(upper(name), "y")))', NAMES)
    begun = time.perf_counter()
    with pytest.raises(Uncomputable, match="steps"):
        made.value(lines)
    for _time in range(2):
        assert compiled('count(lines, contains(name, "É"))', NAMES).value(lines) == 100
    left = [60_000]
    nested = compiled("sum(lines, sum(lines, n))", NAMES)
    assert nested.value(lines, together=left) == 10_000 and 20_000 < left[0] < 50_000
    with pytest.raises(Uncomputable, match="steps"):
        [nested.value(lines, together=left) for _time in range(2)]
    assert left == [0]
    assert time.perf_counter() - begun < 3


def test_conditions_that_have_no_value_do_not_hold():
    assert compiled("n / 0 > 1", NAMES).holds(HELD) is False
    assert compiled("price > 10", NAMES).holds(HELD) is True
    assert compiled("price > 10", NAMES).holds({"price": "what was stored before"}) is False


PIECES = st.sampled_from([
    *NAMES, *functions.FUNCTIONS, *functions.OVER, "and", "or", "not", "in", "true", "false", "nothing",
    "(", ")", ",",
    "+", "-", "*", "/", "&", "=", "<>", "<", ">", "<=", ".", "1", "0", "0.5", "999999999999999999999999",
    '"x"', "''",
    "lines.n", "lines.part", "address.city", "__class__", "__import__", "os", "import", "lambda", "self", "format",
    "%s", "{0.__class__}", "\u202e", "\x00", "\n", "٣", "ⅷ", "²"])
TEXTS = st.one_of(
    st.lists(PIECES, max_size=25).map(" ".join), st.text(max_size=80),
    st.text(alphabet=string.ascii_letters + string.digits + " ._()'\",+-*/&=<>[]{}%\\", max_size=60))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["2026-02-30", "1e999", "NaN", "-Infinity", "9" * 400]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from([*NAMES, "part"]), inner, max_size=3),
    max_leaves=6)
PLAIN = (Decimal, str, bool, date, list, type(None))


@settings(max_examples=cases(500, 40_000), deadline=None)
@given(text=TEXTS, held=st.dictionaries(st.sampled_from(list(NAMES)), VALUES, max_size=6))
def test_nothing_escapes_whatever_is_written_and_stored(text, held):
    try:
        made = compiled(text, NAMES)
    except ExpressionError as error:
        assert 0 <= error.at <= len(text) and str(error)
        return
    assert all(name.partition(".")[0] in NAMES for name in made.uses), "it reads fields and nothing else"
    try:
        value = made.value(held, today=TODAY)
    except Uncomputable:
        return
    assert type(value) in PLAIN
    if isinstance(value, Decimal):
        assert value.is_finite() and abs(value) <= sorts.MOST
    if isinstance(value, list):
        assert all(type(one) in PLAIN for one in value)
    sorts.said(value)


def test_every_function_is_told_in_the_documentation():
    page = (ROOT / "docs" / "plugins" / "yaml-data.md").read_text()
    for name, made in {**functions.OVER, **functions.FUNCTIONS}.items():
        assert f"| `{name}` | " in page and made.says in page
