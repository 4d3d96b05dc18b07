"""Where a topic stands and who may read it: its category's readers, narrowed while it waits or is hidden."""

import parlour
from parlour import Record, fetch, visible

from .models import ANSWERED, HIDDEN, LOCKED, MEANING, OPEN, WAITING, Place, Topic


def state(topic):
    """Give the state of a topic by its body."""
    if topic.hidden or topic.merged:
        return HIDDEN if topic.hidden else LOCKED
    if topic.waiting:
        return WAITING
    return LOCKED if topic.locked else ANSWERED if topic.accepted else OPEN


def columns(word, place, author):
    """Give the columns of a topic's record that follow from its state and its category.

    Its author stays with it only where that opens nothing: who leaves a company no longer reads what is its.
    """
    if word == WAITING:
        return {"state": word, "category": MEANING[word], "audience": "private", "shared": (), "person": author}
    audience = "staff" if word == HIDDEN else place.wanted
    shared = tuple(place.companies) if audience == "company" else ()
    person = author if audience in ("public", "customers") else None
    return {"state": word, "category": MEANING[word], "audience": audience, "shared": shared, "person": person}


def settle(topic, action="moderate", **body):
    """Change a topic's body and all that follows from it, inside the caller's transaction; give it as it is now.

    It leaves the topic's place in lists alone. `action` reaches it for whoever asks, or the portal does it.
    """
    parlour.change("topic", topic.id, action, body=body, touched=topic.touched)
    with parlour.system("forums: what follows from a topic's state"):
        row = parlour.by_id("topic", topic.id)
        place = parlour.by_id("forum_category", row.place)
        row = parlour.change("topic", row.id, "moderate", touched=row.touched,
                             **columns(state(row), place, row.author))
        stir(row.place)
        return row


def stir(place_id):
    """Let what is kept of a category's pages for guests be drawn anew."""
    with parlour.system("forums: pages for guests"):
        parlour.change("forum_category", place_id, "arrange")


def recount(topic, last=None):
    """Count a topic's posts anew and put it where its last post belongs, inside the caller's transaction."""
    with parlour.system("forums: counting posts"):
        count, moment = parlour.threads.extent(topic)
        row = parlour.by_id("topic", topic.id)
        names = {"last_by": last} if last else {}
        return parlour.change("topic", row.id, "moderate", touched=moment or row.created, public=False,
                              body={"replies": max(0, count - 1), **names})


def readers_changed(place):
    """Write anew who may read the topics of a category whose readers changed, inside the caller's transaction."""
    rows = fetch(visible("topic", "moderate", Record.id, Record.touched, Record.state, Topic.author).where(
        Topic.place == place.id))
    for row in rows:
        parlour.change("topic", row.id, "moderate", touched=row.touched,
                       **columns(row.state, place, row.author))


def places(action="view"):
    """Give the categories whoever asks may do `action` with, in their order."""
    return fetch(visible("forum_category", action).order_by(Place.position, Record.title, Record.id))
