"""Make the table of ticket bodies."""

from parlour_plugins.tickets.models import Ticket


def up(migrator, db):
    """Create it."""
    db.create_tables([Ticket])


def down(migrator, db):
    """Drop it."""
    db.drop_tables([Ticket])
