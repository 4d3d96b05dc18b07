"""What is wrong with a page's HTML: the check that authors of plugins run, too."""

from __future__ import annotations

from core.host.checks.markup import VOID, faults

__all__ = ["VOID", "faults"]
