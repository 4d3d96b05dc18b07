"""Portal folders and real servers on them: `python -m parlour serve` in a process group of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from support.needs import PATIENT, ROOT
from support.visitor import Visitor

START_SECONDS = 150.0
STOP_SECONDS = 15.0


def free_port() -> int:
    """Find a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one document over another, key by key; None takes a key away."""
    result = dict(below)
    for key, value in above.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


COMPILED = ROOT / "var" / "compiled"
"""Where all portals of all tests keep their compiled templates: compiling is most of what a first page costs."""

_demos: dict[str, tuple[Path, Any]] = {}
"""By portal.yaml: where the demo's state and database are kept, and what `parlour demo` told."""


class PortalFolder:
    """A folder with its own portal.yaml, themes/, plugins/ and var/, and the port it will be served on."""

    def __init__(self, path: Path, settings: Mapping[str, Any], database: str = "") -> None:
        self.path = path
        self.port = free_port()
        self.yaml = path / "portal.yaml"
        self.portal: Portal | None = None
        self.env: dict[str, str] = {"PARLOUR_DATABASE": database} if database else {}
        for name in ("themes", "plugins", "var"):
            (path / name).mkdir(parents=True, exist_ok=True)
        COMPILED.mkdir(parents=True, exist_ok=True)
        (path / "var" / "run").mkdir(exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            (path / "var" / "run" / "templates").symlink_to(COMPILED)
        start = {"name": "Test Portal", "url": self.origin(), "status": "active"}
        document = merged(start, settings)
        self.yaml.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")

    def origin(self, host: str = "localhost") -> str:
        """Give the address of a host of this portal, such as http://acme.localhost:8123."""
        return f"http://{host}:{self.port}"

    def edit(self, old: str, new: str) -> None:
        """Change portal.yaml as an editor does: written aside, renamed. `old` must stand there once."""
        text = self.yaml.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in portal.yaml"
        self.write(text.replace(old, new))

    def write(self, text: str) -> None:
        """Replace the whole of portal.yaml in one step."""
        aside = self.yaml.with_suffix(".new")
        aside.write_text(text, encoding="utf-8")
        aside.replace(self.yaml)

    def command(
        self, *words: str, env: Mapping[str, str] | None = None, seconds: float = 250
    ) -> subprocess.CompletedProcess[str]:
        """Run `parlour <words> --portal <this folder>` and give its exit code and texts."""
        return subprocess.run(
            [sys.executable, "-m", "parlour", *words, "--portal", str(self.path)],
            env=self.environment(env), cwd=self.path, capture_output=True, text=True, timeout=seconds,
            check=False,
        )

    def demo(self) -> Any:
        """Fill it as `parlour demo` does and give what that tells; on SQLite once per process and configuration.

        What the first one with this portal.yaml left in its state and database is copied for the others.
        """
        address = self.env.get("PARLOUR_DATABASE", "")
        known = _demos.get(self.yaml.read_text(encoding="utf-8"))
        if known is None or not address.startswith("sqlite"):
            told = self.json("demo")
            if address.startswith("sqlite"):
                kept = Path(tempfile.mkdtemp(prefix="demo", dir=self.path.parent.parent))
                self._copy(address, kept, out=True)
                _demos[self.yaml.read_text(encoding="utf-8")] = (kept, told)
            return told
        self._copy(address, known[0], out=False)
        return known[1]

    def _copy(self, address: str, kept: Path, *, out: bool) -> None:
        """Copy state and database to a folder, or from it."""
        database = Path(address.removeprefix("sqlite:///")).parent
        for here, there in ((self.path / "var", kept / "var"), (database, kept / "database")):
            source, target = (here, there) if out else (there, here)
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("run"))

    def json(self, *words: str) -> Any:
        """Run a command with --json, expect exit 0, and give what it printed."""
        done = self.command(*words, "--json")
        assert done.returncode == 0, f"parlour {words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """What processes of this portal get: nothing of the tester's own PARLOUR_ variables."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("PARLOUR_")}
        clean |= {"HOST": "127.0.0.1", "PORT": str(self.port), "PYTHONUNBUFFERED": "1", "PARLOUR_SECONDS": PATIENT}
        return clean | self.env | dict(extra or {})


class Portal:
    """A running server. `url` is its address, `log` everything its processes wrote."""

    def __init__(self, folder: PortalFolder, process: subprocess.Popen[bytes], log_file: Path) -> None:
        self.folder = folder
        self.process = process
        self.port = folder.port
        self.url = folder.origin()
        self._log_file = log_file

    @property
    def log(self) -> str:
        """Everything written so far, standard output and error together."""
        return self._log_file.read_text(encoding="utf-8", errors="replace")

    def visitor(self, host: str = "localhost", token: str = "") -> Visitor:
        """Give a client with its own cookies at one host of the portal."""
        return Visitor(self.folder.origin(host), token)

    def signal(self, number: int) -> None:
        """Send a signal to the server's first process only."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill -9 everything at once, as a power cut would."""
        self._signal_group(signal.SIGKILL)
        self.process.wait(START_SECONDS)

    def stop(self) -> int:
        """End kindly, then firmly; give the exit code of the first process."""
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        self._signal_group(signal.SIGKILL)
        return self.process.wait(START_SECONDS)

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until /readyz says 200; raises AssertionError with the log when it does not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            code = self.process.poll()
            assert code is None, f"the server ended with {code}:\n{self.log[-6000:]}"
            try:
                if self.visitor().send("GET", "/readyz", timeout=5).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"the server was not ready in {seconds} s:\n{self.log[-6000:]}")

    def _signal_group(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


def start(
    folder: PortalFolder, workers: int = 2, env: Mapping[str, str] | None = None, *options: str
) -> Portal:
    """Start a server and return at once; `options` are further words for `parlour serve`."""
    log_file = folder.path / "var" / "server.log"
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "parlour", "serve", "--portal", str(folder.path),
             "--workers", str(workers), *options],
            env=folder.environment(env), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )
    return Portal(folder, process, log_file)


@contextmanager
def serving(
    folder: PortalFolder, workers: int = 2, env: Mapping[str, str] | None = None, *options: str
) -> Iterator[Portal]:
    """Serve a folder while the block runs; every process of it is gone afterwards."""
    portal = start(folder, workers, env, *options)
    try:
        portal.wait_ready()
        yield portal
    finally:
        portal.stop()
