"""The Python of an ejected module: each file as text, made of what the module says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.lowcode import pages, trial
from core.parts import Manifest

WIDTH = 110
HOOKS: Mapping[str, str] = {
    "kinds": "the kinds of record", "routes": "the pages", "notices": "who is told of what",
    "panels": "the cards of the home page", "jobs": "what is done by itself", "begins": "what begins from others",
    "acts": "what can be done to many", "imports": "what files from elsewhere can make", "demo": "sample data"}
VERBS: Mapping[str, tuple[str, str, str]] = {
    "open": ("values: dict[str, Any], **more: Any", "values, **more",
             "Make one of what its form gave, or of what another record told; give its row."),
    "reply": ("record: Any, body: str, files: Any = ()", "record, body, files",
              "Answer, for everybody who may see it."),
    "note": ("record: Any, body: str, files: Any = ()", "record, body, files", "Write an internal note."),
    "edit": ("record: Any, values: dict[str, Any]", "record, values", "Change fields; give its row.")}
VIEWS: Mapping[str, tuple[str, str]] = {
    "listing": ("", "Show those that one may see."), "new": ("", "Show the form of a new one."),
    "create": ("", "Make one."), "show": ("number: str", "Show one with its conversation."),
    "edit": ("number: str", "Show the form of its fields."), "save": ("number: str", "Change its fields.")}


@dataclass(frozen=True)
class Kind:
    """A kind of record with the names its code gets: `RETURN`, `ReturnPages`."""

    name: str
    said: Mapping[str, Any]

    @property
    def constant(self) -> str:
        """What its description is called."""
        return self.name.upper()

    @property
    def pages(self) -> str:
        """What the class of its views is called."""
        return "".join(part.capitalize() for part in self.name.split("_")) + "Pages"

    @property
    def steps(self) -> Mapping[str, Any]:
        """Its transitions."""
        found: Mapping[str, Any] = self.said.get("transitions", {})
        return found


def plain(value: Any) -> Any:
    """Give a value as what YAML writes: mappings and lists of its own."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


class Code(str):
    """An expression that stands in the code as it is."""

    __slots__ = ()


def python(value: Any, indent: int = 0) -> str:
    """Write a value as Python, over several lines where one would be too long."""
    if isinstance(value, Code):
        return str(value)
    flat = _flat(value)
    if indent + len(flat) <= WIDTH - 12 and "\n" not in flat:
        return flat
    inner = " " * (indent + 4)
    if isinstance(value, Mapping):
        lines = [f"{inner}{_flat(key)}: {python(one, indent + 4)}," for key, one in value.items()]
        return "\n".join(["{", *lines, " " * indent + "}"])
    if isinstance(value, list | tuple):
        return "\n".join(["[", *(f"{inner}{python(one, indent + 4)}," for one in value), " " * indent + "]"])
    pieces = [value[at:at + 80] for at in range(0, len(value), 80)] if isinstance(value, str) else []
    lines = [f"{inner}{_flat(piece)}" for piece in pieces]
    return "\n".join(["(", *lines, " " * indent + ")"]) if lines else flat


