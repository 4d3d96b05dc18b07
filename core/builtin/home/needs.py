"""What needs somebody: tasks, records that wait for them, answers they have not read; from every plugin."""

from typing import Any

from parlour import current, label, links, piece, tasks


def draw() -> Any:
    """Draw the card. Staff has its inbox: the card is for them only while there are tasks."""
    who = current()
    if who.is_staff:
        return None
    kinds = who.registry.kinds
    words = {name: dict(kind.states()) if kind.states else {} for name, kind in kinds.items()}
    return piece("home/needs.html", tasks=tasks.waiting(), rows=tasks.pending(), kinds=kinds, label=label,
                 path=links.of, words=words)
