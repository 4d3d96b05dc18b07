"""Finds every kind of page somebody can reach: those of the matrix, and those that pages link to."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

from support.contract import rows
from support.pages import MATRIX
from support.visitor import Visitor

ANYBODYS = re.compile(r"[A-Z]{3,4}-\d+|\d+|[\w-]{22}|v\d+")
NAMED = {("kb",): 1, ("kb", "c"): 2, ("companies",): 1, ("account", "company"): 2, ("people", "teams"): 2,
         ("settings", "versions"): 2, ("content", "categories"): 2, ("settings", "roles"): 2, ("pages",): 1}
"""Below these, the next part of an address is a name somebody chose."""

FAMILIES = {("settings", "at"): 3, ("settings", "mail", "texts"): 3, ("settings", "features"): 2}
"""Pages below these are of one kind, whatever they are about."""

FIXED = {"new", "edit", "import", "export", "teams", "invite", "explain", "c", "broken", "categories",
         "invitations"}
LEFT_OUT = ("/sign-out", "/static/", "/theme/", "/files/", "/api/", "/settings/appearance/preview/", "/search/")
COLUMNS = {"": "anonymous", "customer": "company_admin", "staff": "admin"}


def kind_of_page(path: str) -> str:
    """Give the address with a star where one of many stands, so that pages of one kind are known as such."""
    parts = urlsplit(path).path.strip("/").split("/")
    shape = []
    for place, part in enumerate(parts):
        named = NAMED.get(tuple(parts[:place])) == place and part not in FIXED
        shape.append("*" if named or ANYBODYS.fullmatch(part) else part)
    for family, kept in FAMILIES.items():
        if tuple(shape[:len(family)]) == family and len(shape) > kept:
            shape = [*shape[:kept], *["*"] * (len(shape) - kept)]
    return "/" + "/".join(shape)


def reachable(visitor: Visitor, who: str, most: int = 400) -> dict[str, str]:
    """Give one address for each kind of page that `who` ("", "customer", "staff") gets, by kind, in order.

    Pages that answer with a redirect count as where they lead; what is no page is left out.
    """
    waiting = [row.path for row in rows(MATRIX) if row.method == "GET" and "{" not in row.path
               and row.expected[COLUMNS[who]] == "200 page"]
    tried, found = set(), {}
    while waiting and len(tried) < most:
        path = waiting.pop(0)
        kind = kind_of_page(path)
        if kind in tried or path.startswith(LEFT_OUT) or "//" in path or "/preview/" in path:
            continue
        tried.add(kind)
        answer = visitor.get(path)
        if answer.status == 303:
            waiting.insert(0, answer.location)
        if answer.status != 200 or "<html" not in answer.text[:600]:
            continue
        found[kind] = path
        waiting += [unescape(href) for href in re.findall(r'\shref="(/[^"#]*)', answer.text)
                    if "lang=" not in href]
    return found
