"""Modules made in the browser: a document drawn up by forms or as text, looked at, published, removed."""

from collections.abc import Iterable

from flask import Blueprint

from parlour import hook

from .designing import blueprint as designing
from .publishing import blueprint as publishing
from .views import blueprint as pages


@hook
def routes() -> Iterable[Blueprint]:
    """Give the pages."""
    return pages, designing, publishing
