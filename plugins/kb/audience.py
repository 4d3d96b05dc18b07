"""Who an article is for: what staff chose, narrowed by its category, written on the record for the door."""

import parlour
from parlour import Record, fetch, visible

from .models import ARCHIVED, DRAFT, PUBLISHED, Article, Category

WIDTH = ("public", "customers", "company", "staff")
"""Audiences of articles and categories, the widest first."""

MEANING = {DRAFT: "in_progress", PUBLISHED: "open", ARCHIVED: "closed"}
"""What the host takes an article's state for."""


def narrower(one, other):
    """Give what is left where two audiences both hold; each is (word, keys of companies)."""
    if "company" in (one[0], other[0]) and "staff" not in (one[0], other[0]):
        chosen = [set(companies) for word, companies in (one, other) if word == "company"]
        left = sorted(set.intersection(*chosen))
        return ("company", left) if left else ("staff", [])
    return max(one, other, key=lambda audience: WIDTH.index(audience[0]))


def own(row):
    """Give the audience staff chose for an article or a category."""
    return row.wanted, list(row.companies) if row.wanted == "company" else []


def of_categories(rows):
    """Give what is left of each category's audience below those it stands in, by key."""
    by_key, found = {row.id: row for row in rows}, {}

    def give(key, depth):
        row = by_key.get(key)
        if row is None or depth > len(by_key):
            return "staff", []  # a category that is gone, or stands in itself, hides what is in it
        if key not in found:
            above = give(row.parent, depth + 1) if row.parent else ("public", [])
            found[key] = narrower(own(row), above)
        return found[key]

    for key in by_key:
        give(key, 0)
    return found


def of_article(state, chosen, category, categories):
    """Give an article's audience: nobody but staff until it is published, and never more than its category."""
    if state != PUBLISHED:
        return "staff", []
    return narrower(chosen, categories.get(category, ("staff", [])) if category else ("public", []))


def categories():
    """Give every category with its own audience."""
    return fetch(visible("kb_category", "edit", Record.id, Record.audience, Record.shared, Category.parent,
                         Category.wanted, Category.companies))


def as_written(audience):
    """Give an audience as columns of a record."""
    return {"audience": audience[0], "shared": audience[1]}


def settle():
    """Write anew what changed of every category's and article's audience, inside the caller's transaction."""
    rows = categories()
    left = of_categories(rows)
    for row in rows:
        _write("kb_category", row, left[row.id])
    articles = fetch(visible("article", "edit", Record.id, Record.state, Record.audience, Record.shared,
                             Article.shelf, Article.wanted, Article.companies))
    for row in articles:
        _write("article", row, of_article(row.state, own(row), row.shelf, left))


def _write(kind, row, audience):
    if (row.audience, [int(key) for key in row.shared.split()]) != (audience[0], sorted(audience[1])):
        parlour.change(kind, row.id, "edit", **as_written(audience))
