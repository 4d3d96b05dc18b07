"""What only articles have: their place, their texts per language, versions, addresses, votes; and categories."""

from datetime import UTC, datetime

from peewee import BigIntegerField, BooleanField, CharField, IntegerField, JSONField, TextField

from parlour import Line, Table

PUBLISHED, DRAFT, ARCHIVED = "published", "draft", "archived"
"""States of an article's record; `audience.MEANING` maps them to the host's categories of states."""


class Article(Table):
    """An article's place. Moments are in seconds, UTC; `shelf` (its category), `related` hold keys of records.

    `wanted` and `companies` are the audience staff chose; the record's own audience is what is left of it in its
    category, and "staff" while it is not published (see audience.py). `shown` has, for every language it can be
    read in, {"title", "summary", "changed", "current_to"}: lists need no other table.
    """

    slug = CharField()
    shelf = IntegerField(null=True, index=True)
    language = CharField(default="en")
    wanted = CharField(default="customers")
    companies = JSONField(default=list)
    featured = IntegerField(default=0)
    related = JSONField(default=list)
    shown = JSONField(default=dict)
    review = BigIntegerField(null=True)

    class Meta:
        """Named after the plugin."""

        table_name = "kb_article"


class Category(Table):
    """Where articles stand. `parent` is the key of a category's record; `titles`, `descriptions` by language."""

    slug = CharField()
    parent = IntegerField(null=True, index=True)
    position = IntegerField(default=0)
    icon = CharField(default="book-open")
    titles = JSONField(default=dict)
    descriptions = JSONField(default=dict)
    wanted = CharField(default="public")
    companies = JSONField(default=list)

    class Meta:
        """Named after the plugin."""

        table_name = "kb_category"


class Text(Line):
    """What is live of an article in one language, rendered. `number` is the version it came from.

    A translation says what the original said at `current_to`; an original that changed later makes it out of date.
    """

    language = CharField()
    number = IntegerField(default=1)
    title = TextField()
    summary = TextField(default="")
    source = TextField()
    form = CharField(default="markdown")
    html = TextField()
    toc = JSONField(default=list)
    words = TextField(default="")
    links = JSONField(default=list)
    missing = JSONField(default=list)
    renderer = IntegerField(default=0)
    changed = BigIntegerField()
    current_to = BigIntegerField(null=True)
    author = CharField(default="")

    class Meta:
        """One text per article and language."""

        table_name = "kb_text"
        indexes = ((("record", "language"), True),)


class Version(Line):
    """What was written, each time. `state` is draft, scheduled (for `publish_at`), live, past or rejected."""

    language = CharField()
    number = IntegerField()
    title = TextField()
    summary = TextField(default="")
    source = TextField()
    form = CharField(default="markdown")
    state = CharField(default="draft")
    note = TextField(default="")
    author = CharField(default="")
    created = BigIntegerField()
    publish_at = BigIntegerField(null=True)

    class Meta:
        """Numbered per article and language."""

        table_name = "kb_version"
        indexes = ((("record", "language", "number"), True),)


class Address(Line):
    """Every path an article (`slug`) or a category (`c/slug`) was ever reached at, below /kb/."""

    path = CharField()

    class Meta:
        """Nothing else is at the same address."""

        table_name = "kb_address"
        indexes = ((("tenant", "path"), True),)


class Vote(Line):
    """Whether an article helped somebody: `voter` is a person or a browser, by a key that names nobody."""

    voter = CharField()
    helpful = BooleanField()
    comment = TextField(default="")
    language = CharField(default="")
    created = BigIntegerField()

    class Meta:
        """One per person or browser."""

        table_name = "kb_vote"
        people = (("voter", "p{}"),)
        indexes = ((("record", "voter"), True),)


TABLES = [Article, Category, Text, Version, Address, Vote]


def seconds(moment):
    """Write a moment as whole seconds since 1970."""
    return None if moment is None else int(moment.timestamp())


def moment(value):
    """Read whole seconds since 1970 as a moment in UTC."""
    return None if value is None else datetime.fromtimestamp(value, UTC)
