"""Make the tables of topics, categories and tags."""

from parlour_plugins.forums.models import TABLES


def up(migrator, db):
    """Create them."""
    db.create_tables(TABLES)


def down(migrator, db):
    """Drop them."""
    db.drop_tables(TABLES)
