"""What a machine must have for the tests, and how they say so when it is missing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

LONG = os.environ.get("PARLOUR_LONG") == "1"
"""True in `make test-long`."""

QUICK = False
"""True in `make quick`: set before the tests are collected."""

PATIENT = "start=120 hook=60 panel=30 request=120 job=120"
"""What plugins may take in tests: on a busy machine no panel is left out. Tests of budgets set their own."""


def cases(quick: int, long: int) -> int:
    """How many generated cases a property test tries: `quick` in `make test`, `long` in `make test-long`.

    `make quick` tries a quarter of them.
    """
    return long if LONG else quick // 4 if QUICK else quick


def missing(what: str, cure: str) -> NoReturn:
    """Fail because the machine lacks `what`; skip instead where ALLOW_SKIP=1 says that is accepted."""
    text = f"{what} is missing. {cure} (ALLOW_SKIP=1 skips these tests instead.)"
    if os.environ.get("ALLOW_SKIP") == "1":
        pytest.skip(text)
    pytest.fail(text, pytrace=False)


def data_set(name: str, env: Mapping[str, str] = os.environ) -> Path:
    """Give the folder of one shared data set, such as "northwind".

    It stands in the folder that PARLOUR_DATA names, or in a `data` folder of a neighbour of the checkout.
    The data is large and not ours, so a machine without it skips these tests.
    """
    if env.get("PARLOUR_DATA"):
        folder = Path(env["PARLOUR_DATA"]) / name
    else:
        found = sorted(ROOT.parent.glob(f"*/data/{name}/SOURCE.md"))
        folder = found[0].parent if found else Path(name)
    if not (folder / "SOURCE.md").is_file():
        pytest.skip(f"the data set {name!r} is not here: set PARLOUR_DATA to the folder that holds it")
    return folder


def slug(text: str) -> str:
    """Make a file name of any text, such as a test's id."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-")[:120]


def loopback(host: Any) -> bool:
    """Say whether a host name or address means this very machine."""
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    name = name.strip("[]").lower()
    return name in {"", "localhost", "::1", "0.0.0.0", "::"} or name.startswith("127.") or name.endswith(
        ".localhost"
    )
