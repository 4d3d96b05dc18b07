"""Making one of two records: for every kind that says how (`Kind.merge`)."""

from collections.abc import Iterable

from flask import Blueprint

from parlour import hook

from .views import blueprint


@hook
def routes() -> Iterable[Blueprint]:
    """Give the pages."""
    return [blueprint]
