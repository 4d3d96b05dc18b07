"""Canned answers: written once by the team, put into replies on any record, never seen by customers."""

from collections.abc import Iterable

from flask import Blueprint

from parlour import Import, hook

from .imports import IMPORT
from .views import blueprint


@hook
def routes() -> Iterable[Blueprint]:
    """Give the pages."""
    return [blueprint]


@hook
def imports() -> Iterable[Import]:
    """Give what an import can make."""
    return [IMPORT]
