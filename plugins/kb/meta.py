"""What search engines are told of a page: a description, its own address, and the same in other languages."""

from dataclasses import dataclass

from parlour import current, links

from . import reading

LONGEST = 160


@dataclass(frozen=True)
class Meta:
    """The tags of one page; `languages` are (code, address), "x-default" the last."""

    description: str
    canonical: str
    languages: tuple


def address(path, code="", usual=""):
    """Give the address under which a page is read in a language: the plain one is the usual language's."""
    return links.absolute(path if code == usual else f"{path}?lang={code}")


def _made(path, description, shown, here, usual):
    text = " ".join(description.split())
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST].rpartition(' ')[0]} …"
    offered = [code for code in current().settings.value("languages.offered") if code in shown]
    known = [(code, address(path, code, usual)) for code in offered]
    others = (*known, ("x-default", links.absolute(path))) if len(known) > 1 else ()
    return Meta(cut, address(path, here, usual), others)


def article(row):
    """Tell of an article in the language it is shown in."""
    description = row.text_summary or " ".join(row.words.split()[:40])
    return _made(f"/kb/{row.slug}", description, row.shown, row.text_language, row.language)


def category(shelf):
    """Tell of a category."""
    return _everywhere(shelf.path, shelf.description or shelf.title)


def front():
    """Tell of the first page."""
    return _everywhere("/kb", current().settings.name)


def _everywhere(path, description):
    usual = str(current().settings.value("languages.default"))
    return _made(path, description, current().settings.value("languages.offered"), reading.reader(), usual)
