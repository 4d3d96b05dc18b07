"""What plugins are written against, read from the code: a page per hook, face, rules, events, errors; its list.

`python -m tools.contract` adds what is new to tests/contract/face.txt. It takes nothing away: a name that is
gone or changed breaks plugins, and whoever means it takes its line out by hand and raises FACE in
core/hookspecs.py.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import parlour
from core import errors, hookspecs
from core.hookspecs import FACE, OLDEST
from core.host.checks.rules import RULES
from core.host.discover import discover

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "tests" / "contract" / "face.txt"
EXAMPLES = ROOT / "docs" / "plugins" / "examples"
NOTE = "This page is written by `make docs` from the code; change the code instead."

USUAL = {
    "plugin": "Filled in by the host.", "icon": "A [lucide](https://lucide.dev/icons) icon.",
    "order": "Smaller numbers come first.", "title": "What people read; mark it with `N_`.",
    "permission": "Who: a full name, `<id>.<action>`.", "path": "The address it leads to.",
    "id": "`<plugin>.<word>`; taken once.", "name": "Taken once.", "event": "The event's full name.",
    "call": "What is called, in the scope of the tenant."}
"""What fields mean that mean the same everywhere."""

BUDGET = "It has five seconds; `None` means nothing; what it raises leaves its parts out and is named."


def hooks() -> dict[str, Callable[..., Any]]:
    """Give every hook of the contract by its name."""
    return {name: value for name, value in vars(hookspecs).items() if hasattr(value, "parlour_spec")}


def part_of(hook: str) -> type[Any] | None:
    """Give the part that a hook hands over; None for Flask's blueprints."""
    match = re.search(r"Iterable\[(\w+)\]", str(hooks()[hook].__annotations__.get("return", "")))
    return getattr(parlour, match[1], None) if match else None


def meaning(part: type[Any], name: str) -> str:
    """Give what is said about a field: the sentence of the part's own text that names it, else what is usual."""
    text = " ".join(inspect.getdoc(part).split()) if part.__doc__ else ""
    for sentence in re.split(r"(?<=[.;])\s+", text):
        if re.search(rf"`{name}\b", sentence):
            return sentence.rstrip(";") + ("." if sentence.endswith(";") else "")
    return USUAL.get(name, "")


def fields(part: type[Any]) -> Iterator[tuple[str, str, str, str]]:
    """Give name, type, default and meaning of each field of a part."""
    for one in dataclasses.fields(part):
        default = "needed"
        if one.default is not dataclasses.MISSING:
            default = f"`{one.default!r}`"
        elif one.default_factory is not dataclasses.MISSING:
            default = "none"
        yield one.name, str(one.type).replace("|", "or"), default, meaning(part, one.name)


def hook_page(name: str) -> str:
    """Write the page of one hook."""
    part = part_of(name)
    said = inspect.getdoc(hooks()[name]) or ""
    lines = [f"# {name}", "", said, "", NOTE, "", "```python", "@hook", f"def {name}():", "```", ""]
    if part is None:
        lines += ["It takes no argument, is asked once at start, and gives a Flask `Blueprint` or a list of them, "
                  f"named `<id>` or `<id>_something`. {BUDGET}", ""]
    else:
        lines += [f"It takes no argument, is asked once at start, and gives `{part.__name__}` or several. "
                  f"{BUDGET}", "", f"## {part.__name__}", "", *(inspect.getdoc(part) or "").splitlines(), "",
                  "| field | type | without it | meaning |", "|---|---|---|---|"]
        lines += [f"| `{field}` | `{kind}` | {default} | {told} |" for field, kind, default, told in fields(part)]
        lines += [""]
    example = EXAMPLES / f"{name}.py"
    lines += ["## Example", "", "```python", example.read_text(encoding="utf-8").rstrip(), "```", ""]
    users = [plugin for plugin, text in _sources().items() if re.search(rf"^def {name}\(", text, re.M)]
    if users:
        lines += [f"In use by: {', '.join(users)}.", ""]
    return "\n".join(lines)


def _sources() -> dict[str, str]:
    """Give the code of each bundled plugin and example, by id."""
    found = {}
    for top in ("plugins", "examples"):
        for manifest in sorted((ROOT / top).rglob("plugin.yaml")):
            found[manifest.parent.name] = "\n".join(
                path.read_text(encoding="utf-8") for path in sorted(manifest.parent.rglob("*.py")))
    return found


