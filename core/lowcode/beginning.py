"""Records of a module that begin from others, and what its own tell those: both declared in its YAML."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from core.errors import Invalid
from core.look import currencies, money
from core.lowcode import bodies
from core.lowcode.display import EMPTY
from core.lowcode.flow import Begins, Gives
from core.lowcode.module import Module
from core.parts import Begin
from core.web.behalf import Party
from core.web.fields import Field


@currencies.of_record
def gives(module: Module, row: Any) -> dict[str, Any]:
    """Give what a record tells one that begins from it, in the states it tells it in."""
    said = module.flow.gives
    if said is None or (said.states and row.state not in said.states):
        return {}
    values = {"title": row.title, **module.seen(row.fields or {}, staff=False, state=row.state)}
    told: dict[str, Any] = {word: values[name] for word, name in said.fields.items()
                            if values.get(name) not in EMPTY}
    rows = [row for row in values.get(said.rows) or () if said.counts is None or said.counts.holds(row)]
    if rows:
        told["lines"] = [{word: row[name] for word, name in said.lines.items() if row.get(name) not in EMPTY}
                         for row in rows]
        told |= {"rounding": money.LINE}
    price = _price(module, said)
    return {**told, "currency": currencies.of(price.schema)} if price and told else told


def _price(module: Module, said: Gives) -> Field | None:
    """Find the field in whose currency all is that is told: the price of a line, else the first amount."""
    inside = {child.key: child for child in module.fields[said.rows].children} if said.rows else {}
    told = [inside.get(said.lines.get("price", "")), *(module.fields.get(name) for name in said.fields.values())]
    return next((one for one in told if one is not None and one.widget == "money"), None)


def begins(module: Module) -> list[Begin]:
    """Give how records of a module begin from others."""
    return [Begin(name=f"{module.plugin}.{module.name}_{one.name}", kind=module.name, label=str(one.label),
                  permission=f"{module.plugin}.{one.act}", call=partial(begin, module, one), of=one.of,
                  needs=one.needs, once=one.once, icon=module.icon) for one in module.flow.begins]


def begin(module: Module, one: Begins, about: Any, told: Mapping[str, Any]) -> Any:
    """Make a record from what another tells, for the same person and company; give its row.

    What does not fit a field is left out of it: whoever looks after the record fills it in.
    """
    with currencies.kept_in({currencies.KEPT: told.get("currency")}):
        return _begun(module, one, about, told)


def _begun(module: Module, one: Begins, about: Any, told: Mapping[str, Any]) -> Any:
    form, values = module.new_staff, dict[str, Any]()
    for target, word in one.fields.items():
        field = module.fields.get(target)
        strange = field is not None and field.widget == "money" and currencies.of(field.schema) != currencies.own()
        if told.get(word) in EMPTY or (strange and "currency" in told):
            continue
        try:
            values |= form.clean({target: told[word]}, partial=True)
        except Invalid:
            continue
    title = str(values.pop("title", "") or told["subject"])[:200]
    values.setdefault(module.headline if module.headline in module.fields else "title", title)
    return bodies.open_record(module, values, whose=Party(about.person_id, about.company_id) if about else None)
