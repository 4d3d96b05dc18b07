"""Themes are folders of data: chained, layered, kept inside their root, passed over when broken (C08, R38)."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from core.look.layers import Layer
from core.look.palette import compute
from core.look.theme import Theme, asset_name, chain, layer_of, load, stylesheet

ROOT = Path(__file__).resolve().parents[2] / "themes"


def png(size: tuple[int, int]) -> bytes:
    with io.BytesIO() as target:
        Image.new("RGB", size, (9, 9, 9)).save(target, "PNG")
        return target.getvalue()


@pytest.fixture
def themes(tmp_path: Path) -> Path:
    root = tmp_path / "themes"
    for name, text in {"default": "title: Default\naccent: '#0f766e'\n",
                       "paper": "extends: default\naccent: '#7c3aed'\nlogo: logo.png\ncorners: square\n",
                       "night": "extends: paper\nheader: static\n"}.items():
        (root / name).mkdir(parents=True)
        (root / name / "theme.yaml").write_text(text)
    (root / "paper" / "logo.png").write_bytes(png((30, 20)))
    (root / "paper" / "templates").mkdir()
    return root


@pytest.mark.parametrize("name", ["default", "harbour"])
def test_the_bundled_themes_have_no_problems(name: str) -> None:
    assert Theme.resolve(chain(name, [ROOT])).problems == ()


def test_the_bundled_themes_look_different() -> None:
    one, other = (Theme.resolve(chain(name, [ROOT])) for name in ("default", "harbour"))
    assert one.palette.light.bar != other.palette.light.bar
    assert one.layout["logo"] != other.layout["logo"]
    assert one.font != other.font


def test_a_chain_adds_up(themes: Path) -> None:
    sources = chain("night", [themes])
    assert [source.name for source in sources] == ["default", "paper", "night"]
    theme = Theme.resolve(sources)
    assert theme.palette == compute({"accent": "#7c3aed"})
    assert theme.layout["corners"] == "square"
    assert theme.layout["header"] == "static"
    assert theme.layout["footer"] == "shown"
    assert theme.logo is not None
    assert theme.logo.name in theme.assets
    assert theme.templates == ((themes / "paper" / "templates").resolve(),)
    assert theme.problems == ()


def test_layers_win_in_order_installation_tenant_company(themes: Path, tmp_path: Path) -> None:
    logo = png((50, 10))
    installation = layer_of({"accent": "#112233", "text": "#101010"}, tmp_path)
    tenant, company = layer_of({"accent": "#445566"}, tmp_path), Layer(tokens={"accent": "#aa0000"}, logo=logo)
    theme = Theme.resolve(chain("paper", [themes]), installation, tenant, company)
    assert theme.palette == compute({"accent": "#aa0000", "text": "#101010"})
    assert theme.logo is not None
    assert (theme.logo.width, theme.logo.height) == (50, 10)


@pytest.mark.parametrize("name", ["../../etc", "/etc", "..", "", "a/b", "Default", "x" * 41, "a\x00b", "con.fig",
                                  "missing", "a\\b"])
def test_c08_names_out_of_pattern_give_the_default(themes: Path, name: str) -> None:
    theme = Theme.resolve(chain(name, [themes]))
    assert theme.palette == compute({"accent": "#0f766e"})
    assert theme.problems


def test_c08_links_out_of_the_theme_are_refused(themes: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png((5, 5)))
    (themes / "paper" / "logo.png").unlink()
    (themes / "paper" / "logo.png").symlink_to(secret)
    theme = Theme.resolve(chain("paper", [themes]))
    assert theme.logo is None
    assert [(problem.path, problem.line) for problem in theme.problems] == [("logo", 3)]


def test_c08_a_theme_that_is_a_link_out_is_refused(themes: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "theme.yaml").write_text("accent: '#ff0000'")
    (themes / "linked").symlink_to(outside)
    assert load("linked", [themes]).layer.tokens == {}
    (themes / "night" / "theme.yaml").unlink()
    (themes / "night" / "theme.yaml").symlink_to(outside / "theme.yaml")
    assert load("night", [themes]).layer.tokens == {}


@pytest.mark.parametrize("path", ["../paper/logo.png", "/etc/passwd", "a/../../default/theme.yaml", ""])
def test_c08_paths_stay_in_the_folder(themes: Path, path: str) -> None:
    (themes / "night" / "theme.yaml").write_text(f"logo: '{path}'\n")
    assert load("night", [themes]).layer.logo is None


@pytest.mark.parametrize("text", ["accent: [", "", "- a\n- b\n", "accent: '#0f766e'\naccent: '#000000'\n",
                                  "\x00", "x: " + "[" * 5000, "accent: &a [*a]", "x" * 70_000])
def test_r38_a_broken_theme_gives_the_default_and_says_so(themes: Path, text: str) -> None:
    (themes / "night" / "theme.yaml").write_text(text)
    theme = Theme.resolve(chain("night", [themes]))
    assert theme.palette == compute({"accent": "#0f766e"})
    assert theme.problems
    assert theme.problems[0].file == "night/theme.yaml"


def test_r38_not_utf_8_gives_the_default(themes: Path) -> None:
    (themes / "night" / "theme.yaml").write_bytes(b"title: '\xff\xfe'")
    assert Theme.resolve(chain("night", [themes])).problems


def test_r38_a_circle_ends(themes: Path) -> None:
    (themes / "paper" / "theme.yaml").write_text("extends: night\naccent: '#7c3aed'\n")
    theme = Theme.resolve(chain("night", [themes]))
    assert any("circle" in problem.message for problem in theme.problems)


def test_r38_one_wrong_value_costs_only_itself(themes: Path) -> None:
    (themes / "night" / "theme.yaml").write_text(
        "accent: red\nsecondry: '#000000'\nbackground: '#fafafa'\nlogo_position: middle\nfont: 7\n")
    source = load("night", [themes])
    assert source.layer.tokens == {"background": "#fafafa"}
    assert [(problem.line, problem.path) for problem in source.layer.problems] == [
        (1, "accent"), (2, "secondry"), (4, "logo_position"), (5, "font")]
    assert source.layer.problems[1].hint == "Did you mean 'secondary'?"


def test_a_broken_logo_leaves_the_one_before(themes: Path) -> None:
    theme = Theme.resolve(chain("paper", [themes]), Layer(logo=b"<svg/>"))
    assert theme.logo is not None
    assert (theme.logo.width, theme.logo.height) == (30, 20)
    assert "PNG" in theme.problems[0].message


def test_the_stylesheet_is_named_after_its_content() -> None:
    one, same, other = (stylesheet(compute({"accent": accent})) for accent in ("#0f766e", "#0F766E", "#7c3aed"))
    assert asset_name(one) == asset_name(same) != asset_name(other)
    assert asset_name(one).startswith("theme.")
    assert asset_name(one).endswith(".css")
    assert len(asset_name(one)) == len("theme.") + 16 + len(".css")


def test_custom_css_is_checked_and_kept_apart(tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text("a { color: green }\n@import 'x';\n")
    theme = Theme.resolve(chain("default", [ROOT]), layer_of({"css": "own.css"}, tmp_path))
    assert theme.custom_css_name is not None
    assert b"green" in theme.assets[theme.custom_css_name].data
    assert b"import" not in theme.assets[theme.custom_css_name].data
    assert [problem.line for problem in theme.problems] == [2]


def test_a_shipped_font_is_served_by_us(tmp_path: Path) -> None:
    (tmp_path / "own.woff2").write_bytes(b"wOF2 and so on")
    font = {"family": "Own Sans", "files": {400: "own.woff2"}}
    theme = Theme.resolve(chain("default", [ROOT]), layer_of({"font": font}, tmp_path))
    css = theme.assets[theme.css_name].data.decode()
    name = next(name for name in theme.assets if name.endswith(".woff2"))
    assert f'url("/theme/{name}")' in css
    assert theme.font.startswith('"Own Sans"')
