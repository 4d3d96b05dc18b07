"""What people do with topics: begin them, answer, name the answer that helped; and who is told."""

from datetime import timedelta

import parlour
from parlour import Conflict, NotFound, Refused, current, find, posts, publish, threads, transaction, watching
from parlour import gettext as _

from . import labels, standing
from .models import WAITING, Topic

NEW = "posts/topic/new"
"""Where what is written of a new topic is kept until it is sent."""


def noted():
    """Say whether whoever asks looks after the forum: what waits or is hidden is theirs to see."""
    return parlour.sees_notes(current().registry.kinds["topic"])


def _begun(since):
    """Give when whoever asks began topics since a moment, hidden ones included."""
    me = current().me.id
    with parlour.system("forums: how many topics somebody began"):
        query = parlour.visible("topic", "view", parlour.Record.created)
        rows = parlour.fetch(query.where(Topic.author == me, parlour.Record.created > since))
    return sorted(row.created for row in rows)


def _admit(body, files):
    """Give the level of whoever begins a topic. Raises Invalid, TooMany."""
    parlour.credentials.in_turn(current().me.id)
    mine = posts.level("topic")
    parlour.trust.each_hour("topic", mine)
    parlour.trust.in_time(mine.topics_per_day, timedelta(days=1), _begun)
    parlour.trust.check(mine, posts.count_links(body), len(files))
    return mine


def open_topic(place, values, files=()):
    """Begin a topic in a category with its first post. Raises Invalid, TooMany, Refused."""
    me, body = current().me, values["body"]
    with transaction():
        mine = _admit(body, files)
        place = find("forum_category", place.number, "create")
        if place.starts == "staff" and not current().is_staff:
            raise Refused(_("Only our team begins topics here. You can answer the ones there are."))
        tags = labels.chosen(values.get("tags") or ())
        topic = written(place, values["title"], me.id, tags, waiting=mine.approve)
        message, names = posts.write(topic, body, files, mine=mine)
        with parlour.system("forums: a new topic"):
            parlour.change("topic", topic.id, "moderate", body={"opening": message.public_id, "last_by": me.name})
        labels.keep(topic, tags)
        parlour.unsent.drop(NEW)
        if mine.approve:
            publish("forums.waiting", topic, message=message.public_id)
        else:
            tell_opened(topic, message, names)
        return find("topic", topic.number)


def written(place, title, author, tags=(), *, waiting=False, created=None):
    """Write a topic's record and give it; who may begin it was asked of its category."""
    values = standing.columns(WAITING if waiting else "open", place, author)
    times = {"created": created} if created else {}
    with parlour.system("forums: a new topic"):
        return parlour.add("topic", title=title, **values, **times, body={
            "place": place.id, "author": author, "waiting": waiting, "tags": list(tags)})


def _named(topic, message, names, muted):
    """Tell those a post mentions, and give who they are."""
    named = sorted(set(names) - muted - {message.author_id})
    if named:
        publish("forums.mentioned", topic, by=message.author_id, message=message.public_id, people=named)
    return {message.author_id, None, *named}


def tell_opened(topic, message, names):
    """Tell those who follow a category of a new topic, and those it mentions."""
    wishes = watching.people([topic.place]).get(topic.place, {})
    known = _named(topic, message, names, {key for key, how in wishes.items() if how == watching.MUTE})
    follow = {key for key, how in wishes.items() if how == watching.WATCH} - known
    publish("forums.opened", topic, by=message.author_id, message=message.public_id, people=sorted(follow))


def tell_replied(topic, message, names):
    """Tell those who take part in a topic or follow it, and those it mentions; nobody twice, none who muted it."""
    wishes = watching.people([topic.id, topic.place])
    here, there = wishes.get(topic.id, {}), wishes.get(topic.place, {})
    muted = {key for key in {*here, *there} if here.get(key, there.get(key)) == watching.MUTE}
    wanted = {key for own in (here, there) for key, how in own.items() if how == watching.WATCH}
    known = _named(topic, message, names, muted)
    follow = {*threads.known_here(topic), topic.author, *wanted} - muted - known
    publish("forums.replied", topic, by=message.author_id, message=message.public_id, people=sorted(follow))


def closed(topic):
    """Say why customers write nothing in a topic now."""
    if topic.merged:
        return _("This topic became part of another one. Please write there.")
    if topic.hidden:
        return _("Nobody can write here until our team has looked at it.")
    return _("This topic is closed: it can be read, but takes no more answers.") if topic.locked else ""


