"""One act on many people, companies or records: chosen ones, or all that a list shows."""

from collections.abc import Iterable

from flask import Blueprint

from parlour import Act, hook

from . import companies, people, views


@hook
def routes() -> Blueprint:
    """Give the pages that ask what is to be done."""
    return views.blueprint


@hook
def acts() -> Iterable[Act]:
    """Give what can be done to people and companies."""
    return [*people.ACTS, *companies.ACTS]
