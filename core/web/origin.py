"""Requests that change something come from our own pages: Sec-Fetch-Site and Origin decide, no token."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from core.errors import Refused

SAFE = ("GET", "HEAD", "OPTIONS")


def check(public_url: str, *, has_cookie: bool) -> None:
    """Let a request that changes something pass only from the same origin. Raises Refused.

    A sibling subdomain is another origin. A browser sends Sec-Fetch-Site or Origin with every such request;
    a request with our cookie and neither of them is refused (W3C Fetch Metadata; RFC 6454).
    """
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site != "same-origin":
        raise Refused
    if origin is not None:
        ours = {f"{request.scheme}://{request.host}", f"{urlsplit(public_url).scheme}://{request.host}"}
        if origin not in ours:
            raise Refused
    elif site is None and has_cookie:
        raise Refused