def _flat(value: Any) -> str:
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flat(key)}: {_flat(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flat, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _caption(text: str) -> str:
    """Give a text that can stand in a docstring."""
    return re.sub(r"[\"\\\s]+", " ", text).strip()


def init(manifest: Manifest) -> str:
    """Give `__init__.py`: the hooks."""
    found = pages.hooks(manifest)
    hooks = [f'''@hook
def {name}() -> Any:
    """Give {HOOKS.get(name, "its parts")}."""
    return PARTS["{name}"]()
''' for name in found]
    return f'''"""{_caption(manifest.title)}: what the plugin hands over; what each part is stands in models.py."""

from typing import Any

from parlour import hook, modules

from . import models, views

PARTS = modules.parts(list(models.KINDS.values()), views.blueprint)


''' + "\n\n".join(hooks)


def models(manifest: Manifest, kinds: Iterable[Kind]) -> str:
    """Give `models.py`: what each kind is."""
    parts = []
    for kind in kinds:
        said: dict[str, Any] = dict(plain(kind.said))
        if said.get("fields"):
            said["fields"] = Code(f'modules.fields(FORMS / "{kind.name}.yaml")')
        if kind.steps:
            said["transitions"] = {name: {**plain(step), **_fields_of(kind, name)}
                                   for name, step in kind.steps.items()}
        parts.append(f'{kind.constant}: Mapping[str, Any] = {python(said)}\n"""What one is, in the words of '
                     'docs/plugins/yaml-modules.md; its fields stand in forms/."""\n')
    every = "{" + ", ".join(f'"{kind.name}": {kind.constant}' for kind in kinds) + "}"
    return f'''"""What {_caption(manifest.title)} are: fields, states, steps, lists, notices."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parlour import modules

from . import service

HERE = Path(__file__).parent
FORMS = HERE / "forms"

''' + "\n".join(parts) + f'''
KINDS = modules.read(HERE, {every},
                     templates="{manifest.id}", around=service.AROUND)
"""Each kind by its name."""
'''


def _fields_of(kind: Kind, step: str) -> dict[str, Any]:
    file = f"{kind.name}_{step}.yaml"
    return {"fields": Code(f'modules.fields(FORMS / "{file}")')} if kind.steps[step].get("fields") else {}


def service(manifest: Manifest, kinds: Iterable[Kind]) -> str:
    """Give `service.py`: what is done with records."""
    functions: list[str] = []
    around: list[tuple[str, Any]] = []
    for kind in kinds:
        for verb, (given, names, told) in VERBS.items():
            functions.append(_function(f"{verb}_{kind.name}", given, told, f"usual({names})"))
        steps = {name: f"{kind.name}_step_{name}" for name in kind.steps}
        for name, called in steps.items():
            step = kind.steps[name]
            functions.append(_function(
                called, "record: Any, step: Any, values: dict[str, Any], **more: Any",
                f"{_caption(_word(step['label']))}: it stands at {step['to']} then.",
                "usual(record, step, values, **more)"))
        table = python({name: Code(called) for name, called in steps.items()})
        functions.append(f"STEPS_OF_{kind.constant}: Mapping[str, Callable[..., Any]] = {table}\n")
        functions.append(_function(
            f"take_{kind.name}", "record: Any, step: Any, values: dict[str, Any], **more: Any",
            "Take a step; give its row.",
            f"STEPS_OF_{kind.constant}[step.name](usual, record, step, values, **more)"))
        around.append((kind.name, {verb: Code(f"{verb}_{kind.name}") for verb in (*VERBS, "take")}))
    whole = f"AROUND: Mapping[str, Mapping[str, Callable[..., Any]]] = {python(dict(around))}\n"
    return f'''"""What is done with {_caption(manifest.title)}: what comes before or after the usual, or instead.

`usual` does it. Pages, programs and whatever else comes in go through here; in `usual` the door decides whether
somebody may.
"""

from collections.abc import Callable, Mapping
from typing import Any


''' + "\n\n".join(functions) + "\n\n" + whole


def _word(text: Any) -> str:
    return str(next(iter(text.values()))) if isinstance(text, Mapping) else str(text)


def _function(name: str, given: str, told: str, call: str) -> str:
    return f'''def {name}(usual: Callable[..., Any], {given}) -> Any:
    """{told}"""
    return {call}
'''


def views(manifest: Manifest, kinds: Iterable[Kind]) -> str:
    """Give `views.py`: the pages."""
    classes, put = [], []
    for kind in kinds:
        methods = [f'''    def {name}(self{", " + given if given else ""}) -> Response:
        """{told}"""
        return super().{name}({given.split(":")[0]})
''' for name, (given, told) in VIEWS.items()]
        classes.append(f'''class {kind.pages}(modules.Pages):
    """The pages of each {_caption(_word(kind.said["title"]))}: write a view anew to have it otherwise."""

''' + "\n".join(methods))
        put.append(f'{kind.pages}(models.KINDS["{kind.name}"]).put_on(blueprint)')
    return f'''"""The pages of {_caption(manifest.title)}; they are drawn with templates/{manifest.id}/."""

from flask import Blueprint, Response

from parlour import modules

from . import models

blueprint = Blueprint("{manifest.id}", __name__)


''' + "\n\n".join(classes) + "\n\n" + "\n".join(put) + "\n"


def tests(manifest: Manifest, kinds: list[Kind]) -> str:
    """Give the tests."""
    kind = kinds[0]
    asked = trial.sample(kind.said, 0, only_must=True)
    customer = manifest.permissions.get("create", {}).get("user", "none") != "none"
    who = "own" if customer else "agent"
    plural = kind.said["plural"]
    return f'''"""What {_caption(manifest.title)} promise; the fixtures come from `parlour.testing`."""

ASKED = {python(asked)}


def make(portal):
    answer = portal.client("{who}", api=True).send_json("POST", "/api/v1/{plural}", ASKED)
    assert answer.status == 201, answer.text
    return "/{plural}/" + answer.json["number"]


def test_one_is_made_and_only_those_concerned_see_it(portal, as_agent):
    place = make(portal)
    assert portal.client("{who}").get(place).status == 200
    assert place in as_agent.get("/{plural}").text
    assert portal.client("other").get(place).status == 404


def test_every_page_of_one_opens(portal, as_agent):
    place = make(portal)
    for path in ("/{plural}", "/{plural}/new", place, place + "/edit"):
        assert as_agent.get(path).status in (200, 404), path


def test_switched_off_it_was_never_there(portal, as_agent):
    place = make(portal)
    portal.switch(False, "{manifest.id}")
    assert as_agent.get(place).status == 404
    portal.switch(True, "{manifest.id}")
    assert as_agent.get(place).status == 200
'''


def readme(manifest: Manifest, kinds: Iterable[Kind]) -> str:
    """Give `README.md`."""
    names = ", ".join(_word(kind.said["title"]) for kind in kinds)
    return f"""# {manifest.title}

{manifest.summary}

Once a module in YAML ({names}), written out by `parlour plugin eject`. Its pages, its API and what is stored
are the same; there is nothing to migrate: fields stay in the record itself.

| file | to change |
|---|---|
| `forms/` | what is asked |
| `models.py` | states, steps, lists, notices |
| `service.py` | what happens: before, after, or instead of the usual |
| `views.py`, `templates/{manifest.id}/` | pages |
| `plugin.yaml` | permissions, settings, navigation |
| `tests/` | what it promises |

From now on nothing compares the form with what is stored: when a field is renamed or goes, write a migration or
keep the name. A table of its own begins with `parlour.Table` (docs/plugins/contract.md).
"""
