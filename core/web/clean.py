"""Posted text, JSON or a row of a file turned into the values a form's schema declares, or into every mistake."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from core.data import scope
from core.data.moments import today
from core.errors import FieldError, Invalid
from core.look import compose, i18n
from core.web import conditions, readers, repeated, values, words
from core.web.fields import FILE_WIDGETS, MAX_BYTES, MAX_FILES, Field
from core.web.readers import Said
from core.web.values import Unfit

ONCE = "_once"
"""The idempotency key every form carries; it belongs to the request, not to the form's values."""

MEGABYTE = 1024 * 1024

_MISSING: Any = object()


@dataclass
class Cleaner:
    """Cleans one submission. `typed` says that values come with JSON types, not as text a person typed."""

    typed: bool
    files: MultiDict[str, FileStorage]
    language: str
    partial: bool = False
    stored: Mapping[str, Any] | None = None
    errors: list[FieldError] = field(default_factory=list)

    def fields(self, fields: Iterable[Field], source: Mapping[str, Any]) -> dict[str, Any]:
        """Clean fields that stand side by side, those that others depend on first; mistakes are kept."""
        cleaned: dict[str, Any] = {}
        wrong: set[str] = set()
        fields = tuple(fields)
        for one in conditions.in_order(fields):
            raw = self.sent(one, source)
            if (raw is _MISSING and self.partial and not self._asked_now(one, cleaned)) or not self._asked(
                    one, cleaned, wrong):
                continue
            try:
                cleaned[one.key] = self.value(one, raw)
            except Unfit as unfit:
                wrong.add(one.key)
                self.errors.append(FieldError(one.name, words.say(one, unfit.code, unfit.gaps),
                                              words.public_code(unfit.code)))
        return {one.key: cleaned[one.key] for one in fields if one.key in cleaned}

    def value(self, one: Field, raw: Any) -> Any:
        """Clean what was sent for one field. Raises Unfit if it does not fit."""
        if one.widget == "group":
            return self.group(one, raw)
        return self.rows(one, raw) if one.widget == "rows" else self.one(one, raw)

    def _asked(self, one: Field, cleaned: Mapping[str, Any], wrong: set[str]) -> bool:
        """Say whether a field is asked; where what decides it does not fit, that is to be put right first."""
        if one.condition is None or (self.partial and self.stored is None):
            return True
        known = {**(self.stored or {}), **cleaned} if self.partial else cleaned
        return wrong.isdisjoint(test.key for test in one.condition.tests) and one.condition.holds(known)

    def _asked_now(self, one: Field, cleaned: Mapping[str, Any]) -> bool:
        """Say whether a change of part of a record makes a field necessary that nobody was asked for before."""
        if one.condition is None or not one.required or self.stored is None:
            return False
        return not one.condition.holds(self.stored) and one.condition.holds({**self.stored, **cleaned}) and \
            readers.nothing(self.stored.get(one.key))

    def sent(self, one: Field, source: Mapping[str, Any]) -> Any:
        """Fetch what was sent for a field: by its key in JSON, by its dotted name in a posted form."""
        if self.typed:
            return source.get(one.key, _MISSING)
        if one.widget in ("group", "rows"):
            return source
        if one.widget == "several":
            return source.getlist(one.name) if isinstance(source, MultiDict) else []
        if one.widget == "checkbox":
            return source.get(one.name, "")
        return source.get(one.name, _MISSING)

    def group(self, one: Field, raw: Any) -> dict[str, Any] | None:
        """Clean a group. An optional group in which nothing is filled in is None, whatever it requires."""
        if self.typed and raw is not None and raw is not _MISSING:
            if not isinstance(raw, Mapping):
                raise Unfit("type")
            self.unknown(one.children, raw, f"{one.name}.")
        inner = {} if raw is None or raw is _MISSING else raw
        if not one.required and not self.partial and not self._filled(one, inner):
            return None
        return self.fields(one.children, inner)

    def rows(self, one: Field, raw: Any) -> list[dict[str, Any]]:
        """Clean the rows of a field, each mistake at its row and field. Rows with nothing in them are left out."""
        given: Any = repeated.sent(one, raw) if not self.typed else [] if raw in (_MISSING, None) else raw
        if not isinstance(given, list):
            raise Unfit("type")
        if len(given) > one.max_rows:
            raise Unfit("too_many", limit=one.max_rows)
        whole, found = replace(self, partial=False, stored=None), []
        for place, row in enumerate(given):
            if self.typed and not isinstance(row, Mapping):
                raise Unfit("type")
            if self.typed:
                self.unknown(one.children, row, f"{one.name}.{place}.")
            inner = one.row(place)
            if any(whole.is_filled(child, row) for child in inner):
                found.append(whole.fields(inner, row))
        if len(found) < one.min_rows:
            raise Unfit("required" if one.min_rows == 1 else "too_few", limit=one.min_rows)
        return found

    def _filled(self, one: Field, source: Mapping[str, Any]) -> bool:
        return any(self.is_filled(child, source) for child in one.children)

    def is_filled(self, one: Field, source: Mapping[str, Any]) -> bool:
        """Say whether anything was sent for a field, or for one in it."""
        raw = self.sent(one, source)
        if one.widget == "group":
            return isinstance(raw, Mapping) and self._filled(one, raw)
        if one.widget in FILE_WIDGETS:
            return bool(self.uploads(one))
        if one.widget == "rows" and not self.typed:
            return any(self._filled(replace(one, children=one.row(place)), row)
                       for place, row in enumerate(repeated.sent(one, source)))
        return raw is not _MISSING and not readers.nothing(raw) and bool(str(raw).strip())

    def unknown(self, fields: Iterable[Field], source: Mapping[str, Any], inside: str) -> None:
        """Keep a mistake for everything in JSON that the form does not declare, so nothing slips past it."""
        known = {one.key for one in fields} | ({ONCE} if not inside else set())
        for key in source:
            if key not in known:
                name = str(key).encode("utf-8", "replace").decode()[:100]
                self.errors.append(FieldError(f"{inside}{name}",
                                              i18n.gettext(words.UNKNOWN, name=name), "unknown"))

    def one(self, one: Field, raw: Any) -> Any:
        """Clean one value. Raises Unfit if it does not fit."""
        if one.widget in FILE_WIDGETS:
            return self._files(one, raw)
        if raw is _MISSING and "default" in one.schema:
            raw, typed = one.schema["default"], True
        else:
            typed = self.typed
        empty = readers.empty(one)
        value = empty
        if raw is not _MISSING and raw is not None:
            value = readers.READERS[one.widget](one, Said(raw, typed, self.language))
        if readers.nothing(value):
            if one.required:
                raise Unfit("required")
            return empty
        readers.constrain(one, value)
        if one.schema.get("x-coming") and not typed and value < today().isoformat():
            raise Unfit("over")
        return value

    def uploads(self, one: Field) -> list[FileStorage]:
        """Give the files that were sent for a field."""
        return [file for file in self.files.getlist(one.name) if file.filename]

    def _files(self, one: Field, raw: Any) -> list[FileStorage]:
        if self.typed and raw not in (_MISSING, None, []):
            raise Unfit("type")
        sent = self.uploads(one)
        if one.required and not sent:
            raise Unfit("required")
        limit = 1 if one.widget == "file" else int(one.schema.get("maxItems", _limits()[0]))
        if len(sent) > limit:
            raise Unfit("too_many", limit=limit)
        if sent and len(sent) < one.schema.get("minItems", 0):
            raise Unfit("too_few", limit=one.schema["minItems"])
        for file in sent:
            _check_file(one, file)
        return sent


