"""Told of every opened ticket, in the worker, after the change is committed."""

from parlour import Reader, hook, tally


def heard(event):
    tally.note("example_readers.opened", event.name)


@hook
def readers():
    return [Reader("tickets.opened", "counter", heard)]
