"""Coming in: signing in and out, a forgotten password, registering, accepting an invitation."""

from flask import Blueprint

from parlour import Mail, hook

from . import invite, passkey, recover, register, second, views
from .mails import MAILS


@hook
def routes() -> list[Blueprint]:
    """Give the pages of coming in."""
    return [views.blueprint, second.blueprint, passkey.blueprint, recover.blueprint, register.blueprint,
            invite.blueprint]


@hook
def mails() -> tuple[Mail, ...]:
    """Give the letters admins may word."""
    return MAILS
