"""Addresses of records and pages, with the tenant's public address in front where they leave the portal."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from core.data import scope
from core.data.records import label, page_of
from core.parts import Kind


def record_path(kind: Kind, number: int) -> str:
    """Give the path of a record's page, its number written as people read it."""
    return page_of(kind, number)


def absolute(path: str) -> str:
    """Put the tenant's configured address in front of a path: the only way a link gets into a mail."""
    return str(scope.current().settings.url).rstrip("/") + path


def local(target: str | None, otherwise: str = "/") -> str:
    """Give a path to go on to after signing in, if it is one of ours; else `otherwise`.

    Only a path of this host passes: no scheme, host, backslash, control character or second slash.
    """
    if not target or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return otherwise
    if any(ord(char) < 33 or char == "\\" or ord(char) == 127 for char in target):
        return otherwise
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else otherwise


def data_record(kind: Kind, number: int) -> str:
    """Give the mark a record carries in pages: `ticket/TKT-001`."""
    return f"{kind.name}/{label(kind, number)}"


def of(row: Any) -> str:
    """Give the path of a record's page from its row."""
    return record_path(scope.current().registry.kinds[row.kind], row.number)
