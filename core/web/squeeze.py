"""Style sheets and scripts compressed once and kept, for browsers that take gzip (RFC 9110, 8.4.1.3).

Only files that are the same for everybody: a page that mixes what is secret with what somebody else may choose is
left to a proxy to decide about, since its length would tell about the secret.
"""

from __future__ import annotations

import gzip
from typing import Any

from flask import Response, request

from core.look.kept import Kept

TEXTS = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml", "application/json"})
LEAST = 600
"""Bytes below which compressing saves nothing."""
MOST = 128
"""Compressed files that are kept, those asked for last."""

_kept: Kept[bytes] = Kept(MOST)


def wanted(kind: str, size: int) -> bool:
    """Say whether the browser at hand should get a file of this type and size compressed."""
    return kind in TEXTS and size >= LEAST and request.accept_encodings.quality("gzip") > 0


def squeezed(key: Any, data: bytes) -> bytes:
    """Give `data` compressed; `key` names exactly this content."""
    return _kept.made(key, lambda: gzip.compress(data, 9, mtime=0))


def mark(response: Response, kind: str) -> Response:
    """Tell caches that a text comes in two forms."""
    if kind in TEXTS:
        response.vary.add("Accept-Encoding")
    return response
