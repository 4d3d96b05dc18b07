"""What only the forum has: a topic's body, the categories topics stand in, and tags."""

from peewee import BooleanField, CharField, IntegerField, JSONField

from parlour import Line, Table

WAITING, OPEN, ANSWERED, LOCKED, HIDDEN = "waiting", "open", "answered", "locked", "hidden"
"""States of a topic, each following from its body (see `standing.state`)."""

MEANING = {WAITING: "waiting", OPEN: "open", ANSWERED: "resolved", LOCKED: "closed", HIDDEN: "closed"}
"""What the host takes them for."""


class Topic(Table):
    """A topic. `place` is the key of its category's record; `opening`, `accepted` name posts, `author` a person.

    `score` is that of its opening post; `replies` and `last_by` are counted from what everybody sees. `merged` is
    the number of the topic it became part of.
    """

    place = IntegerField(index=True)
    author = IntegerField(null=True)
    opening = CharField(default="")
    accepted = CharField(default="")
    waiting = BooleanField(default=False)
    hidden = BooleanField(default=False)
    locked = BooleanField(default=False)
    pinned = IntegerField(default=0)
    replies = IntegerField(default=0)
    score = IntegerField(default=0)
    last_by = CharField(default="")
    tags = JSONField(default=list)
    merged = IntegerField(null=True)

    class Meta:
        """Named after the plugin."""

        table_name, people = "forums_topic", (("author", "{}"),)


class Place(Table):
    """A category: `wanted` and `companies` read it, `starts` may begin topics, `answers`: one may be accepted."""

    slug = CharField()
    description = CharField(default="")
    icon = CharField(default="messages-square")
    position = IntegerField(default=0)
    wanted = CharField(default="customers")
    companies = JSONField(default=list)
    starts = CharField(default="everyone")
    answers = BooleanField(default=True)

    class Meta:
        """Named after the plugin."""

        table_name = "forums_place"


class Tag(Table):
    """A tag; its record's title is its name. `team` leaves it to staff to use it."""

    slug = CharField()
    description = CharField(default="")
    team = BooleanField(default=False)

    class Meta:
        """Named after the plugin."""

        table_name = "forums_tag"


class Tagged(Line):
    """A tag on a topic, by its slug, for lists."""

    slug = CharField()

    class Meta:
        """Each tag once per topic."""

        table_name = "forums_tagged"
        indexes = ((("record", "slug"), True), (("tenant", "slug"), False))


TABLES = [Topic, Place, Tag, Tagged]
