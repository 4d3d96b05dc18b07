"""What browsers are told they may do with a page: nothing inline, nothing from elsewhere, in nobody's frame."""

from __future__ import annotations

from flask import Response

CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
       "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'")


def may_frame(response: Response) -> Response:
    """Let a page hold frames with pages of this very portal, and of nobody else."""
    response.headers["Content-Security-Policy"] = f"{CSP}; frame-src 'self'"
    return response


def for_frame(response: Response, *, styles: str = "'self'") -> Response:
    """Let a page stand in a frame of this very portal: it runs, sends and leads nowhere."""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {styles}; img-src 'self' data:; font-src 'self'; form-action 'none'; "
        "frame-ancestors 'self'; base-uri 'none'")
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cache-Control"] = "private, no-store"
    return response
