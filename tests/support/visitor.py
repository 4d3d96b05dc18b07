"""A small web client that keeps cookies and sends what a browser sends, but follows nothing by itself."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

File = tuple[str, bytes, str]
"""One file to send: name, content, type."""


@dataclass(frozen=True)
class Answer:
    """What came back: `headers` by lower-case name (the last of several), `all_headers` as sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    all_headers: Sequence[tuple[str, str]]

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def location(self) -> str:
        """Where a redirect leads: path and query."""
        return self.headers.get("location", "")


class Visitor:
    """One person at one host. `origin` is what the address line shows, such as http://acme.localhost:8123.

    The connection always goes to 127.0.0.1 at the port of `origin`. A request that changes something carries
    Origin and Sec-Fetch-Site as a browser's form would; `headers` overrides any, None leaves one out.
    """

    def __init__(self, origin: str, token: str = "") -> None:
        parts = urlsplit(origin)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.host = parts.netloc
        self.cookies: dict[str, str] = {}
        self._port = parts.port or 80
        self._token = token

    def get(self, path: str, headers: Mapping[str, str | None] | None = None) -> Answer:
        """Fetch a page."""
        return self.send("GET", path, headers=headers)

    def fragment(
        self, path: str, target: str = "", headers: Mapping[str, str | None] | None = None
    ) -> Answer:
        """Fetch as htmx does."""
        extra = {"HX-Request": "true", "HX-Current-URL": self.origin + path}
        if target:
            extra["HX-Target"] = target
        return self.send("GET", path, headers={**extra, **(headers or {})})

    def post(
        self,
        path: str,
        form: Mapping[str, Any] | None = None,
        files: Mapping[str, File | Sequence[File]] | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """Send a form; a list is a field given several times; with `files` it goes as multipart."""
        if files:
            kind, body = _multipart(form or {}, files)
        else:
            kind, body = "application/x-www-form-urlencoded", urlencode(form or {}, doseq=True).encode()
        return self.send("POST", path, body, {"Content-Type": kind, **(headers or {})})

    def send_json(
        self, method: str, path: str, value: Any, headers: Mapping[str, str | None] | None = None
    ) -> Answer:
        """Send JSON, as a program does."""
        return self.send(
            method, path, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})}
        )

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
        timeout: float = 60,
    ) -> Answer:
        """Send one request and keep the cookies of the answer."""
        given: dict[str, str | None] = {"Host": self.host, "Accept": "*/*", "Connection": "close"}
        if self.cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self._token:
            given["Authorization"] = f"Bearer {self._token}"
        elif method not in {"GET", "HEAD", "OPTIONS"}:
            given |= {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"}
        given |= headers or {}
        sent = {name: value for name, value in given.items() if value is not None}
        answer = self.deliver(method, path, body, list(sent.items()), timeout)
        self._keep_cookies(answer.all_headers)
        return answer

    def deliver(self, method: str, path: str, body: bytes | None, headers: Sequence[tuple[str, str]],
                timeout: float) -> Answer:
        """Carry one request to the server and its answer back."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        every = response.getheaders()
        return Answer(response.status, {name.lower(): value for name, value in every}, content, every)

    def follow(self, answer: Answer, hops: int = 5) -> Answer:
        """Go where redirects lead, on this host only."""
        while answer.status in {301, 302, 303, 307, 308} and hops:
            parts = urlsplit(answer.location)
            assert parts.netloc in {"", self.host}, f"led away to {answer.location}"
            answer = self.get(parts.path + (f"?{parts.query}" if parts.query else ""))
            hops -= 1
        return answer

    def _keep_cookies(self, headers: Sequence[tuple[str, str]]) -> None:
        for name, value in headers:
            if name.lower() == "set-cookie":
                pair, _, rest = value.partition(";")
                key, _, content = pair.strip().partition("=")
                gone = "max-age=0" in rest.lower().replace(" ", "") or not content.strip('"')
                if gone:
                    self.cookies.pop(key, None)
                else:
                    self.cookies[key] = content


def _multipart(
    form: Mapping[str, Any], files: Mapping[str, File | Sequence[File]]
) -> tuple[str, bytes]:
    edge = uuid.uuid4().hex
    parts: list[bytes] = []
    for name, value in form.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{one}'.encode())
    for name, given in files.items():
        for title, content, kind in [given] if isinstance(given, tuple) else given:
            head = f'Content-Disposition: form-data; name="{name}"; filename="{title}"'
            parts.append(f"{head}\r\nContent-Type: {kind}\r\n\r\n".encode() + content)
    border = f"--{edge}".encode()
    body = b"".join(border + b"\r\n" + part + b"\r\n" for part in parts) + border + b"--\r\n"
    return f"multipart/form-data; boundary={edge}", body
