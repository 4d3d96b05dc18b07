"""The settings of a portal: its name, its features, the versions of its configuration."""

from flask import Blueprint

from parlour import N_, Nav, hook

from .views import blueprint


@hook
def routes() -> Blueprint:
    """Give the pages of the settings."""
    return blueprint


@hook
def navigation() -> list[Nav]:
    """Give the groups; other plugins add theirs in the same area."""
    return [Nav(N_("General"), "/settings/general", "settings.change", "sliders-horizontal", "settings", 10),
            Nav(N_("Features"), "/settings/features", "settings.change", "toggle-right", "settings", 20),
            Nav(N_("Versions"), "/settings/versions", "settings.change", "history", "settings", 90)]
