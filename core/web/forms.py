"""A form: one JSON Schema that draws the fields, cleans what is posted or sent, and documents the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from core.config import loader
from core.errors import ConfigError, FieldError
from core.look.i18n import gettext as _
from core.web import clean, references
from core.web.bound import Bound, BoundField
from core.web.custom import custom
from core.web.fields import FILE_WIDGETS, WIDGETS, Field, Reader, frozen, likely, thawed
from core.web.texts import Texts, say, taken
from core.web.uses import as_json_schema, columns, from_row, kept, told

__all__ = ["FILE_WIDGETS", "WIDGETS", "Bound", "BoundField", "Field", "Form", "Texts", "as_json_schema", "columns",
           "custom", "from_row", "kept", "load", "references", "say", "told"]

_EARLY = -1_000_000
"""The x-order of the first field that `adjusted(order=...)` names; the next ones follow it."""


@dataclass(frozen=True)
class Form:
    """A form, ready to draw and to clean.

    `id` names it in mistakes, `schema` is its JSON Schema (read-only), `fields` are its fields in the order
    they are drawn, `required` their dotted names as far as they must be filled in, `extras` the names that
    `adjusted(extra=...)` added: the custom fields.
    """

    id: str
    schema: Mapping[str, Any]
    fields: tuple[Field, ...]
    extras: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Give the form's own title in the current language, "" if it has none."""
        return say(self.schema.get("title", ""))

    @property
    def required(self) -> tuple[str, ...]:
        """Tell the dotted names of the fields that must be filled in whatever else is."""
        return tuple(one.name for top in self.fields for one in top.walk() if one.required and not one.condition)

    @property
    def names(self) -> tuple[str, ...]:
        """Tell the dotted names of all fields, groups before what is in them."""
        return tuple(one.name for top in self.fields for one in top.walk())

    @property
    def multipart(self) -> bool:
        """Say whether files can be sent, so that a page must post it as multipart/form-data."""
        return any(one.widget in FILE_WIDGETS for top in self.fields for one in top.walk())

    def clean(self, source: Any, files: MultiDict[str, FileStorage] | None = None, *, partial: bool = False,
              stored: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Give the values of a submission, each exactly as the schema declares it.

        `source` is a werkzeug MultiDict (a posted form: text as a person types it in the current language;
        unknown names are ignored) or what JSON held (typed values; unknown names are refused). `files` is the
        request's MultiDict of uploads. `partial` cleans only what JSON names, as PATCH wants it; `stored` is
        what stands there, for conditions on what it does not name.

        Fields whose condition is not met are left out, whatever was sent for them, and need not be filled in.
        All others are in the result: texts and countries "", several and files [], checkboxes False, anything
        else None where nothing was filled in. Money is in minor units, dates are ISO 8601 texts, files are
        lists of FileStorage, groups are dicts (None for an optional one with nothing in it), rows lists of dicts.
        Raises Invalid with every mistake, each at its field; with none where a page without scripts asks for
        another row: draw the form again.
        """
        return clean.clean(self.fields, source, files, partial=partial, stored=stored)

    def bind(self, values: Mapping[str, Any] | None = None, errors: Sequence[FieldError] = ()) -> Bound:
        """Give the form for drawing, with what was typed (a MultiDict) or is stored (a dict as cleaned)."""
        return Bound.of(self, values, errors)

    def adjusted(self, *, required: Mapping[str, bool] | Iterable[str] = (), hidden: Iterable[str] = (),
                 labels: Mapping[str, Any] | None = None, order: Sequence[str] = (),
                 extra: Mapping[str, Any] | None = None, known: Mapping[str, Any] | None = None) -> Form:
        """Give another form: this one as a tenant wants it. All names may be dotted ("address.city").

        `required` names fields that must be filled in, with the groups they stand in (or maps names to true
        or false), `hidden` those that are neither drawn nor taken, `labels` gives other labels (a text, or one
        per language), `order` what comes first, `extra` are the properties of custom fields as `custom` makes
        them. `known` are names that conditions may mention though the form does not ask for them, each with its
        value, or None for nothing. It takes a few milliseconds: keep the result. Raises ConfigError for names
        that do not exist or exist already.
        """
        schema, reader = thawed(self.schema), Reader(self.id)
        schema["x-gone"] = {**schema.get("x-gone", {}), **(known or {})}
        wanted = dict(required) if isinstance(required, Mapping) else dict.fromkeys(required, True)
        properties = schema.setdefault("properties", {})
        for name, added in (extra or {}).items():
            if name in properties:
                reader.wrong(name, _("This form has a field of that name already. Choose another name."))
            properties[name] = thawed(added)
        for name, must in wanted.items():
            groups = [name[:place] for place, sign in enumerate(name) if sign == "."] if must else []
            for one in (*groups, name):
                if at := _find(schema, one, reader):
                    _require(*at, must=must)
        for name, label in (labels or {}).items():
            if at := _find(schema, name, reader):
                at[0]["properties"][at[1]]["title"] = taken(label)
        for place, name in enumerate(order):
            if at := _find(schema, name, reader):
                at[0]["properties"][at[1]]["x-order"] = _EARLY + place
        for name in hidden:
            if at := _find(schema, name, reader):
                _require(*at, must=False)
                del at[0]["properties"][at[1]]
                at[0].setdefault("x-gone", {}).setdefault(at[1], None)
        return _build(schema, self.id, reader, (*self.extras, *(extra or {})))


def _find(schema: dict[str, Any], name: str, reader: Reader) -> tuple[dict[str, Any], str] | None:
    """Find the object schema that holds a dotted name, and its key there; keep a mistake if there is none."""
    *groups, key = name.split(".")
    inside: dict[str, Any] = schema
    for group in groups:
        inside = inside.get("properties", {}).get(group, {})
        inside = inside.get("items", inside)
    if key in inside.get("properties", {}):
        return inside, key
    reader.wrong(name, _("This form has no such field."), likely(key, inside.get("properties", {})))
    return None


def _require(inside: dict[str, Any], key: str, *, must: bool) -> None:
    others = [name for name in inside.get("required", []) if name != key]
    inside["required"] = [*others, key] if must else others
    inside["properties"][key].pop("x-required", None)


def _build(schema: Mapping[str, Any], id: str, reader: Reader, extras: tuple[str, ...] = ()) -> Form:  # noqa: A002
    fields = reader.top(schema) if not reader.problems else ()
    if reader.problems:
        raise ConfigError(reader.problems)
    drawn = {one.key for one in fields}
    return Form(id, frozen(schema), fields, tuple(name for name in extras if name in drawn))


def load(source: Path | str | Mapping[str, Any], *, id: str) -> Form:  # noqa: A002
    """Read a form from a YAML file or from a schema that is read already. Do it once, not per request.

    Raises ConfigError with every mistake in it, OSError if the file cannot be read.
    """
    if isinstance(source, Mapping):
        return _build(source, id, Reader(id))
    document = loader.read(Path(source).read_bytes(), str(source), {})
    return _build(document.data, id, Reader(str(source), _places(document)))


def _places(document: loader.Document) -> Callable[[str], tuple[int, int]]:
    """Make a function that finds line and column of a dotted name in a form's YAML."""
    def place(name: str) -> tuple[int, int]:
        path: loader.Path = ()
        for part in name.split("."):
            declared = (*path, "properties", part)
            path = declared if document.find(declared) else (*path, part)
        return document.mark(path, key=True)
    return place
