"""What readers ask for: one page in their language, the list of pages, and what stands in the navigation."""

from parlour import Record, current, fetch, language, lines, listed, visible

from .models import PUBLISHED, Address, Page, Text
from .service import COLUMNS

MOST_IN_MENU = 12
_MENU = (Record.title, Page.slug, Page.language, Page.shown)
_TEXT = (Text.html, Text.changed.alias("live"), Text.words, Text.summary, Text.language.alias("text_language"),
         Text.title.alias("text_title"))


def wanted(own=""):
    """Give the languages to try, the reader's first, then the tenant's, then the page's own."""
    reader, usual = language.current(), str(current().settings.value("languages.default"))
    return list(dict.fromkeys(filter(None, (reader, reader.split("-")[0], usual, own))))


def best(offered, own=""):
    """Choose among the languages something can be read in; "" where it cannot be read at all."""
    return next((code for code in wanted(own) if code in offered), next(iter(offered), ""))


def told(row):
    """Give what is shown of a page in the reader's language: title and its short form."""
    return row.shown.get(best(row.shown, row.language)) or {"title": row.title, "short": ""}


def menu():
    """Give the entries of the navigation for whoever asks: (title, path)."""
    rows = listed("page", ("pages.menu",), lambda query: query.where(
        Page.menu == True, Record.state == PUBLISHED).order_by(  # noqa: E712 - an SQL expression
        Page.position, Record.title, Record.id).limit(MOST_IN_MENU), columns=_MENU)
    return [(said.get("short") or said["title"], f"/pages/{row.slug}") for row in rows for said in (told(row),)]


def pages(most=500):
    """Give the published pages that whoever asks may read, in the order of the navigation."""
    query = visible("page", "view", *COLUMNS).where(Record.state == PUBLISHED)
    return fetch(query.order_by(Page.position, Record.title, Record.id).limit(most))


def page(path):
    """Give the page at a path, present or former, with its text in the reader's language, or None."""
    rows = fetch(lines.visible("page", (Address, Text), "view", *COLUMNS, *_TEXT, anywhere=True).where(
        Address.path == path, Record.state == PUBLISHED, Text.changed.is_null(False)))
    by_language = {row.text_language: row for row in rows}
    return by_language[best(by_language, rows[0].language)] if rows else None
