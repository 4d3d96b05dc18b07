"""A small application behind the portal's own reception, to see what becomes of slow and rude clients."""

from __future__ import annotations

import hashlib
import tempfile
import time

from core.host import lines

lines.HEAD_SECONDS = 1.5
BIG = 12_000_000


def app(environ, start):
    """Answer with what came: its length and a print of it; /refuse reads nothing, /hang takes long."""
    path, data = environ["PATH_INFO"], b""
    if path == "/hang":
        time.sleep(4)
    if path == "/refuse":
        start("413 Too Large", [("Content-Length", "0")])
        return [b""]
    if path == "/file":
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the server closes it
        file.write(b"x" * BIG)
        file.seek(0)
        start("200 OK", [("Content-Length", str(BIG))])
        return environ["wsgi.file_wrapper"](file)
    if path == "/stream":
        start("200 OK", [("Content-Length", str(BIG))])
        return (b"y" * 100_000 for _ in range(BIG // 100_000))
    if path == "/breaks":
        start("200 OK", [("Content-Length", "10")])
        return iter(lambda: 1 / 0, None)
    if path == "/lines":
        data = b"".join(environ["wsgi.input"])
    elif path != "/unread":
        data = environ["wsgi.input"].read()
    answer = f"{path} {len(data)} {hashlib.sha256(data).hexdigest()[:8]}\n".encode()
    start("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
