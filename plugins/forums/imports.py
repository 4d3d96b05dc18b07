"""What an import can make: categories, tags, topics, posts and votes, at their own times; nobody is told."""

import parlour
from parlour import N_, FieldError, Import, Invalid, NotFound, by_id, change, people, posts, threads
from parlour import gettext as _

from . import desk, labels, reading, service, standing
from .models import Topic

_PLAIN = {"type": "string", "maxLength": 500}
_LONG = {"type": "string", "minLength": 1, "maxLength": 200_000, "x-lines": True}
_MOMENT = {"type": "string", "format": "date-time"}
_PERSON = {"type": "string", "description": "An imported person.", "x-find": "person"}
_SAID = {"author": _PERSON, "author_name": {**_PLAIN, "description": "Where the author is no person here."},
         "created": _MOMENT, "edited": _MOMENT}
_GONE = N_("It was removed here since; an import does not bring it back.")


def _schema(needed, **fields):
    return {"type": "object", "required": needed, "properties": fields}


def taken():
    """Give what `parlour import` can take."""
    place = _schema(["title"], title={**_PLAIN, "minLength": 1}, slug=_PLAIN, description=_PLAIN,
                    audience={"enum": ["public", "customers", "staff"]}, starts={"enum": ["everyone", "staff"]},
                    answers={"type": "boolean"}, position={"type": "integer"})
    tag = _schema(["title"], title={**_PLAIN, "minLength": 1}, description=_PLAIN, team={"type": "boolean"})
    topic = _schema(["title", "body", "place"], title={**_PLAIN, "minLength": 1}, body=_LONG,
                    place={**_PLAIN, "description": "An imported category.", "x-find": "topic_category"},
                    tags={"type": "array", "items": _PLAIN}, locked={"type": "boolean"}, **_SAID)
    post = _schema(["topic", "body"], topic={**_PLAIN, "description": "An imported topic."}, body=_LONG,
                   to={**_PLAIN, "description": "An imported post that it answers."},
                   accepted={"type": "boolean"}, **_SAID)
    vote = _schema(["value", "created"], topic={**_PLAIN, "description": "An imported topic: its first post."},
                   post={**_PLAIN, "description": "An imported post."}, created=_MOMENT,
                   value={"type": "integer", "enum": [1, -1]})
    return [Import("topic_category", place, take_place, title=N_("Categories of topics"), match={"slug": by_slug}),
            Import("topic_tag", tag, take_tag, title=N_("Tags of topics")),
            Import("topic", topic, take_topic, title=N_("Topics"), give=give, match={"number": by_number}),
            Import("topic_post", post, take_post, title=N_("Posts")),
            Import("topic_vote", vote, take_vote, title=N_("Votes"))]


def by_slug(text):
    """Find a category by its address."""
    found = reading.place_at(text)
    return found.id if found else None


def by_number(text):
    """Find a topic by its number."""
    try:
        return parlour.find("topic", text).id
    except NotFound:
        return None


def give(topic):
    """Give a topic as a row that `take_topic` takes; its posts are its parlour.conversation."""
    row = threads.message(topic, topic.opening, internal=service.noted()) if topic.opening else None
    author = people.people([topic.author]) if topic.author else ()
    place = by_id("forum_category", topic.place)
    return {"title": topic.title, "body": row.body if row else "", "place": place.slug if place else "",
            "tags": list(topic.tags), "locked": bool(topic.locked), "created": topic.created,
            "author": (author[0].email or author[0].login or "") if author else "",
            "author_name": row.author_name if row else ""}


def _there(kind, key):
    row = by_id(kind, int(key))
    if row is None:
        raise NotFound(_(_GONE))
    return row


def _author(row):
    """Give whoever wrote a row: a person's row, somebody only known by name, or nobody. Raises Invalid."""
    if not row.get("author"):
        return None
    found = people.people([int(row["author"])])
    if not found:
        raise Invalid([FieldError(
            "author", _("This person is not here any more. Import people first."), "unknown")])
    return found[0]


