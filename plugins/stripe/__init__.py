"""Cards by Stripe: a charge becomes a Checkout session; what Stripe reports is checked before it is believed."""

from parlour import N_, Provider, hook

from . import checkout


@hook
def payments():
    """Give the way to pay."""
    return Provider("stripe", N_("card"), ready=checkout.ready, begin=checkout.begin, hear=checkout.hear,
                    ask=checkout.ask, order=10, takes=checkout.takes)
