"""Make the tables of documents."""

from parlour_plugins.documents.models import TABLES


def up(migrator, db):
    """Create them."""
    db.create_tables(TABLES)


def down(migrator, db):
    """Drop them."""
    db.drop_tables(TABLES)
