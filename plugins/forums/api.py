"""Topics for programs: what they read, what they may write, and the words search finds a topic by."""

import parlour
from parlour import FieldError, Invalid, current, forms
from parlour import gettext as _

from . import labels, moderation, reading, service, standing, views

MOST = 45_000
"""Topics that search engines are told of."""

_TEXT = {"type": "string"}
SHAPE = {
    "type": "object", "additionalProperties": False, "properties": {
        "address": {**_TEXT, "description": "Where people read it."},
        "place": {**_TEXT, "description": "The address of its category."},
        "audience": {**_TEXT, "enum": ["private", "public", "customers", "company", "staff"],
                     "description": "Who may read it; private while it waits for approval."},
        "author": {**_TEXT, "description": "The name of who began it."},
        "replies": {"type": "integer"}, "score": {"type": "integer", "description": "Votes for its first post."},
        "tags": {"type": "array", "items": _TEXT}, "locked": {"type": "boolean"}, "pinned": {"type": "boolean"},
        "accepted": {**_TEXT, "description": "The identifier of the accepted answer among its messages."},
        "last_post": {**_TEXT, "format": "date-time"},
        "merged_into": {**_TEXT, "description": "The number of the topic it became part of."}}}
"""What the API says about a topic beyond its record."""

PLACE = {
    "type": "object", "additionalProperties": False, "properties": {
        "address": _TEXT, "description": _TEXT, "audience": SHAPE["properties"]["audience"],
        "starts": {**_TEXT, "enum": ["everyone", "staff"], "description": "Who begins topics in it."},
        "answers": {"type": "boolean", "description": "Whether an answer can be accepted."}}}
TAG = {
    "type": "object", "additionalProperties": False, "properties": {
        "address": _TEXT, "description": _TEXT,
        "team": {"type": "boolean", "description": "Whether only the team uses it."}}}


def ahead(rows):
    """Ask once for what several topics need: the addresses of categories, and the names of authors."""
    return {"slugs": {place.id: place.slug for place in standing.places()},
            "names": parlour.people.names(row.author for row in rows)}


def shape(row, known=None):
    """Give what the API says about a topic."""
    known = known or ahead([row])
    return {"address": parlour.links.absolute(views.path(row)), "place": known["slugs"].get(row.place),
            "audience": row.audience, "author": known["names"].get(row.author), "replies": row.replies,
            "score": row.score, "tags": list(row.tags), "locked": bool(row.locked), "pinned": row.pinned > 0,
            "accepted": row.accepted or None, "last_post": f"{row.touched:%Y-%m-%dT%H:%M:%SZ}",
            "merged_into": parlour.label(views.kind(), row.merged) if row.merged else None}


def place(row):
    """Give what the API says about a category."""
    return {"address": parlour.links.absolute(f"/forums/{row.slug}"), "description": row.description,
            "audience": row.audience, "starts": row.starts, "answers": bool(row.answers)}


def tag(row):
    """Give what the API says about a tag."""
    return {"address": parlour.links.absolute(f"/forums/tags/{row.slug}"), "description": row.description,
            "team": bool(row.team)}


def _tags(given):
    """Take the tags out of what was sent: a list of words. Raises Invalid."""
    found = given.pop("tags", None)
    if found is not None and not (isinstance(found, list) and all(isinstance(one, str) for one in found)):
        raise Invalid([FieldError("tags", _("Send a list of texts."), "type")])
    return found


def _place(slug):
    found = reading.place_at(slug)
    if found is None:
        raise Invalid([FieldError("place", _("There is no category with this address."), "unknown")])
    return found


CREATE = views.NEW.adjusted(hidden=["attachments"], extra=forms.custom(
    {"place": {"type": "text", "label": "Place", "required": True}}))
CHANGE = views.NEW.adjusted(hidden=["attachments", "body"], extra=forms.custom({
    "place": {"type": "text", "label": "Place"}, "accepted": {"type": "text", "label": "Accepted"},
    "locked": {"type": "checkbox", "label": "Locked"}, "pinned": {"type": "checkbox", "label": "Pinned"}}))
SAY = views.POST.adjusted(hidden=["attachments"], extra=forms.custom({"to": {"type": "text", "label": "To"}}))


def create(source):
    """Begin a topic as a program asks. Raises Invalid, TooMany."""
    given = dict(source)
    tags = _tags(given)
    values = CREATE.clean(given)
    return service.open_topic(_place(values["place"]), values | {"tags": tags or ()})


def update(row, source):
    """Change a topic as a program asks: its title, tags and answer; for the team also where and how it stands."""
    given = dict(source)
    tags = _tags(given)
    values = CHANGE.clean(given, partial=True)
    desk = {name: values[name] for name in ("locked", "pinned", "place") if name in values}
    if desk and not service.noted():
        raise parlour.Refused
    with parlour.transaction():
        if "title" in values or tags is not None:
            service.rename(row, values.get("title") or row.title, tags)
        if "accepted" in values:
            service.accept(row, values["accepted"] or "")
        if desk.get("place"):
            moderation.move(row, _place(desk["place"]))
        turned = {"pinned": int(desk["pinned"])} if "pinned" in desk else {}
        turned |= {"locked": desk["locked"]} if "locked" in desk else {}
        if turned:
            moderation.turn(row, **turned)
        return parlour.find("topic", row.number)


def reply(row, source):
    """Write in a topic as a program asks. Raises Invalid, TooMany, Conflict."""
    values = SAY.clean(source)
    return service.reply(row, values["body"], to=values.get("to") or "")


def words(row):
    """Give what search finds a topic by beside title and posts: its tags."""
    return " ".join(name for _slug, name in labels.names(row.tags)), ""


def open_pages():
    """Give the pages that whoever asks may read, for search engines."""
    rows = reading.newest(MOST, shape="open")
    if not rows:
        return ()
    places = [(f"/forums/{one.slug}", rows[0].touched, ()) for one in standing.places()]
    return (("/forums", rows[0].touched, ()), *places, *((views.path(row), row.touched, ()) for row in rows))


def narrow(asked):
    """Give the conditions of a list of topics whose address has these parameters, for exports and acts."""
    view, terms = str(asked.get("show", "")), []
    if view in reading.FILTERS and (current().person is not None or view not in ("mine", "unread")):
        terms.append(reading.FILTERS[view]())
    found = reading.place_at(str(asked.get("place", ""))) if asked.get("place") else None
    if asked.get("place"):
        terms.append(reading.Topic.place == (found.id if found else 0))
    if asked.get("tag"):
        terms.append(labels.carrying(str(asked["tag"])))
    return (parlour.search.matches("topic", str(asked.get("q", ""))[:200]), *terms)


def gives(row):
    """Give what a topic tells a record that begins from it: its question, and the answer that helped."""
    first = parlour.threads.message(row, row.opening, internal=service.noted()) if row.opening else None
    said = first.body if first else ""
    if row.accepted:
        try:
            answer = parlour.threads.message(row, row.accepted, internal=service.noted())
            said = f"{said}\n\n## {_('Accepted answer')}\n\n{answer.body}"
        except parlour.NotFound:
            pass
    return {"subject": row.title, "body": f"{said}\n\n{parlour.links.absolute(views.path(row))}",
            "text": said, "summary": parlour.posts.excerpt(said, 300)}
