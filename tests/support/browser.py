"""A real Chromium that may reach this machine only, and a watch that notes what a page should not do."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, Response

from support.needs import ROOT, loopback, missing, slug

NAMES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # First match wins: tenants' hosts are here, every other name is nowhere.
    "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
SCREENSHOTS = ROOT / "var" / "screenshots"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
DEPENDENT = {"stylesheet", "script", "image", "font", "media"}


def executable() -> str:
    """Find Chromium, or say what to install."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or missing("Chromium", "Install it: apt-get install chromium")


def launch(playwright: Playwright) -> Browser:
    """Start Chromium without a window."""
    return playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)


class Watch:
    """What the pages of one context did. Any of `foreign`, `violations`, `errors` fails the test at its end.

    `requests` holds every address asked for. A test that expects a fault empties the list it expects it in:
    `page.watch.violations.clear()`. Answers with 4xx to pages and fragments are no errors, a style sheet,
    script or picture that does not come is, and so is any 5xx.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[str] = []
        self.foreign: list[str] = []
        self.violations: list[str] = []
        self.errors: list[str] = []
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda problem: self.errors.append(f"script: {problem.error}"))

    @property
    def faults(self) -> list[str]:
        """Everything that must not have happened, as sentences."""
        return (
            [f"asked another origin: {address}" for address in self.foreign]
            + [f"broke the content security policy: {text}" for text in self.violations]
            + self.errors
        )

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        parts = urlsplit(request.url)
        if parts.scheme not in {"http", "https", "ws", "wss"}:
            return
        if request.is_navigation_request():
            allowed = loopback(parts.hostname)
        else:
            allowed = parts.netloc == urlsplit(request.frame.url).netloc
        if not allowed:
            self.foreign.append(request.url)

    def _response(self, response: Response) -> None:
        kind = response.request.resource_type
        if response.status >= 500 or (response.status >= 400 and kind in DEPENDENT):
            self.errors.append(f"{response.status} for {kind} {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        if "Content Security Policy" in message.text or "violates the following" in message.text:
            self.violations.append(message.text)
        elif not message.text.startswith("Failed to load resource"):
            self.errors.append(f"console: {message.text}")


class Tabs:
    """Browser contexts of one test, each with its own cookies and watch."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._watched: list[tuple[BrowserContext, Watch]] = []

    def open(
        self, *, scripts: bool = True, phone: bool = False, dark: bool = False, language: str = "en-GB"
    ) -> Page:
        """Open a page as another person; `page.watch` tells what it did."""
        context = self._browser.new_context(
            java_script_enabled=scripts,
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if dark else "light",
            locale=language,
            timezone_id="UTC",
            reduced_motion="reduce",
        )
        context.set_default_timeout(60_000)  # what comes, comes: a busy machine is no failure
        watch = Watch(context)
        self._watched.append((context, watch))
        page = context.new_page()
        page.watch = watch
        return page

    def close(self) -> list[str]:
        """Close everything and give the faults of all pages."""
        faults: list[str] = []
        for context, watch in self._watched:
            context.close()
            faults += watch.faults
        self._watched.clear()
        return faults


def picture(page: Page, name: str) -> Path:
    """Keep a picture of the whole page in var/screenshots, which git ignores."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    target = SCREENSHOTS / f"{slug(name)}.png"
    page.screenshot(path=target, full_page=True)
    return target
