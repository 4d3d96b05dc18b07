"""Colours as numbers: sRGB hex to OKLCH and back, contrast as WCAG 2.2 measures it.

Matrices: Bjoern Ottosson, "A perceptual color space for image processing" (2020); contrast: WCAG 2.2,
"relative luminance" and "contrast ratio". Written out here because a tenant's palette asks for hundreds of
conversions and a general library takes milliseconds for each.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")


@dataclass(frozen=True)
class Oklch:
    """A colour: lightness 0-1, chroma 0-about 0.37, hue in degrees 0-360."""

    lightness: float
    chroma: float
    hue: float


def is_hex(value: object) -> bool:
    """Say whether `value` is a colour as `#rgb` or `#rrggbb`."""
    return isinstance(value, str) and _HEX.match(value) is not None


def parse(value: str) -> tuple[int, int, int]:
    """Read `#rgb` or `#rrggbb` into three bytes. Raises ValueError for anything else."""
    if not is_hex(value):
        raise ValueError(f"not a colour: {value!r}")
    digits = value[1:] if len(value) == 7 else "".join(digit * 2 for digit in value[1:])
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _expand(byte: int) -> float:
    share = byte / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


_LINEAR = tuple(_expand(byte) for byte in range(256))


def _compress(light: float) -> int:
    light = min(max(light, 0.0), 1.0)
    share = light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return round(share * 255)


def luminance(value: str) -> float:
    """Relative luminance of a hex colour, 0 (black) to 1 (white)."""
    red, green, blue = parse(value)
    return 0.2126 * _LINEAR[red] + 0.7152 * _LINEAR[green] + 0.0722 * _LINEAR[blue]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two hex colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def to_oklch(value: str) -> Oklch:
    """Convert a hex colour to OKLCH."""
    red, green, blue = (_LINEAR[byte] for byte in parse(value))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    light = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return Oklch(light, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def _linear_rgb(light: float, a: float, b: float) -> tuple[float, float, float]:
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short)


def _inside(rgb: tuple[float, float, float]) -> bool:
    return all(-0.0005 <= part <= 1.0005 for part in rgb)


def to_hex(colour: Oklch) -> str:
    """Convert OKLCH to hex; what the screen cannot show loses chroma and keeps lightness and hue."""
    light = min(max(colour.lightness, 0.0), 1.0)
    cos, sin = math.cos(math.radians(colour.hue)), math.sin(math.radians(colour.hue))
    rgb = _linear_rgb(light, colour.chroma * cos, colour.chroma * sin)
    if not _inside(rgb):
        low, high = 0.0, colour.chroma
        for _ in range(10):
            middle = (low + high) / 2
            rgb = _linear_rgb(light, middle * cos, middle * sin)
            low, high = (middle, high) if _inside(rgb) else (low, middle)
        rgb = _linear_rgb(light, low * cos, low * sin)
    return "#{:02x}{:02x}{:02x}".format(*(_compress(part) for part in rgb))


def shift(colour: str, *, lightness: float = 0.0, chroma: float = 1.0) -> str:
    """Move a hex colour by `lightness` (added, 0-1) and `chroma` (factor)."""
    given = to_oklch(colour)
    return to_hex(Oklch(given.lightness + lightness, given.chroma * chroma, given.hue))


def fit(colour: str, grounds: tuple[str, ...], ratio: float, *, darker: bool) -> str:
    """Return `colour` moved as little as needed to stand `ratio`:1 or better on every one of `grounds`.

    Hue is kept, lightness moves down (`darker`) or up, chroma gives way where the screen ends. Black or white
    is the last resort; whether that reaches the ratio is the caller's care, by choosing the grounds.
    """
    worst = min(grounds, key=luminance) if darker else max(grounds, key=luminance)
    if (luminance(colour) < luminance(worst)) is darker and contrast(colour, worst) >= ratio:
        return colour
    given = to_oklch(colour)
    low, high = (0.0, given.lightness) if darker else (given.lightness, 1.0)
    best = "#000000" if darker else "#ffffff"
    for _ in range(9):
        middle = (low + high) / 2
        tried = to_hex(Oklch(middle, given.chroma, given.hue))
        good = (luminance(tried) < luminance(worst)) is darker and contrast(tried, worst) >= ratio
        if good:
            best = tried
        if good is darker:
            low = middle
        else:
            high = middle
    return best
