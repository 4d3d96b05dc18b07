"""What stands in braces in the lines of the forum: topics and posts that only their owner's company reads."""

from __future__ import annotations

import sys
from typing import Any

from core.data import access, conversation, people
from core.data.records import take_number


def module(name: str = "service") -> Any:
    """Give a module of the loaded plugin."""
    return sys.modules[f"parlour_plugins.forums.{name}"]


def place(inside: Any, slug: str = "acme", title: str = "General", *, wanted: str = "customers",
          companies: tuple[str, ...] = (), **more: Any) -> Any:
    """Make a category, or give the one of this name."""
    with inside.scope(slug):
        address = more.pop("address", "") or module("labels").slug_of(title)
        known = module("reading").place_at(address)
        return known or module("desk").save(None, {"title": title, "slug": address, "wanted": wanted,
                                                   "answers": True, **more},
                                            companies)


def topic(inside: Any, where: Any, person: str = "own", title: str = "Contract",
          body: str = "Contract",
          *, slug: str = "acme") -> Any:
    """Begin a topic as somebody, in sight at once."""
    with inside.scope(slug):
        row = people.by_address(f"{person}@example.com")
        made = module().written(where, title, row.id)
        message = conversation.add_entry(made, body, author=row)
        access.change("topic", made.id, "moderate", body={"opening": message.public_id})
        return module("standing").recount(made, row.name)


def post(inside: Any, where: Any, person: str = "own", body: str = "Contract", *, slug: str = "acme",
         held: str = "") -> Any:
    """Write in a topic as somebody; give the message."""
    with inside.scope(slug):
        row = people.by_address(f"{person}@example.com")
        made = conversation.add_entry(where, body, author=row, held=held)
        module("standing").recount(where, row.name)
        return made


def _own(things: Any, slug: str, person: str, company: str) -> Any:
    with things.inside.scope(slug):
        take_number("topic", 700 if slug == "globex" else 1)
        take_number("forum_category", 700 if slug == "globex" else 1)
    where = place(things.inside, slug, "Contract", wanted="company", companies=(company,),
                  address=f"only-{company}")
    return topic(things.inside, where, person, slug=slug)


def _post(things: Any, slug: str, person: str, company: str) -> str:
    made = _own(things, slug, person, company)
    return str(post(things.inside, made, person, slug=slug).public_id)


def _place(things: Any, slug: str, person: str, company: str) -> str:
    _own(things, slug, person, company)
    return f"only-{company}"


def _public(things: Any, slug: str, person: str, _company: str) -> str:
    where = place(things.inside, slug, "Contract", wanted="public", address="open")
    return str(topic(things.inside, where, person, slug=slug).number)


MAKERS = {"topic": lambda things, *whose: str(_own(things, *whose).number), "post": _post, "forum": _place,
          "open_topic": _public}
NOBODYS = {"topic": "99999", "forum": "nowhere", "open_topic": "99999"}