def hooks_page() -> str:
    """Write the list of hooks."""
    rows = [f"| [{name}]({name}.md) | {(part_of(name) or type('Blueprint', (), {})).__name__} | "
            f"{(inspect.getdoc(call) or '').splitlines()[0]} |" for name, call in hooks().items()]
    return "\n".join(["# Hooks", "", NOTE, "", "| hook | gives | what it is for |", "|---|---|---|", *rows, ""])


def face() -> dict[str, str]:
    """Give every name of the face with its signature: what a plugin may be written against."""
    found = {}
    for name in parlour.__all__:
        value = getattr(parlour, name)
        if isinstance(value, ModuleType):
            found |= {f"{name}.{inner}": signature(held) for inner, held in _public(value)}
        elif dataclasses.is_dataclass(value) and isinstance(value, type):
            found[name] = "(" + ", ".join(_field(one) for one in dataclasses.fields(value)) + ")"
        else:
            found[name] = signature(value)
    return found


def _field(one: dataclasses.Field[Any]) -> str:
    free = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
    return one.name if free else f"{one.name}=…"


def _public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Give the functions and classes that a module of the face is there for: its own, with a docstring."""
    for name, value in sorted(vars(module).items()):
        own = getattr(value, "__module__", "") == module.__name__
        kind = inspect.isfunction(value) or inspect.isclass(value)
        if own and kind and not name.startswith("_") and value.__doc__:
            yield name, value


def signature(value: Any) -> str:
    """Write what a call takes: names and which of them can be left out; no types, no values."""
    if not callable(value):
        return ""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return "()"
    written, only = [], False
    for one in parameters:
        if one.kind is one.KEYWORD_ONLY and not only:
            written.append("*")
        only = only or one.kind in (one.KEYWORD_ONLY, one.VAR_POSITIONAL)
        mark = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
        written.append(f"{mark}{one.name}" + ("" if one.default is one.empty else "=…"))
    return f"({', '.join(written)})"


def listing() -> list[str]:
    """Give the face as the list keeps it, line by line: hooks, names with their signatures."""
    return [*(f"hook {name}" for name in hooks()), *(f"{name}{told}" for name, told in sorted(face().items()))]


def grown(old: str, new: str) -> bool:
    """Say whether a line only takes more than it did: whoever was written against it still fits."""
    before, after = (line.partition("(")[2].rstrip(")").split(", ") for line in (old, new))
    if old.partition("(")[0] != new.partition("(")[0]:
        return False
    rest = [one for one in after if one not in before]
    same = [one for one in after if one in before] == before
    return same and all(one.endswith("=…") or one == "*" for one in rest)


def gone(kept: list[str], now: list[str], users: Mapping[str, str]) -> list[str]:
    """Say of each line that holds no longer what becomes of it, and which plugins say that name."""
    by_name = {line.partition("(")[0]: line for line in now}
    found = []
    for line in kept:
        if line in now:
            continue
        name = line.partition("(")[0]
        if name in by_name and grown(line, by_name[name]):
            continue
        what = f"is now {by_name[name]}" if name in by_name else "is gone"
        word = name.removeprefix("hook ").rpartition(".")[2]
        hit = [plugin for plugin, text in users.items() if re.search(rf"\b{re.escape(word)}\b", text)]
        found.append(f"{line} {what}; it breaks {', '.join(hit) or 'plugins elsewhere'}")
    return found


def face_page() -> str:
    """Write the page of everything a plugin may import."""
    lines = ["# The face", "", NOTE, "", "`from parlour import ...`: these names, and nothing else of the host. "
             f"Version {FACE} of the contract; plugins for {OLDEST} and later run: [versions](versions.md).", "",
             "| name | what it is |", "|---|---|"]
    modules = []
    for name in parlour.__all__:
        value = getattr(parlour, name)
        if isinstance(value, ModuleType):
            modules.append((name, value))
        else:
            lines.append(f"| `{name}{signature(value)}` | {_first(value)} |")
    for name, module in modules:
        lines += ["", f"## {name}", "", _first(module), "", "| call | what it does |", "|---|---|"]
        lines += [f"| `{name}.{inner}{signature(held)}` | {_first(held)} |" for inner, held in _public(module)]
    return "\n".join(lines) + "\n"


def _first(value: Any) -> str:
    text = (inspect.getdoc(value) or "").split("\n\n")[0] if not isinstance(value, str | tuple) else ""
    return " ".join(text.split()).replace("|", "\\|")


def rules_page() -> str:
    """Write the page of the rules that `parlour plugin check` runs."""
    lines = ["# The rules", "", NOTE.replace("the code", "core/host/checks/rules.yaml"), "",
             "`parlour plugin check PATH` puts a portal together in its own process, with your plugin and "
             "everybody in it, and runs these rules. `--tries 500` pays more random visits, `--seed 7` other "
             "ones, `--browser` looks with axe in Chromium, `--json` is for programs. Exit code 0: it passes. "
             "1: something is to be changed.", ""]
    for rule in RULES:
        lines += [f'<a id="{rule.code.lower()}"></a>', "", f"## {rule.code} {rule.name}", "",
                  rule.demand.strip(), "", f"**If it does not hold:** {rule.mend.strip()}", ""]
    return "\n".join(lines)


def events() -> dict[str, str]:
    """Give every event that bundled plugins and the host's own declare, with when it comes."""
    return {name: str((said or {}).get("description", "")) for manifest in discover([]).manifests
            for name, said in manifest.events.items()}


