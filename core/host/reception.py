"""The process that answers: clients may be slow, many and rude; only a request that is whole gets a thread."""

from __future__ import annotations

import os
import resource
import select
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any

from gunicorn.http import wsgi
from gunicorn.workers.base import Worker

from core.host.aside import close_connections
from core.host.lines import Body, Later, Line

TICK = 0.1
STALLED = 0.25
"""Seconds without any progress, all threads being busy, after which one more begins."""
MORE = 16
"""Threads that may begin beyond those wanted, while others hang or wait for something slow."""
IDLE = 20.0
"""Seconds after which a thread beyond those wanted ends when nothing comes."""
LEAVE_OPEN = 2.0
"""Seconds a process that ends keeps connections open on which the next request may be on its way."""
LINGER = 2.0
MOST_THROWN = 8 * 1024 * 1024
"""Seconds and bytes that what a client goes on sending is thrown away, so that it can read why it was refused."""
SPARE_FILES = 128
FIRES_ONCE = getattr(select, "EPOLLONESHOT", 0)
READ, WRITE = getattr(select, "EPOLLIN", 0) | FIRES_ONCE, getattr(select, "EPOLLOUT", 0) | FIRES_ONCE
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Reception(Worker):  # type: ignore[misc]
    """A gunicorn process whose threads wait together for whatever comes first, and never for one client.

    A connection belongs to nobody until something arrives on it; then one thread takes what has come, and
    begins the request if that is all of it. What is to go out and does not fit waits the same way.
    """

    def init_process(self) -> None:
        """Prepare, then load the application and run."""
        self.poller = select.epoll()
        self.lines: dict[int, Line] = {}
        self.lock = threading.Lock()
        self.woken = threading.Event()
        self.over = False
        self.threads = self.polling = 0
        self.progress = time.monotonic()
        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.most = max(16, min(int(self.cfg.worker_connections), soft - SPARE_FILES))
        super().init_process()

    @property
    def nr_conns(self) -> int:
        """How many connections are open."""
        return len(self.lines)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to end: what is at hand is finished, nothing new is taken."""
        self.alive = False
        self.woken.set()

    def run(self) -> None:
        """Watch the clock while the threads work, until told to stop; then let them finish."""
        listeners = {listener.fileno(): listener for listener in self.sockets}
        for number, listener in listeners.items():
            listener.setblocking(False)
            self.poller.register(number, READ)
        self.listeners = listeners
        for _ in range(self.cfg.threads):
            self._begin_thread()
        while self.alive and self.ppid == os.getppid():
            self.notify()
            self._look()
            self.woken.wait(TICK)
        self._leave()

    def _leave(self) -> None:
        self.alive = False
        listeners, self.listeners = self.listeners, {}
        for number in listeners:
            with suppress(OSError):
                self.poller.unregister(number)
        moment = time.monotonic()
        with self.lock:
            for line in self.lines.values():
                if not line.busy and line.request is None and not line.arrived:
                    line.deadline = min(line.deadline, moment + LEAVE_OPEN)
        while self.lines and time.monotonic() < moment + self.cfg.graceful_timeout:
            self.notify()
            self._look()
            time.sleep(TICK / 2)
        self.over = True
        for listener in self.sockets:
            listener.close()

    # The clock.

    def _look(self) -> None:
        """End what is overdue, and begin another thread where all of them are at something slow."""
        moment = time.monotonic()
        with self.lock:
            late = [line for line in self.lines.values() if not line.busy and line.deadline < moment]
            for line in late:
                line.busy = True
        for line in late:
            if line.arrived and not line.sending and not line.leaving:
                with suppress(OSError):
                    line.socket.send(TOO_SLOW)
            self._drop(line)
        if not self.polling and moment - self.progress > STALLED and self.threads < self.cfg.threads + MORE:
            self._begin_thread()

    def _make_room(self) -> None:
        """Where too many connections are open, end the one that waits longest of whoever holds most."""
        with self.lock:
            waiting = [line for line in self.lines.values() if not line.busy]
            if len(self.lines) < self.most or not waiting:
                return
            held = Counter(_who(line) for line in waiting)
            greedy = max(held, key=lambda who: held[who])
            line = min((line for line in waiting if _who(line) == greedy), key=lambda line: line.deadline)
            line.busy = True
        self._drop(line)

    # The threads.

    def _begin_thread(self) -> None:
        with self.lock:
            self.threads += 1
            name = f"parlour-{self.threads}"
        self.progress = time.monotonic()
        threading.Thread(target=self._work, daemon=True, name=name).start()

    def _work(self) -> None:
        idle_since = time.monotonic()
        while not self.over:
            with self.lock:
                self.polling += 1
            events = self.poller.poll(1.0, 1)
            self.progress = time.monotonic()
            with self.lock:
                self.polling -= 1
                if not events and self.threads > self.cfg.threads and self.progress - idle_since > IDLE:
                    self.threads -= 1
                    break
            for number, _event in events:
                idle_since = self.progress
                self._take(number)
        close_connections()

    def _take(self, number: int) -> None:
        """Do what an event asks for: accept a connection, or go on with one."""
        listener = self.listeners.get(number)
        if listener is not None:
            self._accept(listener)
            return
        with self.lock:
            line = self.lines.get(number)
            if line is None or line.busy:
                return
            line.busy = True
        self._go_on(line)

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, address = listener.accept()
        except OSError:
            connection = None
        with suppress(OSError):  # it is gone: this process is ending
            self.poller.modify(listener.fileno(), READ)
        if connection is None:
            return
        if len(self.lines) >= self.most:
            self._make_room()
        line = Line(connection, address, listener.getsockname(), self.cfg, float(self.cfg.keepalive))
        with self.lock:
            self.lines[line.number] = line
        self.poller.register(line.number, FIRES_ONCE)
        self._go_on(line)

    def _go_on(self, line: Line) -> None:
        """Take a connection, which is this thread's now, as far as it goes without waiting for the client."""
        try:
            wait_for = self._step(line)
        except OSError:  # the client has left
            wait_for = 0
        except BaseException:  # whatever it is, the thread goes on with the next
            self.log.exception("a connection failed")
            wait_for = 0
        self.progress = time.monotonic()
        if not wait_for:
            self._drop(line)
            return
        line.busy = False
        with suppress(OSError):  # the clock has just ended it
            self.poller.modify(line.number, wait_for)

    def _drop(self, line: Line) -> None:
        with self.lock:
            self.lines.pop(line.number, None)
        line.close()

    def _step(self, line: Line) -> int:
        """Go on with a connection and give the event it waits for next, 0 where it ends."""
        if line.sending:
            return self._send(line)
        if line.leaving:
            return _throw_away(line)
        if not line.receive():
            return 0 if line.eof else READ
        try:
            if line.request is None:
                line.start()
            if line.ready():
                self._answer(line)
                return self._send(line)
        except Later:
            return READ
        except (OSError, StopIteration):
            return 0
        except Exception as error:  # noqa: BLE001 - it is answered and logged there
            line.leaving = True
            self.handle_error(line.request, line, line.address, error)
            return self._send(line)
        return READ

    def _answer(self, line: Line) -> None:
        """Run the application; its answer goes into the line. Raises Later where it needs more of the body."""
        resp, environ = wsgi.create(line.request, line, line.address, line.server, self.cfg)
        body = Body(environ["wsgi.input"], line)
        environ |= {"wsgi.multithread": True, "wsgi.input": body, "parlour.body": body.wait}
        parts = self.wsgi(environ, resp.start_response)
        if line.chunked or not line.whole() or not self.alive:
            resp.force_close()
        try:
            if isinstance(parts, environ["wsgi.file_wrapper"]):
                resp.write_file(parts)
            else:
                for part in parts:
                    resp.write(part)
                    if len(part) < resp.sent:
                        line.flush()
            resp.close()
        except Exception as error:
            if isinstance(error, OSError) or not resp.headers_sent:
                raise
            self.log.exception("an answer broke off")
            raise ConnectionAbortedError from error
        finally:
            if hasattr(parts, "close"):
                parts.close()
        line.leaving = resp.should_close()

    def _send(self, line: Line) -> int:
        """Send what waits; then go over to the next request, or leave."""
        line.sending = True
        if not line.flush():
            return WRITE
        line.sending = False
        if line.leaving:
            if line.request is not None and line.whole():
                return 0
            with suppress(OSError):
                line.socket.shutdown(socket.SHUT_WR)
            line.deadline = time.monotonic() + LINGER
            return _throw_away(line)
        line.finish()
        line.deadline = time.monotonic() + (self.cfg.keepalive if self.alive else LEAVE_OPEN)
        # Bytes that are here already wake nobody: being able to write does, after those who have waited.
        return READ | WRITE if line.arrived else READ


def _who(line: Line) -> str:
    return str(line.address[0]) if isinstance(line.address, tuple) else str(line.address)


def _throw_away(line: Line) -> int:
    """Read what a client that was refused still sends, so that it gets to read the answer (RFC 9112, 9.6)."""
    with suppress(BlockingIOError):
        for _ in range(16):
            data = line.socket.recv(65536)
            line.thrown += len(data)
            if not data or line.thrown > MOST_THROWN:
                return 0
    return READ
