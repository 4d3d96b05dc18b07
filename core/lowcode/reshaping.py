"""Bringing the records of a module into line with its YAML: what loses nothing is done, all else is asked first.

Fields are renamed (`was`), change their type where every stored value says the same afterwards, get the default of
a new field, and are computed anew. Where something would be lost, that field stays as it is stored, and `Loss`
says how many records it is about, with examples; it is done when somebody confirms it by its key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from typing import Any

from core.data import reshape, scope
from core.data.audit import record_act
from core.data.records import label
from core.errors import NotFound
from core.look import currencies
from core.look.i18n import ngettext as _n
from core.lowcode import coined, shapes, signing
from core.lowcode.module import Module, read
from core.lowcode.shapes import Change, Lost
from core.parts import Kind

EXAMPLES = 3
TRIES = 5
LONGEST = 60
GONE, CHANGED, STATE, KIND = "gone", "changed", "state", "kind"


@dataclass(frozen=True)
class Loss:
    """What would be lost: `key` confirms it, `what` is gone, changed (its type) or state, examples by number."""

    key: str
    what: str
    name: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in one sentence, for the command line."""
        records = "1 record holds" if self.count == 1 else f"{self.count} records hold"
        if self.what == STATE:
            stand = "1 record stands" if self.count == 1 else f"{self.count} records stand"
            said = f"{stand} at '{self.name}', a state that is gone, and would go to where records begin"
        elif self.what == KIND:
            stand = "1 record is" if self.count == 1 else f"{self.count} records are"
            said = f"{stand} of the kind '{self.name}', which is gone from the file, and would be removed"
        elif self.what == GONE:
            said = f"{records} something in '{self.name}', a field that is gone"
        else:
            said = f"{records} something in '{self.name}' that has no place in the field as it is now"
        return f"{self.key}: {said} ({', '.join(self.examples)})."


    @property
    def told(self) -> str:
        """Say it to an admin."""
        if self.what == STATE:
            return _n("%(num)s record stands at “%(name)s”, which is gone. It would go to where records begin.",
                      "%(num)s records stand at “%(name)s”, which is gone. They would go to where records begin.",
                      self.count, num=self.count, name=self.name)
        if self.what == KIND:
            return _n("%(num)s record is of the kind “%(name)s”, which is gone. It would be removed.",
                      "%(num)s records are of the kind “%(name)s”, which is gone. They would be removed.",
                      self.count, num=self.count, name=self.name)
        if self.what == GONE:
            return _n("%(num)s record holds something in “%(name)s”, a field that is gone.",
                      "%(num)s records hold something in “%(name)s”, a field that is gone.",
                      self.count, num=self.count, name=self.name)
        return _n("%(num)s record holds something in “%(name)s” that does not fit the field as it is now.",
                  "%(num)s records hold something in “%(name)s” that does not fit the field as it is now.",
                  self.count, num=self.count, name=self.name)


@dataclass
class _Count:
    number: int = 0
    examples: tuple[str, ...] = ()

    def add(self, example: str) -> None:
        """Count one more."""
        self.number += 1
        if len(self.examples) < EXAMPLES:
            self.examples = (*self.examples, example)


def waits(plugin: str = "") -> list[Loss]:
    """Give what waits to be confirmed in the tenant at hand, of one plugin or of all."""
    return [_loss(one) for row in reshape.waiting() for one in row.waiting
            if not plugin or row.shape.get("plugin") == plugin]


def confirm(plugin: str, key: str, modules: Collection[Module] = ()) -> None:
    """Give up what waits under a key, for the tenant at hand. Raises NotFound where nothing does.

    `modules` are the plugin's kinds where its file says others by now than what is in use.
    """
    manifest = scope.current().registry.manifests.get(plugin)
    modules = modules or (list(read(manifest)) if manifest is not None else ())
    if not modules or key not in {loss.key for loss in waits(plugin)}:
        raise NotFound
    settle_gone(plugin, [one.name for one in modules], [key])
    for one in modules:
        if key.startswith(f"{one.name}."):
            settle(one, [key])


def _loss(stored: Mapping[str, Any]) -> Loss:
    return Loss(**{**stored, "examples": tuple(stored["examples"])})


def settle_gone(plugin: str, kinds: Collection[str], confirmed: Collection[str] = (), *,
                try_only: bool = False) -> list[Loss]:
    """Tell of records whose kind a module's file does not know any more; remove those that are confirmed."""
    found = []
    for kind in reshape.gone(plugin, kinds):
        number, some = reshape.held(kind, EXAMPLES)
        loss = Loss(kind, KIND, kind, number, tuple(f"{row.number}: {row.title[:LONGEST]}" for row in some))
        if not number or (kind in confirmed and not try_only):
            if not try_only:
                reshape.forget(kind)
                record_act("module.lost", kind, field=kind, records=number)
            continue
        found.append(loss)
        if not try_only and (known := reshape.known(kind)) is not None:
            reshape.keep(kind, known.shape, [asdict(loss)])
    return found


def remember(module: Module) -> None:
    """Keep the shape that the first records of a kind are made in, for when it changes."""
    if reshape.known(module.name) is None:
        reshape.keep(module.name, shapes.of(module), [])


def settle(module: Module, confirmed: Collection[str] = (), *, try_only: bool = False) -> list[Loss]:
    """Bring a module's records in the tenant at hand into line; give what would be lost and is not confirmed.

    `confirmed` are keys of losses; `try_only` changes nothing.
    """
    known, shape = reshape.known(module.name), shapes.of(module)
    if known is None:
        if not try_only:
            reshape.keep(module.name, shape, [])
        return []
    if known.shape == shape and not known.waiting:
        return []
    with nullcontext() if try_only else reshape.alone():  # who confirms one thing must not put back another
        return _settle(module, confirmed, try_only=try_only)


