"""Stripe Checkout through Stripe's own library: begin a session, read its signed events, ask how it stands."""

import logging
import os
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from urllib.parse import urlsplit

from parlour import Refused, Report, Way, current

log = logging.getLogger("parlour.stripe")
AVAILABLE = find_spec("stripe") is not None
"""Whether the extra `stripe` is installed."""

TOLERANCE = 300
"""Seconds a signature is good for, as Stripe itself has it."""

TIMEOUT = 10
"""Seconds Stripe may take to answer."""

DONE = {"checkout.session.completed", "checkout.session.async_payment_succeeded"}
FAILED = {"checkout.session.async_payment_failed", "checkout.session.expired"}

_ALIKE = frozenset({"ISK", "UGX"})
"""Currencies that Stripe counts in hundredths although they have none."""

_WHOLE = frozenset({"MGA"})
"""Currencies that Stripe counts without the hundredths they have."""

_TENS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""Currencies of thousandths, of which Stripe takes tens."""


@cache
def library():
    """Load the library when it is first needed."""
    return import_module("stripe")


def settings():
    """Give what the tenant at hand has set."""
    own = current().settings.features["stripe"].settings
    return SimpleNamespace(key=own.get("key") or "", webhook=own.get("webhook") or "",
                           account=own.get("account") or "", currencies=tuple(own.get("currencies") or ()))


def _minor(amount, currency):
    """Give an amount as Stripe counts it (docs.stripe.com/currencies)."""
    return amount * 100 if currency in _ALIKE else amount // 100 if currency in _WHOLE else amount


def _ours(amount, currency):
    return amount // 100 if currency in _ALIKE else amount * 100 if currency in _WHOLE else amount


def takes(amount, currency):
    """Say whether Stripe can collect an amount to the last unit."""
    return amount % (100 if currency in _WHOLE else 10 if currency in _TENS else 1) == 0


def ready(currency):
    """Say whether it can be used: library, key and signing secret are there, and it takes the currency."""
    own = settings()
    if own.key and not AVAILABLE:
        log.warning("Cards by Stripe need the extra 'stripe': pip install 'parlour[stripe]'")
    return bool(AVAILABLE and own.key and own.webhook) and (not own.currencies or currency in own.currencies)


def _elsewhere():
    """Give the address of a stand-in on this very machine (tests), by PARLOUR_STRIPE; keys go nowhere else."""
    given = os.environ.get("PARLOUR_STRIPE", "")
    return given if urlsplit(given).hostname in ("127.0.0.1", "localhost", "::1") else ""


def client():
    """Give Stripe's client with the tenant's key."""
    stripe, own, elsewhere = library(), settings(), _elsewhere()
    return stripe.StripeClient(own.key, stripe_account=own.account or None, max_network_retries=1,
                               base_addresses={"api": elsewhere} if elsewhere else None,
                               http_client=stripe.RequestsClient(timeout=TIMEOUT))


def begin(charge):
    """Begin a Checkout session, the same for the same key however often it is asked for."""
    marks = {"key": charge.key, "tenant": charge.tenant}
    made = client().v1.checkout.sessions.create({
        "mode": "payment", "client_reference_id": charge.key, "metadata": marks,
        "payment_intent_data": {"metadata": marks, "description": charge.title[:200]},
        "line_items": [{"quantity": 1, "price_data": {
            "currency": charge.currency.lower(), "unit_amount": _minor(charge.amount, charge.currency),
            "product_data": {"name": charge.title[:200]}}}],
        "success_url": charge.back, "cancel_url": charge.cancel,
        **({"customer_email": charge.email} if charge.email else {})},
        options={"idempotency_key": f"parlour-{charge.key}"})
    parts = urlsplit(made.url or "")
    if parts.scheme != "https" and not (_elsewhere() and made.url.startswith(_elsewhere())):
        raise ValueError("Stripe gave an address that is not https.")
    return Way(url=made.url, reference=made.id)


def ask(_charge, reference):
    """Ask how a session stands."""
    found = client().v1.checkout.sessions.retrieve(reference)
    return _told(found, f"asked:{found.id}:{found.status}:{found.payment_status}",
                 "failed" if found.status == "expired" else "")


def hear(body, headers):
    """Check an event's signature over its raw bytes, its age and its account; give what it says.

    Raises Refused where it is not genuine, old, or of another account or mode.
    """
    stripe, own = library(), settings()
    if not own.webhook:
        raise Refused
    try:
        event = stripe.Webhook.construct_event(body, headers.get("stripe-signature", ""), own.webhook,
                                               tolerance=TOLERANCE)
    except (ValueError, stripe.SignatureVerificationError) as error:
        raise Refused from error
    if (getattr(event, "account", None) or "") != own.account or bool(event.livemode) == own.key.startswith(
            ("sk_test_", "rk_test_")):
        raise Refused
    found, kind = event.data.object, str(event.type)
    if kind in DONE | FAILED:
        told = _told(found, event.id, "failed" if kind in FAILED else "")
        return [told] if told else []
    return _later(found, event.id, kind)


def _mark(found, name):
    """Give what we wrote on a thing of Stripe's, "" where it is not ours."""
    marks = getattr(found, "metadata", None)
    return str(marks[name]) if marks and name in marks else ""


def _told(session, event, what):
    """Say what a Checkout session says: paid, failed, or nothing yet (None)."""
    key = _mark(session, "key")
    if (not what and session.payment_status != "paid") or not key or key != session.client_reference_id:
        return None
    currency = str(session.currency or "").upper()
    amount = _ours(int(session.amount_total or 0), currency)
    return Report(what or "paid", event, key, _mark(session, "tenant"), amount, currency, str(session.id),
                  "It was not paid, or its time ran out." if what else "")


def _later(found, event, kind):
    """Say what an event says about a charge that was paid before: it went back, or is disputed."""
    what = {"charge.refunded": "refunded", "charge.dispute.created": "disputed"}.get(kind)
    if not what or not _mark(found, "key"):
        return []
    currency, amount = str(found.currency).upper(), found.amount_refunded if what == "refunded" else found.amount
    amount = _ours(int(amount), currency)
    return [Report(what, event, _mark(found, "key"), _mark(found, "tenant"), amount, currency)]
