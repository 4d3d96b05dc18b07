"""`parlour plugin check` as authors run it: a process of its own, in which nothing else has happened."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.needs import ROOT


def checked(*folders: Path, tries: int = 10) -> list[dict[str, Any]]:
    """Check plugins and give what is told of each: id, findings, notes."""
    done = subprocess.run([sys.executable, "-m", "parlour", "plugin", "check", *map(str, folders), "--json",
                           "--tries", str(tries)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)["plugins"]
    return told
