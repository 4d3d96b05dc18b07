"""Every page of the portal as the matrix lists them, for tests that read pages as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.contract import Row, Things, ask, asker, rows
from support.inside import Inside
from support.needs import ROOT

ALL_ON = {one.parent.name: True for one in sorted((ROOT / "plugins").glob("*/plugin.yaml"))}
"""Every bundled plugin, on: what is off has no pages."""

MATRIX = Path(__file__).parents[1] / "contract" / "matrix.csv"
ACTORS_OF = ("anonymous", "company_admin", "admin")
"""Who looks at the pages: between them they see all there are."""


@dataclass(frozen=True)
class Seen:
    """One page as somebody got it."""

    actor: str
    row: Row
    path: str
    html: str

    def __str__(self) -> str:
        return f"{self.row.method} {self.path} as {self.actor}"


def every_page(inside: Inside, actors: tuple[str, ...] = ACTORS_OF, lang: str = "") -> Iterator[Seen]:
    """Ask for each page of the matrix once per actor who gets one; of forms sent wrongly, the page with errors."""
    things, seen = Things(inside), set()
    for row in rows(MATRIX):
        if row.api or "/preview/" in row.path or row.whose not in ("-", "own"):
            continue
        for actor in actors:
            expected = row.expected[actor]
            if not expected.endswith(" page") or (row.changes and not expected.startswith("422")):
                continue
            path, send = (things.fill(text, row.whose, fresh=False) for text in (row.path, row.send))
            if (actor, row.method, path) in seen:
                continue
            seen.add((actor, row.method, path))
            inside.address = f"10.9.{row.line // 250}.{row.line % 250}"
            client = asker(inside, actor, api=False)
            if lang:
                path += f"{'&' if '?' in path else '?'}lang={lang}"
            answer = ask(client, row, path, send)
            if "<html" in answer.text[:400]:
                yield Seen(actor, row, path, answer.text)
