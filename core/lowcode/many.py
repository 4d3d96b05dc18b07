"""What the team does to many records of a module at once: every step that nothing has to be said with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from core.data import access
from core.errors import ParlourError
from core.look.i18n import gettext as _
from core.lowcode import steps
from core.lowcode.flow import Transition
from core.lowcode.module import Module
from core.parts import Act
from core.web.texts import say


def offered(module: Module) -> list[Transition]:
    """Give the steps that can be taken with many: nothing is read, filled in or signed with them."""
    return [step for step in module.transitions.values() if step.act and not step.page and not step.binds]


def acts(module: Module) -> list[Act]:
    """Give those steps as acts on many."""
    return [Act(f"{module.plugin}.{module.name}_{step.name}", say(step.label), module.name,
                f"{module.plugin}.{step.act}", partial(_take, module, step), partial(_says, module, step),
                check=partial(_check, step), order=10 + place)
            for place, step in enumerate(offered(module))]


def _take(module: Module, step: Transition, row: Any, _values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if row.state == step.to:
        return None
    record = access.find(module.name, row.number, step.act)
    steps.take(module, record, step, {}, chosen=[], looked_at="")
    return {}


def _says(module: Module, step: Transition, _values: Mapping[str, Any]) -> str:
    return _("They become “%(state)s”; who waits for them is told as ever.", state=say(module.states[step.to][0]))


def _check(step: Transition, row: Any, _values: Mapping[str, Any]) -> str:
    if row.state == step.to:
        return _("Is that already.")
    if row.state not in step.sources:
        return _("It cannot go there from where it stands.")
    try:
        ready = steps.holds(step, row.fields or {})
    except ParlourError as error:
        return str(error)
    return "" if ready else say(step.otherwise) or _("This cannot be done now.")
