"""One value read from what was sent, as JSON has it or as a person typed it, and held to its field's limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from core.look import currencies, formats
from core.web import references, values, words
from core.web.fields import PLACES, Field
from core.web.values import Unfit

YES = frozenset({"on", "1", "true", "yes", "y", "x"})
NO = frozenset({"", "off", "0", "false", "no", "n"})


@dataclass(frozen=True)
class Said:
    """What was sent for one field. `typed` says it has a JSON type; if not, it is text in `language`."""

    raw: Any
    typed: bool
    language: str


def empty(one: Field) -> Any:
    """Tell what stands for nothing: "" for texts and choices of texts, None for the rest, [] and False."""
    if one.widget == "several":
        return []
    if one.widget == "checkbox":
        return False
    return "" if one.schema["type"] == "string" and one.widget != "date" else None


def nothing(value: Any) -> bool:
    """Say whether a value is one of those that stand for nothing; 0 is a number like any other."""
    return value is None or value is False or value in ("", [])


def _text(one: Field, said: Said) -> str:
    if not isinstance(said.raw, str):
        raise Unfit("type")
    return values.text(said.raw, lines=one.widget == "longtext")


def _password(_one: Field, said: Said) -> str:
    """Take a password as it is, blanks included: only its spelling in Unicode is made one (RFC 8265, 4.2)."""
    if not isinstance(said.raw, str):
        raise Unfit("type")
    values.refuse_controls(said.raw)
    if "\n" in said.raw or "\r" in said.raw:
        raise Unfit("characters")
    return values.composed(said.raw)


def _parsed(parse: Callable[[str, str], str]) -> Callable[[Field, Said], str | None]:
    """Make a reader of texts that have one canonical form, from `parse(text, language)`."""
    def read(one: Field, said: Said) -> str | None:
        written = _text(one, said)
        return parse(written, said.language) if written else None
    return read


def _number(one: Field, said: Said) -> int | float | None:
    if said.typed:
        if isinstance(said.raw, bool) or not isinstance(said.raw, int | float):
            raise Unfit("type")
        if not -values.MAX_EXACT <= said.raw <= values.MAX_EXACT:  # NaN is not between them either
            raise Unfit("too_large_number")
        value: int | float = int(said.raw) if said.raw == int(said.raw) else said.raw
    else:
        written = _text(one, said)
        if not written:
            return None
        value = values.plain_number(values.number(written, said.language))
    if one.schema["type"] == "integer" and not isinstance(value, int):
        raise Unfit("whole")
    return value


def _money(one: Field, said: Said) -> int | None:
    if said.typed:
        if isinstance(said.raw, bool) or not isinstance(said.raw, int):
            raise Unfit("type")
        if abs(said.raw) > values.MAX_EXACT:
            raise Unfit("too_large_number")
        return said.raw
    written = _text(one, said)
    currency = currencies.of(one.schema)
    digits = formats.minor_digits(currency)
    return values.minor(written, currency, digits, said.language) if written else None


def _quantity(one: Field, said: Said) -> str:
    """Read how many as exact text: "0.5" stays what it says, and a binary float is refused in JSON."""
    value = said.raw
    if not said.typed:
        written = _text(one, said)
        if not written:
            return ""
        value = values.number(written, said.language)
    return values.exact(value, int(one.schema.get("x-decimals", PLACES))) if value != "" else ""


def _checkbox(one: Field, said: Said) -> bool:
    if said.typed:
        if not isinstance(said.raw, bool):
            raise Unfit("type")
        return said.raw
    answer = _text(one, said).lower()
    if answer not in YES | NO:
        raise Unfit("type")
    return answer in YES


def _choice(one: Field, said: Said) -> Any:
    if isinstance(said.raw, str) and not said.raw.strip():
        return None
    known = {value if said.typed else str(value): value for value, _label in one.options}
    if isinstance(said.raw, bool | float) or not isinstance(said.raw, str | int):
        raise Unfit("type")
    if said.raw not in known:
        raise Unfit("enum")
    return known[said.raw]


def _reference(one: Field, said: Said) -> str:
    """Take what stands for a person, a company or a record, and only what whoever sends it may see."""
    written = _text(one, said)
    if not written:
        return ""
    found = references.find(str(one.schema["x-of"]), written)
    if found is None:
        raise Unfit("reference", name=written[:100])
    return found


def _several(one: Field, said: Said) -> list[Any]:
    if not isinstance(said.raw, list | tuple):
        raise Unfit("type")
    chosen = [_choice(one, replace(said, raw=item)) for item in said.raw]
    return [value for value, _label in one.options if value in chosen]


READERS: Mapping[str, Callable[[Field, Said], Any]] = {
    "text": _text, "longtext": _text, "hidden": _text, "password": _password,
    "email": _parsed(lambda text, _language: values.email(text)),
    "phone": _parsed(lambda text, _language: values.phone(text)),
    "date": _parsed(values.day), "country": _parsed(values.country),
    "number": _number, "money": _money, "quantity": _quantity, "checkbox": _checkbox, "reference": _reference,
    "choice": _choice, "several": _several,
}


def constrain(one: Field, value: Any) -> None:
    """Hold a value against the limits its schema states. Raises Unfit at the first it breaks."""
    if one.widget == "quantity":
        _constrain_number(one, Decimal(value))
    elif isinstance(value, str):
        _constrain_text(one, value)
    elif isinstance(value, list):
        if len(value) < one.schema.get("minItems", 0):
            raise Unfit("too_few", limit=one.schema["minItems"])
        if len(value) > one.schema.get("maxItems", len(value)):
            raise Unfit("too_many", limit=one.schema["maxItems"])
    elif not isinstance(value, bool):
        _constrain_number(one, Decimal(str(value)))
    if "const" in one.schema and value != one.schema["const"]:
        raise Unfit("const")


def _constrain_text(one: Field, value: str) -> None:
    limit, least = one.max_length, int(one.schema.get("minLength", 0))
    if limit and len(value) > limit:
        raise Unfit("too_long", limit=formats.format_number(limit),
                    over=formats.format_number(len(value) - limit))
    if len(value) < least:
        raise Unfit("too_short", limit=least)
    if one.pattern is not None and not one.pattern.search(value):
        raise Unfit("pattern")


def _constrain_number(one: Field, value: Decimal) -> None:
    checks: tuple[tuple[str, str, Callable[[Decimal], bool]], ...] = (
        ("minimum", "too_small", lambda bound: value >= bound),
        ("maximum", "too_large", lambda bound: value <= bound),
        ("exclusiveMinimum", "too_small_exclusive", lambda bound: value > bound),
        ("exclusiveMaximum", "too_large_exclusive", lambda bound: value < bound),
        ("multipleOf", "multiple", lambda bound: value % bound == 0),
    )
    for keyword, code, fits in checks:
        if keyword in one.schema and not fits(Decimal(str(one.schema[keyword]))):
            raise Unfit(code, limit=words.limit(one, one.schema[keyword]))
