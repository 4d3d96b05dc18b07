"""What search engines are told of a page: a description, its own address, and the same in other languages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from core.data import scope
from core.look import links

LONGEST = 160


@dataclass(frozen=True)
class Meta:
    """The tags of one page, drawn by `meta.html`; `languages` are (code, address), "x-default" the last."""

    description: str
    canonical: str
    languages: tuple[tuple[str, str], ...]


def address(path: str, code: str = "", usual: str = "") -> str:
    """Give the address under which a page is read in a language: the plain one is the usual language's."""
    return links.absolute(path if code == usual else f"{path}?lang={code}")


def meta(path: str, description: str, shown: Collection[str], here: str, usual: str) -> Meta:
    """Tell of a page that can be read in the languages `shown`, is read in `here` now, and is `usual` in one."""
    text = " ".join(description.split())
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST].rpartition(' ')[0]} …"
    offered = [code for code in scope.current().settings.value("languages.offered") if code in shown]
    known = [(code, address(path, code, usual)) for code in offered]
    others = (*known, ("x-default", links.absolute(path))) if len(known) > 1 else ()
    return Meta(cut, address(path, here, usual), others)
