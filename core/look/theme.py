"""A theme is data: a chain of folders and layers of tokens become one stylesheet, a logo and a favicon."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.errors import Invalid, Problem
from core.look import css as custom_css
from core.look.layers import LAYOUT, STACKS, Layer, ThemeSource, load
from core.look.palette import Palette, Scheme, compute
from core.look.pictures import Picture, encode

__all__ = ["Asset", "Layer", "Palette", "Scheme", "Theme", "ThemeSource", "asset_name", "chain", "compute", "load",
           "stylesheet"]

MAX_CHAIN = 6
"""How many themes may stand on one another."""

CORNERS = {"soft": "", "square": "--card:2px;--control:2px;", "round": "--card:16px;--control:20px;"}


@dataclass(frozen=True)
class Asset:
    """A file of a theme, ready to be served for ever at `/theme/<name>`."""

    data: bytes
    type: str


@dataclass(frozen=True)
class Theme:
    """The look of one tenant or company, resolved.

    `css_name`, `custom_css_name`, `logo.name` and `favicon.name` are keys of `assets`. `templates` are folders
    that stand in front of the host's, nearest first. `problems` holds what was wrong and passed over.
    """

    palette: Palette
    layout: Mapping[str, str]
    font: str
    css_name: str
    custom_css_name: str | None
    logo: Picture | None
    favicon: Picture | None
    assets: Mapping[str, Asset]
    templates: tuple[Path, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    @classmethod
    def resolve(cls, sources: Sequence[ThemeSource], *layers: Layer) -> Theme:
        """Put `layers` (installation, tenant, company) over `sources` (from `chain`, default first).

        The last value wins, token by token; custom CSS adds up. What is wrong is passed over and becomes a
        problem; nothing is raised, for error pages need a look too.
        """
        every = [*(source.layer for source in sources), *layers]
        problems = [problem for layer in every for problem in layer.problems]
        tokens: dict[str, str] = {}
        layout = dict(LAYOUT)
        for layer in every:
            tokens |= layer.tokens
            layout |= layer.layout
        palette = compute(tokens)
        assets: dict[str, Asset] = {}
        logo = _picture([layer.logo for layer in every], "logo", assets, problems)
        favicon = _picture([layer.favicon for layer in every], "favicon", assets, problems)
        font, faces = _font(every, assets, problems)
        own = "\n".join(part for layer in every if (part := _own_css(layer, problems)))
        custom = _add(assets, own.encode(), "custom", "css", "text/css") if own else None
        name = _add(assets, (faces + stylesheet(palette, font, layout)).encode(), "theme", "css", "text/css")
        return cls(palette, layout, font, name, custom, logo, favicon, assets,
                   tuple(source.templates for source in reversed(sources) if source.templates), tuple(problems))


def _add(assets: dict[str, Asset], data: bytes, stem: str, suffix: str, content_type: str) -> str:
    name = asset_name(data, stem, suffix)
    assets[name] = Asset(data, content_type)
    return name


def _read(path: Path | bytes, problems: list[Problem]) -> bytes | None:
    if isinstance(path, bytes):
        return path
    try:
        return path.read_bytes()
    except OSError as error:
        problems.append(Problem(str(path), 0, 0, "", f"This file cannot be read ({error.strerror}).",
                                "Put it there or take it out of the theme."))
        return None


def _picture(given: list[Path | bytes | None], kind: str, assets: dict[str, Asset], problems: list[Problem],
             ) -> Picture | None:
    """Draw the nearest usable picture; broken ones are passed over for the one before."""
    for path in reversed([one for one in given if one is not None]):
        data = _read(path, problems)
        if data is None:
            continue
        try:
            drawn = encode(data, kind)
        except Invalid as error:
            problems.append(Problem(kind if isinstance(path, bytes) else str(path), 0, 0, kind, str(error)))
            continue
        assets[drawn.name] = Asset(drawn.data, drawn.type)
        return drawn
    return None


def _own_css(layer: Layer, problems: list[Problem]) -> str:
    data = _read(layer.css, problems) if layer.css is not None else None
    if data is None:
        return ""
    clean, found = custom_css.check(data, str(layer.css) if isinstance(layer.css, Path) else "custom.css")
    problems.extend(found)
    return clean


def _font(layers: Iterable[Layer], assets: dict[str, Asset], problems: list[Problem]) -> tuple[str, str]:
    """Choose the nearest font: the value for `font-family`, and the rules that load what is shipped."""
    chosen = next((layer for layer in reversed(list(layers)) if layer.font), None)
    if chosen is None or chosen.font in STACKS:
        return (STACKS[chosen.font] if chosen else ""), ""
    rules = []
    for weight, path in chosen.font_files:
        data = _read(path, problems)
        if data is None or data[:4] != b"wOF2":
            problems.append(Problem(str(path), 0, 0, "font", "This is no WOFF2 font.", "Convert it to WOFF2."))
            continue
        name = _add(assets, data, "font", "woff2", "font/woff2")
        rules.append(f'@font-face{{font-family:"{chosen.font}";src:url("/theme/{name}") format("woff2");'
                     f"font-weight:{weight};font-display:swap}}\n")
    return (f'"{chosen.font}", var(--sans)' if rules else ""), "".join(rules)


def _declarations(scheme: Scheme) -> str:
    return "".join(f"--{name}:{value};" for name, value in scheme.items())


def stylesheet(palette: Palette, font: str = "", layout: Mapping[str, str] | None = None) -> str:
    """Write the tokens as CSS: light, dark where the person's system asks for it or `data-scheme` says so.

    `font` is a value for `font-family` ("" for the system's own); of `layout` only `corners` shows in CSS.
    """
    layout = layout or {}
    scheme = layout.get("scheme", "auto")
    extra = CORNERS.get(layout.get("corners", "soft"), "") + (f"--font:{font};" if font else "")
    light, dark = _declarations(palette.light), _declarations(palette.dark)
    if scheme != "auto":
        only = dark if scheme == "dark" else light
        return f":root{{color-scheme:{scheme};{only}{extra}}}\n"
    return (f":root{{color-scheme:light dark;{light}{extra}}}\n"
            f"@media (prefers-color-scheme:dark){{:root:not([data-scheme=light]){{{dark}}}}}\n"
            f":root[data-scheme=dark]{{color-scheme:dark;{dark}}}\n"
            ":root[data-scheme=light]{color-scheme:light}\n"
            f"@media print{{:root{{color-scheme:light;{light}}}}}\n")


def asset_name(data: str | bytes, stem: str = "theme", suffix: str = "css") -> str:
    """Name a file after its content: `theme.<16 hex digits of its SHA-256>.css`."""
    raw = data.encode() if isinstance(data, str) else data
    return f"{stem}.{hashlib.sha256(raw).hexdigest()[:16]}.{suffix}"


def chain(name: str, roots: Sequence[Path]) -> tuple[ThemeSource, ...]:
    """Load `name` and what it extends, `default` first. `roots` are the folders that hold themes, own first.

    A theme that is missing, broken, circular or stacked too high ends the chain at `default`, with a problem.
    """
    found: list[ThemeSource] = []
    wanted: str | None = name
    while wanted is not None:
        if wanted in {source.name for source in found} or len(found) >= MAX_CHAIN:
            last = found[-1]
            problem = Problem(f"{last.name}/theme.yaml", 0, 0, "extends",
                              "These themes extend one another in a circle.", "Let one extend 'default'.")
            found[-1] = replace(last, layer=replace(last.layer, problems=(*last.layer.problems, problem)))
            break
        source = load(wanted, roots)
        found.append(source)
        wanted = source.extends
    if found[-1].name != "default":
        found.append(load("default", roots))
    return tuple(reversed(found))


def layer_of(data: Mapping[str, Any] | None, folder: Path, file: str = "portal.yaml") -> Layer:
    """Read the `theme` group of a configuration document; paths in it count from `folder`."""
    return Layer.read(data or {}, folder, file)
