"""Reads the `records` of a plugin.yaml: fields, states, transitions, list and notices, checked as one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.config import loader
from core.config.mistakes import likely
from core.config.record_data import plain
from core.config.records import MOMENTS
from core.data.scope import Scope
from core.errors import ConfigError, Problem
from core.lowcode import computing, data, flow, reading
from core.lowcode.data import Data
from core.lowcode.expressions import Expression, compiled
from core.lowcode.flow import Flow, Transition
from core.lowcode.sorts import TRUTH
from core.lowcode.syntax import ExpressionError
from core.parts import Manifest
from core.web import forms
from core.web.fields import FILE_WIDGETS, Field
from core.web.forms import Form
from core.web.texts import say, taken

RESERVED = ("body", "attachments", "state", "number", "version")
"""Names that the pages and the API use themselves."""

OURS = ("internal", "by", "seen_in", "book")
"""Keys of a field that only modules know."""

MESSAGE_LENGTH = 50_000


@dataclass(frozen=True)
class Module:
    """One kind of record of a module.

    `states` maps a state to its (untranslated) word and category, the first one is where records begin;
    `fields` are all fields by name, those in `internal` are for staff alone; `new` and `new_staff` are the
    forms of a new record, `edit` and `edit_staff` those of its fields. `flow` is how its records move, `data`
    what they hold; `seen_in` maps a field to the states in which customers see it, where those are not all.
    `templates` is the folder its pages are drawn from, `around` what a plugin does around its verbs (`around.py`).
    """

    plugin: str
    name: str
    title: str
    many: str
    plural: str
    prefix: str
    icon: str
    audience: str
    headline: str
    states: Mapping[str, tuple[str, str]]
    transitions: Mapping[str, Transition]
    fields: Mapping[str, Field]
    internal: frozenset[str]
    new: Form
    new_staff: Form
    edit: Form
    edit_staff: Form
    notices: Mapping[str, Mapping[str, Any]]
    flow: Flow
    seen_in: Mapping[str, frozenset[str]]
    data: Data
    templates: str = "module"
    around: Mapping[str, Callable[..., Any]] = dataclasses.field(default_factory=dict, compare=False)

    @property
    def start(self) -> str:
        """The state a new record begins in."""
        return next(iter(self.states))

    def word(self, who: Scope, state: str) -> str:
        """Give a state's word: the tenant's own where it has one."""
        own = who.settings.features[self.plugin].settings.get("words", {}).get(self.name, {})
        return str(own.get(state) or (say(self.states[state][0]) if state in self.states else state))

    def seen(self, values: Mapping[str, Any], *, staff: bool, state: str) -> dict[str, Any]:
        """Leave out what only staff may see of a record that stands in a state."""
        return {name: value for name, value in values.items()
                if name in self.fields and (staff or self.shows(name, state))}

    def shows(self, name: str, state: str) -> bool:
        """Say whether customers see a field of a record that stands in a state."""
        return name not in self.internal and state in self.seen_in.get(name, (state,))

    def starting_at(self, state: str) -> list[Transition]:
        """Give the steps that a state allows."""
        return [step for step in self.transitions.values() if state in step.sources]


def read(manifest: Manifest) -> tuple[Module, ...]:
    """Read the records of a module. Raises ConfigError with every mistake, by file and line."""
    path = manifest.path / "plugin.yaml"
    document = loader.read(path.read_bytes(), str(path), {})
    reader = _Reader(document, manifest)
    modules = [reader.module(name, record) for name, record in manifest.records.items()]
    if reader.problems:
        raise ConfigError(reader.problems)
    return tuple(module for module in modules if module is not None)


class _Reader:
    """Reads one plugin.yaml and keeps every mistake."""

    def __init__(self, document: loader.Document, manifest: Manifest) -> None:
        self.document, self.manifest = document, manifest
        self.problems: list[Problem] = []

    def wrong(self, path: loader.Path, message: str, word: str = "", known: Iterable[str] = ()) -> None:
        """Keep one mistake, with the likely word."""
        where = ("records", *path)
        hint = likely(word, list(known)) if word else ""
        self.problems.append(Problem(self.document.name, *self.document.mark(where), loader.show(where), message,
                                     hint))

    def module(self, name: str, record: Mapping[str, Any]) -> Module | None:
        """Read one kind of record; None where it cannot be made."""
        given = record.get("fields", {})
        computing.check(self, (name, "fields"), given)
        forms_of = self._forms(name, record, given)
        steps = {step: reading.transition(self, self.manifest.id, name, record, step, act)
                 for step, act in record.get("transitions", {}).items()}
        self._names(name, record, steps)
        if forms_of is None:
            return None
        states = {state: (taken(said.get("label")) or state.replace("_", " ").capitalize(),
                          said.get("category", "open"))
                  for state, said in record["states"].items()}
        shown = self.properties((name, "fields"), given) or {}
        own = {field.name: field for field in _form(shown, f"{self.manifest.id}.{name}").fields}
        fields = own | {field.name: field for step in steps.values() if step.form for field in step.form.fields
                   if field.name not in flow.OWN}
        internal = {field for field, said in given.items() if _is_internal(said)}
        internal |= {field for step in record.get("transitions", {}).values()
                     for field, said in step.get("fields", {}).items() if _is_internal(said)}
        return Module(
            plugin=self.manifest.id, name=name, title=record["title"],
            many=record.get("many") or self.manifest.title,
            plural=record["plural"], prefix=record["prefix"], icon=record.get("icon", "circle"),
            audience=record.get("audience", "private"), headline=record.get("headline", "title"), states=states,
            transitions=steps, fields=fields, internal=frozenset(internal),
            notices=record.get("notices", {}), flow=reading.flow_of(self, name, record),
            seen_in=self._seen_in(name, record), data=data.read(self, name, record, own, fields),
            new=forms_of["new"], new_staff=forms_of["new_staff"], edit=forms_of["edit"],
            edit_staff=forms_of["edit_staff"])

    def _forms(self, name: str, record: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Form] | None:
        """Make the four forms of a kind, of its fields and what every record has."""
        headline = record.get("headline", "title")
        first = {} if headline in given else {"title": {
            "type": "string", "title": "Title", "maxLength": 200, "x-order": -1000, "x-required": True}}
        own = self.properties((name, "fields"), data.asked(given))
        for reserved in RESERVED:
            if reserved in given:
                self.wrong((name, "fields", reserved), f"'{reserved}' is the portal's own name; choose another.")
        if own is None:
            return None
        public = {field: schema for field, schema in own.items()
                  if not _is_internal(given[field]) and given[field].get("by") != "staff"}
        last = _message(record.get("message", "optional"))
        where = f"{self.manifest.id}.{name}"
        known = (*first, *own, *last)
        try:
            return {"new": _form({**first, **public, **last}, f"{where}.new", known),
                    "new_staff": _form({**first, **own, **last}, f"{where}.new", known),
                    "edit": _form({**first, **_without_files(public)}, f"{where}.edit", known),
                    "edit_staff": _form({**first, **_without_files(own)}, f"{where}.edit", known)}
        except ConfigError as error:
            self._placed((name, "fields"), error)
            return None

    def properties(self, path: loader.Path, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """Turn fields into JSON Schema; mistakes get the line they stand on."""
        bare = {name: {key: value for key, value in plain(said).items() if key not in OURS}
                for name, said in given.items()}
        try:
            return forms.custom(bare, file=self.document.name)
        except ConfigError as error:
            self._placed(path, error)
            return None

    def _placed(self, path: loader.Path, error: ConfigError) -> None:
        """Keep the mistakes of a form at the lines of the fields they are about."""
        for problem in error.problems:
            steps = [step for step in problem.path.split(".") if step != "properties"]
            self.wrong((*path, *steps), f"{problem.message} {problem.hint}".strip())

    def condition(self, path: loader.Path, written: str, given: Mapping[str, Any]) -> Expression | None:
        """Read a condition over fields, as they are written."""
        schema = self.properties((*path[:1], "fields"), reading.unsigned(given))
        if schema is None:
            return None
        try:
            return compiled(written, flow.sorts_of(_form(schema, "condition").fields), wanted=TRUTH)
        except ExpressionError as error:
            self.expression(path, error)
            return None

    def expression(self, path: loader.Path, error: ExpressionError) -> None:
        """Keep a mistake in an expression, at the character where it stands."""
        where = ("records", *path)
        line, column = self.document.mark(where)
        found, raw = self.document.find(where), self.document.raw(where)
        if found is not None and raw is not None and found[1].style in ("", "'", '"') and "\n" not in raw:
            column += error.at + bool(found[1].style)
        self.problems.append(Problem(self.document.name, line, column, loader.show(where), str(error), error.hint))

    def _seen_in(self, name: str, record: Mapping[str, Any]) -> dict[str, frozenset[str]]:
        """Read in which states customers see which fields."""
        found = {}
        for field, said in reading.every_field(record).items():
            for place, state in enumerate(said.get("seen_in", ())):
                if state not in record["states"]:
                    self.wrong((name, "fields", field, "seen_in", place), f"There is no state '{state}'.", state,
                               record["states"])
            if "seen_in" in said:
                found[field] = frozenset(said["seen_in"])
        return found

    def _names(self, name: str, record: Mapping[str, Any], steps: Mapping[str, Transition]) -> None:
        """Check the words that refer to fields, transitions and moments."""
        fields = record.get("fields", {})
        headline = record.get("headline", "title")
        if headline != "title" and headline not in fields:
            self.wrong((name, "headline"), f"There is no field '{headline}'.", headline, fields)
        elif headline in fields and (_is_internal(fields[headline]) or "if" in fields[headline]
                                     or not fields[headline].get("required")
                                     or fields[headline].get("type", "text") not in ("text", "choice", "email")):
            self.wrong((name, "headline"), f"'{headline}' gives the title: it has to be a required text "
                                           "or choice, and not internal.")
        for moment in record.get("notices", {}):
            events = {step.event for step in steps.values()}
            if moment not in MOMENTS and moment not in events:
                self.wrong((name, "notices", moment), f"Nothing is called '{moment}' here.", moment,
                           [*MOMENTS, *events])


def _is_internal(said: Mapping[str, Any]) -> bool:
    return bool(said.get("internal"))


def _without_files(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: schema for name, schema in properties.items() if schema.get("x-widget") not in FILE_WIDGETS}


def _message(wanted: str) -> dict[str, Any]:
    """Give the fields of a first message, as far as a kind wants one."""
    if wanted == "off":
        return {}
    body = {"type": "string", "title": "Your message", "x-widget": "longtext", "maxLength": MESSAGE_LENGTH,
            "x-order": 900, "x-required": wanted == "required"}
    return {"body": body, **ATTACHMENTS}


ATTACHMENTS: Mapping[str, Any] = {"attachments": {
    "type": "array", "title": "Attachments", "x-widget": "files", "maxItems": 10, "x-max-bytes": 26_214_400,
    "x-order": 910}}


def _form(properties: Mapping[str, Any], name: str, known: Iterable[str] = ()) -> Form:
    """Make a form; `known` are fields that conditions may mention though this one does not ask for them."""
    return forms.load({"type": "object", "properties": dict(properties),
                       "x-gone": {one: None for one in known if one not in properties}}, id=name)


REPLY = _form({**_message("required"), "body": {**_message("required")["body"], "title": "Your reply"}}, "reply")
"""What a reply or a note holds."""
