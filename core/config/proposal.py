"""Changes that are not made yet: laid over one's own part of a document, told apart, kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.config.loader import Path
from core.config.mistakes import below
from core.config.settings import copy
from core.config.splice import REMOVE, apply, same
from core.errors import FieldError, Invalid, Refused

MOST_CHANGES = 300
MOST_BYTES = 200_000

Changes = Mapping[Path, Any]
"""Path to new value, or REMOVE; later ones count over earlier ones."""


def laid_over(own: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """Give a document's part with changes made; what has no place any more (a list got shorter) is left out."""
    made: dict[str, Any] = copy(own)
    for path, value in changes.items():
        try:
            made = apply(made, path, value)
        except Refused:
            continue
    return made


def between(own: Any, wanted: Any, path: Path = (), now: Any = None) -> Iterator[tuple[Path, Any]]:
    """Give the fewest changes to one's own part that make `wanted`: single values where that is possible.

    `now` is what stands there with what is inherited (default: one's own alone). A group whose keys stand in
    another order, a list that lost an entry or is inherited, is given as a whole.
    """
    now = own if now is None else now
    if same(now, wanted):
        return
    if isinstance(now, Mapping) and isinstance(wanted, Mapping) and (wanted or not path):
        if _in_order(list(now), list(wanted)):
            mine = own if isinstance(own, Mapping) else {}
            yield from (((*path, key), REMOVE) for key in now if key not in wanted)
            for key, value in wanted.items():
                if key in now:
                    yield from between(mine.get(key), value, (*path, key), now[key])
                else:
                    yield (*path, key), value
            return
    elif isinstance(own, list) and isinstance(wanted, list) and own and len(own) <= len(wanted) and same(own, now):
        for index, value in enumerate(wanted):
            if index < len(own):
                yield from between(own[index], value, (*path, index))
            else:
                yield (*path, index), value
        return
    yield path, wanted


def _in_order(before: list[str], after: list[str]) -> bool:
    """Say whether the keys that stay stand first and in their order."""
    kept = [key for key in before if key in after]
    return after[:len(kept)] == kept


def rooted(own: Mapping[str, Any], merged: Mapping[str, Any], path: Path, value: Any) -> tuple[Path, Any]:
    """Turn a change inside a list that is inherited into one of the whole list, which then is one's own."""
    mine: Any = own
    inherited: Any = merged
    for depth, step in enumerate(path):
        if isinstance(step, int) and not isinstance(mine, list):
            return path[:depth], apply(inherited, path[depth:], value)
        mine = inside(mine, step)
        inherited = inside(inherited, step)
    return path, value


def inside(data: Any, step: str | int) -> Any:
    """Give what stands one step down in plain data, None for nothing."""
    if isinstance(data, Mapping):
        return data.get(str(step))
    return data[step] if isinstance(data, list) and isinstance(step, int) and step < len(data) else None


def with_change(own: Mapping[str, Any], changes: Changes, more: Changes) -> dict[Path, Any]:
    """Add changes to a proposal: what comes back to how it stands is no change any more.

    Raises Invalid where it grows beyond what one proposal may hold.
    """
    made = dict(between(own, laid_over(own, {**_unrelated(changes, more), **more})))
    if len(made) > MOST_CHANGES or len(to_json(made)) > MOST_BYTES:
        raise Invalid([FieldError("", "These are too many changes at once. Save what you have, then go on.",
                                  "too_many")])
    return made


def _unrelated(changes: Changes, more: Changes) -> dict[Path, Any]:
    """Leave out what is decided anew, so that the new value comes last."""
    return {path: value for path, value in changes.items() if path not in more}


def to_json(changes: Changes) -> str:
    """Write changes as one line of JSON."""
    plain = [[list(path), {} if value is REMOVE else {"value": value}] for path, value in changes.items()]
    return json.dumps(plain, ensure_ascii=False)


def from_json(text: str) -> dict[Path, Any]:
    """Read what `to_json` wrote."""
    return {tuple(path): said.get("value", REMOVE) if said else REMOVE for path, said in json.loads(text)}


def shortest(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """Write a value as a person would: a group that says only what its short form stands for is that alone."""
    if isinstance(value, Mapping):
        inner = {key: shortest(one, below(schema, key, root), root) for key, one in value.items()}
        short = schema.get("x-short")
        if short and list(inner) == [short] and not isinstance(inner[short], dict | list):
            return inner[short]
        return inner
    if isinstance(value, list):
        return [shortest(one, below(schema, index, root), root) for index, one in enumerate(value)]
    return value


def to_write(changes: Changes, root: Mapping[str, Any]) -> dict[Path, Any]:
    """Give the changes as they are written into a tenant document with this schema."""
    found = {}
    for path, value in changes.items():
        schema = root
        for step in path:
            schema = below(schema, step, root)
        found[path] = value if value is REMOVE else shortest(value, schema, root)
    return found
