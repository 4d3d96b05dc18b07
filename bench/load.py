"""A load of keep-alive connections, each sending the next request when it has the last answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Result:
    """What one run measured: seconds per answer, bytes of the last body, answers that were no 2xx or 3xx."""

    took: list[float] = field(default_factory=list)
    seconds: float = 0.0
    size: int = 0
    errors: int = 0

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


def ask(connection: socket.socket, request: bytes) -> tuple[int, bytes]:
    """Send one request and give status and body; both servers send Content-Length."""
    connection.sendall(request)
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionResetError
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return int(head[9:12]), body


def run(port: int, make: Callable[[], bytes], *, seconds: float, connections: int = 8) -> Result:
    """Load a page for some seconds over some connections; `make` gives the next request's bytes."""
    result, lock = Result(), threading.Lock()
    until = time.perf_counter() + seconds

    def work() -> None:
        took, errors, size = [], 0, 0
        connection = socket.create_connection(("127.0.0.1", port))
        while (began := time.perf_counter()) < until:
            try:
                status, body = ask(connection, make())
            except OSError:
                errors += 1
                connection = socket.create_connection(("127.0.0.1", port))
                continue
            took.append(time.perf_counter() - began)
            errors += status >= 400
            size = len(body)
        with lock:
            result.took += took
            result.errors += errors
            result.size = size

    began = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.seconds = time.perf_counter() - began
    return result
