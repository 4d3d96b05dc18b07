"""What who looks after the forum does with topics: lock, pin, hide, move, split; and what merging leaves."""

import parlour
from parlour import FieldError, Invalid, conversation, find, threads, transaction
from parlour import gettext as _

from . import labels, service, standing
from .models import HIDDEN


def _number(topic):
    return parlour.label(parlour.current().registry.kinds["topic"], topic.number)


def _note(topic, what, identity="", **data):
    """Keep in audit and outbox what was done."""
    parlour.record_act(f"topic.{what}", _number(topic), **({"post": identity} if identity else {}), **data)
    parlour.publish("forums.moderated", topic, what=what, message=identity)


def turn(topic, **values):
    """Lock, open, pin or hide a topic: `locked`, `pinned` or `hidden`. Gives it as it is now."""
    with transaction():
        topic = find("topic", topic.number, "moderate", hold=True)
        if topic.merged:
            raise parlour.Conflict(_("This topic became part of another one. Work on that one."))
        changed = {name: value for name, value in values.items() if getattr(topic, name) != value}
        if not changed:
            return topic
        if changed.get("hidden") is False and topic.waiting:
            changed["waiting"] = False
        made = standing.settle(topic, **changed)
        for name, value in changed.items():
            what = {"locked": ("opened", "locked"), "pinned": ("unpinned", "pinned"),
                    "hidden": ("shown", "hidden"), "waiting": ("approved", "held")}[name][bool(value)]
            if name == "locked":
                conversation.add_entry(made, "", kind="event", data={"what": what}, internal=made.state == HIDDEN)
            _note(made, what)
        return standing.recount(made)


def move(topic, place):
    """Put a topic into another category; who may read it follows that one."""
    with transaction():
        topic = find("topic", topic.number, "moderate", hold=True)
        if topic.place == place.id:
            return topic
        standing.stir(topic.place)
        made = standing.settle(topic, place=place.id)
        conversation.add_entry(made, "", kind="event", data={"what": "moved"}, internal=made.state == HIDDEN)
        _note(made, "moved", place=place.title)
        return standing.recount(made)


def split(topic, identities, title, place):
    """Make a topic of its own of some posts; give it. Raises Invalid, Conflict."""
    with transaction():
        topic = find("topic", topic.number, "moderate", hold=True)
        if topic.merged:
            raise parlour.Conflict(_("This topic became part of another one. Work on that one."))
        rows = [threads.message(topic, one, internal=True) for one in dict.fromkeys(identities)]
        rows = sorted((row for row in rows if row.public_id != topic.opening), key=lambda row: row.created)
        if not rows:
            raise Invalid([FieldError("posts", _("Choose at least one post that is not the first."), "required")])
        if rows[0].held:
            message = _("The first of them is hidden or waits. Approve it, or leave it out.")
            raise Invalid([FieldError("posts", message, "invalid")])
        first = rows[0]
        made = service.written(place, title, first.author_id, created=first.created)
        threads.move(topic, made, [row.public_id for row in rows])
        with parlour.system("forums: splitting a topic"):
            made = parlour.change("topic", made.id, "moderate", body={"opening": first.public_id})
            if topic.accepted in {row.public_id for row in rows}:
                topic = standing.settle(topic, accepted="")
        conversation.add_entry(topic, "", kind="event", data={"what": "split", "to": made.number})
        parlour.begin.link(made, topic, "forums.split")
        _note(topic, "split", into=_number(made))
        standing.recount(topic)
        return standing.recount(made, rows[-1].author_name)


def merged(source, target, inside):
    """Write what becomes of two topics that are made one: the host has moved the posts."""
    body = {"merged": target.number, "accepted": "", "pinned": 0}
    with parlour.system("forums: merging topics"):
        parlour.change("topic", source.id, "merge", body=body, state="locked", category="closed",
                       touched=source.touched)
        row = parlour.change("topic", target.id, "merge", public=not inside)
        if not inside:
            first = threads.opening(row)
            tags = list(dict.fromkeys([*target.tags, *source.tags]))[:labels.MOST]
            more = {"opening": first.public_id, "author": first.author_id or row.author} if first else {}
            if not target.accepted and source.accepted:
                more["accepted"] = source.accepted
            standing.settle(row, **more)
            labels.keep(row, tags)
        standing.recount(row)
    conversation.add_entry(target, "", kind="event", internal=inside, data={"what": "merged", "to": source.number})
    _note(target, "merged", source=_number(source))

