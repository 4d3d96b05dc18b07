"""What search engines may read: the pages that are open to everybody, in all their languages."""

from flask import Blueprint

from parlour import hook

from .views import blueprint


@hook
def routes() -> Blueprint:
    """Give robots.txt and sitemap.xml."""
    return blueprint
