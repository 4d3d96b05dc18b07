"""Plugins: what is there, what runs, what failed."""

from flask import Blueprint

from parlour import hook

from .views import blueprint


@hook
def routes() -> Blueprint:
    """Give the admin's page about plugins."""
    return blueprint
