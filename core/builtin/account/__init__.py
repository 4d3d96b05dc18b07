"""One's own account: details, password, sessions; and one's company, for those who look after it."""

from flask import Blueprint

from parlour import hook

from . import company as company
from . import confirm, passkeys, second, security, views


@hook
def routes() -> list[Blueprint]:
    """Give the pages of the account."""
    return [views.blueprint, security.blueprint, confirm.blueprint, second.blueprint, passkeys.blueprint,
            company.blueprint]
