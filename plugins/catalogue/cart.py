"""The cart: what somebody wants and how many, never at what price; it waits in the browser or on the server.

Who is not signed in keeps it in a cookie, which is only believed as far as products, options and quantities go.
With the first page after signing in it is added to the cart that waits on the server.
"""

import base64
import hashlib
import json
import zlib
from contextlib import suppress
from dataclasses import dataclass

from flask import after_this_request, g, request

from parlour import Invalid, Record, current, fetch, money, session, unsent, visible

from . import prices

COOKIE, PLACE, KEPT = "parlour_cart", "catalogue/cart", 60 * 86_400
MOST, LONGEST, MUCH = 100, 3_500, 1_000_000


@dataclass(frozen=True)
class Want:
    """A product's number, the options chosen as ((name, choice), ...) and how many, as exact text."""

    number: int
    quantity: str
    options: tuple = ()


@dataclass(frozen=True)
class Place:
    """One line of the cart as it is now: `product` is None where it is not offered (to them) any more."""

    want: Want
    product: object
    line: dict
    wrong: str = ""

    @property
    def amount(self):
        """What the line comes to, in minor units."""
        return money.line(money.Item(*(self.line[name] for name in ("price", "quantity", "tax", "discount"))))


def wants():
    """Give what is in the cart of whoever asks."""
    if "catalogue_cart" not in g:
        g.catalogue_cart = _of_person() if current().person is not None else _read(request.cookies.get(COOKIE, ""))
    return g.catalogue_cart


def _of_person():
    """Give the cart on the server, with what the browser carried before they signed in."""
    mine = _load(unsent.find(PLACE).get("cart", ""))
    carried = _read(request.cookies.get(COOKIE, ""))
    if carried and current().viewer is None:
        mine = merged(mine, carried)
        keep(mine)
    return mine


def keep(found):
    """Keep a cart: on the server for people, in the browser for guests."""
    g.catalogue_cart = tuple(found[:MOST])
    written = json.dumps([[one.number, one.quantity, one.options] for one in g.catalogue_cart])
    if current().person is None:
        packed = base64.urlsafe_b64encode(zlib.compress(written.encode(), 9)).decode()
        _send("" if not found or len(packed) > LONGEST else packed)
        return len(packed) <= LONGEST
    unsent.keep(PLACE, {"cart": written if found else ""})
    if COOKIE in request.cookies:
        _send("")
    return True


def _send(value):
    @after_this_request
    def answer(response):
        response.set_cookie(COOKIE, value, max_age=KEPT if value else 0, httponly=True, samesite="Lax",
                            secure=session.secure(), path="/")
        return response


def _read(packed):
    """Read a guest's cart; one that is none is empty. What it unpacks to is bounded."""
    if not packed or len(packed) > LONGEST:
        return ()
    with suppress(ValueError, zlib.error):
        return _load(zlib.decompressobj().decompress(base64.urlsafe_b64decode(packed), 50_000).decode())
    return ()


def _load(written):
    found = []
    with suppress(ValueError, TypeError, LookupError, RecursionError):
        for number, quantity, options in json.loads(written or "[]")[:MOST]:
            with suppress(money.figures.Unfit):
                if type(number) is int and 0 < number <= money.MOST:  # 1e999 is a number, too
                    found.append(Want(number, quantity_of(quantity), tuple(
                        (str(name)[:80], str(choice)[:80]) for name, choice in options[:20])))
    return tuple(found)


def quantity_of(text):
    """Read a quantity as exact text. Raises Unfit for what is no number above 0, or too large."""
    exact = money.figures.exact(str(text), 3)
    if not 0 < money.exact(exact) <= MUCH:
        raise money.figures.Unfit("too_small" if money.exact(exact) <= 0 else "too_large_number")
    return exact


def merged(first, second):
    """Put two carts together: the same thing twice is one line with both quantities."""
    found = {(one.number, one.options): one for one in first}
    for one in second:
        same = found.get((one.number, one.options))
        total = money.exact(one.quantity) + (money.exact(same.quantity) if same else 0)
        quantity = money.figures.exact(money.Decimal(total.numerator) / money.Decimal(total.denominator), 3)
        found[one.number, one.options] = Want(one.number, quantity, one.options)
    return tuple(found.values())


def places():
    """Give the lines of the cart as they are now, at the prices of whoever asks: all products by one question."""
    rows = fetch(visible("product", "view", anywhere=True).where(
        Record.number.in_([want.number for want in wants()]))) if wants() else []
    known = {row.number: row for row in rows}
    return [place_of(want, known.get(want.number)) for want in wants()]


def place_of(want, product):
    """Look at one line of a cart with its product, which came through the door (or None), at today's price."""
    if product is None or product.state != prices.OFFERED:
        return Place(want, None, {})
    try:
        line = prices.line(product, want.quantity, want.options)
    except Invalid:
        return Place(want, None, {})
    return Place(want, product, line, unfit(product, want.quantity))


def whole(product):
    """Say whether a product is sold in whole numbers alone."""
    return all(money.exact(one or "1").denominator == 1 for one in (product.least, product.step))


def unfit(product, quantity):
    """Say why a quantity of a product cannot be ordered: "least", "step" or ""."""
    wanted, least, step = (money.exact(one) for one in (quantity, product.least or "1", product.step or "1"))
    if wanted < least:
        return "least"
    return "step" if step > 0 and (wanted % step) else ""


def changed():
    """Say inside a transaction whether another tab has put something else into the cart since it was read here."""
    now = unsent.find(PLACE).get("cart", "")
    return bool(now) and _load(now) != wants()


def hold():
    """Take the cart off the server inside a transaction; False where somebody was faster: it is ordered once."""
    return unsent.drop(PLACE)


def mark(said):
    """Name what somebody looks at before they order it, with what delivery costs and the terms they agree to."""
    own = prices.settings()
    seen = [said, own.get("delivery"), own.get("terms"), own.get("tax")]
    return hashlib.sha256(json.dumps(seen, sort_keys=True, default=dict).encode()).hexdigest()[:20]


def told(found):
    """Give what a cart's lines tell an order: only what can be ordered, in one currency, with its totals."""
    ready = [one for one in found if one.product is not None and not one.wrong]
    currency = ready[0].product.currency if ready else str(current().settings.value("currency"))
    lines = [one.line for one in ready if one.product.currency == currency]
    said = prices.settings()
    return {"lines": lines, "currency": currency, "included": bool(said.get("included")),
            "rounding": said.get("rounding", "line")}


def totals(said, shipping=0):
    """Give what an order of this comes to, by the same arithmetic as the order itself."""
    items = [money.Item(one["price"], one["quantity"], one["tax"], one["discount"]) for one in said["lines"]]
    tax = prices.settings().get("tax", "0")
    return money.totals([*items, money.Item(shipping, 1, tax)], per=said["rounding"], included=said["included"])
