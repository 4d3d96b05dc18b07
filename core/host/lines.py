"""One connection to a client: what has come, what is to go; nothing here waits for the other side."""

from __future__ import annotations

import os
import select
import socket
import tempfile
import time
from collections import deque
from contextlib import suppress
from typing import Any

from gunicorn.http.parser import RequestParser

PIECE = 65536
IN_MEMORY = 65536
"""Bytes of a body that wait in memory. Where more is announced, the application is asked first whether it wants
it; then it waits on disk."""
ON_DISK = 64 * 1024 * 1024
"""Bytes of a body of unknown length that wait on disk; the rest is read as the application asks for it."""
LONGEST_HEAD = 128 * 1024
HEAD_SECONDS = 15.0
"""Seconds a client has for the head of a request, from its first byte to its last."""
REST_SECONDS = 20.0
"""Seconds a client may send nothing of a body, or take nothing of an answer."""
SLOWEST = 500
"""Bytes a second that a body has to come with on average, once `REST_SECONDS` are over."""
MOST_UNSENT = 8 * 1024 * 1024
"""Bytes of a streamed answer that wait in memory for a client that reads slowly."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Later(BaseException):
    """The body is not there yet: the request begins anew when it is. No `except Exception` may hold it."""


class Disk:
    """What has come of a large body, in a file without a name: written at its end, read from its beginning."""

    def __init__(self) -> None:
        self.file: Any = None
        self.rest = b""
        self.close()

    def close(self) -> None:
        """Forget everything."""
        if self.file is not None:
            self.file.close()
        self.file, self.rest, self.size, self.at, self.full = None, b"", 0, 0, False

    def write(self, data: bytes) -> None:
        """Put data at the end. What the disk does not take waits in memory, and `full` says so."""
        try:
            if self.file is None:
                self.file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed with the request
            while data:
                self.file.seek(self.size)
                written = self.file.write(data)
                self.size, data = self.size + written, data[written:]
        except OSError:
            self.rest, self.full = self.rest + data, True

    def read(self, size: int) -> bytes:
        """Give up to `size` bytes that have not been read."""
        if self.at < self.size:
            self.file.seek(self.at)
            data: bytes = self.file.read(min(size, self.size - self.at))
            self.at += len(data)
            return data
        data, self.rest = self.rest[:size], self.rest[size:]
        return data


class Body:
    """What the application reads a body from (PEP 3333); it begins to read only when all of it is there."""

    def __init__(self, inner: Any, line: Line) -> None:
        self.inner, self.line = inner, line

    def wait(self) -> None:
        """Go on when the whole body is there. Raises Later when it is not: nothing has been read yet."""
        self.line.need_body()

    def read(self, size: int | None = None) -> bytes:
        """Give up to `size` bytes, all of them where it is None."""
        self.wait()
        data: bytes = self.inner.read(size)
        return data

    def readline(self, size: int | None = None) -> bytes:
        """Give one line."""
        self.wait()
        data: bytes = self.inner.readline(size)
        return data

    def readlines(self, size: int | None = None) -> list[bytes]:
        """Give all lines."""
        self.wait()
        data: list[bytes] = self.inner.readlines(size)
        return data

    def __iter__(self) -> Any:
        self.wait()
        return iter(self.inner)


class Line:
    """A client's connection; to gunicorn's parser and answers it is their socket.

    `deadline` is the moment until which the client has to go on; `busy` says that a thread is at it, `sending`
    that an answer waits to go out, `leaving` that the connection ends then.
    """

    def __init__(self, connection: socket.socket, address: Any, server: Any, settings: Any, idle: float) -> None:
        connection.setblocking(False)
        self.socket, self.address, self.server = connection, address, server
        self.number = connection.fileno()
        self.busy, self.sending, self.leaving, self.eof = True, False, False, False
        self.deadline = time.monotonic() + idle
        self.parser = RequestParser(settings, self, address)
        self.buffer, self.disk = bytearray(), Disk()
        self.unsent: deque[Any] = deque()
        self.size_unsent = self.thrown = 0
        self.next()

    def next(self) -> None:
        """Be ready for the next request; what has come of it already stays."""
        self.request: Any = None
        self.began = 0.0
        self.arrived, self.given, self.wanted = len(self.buffer), 0, 0
        self.chunked = self.asked = self.expecting = False
        self.last = b""
        self.disk.close()

    def finish(self) -> None:
        """Pass over what nobody has read of the request, which is whole, and be ready for the next."""
        while self.request.body.read(PIECE):
            pass
        self.next()

    # What comes in.

    def receive(self) -> bool:
        """Take what has come; say whether the application can do something about it."""
        while not self.eof and not self.ready():
            try:
                data = self.socket.recv(PIECE)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                data = b""
            self.eof = not data
            self._put(data)
            if len(data) < PIECE:
                break
        return self.ready()

    def _put(self, data: bytes) -> None:
        moment = time.monotonic()
        if self.request is not None:
            self.deadline = min(moment + REST_SECONDS, self.began + REST_SECONDS + self.arrived / SLOWEST)
        elif not self.began:
            self.began, self.deadline = moment, moment + HEAD_SECONDS
        self.arrived += len(data)
        if self.chunked:
            self.last = (self.last + data)[-5:]
        if self.asked and (self.disk.size or len(self.buffer) + len(data) > IN_MEMORY):
            self.disk.write(data)
        else:
            self.buffer += data

    def ready(self) -> bool:
        """Say whether the request can begin, or be refused."""
        if self.request is None:
            return b"\r\n\r\n" in self.buffer or bool(self.eof and self.buffer) or len(self.buffer) > LONGEST_HEAD
        if self.whole() or self.eof or self.disk.full:
            return True
        if self.asked:
            return self.chunked and self.arrived > ON_DISK
        return self.chunked or self.expecting or self.wanted > IN_MEMORY

    def whole(self) -> bool:
        """Say whether all of the request has come."""
        return self.last == b"0\r\n\r\n" if self.chunked else self.arrived >= self.wanted

    def start(self) -> Any:
        """Parse the head. Raises what gunicorn's parser raises; StopIteration where nothing more may follow."""
        end = self.buffer.find(b"\r\n\r\n")
        self.wanted = end + 4 if end >= 0 else len(self.buffer)
        self.last = bytes(self.buffer[self.wanted:][-5:])
        request = next(self.parser)
        for name, value in request.headers:
            if name == "CONTENT-LENGTH" and value.isdecimal():
                self.wanted += int(value)
            elif name == "TRANSFER-ENCODING":
                self.chunked = True
            elif name == "EXPECT":
                self.expecting = True
        self.deadline = time.monotonic() + REST_SECONDS
        self.request = request
        return request

    def need_body(self) -> None:
        """Go on where the body is whole; else raise Later, once. Who asked whether to send it is told yes."""
        if self.asked or self.eof or self.whole():
            return
        self.asked = True
        if self.expecting:
            with suppress(OSError):
                self.socket.send(CONTINUE)
        if not self.receive():
            raise Later

    def recv(self, size: int) -> bytes:
        """Give the parser up to `size` bytes of this request, none of the next one.

        Where the disk is full, or a body of unknown length is longer than what waits there, it waits for the
        client. Raises TimeoutError where nothing comes.
        """
        most = size if self.chunked else min(size, self.wanted - self.given)
        data = bytes(self.buffer[:most])
        if data:
            del self.buffer[:most]
        else:
            data = self.disk.read(most)
        if not data and most > 0 and self.request is not None and not self.eof:
            self._wait(select.POLLIN)
            data = self.socket.recv(most)
            self.eof = not data
            self.arrived += len(data)
        self.given += len(data)
        return data

    def _wait(self, event: int) -> None:
        poll = select.poll()
        poll.register(self.number, event)
        if not poll.poll(REST_SECONDS * 1000):
            raise TimeoutError("The client does not go on.")

    # What goes out.

    def send(self, data: bytes) -> int:
        """Take a word that comes before the answer: it is said when the body is wanted."""
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Take a piece of the answer. Raises TimeoutError where much waits and the client takes nothing."""
        self.unsent.append(data)
        self.size_unsent += len(data)
        while self.size_unsent > MOST_UNSENT and not self.flush():
            self._wait(select.POLLOUT)

    def sendfile(self, file: Any, offset: int, count: int) -> None:
        """Take a piece of a file as part of the answer."""
        self.unsent.append((os.dup(file.fileno()), offset, count))

    def gettimeout(self) -> float:
        """Say that nothing here waits."""
        return 0.0

    def flush(self) -> bool:
        """Send what the client takes at once; say whether all has gone. Raises OSError where it has left."""
        while self.unsent:
            if isinstance(self.unsent[0], tuple):
                if not self._flush_file(*self.unsent[0]):
                    return False
                continue
            data = self.unsent[0] if len(self.unsent) == 1 or len(self.unsent[0]) >= PIECE else self._joined()
            try:
                sent = self.socket.send(data)
            except (BlockingIOError, InterruptedError):
                return False
            self._progress()
            self.size_unsent -= sent
            self.unsent.popleft()
            if sent < len(data):
                self.unsent.appendleft(memoryview(data)[sent:])
                return False
        return True

    def _joined(self) -> Any:
        """Put small pieces together, so that they leave in one go; large ones are not copied again and again."""
        pieces, size = [], 0
        while self.unsent and not isinstance(self.unsent[0], tuple) and size < PIECE:
            size += len(self.unsent[0])
            pieces.append(self.unsent.popleft())
        self.unsent.appendleft(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        return self.unsent[0]

    def _flush_file(self, file: int, offset: int, count: int) -> bool:
        while count > 0:
            try:
                sent = os.sendfile(self.number, file, offset, min(count, 1 << 20))
            except (BlockingIOError, InterruptedError):
                self.unsent[0] = (file, offset, count)
                return False
            if not sent:  # the file is shorter than was said: only the end of the connection can tell
                raise ConnectionAbortedError
            self._progress()
            offset, count = offset + sent, count - sent
        self.unsent.popleft()
        os.close(file)
        return True

    def _progress(self) -> None:
        self.deadline = time.monotonic() + REST_SECONDS

    def close(self) -> None:
        """End the connection and let go of everything."""
        for piece in self.unsent:
            if isinstance(piece, tuple):
                os.close(piece[0])
        self.unsent.clear()
        self.disk.close()
        with suppress(OSError):
            self.socket.close()
