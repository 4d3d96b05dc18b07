"""What can be said about a field of one's own: a form that fits its type, read back as configuration has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.data import scope
from core.errors import ConfigError
from core.look.i18n import gettext as _
from core.look.language import LANGUAGES
from core.web import drafting, forms, rows
from core.web.designs import Design, sketch
from core.web.fields import FILE_WIDGETS, HOLDERS, Field
from core.web.texts import Texts, say

TYPED = ("text", "longtext", "number", "email", "phone", "money", "quantity")
"""Types that take a placeholder."""

MORE = ("placeholder", "default", "whole", "min", "max", "min_length", "max_length", "pattern", "pattern_message",
        "coming", "min_rows", "max_rows", "accept", "max_files")
"""What stands below the fold."""

MOST_OPTIONS = 100
MOST_TESTS = 5
_TEXTS = ("label", "help", "placeholder", "pattern_message")
COMPUTED = ("text", "number", "money", "quantity", "checkbox", "date")
"""Types of field whose value an expression can give."""
_PLAIN = ("of", "compute", "required", "internal", "default", "currency", "pattern", "accept", "whole", "min",
          "max", "coming", "min_length", "max_length", "min_rows", "max_rows")

Spec = dict[str, dict[str, Any]]


def languages() -> list[str]:
    """Give the languages of the portal, the first one first."""
    settings = drafting.wanted()
    first = str(settings.value("languages.default"))
    return [first, *(tag for tag in settings.value("languages.offered") if tag != first)]


def form(design: Design, kind: str, name: str = "") -> forms.Form:
    """Make the form for a field of a type; without a name it is a new one."""
    spec = {**_words(kind), **_options(kind, new=not name), **_first(kind, new=not name), **_money(design, kind),
            **_of_records(design, kind), **_switches(design), **_condition(design, name), **_further(kind)}
    if name and kind in ("choice", "several"):
        spec |= _default_of(design.own[name].get("options", {}), kind)
    return forms.load({"type": "object", "properties": forms.custom(spec)}, id="settings.field")


def _in_all(name: str, spec: dict[str, Any]) -> Spec:
    """Give a text once for the first language and, below, for each of the others."""
    found, further = {name: spec}, {key: one for key, one in spec.items() if key not in ("required", "help")}
    for tag in languages()[1:]:
        label = _("%(what)s in %(language)s", what=spec["label"], language=LANGUAGES.get(tag, tag))
        found[f"{name}_{_tag(tag)}"] = {**further, "label": label}
    return found


def tongues() -> tuple[str, ...]:
    """Give the names of the fields that say the name and the help in further languages."""
    return tuple(f"{word}_{_tag(tag)}" for tag in languages()[1:] for word in ("label", "help"))


def _tag(language: str) -> str:
    return language.replace("-", "__")


def _words(kind: str) -> Spec:
    found = _in_all("label", {"label": _("Name"), "required": True, "max_length": 200,
                              "help": _("What people read above the field.")})
    told = {"label": _("Help"), "max_length": 500,
            "help": _("One sentence under the field. Leave it empty if the name says it all.")}
    return found if kind == "hidden" else {**found, **_in_all("help", told)}


def _options(kind: str, *, new: bool) -> Spec:
    if kind not in ("choice", "several"):
        return {}
    one: Spec = {"label": {"label": _("Option"), "required": True, "max_length": 200}}
    return {"options": {"type": "rows", "label": _("Options"), "min_rows": 1, "max_rows": MOST_OPTIONS, "fields": {
        "key": {"type": "hidden"},
        **(one if new else _in_all("label", one["label"]))}}}


def _first(kind: str, *, new: bool) -> Spec:
    if kind not in HOLDERS or not new:
        return {}
    return {"first": {"label": _("First field in it"), "required": True, "max_length": 200,
                      "help": _("Such as “Serial number”. You add more, and change this one, afterwards.")}}


def _money(design: Design, kind: str) -> Spec:
    if kind != "money":
        return {}
    more: dict[str, Any] = {"help": _("Left empty, the portal's own.")} if "compute" in design.known else {
        "required": True, "default": str(drafting.wanted().value("currency"))}
    return {"currency": {"label": _("Currency"), "pattern": "^[A-Z]{3}$", "pattern_message": _(
        "Write its three letters, such as EUR."), **more}}


def _of_records(design: Design, kind: str) -> Spec:
    """Ask for what only fields of records know: what they refer to, what computes them."""
    found: Spec = {}
    if kind == "reference":
        kinds = {one.name: _(one.title) for one in scope.current().registry.kinds.values()}
        found["of"] = {"type": "choice", "label": _("What it leads to"), "required": True, "options": {
            "person": _("A person"), "company": _("A company"), **kinds}}
    if "compute" in design.known and kind in COMPUTED:
        found["compute"] = {"label": _("Computed from"), "max_length": 2000, "placeholder": "quantity * price",
                            "help": _("Such as sum(lines, amount). The portal fills it in, and nobody else.")}
    return found


def _switches(design: Design) -> Spec:
    found: Spec = {"required": {"type": "checkbox", "label": _("Must be filled in")}}
    if not design.inner:
        found["internal"] = {"type": "checkbox", "label": _("Only for your team"),
                             "help": _("Customers are not asked for it and never see it.")}
    if design.persons:
        found["editable"] = {"type": "checkbox", "label": _("People may change it themselves"),
                             "default": True}
    return found


def _further(kind: str) -> Spec:
    whole = {"type": "number", "whole": True}
    found: Spec = {"placeholder": {"label": _("Example inside the empty field"), "max_length": 200}} \
        if kind in TYPED else {}
    if kind in ("text", "longtext"):
        found |= {"default": {"label": _("Stands there at first"), "max_length": 500},
                  "min_length": {**whole, "label": _("Fewest characters"), "min": 0},
                  "max_length": {**whole, "label": _("Most characters"), "min": 1}}
    if kind == "text":
        found |= {"pattern": {"label": _("Pattern"), "max_length": 500, "help": _(
                      "A regular expression the text has to fit, such as ^[0-9]{8}$ for eight digits.")},
                  "pattern_message": {
                      "label": _("If it does not fit"), "max_length": 500, "if": {"pattern": "filled"},
                      "help": _("What people read then, such as “Eight digits, on the back.”")}}
    if kind == "quantity":
        found |= {"decimals": {**whole, "label": _("Decimal places"), "min": 0, "max": 12, "default": 3},
                  "min": {"type": "number", "label": _("Least")},
                  "max": {"type": "number", "label": _("Greatest")}}
    if kind == "number":
        found |= {"whole": {"type": "checkbox", "label": _("Only whole numbers")},
                  "min": {"type": "number", "label": _("Least")},
                  "max": {"type": "number", "label": _("Greatest")}}
    if kind == "date":
        found["coming"] = {"type": "checkbox", "label": _("Only today or a later day")}
    if kind == "checkbox":
        found["default"] = {"type": "checkbox", "label": _("Ticked at first")}
    if kind == "rows":
        found |= {"min_rows": {**whole, "label": _("Fewest rows"), "min": 0, "max": 100},
                  "max_rows": {**whole, "label": _("Most rows"), "min": 1, "max": 100}}
    if kind in FILE_WIDGETS:
        found["accept"] = {"label": _("Kinds of file"), "max_length": 200, "help": _("Such as image/*,.pdf.")}
    return found


def _default_of(options: Any, kind: str) -> Spec:
    known = _labels(options)
    return {} if kind != "choice" or not known else {
        "default": {"type": "choice", "label": _("Chosen at first"), "options": known}}


def _labels(options: Any) -> dict[str, str]:
    """Give options as key and what people read, whichever way they are written."""
    if isinstance(options, Mapping):
        return {str(key): say(Texts(one)) if isinstance(one, Mapping) else str(one)
                for key, one in options.items()}
    return {str(one): str(one) for one in options or ()}


def _others(design: Design, name: str) -> dict[str, Field]:
    """Give the fields that a condition may look at."""
    try:
        made = sketch(design, {key: {inner: one for inner, one in value.items() if inner != "if"}
                               for key, value in design.own.items() if key != name and not value.get("hidden")})
    except ConfigError:
        return {}
    return {one.key: one for one in made.fields}


def _condition(design: Design, name: str) -> Spec:
    others = _others(design, name)
    if not others:
        return {}
    chosen = {key: one for key, one in others.items() if one.options}
    plain = [key for key, one in others.items() if not one.options and one.widget not in (
        "checkbox", *HOLDERS, *FILE_WIDGETS)]
    row: Spec = {
        "field": {"type": "choice", "label": _("Field"), "required": True,
                  "options": {key: say(one.label) for key, one in others.items()}},
        "test": {"type": "choice", "label": _("Test"), "required": True, "default": "is", "options": {
            "is": _("is one of"), "filled": _("is filled in or ticked"), "empty": _("is empty or not ticked")}}}
    for key, one in chosen.items():
        row[f"v_{key}"[:64]] = {"type": "several", "label": _("Any of these"), "required": True,
                                "options": {str(value): say(label) for value, label in one.options},
                                "if": {"field": key, "test": "is"}}
    if plain:
        row["value"] = {"label": _("Value"), "required": True, "if": {"field": plain, "test": "is"},
                        "help": _("Several: put commas between them.")}
    return {"if": {"type": "rows", "label": _("Ask it only if"), "max_rows": MOST_TESTS, "fields": row, "help": _(
        "Without a condition it is always asked. Of several, all have to hold.")}}


def _tests(design: Design, name: str, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give conditions as rows of the form."""
    others = _others(design, name)
    for key, wanted in asked.items():
        other = others.get(key)
        values = wanted if isinstance(wanted, list) else [wanted]
        if other is None:
            continue
        if wanted in ("filled", "empty") or other.widget == "checkbox":
            filled = wanted == "filled" or values == [True]
            yield {"field": key, "test": "filled" if filled else "empty"}
        elif other.options:
            yield {"field": key, "test": "is", f"v_{key}"[:64]: [str(one) for one in values]}
        else:
            yield {"field": key, "test": "is", "value": ", ".join(map(str, values))}


