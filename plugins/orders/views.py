"""Pages of orders: the list, one order with its lines and conversation, and what the team does with it."""

from flask import Blueprint, request

import parlour
from parlour import begin, behalf, current, find, granted, paging, redirect, render, requires
from parlour import gettext as _

from . import detail, forms, lists, service, terms

blueprint = Blueprint("orders", __name__)


def shop():
    """Give the address where whoever asks chooses what to order, of the feature that sells; "" without one."""
    sells = begin.takes("order", form=True)
    return sells.form if sells and granted(current(), "orders.create") != "none" else ""


@blueprint.get("/orders")
@requires("orders.view")
def listing():
    """Show the orders one may see, the newest first; a search looks through all."""
    text, view, wanted, conditions = lists.chosen(request.args)
    page = lists.search(text, *conditions) if text or wanted else lists.page(("list", view), *conditions)
    staff = current().is_staff
    columns = [one for one in terms.terms().columns if one != "requester" or granted(
        current(), "orders.view") != "own"]
    keys = {row.company_id for row in page.rows if row.company_id} if "company" in columns else ()
    return render(
        "orders/list.html", block="results", page=page, text=text, view=view, columns=columns, staff=staff,
        filters=lists.filters(), chosen=[word for word, _term in wanted.values()], args=request.args,
        companies={row.id: row.name for row in parlour.people.companies(keys)} if keys else {}, shop=shop(),
        works=staff and granted(current(), "orders.work") != "none", **detail.common(), address=paging.address,
        cleared=paging.address(**dict.fromkeys(lists.filters(), ""), q=""),
        mistakes=forms.mistakes() if staff and current().me.role == "admin" else ())


@blueprint.route("/orders/new", methods=["GET", "POST"])
@requires("orders.create")
def new():
    """Write an order for a customer, as staff; customers go to where things are chosen."""
    if not current().is_staff:
        return redirect(shop() or "/orders", kind="info", message="" if shop() else _(
            "Orders are written by our team. Tell us what you need."))
    if granted(current(), "orders.edit") == "none":
        raise parlour.Refused
    form = forms.new_form(terms.terms(), staff=True, companies=detail.companies())
    about = begin.find(request.values.get("about"))
    if request.method == "GET":
        given = behalf.about(about) | request.args.to_dict()
        return _form(form.bind({name: value for name, value in given.items() if name in form.names}), about=about)
    try:
        order = service.by_staff(form.clean(request.form), about)
    except parlour.Invalid as error:
        return _form(form.bind(request.form, error.errors), 422, about=about)
    return redirect(detail.path(order), message=_("Done. The customer is told."))


def _form(bound, status=200, order=None, about=None):
    return render("orders/edit.html", status=status, form=bound, order=order, about=about,
                  path=detail.path(order) if order else "",
                  currency=order.currency if order else terms.terms().currency)


@blueprint.get("/orders/<number>")
@requires("orders.view")
def show(number):
    """Show one order."""
    return detail.show(find("order", number))


@blueprint.route("/orders/<number>/edit", methods=["GET", "POST"])
@requires("orders.edit")
def edit(number):
    """Change an order that is not confirmed yet, as staff."""
    order = find("order", number, "edit")
    form = forms.edit_form(terms.terms(), order.currency)
    try:
        service.changeable(order)
        if request.method == "GET":
            return _form(form.bind(forms.values(order)), order=order)
        service.edit(order, form.clean(request.form))
    except parlour.Invalid as error:
        return _form(form.bind(request.form, error.errors), 422, order)
    except parlour.Conflict as error:
        return detail.show(find("order", number), status=409, wrong=str(error))
    return redirect(detail.path(order), message=_("Saved."))


@blueprint.post("/orders/<number>/work")
@requires("orders.work")
def work(number):
    """Set status, payment or shipment: whatever the form holds."""
    order, form = find("order", number, "work"), forms.work_form(terms.terms())
    try:
        service.work(order, form.clean(request.form, partial=True))
    except parlour.Invalid as error:
        typed = form.bind({"payment": order.payment, **request.form.to_dict()}, error.errors)
        return detail.show(order, status=422, work=typed)
    except parlour.Conflict as error:
        return detail.show(find("order", number), status=409, wrong=str(error))
    return redirect(detail.path(order), stay=True)


@blueprint.post("/orders/<number>/cancel")
@requires("orders.cancel")
def cancel(number):
    """Cancel one's own order while it is not confirmed."""
    order = find("order", number, "cancel")
    try:
        service.cancel(order)
    except parlour.Conflict as error:
        return detail.show(find("order", number), status=409, wrong=str(error))
    return redirect(detail.path(order), message=_("The order is cancelled."))


def _write(number, verb, **kept):
    """Take a message or note; what was refused stays in its field, with what to do."""
    order = find("order", number)
    try:
        values = forms.REPLY.clean(request.form, request.files)
        verb(order, values["body"], parlour.attach.receive(values["attachments"]))
    except parlour.Invalid as error:
        return detail.show(order, status=422, error=error.errors[0].message, **kept)
    return redirect(detail.path(order), stay=True)


@blueprint.post("/orders/<number>/reply")
@requires("orders.reply")
def reply(number):
    """Write a message."""
    return _write(number, service.reply, body=request.form.get("body", ""))


@blueprint.post("/orders/<number>/note")
@requires("orders.note")
def note(number):
    """Write a note for the team."""
    return _write(number, service.note)


def recent():
    """Draw the card of the home page: a customer's newest orders, for the team what waits to be confirmed."""
    rows = lists.newest() if not current().is_staff else lists.waiting()
    return parlour.piece("orders/recent.html", rows=rows, staff=current().is_staff, shop=shop(), **detail.common())
