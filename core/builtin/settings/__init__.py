"""The settings of a portal: its name, its features, the versions of its configuration."""

from flask import Blueprint

from parlour import hook

from .views import blueprint


@hook
def routes() -> Blueprint:
    """Give the pages of the settings."""
    return blueprint
