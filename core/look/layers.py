"""What one theme.yaml, or one `theme` group of a configuration, says: read strictly, mistakes passed over."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from core.config import loader
from core.errors import ConfigError, Problem
from core.look.colour import is_hex

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
"""How themes are named; nothing of it can leave a folder."""

FONT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,59}\Z")

TOKENS = ("accent", "secondary", "background", "text")

CHOICES = {"header": ("fixed", "static"), "footer": ("shown", "hidden"), "logo_position": ("start", "center"),
           "corners": ("soft", "square", "round"), "scheme": ("auto", "light", "dark")}
"""Layout options and their values, the default first."""

LAYOUT = {name.removesuffix("_position"): values[0] for name, values in CHOICES.items()}
"""The layout without any wish, by the names that templates know."""

FILES = ("logo", "favicon", "css")

STACKS = {
    "system": "",
    "humanist": 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", source-sans-pro, sans-serif',
    "geometric": 'Avenir, Montserrat, Corbel, "URW Gothic", source-sans-pro, sans-serif',
    "serif": 'Charter, "Bitstream Charter", "Sitka Text", Cambria, "DejaVu Serif", serif',
    "rounded": 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Comfortaa, "Arial Rounded MT", sans-serif',
}
"""Fonts that are on people's machines already: name and value for `font-family`."""

KEYS = (*TOKENS, *FILES, *CHOICES, "font", "base", "extends", "title", "summary", "legal")
"""All keys; `legal` and `base` are read by whoever holds the configuration."""

PRIVATE = ("var", ".git", ".venv")
"""Folders of a portal that no look reads from, whoever may write its settings."""

MAX_THEME_BYTES = 64 * 1024


@dataclass(frozen=True)
class Layer:
    """One layer of a look. Files are paths that were checked to lie inside their folder, or bytes (uploads)."""

    tokens: Mapping[str, str] = field(default_factory=dict)
    layout: Mapping[str, str] = field(default_factory=dict)
    font: str = ""
    font_files: tuple[tuple[int, Path], ...] = ()
    logo: Path | bytes | None = None
    favicon: Path | bytes | None = None
    css: Path | bytes | None = None
    problems: tuple[Problem, ...] = ()

    @classmethod
    def read(cls, data: Mapping[str, Any], folder: Path, file: str, document: loader.Document | None = None,
             ) -> Layer:
        """Take what is right in `data`; name `file` (and the place in `document`) for what is not."""
        return _Reader(folder, file, document).run(data)


@dataclass(frozen=True)
class ThemeSource:
    """A theme's folder, read. `templates` stand in front of the host's."""

    name: str
    layer: Layer
    extends: str | None = None
    title: str = ""
    folder: Path | None = None
    templates: Path | None = None


