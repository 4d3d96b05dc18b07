"""Signing in and out."""

from parlour import hook

from .views import blueprint


@hook
def routes():  # noqa: ANN201
    """Give the pages of signing in and out."""
    return blueprint
