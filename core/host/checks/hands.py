"""What importing a plugin changed beside itself: functions of others, settings of the process, the network."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, NoReturn

from core.host.checks.rules import Finding

WATCHED = ("core", "parlour", "flask", "werkzeug", "peewee", "jinja2", "json", "builtins", "socket", "os", "time",
           "datetime", "logging", "threading", "random")


class Away(ConnectionRefusedError):  # noqa: N818 - it says how the network is
    """There is no network while a plugin is checked."""


@dataclass
class Outside:
    """Which other machines were asked for, and for each the files whose code was at it."""

    asked: list[str] = field(default_factory=list)
    files: list[set[str]] = field(default_factory=list)

    def by(self, folder: str) -> list[str]:
        """Give whom the code below a folder asked for."""
        return [name for name, files in zip(self.asked, self.files, strict=True)
                if any(file.startswith(folder + "/") for file in files)]


@contextmanager
def no_network() -> Iterator[Outside]:
    """Refuse connections, datagrams and look-ups that leave the machine, as a machine without network does."""
    told = Outside()
    kept = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}
    look_up = socket.getaddrinfo

    def outside(host: Any) -> None:
        name = (host.decode() if isinstance(host, bytes) else str(host or "")).strip("[]").lower()
        if name not in ("", "localhost", "::1", "::", "0.0.0.0") and not name.startswith("127.") \
                and not name.endswith(".localhost"):  # noqa: S104 - it is compared, nothing is bound
            told.asked.append(name)
            told.files.append({frame.filename for frame in traceback.extract_stack()})
            raise Away(f"There is no network here: {name} was asked for.")

    def guarded(name: str) -> Any:
        def call(self: socket.socket, *given: Any) -> Any:
            address = given[-1]
            if self.family != socket.AF_UNIX:
                outside(address[0] if isinstance(address, tuple) else address)
            return kept[name](self, *given)

        return call

    def looked_up(host: Any, *given: Any, **named: Any) -> Any:
        outside(host)
        return look_up(host, *given, **named)

    for name in kept:
        setattr(socket.socket, name, guarded(name))
    socket.getaddrinfo = looked_up
    try:
        yield told
    finally:
        for name, call in kept.items():
            setattr(socket.socket, name, call)
        socket.getaddrinfo = look_up


@contextmanager
def no_end() -> Iterator[None]:
    """Let `os._exit` raise instead of ending the process of the check; one that was forked ends as it wants."""
    end, mine = os._exit, os.getpid()

    def refuse(status: int) -> NoReturn:
        if os.getpid() != mine:
            end(status)
        raise SystemExit(f"It ends the whole process: os._exit({status}).")

    os._exit = refuse
    try:
        yield
    finally:
        os._exit = end


class Before:
    """How the process was before plugins were imported."""

    def __init__(self) -> None:
        """Remember it."""
        self.names = {(name, key): id(value) for name, key, value in _everything()}
        self.kept = {(name, key): value for name, key, value in _everything()}  # no other takes their identities
        self.process = _process()
        self.threads = {thread.ident for thread in threading.enumerate()}

    def findings(self, plugin: str, folder: str) -> Iterator[Finding]:
        """Name what a plugin has changed since."""
        mine = f"parlour_plugins.{plugin}"
        for name, key, value in _everything():
            if self.names.get((name, key), id(value)) != id(value) and _made_by(value, mine, folder):
                yield Finding("PC18", f"{name}.{key}", "It was replaced by something of the plugin's.")
        for thread in threading.enumerate():
            target = getattr(thread, "_target", None) or thread.run
            if thread.ident not in self.threads and _made_by(target, mine, folder):
                yield Finding("PC18", thread.name, "A thread was started.")

    def restore(self) -> None:
        """Put back what plugins replaced: what follows does not run on theirs."""
        for name, key, value in list(_everything()):
            if self.names.get((name, key), id(value)) != id(value) and _made_by(value, "parlour_plugins.", "\0"):
                home, _dot, inner = name.rpartition(".")
                owner = sys.modules[name] if name in sys.modules else getattr(sys.modules[home], inner)
                setattr(owner, key, self.kept[name, key])

    def process_findings(self) -> Iterator[Finding]:
        """Name settings of the process that are others now; whose doing it was cannot be seen."""
        for what, value in _process().items():
            if value != self.process[what]:
                yield Finding("PC18", what, "A setting of the whole process was changed.")


def _everything() -> Iterator[tuple[str, str, Any]]:
    """Give what watched modules and their classes hold, by name."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] not in WATCHED or not isinstance(module, ModuleType):
            continue
        for key, value in list(vars(module).items()):
            if key.startswith("__"):
                continue
            yield name, key, value
            if isinstance(value, type) and value.__module__ == name:
                yield from ((f"{name}.{key}", inner, held) for inner, held in list(vars(value).items())
                            if callable(held) and not inner.startswith("__"))


def _made_by(value: Any, module: str, folder: str) -> bool:
    code = getattr(getattr(value, "__func__", value), "__code__", None)
    return str(getattr(value, "__module__", "") or "").startswith(module) or (
        code is not None and code.co_filename.startswith(folder + "/"))


def _process() -> dict[str, Any]:
    return {"the working folder": os.getcwd(),  # noqa: PTH109 - it is compared, not used
            "socket.getdefaulttimeout()": socket.getdefaulttimeout(),
            "the environment": {key: value for key, value in os.environ.items() if not key.startswith("PARLOUR_")},
            "sys.path": list(sys.path), "sys.getrecursionlimit()": sys.getrecursionlimit(),
            "signal handlers": [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)]}
