"""What is committed: no trace of one machine, no secrets, nothing that can be made again."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from support.needs import ROOT

# Written in pieces, so that this file does not hold what it looks for.
TRACES = {
    "a package registry's address": re.compile(
        r"(?:extra-)?index" r"-url|find" r"-links|://[^\s/\"']*(?:py" r"pi\.|pythonhosted|npm" r"js)", re.I
    ),
    "a path of one machine": re.compile(r"(?<![\w.<>{}\-])/(?:wo" r"rk|ro" r"ot|ho" r"me/[a-z]+)/"),
    "a word about how it was written": re.compile(
        r"\b(?:sub-?ag" r"ents?|language mo" r"del|chat" r"gpt|cla" r"ude|cop" r"ilot|issues sh" r"ow)\b", re.I
    ),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE " r"KEY-----"),
}
MADE_AGAIN = re.compile(
    r"(?:^|/)(?:var|\.venv|node_modules|__pycache__|vendor|dist|build)/|\.(?:mo|pyc|db|sqlite3?|log|lock)$"
)
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b|coming so" r"on", re.I)
LARGEST = 1_000_000


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this is not a git checkout, so nothing is tracked")
    return [ROOT / name for name in done.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def lines() -> list[tuple[str, int, str]]:
    found = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            shown = path.relative_to(ROOT).as_posix()
            text = content.decode("utf-8", "replace")
            found += [(shown, number, line) for number, line in enumerate(text.splitlines(), 1)]
    return found


def test_nothing_that_can_be_made_again_is_tracked():
    names = [path.relative_to(ROOT).as_posix() for path in tracked()]
    assert "Makefile" in names
    assert not [name for name in names if MADE_AGAIN.search(name)]


def test_no_trace_of_a_machine_or_a_secret_is_tracked():
    wrong = [
        f"{shown}:{number}: {what}"
        for shown, number, line in lines()
        for what, pattern in TRACES.items()
        if pattern.search(line)
    ]
    assert not wrong


def test_nothing_is_left_for_later():
    code = (".py", ".html", ".yaml", ".css", ".js", ".md", "")
    wrong = [
        f"{shown}:{number}: {line.strip()[:80]}"
        for shown, number, line in lines()
        if Path(shown).suffix in code and UNFINISHED.search(line)
    ]
    assert not wrong


def test_no_file_is_large():
    assert not [path.name for path in tracked() if path.stat().st_size > LARGEST]


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a package registry's address", "see https://" + "py" + "pi.org/simple"),
        ("a package registry's address", "--extra-index" + "-url"),
        ("a path of one machine", "open('/wo" + "rk/main/x')"),
        ("a path of one machine", "/ho" + "me/jane/x"),
        ("a word about how it was written", "run by a sub" + "agent"),
    ],
)
def test_a_trace_is_recognised(what, line):
    assert TRACES[what].search(line)


@pytest.mark.parametrize("line", ["core/work/jobs.py", "from core.work import jobs", "<name>/work/", "../work/x"])
def test_our_own_folders_are_no_trace(line):
    assert not TRACES["a path of one machine"].search(line)
