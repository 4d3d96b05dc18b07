"""Finished pieces of pages: a macro drawn once for the same values, tenant, language and look, then kept."""

from __future__ import annotations

from typing import Any

from jinja2.runtime import Macro
from markupsafe import Markup

from core.data import scope
from core.look import language

MOST = 3_000_000
"""Characters that one of the two generations holds; when the younger is full, the older is let go."""


class Pieces:
    """What is drawn already. A piece that is asked for again moves on into the younger generation."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._young: dict[Any, Markup] = {}
        self._old: dict[Any, Markup] = {}
        self._size = 0

    def find(self, key: Any) -> Markup | None:
        """Give a piece, or None where it has to be drawn."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self.keep(key, found)
        return found

    def keep(self, key: Any, html: Markup) -> None:
        """Keep a piece; many threads may do so at once, and at worst draw one twice."""
        if self._size > MOST:
            self._old, self._young, self._size = self._young, {}, 0
        self._young[key] = html
        self._size += len(html)


pieces = Pieces()


def kept(macro: Macro, values: tuple[Any, ...], *rest: Any) -> Markup:
    """Give a macro called with `values` and `rest`, drawn where the same values were not drawn before.

    In templates: `{{ kept(rows.one, (row, flag), policy) }}`.
    The macro comes from an imported template (one per look: a theme's other one is another macro) and shows
    nothing but `values`, which are compared as a whole, `rest`, which follows from the tenant's configuration
    alone, and texts and times in the reader's language and time zone. So a piece never goes stale and never shows
    what a query did not give to whoever asks now: other values, another version of the configuration, another
    class of person, language or time zone are another piece. Values that cannot be compared are drawn each time.
    """
    who = scope.active()
    reader = None if who is None else (who.settings.serial, who.is_staff, who.time_zone)
    key = (macro, values, language.current(), reader)
    try:
        html = pieces.find(key)
    except TypeError:  # there is a dict or a list among the values
        return Markup(macro(*values, *rest))  # noqa: S704 - templates escape
    if html is None:
        html = Markup(macro(*values, *rest))  # noqa: S704 - templates escape
        pieces.keep(key, html)
    return html
