"""The verbs of orders: the only place that writes them, each publishing what happened."""

import parlour
from parlour import begin, behalf, conversation, current, find, lines, money, people, publish, transaction
from parlour import gettext as _

from . import forms, reckoning
from .models import OrderLine
from .terms import UNDONE, may_go, terms


def desk():
    """Give who has to know of an order on our side: all of the team."""
    return [row.id for row in people.people(staff=True, active=True)]


def write(party, given, *, currency, said, message="", origin="portal", about=None, name=""):
    """Place an order: what its lines come to is computed here. Give its row. Raises Invalid.

    `said` holds reference, due, way, deliver, bill, shipping (minor units), shipping_tax, per, included, fields.
    """
    whole, sums = reckoning.reckon(given, shipping=said.get("shipping", 0), per=said["per"],
                                   shipping_tax=said.get("shipping_tax", "0"), included=said["included"])
    if not whole:
        raise parlour.Invalid([parlour.FieldError("lines", _("Order at least one thing."), "required")])
    state = terms().first("open")
    with transaction():
        order = parlour.add(
            "order", title=reckoning.title(whole), company=party.company, person=party.person, state=state,
            category=terms().meaning(state), fields=said.get("fields", {}),
            body={**sums, "currency": currency, "origin": origin, "reference": said.get("reference", ""),
                  "due": said.get("due") or "", "way": said.get("way", ""), "deliver": said.get("deliver", ""),
                  "bill": said.get("bill", "")})
        lines.add_all("order", order.id, OrderLine, "create", whole)
        first = conversation.add_entry(order, message, origin=origin).public_id if message else ""
        if about is not None:
            begin.link(order, about, name)
        _tell(order, party, first)
        return order


def _tell(order, party, message):
    """Say that an order has arrived: to whoever placed it, to whom it was placed for, and to the team."""
    told = _sums(order)
    mine = current().person is not None and party.person == current().me.id
    publish("orders.placed" if mine else "orders.placed_for", order, **told, message=message)
    if not current().is_staff:
        publish("orders.arrived", order, **told, message=message)


def _sums(order, most=30):
    """Give what a letter says of an order: what it comes to, and its first lines."""
    rows = reckoning.of(order)
    said = [f"{money.formats.format_quantity(one.quantity)} × {one.text}: "
            f"{money.show(one.total if order.included else one.net, order.currency)}" for one in rows[:most]]
    more = [_("and %(count)s more", count=len(rows) - most)] if len(rows) > most else []
    return {"total": money.show(order.total, order.currency), "summary": said + more,
            "shown": list(terms().shown)}


def place(row, said):
    """Place an order from what another plugin tells: an accepted quote, a cart. Raises Invalid, Refused.

    Whoever is signed in orders for themselves; where they act for a customer (staff), it is whose the other is.
    """
    if row is not None:
        party = behalf.Party(row.person_id if current().is_staff else current().me.id, row.company_id)
    else:
        party = said.get("party") or behalf.chosen({"company": said.get("company", "")}, "orders.create")
    try:
        given = [reckoning.plain(one) for one in said["lines"]]
    except money.figures.Unfit as error:
        raise parlour.Invalid([parlour.FieldError("lines", _("A line of this cannot be ordered."), "format")]) \
            from error
    return write(party, given, currency=said["currency"], origin=said.get("origin", "portal"),
                 message=said.get("message", ""), said={
                     "reference": said.get("reference", ""), "due": said.get("due", ""),
                     "way": said.get("way", ""), "deliver": said.get("address", ""), "bill": said.get("bill", ""),
                     "shipping": said.get("shipping", 0), "shipping_tax": said.get("shipping_tax", "0"),
                     "per": said.get("rounding") or terms().rounding, "included": bool(said.get("included"))})


