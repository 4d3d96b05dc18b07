"""One setting as a control of a page: drawn from its schema, read back from what a browser sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import available_timezones

from core.config.loader import FORBIDDEN, read
from core.config.mistakes import mistakes
from core.config.outline import WORDS, Node, Outline
from core.config.splice import REMOVE as REMOVE  # noqa: PLC0414 - handed on
from core.config.splice import flow, words_in
from core.errors import ConfigError
from core.look.i18n import gettext as _
from core.look.language import LANGUAGES
from core.look.layers import STACKS
from core.web.texts import Texts, say

INLINE = (*WORDS, "several", "lines", "code", "css")
"""Kinds that one control holds; all else has a page of its own."""

FILES = ("file", "css", "font")
"""Kinds whose value is a file that was sent: they are received, not typed."""

MOST_CELLS = 5
"""How many values an entry may have to be one line of a table."""

UNSAID: Any = object()
"""What was read where nothing was sent: leave the setting alone."""


class Unfit(Exception):  # noqa: N818 - it names the value, not a fault of the program
    """What was typed does not fit; the text says what to do."""


@dataclass(frozen=True)
class Control:
    """A setting on a page. `value` is as a field shows it, `was` the same as one hidden text.

    `source` says where the value comes from, `otherwise` what it is without one's own. `own` tells that it can go
    back to that, `changed` that the draft holds another value, `locked` that whoever asks may not change it.
    `names` are words it may name.
    """

    node: Node
    name: str
    kind: str
    title: str
    help: str
    value: Any = ""
    options: tuple[tuple[str, str], ...] = ()
    source: str = ""
    otherwise: str = ""
    own: bool = False
    changed: bool = False
    locked: bool = False
    error: str = ""
    href: str = ""
    summary: str = ""
    attrs: tuple[tuple[str, Any], ...] = ()
    names: tuple[str, ...] = ()

    @property
    def was(self) -> str:
        """What the field is drawn with, to tell later whether somebody changed it."""
        return mark(self.value)

    @property
    def wide(self) -> bool:
        """Whether the field takes the whole width."""
        return self.kind in ("longtext", "code", "css")


def mark(value: Any) -> str:
    """Write a field's value as one text, for comparing."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


Options = Callable[[], Sequence[tuple[str, str]]]

LISTS: dict[str, Options] = {"languages": lambda: [(code, f"{name} ({code})") for code, name in LANGUAGES.items()],
                             "fonts": lambda: [(name, human(name)) for name in STACKS],
                             "zones": lambda: [(zone, zone) for zone in sorted(available_timezones())]}
"""Named lists of what may be chosen (`x-options`); a dotted path names a group of the settings instead."""


def options(schema: Mapping[str, Any], value_at: Callable[[str], Any]) -> tuple[tuple[str, str], ...]:
    """Give what may be chosen, each with its word in the reader's language."""
    where = schema.get("x-options", "")
    if where in LISTS:
        return tuple(LISTS[where]())
    if where:
        return tuple(_entries(value_at(where)))
    labels = schema.get("x-labels", {})
    return tuple((str(word), _(str(labels[word])) if word in labels else human(str(word)))
                 for word in schema.get("enum", ()) if word not in schema.get("x-by-hand", ()))


def _entries(found: Any) -> Iterator[tuple[str, str]]:
    if isinstance(found, Mapping):
        yield from ((str(key), label_of(str(key), one)) for key, one in found.items())
    elif isinstance(found, list):
        yield from ((str(one), LANGUAGES.get(one, str(one))) for one in found if isinstance(one, str))


def human(word: str) -> str:
    """Write a word of a configuration as people read it: `follow-up` gives Follow-up."""
    plain = word.replace("_", " ")
    return _(plain[:1].upper() + plain[1:])


def label_of(key: str, entry: Any) -> str:
    """Give what people call an entry: its label, name or title, or its key."""
    if isinstance(entry, str) and entry:
        return entry
    found = next((entry[name] for name in ("label", "name", "title") if entry.get(name)), "") \
        if isinstance(entry, Mapping) else ""
    return (say(Texts(found)) if isinstance(found, Mapping) else str(found)) or key


