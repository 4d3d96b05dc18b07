"""The mapping of an import, read from YAML: which files, which rows become what, and what each field takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.config import loader, mistakes
from core.config.loader import Document
from core.config.shapes import choice, group, listing, many, text
from core.errors import ConfigError, Problem
from core.work.expressions import Compiler, Made

NAME = "^[a-z][a-z0-9_]{0,39}$"


@dataclass(frozen=True)
class Join:
    """Columns of another file beside those of a row: where `key` there gives what `by` gives here."""

    source: str
    key: Made
    by: Made


@dataclass(frozen=True)
class Source:
    """Files of one shape. `file` is a name or a pattern; `joins` are further files seen from each row."""

    name: str
    file: str
    encoding: str = ""
    delimiter: str = ","
    joins: Mapping[str, Join] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A distribution: the sorted values of a source, dealt one by one over what is imported already."""

    name: str
    source: str
    value: Made
    skip: Made | None
    over: str
    prefix: str


@dataclass(frozen=True)
class Shape:
    """What becomes of one row: its name elsewhere, when it is left out and why, and what each field takes."""

    external: Made
    skips: tuple[tuple[Made, str], ...]
    values: Mapping[str, Made]


@dataclass(frozen=True)
class Nested:
    """Rows that belong to another row: of a second file, or of a list inside a JSON row (`inside`)."""

    field: str
    source: str
    inside: str
    key: Made
    by: Made
    shape: Shape


@dataclass(frozen=True)
class Step:
    """One pass over a source: each row becomes one thing of a kind.

    With `match` (a field's name) a row is what is here already with that value, wherever it came from; `existing`
    says what happens to it then: "update", "skip" or "fail".
    """

    kind: str
    source: str
    once: bool
    shape: Shape
    nested: tuple[Nested, ...]
    match: str = ""
    existing: str = "update"


@dataclass(frozen=True)
class Mappings:
    """A mapping that was read without a mistake; `document` knows where everything stands."""

    document: Document
    title: str
    sources: Mapping[str, Source]
    rules: Mapping[str, Rule]
    steps: tuple[Step, ...]


def _schema() -> dict[str, Any]:
    template = text("Value", "A text with {Column} in it.", maxLength=5000)
    anything: dict[str, Any] = {"title": "Value", "description": "A text with {Column} in it, or an operator."}
    skip = group("Skip", "Leave a row out.", when=anything, reason=text("Reason", "Why, for the report."))
    skip["required"] = ["when", "reason"]
    shape = {"id": {**anything, "description": "What the row is called where it comes from."},
             "skip": listing("Skip", "Rows to leave out.", skip),
             "set": many("Set", "Each field with its value.", NAME, anything)}
    nested = group("Nested rows", "Rows that belong to this one.", **shape,
                   **{"from": text("From", "A source."), "list": text("List", "A list inside the row."),
                      "key": template, "by": template})
    nested["required"] = ["id", "set"]
    step = group("Step", "One pass over a source.", **shape,
                 **{"import": text("Import", "What each row becomes."), "from": text("From", "A source."),
                    "once": {"type": "boolean", "title": "Once", "default": False,
                             "description": "Of rows with one id only the first counts."},
                    "match": text("Match", "A field by whose value a row finds what is here already."),
                    "existing": choice("Existing", "What is done to that.", "update", "skip", "fail"),
                    "each": many("Each", "Fields made of further rows.", NAME, nested)})
    step["required"] = ["import", "from", "set"]
    join = group("With", "Columns of another source beside these.", source=text("Source", "Its name."),
                 key=template, by=template)
    join["required"] = ["source", "key", "by"]
    source = group("Source", "Files of one shape.", file=text("File", "A name or a pattern such as *.csv."),
                   encoding=text("Encoding", "Such as windows-1252; UTF-8 without it."),
                   delimiter=choice("Delimiter", "What parts the columns.", ",", ";", "\t", "|"),
                   **{"with": many("With", "Further sources seen from each row.", NAME, join)})
    source["required"] = ["file"]
    over = group("Over", "What is dealt out.", imported=text("Imported", "A kind that was imported."),
                 prefix=text("Prefix", "How the ids begin that take part."))
    over["required"] = ["imported"]
    rule = group("Rule", "The i-th value in order gets number i modulo how many there are.", over=over,
                 value=template, skip=anything, **{"from": text("From", "A source.")})
    rule["required"] = ["from", "value", "over"]
    root = group("Mapping", "How files become what the portal holds.", title=text("Title", "What this imports."),
                 sources=many("Sources", "The files.", NAME, source),
                 assign=many("Assign", "Rules of distribution.", NAME, rule),
                 steps=listing("Steps", "What happens, in order.", step, minItems=1))
    root["required"] = ["sources", "steps"]
    return root


SCHEMA = _schema()


