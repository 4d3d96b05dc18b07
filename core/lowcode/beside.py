"""What a module has beside its pages: the card of the home page, and the job that lets days pass."""

from __future__ import annotations

from functools import partial
from typing import Any

from core.data import access, scope
from core.data.db import fetch
from core.data.records import Record, label
from core.look import links
from core.lowcode import steps
from core.lowcode.module import Module
from core.parts import Job, Panel
from core.web.render import piece
from core.web.texts import say

EVERY = 300
"""Seconds between two looks for records whose day is over."""

BATCH = 500


def panels(module: Module) -> list[Panel]:
    """Give the card of a module, if it has one."""
    card = module.flow.card
    if card is None:
        return []
    return [Panel(f"{module.plugin}.{module.name}", str(card.title or module.many), f"{module.plugin}.view",
                  partial(draw, module), order=card.order)]


def draw(module: Module) -> Any:
    """Draw the card: what stands in its states, newest first; nothing where there is nothing."""
    card, who = module.flow.card, scope.current()
    assert card is not None  # noqa: S101 - only then there is a card
    if card.who != "everybody" and who.is_staff != (card.who == "staff"):
        return None
    rows = fetch(access.visible(module.name, "view").where(Record.state.in_(list(card.states))).order_by(
        Record.touched.desc()).limit(card.most))
    if not rows:
        return None
    kind = who.registry.kinds[module.name]
    return piece(f"{module.templates}/panel.html", module=module, rows=rows, kind=kind, label=label, say=say,
                 title=card.title or module.many, path=partial(links.record_path, kind),
                 word=partial(module.word, who))


def jobs(module: Module) -> list[Job]:
    """Give the job that takes the steps whose day is over, if there are any."""
    if not any(step.after for step in module.transitions.values()):
        return []
    return [Job(f"{module.name}_dates", every=EVERY, call=partial(pass_days, module))]


def pass_days(module: Module) -> None:
    """Take every step whose day is over, in the name of the portal."""
    waiting = sorted({state for step in module.transitions.values() if step.after for state in step.sources})
    last = 0
    while True:
        rows = fetch(access.visible(module.name, "view").where(
            Record.state.in_(waiting), Record.id > last).order_by(Record.id).limit(BATCH))
        for row in rows:
            step = steps.due(module, row)
            if step is not None:
                steps.by_itself(module, row, step)
        if len(rows) < BATCH:
            return
        last = rows[-1].id
