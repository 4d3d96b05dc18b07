"""What people do with cases (support/cases.py): open, answer, note, look; and where a page shows files."""

from __future__ import annotations

import base64
import re
from typing import Any

from support.visitor import Answer

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
"""The smallest PNG."""


def open_case(client: Any, subject: str = "It hums", body: str = "All day long.", files: Any = ()) -> str:
    """Open a case and give its path."""
    answer = client.post("/cases/new", {"subject": subject, "body": body}, _files(files))
    assert answer.status == 303, answer.text
    return str(answer.location)


def write(client: Any, path: str, verb: str, body: str, files: Any = ()) -> Answer:
    """Answer ("reply") or note on a case."""
    answer = client.post(f"{path}/{verb}", {"subject": "-", "body": body}, _files(files))
    assert answer.status == 303, answer.text
    return answer  # type: ignore[no-any-return]


def _files(files: Any) -> Any:
    sent = [(name, content, "application/octet-stream") for name, content in files]
    return {"attachments": sent} if sent else None


def shown(client: Any, path: str) -> dict[str, str]:
    """Give the files a case's page shows: name to address."""
    page = client.get(path)
    assert page.status == 200, page.text
    return {name: href for href, name in re.findall(r'<a href="(/files/[^"]+)">([^<]+)</a>', page.text)}
