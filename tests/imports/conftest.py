"""An import in this process: files written from text, a mapping from YAML, the report as the command gives it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.host.import_command import perform

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "import"
FIELDS = {
    "fields": {"companies": {"address": "Address", "phone": "Phone", "fax": "Fax"},
               "people": {"position": "Position"}},
    "features": {"orders": True, "invoices": True, "tickets": {"enabled": True, "fields": {"tags": "Tags"}}}}


class Desk:
    """One portal and a folder for files: `desk(mapping, {name: content})` imports and gives the report."""

    def __init__(self, inside: Any, folder: Path) -> None:
        self.inside, self.folder = inside, folder

    def __call__(self, mapping: str, files: dict[str, str | bytes] | None = None, *, tenant: str = "acme",
                 dry_run: bool = False) -> dict[str, Any]:
        for name, content in (files or {}).items():
            (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        path = self.folder / "mapping.yaml"
        path.write_text(textwrap.dedent(mapping))
        return perform(self.inside.portal, tenant, path, (), dry_run=dry_run)

    def example(self, name: str, *files: Path, tenant: str = "acme", dry_run: bool = False) -> dict[str, Any]:
        """Import with one of the ready mappings."""
        return perform(self.inside.portal, tenant, EXAMPLES / name, files, dry_run=dry_run)


@pytest.fixture
def importing(portal_inside: Callable[..., Any], tmp_path: Path) -> Desk:
    """Give a portal whose companies, people and tickets have the fields the examples need."""
    folder = tmp_path / "files"
    folder.mkdir()
    return Desk(portal_inside(FIELDS), folder)
