"""One accent, whatever it is, gives a light and a dark set in which everything can be read."""

from __future__ import annotations

import random

import coloraide
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.look.colour import contrast, to_hex, to_oklch
from core.look.palette import Palette, compute

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def unreadable(palette: Palette) -> list[tuple[str, str, str, float]]:
    """WCAG AA written out by hand: which text stands on which ground, and how far apart they are."""
    found = []
    for name, scheme in (("light", palette.light), ("dark", palette.dark)):
        grounds = [scheme.surface_0, scheme.surface_1, scheme.surface_2, scheme.surface_3]
        meanings = [("good", scheme.good, scheme.good_soft), ("warn", scheme.warn, scheme.warn_soft),
                    ("bad", scheme.bad, scheme.bad_soft), ("info", scheme.info, scheme.info_soft)]
        pairs = [(f"{what} on surface {at}", colour, ground, 4.5) for at, ground in enumerate(grounds)
                 for what, colour in [("text", scheme.text), ("soft text", scheme.text_soft),
                                      ("link", scheme.accent_strong), *((m[0], m[1]) for m in meanings)]]
        pairs += [(f"{what} on surface {at}", colour, ground, 3.0) for at, ground in enumerate(grounds)
                  for what, colour in [("control edge", scheme.edge), ("focus ring", scheme.focus)]]
        pairs += [(f"{what} on its soft", colour, soft, 4.5) for what, colour, soft in meanings]
        pairs += [("text on soft", scheme.text, soft, 4.5) for _, _, soft in meanings]
        pairs += [("label of a button", scheme.on_accent, scheme.accent, 4.5),
                  ("label of a button pointed at", scheme.on_accent, scheme.accent_hover, 4.5),
                  ("edge of a button", scheme.accent_edge, scheme.surface_1, 3.0),
                  ("chosen filter", scheme.accent_strong, scheme.accent_soft, 4.5),
                  ("own message", scheme.text, scheme.accent_soft, 4.5),
                  ("time in own message", scheme.text_soft, scheme.accent_soft, 4.5),
                  ("top bar", scheme.on_bar, scheme.bar, 4.5), ("tab", scheme.on_bar_soft, scheme.bar, 4.5),
                  ("mark of the tab", scheme.bar_mark, scheme.bar, 3.0),
                  ("text on secondary", scheme.on_secondary, scheme.secondary, 4.5)]
        found += [(f"{name}: {what}", one, other, round(contrast(one, other), 2))
                  for what, one, other, least in pairs if contrast(one, other) < least]
    return found


@settings(max_examples=300, deadline=None)
@given(accent=COLOURS)
def test_any_accent_stays_readable(accent: str) -> None:
    assert unreadable(compute({"accent": accent})) == []


@settings(max_examples=200, deadline=None)
@given(tokens=st.fixed_dictionaries({"accent": COLOURS}, optional={
    "secondary": COLOURS, "background": COLOURS, "text": COLOURS}))
def test_any_combination_of_tokens_stays_readable(tokens: dict[str, str]) -> None:
    assert unreadable(compute(tokens)) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_ten_thousand_accents_stay_readable(part: int) -> None:
    numbers = random.Random(part)
    for _ in range(2_500):
        accent = f"#{numbers.randrange(1 << 24):06x}"
        assert unreadable(compute({"accent": accent})) == [], accent


@pytest.mark.parametrize("accent", ["#000000", "#ffffff", "#808080", "#ffff00", "#0000ff", "#ff0000", "#00ff00"])
def test_the_extremes_stay_readable(accent: str) -> None:
    assert unreadable(compute({"accent": accent, "background": accent, "text": accent, "secondary": accent})) == []


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the grey that just fails
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # the grey that just passes


def test_oklch_agrees_with_coloraide() -> None:
    numbers = random.Random(7)
    for _ in range(200):
        colour = f"#{numbers.randrange(1 << 24):06x}"
        theirs = coloraide.Color(colour).convert("oklch")
        ours = to_oklch(colour)
        assert ours.lightness == pytest.approx(theirs["lightness"], abs=2e-4)
        assert ours.chroma == pytest.approx(theirs["chroma"], abs=2e-4)
        if ours.chroma > 0.02:
            assert abs((ours.hue - theirs["hue"] + 180) % 360 - 180) < 0.5
        assert to_hex(ours) == colour


def test_a_usable_accent_is_kept_as_given() -> None:
    palette = compute({"accent": "#0f766e"})
    assert (palette.light.accent, palette.light.on_accent) == ("#0f766e", "#ffffff")


def test_a_bright_accent_keeps_its_colour_and_gets_dark_letters() -> None:
    light = compute({"accent": "#ffd400"}).light
    assert light.accent == "#ffd400"
    assert contrast(light.on_accent, "#000000") < 2


def test_wrong_tokens_are_taken_as_not_given() -> None:
    assert compute({"accent": "red; } body { display: none", "text": None}) == compute({})
