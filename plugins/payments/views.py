"""Pages of payments: the ways to pay what was chosen, receipts, what providers report, what staff writes down."""

from functools import lru_cache

from flask import Blueprint, make_response, request

import parlour
from parlour import (
    Conflict,
    Invalid,
    ParlourError,
    Record,
    current,
    find,
    forms,
    late,
    money,
    paging,
    redirect,
    render,
    requires,
)
from parlour import gettext as _

from . import paying
from .models import PENDING, REVIEW, STATES, Payment

blueprint = Blueprint("payments", __name__)
MOST_HEARD = 262_144
"""Bytes of what a provider sends; real ones have some thousands."""

BESIDE = forms.load({"type": "object", "properties": {
    "day": {"type": "string", "format": "date", "title": parlour.N_("It came on")},
    "reference": {"type": "string", "title": parlour.N_("Reference"), "maxLength": 140,
                  "description": parlour.N_("As it stands on your bank statement.")}}}, id="payments.create")


def common():
    """Give what every template of payments asks for."""
    return {"label": paying.label, "path": paying.path, "show": money.show, "states": STATES,
            "may": lambda action: parlour.granted(current(), f"payments.{action}") != "none"}


@lru_cache(maxsize=256)
def _form(currency, rows):
    return forms.load({"type": "object", "properties": forms.custom({
        name: {"type": "money", "currency": currency, "label": said, "required": True} for name, said in rows})},
        id="payments.amounts")


def amounts_of(found):
    """Give the form of amounts for what was chosen."""
    return _form(found[0][1].currency, tuple(
        (paying.field(row), f"{paying.label(row)} · {row.title}") for row, _owed, _amount in found))


def filled(found):
    """Give that form, filled with the amounts as they are."""
    return amounts_of(found).bind({paying.field(row): amount for row, _owed, amount in found})


def typed(found):
    """Give the amounts typed into it, as number -> minor units. Raises Invalid."""
    values = amounts_of(found).clean(request.form)
    return {paying.label(row): values[paying.field(row)] or 0 for row, _owed, _amount in found}


def _settled(error):
    """Lead back where there is nothing to pay, and say why."""
    return redirect(parlour.links.local(request.values.get("next")), message=str(error), kind="info")


@blueprint.get("/pay")
@requires("payments.pay")
def choose():
    """Show what the chosen records come to, and how they can be paid."""
    try:
        return _ways(paying.chosen(request.args.getlist("pick")))
    except Conflict as error:
        return _settled(error)


def _ways(found, bound=None, status=200):
    total, currency = sum(amount for _row, _owed, amount in found), found[0][1].currency
    numbers = ", ".join(paying.label(row) for row, _owed, _amount in found)
    seen = parlour.Charge("", current().slug, total, currency, numbers, numbers)
    ways, unfit = paying.providers(total, currency)
    return render("payments/pay.html", block="ways", status=status, found=found, total=total, currency=currency,
                  form=bound or filled(found), away=[one for one in ways if one.away], partial=paying.partial(),
                  told=[(one, one.begin(seen)) for one in ways if not one.away],
                  unfit=[paying.cannot(one, total, currency) for one in unfit], **common())


@blueprint.post("/pay")
@requires("payments.pay")
def pay():
    """Begin to pay with a provider, or show the sum of other amounts."""
    picked = request.values.getlist("pick")
    try:
        found = paying.chosen(picked)
        try:
            found = paying.parted(found, typed(found)) if paying.partial() else found
        except Invalid as error:
            return _ways(found, amounts_of(found).bind(request.form, error.errors), 422)
    except Conflict as error:
        return _settled(error)
    if request.form.get("_draw"):
        return _ways(found)
    try:
        return _go(paying.start(found, request.form.get("provider", "")))
    except Invalid:
        return _ways(found, status=422)  # which says it, and offers the others


def _go(payment):
    try:
        paying.lead(payment)
    except ParlourError as error:
        return redirect(paying.path(payment), message=str(error), kind="warn")
    return redirect(f"{paying.path(payment)}?go=1")


