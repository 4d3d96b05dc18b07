"""A connection to another machine that ends at a fixed moment, however slowly the other side talks."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

CONNECT = 10.0
"""Seconds one address may take to answer before the next one is tried, and a name to be found."""


@contextmanager
def connected(host: str, port: int, end: float) -> Iterator[tuple[socket.socket, Callable[[], bool]]]:
    """Open a connection that is cut when the time is over, even in the middle of a slow answer.

    Gives the connection and a function that says whether it was cut. A time-out of the socket alone would
    start again with each byte. The cut goes through a duplicate, because encryption replaces the socket.
    `end` is a moment of time.monotonic(). Raises socket.gaierror for a name nobody knows, TimeoutError, or the
    OSError of the last address tried.
    """
    connection = _connect(host, port, end)
    cut = threading.Event()
    handle = connection.dup()

    def stop() -> None:
        cut.set()
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(max(0.0, end - time.monotonic()), stop)
    watch.daemon = True
    watch.start()
    try:
        yield connection, cut.is_set
    finally:
        watch.cancel()
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)
        watch.join()
        handle.close()
        connection.close()


def _connect(host: str, port: int, end: float) -> socket.socket:
    """Try each address of a server until one answers. Raises OSError if none does in time."""
    failure: OSError = TimeoutError(f"{host} did not answer in time")
    for family, kind, protocol, _name, address in _addresses(host, port, end):
        left = end - time.monotonic()
        if left <= 0:
            break
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(min(CONNECT, left))
            connection.connect(address)
            connection.settimeout(max(0.1, end - time.monotonic()))
        except OSError as error:
            connection.close()
            if not isinstance(error, TimeoutError):
                failure = error
        else:
            return connection
    raise failure


def _addresses(host: str, port: int, end: float) -> list[Any]:
    """Look a server's addresses up; a resolver that hangs is left behind when the time is over."""
    found: list[Any] = []

    def look_up() -> None:
        with suppress(OSError, UnicodeError):
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    try:
        ipaddress.ip_address(host)
        look_up()
    except ValueError:
        thread = threading.Thread(target=look_up, daemon=True)
        thread.start()
        thread.join(max(0.0, min(CONNECT, end - time.monotonic())))
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, f"{host} cannot be found")
    return list(found)
