"""A wall around the tests: nothing in this process may speak to another machine."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from support.needs import loopback


class OutsideError(AssertionError):
    """Something tried to reach another machine."""


def _check(address: Any, what: str) -> None:
    host = address[0] if isinstance(address, tuple) else address
    if not loopback(host):
        raise OutsideError(f"{what} {address!r}: tests speak to this machine only")


def raise_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections, datagrams and name look-ups that leave the machine; unix sockets are at home."""
    real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex
    real_sendto, real_look_up = socket.socket.sendto, socket.getaddrinfo

    def connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            _check(address, "connecting to")
        return real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        if self.family != socket.AF_UNIX:
            _check(address, "connecting to")
        return real_connect_ex(self, address)

    def sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        if self.family != socket.AF_UNIX:
            _check(rest[-1], "sending to")
        return real_sendto(self, data, *rest)

    def look_up(host: Any, *rest: Any, **named: Any) -> Any:
        _check(host, "looking up")
        return real_look_up(host, *rest, **named)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)
    monkeypatch.setattr(socket.socket, "sendto", sendto)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
