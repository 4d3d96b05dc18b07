"""The tenant's own words and wishes about orders, read once per configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from parlour import N_, current
from parlour import gettext as _

UNDONE, DONE = ("open", "in_progress", "waiting"), ("resolved", "closed")
RANK = {"open": 0, "in_progress": 1, "waiting": 1, "resolved": 2, "closed": 3}
"""An order goes on and never back; only what is not done can be cancelled."""

STATUSES = {
    "placed": {"label": N_("Placed"), "category": "open"},
    "confirmed": {"label": N_("Confirmed"), "category": "in_progress"},
    "shipped": {"label": N_("Shipped"), "category": "in_progress"},
    "delivered": {"label": N_("Delivered"), "category": "resolved"},
    "cancelled": {"label": N_("Cancelled"), "category": "closed"},
}
CARRIERS = {
    "dhl": {"label": "DHL", "link": "https://www.dhl.de/en/privatkunden.html?piececode={number}"},
    "ups": {"label": "UPS", "link": "https://www.ups.com/track?tracknum={number}"},
    "fedex": {"label": "FedEx", "link": "https://www.fedex.com/fedextrack/?trknbr={number}"},
    "dpd": {"label": "DPD", "link": "https://tracking.dpd.de/parcelstatus?query={number}"},
}
PAYMENTS = {"open": N_("To be paid"), "partly": N_("Partly paid"), "paid": N_("Paid"), "refunded": N_("Refunded")}
PAID = {"open": "open", "partly": "in_progress", "paid": "resolved", "refunded": "closed"}
LINES = {
    "status": N_("%(who)s set this to “%(to)s”"), "shipped": N_("%(who)s shipped this: %(to)s"),
    "changed": N_("%(who)s changed the order; it comes to %(to)s now"),
    "cancelled": N_("%(who)s cancelled the order"), "payment": N_("Payment: %(to)s"),
}
"""What a soft line in the conversation says; `to` is a word of the tenant's, looked up when it is shown."""


@dataclass(frozen=True, eq=False)
class Terms:
    """What one version of a tenant's configuration says about orders; `internal` names fields for staff only."""

    statuses: Mapping
    carriers: Mapping
    columns: tuple
    shown: tuple
    when_shipped: str
    rounding: str
    included: bool
    currency: str
    fields: Mapping
    internal: frozenset

    def status(self, state, category="open"):
        """Say a status in the tenant's words; one the tenant has dropped, as the nearest it has."""
        return _(self.statuses[state if state in self.statuses else self.first(category)]["label"])

    def first(self, category):
        """Give the tenant's first status of a category, or the nearest there is."""
        for wanted in (category, "open" if category == "in_progress" else "closed"):
            for key, one in self.statuses.items():
                if one["category"] == wanted:
                    return key
        return next(iter(self.statuses))

    def meaning(self, state):
        """Give the category a status stands for."""
        return self.statuses[state]["category"]

    def choices(self):
        """Give the statuses as (key, word)."""
        return [(key, self.status(key)) for key in self.statuses]

    def next(self, order):
        """Give the statuses an order may get now, as (key, word)."""
        return [(key, word) for key, word in self.choices() if key != order.state and may_go(
            order.category, self.meaning(key))]

    def carrier(self, key):
        """Give the name of a carrier."""
        return self.carriers[key]["label"] if key in self.carriers else key

    def follow(self, order):
        """Give the address where an order's parcel can be followed, "" where nobody knows one."""
        link = self.carriers.get(order.carrier, {}).get("link", "")
        return link.replace("{number}", quote(order.tracking, safe="")) if link and order.tracking else ""

    def payment(self, key):
        """Say where the payment stands."""
        return _(PAYMENTS.get(key, key))

    def shows(self, what):
        """Say whether whoever asks sees a part of an order."""
        return current().is_staff or what in self.shown

    def line(self, entry):
        """Say what happened, from an event of the conversation, in the reader's language."""
        what, to = entry.data.get("what", ""), str(entry.data.get("to", ""))
        say = {"status": self.status, "payment": self.payment}.get(what, str)
        if what not in LINES:
            return entry.body
        return _(LINES[what], who=entry.author_name or _("The portal"), to=say(to))


def may_go(before, after):
    """Say whether an order of one category may get to another: on, never back; cancelled only while it runs."""
    if before == "closed" or (before == "resolved" and after == "closed"):
        return False
    return RANK[after] >= RANK[before]


def terms():
    """Give what the tenant at hand has configured."""
    return current().settings.once(read)


def read(settings):
    """Read a tenant's settings of one version."""
    given, internal = settings.features["orders"].settings, set()
    statuses = given.get("statuses") or STATUSES
    fields = {name: {"label": field} if isinstance(field, str) else dict(field)
              for name, field in (given.get("fields") or {}).items()}
    internal.update(name for name, field in fields.items() if field.get("internal"))
    shipped = given.get("when_shipped") or "shipped"
    return Terms(
        statuses=statuses, carriers=given.get("carriers") or CARRIERS, columns=tuple(given.get("columns") or ()),
        shown=tuple(given.get("shown") or ()), when_shipped=shipped if shipped in statuses else "",
        rounding=given.get("rounding", "line"), included=bool(given.get("included")),
        currency=str(settings.value("currency")), fields=fields, internal=frozenset(internal))


def open_fields(order):
    """Give what customers see of an order's own fields."""
    said = terms()
    return {name: value for name, value in (order.fields or {}).items()
            if name in said.fields and name not in said.internal and not said.fields[name].get("hidden")}
