"""Make the tables of articles and categories."""

from parlour_plugins.kb.models import TABLES


def up(migrator, db):
    """Create them."""
    db.create_tables(TABLES)


def down(migrator, db):
    """Drop them."""
    db.drop_tables(TABLES)
