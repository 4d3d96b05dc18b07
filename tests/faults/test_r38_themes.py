"""A theme that breaks while the portal runs: the default shows, pages stay at 200, the log says where."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.inside import Inside

pytestmark = pytest.mark.engines("sqlite")
BREAKS: dict[str, Callable[[Path], None]] = {
    "syntax error": lambda t: (t / "templates" / "base.html").write_text("{% if %}"),
    "missing include": lambda t: (t / "templates" / "base.html").write_text("{% include 'nowhere.html' %}"),
    "circle": lambda t: (t / "templates" / "base.html").write_text("{% extends 'base.html' %}"),
    "unknown name": lambda t: (t / "templates" / "base.html").write_text("{{ nobody.knows }}"),
    "reaching out": lambda t: (t / "templates" / "base.html").write_text(
        "{{ ''.__class__.__mro__[1].__subclasses__() }}"),
    "not text": lambda t: (t / "templates" / "base.html").write_bytes(b"\xff\xfe\x00"),
    "broken yaml": lambda t: (t / "theme.yaml").write_text("accent: [\n"),
    "no colour": lambda t: (t / "theme.yaml").write_text("accent: blue-ish\n"),
    "circle of themes": lambda t: (t / "theme.yaml").write_text("extends: own\n"),
    "cut css": lambda t: (t / "theme.yaml").write_text("css: own.css\n"),
    "folder removed": shutil.rmtree,
    "folder emptied": lambda t: (shutil.rmtree(t), t.mkdir()),
}


@pytest.fixture
def themed(portal_inside: Callable[..., Inside]) -> Inside:
    inside = portal_inside({"tenants": {"acme": {"theme": {"base": "own"}}}})
    theme = inside.folder / "themes" / "own"
    (theme / "templates").mkdir(parents=True)
    (theme / "theme.yaml").write_text("title: Own\naccent: \"#7c3aed\"\n")
    (theme / "templates" / "page.html").write_text("{% extends 'base.html' %}")
    (theme / "own.css").write_text("h1 {color: red} @media (")
    return inside


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_theme_costs_only_its_look(themed: Inside, name: str, caplog: pytest.LogCaptureFixture) -> None:
    own = themed.client("own")
    assert own.get("/").status == 200
    BREAKS[name](themed.folder / "themes" / "own")
    _a_second_later(themed)
    with caplog.at_level(logging.WARNING):
        for path in ("/sign-in", "/", "/account"):
            visitor = themed.guest() if path == "/sign-in" else own
            answer = visitor.get(path)
            assert answer.status == 200, (name, path, answer.status)
            assert "<main" in answer.text
            assert "__subclasses__" not in answer.text
    told = " ".join(record.getMessage() for record in caplog.records)
    if name != "cut css":
        assert "theme" in told.lower(), told


def test_a_theme_follows_its_files(themed: Inside) -> None:
    before = themed.guest().get("/sign-in").text
    theme = themed.folder / "themes" / "own" / "theme.yaml"
    theme.write_text("title: Own\naccent: \"#b91c1c\"\n")
    os.utime(theme, (time.time() + 5, time.time() + 5))
    _a_second_later(themed)
    assert themed.guest().get("/sign-in").text != before


def _a_second_later(inside: Inside) -> None:
    for looks in inside.portal.looks._known.values():
        for look in looks.values():
            look.checked -= 2
