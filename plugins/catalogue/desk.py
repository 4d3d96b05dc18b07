"""What staff does: add products, change them and their prices."""


from flask import Blueprint, request

import parlour
from parlour import FieldError, Invalid, current, find, forms, money, redirect, render, requires
from parlour import gettext as _

from . import prices

blueprint = Blueprint("catalogue_desk", __name__)
AUDIENCES = ("public", "customers", "staff")


def form_of(settings, currency, _language):
    """Make the form of a product, with a price per list; kept per configuration and language."""
    said = settings.features["catalogue"].settings
    price = {"type": "quantity", "decimals": 6, "min": 0, "max": 10_000_000}
    some = {"type": "quantity", "min": 0.001, "max": 1_000_000, "default": "1"}
    lists = {f"list_{key}": {**price, "label": _("Price for %(list)s (%(currency)s)", list=one["label"],
                                                 currency=currency)}
             for key, one in (said.get("price_lists") or {}).items()}
    shelves = {"category": {"type": "choice", "label": _("Category"), "options": dict(said["categories"])}} \
        if said.get("categories") else {}
    return forms.load({"type": "object", "properties": forms.custom({
        "title": {"label": _("Name"), "required": True, "max_length": 200},
        "sku": {"label": _("Article number"), "required": True, "max_length": 80},
        **shelves,
        "text": {"type": "longtext", "label": _("Description"), "max_length": 10_000},
        "price": {**price, "label": _("Price of one (%(currency)s)", currency=currency), "required": True},
        **lists,
        "tax": {"type": "quantity", "label": _("Tax in percent"), "min": 0, "max": 100},
        "unit": {"label": _("Unit"), "max_length": 40, "placeholder": _("box of 20")},
        "least": {**some, "label": _("Order at least")}, "step": {**some, "label": _("In steps of")},
        "options": {"type": "rows", "label": _("Options"), "max_rows": 60, "help": _(
            "One row for each choice: “Size”, “Large”, and what it costs more."), "fields": {
            "name": {"label": _("Option"), "required": True, "max_length": 60},
            "choice": {"label": _("Choice"), "required": True, "max_length": 60},
            "extra": {"type": "money", "label": _("Surcharge"), "currency": currency}}},
        "audience": {"type": "choice", "label": _("Who sees it"), "required": True, "default": "customers",
                     "options": {"public": _("Everybody"), "customers": _("People who are signed in"),
                                 "staff": _("Only our team")}},
        "offered": {"type": "checkbox", "label": _("Can be ordered"), "default": True}})}, id="catalogue.product")


def _form(currency=""):
    said = current().settings
    return said.once(form_of, currency or str(said.value("currency")), parlour.language.current())


def _values(product):
    def major(text):
        return money.plain(text, product.currency)
    return {"title": product.title, "sku": product.sku, "text": product.text, "unit": product.unit,
            "category": product.shelf, "tax": product.tax, "price": major(product.price),
            "least": product.least, "step": product.step, "audience": product.shown or product.audience,
            "offered": product.state == prices.OFFERED,
            "options": [{"name": option["name"], "choice": choice, "extra": int(extra)}
                        for option in product.options or () for choice, extra in option["choices"]],
            **{f"list_{key}": major(text) for key, text in (product.prices or {}).items()}}


def body_of(values, currency):
    """Give a product's body from what its form, or a program, says. Raises Invalid."""
    options = {}
    for one in values.get("options") or ():
        if any("," in one[name] or ":" in one[name] or "(" in one[name] for name in ("name", "choice")):
            raise Invalid([FieldError("options", _("Options are named without commas, colons and brackets."),
                                      "characters")])
        options.setdefault(one["name"], {})[one["choice"]] = int(one.get("extra") or 0)
    lists = {name.removeprefix("list_"): money.fine(value, currency) for name, value in values.items()
             if name.startswith("list_") and value}
    return {"sku": values["sku"], "text": values.get("text") or "", "unit": values.get("unit") or "",
            "shelf": values.get("category") or "", "tax": values.get("tax") or "",
            "price": money.fine(values["price"], currency), "prices": lists, "least": values.get("least") or "1",
            "step": values.get("step") or "1", "shown": values.get("audience") or "customers",
            "options": [{"name": name, "choices": [list(pair) for pair in choices.items()]}
                        for name, choices in options.items()]}


def facts_of(values):
    """Give a product's record from what its form says: what is not offered, our team alone sees."""
    offered = values.get("offered", True)
    return {"title": values["title"], "audience": (values.get("audience") or "customers") if offered else "staff",
            "state": prices.OFFERED if offered else prices.RESTING, "category": "open" if offered else "closed"}


@blueprint.route("/catalogue/new", methods=["GET", "POST"])
@requires("catalogue.create")
def new():
    """Add a product."""
    form, bound = _form(), None
    if request.method == "POST":
        try:
            values, currency = form.clean(request.form), str(current().settings.value("currency"))
            product = parlour.add("product", **facts_of(values), body={
                **body_of(values, currency), "currency": currency})
            return redirect(parlour.links.of(product), message=_("Saved."))
        except Invalid as error:
            bound = form.bind(request.form, error.errors)
    return render("catalogue/edit.html", status=422 if bound else 200, form=bound or form.bind(), product=None,
                  action="/catalogue/new", back="/catalogue")


@blueprint.route("/catalogue/<number>/edit", methods=["GET", "POST"])
@requires("catalogue.edit")
def edit(number):
    """Change a product; what was ordered before keeps what it said."""
    product, bound = find("product", number, "edit"), None
    form = _form(product.currency)
    if request.method == "POST":
        try:
            values = form.clean(request.form)
            parlour.change("product", product.id, "edit", body=body_of(values, product.currency),
                           **facts_of(values))
            return redirect(parlour.links.of(product), message=_("Saved."))
        except Invalid as error:
            bound = form.bind(request.form, error.errors)
    back = parlour.links.of(product)
    return render("catalogue/edit.html", status=422 if bound else 200, form=bound or form.bind(_values(product)),
                  product=product, action=f"{back}/edit", back=back)
