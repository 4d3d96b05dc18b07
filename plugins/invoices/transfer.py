"""Bank transfer: where to send the money and what to write on it, and a code for banking apps (EPC069-12)."""

import io
import re
from decimal import Decimal

from segno import helpers

from parlour import N_, Provider, Way, money
from parlour import gettext as _

from . import papers

_MOST = 99_999_999_999
"""Cents that a SEPA transfer can carry (EPC069-12, 2.3)."""


def sound(iban):
    """Say whether an IBAN's check digits are right (ISO 13616, mod 97)."""
    if not re.fullmatch("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
        return False
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1


def grouped(iban):
    """Write an IBAN in groups of four, as on paper."""
    return " ".join(iban[at:at + 4] for at in range(0, len(iban), 4))


def code(bank, amount, currency, reference, *, scale=4):
    """Draw the code for a transfer as SVG, "" where there can be none: other currencies, no IBAN, no amount."""
    if currency != "EUR" or not sound(bank["iban"]) or not 0 < amount <= _MOST:
        return ""
    try:
        drawn = helpers.make_epc_qr(name=bank["holder"][:70], iban=bank["iban"], bic=bank["bic"] or None,
                                    amount=Decimal(amount).scaleb(-2), text=reference[:140])
    except ValueError:  # letters that no transfer carries
        return ""
    out = io.BytesIO()
    drawn.save(out, kind="svg", scale=scale, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None,
               xmldecl=False)
    return out.getvalue().decode()


def bank():
    """Give the account that is set now."""
    own = papers.settings()
    return {"holder": own.holder, "iban": own.iban, "bic": own.bic, "other": own.other}


def facts(account, amount, currency, reference):
    """Say what belongs on a transfer, as labels and values."""
    said = [(_("Account holder"), account["holder"]), (_("IBAN"), grouped(account["iban"])),
            (_("BIC"), account["bic"])] if sound(account["iban"]) else []
    said += [(_("Account"), account["other"])] if account["other"] else []
    said = [pair for pair in said if pair[1]]
    return [*said, (_("Amount"), money.show(amount, currency)), (_("Reference"), reference)] if said else []


def _ready(_currency):
    account = bank()
    return bool(sound(account["iban"]) or account["other"])


def _begin(charge):
    account = bank()
    return Way(facts=tuple(facts(account, charge.amount, charge.currency, charge.reference)),
               code=code(account, charge.amount, charge.currency, charge.reference))


def given():
    """Give the way to pay."""
    return Provider("transfer", N_("Bank transfer"), ready=_ready, begin=_begin, away=False,
                    icon="landmark", order=90)
