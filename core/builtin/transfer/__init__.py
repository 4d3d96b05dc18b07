"""Import and export in the browser, and the pages of every long act: preview, progress, result."""

from flask import Blueprint

from parlour import hook

from . import importing, leaving, runs


@hook
def routes() -> list[Blueprint]:
    """Give the pages of imports, of exports, and of what is under way."""
    return [importing.blueprint, leaving.blueprint, runs.blueprint]
