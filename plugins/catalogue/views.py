"""What customers meet: the catalogue, a product, the cart, ordering what is in it."""

from flask import Blueprint, request

import parlour
from parlour import (
    Invalid,
    Record,
    addresses,
    begin,
    current,
    find,
    forms,
    granted,
    paging,
    redirect,
    render,
    requires,
)
from parlour import gettext as _
from parlour import search as words

from . import cart, prices, selling
from .models import Product

blueprint = Blueprint("catalogue", __name__)
_COLUMNS = (Record.id, Record.kind, Record.number, Record.title, Record.state, Record.category, Record.touched,
            Record.audience, Product.sku, Product.text, Product.unit, Product.shelf,
            Product.currency, Product.price, Product.prices, Product.options, Product.tax, Product.least,
            Product.step)


def common():
    """Give what every template of the catalogue asks for."""
    return {"path": parlour.links.of, "seen": prices.seen(), "price_of": prices.plain_price,
            "in_cart": len(cart.wants()), "edits": granted(current(), "catalogue.edit") != "none",
            "shelves": prices.settings().get("categories") or {}, "figures": parlour.money}


@blueprint.get("/catalogue")
@requires("catalogue.view")
def listing():
    """Show what is offered to whoever asks, by category and words."""
    text, shelf = request.args.get("q", "").strip()[:200], request.args.get("category", "")
    terms = [Record.state == prices.OFFERED] if not _resting() else [Record.state == prices.RESTING]
    terms += [Product.shelf == shelf] if shelf in (prices.settings().get("categories") or {}) else []
    terms += [words.matches("product", text)] if text else []
    page = paging.page_of(parlour.visible("product", "view", *_COLUMNS).where(*terms), most=24)
    return render("catalogue/list.html", block="results", page=page, text=text, shelf=shelf, resting=_resting(),
                  address=paging.address, **common())


def _resting():
    return request.args.get("show") == "resting" and granted(current(), "catalogue.edit") != "none"


def choose_form(product):
    """Make the form that asks how many, and for each option."""
    spec = {f"option{at}": {"type": "choice", "label": option["name"], "required": True,
                             "default": "0", "options": {
        str(place): _priced(choice, product) for place, choice in enumerate(option["choices"])}}
        for at, option in enumerate(product.options or ())}
    least, whole = product.least or "1", cart.whole(product)
    spec["quantity"] = {"type": "quantity", "label": _("Quantity"), "required": True, "default": least,
                        "min": int(least) if whole else 0.001, "max": cart.MUCH, "decimals": 0 if whole else 3}
    return forms.load({"type": "object", "properties": forms.custom(spec)}, id="catalogue.choose")


def _priced(choice, product):
    label, extra = choice
    if not int(extra) or not prices.seen():
        return label
    sign = "+" if int(extra) > 0 else "−"
    return f"{label} ({sign}{parlour.money.show(abs(int(extra)), product.currency)})"


def _show(product, bound, status=200):
    return render("catalogue/product.html", block="product", status=status, product=product, form=bound,
                  number=begin.number(product), **common())


@blueprint.get("/catalogue/<number>")
@requires("catalogue.view")
def show(number):
    """Show one product."""
    product = find("product", number)
    if product.state != prices.OFFERED and granted(current(), "catalogue.edit") == "none":
        raise parlour.NotFound
    return _show(product, choose_form(product).bind({"quantity": product.least or "1"}))


@blueprint.post("/catalogue/<number>/add")
@requires("catalogue.view")
def add(number):
    """Put a product into the cart, with the options and the quantity chosen."""
    product = find("product", number)
    if product.state != prices.OFFERED:
        raise parlour.NotFound
    form = choose_form(product)
    try:
        want = _want(product, form.clean(request.form))
    except Invalid as error:
        return _show(product, form.bind(request.form, error.errors), 422)
    if not cart.keep(cart.merged(cart.wants(), (want,))):
        return redirect(parlour.links.of(product), kind="warn", message=_(
            "Your cart is full. Sign in, and it holds more."))
    return redirect("/catalogue/cart", message=_("%(what)s is in your cart.", what=product.title))


def _want(product, values):
    """Turn what was chosen into a line of the cart. Raises Invalid."""
    options = tuple((option["name"], option["choices"][int(values[f"option{at}"])][0])
                    for at, option in enumerate(product.options or ()))
    prices.surcharges(product, options)
    selling.check(product, values["quantity"], "quantity")
    return cart.Want(product.number, values["quantity"], options)


ONWARD = {"order": "/catalogue/order", "sign-in": "/sign-in?next=/catalogue/cart"}
"""Where the cart's buttons lead once what was typed is kept."""


@blueprint.route("/catalogue/cart", methods=["GET", "POST"])
@requires("catalogue.view")
def basket():
    """Show the cart; change quantities, where 0 takes a line out."""
    if request.method == "GET":
        return _basket()
    found, wrong = [], ""
    for at, want in enumerate(cart.wants()):
        typed = request.form.get(f"quantity{at}", want.quantity).strip()
        if request.form.get("remove") == str(at) or typed in ("", "0"):
            continue
        try:
            value = parlour.money.figures.number(typed, parlour.language.current())
            found.append(cart.Want(want.number, cart.quantity_of(format(value, "f")), want.options))
        except parlour.money.figures.Unfit:
            wrong = _("Write how many as a number above 0.")
            found.append(want)
    cart.keep(cart.merged((), found))
    if wrong:
        return _basket(422, wrong)
    onward = ONWARD.get(request.form.get("act", ""))
    return redirect(onward) if onward else redirect("/catalogue/cart", stay=True)


