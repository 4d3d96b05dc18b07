"""`make docs`: write the reference pages from the schemas, and the plugin authors' from the contract."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.config.manifests import plugin_schema
from core.config.schemas import portal_schema, theme_schema
from core.host.discover import discover
from tools import contract

Schema = Mapping[str, Any]

NOTE = "This page is written by `make docs` from the schema that checks the file; change the schema instead."


def rows(schema: Schema, root: Schema, path: str = "", seen: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Give key, value, meaning and default of everything below a schema, depth first.

    A key that people choose stands as `<name>`, each of a list as `[]`. What refers to a schema already open
    above, such as a tenant inside the installation, is named and not repeated.
    """
    reference = schema.get("$ref", "")
    if reference:
        if reference in seen:
            return
        schema = root["$defs"][reference.rsplit("/", 1)[1]]
        seen = (*seen, reference)
    if path:
        yield _key(path, schema), _value(schema), _meaning(schema), _default(schema)
    for name, inner in schema.get("properties", {}).items():
        yield from rows(inner, root, f"{path}.{name}" if path else name, seen)
    chosen = schema.get("additionalProperties")
    if isinstance(chosen, Mapping) and chosen:
        yield from rows(chosen, root, f"{path}.<name>", seen)
    each = schema.get("items")
    if isinstance(each, Mapping) and each.get("type") == "object":
        yield from rows(each, root, f"{path}[]", seen)


def _key(path: str, schema: Schema) -> str:
    return f"`{path}`" + (" (or one value)" if "x-short" in schema else "")


def _value(schema: Schema) -> str:
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    kinds = schema.get("type", "anything")
    words = {"object": "a group", "array": "a list", "string": "text", "integer": "a whole number",
             "number": "a number", "boolean": "`on` or `off`"}
    shown = " or ".join(words.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))
    low, high = schema.get("minimum"), schema.get("maximum")
    return f"{shown}, {low} to {high}" if low is not None and high is not None else shown


def _meaning(schema: Schema) -> str:
    said = " ".join(str(schema.get("description", schema.get("title", ""))).split())
    said += "".join(f" {word}: {label}." for word, label in schema.get("x-labels", {}).items())
    return f"{said} Keep it in the environment: `${{NAME}}`." if schema.get("writeOnly") else said


def _default(schema: Schema) -> str:
    if schema.get("default") in (None, "", []):
        return ""
    value = schema["default"]
    if isinstance(value, bool):
        return "`on`" if value else "`off`"
    shown = value if isinstance(value, str) else json.dumps(value)
    return f"`{shown}`"


def page(schema: Schema) -> str:
    """Write one reference page as Markdown."""
    lines = [f"# {schema['title']}", "", str(schema["description"]), "", NOTE, "",
             "| key | value | meaning | without it |", "|---|---|---|---|"]
    # A tenant's keys are the root's own: they are not told twice.
    for row in rows(schema, schema, seen=("#/$defs/tenant",)):
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines) + "\n"


def main(root: Path) -> int:
    """Write the pages; exit code 1 when a plugin's manifest cannot be read, because its keys would be missing."""
    found = discover([])
    for name, problem in found.failed.items():
        print(f"{name}: {problem}", file=sys.stderr)
    schemas = (portal_schema({one.id: one for one in found.manifests}), plugin_schema(), theme_schema())
    folder = root / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    for schema in schemas:
        target = folder / f"{str(schema['title']).replace('.', '-')}.md"
        target.write_text(page(schema), encoding="utf-8")
        print(f"wrote {target.relative_to(root)}")
    for name, text in contract.pages().items():
        target = root / "docs" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(f"wrote {target.relative_to(root)}")
    return 1 if found.failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[1]))