def codes() -> dict[str, tuple[int, str]]:
    """Give every error code with its status and what it means: of errors, and of fields (status 422)."""
    found = {kind.code: (kind.status, _first(kind)) for kind in vars(errors).values()
             if isinstance(kind, type) and issubclass(kind, errors.ParlourError)}
    for top in ("core", "plugins"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
                        "FieldError", "Unfit"):
                    place = 2 if getattr(node.func, "id", getattr(node.func, "attr", "")) == "FieldError" else 0
                    given = node.args[place] if len(node.args) > place else None
                    if isinstance(given, ast.Constant) and isinstance(given.value, str):
                        found.setdefault(given.value, (422, f"A field; {path.relative_to(ROOT).as_posix()}."))
    return dict(sorted(found.items()))


def events_page() -> str:
    """Write the page of events."""
    rows = [f"| `{name}` | {title} |" for name, title in sorted(events().items())]
    more = "A module of YAML adds `<id>.<kind>_opened`, `_replied`, `_noted`, `_changed` and one for each step."
    return "\n".join(["# Events", "", NOTE, "", more, "", "| event | when |", "|---|---|", *rows, ""])


def errors_page() -> str:
    """Write the page of error codes."""
    rows = [f"| `{code}` | {status} | {told} |" for code, (status, told) in codes().items()]
    return "\n".join(["# Error codes", "", NOTE, "", "JSON answers are RFC 9457 problems: `code`, `status`, and "
                      "`errors` with `path`, `message` and `code` of each field.", "",
                      "| code | status | meaning |", "|---|---|---|", *rows, ""])


def pages() -> dict[str, str]:
    """Give every page that is written from the code, by its path below docs."""
    return {"plugins/hooks/README.md": hooks_page(), "plugins/face.md": face_page(),
            "plugins/rules.md": rules_page(), "reference/events.md": events_page(),
            "reference/errors.md": errors_page(),
            **{f"plugins/hooks/{name}.md": hook_page(name) for name in hooks()}}


def main() -> int:
    """Add to the list what is new."""
    kept = LIST.read_text(encoding="utf-8").splitlines() if LIST.is_file() else [f"face {FACE}"]
    fresh = [line for line in listing() if line not in kept]
    names = {line.partition("(")[0]: line for line in kept}
    known = {line: names[line.partition("(")[0]] for line in fresh if line.partition("(")[0] in names}
    changed = [line for line, old in known.items() if not grown(old, line)]
    added = sorted(set(fresh) - set(changed))
    left = [line for line in kept[1:] if line not in {old for new, old in known.items() if new in added}]
    LIST.write_text("\n".join([kept[0], *sorted([*left, *added])]) + "\n", encoding="utf-8")
    print(f"{len(added)} names added to {LIST.relative_to(ROOT)}")
    for line in changed:
        print(f"changed, to be settled by hand: {line}", file=sys.stderr)
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
