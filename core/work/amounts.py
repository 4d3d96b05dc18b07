"""Numbers and amounts as files from elsewhere write them, read exactly."""

from __future__ import annotations

import re
from decimal import Decimal

_GIVEN = re.compile(r"(\d?)([.,]?)([A-Z]{3})?", re.ASCII)
_CODE = re.compile(r"\b[A-Z]{3}\b", re.ASCII)


class Unfit(Exception):  # noqa: N818 - it names the value, not a fault of the program
    """A value cannot be made from this row; the text says why."""


def number(written: str, given: str) -> str:
    """Read a number: `number:,` for 1.234,56; without a sign, the last one parts the decimals."""
    text = re.sub(r"[\s'’_]", "", written)
    if not text:
        return ""
    decimal = given or (max(".,", key=text.rfind) if "," in text else ".")
    whole = text.replace("." if decimal == "," else ",", "").replace(decimal, ".")
    if not re.fullmatch(r"[-+]?\d+(\.\d+)?", whole, re.ASCII):
        raise Unfit(f"'{text[:80]}' is no number.")
    return whole[:-2] if re.fullmatch(r"[-+]?\d+\.0", whole) else whole


def money(written: str, given: str) -> str:
    """Read an amount such as 12.50 EUR as minor units: 1250; `money:2,` says their digits and the sign.

    `money:2,EUR` takes no amount that says another currency.
    """
    said, code = _GIVEN.fullmatch(given), _CODE.search(written)
    digits, decimal, wanted = said.groups() if said else ("", given[1:], "")
    if code and wanted and code[0] != wanted:
        raise Unfit(f"'{written[:80]}' is not in {wanted}.")
    plain = number(re.sub(r"[^\d.,'’+-]", "", written), decimal)
    if not plain:
        return ""
    amount = Decimal(plain).scaleb(int(digits or 2))
    if amount != amount.to_integral_value():
        raise Unfit(f"'{written[:80]}' has more decimals than its currency.")
    return str(int(amount))
