"""Coming in: signing in and out, a forgotten password, registering, accepting an invitation."""

from flask import Blueprint

from parlour import hook

from . import invite, passkey, recover, register, second, views


@hook
def routes() -> list[Blueprint]:
    """Give the pages of coming in."""
    return [views.blueprint, second.blueprint, passkey.blueprint, recover.blueprint, register.blueprint,
            invite.blueprint]
