"""Companies: the customers of a tenant, for staff, for their own admins, and for the people who belong to them."""

from flask import Blueprint

from parlour import hook

from . import book, details, listing, look, mine, page, place, seeing, uniting


@hook
def routes() -> list[Blueprint]:
    """Give the pages of companies."""
    return [one.blueprint for one in (place, mine, details, book, listing, page, seeing, look, uniting)]
