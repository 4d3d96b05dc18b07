"""Making a module in the browser: its document on the way, what is wrong in it, and how it comes into use."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import current_app, g

from core.config import loader, manifests, mistakes
from core.config.modulefiles import ModuleFiles, document
from core.config.proposal import inside, to_write
from core.config.splice import REMOVE, flow, same, splice
from core.config.versions import Version, digest
from core.data import drafts, scope
from core.data.audit import record_act
from core.errors import ConfigError, FieldError, Invalid, NotFound, Problem, Refused
from core.look.i18n import gettext as _
from core.lowcode import stock
from core.lowcode.module import RESERVED
from core.lowcode.stock import MOST_REMOVED, Loss, empty, give_up, losses, stored, waiting
from core.lowcode.trial import page
from core.parts import Manifest
from core.web import configuration, operators

__all__ = ["MOST_REMOVED", "REMOVE", "RESERVED", "Draft", "Loss", "begin", "check", "empty", "find", "flow",
           "forget", "give_up", "losses", "made", "may", "modules", "page", "permissions", "publish", "put",
           "remove", "renew", "schema", "shop", "started", "state", "stored", "text", "waiting"]

MAX_BYTES = 200_000
"""The longest document that is written in the browser."""

Changes = Mapping[loader.Path, Any]


@dataclass(frozen=True)
class Draft:
    """A module as one session has it: `base` is the hash of the file it began with, "" for a new one.

    `changed`: the text is another than what is in use.
    """

    id: str
    text: str
    base: str = ""
    changed: bool = False

    @cached_property
    def document(self) -> loader.Document:
        """The document, read. Raises ConfigError for one that was mended by hand the wrong way."""
        return loader.read(self.text, document(self.id), {})

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What has to be put right before it can be used."""
        return tuple(check(self.text, self.id))

    @property
    def mark(self) -> str:
        """What tells this text from another, for the addresses of previews."""
        return digest(self.text)[:16]

    @cached_property
    def sound(self) -> bool:
        """Whether its keys are what they should be, so that forms can show it."""
        try:
            return not mistakes.check(self.document, schema())
        except ConfigError:
            return False

    @cached_property
    def data(self) -> dict[str, Any]:
        """Its values in full form; {} where they are not sound."""
        return mistakes.fit(self.document.data, schema()) if self.sound else {}

    def kind(self, name: str) -> Mapping[str, Any]:
        """Give one kind of record. Raises NotFound."""
        found = self.data.get("records", {}).get(name)
        if found is None:
            raise NotFound
        return dict(found)


@dataclass(frozen=True)
class Made:
    """A module of this installation as the list shows it: `state` as `state()` gives it."""

    id: str
    title: str
    state: str
    problem: str = ""
    kinds: tuple[str, ...] = ()
    on: bool = False
    collected: bool = False
    history: list[Version] = field(default_factory=list)


def may() -> None:
    """Let only those through who may make modules. Raises NotFound for everybody else."""
    if not operators.makes():
        raise NotFound


def shop() -> ModuleFiles:
    """Give the folder of modules of this installation."""
    portal = current_app.extensions["parlour"]
    return ModuleFiles(portal.place.plugin_paths[0], portal.store.log)


def schema() -> dict[str, Any]:
    """Give the schema of plugin.yaml."""
    if "maker_schema" not in g:
        g.maker_schema = manifests.plugin_schema()
    found: dict[str, Any] = g.maker_schema
    return found


def _session(module: str) -> str:
    session = g.get("session_public_id", "")
    return f"{session}:module:{module}" if session else ""


def find(module: str) -> Draft:
    """Give a module as this session has it: its draft, else what stands on disk. Raises NotFound."""
    standing = shop().standing(module)
    row = drafts.find(_session(module))
    if row is None:
        if not standing.text:
            raise NotFound
        return Draft(module, standing.text, standing.hash)
    kept = json.loads(row.changes)
    return Draft(module, kept["text"], kept["base"], changed=kept["text"] != standing.text)


def begin(module: str, source: str) -> None:
    """Keep the first text of a module that is to be. Raises Invalid where its name is taken."""
    registry = scope.current().registry
    if module == "new" or module in registry.known or module in registry.failed or module in manifests.RESERVED \
            or (shop().folder / module).exists():
        told = _("There is something of this name already. Choose another one.")
        raise Invalid([FieldError("id", told, "taken")])
    _keep(Draft(module, source))


def _keep(draft: Draft) -> None:
    if len(draft.text.encode()) > MAX_BYTES:
        raise Invalid([FieldError("", _("This is too much for the browser. Edit the file itself."), "too_long")])
    session = _session(draft.id)
    if not session:
        raise Refused(_("Sign in with a browser to make modules."))
    drafts.keep(session, 0, json.dumps({"text": draft.text, "base": draft.base}, ensure_ascii=False))


