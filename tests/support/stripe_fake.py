"""A stand-in for Stripe on this machine: sessions by idempotency key, signed events, faults, a page for cards."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

from stripe import WebhookSignature

SECRET = "whsec_test_of_ours"
KEY = "sk_test_of_ours"
CARD = "4242424242424242"
"""The test card that always pays (docs.stripe.com/testing); every other is declined."""

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Checkout</title><form method="post"><p>{words}</p><label>Card number <input name="number" required></label>
<button>Pay</button></form></html>"""


class Stripe:
    """What the stand-in knows. `fault` is "", "down" (answers 500) or "lost" (does it, and breaks off).

    `hook` is where it reports what was paid on its own page, as the webhook endpoint set up with Stripe.
    """

    def __init__(self, url: str) -> None:
        self.url, self.fault, self.hook = url, "", ""
        self.sessions: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, Mapping[str, str], dict[str, str]]] = []
        self._by_key: dict[str, str] = {}
        self._lock = threading.Lock()
        self._events = 0

    def create(self, given: dict[str, str], key: str) -> dict[str, Any]:
        """Make a session, or give the one that this idempotency key made."""
        with self._lock:
            if key not in self._by_key:
                name = f"cs_test_{len(self.sessions) + 1}"
                self._by_key[key] = name
                self.sessions[name] = {
                    "id": name, "object": "checkout.session", "url": f"{self.url}/pay/{name}", "status": "open",
                    "payment_status": "unpaid", "currency": given["line_items[0][price_data][currency]"],
                    "amount_total": int(given["line_items[0][price_data][unit_amount]"]),
                    "client_reference_id": given["client_reference_id"], "success_url": given["success_url"],
                    "metadata": {"key": given["metadata[key]"], "tenant": given["metadata[tenant]"]}}
            return self.sessions[self._by_key[key]]

    def pay(self, name: str = "cs_test_1") -> dict[str, Any]:
        """Let the payer pay; give the event's object."""
        self.sessions[name] |= {"status": "complete", "payment_status": "paid"}
        return self.sessions[name]

    def card(self, name: str, number: str) -> str:
        """Take a card; where it pays, report that and give where the payer goes back to, else ""."""
        if number.replace(" ", "") != CARD:
            return ""
        body = self.event("checkout.session.completed", self.pay(name))
        headers = {key: value for key, value in signed(body).items() if value is not None}
        with urlopen(Request(self.hook, body, headers), timeout=60) as answer:
            assert answer.status == 200
        return str(self.sessions[name]["success_url"])

    def event(self, kind: str, thing: Mapping[str, Any], **more: Any) -> bytes:
        """Write an event, each with a name of its own unless `id` says one."""
        self._events += 1
        return json.dumps({"id": f"evt_{self._events}", "object": "event", "type": kind, "livemode": False,
                           "data": {"object": dict(thing)}, **more}).encode()

    def charge(self, kind: str, name: str = "cs_test_1", **more: Any) -> bytes:
        """Write an event about the charge behind a session."""
        one = self.sessions[name]
        return self.event(kind, {"id": "ch_1", "object": "charge", "metadata": one["metadata"],
                                 "currency": one["currency"], "amount": one["amount_total"], **more})


def signed(body: bytes, *, secret: str = SECRET, age: int = 0) -> dict[str, str]:
    """Give the headers with which Stripe would send a body."""
    made = WebhookSignature.generate_signature_header(body.decode(), secret, int(time.time()) - age)
    return {"Stripe-Signature": made, "Content-Type": "application/json", "Origin": None,  # type: ignore[dict-item]
            "Sec-Fetch-Site": None}  # type: ignore[dict-item]


@contextmanager
def serving() -> Iterator[Stripe]:
    """Serve a stand-in until the block ends."""
    class Handler(BaseHTTPRequestHandler):
        def _answer(self, value: Any, status: int = 200) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _serve(self, given: dict[str, str]) -> None:
            fake.asked.append((f"{self.command} {self.path}", dict(self.headers), given))
            if fake.fault == "down":
                self._answer({"error": {"message": "down", "type": "api_error"}}, 500)
                return
            name = self.path.rpartition("/")[2]
            made = fake.create(given, self.headers["Idempotency-Key"]) if self.command == "POST" \
                else fake.sessions[name]
            if fake.fault == "lost":
                self.close_connection = True
                return
            self._answer(made)

        def _page(self, words: str) -> None:
            data = _PAGE.format(words=words).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            given = {key: value[0] for key, value in parse_qs(self.rfile.read(size).decode()).items()}
            if not self.path.startswith("/pay/"):
                self._serve(given)
            elif back := fake.card(self.path.rpartition("/")[2], given.get("number", "")):
                self.send_response(303)
                self.send_header("Location", back)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._page("Your card was declined.")

        def do_GET(self) -> None:
            if self.path.startswith("/pay/"):
                self._page("Pay by card")
            elif self.path == "/favicon.ico":
                self._answer({}, 404)
            else:
                self._serve({})

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake = Stripe(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