def _limits() -> tuple[int, int]:
    """Give how many files, of how many bytes each, the tenant takes where a form says nothing."""
    who = scope.active()
    if who is None or who.settings is None:
        return MAX_FILES, MAX_BYTES
    return int(who.settings.value("limits.files")), int(who.settings.value("limits.file_mb")) * MEGABYTE


def _choose_again(cleaner: Cleaner, fields: Iterable[Field]) -> None:
    """Say at file fields that the files are gone: a browser sends them once and does not keep them."""
    wrong = {error.path for error in cleaner.errors}
    for one in fields:
        if one.widget in FILE_WIDGETS and one.name not in wrong and cleaner.uploads(one):
            cleaner.errors.append(FieldError(one.name, i18n.gettext(words.CHOOSE_AGAIN), "again"))


def _check_file(one: Field, file: FileStorage) -> None:
    """Look at size and declared kind. What is really inside is for the room that stores it to find out."""
    name = values.ascii_digits(file.filename or "").encode("utf-8", "replace").decode()[:100]
    size = file.stream.seek(0, os.SEEK_END)
    file.stream.seek(0)
    limit = int(one.schema.get("x-max-bytes", _limits()[1]))
    if size > limit:
        whole = f"{limit // MEGABYTE} MB" if limit % MEGABYTE == 0 else compose.size(limit)
        raise Unfit("file_too_large", name=name, limit=whole)
    if not size:
        raise Unfit("file_empty", name=name)
    allowed = [kind.strip().lower() for kind in str(one.schema.get("x-accept", "")).split(",") if kind.strip()]
    if allowed and not any(_is_kind(kind, (file.filename or "").lower(), file.mimetype) for kind in allowed):
        raise Unfit("file_type", name=name, allowed=", ".join(allowed))


def _is_kind(kind: str, name: str, mimetype: str) -> bool:
    if kind.startswith("."):
        return name.endswith(kind)
    return mimetype.startswith(kind[:-1]) if kind.endswith("/*") else mimetype == kind


def clean(fields: Iterable[Field], source: Any, files: MultiDict[str, FileStorage] | None = None, *,
          language: str = "", partial: bool = False, stored: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Clean a submission against fields. See `Form.clean`, which is what others call."""
    typed = not isinstance(source, MultiDict)
    if typed and not isinstance(source, Mapping):
        raise Invalid([FieldError("", i18n.gettext(words.NO_OBJECT), "type")])
    fields = tuple(fields)
    cleaner = Cleaner(typed, files if files is not None else MultiDict(), language or i18n.current(), partial,
                      stored)
    if typed:
        cleaner.unknown(fields, source, "")
    elif source.get(repeated.ACT) and any(one.widget == "rows" for top in fields for one in top.walk()):
        raise Invalid([])  # another row is asked for: the page draws what was typed again
    cleaned = cleaner.fields(fields, source)
    if cleaner.errors:
        _choose_again(cleaner, fields)
        raise Invalid(cleaner.errors)
    return cleaned