def _asked(design: Design, name: str, given: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give rows of the form as conditions."""
    others, found = _others(design, name), dict[str, Any]()
    for row in given:
        key, other = row["field"], others[row["field"]]
        values: list[Any] = row.get(f"v_{key}"[:64]) or [
            part.strip() for part in str(row.get("value", "")).split(",") if part.strip()]
        if row["test"] != "is" or not values:
            found[key] = "empty" if row["test"] == "empty" else "filled"
            continue
        if other.schema["type"] in ("number", "integer") and not other.options:
            values = [_number(one) for one in values]
        found[key] = values[0] if len(values) == 1 else values
    return found


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def shown(design: Design, name: str) -> dict[str, Any]:
    """Give what a field says, as its form shows it."""
    one = design.own[name]
    found = {**one, **{key: text for word in _TEXTS for key, text in _spread(word, one.get(word)).items()}}
    found["label"] = found.get("label") or name.replace("_", " ").capitalize()
    found["options"] = [{"key": key, **_spread("label", label)} for key, label in (
        one["options"].items() if isinstance(one.get("options"), Mapping)
        else ((str(value), str(value)) for value in one.get("options", ())))]
    found["editable"] = one.get("editable", True)
    found["if"] = list(_tests(design, name, one.get("if", {})))
    return found


def _spread(word: str, text: Any) -> dict[str, str]:
    """Give a text, or one per language, under the names of the form's fields."""
    first = languages()[0]
    if not isinstance(text, Mapping):
        return {word: str(text)} if text is not None else {}
    found = {f"{word}_{_tag(tag)}": str(said) for tag, said in text.items() if tag != first}
    return {**found, word: str(text.get(first) or say(Texts(text)))}


def read(design: Design, kind: str, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the form says as configuration has it; what the form does not ask for stays."""
    before = dict(design.own.get(name, {}))
    known = {"label", "help", *(one.key for one in form(design, kind, name).fields)}
    one = {key: value for key, value in before.items() if key not in known}
    for word in (*_TEXTS, *_PLAIN):
        said = _gathered(word, values, before.get(word)) if word in _TEXTS else values.get(word)
        if said not in (None, "", False):
            one[word] = said
    if design.persons and not values.get("editable"):
        one["editable"] = False
    if kind != "text":
        one["type"] = kind
    if values.get("options"):
        one["options"] = _kept(values["options"], before.get("options"))
        if kind == "choice" and one.get("default") not in _labels(one["options"]):
            one.pop("default", None)
    if asked := _asked(design, name, values.get("if") or ()):
        one["if"] = asked
    if values.get("first"):
        one["fields"] = {rows.slug(values["first"])[:36].strip("_") or "field": {"label": values["first"]}}
    return {key: one[key] for key in ("label", *(key for key in one if key != "label")) if key in one}


def _gathered(word: str, values: Mapping[str, Any], before: Any) -> Any:
    """Give a text as configuration has it: alone, or per language where there is more than one."""
    first, *others = languages()
    found = {first: values.get(word), **{tag: values.get(f"{word}_{_tag(tag)}") for tag in others}}
    if isinstance(before, Mapping):  # languages that are not offered now stay
        found = {**before, **found}
    said = {tag: str(text) for tag, text in found.items() if text}
    return said.get(first) if list(said) == [first] else said or None


def _kept(options: Sequence[Mapping[str, Any]], before: Any) -> Any:
    """Give options under the keys they have; new ones get keys made from their words."""
    old = {str(key): key for key in before or ()}
    made: dict[Any, Any] = {}
    for one in options:
        key = old.get(one["key"]) if one["key"] not in made else None
        said = _gathered("label", one, before.get(key) if isinstance(before, Mapping) else None)
        plain = said if isinstance(said, str) else say(Texts(said or {}))
        fresh = rows.free(rows.slug(plain) or "option", {*map(str, made), *old})
        made[fresh if key is None else key] = said
    listed = isinstance(before, list) and all(str(key) == said for key, said in made.items())
    return list(made) if listed else {str(key): said for key, said in made.items()}