def put(draft: Draft, changes: Changes) -> Draft:
    """Change values of the document, leaving every other byte as it is. Raises Invalid with what does not fit."""
    wanted = {path: value for path, value in changes.items()
              if (draft.document.find(path) if value is REMOVE else not same(_inside(draft.data, path), value))}
    try:
        fresh = splice(draft.document, to_write(wanted, schema()), {}, _short).source
    except (ConfigError, Refused) as error:
        raise Invalid([FieldError("", str(error), "unfit")]) from None
    return text(draft, fresh)


def _inside(data: Any, path: loader.Path) -> Any:
    for step in path:
        data = inside(data, step)
    return data


def _short(path: loader.Path) -> str | None:
    root = schema()
    found: Mapping[str, Any] = root
    for step in path:
        found = mistakes.below(found, step, root)
    return found.get("x-short")


def text(draft: Draft, source: str) -> Draft:
    """Put a whole text in the draft's place. Raises Invalid, by line, where it is no document at all."""
    source = source.replace("\r\n", "\n")
    source = source if source.endswith("\n") else source + "\n"
    try:
        loader.read(source, document(draft.id), {})
    except ConfigError as error:
        raise Invalid([FieldError("text", _line(one), "yaml") for one in error.problems]) from None
    fresh = replace(draft, text=source, changed=source != shop().standing(draft.id).text)
    if source != draft.text:
        _keep(fresh)
    return fresh


def _line(problem: Problem) -> str:
    place = _("Line %(line)s: ", line=problem.line) if problem.line else ""
    return f"{place}{problem.message} {problem.hint}".strip()


def forget(module: str) -> None:
    """Throw away what this session has changed."""
    drafts.drop(_session(module))


# What is wrong


def check(source: str, module: str) -> list[Problem]:
    """Find every mistake of a module's text, by line; nothing of it is run or used."""
    name = document(module)
    try:
        read = loader.read(source, name, {})
        manifest = manifests.manifest(read, Path(module))
    except ConfigError as error:
        return list(error.problems)
    found = list(_own(read, manifest, module))
    if not found:
        found += stock.mistakes(source, name, manifest)
    return sorted([*found, *_clashes(read, manifest)], key=lambda one: (one.line, one.column))


def _at(read: loader.Document, path: loader.Path, message: str, hint: str = "") -> Problem:
    return Problem(read.name, *read.mark(path), loader.show(path), message, hint)


def _own(read: loader.Document, manifest: Manifest, module: str) -> Iterable[Problem]:
    """Say what a module made here cannot be, though a plugin could."""
    registry = scope.current().registry
    if manifest.id != module:
        yield _at(read, ("id",), _("The id is the name of its folder and stays %(name)s.", name=module))
    if not manifest.records:
        yield _at(read, (), _("Without `records` there is nothing to see."))
    if manifest.requires:
        yield _at(read, ("requires",), _("A module made here needs no Python packages."))
    ours = registry.manifests["settings"].face
    if manifest.face != ours:
        yield _at(read, ("face",), _("This portal has face %(face)s.", face=ours))
    for place, need in enumerate(manifest.needs):
        if need not in registry.known or need == module:
            yield _at(read, ("needs", place), _("There is no feature called “%(name)s”.", name=need))


def _clashes(read: loader.Document, manifest: Manifest) -> Iterable[Problem]:
    """Say which names of its records and addresses another feature has."""
    registry = scope.current().registry
    taken: dict[str, str] = {}
    for kind in registry.kinds.values():
        if kind.plugin != manifest.id:
            taken.update(dict.fromkeys((kind.name, kind.plural, f"{kind.prefix}-"), kind.plugin))
    paths = {nav.path.split("/")[1] for nav in registry.navigation if nav.plugin != manifest.id}
    owners: Mapping[str, tuple[str, bool]] = current_app.owners  # type: ignore[attr-defined]
    rules = {rule.rule.split("/")[1] for rule in current_app.url_map.iter_rules()
             if owners.get(rule.endpoint.partition(".")[0], ("",))[0] != manifest.id} | paths
    for name, record in manifest.records.items():
        for path, word in (((), name), (("plural",), record["plural"]), (("prefix",), f"{record['prefix']}-")):
            other = taken.get(word)
            if other:
                yield _at(read, ("records", name, *path), _(
                    "“%(word)s” is taken by %(other)s. Choose another one.", word=word.rstrip("-"),
                    other=registry.manifests[other].title if other in registry.manifests else other))
            taken[word] = manifest.id
        if record["plural"] in rules and taken.get(record["plural"]) == manifest.id:
            yield _at(read, ("records", name, "plural"), _(
                "Another page is at /%(word)s. Choose another one.", word=record["plural"]))


def permissions(source: str) -> Mapping[str, Mapping[str, str]]:
    """Give who may do what with a module of this text: action to role to reach, {} where it cannot be read."""
    try:
        return manifests.manifest(loader.read(source, "", {}), Path("module")).permissions
    except ConfigError:
        return {}


