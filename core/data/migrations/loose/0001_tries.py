"""Make the tables whose loss costs nothing."""

from core.data.credentials import Tries
from core.data.factors import Challenge
from core.data.searches import Term
from core.data.tally import Tally


def up(migrator, db):
    """Create them."""
    db.create_tables([Tries, Tally, Challenge, Term])


def down(migrator, db):
    """Drop them."""
    db.drop_tables([Tries, Tally, Challenge, Term])
