"""Make the table of visits."""

from parlour_plugins.visits.models import Visit


def up(migrator, db):
    """Create it."""
    db.create_tables([Visit])


def down(migrator, db):
    """Drop it."""
    db.drop_tables([Visit])
