"""Catalogue: products with options, at the prices of each company, and a cart that becomes an order."""

from parlour import N_, Begin, Demo, Kind, Nav, hook

from . import api, demo_content, desk, prices, selling, views
from .models import Product


@hook
def kinds():
    """Give the record kind `product`."""
    return [Kind(name="product", plural="products", prefix="PRD", title="Product", titles=N_("Products"),
                 body=Product, href="/catalogue/{number}", icon="tag", create=api.create, update=api.update,
                 shape=api.shape, words=api.words, narrow=api.narrow, fields=api.SHAPE, gives=selling.told,
                 new="/catalogue/new", note_permission="catalogue.edit",
                 states=lambda: {prices.OFFERED: N_("Offered"), prices.RESTING: N_("Not offered")})]


@hook
def routes():
    """Give the pages of customers and of staff."""
    return [desk.blueprint, views.blueprint]


@hook
def navigation():
    """Give the entry. What lies in the cart is said on the catalogue's own pages: others need not ask for it."""
    return [Nav(N_("Catalogue"), "/catalogue", "catalogue.view", "shopping-cart", order=35)]


@hook
def begins():
    """Say where one orders what is sold; offer to order again what an earlier order held."""
    return [Begin("catalogue.sell", "order", N_("Order this"), "catalogue.view", form="/catalogue",
                  needs=("sells",), of=("product",), icon="shopping-cart"),
            Begin("catalogue.again", "product", N_("Order again"), "catalogue.order", form="/catalogue/again",
                  needs=("lines", "currency"), of=("order",), icon="rotate-ccw", order=20)]


@hook
def imports():
    """Give what an import can make."""
    return api.taken()


@hook
def demo():
    """Give the demo content."""
    return [Demo(demo_content.fill, order=35)]
