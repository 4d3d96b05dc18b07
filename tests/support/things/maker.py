"""A module in the portal's folder, for the lines of the maker's matrix."""

from __future__ import annotations

import secrets
from typing import Any

SOURCE = """id: {id}
title: Loans
records:
  loan:
    title: Loan
    plural: loans
    prefix: LOA
    headline: what
    fields:
      what: {{label: What, required: on}}
      parts: {{type: rows, label: Parts, fields: {{name: {{label: Name}}}}}}
    states: {{asked: Asked, lent: Lent}}
    transitions:
      lend: {{label: Lend, from: [asked], to: lent}}
"""


def module(things: Any, *_whose: str) -> str:
    """Put one more module into the folder; nobody has loaded it."""
    name = f"loans_{secrets.token_hex(4)}"
    folder = things.inside.folder / "plugins" / name
    folder.mkdir(parents=True)
    (folder / "plugin.yaml").write_text(SOURCE.format(id=name), encoding="utf-8")
    return name


MAKERS = {"module": module}
NOBODYS = {"module": "nothing_here"}
