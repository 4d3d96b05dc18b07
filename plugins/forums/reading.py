"""What readers ask for: categories with counts, lists of topics, and where somebody stopped reading one."""

from types import SimpleNamespace

import parlour
from parlour import Record, current, late, listed, paging, people, threads

from . import labels, service, standing
from .models import WAITING, Topic

_COLUMNS = (Record.id, Record.kind, Record.number, Record.title, Record.state, Record.category, Record.audience,
            Record.created, Record.touched, Topic.place, Topic.replies, Topic.score, Topic.last_by, Topic.tags,
            Topic.pinned, Topic.accepted, Topic.merged)


def _unread():
    """Write that others wrote since whoever asks read it; what is older than their account is history."""
    person = current().person
    if person is None:
        return Record.id.is_null()
    return (Record.touched > late("joined", person.created)) & parlour.conversation.unread_here(
        person.id, internal=service.noted())


def columns():
    """Give what one row of a list shows."""
    return (*_COLUMNS, people.name_of(Topic.author).alias("by"), _unread().alias("unread"))


def _values():
    person = current().person
    return {"reader": person.id, "joined": person.created} if person else {}


def _shape(*parts):
    return (*parts, current().person is None, current().person is not None and service.noted())


FILTERS = {
    "": Topic.merged.is_null,
    "unanswered": lambda: (Topic.replies == 0) & (Topic.locked == False),  # noqa: E712 - an SQL expression
    "open": lambda: (Topic.accepted == "") & (Topic.locked == False),  # noqa: E712
    "answered": lambda: Topic.accepted != "",
    "waiting": lambda: Record.state == WAITING,
    "mine": lambda: Topic.author == late("writer", current().me.id),
    "unread": _unread,
}


def page(view, place=None, tag="", text=""):
    """Give the page of topics under a filter, in one category or in all, with one tag, that a search finds."""
    person = current().person
    view = view if person is not None or view not in ("mine", "unread", "waiting") else ""
    terms, values = [FILTERS[view]()], _values()
    if view != "":
        terms.append(Topic.merged.is_null())
    if place is not None:
        terms.append(Topic.place == late("place", place.id))
        values["place"] = place.id
        if not (view or tag or text):
            terms.append(Topic.pinned == 0)
    if view == "mine":
        values["writer"] = person.id
    if tag or text:
        terms += [labels.carrying(tag)] if tag else []
        terms += [parlour.search.matches("topic", text)] if text else []
        return paging.page_of(_query(terms))
    return paging.page("topic", _shape("list", view, place is not None), lambda query: query.where(*terms),
                       columns=columns, **values)


def pinned(place):
    """Give the topics that stand on top of a category."""
    return listed("topic", _shape("pinned"), lambda query: query.where(
        Topic.place == late("place", place.id), Topic.pinned > 0, Topic.merged.is_null()).order_by(
        Record.touched.desc()).limit(10), columns=columns, place=place.id, **_values())


def newest(most=10, *terms, shape="newest"):
    """Give the topics in which somebody wrote last."""
    return listed("topic", _shape(shape, most), lambda query: query.where(
        Topic.merged.is_null(), *terms).order_by(Record.touched.desc(), Record.number.desc()).limit(most),
        columns=columns, limited=True, **_values())


def front():
    """Give the categories of the first page, each with how many topics it holds and the newest of them."""
    places = standing.places()
    keys = tuple(place.id for place in places)
    counts = parlour.counted("topic", ("places", len(keys)), lambda: {
        f"at{at}": (Topic.place == late(f"place{at}", key)) & Topic.merged.is_null()
        for at, key in enumerate(keys)},
        **{f"place{at}": key for at, key in enumerate(keys)}) if keys else {}
    latest = newest(50)
    return [SimpleNamespace(row=place, count=counts[f"at{at}"],
                            last=next((row for row in latest if row.place == place.id), None))
            for at, place in enumerate(places)], latest[:8]


def place_at(slug):
    """Give the category with an address, or None where there is none for whoever asks."""
    return next((place for place in standing.places() if place.slug == slug), None)


def first_unread(topic):
    """Give the first post whoever asks has not read, "" where they have read all or nothing yet."""
    person = current().person
    until = threads.page_mark(topic, person.id) if person else None
    news = until is not None and (topic.touched > until or service.noted())
    return threads.after(topic, until, internal=service.noted()) if news else ""


def watched():
    """Give the page of topics whoever asks follows, and the categories."""
    return paging.page_of(parlour.watching.mine("topic", *columns())), parlour.watching.mine("forum_category")


def _query(terms):
    """Give the query of topics under some conditions, as rows of a list."""
    return parlour.visible("topic", "view", *columns()).where(*terms)
