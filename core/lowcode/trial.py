"""A module as it would be: its real pages with records made up for it, and nothing of it stays."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flask import Flask, Response, make_response

from core.config import loader, manifests
from core.data import scope
from core.data.access import granted
from core.data.db import transaction
from core.data.scope import Scope
from core.errors import NotFound, ParlourError
from core.look import links
from core.lowcode import pages
from core.parts import Kind, Manifest
from core.web import preview

PAGES = ("list", "form", "record")
"""What can be looked at."""

HOW_MANY = 3
"""Records that are made up where the module brings no sample data."""


class _Over(Exception):  # noqa: N818 - it ends a transaction that was only tried
    """What ends a try: everything in it is taken back."""


def page(source: str, module: str, kind: str, what: str, scheme: str, *, customer: bool = False) -> Response:
    """Draw the list, the form or one record of a kind as it would be with this text.

    It is what whoever asks would see, or a `customer` of no company.
    It is drawn in a frame that runs, sends and leads nowhere; the records in a list or on a page are made within a
    transaction that is taken back when it is drawn. Raises NotFound.
    """
    if what not in PAGES or scheme not in ("light", "dark"):
        raise NotFound
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "plugin.yaml").write_text(source, encoding="utf-8")
        manifest = manifests.manifest(loader.read(source, module, {}), place)
        if kind not in manifest.records:
            raise NotFound
        hooks = pages.hooks(manifest)
        return preview.of(lambda: _drawn(manifest, hooks, kind, what, customer=customer), scheme)


def _drawn(manifest: Manifest, hooks: Mapping[str, Callable[[], Any]], kind: str, what: str, *,
           customer: bool) -> Response:
    blueprint = hooks["routes"]()
    app = Flask("trial", static_folder=None)
    for one in blueprint if isinstance(blueprint, list | tuple) else [blueprint]:
        app.register_blueprint(one)
    kinds = {one.name: replace(one, plugin=manifest.id) for one in hooks["kinds"]()}
    who, makes = _scope(manifest, kinds, customer=customer), what != "form"
    with _tried(who) if makes else scope.enter(who):  # a form is drawn of nothing: nobody waits for it to write
        if granted(who, f"{manifest.id}.{'create' if what == 'form' else 'view'}") == "none":
            raise NotFound
        numbers = _records(who.registry.kinds[kind], manifest.records[kind]) if makes else []
        plural = f"/{kinds[kind].plural}"
        if what == "record" and not numbers:
            raise NotFound
        path = {"list": plural, "form": f"{plural}/new"}.get(what) or links.record_path(kinds[kind], numbers[0])
        endpoint, values = app.url_map.bind("localhost").match(path, method="GET")
        return make_response(app.view_functions[endpoint](**values))


@contextmanager
def _tried(who: Scope) -> Iterator[None]:
    """Work as this scope says in a transaction of which nothing stays."""
    failed: Exception | None = None
    with suppress(_Over), scope.enter(who), transaction():
        try:
            yield
        except Exception as error:  # noqa: BLE001 - it goes on below, once all is taken back
            failed = error
        raise _Over
    if failed is not None:
        raise failed


def _scope(manifest: Manifest, kinds: Mapping[str, Kind], *, customer: bool) -> Scope:
    """Give the scope of whoever asks, in a portal that has this module and has switched it on."""
    who = scope.current()
    registry, mine = who.registry, manifest.id
    others = {name: one for name, one in registry.kinds.items() if one.plugin != mine}
    every = {**others, **kinds}
    permissions = {f"{mine}.{action}": MappingProxyType(dict(roles))
                   for action, roles in manifest.permissions.items()}
    tried = replace(
        registry, manifests=MappingProxyType({**registry.manifests, mine: manifest}),
        kinds=MappingProxyType(every), plurals=MappingProxyType({one.plural: one for one in every.values()}),
        permissions=MappingProxyType({**registry.permissions, **permissions}),
        navigation=(*(nav for nav in registry.navigation if nav.plugin != mine), *manifest.navigation))
    person = replace(who.me, role="", memberships=()) if customer else who.me
    return replace(who, registry=tried, settings=who.settings.trying(manifest), person=person)


def _records(kind: Kind, said: Mapping[str, Any]) -> list[int]:
    """Make up some records; give their numbers. What cannot be made up is left out."""
    numbers = []
    for place in range(HOW_MANY):
        row = None
        for only_must in (False, True):
            with suppress(ParlourError, LookupError, ValueError), transaction():
                assert kind.create is not None  # noqa: S101 - every module's kind has one
                row = kind.create(sample(said, place, only_must=only_must))
                break
        if row is None:
            break
        numbers.append(row.number)
        steps = [one for one in said.get("transitions", {}).values() if not one.get("fields")]
        if place and steps and kind.update is not None:
            with suppress(ParlourError, LookupError, ValueError), transaction():
                kind.update(row, {"state": steps[(place - 1) % len(steps)]["to"]})
    return numbers


def sample(said: Mapping[str, Any], place: int, *, only_must: bool) -> dict[str, Any]:
    """Make up what a form would hold."""
    fields = said.get("fields", {})
    made = {name: value for name, one in fields.items()
            if (one.get("required") or not only_must) and "if" not in one and not one.get("hidden")
            and (value := _value(one, place)) is not None}
    headline = said.get("headline", "title")
    if fields.get(headline, {}).get("type", "text") == "text":
        made[headline] = f"{_word(said['title'])} {place + 1}"
    if said.get("message", "optional") == "required":
        made["body"] = "…"
    return made


def _word(text: Any) -> str:
    return str(next(iter(text.values())) if isinstance(text, Mapping) else text)


def _value(one: Mapping[str, Any], place: int) -> Any:
    """Make up one answer; None where nothing can be made up."""
    kind, label = one.get("type", "text"), _word(one.get("label", ""))
    options = one.get("options") or ()
    keys = list(options)
    plain: dict[str, Any] = {
        "text": one.get("default") or _word(one.get("placeholder") or f"{label} {place + 1}"),
        "longtext": one.get("default") or label, "checkbox": place % 2 == 0, "date": "2027-03-15",
        "email": "anna@example.com", "phone": "+49 30 123456", "country": "DE", "quantity": "2",
        "number": max(one.get("min", 0), 3 + place), "money": max(one.get("min", 0), 4900 + 1250 * place)}
    if kind in ("choice", "several") and keys:
        value = str(keys[place % len(keys)])
        return value if kind == "choice" else [value]
    if kind in ("rows", "group"):
        row = {name: value for name, inner in one.get("fields", {}).items()
               if "if" not in inner and (value := _value(inner, place)) is not None}
        return [row, row] if kind == "rows" and one.get("max_rows", 2) > 1 else [row] if kind == "rows" else row
    return plain.get(kind)