def told(order):
    """Give what an order tells a record that begins from it: an invoice, a question, the same order again."""
    rows = [_told_line(one, order) for one in reckoning.of(order)]
    if order.shipping:
        rows.append({"sku": "", "text": _("Shipping"), "quantity": "1", "price": str(order.shipping),
                      "discount": "0", "tax": order.shipping_tax, "shipping": True})
    return {"lines": rows, "currency": order.currency, "included": order.included, "rounding": order.rounding,
            "reference": order.reference, "address": order.bill or order.deliver}


def _told_line(one, order):
    """Give one line as others take it; at a price finer than a cent, as one of what it comes to."""
    said = reckoning.given(one)
    if "." in one.price:
        amount = one.total if order.included else one.net
        said |= {"text": f"{one.quantity} × {one.text}", "quantity": "1", "price": str(amount), "discount": "0"}
    return said


def open_from(source):
    """Take an order from a program: staff says prices, customers what of what is offered. Raises Invalid."""
    if current().is_staff:
        values = forms.new_form(terms(), staff=True, companies=behalf.companies("orders.create")).clean(source)
        return by_staff(values)
    wanted = dict(source)
    given = {name: wanted.pop(name) for name in ("delivery", "agreed") if name in wanted}
    return place(None, _wanted(forms.wanted(wanted), given))


def _wanted(values, given):
    """Turn products and quantities that a program names into what an order is: who sells them says so."""
    found, sellers = [], {}
    for at, one in enumerate(values["lines"]):
        row = begin.find(one["product"])
        said = begin.told(row) if row is not None else {}
        if not said.get("sells"):
            raise parlour.Invalid([parlour.FieldError(f"lines.{at}.product", _("This cannot be ordered here."),
                                                      "unknown")])
        chosen = tuple((pair["name"], pair["choice"]) for pair in one["options"])
        found.append((row, one["quantity"], chosen))
        sellers[said["currency"], row.kind] = said["sells"]
    if len(sellers) > 1:
        wrong = parlour.FieldError("lines", _("Order what has one currency at a time."), "currency")
        raise parlour.Invalid([wrong])
    party = behalf.chosen({"company": values.get("company") or ""}, "orders.create")
    (sell,) = sellers.values()
    return {**values, **sell(found, given, party.identifier), "party": party, "origin": "api"}


def by_staff(values, about=None):
    """Write an order for a customer as the team's form says it. Raises Invalid."""
    policy = terms()
    given, said = forms.taken(values, policy.currency)
    party = behalf.chosen(values, "orders.create")
    return write(party, given, currency=policy.currency, message=values.get("message") or "", about=about,
                 origin="api" if current().channel == "api" else "staff",
                 said={**said, "per": policy.rounding, "included": policy.included})


def changeable(order):
    """See that an order can still be changed. Raises Conflict."""
    if order.category != "open":
        raise parlour.Conflict(_("This order is confirmed and cannot be changed any more."))


def edit(order, values):
    """Change an order that is not confirmed yet, as staff. Raises Invalid, Conflict."""
    with transaction():
        order = find("order", order.number, "edit", hold=True)
        changeable(order)
        given, said = forms.taken(values, order.currency)
        whole, sums = reckoning.reckon(
            reckoning.same(given, order), shipping=said["shipping"], shipping_tax=said["shipping_tax"],
            per=order.rounding, included=order.included)
        lines.remove("order", order.id, OrderLine, "edit")
        lines.add_all("order", order.id, OrderLine, "edit", whole)
        made = parlour.change(
            "order", order.id, "edit", title=reckoning.title(whole), fields=said["fields"],
            version=int(values["version"]) if str(values.get("version")).isdecimal() else None,
            body={**sums, "reference": said["reference"], "due": said["due"], "deliver": said["deliver"],
                  "bill": said["bill"]})
        told = _sums(made)
        conversation.add_entry(made, "", kind="event", data={"what": "changed", "to": told["total"]})
        publish("orders.changed", made, **told)
        return made


def update_from(order, source):
    """Change an order as a program says: staff its status, payment or shipment. Raises Invalid, Conflict."""
    values = forms.work_form(terms()).clean(source, partial=True)
    return work(order, values)


