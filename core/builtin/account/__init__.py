"""One's own account: details, password, sessions."""

from flask import Blueprint

from parlour import Mail, hook

from . import address, confirm, passkeys, second, security, views
from .mails import MAILS


@hook
def routes() -> list[Blueprint]:
    """Give the pages of the account."""
    return [views.blueprint, address.blueprint, security.blueprint, confirm.blueprint, second.blueprint,
            passkeys.blueprint]


@hook
def mails() -> tuple[Mail, ...]:
    """Give the letters admins may word."""
    return MAILS
