"""Somebody's browser or program inside this process: requests go straight into the application."""

from __future__ import annotations

import contextvars
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import EnvironBuilder

File = tuple[str, bytes, str]
"""One file to send: name, content, type."""


@dataclass(frozen=True)
class Answer:
    """What came back; `headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

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
        """Where a redirect leads: path and query, "" for any other answer."""
        return self.headers.get("location", "")

    @property
    def is_page(self) -> bool:
        """Whether it is a whole page of HTML."""
        return "text/html" in self.headers.get("content-type", "") and "<html" in self.text[:600]


class Client:
    """One person at one host: keeps cookies, sends what a browser's form sends, follows nothing by itself.

    `origin` is what the address line shows (http://localhost:8000); `token` makes it a program with an API key.
    """

    def __init__(self, app: Flask, origin: str, *, token: str = "", cookies: Mapping[str, str] | None = None,
                 address: str = "127.0.0.1") -> None:
        """Take whose application it is, and what it is known by there."""
        self.app, self.origin, self.token, self.address = app, origin, token, address
        self.cookies = dict(cookies or {})

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch a page."""
        return self.send("GET", path, headers=headers)

    def fragment(self, path: str, target: str = "") -> Answer:
        """Fetch as htmx does: a piece of the page."""
        return self.get(path, {"HX-Request": "true"} | ({"HX-Target": target} if target else {}))

    def post(self, path: str, form: Mapping[str, Any] | None = None,
             files: Mapping[str, File] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a form; a list is a field given several times; with `files` it goes as multipart."""
        data: dict[str, Any] = dict(form or {})
        for name, (title, content, kind) in (files or {}).items():
            data[name] = (io.BytesIO(content), title, kind)
        return self.send("POST", path, data, headers)

    def send_json(self, method: str, path: str, value: Any) -> Answer:
        """Send JSON, as a program does."""
        return self.send(method, path, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def send(self, method: str, path: str, data: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request and keep the cookies of the answer."""
        given = {"Accept": "*/*", **(headers or {})}
        if self.cookies:
            given["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        elif method not in ("GET", "HEAD", "OPTIONS"):
            given = {"Origin": self.origin, "Sec-Fetch-Site": "same-origin"} | given
        # A context of its own, as a server's thread would have: whoever asks leaves no scope behind.
        return contextvars.copy_context().run(self._run, method, path, data, given)

    def _run(self, method: str, path: str, data: Any, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(path)
        environ = EnvironBuilder(parts.path, self.origin, query_string=parts.query, method=method, data=data,
                                 headers=list(headers.items()), environ_base={"REMOTE_ADDR": self.address})
        try:
            with self.app.test_client(use_cookies=False).open(environ) as answer:
                found = Answer(answer.status_code, {name.lower(): value for name, value in answer.headers},
                               answer.get_data())
                for header in answer.headers.getlist("Set-Cookie"):
                    self._keep(header)
        finally:
            environ.close()
        return found

    def _keep(self, header: str) -> None:
        pair, _, rest = header.partition(";")
        name, _, value = pair.strip().partition("=")
        if "max-age=0" in rest.lower().replace(" ", "") or not value.strip('"'):
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value