# What is used


def publish(draft: Draft) -> Version | None:
    """Write a draft into the portal folder as one version, and ask the server to load it.

    Raises Invalid with every mistake, Conflict where somebody changed it meanwhile (the draft then stays), Refused
    where it cannot be written here.
    """
    if draft.problems:
        raise Invalid([FieldError("text", _line(one), "yaml") for one in draft.problems])
    store = shop()
    note = _("made in the browser") if not draft.base else _("changed in the browser")
    store.write(draft.id, draft.text, draft.base, configuration.author(), note,
                lambda version: record_act("module.changed", draft.id, version=version))
    forget(draft.id)
    renew()
    return store.newest(draft.id)


def remove(module: str, base: str, kinds: Collection[str] = ()) -> None:
    """Take a module out of the settings, then its file away, with this portal's records of some kinds.

    Raises as `publish`; nothing is gone then.
    """
    store, settings = shop(), configuration.share()
    others = _mentioned_elsewhere(module)
    if others:
        raise Refused(_("It is mentioned in the settings of %(names)s. Take it out there first.",
                        names=", ".join(others)))
    gone: dict[loader.Path, Any] = dict.fromkeys(_mentions(scope.current().settings.own.data, module), REMOVE)
    if gone and not settings.writable:
        raise Refused(_("%(file)s mentions this module and cannot be written here.", file=settings.name))
    if store.standing(module).text:
        store.expected(module, base)
    if kinds:
        empty(module, kinds)
    if gone:
        configuration.edit(gone, note=_("%(name)s removed", name=module))
    if store.standing(module).text:
        store.remove(module, base, configuration.author(), _("removed in the browser"),
                     lambda version: record_act("module.removed", module, version=version))
    forget(module)
    renew()


def started(draft: Draft) -> Draft:
    """Give a draft that begins with what stands on disk now, whatever it began with."""
    return replace(draft, base=shop().standing(draft.id).hash)


def _mentions(data: Mapping[str, Any], module: str) -> Iterable[loader.Path]:
    """Give where a tenant's part of the settings names a module: its switch, roles, companies."""
    if module in (data.get("features") or {}):
        yield "features", module
    for role, said in (data.get("roles") or {}).items():
        if isinstance(said, Mapping) and module in said:
            yield "roles", role, module
    for company, said in (data.get("companies") or {}).items():
        if isinstance(said, Mapping) and module in (said.get("features") or {}):
            yield "companies", company, "features", module


def _mentioned_elsewhere(module: str) -> list[str]:
    """Name what else in the configuration speaks of a module: other portals, and what they inherit."""
    who, tenants = scope.current(), current_app.extensions["parlour"].snapshot().tenants
    found = [slug for slug in tenants if slug != who.slug and any(_mentions(tenants[slug].own.data, module))]
    inherited = who.settings.layers[:-1]
    return found + [layer.document.name for layer in inherited if any(_mentions(layer.data, module))]


def renew() -> bool:
    """Ask the server to load all modules anew, without a failed request; False where none runs to be asked."""
    ask: Callable[[], bool] = current_app.extensions["parlour.renew"]
    return ask()


def state(module: str) -> str:
    """Say how a module is: new, loading, failed, left_out, on or available."""
    standing, who = shop().standing(module), scope.current()
    if not standing.text:
        return "failed" if module in who.registry.failed else "new"
    if module in who.registry.failed and not _is_newer(module, standing.text):
        return "failed"
    allowed = current_app.extensions["parlour"].place.available
    if allowed != "all" and module not in allowed:
        return "left_out"
    if module not in who.registry.manifests or _is_newer(module, standing.text):
        return "loading"
    return "on" if who.settings.features[module].enabled else "available"


def _is_newer(module: str, source: str) -> bool:
    """Say whether what stands on disk is another than what this process has read."""
    known = scope.current().registry.known.get(module)
    try:
        fresh = manifests.manifest(loader.read(source, document(module), {}), shop().folder.resolve() / module)
    except ConfigError:
        return False
    return known is None or replace(known, path=fresh.path) != fresh


def made(module: str) -> Made:
    """Give a module as the list shows it."""
    row = drafts.find(_session(module))
    try:
        draft = find(module)
        title = str(draft.data.get("title", module)) if draft.sound else module
        kinds = tuple(draft.data.get("records", {}))
    except (ConfigError, NotFound):  # broken by hand, or no text at all
        title, kinds = module, ()
    how = state(module)
    return Made(module, title, how, scope.current().registry.failed.get(module, "") if how == "failed" else "",
                kinds, how == "on", row is not None, shop().history(module, 5))


def modules() -> list[Made]:
    """List the modules that are there, and those that this session has only begun."""
    names = {*shop().ids(), *(name.rpartition(":module:")[2] for name in drafts.sessions(_session("")))}
    return sorted(map(made, names), key=lambda one: one.title.casefold())
