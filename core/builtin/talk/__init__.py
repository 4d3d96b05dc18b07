"""Posts on any record: votes, reports, changes, approval; following a record; texts that are not sent yet."""

from typing import Any

from parlour import hook

from . import beside, views


@hook
def routes() -> Any:
    """Give the pages and acts."""
    return [views.blueprint, beside.blueprint]