def shown(kind: str, value: Any) -> Any:
    """Give a value as its field shows it: a text, a list of texts, or on and off."""
    if kind == "switch":
        return value is True
    if kind == "wish":
        return {True: "on", False: "off"}.get(value, "") if value is not None else ""
    if kind == "several":
        return [str(one) for one in value or ()]
    if kind == "lines":
        return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")
    if kind == "code":
        return "" if value is None else flow(value)
    if kind == "secret" or value is None:
        return ""
    return value if isinstance(value, str) else flow(value)


def typed(node: Node, name: str, form: Any) -> Any:
    """Read what was sent for a setting: UNSAID, REMOVE, or a value that fits its schema. Raises Unfit."""
    was = form.get(f"was.{name}")
    if was is None or node.kind not in INLINE or node.kind in FILES:
        return UNSAID
    raw = sent(node.kind, name, form)
    if mark(raw) == was.replace("\r\n", "\n") or (node.kind == "several" and _same_set(raw, was)):
        return UNSAID
    return meant(node, name, form)


def _same_set(raw: list[str], was: str) -> bool:
    with suppress(ValueError):
        return set(raw) == set(json.loads(was))
    return False


def meant(node: Node, name: str, form: Any) -> Any:
    """Read a field's value whatever it was before: REMOVE, or a value that fits its schema. Raises Unfit."""
    value = _meant(node, sent(node.kind, name, form))
    fault = "" if value is REMOVE else told(value, node)
    if fault:
        raise Unfit(fault)
    return value


def sent(kind: str, name: str, form: Any) -> Any:
    """Give what a field sent, as its field shows it."""
    if kind == "switch":
        return form.get(name) == "true"
    if kind == "several":
        return form.getlist(name)
    if kind == "lines":  # one field of lines, or a box for each
        return "\n".join(form.getlist(name)).replace("\r\n", "\n")
    return (form.get(name) or "").replace("\r\n", "\n")


def _meant(node: Node, raw: Any) -> Any:
    """Turn what a field sent into a value of the schema's type; an empty field says nothing."""
    if node.kind in ("switch", "several"):
        return raw
    text = raw if node.kind in ("secret", "code") else raw.strip()
    if not text.strip():
        if node.required or node.schema.get("minLength"):
            raise Unfit(_("Fill this in."))
        return REMOVE
    if node.kind == "wish":
        return text == "on"
    if node.kind == "number":
        return _number(text, node.schema)
    if node.kind == "lines":
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[0] if len(lines) == 1 and node.schema["type"] != "array" else lines
    return _code(text) if node.kind == "code" or (node.kind == "words" and text.startswith("{")) else text


def _number(text: str, schema: Mapping[str, Any]) -> int | float:
    plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    if re.fullmatch(r"-?[0-9]{1,15}", plain, re.ASCII):
        return int(plain)
    if schema.get("type") != "integer" and re.fullmatch(r"-?[0-9]{1,15}\.[0-9]{1,9}", plain, re.ASCII):
        return float(plain)
    raise Unfit(_("Write a whole number.") if schema.get("type") == "integer" else _("Write a number."))


def _code(text: str) -> Any:
    """Read YAML that somebody typed; it never reads the environment."""
    body = "\n".join(f"  {line}" for line in text.strip().splitlines())
    try:
        return read(f"value:\n{body}\n", _("Line"), {}).data["value"]
    except ConfigError as error:
        problem = error.problems[0]
        raise Unfit(_("Line %(line)s: %(message)s", line=max(problem.line - 1, 1),
                      message=f"{problem.message} {problem.hint}".strip())) from None


