"""What templates put into a page is escaped as Jinja would, whatever it is."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment, UndefinedError
from markupsafe import Markup, escape

from core.look.compose import Composer, put
from support.needs import cases


class Own(str):
    """Text that knows how it stands in HTML."""

    def __html__(self):
        return "<own>"


@settings(max_examples=cases(300, 20_000))
@given(st.text() | st.text("&<>\"'x") | st.integers() | st.floats() | st.booleans() | st.none()
       | st.builds(Markup, st.text("<&x")) | st.builds(Own, st.text("<&x")) | st.binary()
       | st.lists(st.text("<x")))
def test_what_is_put_is_what_escape_gives(value):
    assert str(put(value)) == str(escape(value))


def test_templates_written_our_way_say_what_jinja_says(tmp_path):
    source = ("{% macro m(x) %}<i>{{ x }}{{ caller() if caller is defined }}</i>{% endmacro %}"
              "{% set block %}<b>{{ x }}</b>{% endset %}{{ block }}{{ x ~ '<' }}{{ x|safe }}{{ m(x) }}{{ m('<') }}"
              "{% call m(n) %}<u>{{ x }}</u>{% endcall %}{% for c in x %}{{ c }}{% endfor %}{{ [x, 1] }}{{ none }}"
              "{% autoescape false %}{{ x }}{% endautoescape %}{{ x|upper|e }}"
              "{{ '<' if n else x }}{{ 1.5 }}{{ true }}")
    (tmp_path / "page.html").write_text(source)
    ours = Composer(tmp_path, {}).page("page.html", {"x": "<a href='&'>", "n": 3})
    plain = Environment(autoescape=True, extensions=["jinja2.ext.do"]).from_string(source)
    assert ours == plain.render(x="<a href='&'>", n=3)
    assert "&lt;a href=&#39;&amp;&#39;&gt;" in ours


def test_compiled_templates_are_found_again_and_never_trusted_half(tmp_path, monkeypatch):
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "page.html").write_text("{{ x }}!")

    def draw(x):
        composer = Composer(tmp_path / "t", {})
        composer.remember(tmp_path / "kept")
        return composer.page("page.html", {"x": x})

    (tmp_path / "kept" / "older").mkdir(parents=True)
    assert draw("<") == "&lt;!"
    [kept] = (tmp_path / "kept").rglob("*.cache")
    assert not (tmp_path / "kept" / "older").exists()
    monkeypatch.setattr(Environment, "_generate", None)
    assert draw(">") == "&gt;!", "it is not compiled again"
    monkeypatch.undo()
    kept.write_bytes(kept.read_bytes()[:40])
    assert draw("a") == "a!"
    (tmp_path / "t" / "page.html").write_text("{{ x }}?")
    assert draw("b") == "b?"
    shutil.rmtree(tmp_path / "kept")
    (tmp_path / "kept").write_text("in the way")
    assert draw("c") == "c?"


def test_what_is_not_there_is_not_passed_over(tmp_path):
    (tmp_path / "page.html").write_text("{{ nobody }}")
    with pytest.raises(UndefinedError):
        Composer(tmp_path, {}).page("page.html", {})
