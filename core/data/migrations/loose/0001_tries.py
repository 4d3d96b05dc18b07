"""Make the tables whose loss costs nothing."""

from core.data.credentials import Tries
from core.data.tally import Tally


def up(migrator, db):
    """Create them."""
    db.create_tables([Tries, Tally])


def down(migrator, db):
    """Drop them."""
    db.drop_tables([Tries, Tally])
