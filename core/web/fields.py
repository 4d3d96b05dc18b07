"""The fields of a form, read from its JSON Schema once and checked then, so that drawing and cleaning need not."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator, SchemaError

from core.errors import Problem
from core.look.i18n import gettext as _
from core.web import conditions
from core.web.conditions import Condition, Test
from core.web.texts import plain

WIDGETS: Mapping[str, str] = MappingProxyType({
    "text": "string", "longtext": "string", "choice": "", "several": "array", "date": "string",
    "number": "number", "money": "integer", "quantity": "string", "file": "array", "files": "array",
    "email": "string", "phone": "string", "country": "string", "checkbox": "boolean", "group": "object",
    "rows": "array", "password": "string", "hidden": "string", "reference": "string",
})
"""Every widget and the JSON type of its values; a choice has the type of its options."""

LENGTHS: Mapping[str, int] = MappingProxyType({
    "text": 255, "longtext": 50_000, "email": 254, "phone": 40, "password": 1_000, "hidden": 255, "quantity": 28,
    "reference": 200})
"""Characters a text may have where the schema says nothing."""

FILE_WIDGETS = ("file", "files")
HOLDERS = ("group", "rows")
"""Widgets whose fields stand inside them."""

MATCHED = 1_000
"""Characters a text may have that has to fit a pattern: what is longer could be searched for too long."""

MAX_ROWS = 20
"""Rows that may be filled in where the schema says nothing."""

MOST_ROWS = 100
MAX_FILES = 10
MAX_BYTES = 25_000_000
_BY_FORMAT = {"email": "email", "date": "date", "phone": "phone", "country": "country", "money": "money",
              "quantity": "quantity", "binary": "file", "password": "password"}
_BY_TYPE = {"string": "text", "integer": "number", "number": "number", "boolean": "checkbox",
            "object": "group"}
_KEYWORDS = frozenset({
    "title", "description", "type", "format", "enum", "default", "const", "examples", "minLength", "maxLength",
    "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "items", "minItems",
    "maxItems", "uniqueItems", "properties", "required", "additionalProperties", "x-widget", "x-order",
    "x-optional-label", "x-autocomplete", "x-currency", "x-accept", "x-placeholder", "x-labels", "x-max-bytes",
    "x-required", "x-of", "x-was", "x-if", "x-hidden", "x-gone", "x-internal", "x-editable", "x-pattern-message",
    "x-decimals", "x-coming"})
PLACES = 3
"""Decimal places a quantity may have where the schema says nothing."""

_SHAPES: Mapping[str, type | tuple[type, ...]] = {
    "type": str, "items": Mapping, "x-labels": Mapping, "x-order": (int, float), "x-max-bytes": int,
    "x-decimals": int, "x-coming": bool,
    "x-widget": str, "x-accept": str, "x-placeholder": str, "x-autocomplete": str, "x-optional-label": str,
    "x-if": Mapping, "x-pattern-message": str}
_TOP = frozenset({"$schema", "$id", "type", "title", "description", "properties", "required",
                  "additionalProperties"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_ORDER = 50


@dataclass(frozen=True)
class Field:
    """One field of a form.

    `name` is its dotted path ("address.city"), `key` the last part of it, `schema` its part of the form's
    schema with `type` filled in, `label` and `help` the untranslated texts, `options` pairs of value and
    untranslated label, `children` the fields of a group, or of each of its rows, in the order they are drawn,
    `condition` when it is asked at all.
    """

    name: str
    key: str
    widget: str
    schema: Mapping[str, Any]
    required: bool = False
    label: str = ""
    help: str = ""
    options: tuple[tuple[Any, str], ...] = ()
    children: tuple[Field, ...] = ()
    pattern: re.Pattern[str] | None = None
    condition: Condition | None = None

    @property
    def max_rows(self) -> int:
        """Rows it may have."""
        return int(self.schema.get("maxItems", MAX_ROWS))

    @property
    def min_rows(self) -> int:
        """Rows it must have."""
        return max(int(self.schema.get("minItems", 0)), int(self.required))

    def named(self, name: str) -> Field:
        """Give the same field under another name, with everything in it."""
        return replace(self, name=name, children=tuple(
            child.named(f"{name}.{child.key}") for child in self.children))

    def row(self, place: int) -> tuple[Field, ...]:
        """Give the fields of one row, counted from 0, under the names they are posted with."""
        return tuple(child.named(f"{self.name}.{place}.{child.key}") for child in self.children)

    @property
    def max_length(self) -> int:
        """Characters it may have, 0 for no limit of its own."""
        limit = int(self.schema.get("maxLength", LENGTHS.get(self.widget, 0)))
        return limit if self.pattern is None else min(limit or MATCHED, MATCHED)

    def walk(self) -> Iterator[Field]:
        """Go through this field and everything in it, outer ones first."""
        yield self
        for child in self.children:
            yield from child.walk()


def frozen(value: Any) -> Any:
    """Give a value of YAML or JSON in a form nobody can change any more."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: frozen(item) for key, item in value.items()})
    return tuple(frozen(item) for item in value) if isinstance(value, list | tuple) else value


