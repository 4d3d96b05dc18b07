"""A field's value as people read it: dates, money, choices and files in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from markupsafe import Markup

from core.look import currencies, formats
from core.look.compose import text
from core.look.i18n import gettext as _
from core.look.i18n import ngettext as _n
from core.look.language import current
from core.web.fields import FILE_WIDGETS, HOLDERS, Field
from core.web.references import Link
from core.web.texts import say
from core.web.values import countries

EMPTY: tuple[Any, ...] = (None, "", [], {})


Links = Mapping[tuple[str, str], Link]


def shown(field: Field, value: Any, files: Mapping[str, Any], links: Links | None = None) -> Any:
    """Give a value in the person's language, "" for nothing; one that no longer fits its field as it is stored.

    `files` maps public identifiers to rows, `links` what is referred to (`references.told`) to its words.
    """
    try:
        return _shown(field, value, files, links or {})
    except (TypeError, ValueError, AttributeError, KeyError):
        return str(value)


def _shown(field: Field, value: Any, files: Mapping[str, Any], links: Links) -> Any:
    if value in EMPTY:
        return ""
    if field.widget == "reference":
        return _linked(links.get((str(field.schema["x-of"]), str(value)), Link(str(value))))
    if field.widget in FILE_WIDGETS:
        return _links(value, files)
    if field.widget in HOLDERS:
        return Markup("; ").join(
            Markup(", ").join(Markup("{}: {}").format(say(child.label), told) for child in field.children
                              if (told := shown(child, row.get(child.key), files, links)))
            for row in (value if isinstance(value, list) else [value]))
    if field.widget == "several":
        return ", ".join(str(_label(field, one)) for one in value)
    if field.widget == "longtext":
        return text(value)
    return _plain(field, value)


def _linked(link: Link) -> Any:
    return Markup('<a href="{}">{}</a>').format(link.href, link.text) if link.href else link.text


def brief(field: Field, value: Any, links: Links | None = None) -> str:
    """Give a value as a list shows it: one line; files have none."""
    if field.widget in FILE_WIDGETS or value in EMPTY:
        return ""
    if field.widget == "reference":
        return (links or {}).get((str(field.schema["x-of"]), str(value)), Link(str(value))).text
    if field.widget == "rows":
        return _n("%(num)s row", "%(num)s rows", len(value), num=len(value))
    line = " ".join(str(value).split())[:120] if field.widget == "longtext" else shown(field, value, {}, links)
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
        return formats.format_money(value, currencies.of(field.schema))
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
