"""The reference page of portal.yaml is the schema that checks it, no more and no less."""

from __future__ import annotations

from pathlib import Path

from core.config.loader import read
from core.config.manifests import manifest
from core.config.schemas import portal_schema
from tools.docs import page

ROOT = Path(__file__).parents[2]


def test_the_reference_page_is_written_from_the_schema() -> None:
    folders = [*ROOT.glob("core/builtin/*/plugin.yaml"), *ROOT.glob("plugins/*/plugin.yaml")]
    found = [manifest(read(path.read_bytes(), str(path), {}), path.parent, builtin="builtin" in path.parts)
             for path in folders]
    written = (ROOT / "docs" / "reference" / "portal-yaml.md").read_text(encoding="utf-8")
    assert page(portal_schema({one.id: one for one in found})) == written, "run: make docs"
