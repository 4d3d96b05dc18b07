"""People, teams and the audit log, for those who look after them."""

from flask import Blueprint

from parlour import hook

from . import acts, choosing, eyes, log, one, person, teams, views


@hook
def routes() -> list[Blueprint]:
    """Give the pages of staff; teams and suggestions come first, so that no person can be called that."""
    return [teams.blueprint, choosing.blueprint, views.blueprint, acts.blueprint, person.blueprint, log.blueprint,
            one.blueprint, eyes.blueprint]
