"""A field's value as people read it: dates, money, choices and files in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from markupsafe import Markup

from core.look import formats
from core.look.compose import text
from core.look.i18n import gettext as _
from core.look.language import current
from core.web.fields import FILE_WIDGETS, HOLDERS, Field
from core.web.texts import say
from core.web.values import countries

EMPTY: tuple[Any, ...] = (None, "", [], {})


def shown(field: Field, value: Any, files: Mapping[str, Any]) -> Any:
    """Give a value in the person's language, "" for nothing. `files` maps public identifiers to rows."""
    if value in EMPTY:
        return ""
    if field.widget in FILE_WIDGETS:
        return _links(value, files)
    if field.widget in HOLDERS:
        return "; ".join(", ".join(f"{say(child.label)}: {told}" for child in field.children
                                   if (told := shown(child, row.get(child.key), files)))
                         for row in (value if isinstance(value, list) else [value]))
    if field.widget == "several":
        return ", ".join(str(_label(field, one)) for one in value)
    if field.widget == "longtext":
        return text(value)
    return _plain(field, value)


def brief(field: Field, value: Any) -> str:
    """Give a value as a list shows it: one line; files have none."""
    if field.widget in FILE_WIDGETS or value in EMPTY:
        return ""
    line = " ".join(value.split())[:120] if field.widget == "longtext" else shown(field, value, {})
    return str(line)


def texts_of(field: Field, value: Any) -> Iterable[str]:
    """Give the texts in a value, with the untranslated labels of what was chosen, for search."""
    if isinstance(value, Mapping):
        for child in field.children:
            yield from texts_of(child, value.get(child.key))
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(field, one)
    elif value not in (None, "", True, False):
        yield str(next((label for key, label in field.options if key == value), value))


def _plain(field: Field, value: Any) -> str:
    if field.widget == "choice":
        return _label(field, value)
    if field.widget == "checkbox":
        return _("Yes") if value else _("No")
    if field.widget == "money":
        return formats.format_money(value, str(field.schema.get("x-currency", "EUR")))
    if field.widget == "quantity":
        return formats.format_quantity(str(value))
    if field.widget == "number":
        return formats.format_number(value)
    if field.widget == "date":
        return formats.format_date(date.fromisoformat(value))
    if field.widget == "country":
        return countries(current()).get(value, value)
    return str(value)


def _label(field: Field, value: Any) -> str:
    return str(next((say(label) for key, label in field.options if key == value), value))


def _links(value: Iterable[str], files: Mapping[str, Any]) -> Markup:
    link = Markup('<a href="/files/{}">{}</a>')
    return Markup(", ").join(link.format(one, files[one].name) for one in value if one in files)
