"""All mistakes of a document at once: where, what was found, what is allowed, the likely word."""

from __future__ import annotations

import difflib
import functools
import ipaddress
import json
import re
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from core.config.loader import Document, Path, show
from core.config.patterns import endless
from core.errors import Problem

Mistake = Any
"""A jsonschema ValidationError; its stubs call every attribute possibly unset, which it never is here."""

_TYPES = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "on or off",
          "array": "a list", "object": "a group of keys", "null": "nothing"}

_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s@/]+@")
"""What must not be repeated in a message: the password in an address."""

formats = FormatChecker(formats=("date", "email", "ipv4", "ipv6", "regex", "idn-email"))
"""The formats that are checked: those of JSON Schema named here, `time-zone`, `network`, `since` and `file`."""


Further = Callable[[Any, Any], Iterable[tuple[Path, str]]]
"""Checks a value against what its schema says under one key: gives where and what is wrong."""

keywords: dict[str, Further] = {}
"""Keys of schemas that rooms above know how to check, such as `x-own-fields`."""


def _further(key: str) -> Callable[..., Iterator[ValidationError]]:
    def check(_validator: Any, rule: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
        for path, message in keywords[key](rule, value) if key in keywords else ():
            yield ValidationError(message, path=path, validator="told")
    return check


_extend: Any = extend
_Validator: Any = _extend(Draft202012Validator, {"x-own-fields": _further("x-own-fields")})


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@formats.checks("time-zone")
def _is_zone(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        zoneinfo.ZoneInfo(value)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return not _zones()  # a machine without time zone data knows none; then any name passes here
    return not value.startswith(("posix", "right/"))


@formats.checks("network", raises=ValueError)
def _is_network(value: object) -> bool:
    return not isinstance(value, str) or bool(ipaddress.ip_network(value, strict=False))


@formats.checks("since", raises=ValueError)
def _is_since(value: object) -> bool:
    """Accept a day that exists; whether it is written like one is the pattern's business."""
    return not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) or bool(
        date.fromisoformat(value))


@formats.checks("regex", raises=(re.error, OverflowError, RecursionError))
def _is_pattern(value: object) -> bool:
    """Accept a regular expression that is searched in good time."""
    return not isinstance(value, str) or not endless(value)


@formats.checks("file")
def _is_file(value: object) -> bool:
    """Accept a relative path that stays below its folder."""
    return not isinstance(value, str) or (bool(re.fullmatch(r"[^\\\0:]*", value)) and value[:1] != "/"
                                          and ".." not in value.split("/"))


def resolve(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a `#/$defs/<name>` reference; anything else is itself."""
    reference = schema.get("$ref", "")
    if reference.startswith("#/$defs/"):
        found: Mapping[str, Any] = root.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {})
        return found
    return schema


def below(schema: Mapping[str, Any], step: str | int, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the schema one step down a path; empty where nothing is said."""
    if isinstance(step, int):
        inner = schema.get("items", {})
    else:
        inner = schema.get("properties", {}).get(step, schema.get("additionalProperties", {}))
    return resolve(inner, root) if isinstance(inner, Mapping) else {}


def fit(data: Any, schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Any:
    """Give a copy of `data` in its full form, as the schema reads it; never refuses.

    A lone value for a group with `x-short` becomes that group, an empty group becomes {}, and `on`/`off`
    becomes the word where a word is asked for.
    """
    root = schema if root is None else root
    kind = schema.get("type")
    if kind == "object" and not isinstance(data, dict):
        short = schema.get("x-short")
        if data is None:
            return {}
        if short and not isinstance(data, list):
            data = {short: data}
    if isinstance(data, dict):
        return {key: fit(value, below(schema, key, root), root) for key, value in data.items()}
    if isinstance(data, list):
        return [fit(value, below(schema, index, root), root) for index, value in enumerate(data)]
    if isinstance(data, bool) and kind == "string":
        word = "on" if data else "off"
        return word if word in schema.get("enum", ()) else data
    return data


@functools.lru_cache(maxsize=8)
def _validator(frozen: str) -> Any:
    return _Validator(json.loads(frozen), format_checker=formats)


def check(document: Document, schema: Mapping[str, Any], *, prefix: Path = (),
          data: Any = None) -> list[Problem]:
    """Find every mistake of a document. `data` (default: all of it) is what stands at `prefix`.

    The problems come in the order of their lines; an empty list means the document is valid.
    """
    value = fit(document.data if data is None else data, schema)
    validator = _validator(json.dumps(schema, sort_keys=False, default=dict))
    problems = [problem for error in validator.iter_errors(value)
                for problem in _problems(error, document, prefix, schema)]
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column, problem.path))


def mistakes(value: Any, schema: Mapping[str, Any]) -> list[tuple[Path, str, str]]:
    """Find every mistake of a value that stands in no file: path, sentence, hint."""
    validator = _validator(json.dumps(schema, default=dict))
    return [(tuple(leaf.absolute_path), *_sentence(leaf)) for error in validator.iter_errors(value)
            for leaf in _leaves(error)]


def _problems(error: Mistake, document: Document, prefix: Path,
              schema: Mapping[str, Any]) -> Iterator[Problem]:
    for leaf in _leaves(error):
        path = prefix + tuple(leaf.absolute_path)
        if leaf.validator == "additionalProperties" and isinstance(leaf.validator_value, bool):
            for key in _extra(leaf):
                message, hint = _unknown(key, leaf, schema)
                yield _at(document, (*path, key), message, hint, key=True)
            continue
        message, hint = _sentence(leaf, document, path)
        key_wrong = leaf.parent is None and "propertyNames" in leaf.absolute_schema_path
        yield _at(document, (*path, str(leaf.instance)) if key_wrong else path, message, hint, key=key_wrong)


def _at(document: Document, path: Path, message: str, hint: str, *, key: bool = False) -> Problem:
    while path and document.find(path) is None:
        path = path[:-1]  # a short form stands for what is not written out
    line, column = document.mark(path, key=key)
    return Problem(document.name, line, column, show(path), message, hint)


def _leaves(error: Mistake) -> Iterator[Mistake]:
    """Of anyOf and oneOf, follow the branch that came furthest; any other error is its own leaf."""
    if error.validator in ("anyOf", "oneOf") and error.context:
        branches: dict[Any, list[Mistake]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        wrong_type = [errors for errors in branches.values()
                      if not any(e.validator == "type" and not e.path for e in errors)]
        if len(wrong_type) == 1:
            for inner in wrong_type[0]:
                yield from _leaves(inner)
            return
    yield error


def _extra(error: Mistake) -> list[str]:
    known = error.schema.get("properties", {})
    patterns = error.schema.get("patternProperties", {})
    return [key for key in error.instance if key not in known
            and not any(re.search(pattern, key) for pattern in patterns)]


def _unknown(key: str, error: Mistake, root: Mapping[str, Any]) -> tuple[str, str]:
    known = list(error.schema.get("properties", {}))
    sentence = error.schema.get("x-unknown", "'{key}' is not known here")
    message = sentence.replace("{key}", key[:60])
    home = next((f"{name}.{key}" for name, inner in error.schema.get("properties", {}).items()
                 if key in resolve(inner, root).get("properties", {})), "")
    hint = f"Did you mean '{home}'?" if home else likely(key, known)
    if key.count(")") > key.count("("):  # {compute: add_months(bought, 24)}: YAML ended the text at the comma
        hint = "A comma in {...} begins the next key: put a text that holds one into quotation marks."
    if not hint and known:
        hint = f"Known here: {', '.join(sorted(known)[:30])}."
    return message + ".", hint


def likely(word: object, words: Iterable[Any]) -> str:
    """Write `Did you mean 'waiting'?`, or nothing if no word comes close."""
    known = {str(option).lower(): option for option in words if isinstance(option, str)}
    close = difflib.get_close_matches(str(word).lower(), known, n=1, cutoff=0.6)
    return f"Did you mean '{known[close[0]]}'?" if close else ""


def _found(error: Mistake, document: Document | None, path: Path) -> str:
    """Write what was found, as it was typed; what came from a reference or is secret is not shown."""
    if isinstance(error.schema, Mapping) and error.schema.get("writeOnly"):
        return "the hidden value"
    if document is not None and (names := document.references.get(path)):
        return f"the value of {', '.join(names)}"
    value = error.instance
    if value is None:
        return "an empty value"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict | list):
        return "a group of keys" if isinstance(value, dict) else "a list"
    raw = document.raw(path) if document is not None else None
    word = raw if isinstance(value, int | float) and raw else _PASSWORD.sub(r"\1********@", str(value))
    word = word if len(word) <= 60 else word[:59] + "…"
    return word if isinstance(value, int | float) else f"'{word}'"


def _sentence(error: Mistake, document: Document | None = None, path: Path = ()) -> tuple[str, str]:
    found = _found(error, document, path)
    write = _MESSAGES.get(str(error.validator))
    if write is None:
        return f"{found} does not fit: {error.validator} {str(error.validator_value)[:80]}.", ""
    sentence, hint = write(found, error)
    return sentence, hint or _swallowed(error, document, path)


def _swallowed(error: Mistake, document: Document | None, path: Path) -> str:
    """Say why a value is empty although one was typed: what stands behind a # is a comment."""
    at = document.find(path) if error.instance is None and document is not None else None
    if document is None or at is None or at[0] is None:
        return ""
    rest = document.text[at[0].last:].partition("\n")[0]
    if not re.match(r"[ \t]*:[ \t]+#", rest):
        return ""
    what = "colour" if re.search(r"#[0-9A-Fa-f]{3,8}[ \t\r]*$", rest) else "value"
    return f"In YAML, # begins a comment: put the {what} in quotes."


def _wrong_type(found: str, error: Mistake) -> tuple[str, str]:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    names = " or ".join(_TYPES.get(str(kind), str(kind)) for kind in wanted)
    hint = ""
    if "boolean" in wanted:
        word = str(error.instance).lower()
        hint = {"yes": "Write on.", "no": "Write off."}.get(word, "")
        if word in ("on", "off", "true", "false"):
            hint = f"Write it without quotes: {word}."
        hint = hint or likely(error.instance, ("on", "off", "true", "false"))
    elif "string" in wanted and isinstance(error.instance, int | float):
        hint = f'Put it in quotes: "{found}".'
    return f"{found} stands where {names} belongs.", hint


def _not_one_of(found: str, error: Mistake) -> tuple[str, str]:
    words = ", ".join(str(word) for word in error.validator_value[:40])
    return f"{found} is not one of {words}.", likely(error.instance, error.validator_value)


def _missing(_found: str, error: Mistake) -> tuple[str, str]:
    names = re.findall(r"^'(.+)' is a required property", error.message)
    return f"'{names[0] if names else '?'}' is missing.", ""


def _pattern(found: str, error: Mistake) -> tuple[str, str]:
    examples = error.schema.get("examples", ()) if isinstance(error.schema, Mapping) else ()
    if examples:
        return f"{found} does not fit.", f"Write it like {' or '.join(str(e) for e in examples)}."
    return f"{found} does not fit the pattern {error.validator_value}.", ""


def _broken(pattern: object) -> str:
    """Say why a pattern cannot be read; "" where it can."""
    try:
        re.compile(str(pattern))
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return ""


def _format(found: str, error: Mistake) -> tuple[str, str]:
    kind = error.validator_value
    hint = likely(error.instance, _zones()) if kind == "time-zone" else ""
    if kind == "regex" and (broken := _broken(error.instance)):
        return f"{found} is not a regular expression: {broken}.", ""
    names = {"time-zone": "a time zone such as Europe/Berlin", "email": "an e-mail address",
             "network": "an address or network such as 10.0.0.0/8", "date": "a date such as 2026-01-31",
             "since": "a day that exists",
             "file": "a file below the portal folder", "regex": "a regular expression without repetitions in "
             "repetitions, such as (a+)+"}
    return f"{found} is not {names.get(kind, kind)}.", hint


def _says(template: str) -> Callable[[str, Mistake], tuple[str, str]]:
    def write(found: str, error: Mistake) -> tuple[str, str]:
        return template.replace("{limit}", str(error.validator_value)).replace("{found}", found), ""
    return write


_MESSAGES: Mapping[str, Callable[[str, Mistake], tuple[str, str]]] = {
    "told": lambda _found, error: (error.message, ""),
    "type": _wrong_type,
    "enum": _not_one_of,
    "const": _says("{found} is not {limit}."),
    "required": _missing,
    "pattern": _pattern,
    "format": _format,
    "minimum": _says("{found} is too small; {limit} is the least."),
    "maximum": _says("{found} is too large; {limit} is the most."),
    "exclusiveMinimum": _says("{found} is too small; it has to be more than {limit}."),
    "exclusiveMaximum": _says("{found} is too large; it has to be less than {limit}."),
    "multipleOf": _says("{found} is not a multiple of {limit}."),
    "minLength": _says("{found} is too short; at least {limit} characters are needed."),
    "maxLength": _says("{found} is too long; at most {limit} characters fit."),
    "minItems": _says("The list is too short; at least {limit} entries are needed."),
    "maxItems": _says("The list is too long; at most {limit} entries fit."),
    "minProperties": _says("Too few keys; at least {limit} are needed."),
    "maxProperties": _says("Too many keys; at most {limit} fit."),
    "uniqueItems": _says("An entry of the list stands there twice."),
    "anyOf": _says("{found} fits none of the forms allowed here."),
    "oneOf": _says("{found} fits none, or more than one, of the forms allowed here."),
    "not": _says("{found} is not allowed here."),
    "additionalProperties": _says("{found} holds keys that are not known here."),
}
