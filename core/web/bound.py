"""A form with somebody's values and mistakes in it, in the shape the templates draw."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import MultiDict

from core.data import scope
from core.errors import FieldError
from core.look import currencies, formats, i18n
from core.look.i18n import gettext as _
from core.web import references, repeated
from core.web import values as typed
from core.web.conditions import in_order, possible
from core.web.fields import FILE_WIDGETS, HOLDERS, Field
from core.web.readers import NO
from core.web.texts import say

if TYPE_CHECKING:
    from core.web.forms import Form

RADIOS = 5
"""Options up to which a choice is drawn as radio buttons; more of them become a list to pick from."""

_AUTOCOMPLETE = {"email": "email", "phone": "tel", "country": "country"}
_INPUTS = {"email": "email", "phone": "tel", "password": "password"}
_INPUT_MODES = {"email": "email", "phone": "tel", "money": "decimal", "quantity": "decimal"}
BLANK = "_"
"""What stands for the number of a row in the one that scripts copy."""

_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class BoundField:
    """One field as it is drawn.

    `name` is posted, `id` is the element's ("f-" + name), `value` is the text to show (a list of texts for
    several, True or False for a checkbox), `note` says what was lost and why, `input` is the type of the
    HTML input, `radios` says that a choice is short enough for buttons, `options` are pairs of posted value
    and label, `optional` says that it is to be marked as one that may stay empty, `accept` names the kinds
    of files taken, `attrs` are further HTML attributes, `fields` those of a group, `rows` those of each row;
    `blank` is a row for scripts to copy, `most` how many there may be. `when` tells a script when the field is
    asked, `only_if` says it in words, `unmet` that it is not asked with what stands in the others now.
    """

    name: str
    id: str
    widget: str
    label: str
    help: str = ""
    note: str = ""
    error: str = ""
    value: Any = ""
    required: bool = False
    optional: bool = False
    input: str = "text"
    radios: bool = False
    accept: str = ""
    options: tuple[tuple[str, str], ...] = ()
    attrs: Mapping[str, str] | None = None
    fields: tuple[BoundField, ...] = ()
    rows: tuple[tuple[BoundField, ...], ...] = ()
    blank: tuple[BoundField, ...] = ()
    most: int = 0
    when: str = ""
    only_if: str = ""
    unmet: bool = False

    def walk(self) -> Iterator[BoundField]:
        """Go through this field and everything in it."""
        yield self
        for one in (*self.fields, *(inner for row in self.rows for inner in row)):
            yield from one.walk()

    @property
    def texts(self) -> tuple[str, ...]:
        """Give what stands in it as it would be posted, for conditions."""
        if self.unmet or self.widget in FILE_WIDGETS:
            return ()
        if self.widget in HOLDERS:
            return tuple(text for one in self.walk() if one is not self for text in one.texts if text)
        if isinstance(self.value, bool):
            return ("true",) if self.value else ()
        return tuple(map(str, self.value)) if isinstance(self.value, list) else (str(self.value),)


@dataclass(frozen=True)
class Bound:
    """A form for drawing. `summary` pairs the name of a field ("" for the whole) with what to do about it."""

    form: Form
    fields: tuple[BoundField, ...]
    errors: tuple[FieldError, ...] = ()
    summary: tuple[tuple[str, str], ...] = ()

    @property
    def multipart(self) -> bool:
        """Say whether the form posts files."""
        return self.form.multipart

    def __getitem__(self, name: str) -> BoundField:
        """Find a field by its dotted name. Raises KeyError if the form has none such."""
        for top in self.fields:
            for one in top.walk():
                if one.name == name:
                    return one
        raise KeyError(name)

    @classmethod
    def of(cls, form: Form, values: Mapping[str, Any] | None, errors: Sequence[FieldError]) -> Bound:
        """Bind values and mistakes to a form. A mistake of no field of the form goes to the summary alone."""
        rows = _rows_of(form, values)
        fields = [one for top in form.fields for one in _every(top, rows)]
        shown = {one.name for one in fields if one.widget != "hidden"}
        placed = tuple((_nearest(error.path, shown), i18n.find(error.message)) for error in errors)
        messages = {name: message for name, message in reversed(placed) if name}
        binder = _Binder(values if values is not None else {}, messages, again=bool(errors))
        order = {one.name: place for place, one in enumerate(fields)}
        summary = sorted(placed, key=lambda pair: order.get(pair[0], -1))
        return cls(form, binder.beside(form.fields, binder.values), tuple(errors), tuple(summary))


def _rows_of(form: Form, values: Any) -> dict[str, int]:
    """Count the rows there are to draw, by the name of their field."""
    counts = {}
    for one in (one for top in form.fields for one in top.walk() if one.widget == "rows"):
        given: Any = values
        for step in one.name.split(".") if not isinstance(values, MultiDict) else ():
            given = given.get(step) if isinstance(given, Mapping) else None
        drawn = repeated.drawn(one, values) if isinstance(values, MultiDict) else given
        counts[one.name] = len(drawn) if isinstance(drawn, list | tuple) else 0
    return counts


def _every(one: Field, rows: Mapping[str, int]) -> Iterator[Field]:
    """Go through a field and everything in it, each row with its own names."""
    yield one
    inner = one.children if one.widget != "rows" else [
        field for place in range(rows.get(one.name, 0)) for field in one.row(place)]
    for child in inner:
        yield from _every(child, rows)


def _nearest(path: str, shown: set[str]) -> str:
    """Find the field a mistake belongs to: itself or what it stands in ("attachments.2" -> "attachments")."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in shown:
            return ".".join(parts[:length])
    return ""


