"""Articles and categories for tests, written through the plugin's own verbs as an agent."""

from __future__ import annotations

import sys
from typing import Any

from core.data import people


def kb(module: str = "service") -> Any:
    """Give a module of the loaded plugin."""
    return sys.modules[f"parlour_plugins.kb.{module}"]


class Library:
    """Writes into one tenant of a portal."""

    def __init__(self, inside: Any, slug: str = "acme") -> None:
        self.inside, self.slug = inside, slug

    def scope(self) -> Any:
        """Work as the tenant's system."""
        return self.inside.scope(self.slug)

    def category(self, title: str, *, wanted: str = "public", companies: tuple[str, ...] = (),
                 parent: Any = None, **more: Any) -> Any:
        """Make a category."""
        with self.scope():
            return kb().add_category(title, wanted=wanted, parent=parent.id if parent else None,
                                     companies=[people.company(name).id for name in companies], **more)

    def article(self, title: str, text: str = "Some *text*.", *, wanted: str = "public",
                companies: tuple[str, ...] = (), category: Any = None, language: str = "en",
                published: bool = True, **more: Any) -> Any:
        """Write an article and publish it."""
        with self.scope():
            row = kb().create(title, language=language, wanted=wanted, shelf=category.id if category else None,
                              companies=[people.company(name).id for name in companies], **more)
            number = kb().write(row, language, {"title": title, "source": text, "summary": f"About {title}"})
            return kb().show(row, language, number) if published else row

    def translate(self, row: Any, language: str, title: str, text: str, **more: Any) -> Any:
        """Publish a translation."""
        with self.scope():
            number = kb().write(row, language, {"title": title, "source": text})
            return kb().show(row, language, number, **more)
