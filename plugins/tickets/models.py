"""The body of a ticket: what only tickets have."""

from datetime import UTC, datetime

from peewee import BigIntegerField, CharField, IntegerField, TextField

from parlour import Table


class Ticket(Table):
    """A customer's request. `deadline` and `settled` are in seconds, UTC.

    `follows` is a record's key, `merged` the number of the request that it became part of.
    """

    topic = CharField(default="")
    priority = CharField(default="normal")
    origin = CharField(default="portal")
    assignee = IntegerField(null=True, index=True)
    team = IntegerField(null=True, index=True)
    deadline = BigIntegerField(null=True)
    settled = BigIntegerField(null=True)
    cause = TextField(default="")
    solution = TextField(default="")
    follows = IntegerField(null=True, index=True)
    merged = IntegerField(null=True)

    class Meta:
        """Named after the plugin."""

        table_name, people = "tickets_ticket", (("assignee", "{}"),)


def seconds(moment):
    """Write a moment as whole seconds since 1970."""
    return None if moment is None else int(moment.timestamp())


def moment(value):
    """Read whole seconds since 1970 as a moment in UTC."""
    return None if value is None else datetime.fromtimestamp(value, UTC)