@dataclass(frozen=True)
class _Binder:
    """Puts one set of values into fields. `again` says that a first try was refused."""

    values: Mapping[str, Any]
    messages: Mapping[str, str]
    again: bool

    def beside(self, fields: Sequence[Field], source: Mapping[str, Any]) -> tuple[BoundField, ...]:
        """Bind fields that stand side by side and can be asked at all, and judge which of them are."""
        fields = possible(fields)
        drawn = {one.key: self.field(one, source) for one in fields}
        for one in in_order(fields):
            if one.condition is not None:
                bound = drawn[one.key]
                met = one.condition.met(lambda key: drawn[key].texts if key in drawn else ())
                drawn[one.key] = replace(
                    bound, unmet=not met and not any(inner.error for inner in bound.walk()),
                    when=one.condition.script(one.name.removesuffix(one.key)), only_if=one.condition.said())
        return tuple(drawn.values())

    def rows(self, one: Field, source: Mapping[str, Any]) -> dict[str, Any]:
        """Bind the rows of a field."""
        posted = isinstance(self.values, MultiDict)
        given: Any = repeated.drawn(one, source) if posted else source.get(one.key)
        rows = [row for row in given or () if isinstance(row, Mapping)] if isinstance(given, list | tuple) else []
        rows += [MultiDict() if posted else {} for _more in range(one.min_rows - len(rows))]
        binders = [replace(self, values=row) if posted else self for row in rows]
        blank = replace(self, values={}, messages={}, again=False).beside(
            tuple(child.named(f"{one.name}.{BLANK}.{child.key}") for child in one.children), {})
        return {"rows": tuple(binder.beside(one.row(place), row)
                              for place, (binder, row) in enumerate(zip(binders, rows, strict=True))),
                "blank": blank, "most": one.max_rows}

    def field(self, one: Field, source: Mapping[str, Any]) -> BoundField:
        """Bind one field, with all that is in it."""
        posted = isinstance(self.values, MultiDict)
        inner = source if posted or one.widget != "group" else source.get(one.key) or {}
        value = self._posted(one) if posted else _stored(one, source)
        iso = one.widget == "date" and (not value or bool(_ISO_DAY.fullmatch(value)))
        mark = one.schema.get("x-optional-label", "") if not one.required else ""
        label = f"{say(one.label)} ({currencies.of(one.schema)})" if one.widget == "money" else say(one.label)
        return BoundField(
            name=one.name, id=f"f-{one.name}", widget=one.widget,
            label=f"{label} {say(mark)}" if mark else label, help=say(one.help), note=self._note(one),
            error=self.messages.get(one.name, ""), value=value, required=one.required,
            optional=not (one.required or mark or one.widget in ("hidden", "checkbox")),
            input="date" if iso else _INPUTS.get(one.widget, "text"),
            radios=one.widget == "choice" and len(one.options) <= RADIOS, options=_options(one),
            accept=one.schema.get("x-accept", ""), attrs=_attrs(one),
            **(self.rows(one, source) if one.widget == "rows" else {"fields": self.beside(one.children, inner)}))

    def _posted(self, one: Field) -> Any:
        """Give what was typed, untouched but for what no page can carry."""
        assert isinstance(self.values, MultiDict)  # noqa: S101 - the caller looked
        if one.widget == "several":
            return [_drawable(text) for text in self.values.getlist(one.name)]
        if one.widget == "checkbox":
            return self.values.get(one.name, "").strip().lower() not in NO
        if one.widget in ("password", *HOLDERS, *FILE_WIDGETS):
            return ""
        return _drawable(str(self.values.get(one.name, "")))

    def _note(self, one: Field) -> str:
        if not self.again or one.name in self.messages:
            return ""
        if one.widget in FILE_WIDGETS:
            return _("If you had chosen files, please choose them again: they are not kept until all is right.")
        typed_before = one.widget == "password" and self.values.get(one.name)
        return _("Please enter it again: passwords are never shown.") if typed_before else ""


