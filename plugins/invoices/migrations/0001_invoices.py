"""Make the tables of invoices; what is issued and what was booked never changes."""

from parlour_plugins.invoices.models import FIXED, Draft, Entry, Invoice

from parlour import fix, loosen

BOOKED = ("what", "source", "amount", "day", "record")


def up(migrator, db):
    """Create them."""
    db.create_tables([Invoice, Draft, Entry])
    fix(Invoice, *FIXED, kind="invoice")
    fix(Entry, *BOOKED)


def down(migrator, db):
    """Drop them."""
    loosen(Entry)
    loosen(Invoice, "invoice")
    db.drop_tables([Entry, Draft, Invoice])