def thawed(value: Any) -> Any:
    """Give a changeable copy of something frozen, with lists and dicts as JSON has them."""
    if isinstance(value, Mapping):
        return {key: thawed(item) for key, item in value.items()}
    return [thawed(item) for item in value] if isinstance(value, list | tuple) else value


def likely(word: str, allowed: Iterable[str]) -> str:
    """Say which word may have been meant, as a sentence; "" if none is close."""
    close = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.7)
    return _("Did you mean '%(word)s'?", word=close[0]) if close else ""


@dataclass
class Reader:
    """Reads the properties of a schema and keeps every mistake.

    `file` names where the schema is from; `place` finds line and column of a dotted name in it.
    """

    file: str
    place: Callable[[str], tuple[int, int]] = lambda _name: (0, 0)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, path: str, message: str, hint: str = "") -> None:
        """Keep one mistake."""
        self.problems.append(Problem(self.file, *self.place(path), path, message, hint))

    def top(self, schema: Mapping[str, Any]) -> tuple[Field, ...]:
        """Read a whole form's schema."""
        for key in schema:
            if key not in _TOP and not str(key).startswith("x-"):
                self.wrong(str(key), _("A form does not know this key."), likely(str(key), _TOP))
        if schema.get("type", "object") != "object":
            self.wrong("type", _("The type of a form is 'object'."))
        plain = thawed(schema)
        try:
            Draft202012Validator.check_schema(plain)
        except SchemaError as error:
            steps = [str(step) for step in error.absolute_path if step != "properties"]
            self.wrong(".".join(steps) or "properties",
                       _("This is not JSON Schema: %(why)s", why=error.message))
            return ()
        return self.properties(schema, "")

    def properties(self, schema: Mapping[str, Any], inside: str) -> tuple[Field, ...]:
        """Read the properties of a form or a group, in the order they are drawn."""
        if schema.get("additionalProperties", False) is not False:
            self.wrong(f"{inside}additionalProperties", _("A form takes declared fields only: leave this out."))
        properties = schema.get("properties", {})
        required = set(schema.get("required", ()))
        for name in sorted(required - set(properties)):
            self.wrong(f"{inside}{name}", _("This field is required and not declared."),
                       likely(name, properties))
        fields = [self.one(str(key), item, f"{inside}{key}", required=key in required)
                  for key, item in properties.items()]
        known = {one.key: one for one in fields if one and not one.schema.get("x-hidden")}
        gone = {**schema.get("x-gone", {}), **{one.key: None for one in fields if one and one.key not in known}}
        judged = [self._conditional(one, known, gone) for one in known.values()]
        if again := conditions.circle(judged):
            self.wrong(f"{inside}{again}.if", _("This field would be asked only if it is asked: its conditions run"
                                                " in a circle."))
        return tuple(sorted(judged, key=lambda one: one.schema.get("x-order", _ORDER)))

    def _conditional(self, one: Field, known: Mapping[str, Field], gone: Mapping[str, Any]) -> Field:
        """Put the condition of a field to it, read from what it says about those beside it.

        `gone` are names that the form does not ask for (here), each with its value where that is known.
        """
        asked, tests = one.schema.get("x-if"), []
        for name, wanted in (asked or {}).items():
            other = known.get(str(name))
            if other is None and name not in gone:
                self.wrong(f"{one.name}.if", _("There is no field '%(name)s' beside this one.", name=name),
                           likely(str(name), known))
                continue
            word, values = self._wanted(one, other, wanted)
            if other is None and (word == conditions.EMPTY or (gone[name] is not None and (
                    word == conditions.FILLED or gone[name] in values))):
                continue
            tests.append(Test(str(name), word, values, other))
        return replace(one, condition=conditions.made(tests)) if tests else one

    def _wanted(self, one: Field, other: Field | None, wanted: Any) -> tuple[str, tuple[Any, ...]]:
        """Read what another field has to hold: a word, or values of its own type."""
        options = {str(value): value for value, _label in other.options} if other else {}
        given = list(wanted) if isinstance(wanted, list | tuple) else [wanted]
        if wanted in (conditions.FILLED, conditions.EMPTY) and str(wanted) not in options:
            return str(wanted), ()
        if other is None:
            return "", tuple(given)
        if other.widget in (*HOLDERS, *FILE_WIDGETS):
            self.wrong(f"{one.name}.if", _("Of '%(name)s' it can be told only whether it is filled or empty.",
                                           name=other.key))
        strange = [value for value in given if options and str(value) not in options]
        if strange or not given:
            self.wrong(f"{one.name}.if", _("'%(name)s' has no option '%(value)s'.", name=other.key,
                                           value=strange[0] if strange else ""),
                       likely(str(strange[0]), options) if strange else "")
        return "", tuple(_as(other, value, options) for value in given)

    def one(self, key: str, schema: Any, path: str, *, required: bool) -> Field | None:
        """Read one property; None, and a mistake kept, if it cannot be used."""
        if not _NAME.fullmatch(key):
            self.wrong(path, _("A field's name is letters, digits and _, and begins with a letter."))
            return None
        if not isinstance(schema, Mapping):
            self.wrong(path, _("A field is a mapping with at least a type."))
            return None
        known = len(self.problems)
        self._keywords(schema, path)
        widget = self.widget(schema, path) if len(self.problems) == known else ""
        if not widget:
            return None
        holder = schema if widget == "group" else schema.get("items", {})
        children = self.properties(holder, f"{path}.") if widget in HOLDERS else ()
        if widget == "rows":
            self._rows(schema, children, path)
        options = self._options(schema, widget, path)
        typed = {**schema, "type": schema.get("type") or WIDGETS[widget] or _type_of(options)}
        return Field(path, key, widget, frozen(typed), required or bool(schema.get("x-required")),
                     plain(schema.get("title") or key.replace("_", " ").capitalize()),
                     plain(schema.get("description", "")), options, children,
                     re.compile(schema["pattern"]) if "pattern" in schema else None)

    def _rows(self, schema: Mapping[str, Any], children: tuple[Field, ...], path: str) -> None:
        """Refuse rows that no page can draw and no record can hold."""
        inner = [one for child in children for one in child.walk()]
        if not inner or any(one.widget in ("rows", "password", *FILE_WIDGETS) for one in inner):
            self.wrong(f"{path}.fields", _("A row holds fields of its own, and neither files nor further rows."))
        if not 1 <= schema.get("maxItems", MAX_ROWS) <= MOST_ROWS or \
                schema.get("minItems", 0) > schema.get("maxItems", MAX_ROWS):
            self.wrong(f"{path}.max_rows", _("Take up to %(most)s rows, and no fewer than the least.",
                                             most=MOST_ROWS))

    def _keywords(self, schema: Mapping[str, Any], path: str) -> None:
        for key, value in schema.items():
            if key in _SHAPES and not isinstance(value, _SHAPES[key]):
                self.wrong(f"{path}.{key}", _("This value has the wrong type."))
            close = likely(str(key), _KEYWORDS) if key not in _KEYWORDS else ""
            if key not in _KEYWORDS and (close or not str(key).startswith("x-")):
                self.wrong(f"{path}.{key}", _("A field does not know this key."), close)
        default = schema.get("default")
        # Multiples are left out: the library divides in binary, for it 0.7 is no multiple of 0.1.
        plain = {key: thawed(item) for key, item in schema.items()
                 if key != "multipleOf" and not str(key).startswith("x-")}
        if default is not None and not Draft202012Validator(plain).is_valid(default):
            self.wrong(f"{path}.default", _("The default does not fit the field's own rules."))

    def widget(self, schema: Mapping[str, Any], path: str) -> str:
        """Tell the widget a property asks for or implies; "" and a mistake kept if there is none."""
        kind, items = schema.get("type", ""), schema.get("items", {})
        widget = schema.get("x-widget") or _BY_FORMAT.get(schema.get("format", ""), "")
        if not widget and kind == "array":
            widget = "files" if items.get("format") == "binary" else "rows" if "properties" in items else "several"
        elif not widget:
            money = "x-currency" in schema and "money"
            widget = money or ("choice" if "enum" in schema else _BY_TYPE.get(str(kind), ""))
        if widget not in WIDGETS:
            self.wrong(path, _("There is no widget '%(name)s' (type '%(kind)s').", name=widget, kind=kind),
                       likely(str(widget), WIDGETS))
            return ""
        fits = {WIDGETS[widget], ""} | ({"integer"} if widget == "number" else set())
        fits |= {"string"} if widget in FILE_WIDGETS else set()
        if kind not in fits and widget != "choice":
            self.wrong(f"{path}.type", _("The widget '%(name)s' holds a value of type '%(kind)s'.",
                                         name=widget, kind=WIDGETS[widget]))
            return ""
        if widget == "money" and not re.fullmatch("([A-Z]{3})?", str(schema.get("x-currency", ""))):
            self.wrong(f"{path}.x-currency", _("Name the currency by its three letters, like EUR."))
            return ""
        if widget == "reference" and not schema.get("x-of"):
            self.wrong(f"{path}.x-of", _("Say what it refers to: person, company, or a kind of record."))
            return ""
        return str(widget)

    def _options(self, schema: Mapping[str, Any], widget: str, path: str) -> tuple[tuple[Any, str], ...]:
        if widget not in ("choice", "several"):
            return ()
        values = schema.get("enum") or schema.get("items", {}).get("enum") or ()
        labels = schema.get("x-labels") or schema.get("items", {}).get("x-labels") or {}
        if not values or any(isinstance(one, bool) or not isinstance(one, str | int) for one in values):
            self.wrong(f"{path}.enum", _("List the options as texts or whole numbers; put 'yes' and 'no' in"
                                         " quotes."))
            return ()
        if len({type(one) for one in values}) > 1 or "" in values:
            self.wrong(f"{path}.enum", _("Options are all texts or all numbers, and none is empty."))
        return tuple((one, plain(labels.get(one, labels.get(str(one), one)))) for one in values)


def _as(other: Field, value: Any, options: Mapping[str, Any]) -> Any:
    """Give a value as the other field holds it."""
    if options:
        return options.get(str(value), value)
    return value if isinstance(value, str) or other.schema["type"] != "string" else str(value)


def _type_of(options: tuple[tuple[Any, str], ...]) -> str:
    return "integer" if options and isinstance(options[0][0], int) else "string"
