"""What only pages have: their address, their place in the navigation, and a text with its draft per language."""

from datetime import UTC, datetime

from peewee import BigIntegerField, BooleanField, CharField, IntegerField, JSONField, TextField

from parlour import Line, Table

PUBLISHED, DRAFT = "published", "draft"
"""States of a page's record."""


class Page(Table):
    """A page's place. `wanted` and `companies` are the audience staff chose; the door's is "staff" until then.

    `shown` has, for every language it can be read in, {"title", "short", "changed"}: lists and the navigation need
    no other table. `menu` puts it into the navigation, smaller `position`s first.
    """

    slug = CharField()
    language = CharField(default="en")
    wanted = CharField(default="public")
    companies = JSONField(default=list)
    menu = BooleanField(default=False)
    position = IntegerField(default=50)
    shown = JSONField(default=dict)

    class Meta:
        """Named after the plugin."""

        table_name = "pages_page"


class Text(Line):
    """A page in one language: what is live, rendered, and the draft of what comes next (`drafted` is when).

    Where nothing is live yet, `changed` is empty; where nothing waits, `drafted` is.
    """

    language = CharField()
    title = TextField(default="")
    short = CharField(default="")
    summary = TextField(default="")
    source = TextField(default="")
    html = TextField(default="")
    words = TextField(default="")
    links = JSONField(default=list)
    missing = JSONField(default=list)
    renderer = IntegerField(default=0)
    changed = BigIntegerField(null=True)
    draft = JSONField(default=dict)
    drafted = BigIntegerField(null=True)
    author = CharField(default="")

    class Meta:
        """One per page and language."""

        table_name = "pages_text"
        indexes = ((("record", "language"), True),)


class Address(Line):
    """Every path a page was ever reached at, below /pages/."""

    path = CharField()

    class Meta:
        """Nothing else is at the same address."""

        table_name = "pages_address"
        indexes = ((("tenant", "path"), True),)


TABLES = [Page, Text, Address]


def seconds(moment):
    """Write a moment as whole seconds since 1970."""
    return None if moment is None else int(moment.timestamp())


def moment(value):
    """Read whole seconds since 1970 as a moment in UTC."""
    return None if value is None else datetime.fromtimestamp(value, UTC)
