"""The body of a visit: what only visits have."""

from peewee import CharField

from parlour import Table


class Visit(Table):
    """A visit on site. Days are written 2026-12-31; `planned` is empty until the team has planned it."""

    place = CharField()
    wished = CharField(default="")
    planned = CharField(default="")

    class Meta:
        """Named after the plugin."""

        table_name = "visits_visit"