def work(order, values):
    """Set status, payment or shipment, whichever is given; give the order as it is. Raises Invalid, Conflict."""
    with transaction():
        order = find("order", order.number, "work", hold=True)
        if values.get("tracking") or values.get("carrier"):
            order = _ship(order, values)
        if values.get("status") and values["status"] != order.state:
            order = _move(order, values["status"], "work")
        if values.get("payment") and values["payment"] != order.payment:
            order = pay(order, values["payment"])
        return order


def pay(order, payment):
    """Set where the payment of an order stands, and say so."""
    order = parlour.change("order", order.id, "work", body={"payment": payment})
    conversation.add_entry(order, "", kind="event", data={"what": "payment", "to": payment})
    publish("orders.paid", order, payment=payment)
    return order


def _move(order, state, action):
    policy = terms()
    if state not in policy.statuses or not may_go(order.category, policy.meaning(state)):
        raise parlour.Conflict(_("An order that is “%(status)s” cannot become “%(wanted)s”.", wanted=policy.status(
            state), status=policy.status(order.state, order.category)))
    before, after = order.state, policy.meaning(state)
    order = parlour.change("order", order.id, action, state=state, category=after)
    gone = after == "closed"
    conversation.add_entry(order, "", kind="event", data={"what": "cancelled" if gone else "status", "to": state})
    if gone:
        publish("orders.cancelled", order, people=desk() if action == "cancel" else [])
    elif state != policy.when_shipped:
        publish("orders.status", order, **{"from": before, "to": state, "word": policy.status(state)})
    return order


def _ship(order, values):
    """Note a shipment: carrier, number and day; an order that is confirmed goes on to shipped."""
    policy = terms()
    if order.category not in UNDONE:
        raise parlour.Conflict(_("This order is done; nothing more is shipped with it."))
    sent = values.get("sent") or parlour.today().isoformat()
    order = parlour.change("order", order.id, "work", body={
        "carrier": values.get("carrier") or "", "tracking": values.get("tracking") or "", "sent": sent})
    parcel = " ".join(filter(None, (policy.carrier(order.carrier), order.tracking)))
    conversation.add_entry(order, "", kind="event", data={"what": "shipped", "to": parcel})
    publish("orders.shipped", order, parcel=parcel, link=policy.follow(order))
    wanted = policy.when_shipped if not values.get("status") else ""
    if wanted and order.state != wanted and may_go(order.category, policy.meaning(wanted)):
        order = _move(order, wanted, "work")
    return order


def cancel(order):
    """Let a customer cancel what is not confirmed. Raises Conflict."""
    with transaction():
        order = find("order", order.number, "cancel", hold=True)
        if order.category != "open":
            raise parlour.Conflict(_("This order is confirmed. Write us below, and we see what can be done."))
        if any(one.kind.owes for one in begin.related(order) if not one.origin):
            raise parlour.Conflict(_("There is an invoice for this order. Write us below, and we see to both."))
        return _move(order, terms().first("closed"), "cancel")


def reply(order, body, files=()):
    """Write a message on an order."""
    with transaction():
        order = find("order", order.number, "reply")
        message = conversation.add_entry(order, body)
        parlour.attach.keep(order, files, message=message)
        publish("orders.replied", order, message=message.public_id, people=[] if current().is_staff else desk())
        return order


def note(order, body, files=()):
    """Write an internal note: only staff ever sees it or hears of it."""
    with transaction():
        order = find("order", order.number, "note")
        message = conversation.add_entry(order, body, internal=True)
        parlour.attach.keep(order, files, message=message, internal=True)
        publish("orders.noted", order, people=desk())
        return order


def reply_from(order, source):
    """Write what a program sent; staff may send `internal`. Raises Invalid."""
    wanted = dict(source)
    internal = wanted.pop("internal", False) if current().is_staff else False
    if not isinstance(internal, bool):
        raise parlour.Invalid([parlour.FieldError("internal", _("Send true or false."), "type")])
    body = forms.REPLY.clean(wanted)["body"]
    return note(order, body) if internal else reply(order, body)
