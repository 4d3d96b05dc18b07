"""Make the tables of payments; what was paid never changes."""

from parlour_plugins.payments.models import FIXED, Heard, Payment

from parlour import fix, loosen


def up(migrator, db):
    """Create them."""
    db.create_tables([Payment, Heard])
    fix(Payment, *FIXED, kind="payment")


def down(migrator, db):
    """Drop them."""
    loosen(Payment, "payment")
    db.drop_tables([Heard, Payment])
