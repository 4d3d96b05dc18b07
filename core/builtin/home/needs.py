"""What needs somebody: tasks, records that wait for them, answers they have not read; from every plugin."""

from typing import Any

from parlour import current, label, links, piece, tasks


def draw() -> Any:
    """Draw the card. Staff has its inbox: the card is for them only while there are tasks."""
    who = current()
    if who.is_staff:
        return None
    rows, kinds = tasks.pending(), who.registry.kinds
    # Only kinds that stand here are asked for their words: none of a feature that is off.
    said = {name: kinds[name].states for name in {row.kind for row in rows}}
    words = {name: dict(states()) if states else {} for name, states in said.items()}
    return piece("home/needs.html", tasks=tasks.waiting(), rows=rows, kinds=kinds, label=label,
                 path=links.of, words=words)
