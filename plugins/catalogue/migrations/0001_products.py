"""Make the table of products."""

from parlour_plugins.catalogue.models import Product


def up(migrator, db):
    """Create it."""
    db.create_tables([Product])


def down(migrator, db):
    """Drop it."""
    db.drop_tables([Product])