def _drawable(text: str) -> str:
    """Replace what HTML cannot carry: NUL and lone surrogates."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _stored(one: Field, source: Mapping[str, Any]) -> Any:
    """Write a stored value the way a person of the current language types it."""
    value = source.get(one.key, one.schema.get("default"))
    if one.widget == "checkbox":
        return bool(value)
    if one.widget == "several":
        return [str(item) for item in value or ()]
    if value is None or one.widget in ("password", *HOLDERS, *FILE_WIDGETS):
        return ""
    if one.widget == "money":
        digits = formats.minor_digits(currencies.of(one.schema))
        return typed.typed_money(int(value), digits, i18n.current())
    if one.widget == "quantity":
        return str(value).replace(".", typed.separators(i18n.current())[0])
    if one.widget == "reference":
        who = scope.active()
        of = str(one.schema["x-of"])
        return references.typed(of, str(value)) if who is not None and who.is_staff else str(value)
    if one.widget == "number":
        return typed.typed_number(value, i18n.current())
    return _drawable(str(value))


def _options(one: Field) -> tuple[tuple[str, str], ...]:
    if one.widget == "reference":
        return _references(str(one.schema["x-of"]))
    if one.widget == "country":
        return (("", _("Choose a country")), *typed.countries(i18n.current()).items())
    options = tuple((str(value), say(label)) for value, label in one.options)
    if one.widget == "several" or (one.required and len(options) <= RADIOS):
        return options
    return (("", _("Choose one") if one.required else _("No answer")), *options)


def _references(of: str) -> tuple[tuple[str, str], ...]:
    """Give what staff is offered below what they type, and what customers choose from."""
    who = scope.active()
    if who is None:
        return ()
    if ("offered", of) not in who.memo:  # several fields, and every row, offer the same
        who.memo["offered", of] = tuple(references.offered(of)) if who.is_staff else (
            ("", _("Choose one")), *references.choices(of))
    return tuple(who.memo["offered", of])


def _attrs(one: Field) -> dict[str, str]:
    """Give the attributes that help people type.

    One line of text stops at the limit its schema names; all other limits are the server's, because browsers
    cut what is pasted without a word.
    """
    schema = one.schema
    mode = _INPUT_MODES.get(one.widget, "")
    if one.widget == "number":
        mode = "numeric" if schema["type"] == "integer" and schema.get("minimum", -1) >= 0 else "decimal"
    if one.widget == "quantity" and schema.get("x-decimals") == 0 and schema.get("minimum", -1) >= 0:
        mode = "numeric"
    placeholder = schema.get("x-placeholder", "")
    if one.widget == "reference":
        return _picker(one)
    attrs = {"autocomplete": schema.get("x-autocomplete") or _AUTOCOMPLETE.get(one.widget, ""),
             "inputmode": mode, "placeholder": say(placeholder),
             "maxlength": str(schema.get("maxLength", "")) if one.widget == "text" else ""}
    return {key: value for key, value in attrs.items() if value}


def _picker(one: Field) -> dict[str, str]:
    """Let staff type to search; customers have a list to choose from."""
    who = scope.active()
    if who is None or not who.is_staff:
        return {}
    placeholder = say(one.schema.get("x-placeholder", "")) or _("Type to search")
    return {"list": f"l-{one.name}", "autocomplete": "off", "placeholder": placeholder,
            "hx-get": f"/search/choose?of={one.schema['x-of']}", "hx-trigger": "input changed delay:250ms",
            "hx-target": "next datalist", "hx-swap": "innerHTML"}