class _Reader:
    """One reading: collects what is usable and a problem for all else."""

    def __init__(self, folder: Path, file: str, document: loader.Document | None) -> None:
        self.folder, self.file, self.document = folder, file, document
        self.problems: list[Problem] = []

    def problem(self, path: tuple[str, ...], message: str, hint: str = "") -> None:
        line, column = self.document.mark(path, key=True) if self.document else (0, 0)
        self.problems.append(Problem(self.file, line, column, ".".join(path), message, hint))

    def run(self, data: Mapping[str, Any]) -> Layer:
        for key in data:
            if key not in KEYS:
                near = get_close_matches(str(key), KEYS, 1)
                self.problem((str(key),), "A theme has no such key.", f"Did you mean '{near[0]}'?" if near else "")
        tokens = {name: data[name] for name in TOKENS
                  if data.get(name) is not None and self.colour(name, data[name])}
        font, font_files = self.font(data.get("font"))
        files = {name: self.path((name,), data[name]) for name in FILES if data.get(name)}
        layout = {name.removesuffix("_position"): data[name] for name, allowed in CHOICES.items()
                  if data.get(name) is not None and self.choice(name, data[name], allowed)}
        return Layer(tokens, layout, font, font_files, **files,
                     problems=tuple(sorted(self.problems, key=lambda problem: (problem.line, problem.column))))

    def colour(self, name: str, value: Any) -> bool:
        if not is_hex(value):
            self.problem((name,), f"{value!r} is no colour.", "Write it like \"#0f766e\", in quotes.")
        return is_hex(value)

    def choice(self, name: str, value: Any, allowed: tuple[str, ...]) -> bool:
        if value not in allowed:
            self.problem((name,), f"{value!r} is not possible here.", f"Possible: {', '.join(allowed)}.")
        return value in allowed

    def font(self, value: Any) -> tuple[str, tuple[tuple[int, Path], ...]]:
        if value is None:
            return "", ()
        if isinstance(value, str) and value in STACKS:
            return value, ()
        if not (isinstance(value, Mapping) and isinstance(value.get("files"), Mapping)
                and FONT_NAME.match(str(value.get("family", "")))):
            self.problem(("font",), "A font is a name, or a family with its files.",
                         f"Names: {', '.join(STACKS)}. Or {{family: Inter, files: {{400: inter.woff2}}}}.")
            return "", ()
        files = []
        for weight, name in value["files"].items():
            path = self.path(("font", "files", str(weight)), name)
            if path and str(weight).isdigit() and 100 <= int(weight) <= 900:
                files.append((int(weight), path))
        return str(value["family"]), tuple(files)

    def path(self, path: tuple[str, ...], value: Any) -> Path | None:
        found = inside(self.folder, value) if isinstance(value, str) else None
        if found is None:
            self.problem(path, "A file inside this folder belongs here.",
                         "Write its path without '..' or links.")
        elif found.relative_to(self.folder.resolve()).parts[0] in PRIVATE or (
                path[0] == "css" and found.suffix != ".css"):
            self.problem(path, "This file is none of a look's.",
                         "Put it into a folder of its own, such as themes/.")
            return None
        return found


def inside(folder: Path, name: str) -> Path | None:
    """Give the file `name` counts from `folder`, or None where it leaves it: by `..`, absolute or by a link."""
    if not name or "\x00" in name or "\\" in name or Path(name).is_absolute():
        return None
    try:
        root, real = folder.resolve(), (folder / name).resolve()
    except (OSError, RuntimeError):  # RuntimeError: links in a circle
        return None
    return real if real.is_relative_to(root) and real != root else None


def load(name: str, roots: Sequence[Path]) -> ThemeSource:
    """Read the theme `name` from the first of `roots` that has it. Never raises.

    A name out of pattern, a folder that is a link to elsewhere, a missing or broken theme.yaml give an empty
    source (which looks like the default) whose problems say why.
    """
    if not isinstance(name, str) or not NAME.match(name):
        return _empty("default", f"{str(name)[:60]!r} is no name of a theme.",
                      "Use small letters, digits and hyphens.")
    for root in roots:
        folder = inside(root, name)
        if folder is not None and folder.is_dir():
            return _source(name, folder)
    return _empty(name, "There is no such theme.", "Create it, or choose 'default'.")


def _empty(name: str, message: str, hint: str = "") -> ThemeSource:
    # The default may be missing: the palette knows its own.
    problem = Problem(f"{name}/theme.yaml", 0, 0, "", message, hint)
    return ThemeSource(name, Layer(problems=(problem,)))


def _source(name: str, folder: Path) -> ThemeSource:
    file = f"{name}/theme.yaml"
    place = inside(folder, "theme.yaml")
    try:
        if place is None:
            return _empty(name, "theme.yaml leads out of the theme's folder.", "Put the file itself there.")
        raw = place.read_bytes()
        if len(raw) > MAX_THEME_BYTES:
            return _empty(name, "theme.yaml is larger than 64 KB.")
        document = loader.read(raw, file, {})
    except OSError as error:
        return _empty(name, f"theme.yaml cannot be read ({error.strerror}).")
    except ConfigError as error:
        return ThemeSource(name, Layer(problems=error.problems))
    data = document.data
    layer = Layer.read(data, folder, file, document)
    extends = data.get("extends")
    if extends is not None and not (isinstance(extends, str) and NAME.match(extends)):
        line, column = document.mark(("extends",))
        problem = Problem(file, line, column, "extends", "No theme has this name.")
        layer = replace(layer, problems=(*layer.problems, problem))
        extends = None
    templates = inside(folder, "templates")
    return ThemeSource(name, layer, extends, str(data.get("title", name)), folder,
                       templates if templates is not None and templates.is_dir() else None)