def read(content: bytes, name: str, kinds: tuple[str, ...], find: Callable[[str, str], str],
         assign: Callable[[str, str], str]) -> Mappings:
    """Read a mapping. Raises ConfigError with every mistake, each at its line.

    `kinds` are what can be imported; `find` and `assign` answer look-ups while rows are read.
    """
    document = loader.read(content, name, {})
    problems = mistakes.check(document, SCHEMA)
    if problems:
        raise ConfigError(problems)
    compiler = Compiler(find, assign, kinds, tuple(document.data.get("assign", {})))
    reader = _Reader(document, compiler)
    made = Mappings(document, str(document.data.get("title", name)), reader.sources(), reader.rules(),
                    reader.steps())
    if compiler.problems:
        raise ConfigError([problem(document, *one) for one in compiler.problems])
    return made


def problem(document: Document, path: tuple[str | int, ...], message: str, hint: str = "") -> Problem:
    """Say where in a mapping a mistake is."""
    line, column = document.mark(path)
    return Problem(document.name, line, column, loader.show(path), message, hint)


class _Reader:
    """Turns the document's groups into the classes above; mistakes go to the compiler's list."""

    def __init__(self, document: Document, compiler: Compiler) -> None:
        self.data, self.compiler = document.data, compiler

    def sources(self) -> dict[str, Source]:
        made = {}
        for name, node in self.data["sources"].items():
            joins = {}
            for beside, join in node.get("with", {}).items():
                path = ("sources", name, "with", beside)
                self._source(join["source"], (*path, "source"))
                joins[beside] = Join(join["source"], self.compiler.value(join["key"], (*path, "key")),
                                     self.compiler.value(join["by"], (*path, "by")))
            made[name] = Source(name, node["file"], node.get("encoding", ""), node.get("delimiter", ","), joins)
        return made

    def rules(self) -> dict[str, Rule]:
        made = {}
        for name, node in self.data.get("assign", {}).items():
            path = ("assign", name)
            self._source(node["from"], (*path, "from"))
            skip = self.compiler.condition(node["skip"], (*path, "skip")) if "skip" in node else None
            self._kind(node["over"]["imported"], (*path, "over", "imported"))
            made[name] = Rule(name, node["from"], self.compiler.value(node["value"], (*path, "value")), skip,
                              node["over"]["imported"], str(node["over"].get("prefix", "")))
        return made

    def steps(self) -> tuple[Step, ...]:
        made = []
        for place, node in enumerate(self.data["steps"]):
            path = ("steps", place)
            self._kind(node["import"], (*path, "import"))
            self._source(node["from"], (*path, "from"))
            nested = tuple(self._nested(name, inner, (*path, "each", name))
                           for name, inner in node.get("each", {}).items())
            if "id" not in node and "match" not in node:
                self.compiler.wrong(path, "'id' is missing.", "Say what a row is called where it comes from, or "
                                    "match it by a field.")
            made.append(Step(node["import"], node["from"], bool(node.get("once")), self._shape(node, path),
                             nested, str(node.get("match", "")), str(node.get("existing", "update"))))
        return tuple(made)

    def _nested(self, name: str, node: Mapping[str, Any], path: tuple[str | int, ...]) -> Nested:
        if ("from" in node) == ("list" in node):
            self.compiler.wrong(path, "Nested rows come from a source ('from') or a list in the row ('list').")
        elif "from" in node:
            self._source(node["from"], (*path, "from"))
            for needed in ("key", "by"):
                if needed not in node:
                    self.compiler.wrong(path, f"'{needed}' is missing.",
                                        "by: what the outer row gives; key: what the nested row gives.")
        key, by = (self.compiler.value(node.get(part, ""), (*path, part)) for part in ("key", "by"))
        return Nested(name, node.get("from", ""), node.get("list", ""), key, by, self._shape(node, path))

    def _shape(self, node: Mapping[str, Any], path: tuple[str | int, ...]) -> Shape:
        skips = tuple((self.compiler.condition(one["when"], (*path, "skip", place, "when")), str(one["reason"]))
                      for place, one in enumerate(node.get("skip", [])))
        values = {}
        for name, value in node["set"].items():
            read = self.compiler.group if name == "fields" and isinstance(value, Mapping) else self.compiler.value
            values[name] = read(value, (*path, "set", name))
        return Shape(self.compiler.value(node.get("id", ""), (*path, "id")), skips, values)

    def _source(self, name: str, path: tuple[str | int, ...]) -> None:
        if name not in self.data["sources"]:
            self.compiler.wrong(path, f"No source is called '{name}'.",
                                mistakes.likely(name, self.data["sources"]))

    def _kind(self, name: str, path: tuple[str | int, ...]) -> None:
        if name not in self.compiler.kinds:
            self.compiler.wrong(path, f"'{name}' is nothing that can be imported.",
                                mistakes.likely(name, self.compiler.kinds)
                                or f"There are: {', '.join(self.compiler.kinds)}.")