def _basket(status=200, wrong=""):
    found = cart.places()
    said = cart.told(found)
    staff, may = current().is_staff, bool(begin.takes("order")) and granted(current(), "catalogue.order") != "none"
    fit = said["lines"] and all(one.product is not None and not one.wrong for one in found)
    return render("catalogue/cart.html", block="cart", status=status, wrong=wrong, places=found, said=said,
                  totals=cart.totals(said), may_order=may, ready=may and fit and not staff, **common())


def _order_form(said):
    """Make the form of an order: where to, how, their number for it, a word."""
    book, spec, brought = _book(), selling.ways(said), selling.brought_if()
    if book:
        spec["address"] = {"type": "choice", "label": _("Deliver to"), "required": True, "if": brought,
                           "default": next(iter(book)),
                           "options": {key: text for key, (text, _row) in book.items()}}
    spec["written"] = {"type": "longtext", "label": _("Another address") if book else _("Deliver to"),
                       "max_length": 1000, "required": True,
                       "if": brought | ({"address": "other"} if book else {})}
    spec |= {"reference": {"label": _("Your purchase order number"), "max_length": 80},
             "message": {"type": "longtext", "label": _("Anything we should know?"), "max_length": 5000},
             **selling.consent()}
    return forms.load({"type": "object", "properties": forms.custom(spec)}, id="catalogue.order"), book


def _book():
    """Give the addresses of the company one orders for: key -> (one line, row); "other" to write one."""
    company = prices.buyer().company
    found = {row.public_id: (f"{row.label} · {', '.join(addresses.written(row))}", row)
             for row in addresses.of(company)} if company is not None else {}
    return found | {"other": (_("Another address"), None)} if found else {}


@blueprint.route("/catalogue/order", methods=["GET", "POST"])
@requires("catalogue.order")
def order():
    """Order what is in the cart: the order's own plugin computes it anew, once however often it is sent."""
    found = cart.places()
    said = cart.told(found)
    orders = begin.takes("order")
    if not said["lines"] or any(one.wrong or one.product is None for one in found) or not orders:
        return redirect("/catalogue/cart")
    if parlour.behalf.companies(orders.permission):
        return redirect("/catalogue/cart", kind="warn", message=_(
            "You belong to several companies. Choose at the top for which one you order."))
    form, book = _order_form(said)
    bound = form.bind(None)
    if request.method == "POST":
        try:
            made = _place(said, form.clean(request.form), book, request.form.get("mark"))
            return redirect(parlour.links.of(made), message=_("Thank you. Your order %(number)s has arrived.",
                                                              number=begin.number(made)))
        except Invalid as error:
            bound = form.bind(request.form, error.errors)
    return render("catalogue/order.html", status=422 if request.method == "POST" else 200, form=bound, said=said,
                  totals=cart.totals(said), places=found, mark=cart.mark(said),
                  terms=prices.settings().get("terms", ""), **common())


def _changed():
    return Invalid([parlour.FieldError("", _(
        "The cart or its prices changed since you looked. Have a look, then order."), "changed")])


def _place(said, values, book, looked):
    """Place the order and empty the cart, in one transaction. Raises Invalid."""
    if looked != cart.mark(said):
        raise _changed()
    row = book.get(values.get("address") or "", ("", None))[1]
    with parlour.transaction():
        if cart.changed():
            raise _changed()
        if not cart.hold():
            raise Invalid([parlour.FieldError("", _("This was ordered a moment ago."), "done")])
        made = begin.place("order", {
            **said, **selling.brought(said, values.get("delivery")),
            "reference": values["reference"], "message": values["message"],
            "address": "\n".join([*addresses.written(row), row.country]) if row is not None
            else values.get("written") or ""})
        cart.keep(())
        return made


@blueprint.route("/catalogue/again", methods=["GET", "POST"])
@requires("catalogue.order")
def again():
    """Show what an earlier order would be at today's prices; put it into the cart."""
    about = begin.find(request.values.get("about"))
    if about is None:
        raise parlour.NotFound
    lines = [one for one in begin.told(about).get("lines") or () if not one.get("shipping")]
    found = _same_again(lines[:cart.MOST])
    if request.method == "POST":
        cart.keep(cart.merged(cart.wants(), [place.want for _line, place in found if place]))
        return redirect("/catalogue/cart", message=_("What can be ordered again is in your cart."))
    return render("catalogue/again.html", found=found, about=about, number=begin.number(about),
                  more=len(lines) - len(found), **common())


def _same_again(lines):
    """Find each line's product by its article number, as it is offered to whoever asks: (line, place or None)."""
    skus = {one["sku"] for one in lines if one.get("sku")}
    rows = parlour.fetch(parlour.visible("product", "view", *_COLUMNS).where(
        Product.sku.in_(list(skus)), Record.state == prices.OFFERED).limit(5 * cart.MOST)) if skus else []
    offered = {row.sku: row for row in rows}
    found = []
    for one in lines:
        product = offered.get(one.get("sku"))
        options = tuple(tuple(pair) for pair in one.get("options") or ())
        place = cart.place_of(cart.Want(product.number, one["quantity"], options), product) if product else None
        found.append((one, place if place is not None and place.product is not None else None))
    return found