def told(value: Any, node: Node) -> str:
    """Say what to do about a value that does not fit, "" for one that does."""
    if any(FORBIDDEN.search(text) for text in words_in(value)):
        return _("This contains a character that cannot be stored. Type it again, or paste it as plain text.")
    schema, found = node.schema, mistakes(value, node.schema)
    if isinstance(value, str) and value in schema.get("x-by-hand", ()):
        return _("This would shut you out too. Whoever runs the installation can set it in the file.")
    if not found:
        return ""
    if isinstance(value, str):
        if len(value) > schema.get("maxLength", len(value)):
            return _("Write at most %(limit)s characters.", limit=schema["maxLength"])
        if node.kind == "colour":
            return _("Write a colour like #0f766e.")
        if schema.get("format") == "email":
            return _("Write an e-mail address like maria@example.com.")
        if "pattern" in schema and schema.get("examples"):
            return _("Write it like %(example)s.", example=", ".join(map(str, schema["examples"])))
    if isinstance(value, int | float) and "minimum" in schema and "maximum" in schema:
        return _("Write a number from %(low)s to %(high)s.", low=schema["minimum"], high=schema["maximum"])
    return _("This does not fit: %(why)s", why=" ".join(part for part in found[0][1:] if part))


def in_words(node: Node, value: Any, value_at: Callable[[str], Any]) -> str:
    """Write a value in a few words, for the list of changes, a summary, or what a default is."""
    if node.kind == "secret":
        return _("hidden") if value else _("not set")
    if value is None or value in ("", [], {}):
        return _("not set")
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if node.kind == "font" and isinstance(value, Mapping):
        return str(value.get("family", ""))
    if node.kind in ("choice", "several", "font"):
        words = dict(options(node.schema["items"] if node.kind == "several" else node.schema, value_at))
        return ", ".join(words.get(str(one), str(one)) for one in (value if isinstance(value, list) else [value]))
    if isinstance(value, Mapping):
        return ", ".join(label_of(str(key), one) for key, one in list(value.items())[:6]) + (
            " …" if len(value) > 6 else "")
    if isinstance(value, list):
        plain = [str(one) if not isinstance(one, Mapping | list) else label_of("", one) for one in value]
        return ", ".join(plain[:6]) + (" …" if len(plain) > 6 else "") if all(plain) else _(
            "%(count)s entries", count=len(value))
    text = str(value)
    return text if len(text) <= 120 else text[:119] + "…"


def among(kind: str, value: Any, named: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Give the names to choose from with what is chosen: first where several are, and kept if it is unknown."""
    if not named:
        return ()
    chosen = [line for line in str(value).split("\n") if line]
    words = dict(named)
    first = [(one, words.get(one, one)) for one in chosen if kind == "lines" or one not in words]
    return (*first, *(pair for pair in named if kind != "lines" or pair[0] not in chosen))


def attributes(node: Node) -> tuple[tuple[str, Any], ...]:
    """Give what HTML may know about a field: limits that a browser can keep."""
    schema, found = node.schema, dict[str, Any]()
    if node.kind == "number":
        found |= {"min": schema.get("minimum"), "max": schema.get("maximum"),
                  "step": 1 if schema.get("type") == "integer" else "any", "inputmode": "decimal"}
    elif node.kind in ("text", "secret", "longtext"):
        found["maxlength"] = schema.get("maxLength")
    if schema.get("examples") and node.kind == "text":
        found["placeholder"] = schema["examples"][0]
    if node.kind == "colour":
        found["placeholder"] = _("not set")
    return tuple((key, value) for key, value in found.items() if value is not None)


def cells(outline: Outline, node: Node) -> list[Node] | None:
    """Give the values that make one line of a mapping's or list's table, None where an entry is more than that."""
    entry = outline.entry(node, 0 if node.kind == "listing" else "x")
    if entry.kind in INLINE:
        return [replace(entry, path=("value",))]
    inner = outline.children(entry)
    if entry.kind == "group" and len(inner) <= MOST_CELLS and all(
            one.kind in INLINE and one.kind != "code" for one in inner):
        return [replace(one, path=(one.path[-1],)) for one in inner]
    return None