def _settle(module: Module, confirmed: Collection[str], *, try_only: bool) -> list[Loss]:
    known, shape = reshape.known(module.name), shapes.of(module)
    if known is None or (known.shape == shape and not known.waiting):  # somebody was faster
        return []
    work = _Work(module, known.shape, shape)
    losses = work.losses()
    open_ = [loss for loss in losses if loss.key not in confirmed]
    if try_only:
        return open_
    lost = [loss for loss in losses if loss.key in confirmed]
    work.blocked = {loss.key for loss in open_}
    for _try in range(TRIES):
        if not work.rewrite():
            break
    reshape.keep(module.name, work.kept(), [asdict(loss) for loss in open_])
    for loss in lost:
        record_act("module.lost", module.name, field=loss.name, records=loss.count)
    return open_


class _Work:
    """One module's records between the shape they were stored in and the one they are to have."""

    def __init__(self, module: Module, before: Mapping[str, Any], shape: Mapping[str, Any]) -> None:
        self.module, self.before, self.shape = module, before, shape
        self.changes = shapes.changes(before, module)
        self.states = {state: module.data.states_was.get(state, "") for state in before.get("states", ())
                       if state not in module.states}
        self.defaults = {name: value for name, value in shape["defaults"].items()
                         if name not in before.get("fields", {}) and name not in module.data.was}
        self.blocked: set[str] = set()

    def key(self, name: str) -> str:
        """Give the key that confirms what is lost of a field."""
        return f"{self.module.name}.{name}"

    def losses(self) -> list[Loss]:
        """Look at every record and count what would be lost."""
        found: dict[tuple[str, str, str], _Count] = {}
        for rows in reshape.pieces(self.module.name):
            for row in rows:
                with currencies.kept_in({currencies.KEPT: self._currency(row)}):
                    lost = [*self._lost(row)]
                for what, name, value in lost:
                    key = self.key(f"states.{name}" if what == STATE else name)
                    found.setdefault((key, what, name), _Count()).add(self._example(row, value))
        return [Loss(key, what, name, count.number, count.examples)
                for (key, what, name), count in found.items()]

    def _example(self, row: Any, value: Any) -> str:
        module = self.module
        number = label(Kind(module.name, module.plural, module.prefix, module.title, width=module.data.width,
                            yearly=module.data.yearly), row.number)
        text = " ".join(str(value).split())
        return f"{number}: {text[:LONGEST]}" if text else number

    def _lost(self, row: Any) -> Iterable[tuple[str, str, Any]]:
        if row.state in self.states and not self.states[row.state]:
            yield STATE, row.state, ""
        for change in self.changes:
            value = (row.fields or {}).get(change.was)
            if (change.computed and not self._settled(row)) or value in shapes.EMPTY:
                continue
            if change.to is None:
                yield GONE, change.was, value
                continue
            try:
                shapes.becomes(change.form, change.to, value)
            except Lost:
                yield CHANGED, change.name, value

    def rewrite(self) -> int:
        """Bring every record into line, as far as nothing unconfirmed is lost; give how many have to be redone."""
        missed = 0
        for rows in reshape.pieces(self.module.name):
            changed = []
            for row in rows:
                with currencies.kept_in({currencies.KEPT: self._currency(row)}):
                    values = self._new(row)
                if values:
                    changed.append((row, values))
            if changed:
                missed += reshape.rewrite(self.module.name, changed)
        return missed

    def _settled(self, row: Any) -> bool:
        """Say whether a record keeps the figures it was settled or signed with: they are not computed anew."""
        return row.state in self.module.flow.locked or signing.KEPT in (row.fields or {})

    def _currency(self, row: Any) -> str:
        """Give the currency a record's amounts are in: the one it keeps, or that its fields named until now."""
        fields = row.fields or {}
        return str(fields.get(currencies.KEPT) or next((
            found for change in self.changes if fields.get(change.was) not in shapes.EMPTY
            and (found := shapes.named(change.form, change.to))), ""))

    def _new(self, row: Any) -> dict[str, Any]:
        """Give what changes in a record."""
        before, values = dict(row.fields or {}), dict[str, Any]()
        fields = dict(before)
        for change in self.changes:
            if self.key(change.name) not in self.blocked and change.was in fields:
                self._change(fields, change)
        fields |= {name: value for name, value in self.defaults.items() if name not in fields}
        if not self._settled(row):
            fields = self.module.data.plan.filled(fields)  # what is settled keeps the figures it was settled with
        kept = {} if not self.blocked or currencies.KEPT not in before else {
            currencies.KEPT: before[currencies.KEPT]}  # what waits is still in it
        fields = {**coined.marked(self.module.fields.values(), fields), **kept}
        if fields != before:
            values["fields"] = fields
        if row.state in self.states and self.key(f"states.{row.state}") not in self.blocked:
            state = self.states[row.state] or self.module.start
            values |= {"state": state, "category": self.module.states[state][1]}
        return values

    def _change(self, fields: dict[str, Any], change: Change) -> None:
        value = fields.pop(change.was)
        if change.to is None:
            return
        with suppress(Lost):  # what is lost here was confirmed, or is computed anew
            fields[change.name] = shapes.becomes(change.form, change.to, value)

    def kept(self) -> dict[str, Any]:
        """Give the shape the records are in now: of what waits, the former one."""
        fields = dict(self.shape["fields"])
        for change in self.changes:
            if self.key(change.name) in self.blocked:
                fields.pop(change.name, None)
                fields[change.was] = change.form
        states = [*self.shape["states"], *(
            state for state in self.states if self.key(f"states.{state}") in self.blocked)]
        return {**self.shape, "fields": fields, "states": states}
