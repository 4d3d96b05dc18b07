"""One accent gives a complete light and dark set of colours in which everything stays readable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from core.look.colour import Oklch, contrast, fit, is_hex, luminance, shift, to_hex, to_oklch

TEXT_RATIO = 4.5
"""Text against what it stands on (WCAG 2.2, 1.4.3)."""

EDGE_RATIO = 3.0
"""Large text, edges of controls and focus rings against what they stand on (WCAG 2.2, 1.4.11)."""

DEFAULT_ACCENT = "#0f766e"

MEANINGS = {"good": 152.0, "warn": 70.0, "bad": 27.0, "info": 252.0}
"""The four meanings and their hues in OKLCH degrees."""

MEANING_LIGHTNESS = {"good": 0.52, "warn": 0.54, "bad": 0.54, "info": 0.52}


@dataclass(frozen=True)
class Scheme:
    """One complete set, every value a literal `#rrggbb`; `surface` names 0 the page, 1 cards, 2 hover, 3 wells."""

    surface_0: str
    surface_1: str
    surface_2: str
    surface_3: str
    line: str
    edge: str
    text: str
    text_soft: str
    accent: str
    accent_hover: str
    accent_edge: str
    accent_strong: str
    accent_soft: str
    on_accent: str
    focus: str
    secondary: str
    on_secondary: str
    bar: str
    bar_line: str
    bar_mark: str
    on_bar: str
    on_bar_soft: str
    good: str
    good_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    info: str
    info_soft: str

    @property
    def surfaces(self) -> tuple[str, str, str, str]:
        """All grounds that text may stand on."""
        return self.surface_0, self.surface_1, self.surface_2, self.surface_3

    def items(self) -> Iterator[tuple[str, str]]:
        """Name (as in CSS, with hyphens) and value of every token."""
        for entry in fields(self):
            yield entry.name.replace("_", "-"), getattr(self, entry.name)

    def pairs(self) -> Iterator[tuple[str, str, float]]:
        """Every (foreground, ground, least ratio) that the stylesheet uses."""
        for ground in self.surfaces:
            for name in ("text", "text_soft", "accent_strong", *MEANINGS):
                yield getattr(self, name), ground, TEXT_RATIO
            for name in ("edge", "focus"):
                yield getattr(self, name), ground, EDGE_RATIO
        yield self.accent_edge, self.surface_0, EDGE_RATIO
        yield self.accent_edge, self.surface_1, EDGE_RATIO
        for soft in (self.accent_soft, *(getattr(self, f"{name}_soft") for name in MEANINGS)):
            yield self.text, soft, TEXT_RATIO
            yield self.text_soft, soft, TEXT_RATIO
        yield self.accent_strong, self.accent_soft, TEXT_RATIO
        for name in MEANINGS:
            yield getattr(self, name), getattr(self, f"{name}_soft"), TEXT_RATIO
        yield self.on_accent, self.accent, TEXT_RATIO
        yield self.on_accent, self.accent_hover, TEXT_RATIO
        yield self.on_secondary, self.secondary, TEXT_RATIO
        yield self.on_bar, self.bar, TEXT_RATIO
        yield self.on_bar_soft, self.bar, TEXT_RATIO
        yield self.bar_mark, self.bar, EDGE_RATIO


@dataclass(frozen=True)
class Palette:
    """The light and the dark set made from the same tokens."""

    light: Scheme
    dark: Scheme


def compute(tokens: Mapping[str, str | None]) -> Palette:
    """Make both sets from `accent` and, where given, `secondary`, `background`, `text` (hex colours).

    A token that is missing or no hex colour is taken as not given; nothing is raised, for a palette is needed
    on error pages too. Given colours are kept where they stay readable, else moved in lightness only.
    """
    given = {name: value.lower() for name, value in tokens.items() if value is not None and is_hex(value)}
    accent = given.get("accent", DEFAULT_ACCENT)
    return Palette(light=_scheme(given, accent, dark=False), dark=_scheme(given, accent, dark=True))


def _surfaces(given: Mapping[str, str], accent: str, *, dark: bool) -> tuple[tuple[str, ...], bool]:
    """Make the four grounds, and say whether text on them is light."""
    background = given.get("background")
    base = to_oklch(background or accent)
    night = dark or (background is not None and luminance(background) < 0.18)
    if night:
        start = min(base.lightness, 0.26) if background and not dark else 0.185
        chroma = min(base.chroma, 0.05 if background else 0.012)
        steps = (0.0, 0.035, 0.07, 0.105)
    else:
        start = max(base.lightness, 0.9) if background else 0.982
        chroma = min(base.chroma, 0.06) if background else min(base.chroma * 0.05, 0.004)
        steps = (0.0, 1.0 - start, -0.022, -0.05)
    made = [to_hex(Oklch(start + step, chroma * (0.4 if step > 0 and not night else 1.0), base.hue))
            for step in steps]
    return tuple(made), night


def _accent(accent: str, surfaces: tuple[str, ...], *, night: bool) -> tuple[str, str, str]:
    """Choose the ground of buttons, the text on it, and the ground when pointed at."""
    if night:
        accent = fit(accent, surfaces[:2], EDGE_RATIO, darker=False)
    if contrast("#ffffff", accent) >= 3.4:
        accent = fit(accent, ("#ffffff",), TEXT_RATIO, darker=True)
        return accent, "#ffffff", shift(accent, lightness=-0.05)
    ink = shift(accent, lightness=0.17 - to_oklch(accent).lightness, chroma=0.4)
    return accent, fit(ink, (accent,), TEXT_RATIO, darker=True), shift(accent, lightness=0.04)


def _on(ground: str) -> str:
    """Choose text for a coloured ground: white where it reads, else near-black."""
    return "#ffffff" if contrast("#ffffff", ground) >= TEXT_RATIO else fit("#16181d", (ground,), TEXT_RATIO,
                                                                       darker=True)


def _bar(given: Mapping[str, str], surfaces: tuple[str, ...], text: str, soft: str, strong: str, line: str,
         ) -> dict[str, str]:
    """Colour the top bar: the secondary colour where a tenant has one, else the ground of cards."""
    if "secondary" not in given:
        return {"bar": surfaces[1], "bar_line": line, "bar_mark": strong, "on_bar": text, "on_bar_soft": soft}
    bar = given["secondary"]
    on = _on(bar)
    darker = luminance(on) < luminance(bar)
    quiet = to_hex(Oklch(0.42 if darker else 0.86, 0.02, to_oklch(bar).hue))
    return {"bar": bar, "bar_line": shift(bar, lightness=-0.07 if darker else 0.09), "bar_mark": on, "on_bar": on,
            "on_bar_soft": fit(quiet, (bar,), TEXT_RATIO, darker=darker)}


def _meaning(name: str, *, night: bool) -> str:
    chroma = 0.17 if name == "bad" else 0.13
    return to_hex(Oklch(0.76 if night else MEANING_LIGHTNESS[name], chroma, MEANINGS[name]))


def _scheme(given: Mapping[str, str], accent: str, *, dark: bool) -> Scheme:
    surfaces, night = _surfaces(given, accent, dark=dark)
    tint = to_oklch(given.get("background") or accent)
    direction = not night

    def grey(lightness: float, chroma: float = 0.012) -> str:
        return to_hex(Oklch(lightness, min(tint.chroma, chroma), tint.hue))

    def soft(hue: float, chroma: float) -> str:
        return to_hex(Oklch(0.285, chroma * 1.3, hue) if night else Oklch(0.955, chroma, hue))

    hue, vivid = to_oklch(accent).hue, to_oklch(accent).chroma
    softs = {name: soft(angle, 0.032) for name, angle in MEANINGS.items()}
    accent_soft = soft(hue, min(vivid * 0.25, 0.022))
    grounds = (*surfaces, accent_soft, *softs.values())
    wanted = given.get("text") if not dark else None
    text = fit(wanted or grey(0.94 if night else 0.23), grounds, TEXT_RATIO, darker=direction)
    text_soft = fit(grey(0.74 if night else 0.5), grounds, TEXT_RATIO, darker=direction)
    strong = fit(accent, (*surfaces, accent_soft), TEXT_RATIO, darker=direction)
    line = shift(surfaces[3], lightness=0.035 if night else -0.025)
    ground, on_accent, hover = _accent(accent, surfaces, night=night)
    secondary = given.get("secondary", strong)
    meanings = {name: fit(_meaning(name, night=night), (*surfaces, softs[name]), TEXT_RATIO, darker=direction)
                for name in MEANINGS}
    return Scheme(
        **{f"surface_{number}": value for number, value in enumerate(surfaces)}, line=line, text=text,
        edge=fit(grey(0.58), surfaces, EDGE_RATIO, darker=direction), text_soft=text_soft, accent=ground,
        accent_hover=hover, accent_edge=fit(ground, surfaces[:2], EDGE_RATIO, darker=direction),
        accent_strong=strong, accent_soft=accent_soft, on_accent=on_accent, focus=strong, secondary=secondary,
        on_secondary=_on(secondary), **_bar(given, surfaces, text, text_soft, strong, line),
        **meanings, **{f"{name}_soft": value for name, value in softs.items()})
