"""Tags: which there are, who may use them, and which stand on a topic."""

import re

from peewee import fn

import parlour
from parlour import FieldError, Invalid, Record, current, fetch, lines, richtext, visible
from parlour import gettext as _

from .models import Tag, Tagged

MOST = 5
_COLUMNS = (Record.id, Record.number, Record.title, Tag.slug, Tag.description, Tag.team)


def slug_of(text):
    """Write a tag as it stands in addresses: letters of any script, digits and hyphens."""
    return re.sub(r"[_-]+", "-", richtext.anchor(text)).strip("-")[:40]


def known():
    """Give all tags by slug, by name."""
    return {row.slug: row for row in fetch(visible("forum_tag", "view", *_COLUMNS).order_by(Record.title))}


def names(slugs):
    """Give the names of tags; one that is gone keeps its slug."""
    found = known() if slugs else {}
    return [(slug, found[slug].title if slug in found else slug) for slug in slugs]


def offered():
    """Give the tags whoever asks may choose, as (slug, name)."""
    return [(slug, row.title) for slug, row in known().items() if current().is_staff or not row.team]


def chosen(words, before=()):
    """Give the slugs of the tags somebody wants; staff makes new ones by using them. Raises Invalid.

    What only the team may use stays where it stands already.
    """
    found, slugs = known(), list(dict.fromkeys(filter(None, map(slug_of, words))))
    if len(slugs) > MOST:
        raise Invalid([FieldError("tags", _("Choose at most %(most)s tags.", most=MOST), "too_many")])
    for word in words:
        slug = slug_of(word)
        if slug and slug not in found and current().is_staff:
            add(word.strip(), slug)
        elif slug and (slug not in found or (found[slug].team and slug not in before and not current().is_staff)):
            raise Invalid([FieldError("tags", _("There is no tag “%(name)s”.", name=word), "unknown")])
    return slugs


def add(name, slug, *, description="", team=False, created=None):
    """Make a tag and give its row."""
    with parlour.system("forums: a new tag"):
        return parlour.add("forum_tag", title=name[:80], audience="public", state="open",
                           body={"slug": slug, "description": description, "team": team},
                           **({"created": created} if created else {}))


def keep(topic, slugs):
    """Write which tags stand on a topic, inside the caller's transaction."""
    with parlour.system("forums: tags of a topic"):
        lines.remove("topic", topic.id, Tagged, "moderate")
        for slug in slugs:
            lines.add("topic", topic.id, Tagged, "moderate", slug=slug)
        if list(topic.tags) != list(slugs):
            parlour.change("topic", topic.id, "moderate", touched=topic.touched, body={"tags": list(slugs)})


def counts(most=200):
    """Give the tags that stand on topics whoever asks may see: (tag, how many), the most used first."""
    number = fn.COUNT(Tagged.id).alias("n")
    query = lines.visible("topic", Tagged, "view", Tagged.slug, number).group_by(Tagged.slug)
    used = {row.slug: row.n for row in fetch(query)}
    return sorted(((row, used.get(slug, 0)) for slug, row in known().items()),
                  key=lambda pair: (-pair[1], pair[0].title))[:most]


def carrying(slug):
    """Give the condition that a topic carries a tag."""
    return Record.id.in_(lines.visible("topic", Tagged, "view", Tagged.record).where(Tagged.slug == slug))
