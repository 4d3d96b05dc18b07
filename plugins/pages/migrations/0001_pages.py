"""Make the tables of pages."""

from parlour_plugins.pages.models import TABLES


def up(migrator, db):
    """Create them."""
    db.create_tables(TABLES)


def down(migrator, db):
    """Drop them."""
    db.drop_tables(TABLES)
