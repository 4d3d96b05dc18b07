"""Make the outbox, its jobs and the bell's notices."""

from core.work.events import Event, Job
from core.work.notify import Notification


def up(migrator, db):
    """Create them."""
    db.create_tables([Event, Job, Notification])


def down(migrator, db):
    """Drop them."""
    db.drop_tables([Event, Job, Notification])
