"""Make the tables of orders and their lines."""

from parlour_plugins.orders.models import Order, OrderLine


def up(migrator, db):
    """Create them."""
    db.create_tables([Order, OrderLine])


def down(migrator, db):
    """Drop them."""
    db.drop_tables([OrderLine, Order])
