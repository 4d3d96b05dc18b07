"""Was this helpful: one vote per person or browser, with a comment for those who look after the article."""

import hashlib
import secrets

from flask import request

from parlour import FieldError, Invalid, Record, current, doorman, fetch, lines, now, publish, session, transaction
from parlour import gettext as _

from .models import Vote, seconds

LONGEST = 2000
COOKIE = "parlour_reader"
YEAR = 31_536_000


def voter():
    """Give the key of whoever reads: their person, else this browser by a random cookie of its own."""
    if current().person is not None:
        return f"p{current().person.id}"
    known = request.cookies.get(COOKIE, "")
    secret = known if 20 <= len(known) <= 60 and known.isascii() else secrets.token_urlsafe(24)
    return f"b{secret}"


def remember(response, key):
    """Let a browser that voted be known by the same key the next time."""
    if key.startswith("b"):
        response.set_cookie(COOKIE, key[1:], max_age=YEAR, httponly=True, samesite="Lax", secure=session.secure(),
                            path="/kb")
    return response


def _kept(key):
    return key if key.startswith("p") else f"b{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def rate(article, key, *, helpful, comment=""):
    """Keep a vote, or the voter's change of mind. Raises Invalid for too long a comment, TooMany."""
    if len(comment) > LONGEST:
        raise Invalid([FieldError("comment", _("Please write at most %(limit)s characters.", limit=LONGEST),
                                  "too_long")])
    doorman.admit("kb-helpful")
    said = {"helpful": helpful, "language": article.text_language, "created": seconds(now())}
    with transaction():
        lines.put("article", article.id, Vote, "rate", {"voter": _kept(key)},
                  **said | ({"comment": comment} if comment else {}))
        publish("kb.rated", article, helpful="true" if helpful else "false", language=article.text_language)


def votes(article_id):
    """Give what was said about an article, the latest first: for staff."""
    query = lines.visible("article", Vote, "edit", Vote.helpful, Vote.comment, Vote.language, Vote.created)
    return fetch(query.where(Record.id == article_id).order_by(Vote.created.desc()).limit(200))
