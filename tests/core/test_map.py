"""The map of the house shows every room, and its face holds no name without two users or a reason."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from pathlib import Path

import parlour
from support.house import ROOT, PluginFolder, Source, plugin_folders, sources

HEADINGS = re.compile(r"^\| (\w+) \| (.*)", re.M)
EXCUSED = re.compile(r"^\| `(\w+)` \|", re.M)


def check_map(page: str, top: Path) -> list[str]:
    """The table names every room of every floor once, and no other."""
    told = {floor: Counter(re.findall(r"`(\w+)`", row)) for floor, row in HEADINGS.findall(page)}
    wrong = []
    for wing in sorted(path.parent for path in top.glob("*/__init__.py")):
        rooms = [*wing.glob("*.py"), *(path.parent for path in wing.glob("*/__init__.py"))]
        there = {path.stem for path in rooms} - {"__init__", "migrations"}
        named = told.get(wing.name, Counter())
        wrong += [f"{wing.name}: {name} is not on the page" for name in sorted(there - named.keys())]
        wrong += [f"{wing.name}: {name} is on the page only" for name in sorted(named.keys() - there)]
        wrong += [f"{wing.name}: {name} stands there twice" for name, often in named.items() if often > 1]
    return wrong


def check_width(names: list[str], page: str, plugins: list[PluginFolder], files: list[Source]) -> list[str]:
    """Each name of the face is used by two plugins, or stands on the page with its reason; no other does."""
    users = defaultdict(set)
    for plugin in plugins:
        for file in files:
            if plugin.path in file.path.parents and "tests" not in file.path.relative_to(plugin.path).parts:
                for name in _taken(file.tree):
                    users[name].add(plugin.id)
    few, excused = {name for name in names if len(users[name]) < 2}, set(EXCUSED.findall(page))
    return [*(f"{name} has too few users ({len(users[name])}): decision 7" for name in sorted(few - excused)),
            *(f"{name} needs no reason any more" for name in sorted(excused - few))]


def _taken(tree: ast.AST) -> set[str]:
    """Give the names of the face that some code uses."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "parlour":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "parlour":
            found.add(node.attr)
    return found


def test_the_map_shows_every_room():
    assert not check_map((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"), ROOT / "core")


def test_the_map_is_held_against_the_folders(tmp_path):
    for name in ("web/__init__.py", "web/forms.py", "web/kept.py", "web/pages/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert len(check_map("| web | `forms` and again `forms`, `pages`, `gone` |\n", tmp_path)) == 3


def test_each_name_of_the_face_has_two_users_or_a_reason():
    page = (ROOT / "docs" / "decisions" / "0007-width-of-the-face.md").read_text(encoding="utf-8")
    files = sources("plugins", "examples", "core")
    assert not check_width(parlour.__all__, page, plugin_folders(), files)


def test_the_width_of_the_face_is_held_against_the_plugins(tmp_path):
    for name, code in (("one", "from parlour import both, late"), ("two", "import parlour\nparlour.both()")):
        (tmp_path / "plugins" / name).mkdir(parents=True)
        (tmp_path / "plugins" / name / "plugin.yaml").write_text(f"id: {name}\n")
        (tmp_path / "plugins" / name / "__init__.py").write_text(code)
    found = check_width(["both", "late", "never"], "| `both` |\n| `never` |\n", plugin_folders(tmp_path),
                        sources("plugins", root=tmp_path))
    assert len(found) == 2
