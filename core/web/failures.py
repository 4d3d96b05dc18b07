"""What a person, a fragment or a program gets when something fails: what, what to do, an id."""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, jsonify, make_response, redirect, request
from peewee import DatabaseError, DataError, InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from core.data import scope
from core.errors import (
    FieldError,
    Invalid,
    NotFound,
    ParlourError,
    ReadOnly,
    SignInNeeded,
    StorageFull,
    TooLarge,
    TooMany,
    Unavailable,
)
from core.look import links
from core.look.i18n import N_, ngettext
from core.look.i18n import gettext as _
from core.web import eyes
from core.web.render import render, wants_fragment

log = logging.getLogger("parlour.request")

WORDS: Mapping[int, tuple[str, str]] = {
    400: (N_("We couldn't read that"), N_("Go back, reload the page and try again.")),
    401: (N_("Please sign in"), N_("Sign in to see this page.")),
    403: (N_("That isn't possible"), N_("Your account may not do this. Ask whoever manages your portal.")),
    404: (N_("We couldn't find that page"), N_("Check the address, or start from the home page.")),
    405: (N_("That isn't possible"), N_("Go back and try it from the page itself.")),
    409: (N_("Somebody was faster"), N_("Reload the page to see how it is now, then try again.")),
    410: (N_("This link is no longer valid"), N_("Ask for a new one.")),
    413: (N_("That is too large"), N_("Send less at once: 25 MB per file, 10 files and 50 MB together.")),
    422: (N_("Something is missing or doesn't fit"), N_("Go back, mend what is marked and send it again.")),
    429: (N_("Too many tries"), N_("Take a break and try again later.")),
    500: (N_("Something went wrong on our side"),
          N_("Nothing you sent was half done. Try again, and tell us the number if it stays.")),
    503: (N_("We can't reach our data right now"), N_("Nothing is lost. Please try again in a moment.")),
    507: (N_("There is no space left to store this"),
          N_("Reading goes on. We have been told; please try again later.")),
}


def is_api() -> bool:
    """Say whether a program asks, by address."""
    return request.path.startswith("/api/")


def expected(error: BaseException) -> ParlourError | None:
    """Translate what the database and the server raise into expected failures; None for a bug."""
    if isinstance(error, ParlourError):
        return error if error.status < 500 or isinstance(error, Unavailable | StorageFull) else None
    if isinstance(error, OperationalError | InterfaceError):
        return StorageFull() if "full" in str(error).lower() else Unavailable(hint=str(error))
    if isinstance(error, DataError):  # NUL in a text, a number beyond every limit: nothing we would store
        text = _("Something in there cannot be stored. Write it in other words.")
        return Invalid([FieldError("", text, "data")])
    if isinstance(error, DatabaseError) and "disk" in str(error).lower():
        return StorageFull()
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull()
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return Unavailable(hint=f"Too many files are open: {error}")
    return None


def answer(error: BaseException) -> Response:
    """Turn anything raised into the answer it deserves."""
    if isinstance(error, HTTPException) and (error.code or 500) < 500:
        return _http(error)
    known = expected(error)
    if known is None:
        log.error("bug %s %s %s", g.get("request_id", ""), request.method, request.path, exc_info=error)
        return _show(500, "bug", "", ())
    if isinstance(known, Unavailable | StorageFull):
        log.warning("%s: %s %s", known.code, known, known.hint)
    if isinstance(known, SignInNeeded) and not is_api():
        return sign_in()
    message = (_(str(known)) if str(known) else "") or (_later(known) if isinstance(known, TooMany) else
                             eyes.told() if isinstance(known, ReadOnly) else "")
    response = _show(known.status, known.code, message, known.errors if isinstance(known, Invalid) else ())
    if isinstance(known, TooMany):
        response.headers["Retry-After"] = str(known.retry_after)
    elif isinstance(known, Unavailable):
        response.headers["Retry-After"] = "5"
    return response


def _later(error: TooMany) -> str:
    return ngettext("Try again in %(number)s minute.", "Try again in %(number)s minutes.", error.minutes,
                    number=error.minutes)


def sign_in() -> Response:
    """Send somebody to the sign-in page and back; a fragment is told so, it never gets the page inside.

    What cannot be asked for again by its address (a form that was sent, a fragment) leads back to its page.
    """
    whole = request.method == "GET" and not wants_fragment()
    target = links.local(request.full_path.rstrip("?") if whole else _page())
    place = "/sign-in" + (f"?next={_quoted(target)}" if target != "/" else "")
    response = make_response("", 401) if wants_fragment() else make_response(redirect(place, 303))
    if wants_fragment():
        response.headers["HX-Redirect"] = place
    response.vary.add("HX-Request")
    return response


def _page() -> str:
    """Give the page of ours that a request came from, "" where it came from elsewhere or does not say."""
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return ""
    if parts.netloc.lower() != request.host.lower():
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _quoted(target: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "/-_.~") else
                   "".join(f"%{b:02X}" for b in c.encode()) for c in target)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status in (301, 302, 303, 307, 308):
        return make_response(error.get_response())
    if status == 413:
        return _show(413, TooLarge.code, "", ())
    if status == 404:
        return _show(404, NotFound.code, "", ())
    response = _show(status, f"http_{status}", "", ())
    if status == 405:
        allowed = getattr(error, "valid_methods", None)
        if allowed:
            response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _written(status: int) -> list[str]:
    """Give the longer texts of a form that could not be stored, so that nobody has to write them again."""
    if status not in (409, 503, 507) or request.method in ("GET", "HEAD", "OPTIONS"):
        return []
    try:
        texts = [text for name, text in request.form.items()
                 if "password" not in name and name not in ("code", "credential") and not name.startswith("_")]
    except (HTTPException, OSError):  # what was sent cannot even be read
        return []
    return [text for text in texts if " " in text.strip() or len(text) > 20]


def _show(status: int, code: str, message: str, errors: Any) -> Response:
    title, advice = WORDS.get(status, WORDS[500] if status >= 500 else WORDS[400])
    identity = g.get("request_id", "") if status >= 500 else ""
    if is_api():
        body = {"type": f"/errors/{code}", "title": _(title), "status": status, "detail": message or _(advice),
                "code": code}
        if errors:
            body["errors"] = [{"path": e.path, "message": e.message, "code": e.code} for e in errors]
        if identity:
            body["id"] = identity
        response = jsonify(body)
        response.status_code = status
        response.headers["Content-Type"] = "application/problem+json"
        return response
    try:
        return render("error.html", status=status, title=_(title), message=message or _(advice), advice="",
                      id=identity, home="/", written=_written(status),
                      offer_sign_in=status in (401, 404) and scope.active() is not None)
    except Exception:
        log.exception("the error page itself failed")
        return make_response(f"{title}\n{identity}\n", status, {"Content-Type": "text/plain; charset=utf-8"})
