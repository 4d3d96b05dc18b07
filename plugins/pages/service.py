"""The verbs of pages: the only place that writes them."""

import re
import time

import parlour
from parlour import (
    FieldError,
    Invalid,
    Record,
    current,
    fetch,
    find,
    first,
    illustrations,
    lines,
    publish,
    richtext,
    system,
    transaction,
)
from parlour import gettext as _

from .models import DRAFT, PUBLISHED, Address, Page, Text, seconds

LONGEST_SLUG = 80
TAKEN = ("edit", "new")
"""What stands below /pages/ already."""

PARTS = ("title", "short", "summary", "source")


def slug_of(text):
    """Make an address out of a title: letters of any script, digits and hyphens."""
    return re.sub(r"[_-]+", "-", richtext.anchor(text)).strip("-")[:LONGEST_SLUG] or "page"


def at(path):
    """Give the key of the page that answers at a path, or None: as the portal itself sees it."""
    with system("addresses of pages"):
        row = first(lines.visible("page", Address, "view", Record.id).where(Address.path == path))
        return row.id if row is not None else None


def _free(wanted):
    path, number = wanted, 1
    while path in TAKEN or at(path) is not None:
        number += 1
        path = f"{wanted}-{number}"
    return path


def _audience(state, wanted, companies):
    """Give the columns of the record: nobody but staff reads what is not published."""
    live = state == PUBLISHED
    return {"audience": wanted if live else "staff", "shared": companies if wanted == "company" else [],
            "state": state, "category": "open" if live else "in_progress"}


def create(title, *, language, slug="", wanted="public", companies=(), created=None, **body):
    """Make a page without a text yet: only staff sees it. Gives its row."""
    with transaction():
        path = _free(slug_of(slug or title))
        times = {"created": created} if created else {}
        row = parlour.add("page", title=title, **_audience(DRAFT, wanted, list(companies)), **times, body={
            "slug": path, "language": language, "wanted": wanted, "companies": list(companies), **body})
        lines.add("page", row.id, Address, "edit", path=path)
        return row


def texts(page):
    """Give the texts of a page, whatever is live, by language: for staff."""
    rows = fetch(lines.visible("page", Text, "edit", *_columns()).where(Record.id == page.id))
    return {row.text_language: row for row in rows}


def _columns():
    return (Text.language.alias("text_language"), Text.title.alias("text_title"), Text.short, Text.summary,
            Text.source, Text.changed.alias("live"), Text.draft, Text.drafted, Text.author)


def write(page, language, values):
    """Keep what was written as the draft of a language; nothing is shown yet."""
    told = {name: values.get(name, "").strip() if name != "source" else values["source"] for name in PARTS}
    person = current().person
    with transaction():
        lines.put("page", page.id, Text, "edit", {"language": language}, draft=told, drafted=mark(),
                  author=person.name if person else "")
        if language == page.language and page.state != PUBLISHED:
            parlour.change("page", page.id, "edit", title=told["title"])


def mark():
    """Give a moment that two drafts never share, in microseconds: a form says which one it was made of."""
    return time.time_ns() // 1000


def give_up(page, language):
    """Throw a draft away; what is live stays."""
    with transaction():
        row = texts(page).get(language)
        if row is not None and row.live is None:
            lines.remove("page", page.id, Text, "edit", Text.language == language)
        elif row is not None:
            lines.change("page", page.id, Text, "edit", Text.language == language, draft={}, drafted=None)


