"""The card of the home page: the articles that help most people."""

from parlour import piece

from . import reading


def draw():
    """Draw featured and popular articles, or what to do where there are none."""
    featured, popular, recent = reading.front()
    return piece("kb/panel.html", rows=list({one.id: one for one in [*featured, *popular, *recent]}.values())[:5])
