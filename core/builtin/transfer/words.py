"""What kinds, states and outcomes of long acts are called."""

from typing import Any

from parlour import current, transfers
from parlour import gettext as _


def states() -> dict[str, tuple[str, str]]:
    """Say what the states are called, each with the colour of its badge."""
    return {"draft": (_("Not started"), "neutral"), "checking": (_("Being looked through"), "info"),
            "checked": (_("Waits for your yes"), "warn"), "running": (_("Under way"), "info"),
            "done": (_("Done"), "good"), "cancelled": (_("Stopped"), "neutral"), "failed": (_("Failed"), "bad")}


def outcomes() -> dict[str, tuple[str, str]]:
    """Say what became of rows, each with the colour of its badge."""
    return {"created": (_("New"), "good"), "updated": (_("Updated"), "info"),
            "skipped": (_("Left as it is"), "neutral"), "unchanged": (_("Unchanged"), "neutral"),
            "failed": (_("Not possible"), "bad"),
            "done": (_("Done"), "good"), "left_out": (_("Left out"), "warn"), "will": (_("Will change"), "info")}


def subject(name: str) -> str:
    """Say what a kind of row is called, many of them."""
    known = {"person": _("People"), "company": _("Companies"), "team": _("Teams")}
    name = name.rpartition(".")[2]
    part = current().registry.imports.get(name)
    kind = current().registry.kinds.get(name)
    return known.get(name) or (_(part.title) if part and part.title else "") or (
        _(kind.title) if kind else name.replace("_", " ").capitalize())


def shown(field: Any, value: Any) -> str:
    """Write what a field of a row would hold: a choice in its words, what is found by its name."""
    if field.kind == "find" and str(value).isdecimal():
        found = transfers.bulk.look(field.finds, [int(value)])
        return next((str(transfers.bulk.name_of(field.finds, row)) for row in found.values()), str(value))
    return str(dict(field.options).get(str(value), "" if value is None else value))


def title(row: Any) -> str:
    """Say what an errand does."""
    if row.kind == "import":
        return _("Import: %(file)s", file=row.title)
    if row.kind == "export":
        return _("Export: %(what)s", what=subject(row.subject))
    undoing = isinstance(row.plan.get("undo"), int)
    return _("Undo: %(what)s", what=_(row.title)) if undoing else _(row.title)