def show(page, language, *, changed=None):
    """Publish the draft of a language, or what it had; gives the page's row. Raises NotFound where it has none."""
    with transaction():
        page = find("page", page.number, "publish", hold=True)
        row = texts(page).get(language)
        if row is None:
            raise parlour.NotFound
        told = row.draft or {"title": row.text_title, "short": row.short, "summary": row.summary,
                             "source": row.source}
        made = illustrations.render(page, told["source"], "markdown", language)
        del made["toc"]
        changed = changed or seconds(parlour.now())
        lines.change("page", page.id, Text, "publish", Text.language == language, **told, **made, changed=changed,
                     draft={}, drafted=None)
        shown = page.shown | {language: {"title": told["title"], "short": told["short"], "changed": changed}}
        _open_pictures(page)
        made = _stand(page, PUBLISHED, shown)
        publish("pages.published", made, language=language)
        return made


def _open_pictures(page):
    rows = fetch(lines.visible("page", Text, "publish", Text.html).where(Record.id == page.id))
    illustrations.open_shown(page, [row.html for row in rows])


def _stand(page, state, shown):
    named = shown.get(page.language) or next(iter(shown.values()), {"title": page.title})
    return parlour.change("page", page.id, "publish", title=named["title"], body={"shown": shown},
                          **_audience(state, page.wanted, list(page.companies)))


def withdraw(page):
    """Take a page back: its texts stay, readers no longer find it."""
    with transaction():
        page = _stand(find("page", page.number, "publish", hold=True), DRAFT, page.shown)
        publish("pages.withdrawn", page)
        return page


def bring_back(page):
    """Publish a page again with the texts it had."""
    with transaction():
        return _stand(find("page", page.number, "publish", hold=True), PUBLISHED, page.shown)


def drop(page, language):
    """Remove a language of a page that is not its own. Raises Invalid."""
    if language == page.language:
        raise Invalid([FieldError("in", _("A page keeps the language it was written in first."), "state")])
    with transaction():
        page = find("page", page.number, "publish", hold=True)
        lines.remove("page", page.id, Text, "publish", Text.language == language)
        shown = {code: told for code, told in page.shown.items() if code != language}
        _open_pictures(page)
        return parlour.change("page", page.id, "publish", body={"shown": shown})


def place(page, *, slug=None, **values):
    """Change where and for whom a page is: slug, wanted, companies, menu, position. Raises Invalid."""
    with transaction():
        if slug is not None and slug_of(slug) != page.slug:
            values["slug"] = _renamed(page, slug_of(slug))
        row = parlour.change("page", page.id, "edit", body=values)
        return parlour.change("page", row.id, "edit", **_audience(row.state, row.wanted, list(row.companies)))


def _renamed(page, path):
    """Let a path lead to a page for good; those before go on leading here. Raises Invalid."""
    taken = at(path)
    if path in TAKEN or taken not in (None, page.id):
        raise Invalid([FieldError("slug", _("Another page has this address already."), "taken")])
    if taken is None:
        lines.add("page", page.id, Address, "edit", path=path)
    return path


def remove(page):
    """Remove a page with its texts, pictures and addresses; only the audit remembers it."""
    with transaction():
        parlour.remove("page", page.id)
        parlour.record_act("page.removed", parlour.label(current().registry.kinds["page"], page.number),
                           title=page.title)


def refresh():
    """Render anew what an earlier version of the renderer made: some texts each turn."""
    old = fetch(lines.visible("page", Text, "edit", Record.id, Record.number, Text.language, Text.source).where(
        Text.renderer < richtext.VERSION, Text.changed.is_null(False)).limit(50))
    for row in old:
        with transaction():
            made = illustrations.render(row, row.source, "markdown", row.language)
            del made["toc"]
            lines.change("page", row.id, Text, "edit", Text.language == row.language, **made)


def waiting():
    """Give the keys of pages of which a draft waits, for staff."""
    waits = lines.visible("page", Text, "edit", Record.id).where(Text.drafted.is_null(False))
    return {row.id for row in fetch(waits.limit(5000))}


COLUMNS = (Record.id, Record.kind, Record.number, Record.title, Record.state, Record.audience, Record.touched,
           Page.slug, Page.language, Page.shown, Page.menu, Page.position, Page.wanted)
"""What a list shows of a page."""
