"""The bell, the preferences behind it, the way out of mails, and what the outbox could not do."""

from flask import Blueprint

from parlour import hook

from .choosing import choosing
from .outbox import outbox
from .views import blueprint


@hook
def routes() -> list[Blueprint]:
    """Give the pages of notifications."""
    return [blueprint, choosing, outbox]
