"""One box over everything a person may see, grouped by kind; and what people look for."""

from flask import Blueprint

from parlour import Job, hook

from .answers import answers
from .insights import forget, insights
from .views import blueprint


@hook
def routes() -> list[Blueprint]:
    """Give the search pages."""
    return [blueprint, answers, insights]


@hook
def jobs() -> list[Job]:
    """Forget old searches."""
    return [Job("forget", every=86_400, call=forget)]
