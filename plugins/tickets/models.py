"""The body of a ticket: what only tickets have."""

from peewee import CharField, IntegerField

from parlour import Table


class Ticket(Table):
    """A customer's request."""

    topic = CharField(default="")
    priority = CharField(default="normal")
    origin = CharField(default="portal")
    assignee = IntegerField(null=True)
    team = IntegerField(null=True)

    class Meta:
        """Named after the plugin."""

        table_name = "tickets_ticket"
