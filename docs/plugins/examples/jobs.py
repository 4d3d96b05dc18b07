"""Work every hour, once per tenant, in the worker. It may be called again after a failure: make it repeatable."""

from parlour import Job, count, hook, tally, visible


def measure():
    tally.note("example_jobs.open", str(count(visible("ticket"))))


@hook
def jobs():
    return [Job("measure", 3600, measure)]
