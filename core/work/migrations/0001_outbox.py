"""Make the outbox, its jobs, the bell's notices, and what waits for summaries."""

from core.work.bell import Notification
from core.work.digest import DigestItem
from core.work.events import Event, Job


def up(migrator, db):
    """Create them."""
    db.create_tables([Event, Job, Notification, DigestItem])


def down(migrator, db):
    """Drop them."""
    db.drop_tables([Event, Job, Notification, DigestItem])
