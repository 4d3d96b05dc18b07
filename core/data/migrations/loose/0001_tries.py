"""Make the tables whose loss costs nothing."""

from core.data.credentials import Tries


def up(migrator, db):
    """Create them."""
    db.create_tables([Tries])


def down(migrator, db):
    """Drop them."""
    db.drop_tables([Tries])
