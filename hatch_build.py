"""Build the package: copy htmx out of a build requirement, checked by its hash, and pack plugins and themes."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HTMX_SHA256 = "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de"


BUNDLED = ("plugins", "themes")


class PackPortal(BuildHookInterface):  # type: ignore[type-arg]
    """Put `htmx.min.js` (2.0.10) where the portal serves it from; nobody else's code stands in git.

    A wheel carries plugins and themes as data in `core/bundled`; an editable install reads the checkout's own.
    """

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Copy before the wheel (or the editable install) is made.

        Raises RuntimeError when the file is missing or is not the one that was reviewed.
        """
        if self.target_name != "wheel":
            return
        if version != "editable":
            for name in BUNDLED:
                build_data["force_include"][str(Path(self.root) / name)] = f"core/bundled/{name}"
        self._copy_htmx()

    def _copy_htmx(self) -> None:
        spec = importlib.util.find_spec("django_htmx")
        if spec is None or not spec.submodule_search_locations:
            raise RuntimeError("django-htmx, a build requirement, is not there: htmx cannot be copied")
        source = next(Path(spec.submodule_search_locations[0]).rglob("htmx-2.min.js"), None)
        if source is None:
            raise RuntimeError("django-htmx holds no htmx-2.min.js: its layout has changed")
        content = source.read_bytes()
        if hashlib.sha256(content).hexdigest() != HTMX_SHA256:
            raise RuntimeError("htmx-2.min.js is not the reviewed version 2.0.10")
        target = Path(self.root) / "core" / "web" / "static" / "vendor" / "htmx.min.js"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