def reply(topic, body, files=(), to=""):
    """Write in a topic and give its row. Raises Invalid, TooMany, Conflict, NotFound."""
    with transaction():
        topic = find("topic", topic.number, "reply", hold=True)
        shut = closed(topic)
        if topic.waiting or (shut and (topic.merged or topic.hidden or not noted())):
            raise Conflict(shut or _("Nobody can write here until our team has looked at it."))
        message, names = posts.write(topic, body, files, to=to)
        if message.held:
            publish("forums.waiting", topic, message=message.public_id)
        else:
            standing.recount(topic, message.author_name)
            tell_replied(topic, message, names)
        return find("topic", topic.number)


def may_accept(topic, place):
    """Say whether whoever asks may say which answer helped: who began the topic, and the team."""
    person = current().person
    return bool(place.answers and person and not topic.merged and (noted() or topic.author == person.id))


def accept(topic, identity):
    """Say which answer helped, "" for none. Raises Refused, NotFound."""
    with transaction():
        topic = find("topic", topic.number, "reply", hold=True)
        with parlour.system("forums: its category"):
            place = parlour.by_id("forum_category", topic.place)
        row = threads.message(topic, identity, internal=noted()) if identity else None
        if row is not None and row.held:
            raise NotFound
        if not may_accept(topic, place) or (identity and identity == topic.opening):
            raise Refused
        if identity == topic.accepted:
            return
        standing.settle(topic, "reply", accepted=identity)
        if row is not None and row.author_id not in (None, current().me.id):
            publish("forums.accepted", topic, message=identity, people=[row.author_id])


def may_rename(topic):
    """Say whether whoever asks may change title and tags: who began it, and the team."""
    person = current().person
    return person is not None and not topic.merged and (
        noted() or (topic.author == person.id and not topic.locked and not topic.hidden))


def _look_again(topic):
    """Let a topic wait once more whose title somebody new has changed, as after a change of its first post."""
    row = threads.message(topic, topic.opening, internal=True) if topic.opening else None
    if row is not None and not row.held and posts.level("topic").approve:
        threads.hold(topic, row.public_id, "waiting")
        parlour.concerns.raise_(row, "edited", by_portal=True)
        done(topic, row, "held")


def rename(topic, title, words=None):
    """Give a topic another title and other tags. Raises Refused, Invalid."""
    with transaction():
        topic = find("topic", topic.number, "reply", hold=True)
        if not may_rename(topic):
            raise Refused
        if title != topic.title:
            parlour.change("topic", topic.id, "reply", title=title, touched=topic.touched)
        if words is not None:
            labels.keep(topic, labels.chosen(words, tuple(topic.tags)))
        standing.stir(topic.place)
        if title != topic.title:
            _look_again(topic)


# --- what follows from what happens to a post ---


def done(topic, row, what):
    """Let the topic follow what happened to one of its posts (see `parlour.Talk`)."""
    first = row.public_id == topic.opening
    if what == "voted":
        return _count_votes(topic, row) if first else None
    if what == "reported":
        return publish("forums.reported", topic, message=row.public_id)
    if what == "withdrawing":
        if first and topic.replies:
            raise Refused(_("Others have answered. Change what you wrote instead of taking it back."))
        return None
    with parlour.system("forums: what follows from a post"):
        _follow(topic, row, what, first=first)
        standing.recount(topic, row.author_name if what == "shown" else None)
        standing.stir(topic.place)
    return _tell(parlour.by_id("topic", topic.id) or topic, row, what, first=first)


def _count_votes(topic, row):
    score = parlour.voices.totals([row.id]).get(row.id, {}).get("vote", (0,))[0]
    with parlour.system("forums: counting votes"):
        parlour.change("topic", topic.id, "moderate", public=False, body={"score": score})


def _follow(topic, row, what, *, first):
    """Set the topic as its first post or its answer stands now."""
    if first and what in ("held", "shown", "restored", "hidden", "withdrawn"):
        standing.settle(topic, waiting=what == "held", hidden=what in ("hidden", "withdrawn"))
    elif row.public_id == topic.accepted and what in ("held", "hidden", "withdrawn"):
        standing.settle(topic, accepted="")


def _tell(topic, row, what, *, first):
    """Tell people of a post that came in sight, of new names in one that was changed, and of what waits."""
    if what == "held":
        publish("forums.waiting", topic, message=row.public_id)
    elif what == "shown":
        told = parlour.people.memberships([row.author_id]).get(row.author_id, ()) if row.author_id else ()
        (tell_opened if first else tell_replied)(topic, row, posts.mentioned("topic", topic, row.body, told))
        if row.author_id:
            publish("forums.approved", topic, message=row.public_id, people=[row.author_id])
    elif what == "edited" and not row.held and posts.level("topic").approve is False:
        now = threads.message(topic, row.public_id, internal=True)
        before = {name for word in ("names", "told") for name in (row.data or {}).get(word) or ()}
        fresh = {key for key, name in posts.mentioned("topic", topic, now.body).items() if name not in before}
        _named(topic, now, fresh, set())

