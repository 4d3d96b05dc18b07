"""The cards of the home page: where somebody wrote last, and what the team has to look at."""

from parlour import current, piece, talking

from . import reading, views


def draw():
    """Draw the latest topics, or what to do where there are none."""
    return piece("forums/panel.html", rows=reading.newest(5), **views.common())


def waiting():
    """Draw what waits for the team; nothing where nothing does."""
    count = talking.waiting() if current().is_staff else 0
    return piece("forums/waiting.html", count=count) if count else None