@blueprint.get("/payments")
@requires("payments.view")
def listing():
    """Show payments, the last first."""
    state = request.args.get("show", "")
    state = state if state in (PENDING, REVIEW) else ""
    columns = (Record.id, Record.kind, Record.number, Record.title, Record.company, Record.person, Record.state,
               Record.category, Record.touched, Payment.amount, Payment.currency, Payment.day, Payment.provider)
    page = paging.page("payment", ("payments", bool(state)), lambda query: query.where(
        Record.state == late("state", state)) if state else query, columns=columns, state=state)
    return render("payments/list.html", block="results", page=page, state=state, address=paging.address,
                  **common())


def _show(row, wrong="", status=200):
    way = current().registry.providers.get(row.provider)
    tones = {"received": "good", "pending": "info", "review": "warn"}
    known = parlour.begin.find_many(number for number, _amount in row.wanted)
    parts = [(number, known.get(number), amount) for number, amount in row.wanted]
    return render("payments/payment.html", status=status, payment=row, parts=parts, wrong=wrong,
                  tone=tones.get(row.state, "neutral"),
                  way=_(way.label) if way else _("Recorded by our team"), **common())


@blueprint.get("/payments/<number>")
@requires("payments.view")
def show(number):
    """Show a payment: its receipt; on the way to a provider and back, where it goes on."""
    row, back = find("payment", number), request.args.get("back") == "1"
    if row.state == PENDING and back and current().viewer is None:
        paying.ask(row)
        row = find("payment", number)
    answer = _show(row)
    if row.state == PENDING and row.url and request.args.get("go") == "1":
        answer.headers["Refresh"] = f"0; url={row.url}"  # a form may not lead away from here; a page may
    elif row.state == PENDING and back:
        answer.headers["Refresh"] = "5"
    return answer


@blueprint.post("/payments/<number>/again")
@requires("payments.pay")
def again(number):
    """Try once more to reach the provider of a payment that is under way."""
    return _go(find("payment", number, "pay"))


@blueprint.post("/payments/<number>/use")
@requires("payments.create")
def use(number):
    """Use what a payment still holds for one more record."""
    row = find("payment", number, "create")
    try:
        return redirect(paying.path(paying.use(number, request.form.get("pick", ""))), message=_("Booked."))
    except Invalid as error:
        return _show(row, error.errors[0].message, 422)
    except Conflict as error:
        return _show(row, str(error), 409)


@blueprint.post("/payments/hooks/<name>")
@requires("payments.hear")
def hear(name):
    """Take what a provider reports, signed. Nothing that is not genuine has any effect."""
    if (request.content_length or 0) > MOST_HEARD:
        return make_response("", 413)
    headers = {key.lower(): value for key, value in request.headers.items()}
    try:
        paying.hear(name, request.get_data(cache=False), headers)
    except parlour.Refused:
        return make_response("", 400)
    return make_response("", 200)


@blueprint.route("/payments/record", methods=["GET", "POST"])
@requires("payments.create")
def record():
    """Write down money that came another way, for one or several records."""
    numbers = request.values.getlist("pick")
    found = [(row, owed, owed.amount) for row, owed in paying.several(numbers, "record") if owed.amount]
    if not found:
        return _settled(_("Choose what is still open."))
    bound, facts, status, wrong = filled(found), BESIDE.bind({"day": paying.today()}), 200, ""
    if request.method == "POST":
        try:
            made = paying.record(numbers, typed(found), BESIDE.clean(request.form))
            return redirect(paying.path(made), message=_("Written down. The customer gets a receipt."))
        except Invalid as error:
            bound, facts = (form.bind(request.form, error.errors) for form in (amounts_of(found), BESIDE))
            status = 422
        except Conflict as error:
            status, wrong = 409, str(error)
    return render("payments/record.html", status=status, found=found, form=bound, facts=facts, wrong=wrong,
                  **common())