def take_place(row):
    """Make a category, or change the one a row became before."""
    values = {"wanted": row.get("audience", "customers"), **{name: row[name] for name in (
        "title", "slug", "description", "starts", "answers", "position") if name in row}}
    if row["known"]:
        before = _there("forum_category", row["known"])
        kept = {name: getattr(before, name) for name in desk.FIELDS}
        return "updated", desk.save(before, {**kept, **values}).id
    return "created", desk.save(None, values).id


def take_tag(row):
    """Make a tag, or change the one a row became before."""
    slug = labels.slug_of(row["title"])
    known = row["known"] or getattr(labels.known().get(slug), "id", None)
    body = {"slug": slug, "team": row.get("team", False), "description": row.get("description", "")}
    if known:
        there = _there("forum_tag", known)
        return "updated", change("forum_tag", there.id, "moderate", title=row["title"], body=body).id
    return "created", labels.add(row["title"], slug, description=body["description"], team=body["team"]).id


def take_topic(row):
    """Make a topic with its first post, or change the one a row became before."""
    author, tags = _author(row), [labels.slug_of(word) for word in row.get("tags", ())][:labels.MOST]
    if row["known"]:
        topic = _there("topic", row["known"])
        change("topic", topic.id, "moderate", title=row["title"], touched=topic.touched)
        first = threads.message(topic, topic.opening, internal=True)
        if first.body != row["body"]:
            threads.rewrite(topic, first, row["body"], posts.made(row["body"]))
    else:
        place = _there("forum_category", row["place"])
        moment = row.get("created") or parlour.now()
        topic = service.written(place, row["title"], author.id if author else None, tags, created=moment)
        first = _say(topic, row, author, moment)
        topic = change("topic", topic.id, "moderate", touched=moment, body={
            "opening": first.public_id, "last_by": first.author_name})
    labels.keep(topic, tags)
    if row.get("locked", topic.locked) != topic.locked:
        standing.settle(by_id("topic", topic.id), locked=row["locked"])
    return "updated" if row["known"] else "created", topic.id


def _say(topic, row, author, moment, data=None):
    """Write a post at its own time, of somebody here or of a name alone."""
    message = parlour.conversation.add_entry(
        topic, row["body"], author=author, created=moment, origin=parlour.conversation.IMPORT,
        data=posts.made(row["body"]) | (data or {}))
    changes = {} if author else {"author_name": row.get("author_name", "")}
    changes |= {"edited": row["edited"]} if row.get("edited") else {}
    return threads.amend(topic, message, **changes) if changes else message


def take_post(row):
    """Write a post into a topic, or change the one a row became before; its key is that of both."""
    topic, author = _there("topic", row["topic"]), _author(row)
    if row["known"]:
        identity = row["known"].partition(":")[2]
        message = threads.message(topic, identity, internal=True)
        if message.body != row["body"]:
            threads.rewrite(topic, message, row["body"], {**message.data, **posts.made(row["body"])})
    else:
        data = {}
        if row.get("to"):
            said = threads.message(topic, row["to"].partition(":")[2], internal=True)
            data = {"to": [said.public_id, said.author_name]}
        message = _say(topic, row, author, row.get("created") or topic.created, data)
        topic = standing.recount(topic, message.author_name)
    if row.get("accepted") and topic.accepted != message.public_id:
        standing.settle(topic, accepted=message.public_id)
    return "updated" if row["known"] else "created", f"{topic.id}:{message.public_id}"


def take_vote(row):
    """Keep a vote of somebody unknown for a post, or for a topic's first one. Raises Invalid."""
    if row["known"]:
        return "skipped", row["known"]
    key, _colon, identity = (row.get("post") or row.get("topic") or "").partition(":")
    if not key:
        raise Invalid([FieldError(
            "post", _("It says neither which post nor which topic it is for."), "required")])
    topic = _there("topic", key)
    message = threads.message(topic, identity or topic.opening, internal=True)
    made = parlour.voices.bring(message, "vote", row["value"], row["created"])
    if message.public_id == topic.opening:
        change("topic", topic.id, "moderate", public=False, body={"score": Topic.score + row["value"]})
    return "created", made
