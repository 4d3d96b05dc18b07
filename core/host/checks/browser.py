"""axe in a real Chromium, where Playwright and axe are installed: what can only be seen on a drawn page."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Sequence
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from core.errors import ParlourError
from core.host.checks.subject import Subject
from core.host.rehearsal import Rehearsal

WANTED = ("playwright", "axe_playwright_python")


def available() -> bool:
    """Say whether a browser can be driven here."""
    return all(importlib.util.find_spec(name) for name in WANTED)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it overrides
        """Say nothing."""


def look(rehearsal: Rehearsal, subjects: Sequence[Subject]) -> None:
    """Look at every page of plugins with axe, light and dark; raises ParlourError where there is no browser."""
    if not available():
        raise ParlourError("There is no browser to look with.",
                           hint="pip install playwright axe-playwright-python, then: playwright install chromium")
    playwright = importlib.import_module("playwright.sync_api")
    axe = importlib.import_module("axe_playwright_python.sync_playwright").Axe()
    server = make_server("127.0.0.1", 0, rehearsal.app, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with playwright.sync_playwright() as running:
            browser = running.chromium.launch()
            for subject in subjects:
                for scheme in ("light", "dark"):
                    _pages(rehearsal, subject, browser, axe, server.server_port, scheme)
            browser.close()
    finally:
        server.shutdown()
        server.server_close()


def _pages(rehearsal: Rehearsal, subject: Subject, browser: Any, axe: Any, port: int, scheme: str) -> None:
    for short in ("own", "agent"):
        context = browser.new_context(color_scheme=scheme, base_url=f"http://localhost:{port}")
        context.add_cookies([{"name": "parlour", "value": rehearsal.client(short).cookies["parlour"],
                              "url": f"http://localhost:{port}"}])
        page = context.new_page()
        for rule in subject.routes(rehearsal, "GET"):
            if rule.arguments or (page.goto(rule.rule) or page).url.endswith("/sign-in"):
                continue
            for one in axe.run(page).response["violations"]:
                subject.find("PC11", f"{rule.rule} as {short}, {scheme}",
                             f"axe: {one['help']} ({', '.join(n['target'][0] for n in one['nodes'][:3])}).")
        context.close()
