"""The settings of a portal: every key of its configuration on a page, reviewed, saved, undone."""

from collections.abc import Iterable

from flask import Blueprint

from parlour import hook

from .views import blueprints


@hook
def routes() -> Iterable[Blueprint]:
    """Give the pages of the settings."""
    return blueprints
