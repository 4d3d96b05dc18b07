"""Make the outbox, its jobs and the bell's notices."""

from core.work.bell import Notification
from core.work.events import Event, Job


def up(migrator, db):
    """Create them."""
    db.create_tables([Event, Job, Notification])


def down(migrator, db):
    """Drop them."""
    db.drop_tables([Event, Job, Notification])
