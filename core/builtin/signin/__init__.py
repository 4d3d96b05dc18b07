"""Signing in and out."""

from flask import Blueprint

from parlour import hook

from .views import blueprint


@hook
def routes() -> Blueprint:
    """Give the pages of signing in and out."""
    return blueprint
