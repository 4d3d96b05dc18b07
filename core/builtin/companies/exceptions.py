"""What one company has otherwise than the others: read from portal.yaml, and written there, comments intact."""

from collections.abc import Mapping
from typing import Any

from parlour import configuration, current

REMOVE = configuration.controls.REMOVE
Way = tuple[str | int, ...]


def own(identifier: str) -> dict[str, Any]:
    """Give what this tenant's part of portal.yaml says of a company."""
    found: dict[str, Any] = (current().settings.own.data.get("companies") or {}).get(identifier) or {}
    return found


def changes(identifier: str, wanted: Mapping[Way, Any]) -> dict[Way, Any]:
    """Turn values by their way below a company (None: none of its own) into changes of the configuration."""
    mine, found = own(identifier), dict[Way, Any]()
    for way, value in wanted.items():
        now = _at(mine, way)
        if value == now:
            continue
        if value is None:
            found[_empty(mine, way, wanted)] = REMOVE
        else:
            found[way] = value
    if all(value is REMOVE for value in found.values()) and len(found) >= len(mine) > 0 and all(
            (key,) in found for key in mine):
        found = {(): REMOVE}
    return {("companies", identifier, *way): value for way, value in found.items()}


def _at(group: Any, way: Way) -> Any:
    for step in way:
        group = group.get(step) if isinstance(group, Mapping) else None
    return group


def _empty(mine: Mapping[str, Any], way: Way, wanted: Mapping[Way, Any]) -> Way:
    """Give the way to what goes: the group, where all it holds goes."""
    held = _at(mine, way[:-1]) if len(way) > 1 else {}
    return way[:-1] if held and all(wanted.get((*way[:-1], key), 0) is None for key in held) else way


def save(identifier: str, wanted: Mapping[Way, Any], note: str) -> bool:
    """Write what a company has otherwise into portal.yaml; say whether that changed anything.

    Raises as `configuration.edit` does.
    """
    made = changes(identifier, wanted)
    if made:
        configuration.edit(made, None, note)
    return bool(made)


def moved(old: str, new: str) -> dict[Way, Any]:
    """Give the changes that put what one company has otherwise where another one's stands; its own counts more."""
    before, there = own(old), own(new)
    if not before:
        return {}
    made: dict[Way, Any] = {("companies", old): REMOVE}
    if not there:
        return made | {("companies", new): before}
    for key, value in before.items():
        if key not in there:
            made["companies", new, key] = value
        elif isinstance(value, Mapping) and isinstance(there[key], Mapping):
            made |= {("companies", new, key, inner): one for inner, one in value.items()
                     if inner not in there[key]}
    return made


def united(old: str, new: str) -> dict[Way, Any]:
    """Give what `moved` does for two companies that become one: whether the second is let in stays as it is."""
    made, whole = moved(old, new), ("companies", new)
    made |= {(*whole, key): value for key, value in made.pop(whole, {}).items()}
    made.pop((*whole, "status"), None)
    return made
