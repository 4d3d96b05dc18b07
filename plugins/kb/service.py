"""The verbs of the knowledge base: the only place that writes articles and categories."""

import re

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
    transaction,
)
from parlour import gettext as _
from parlour import now as this_moment

from . import audience
from .models import ARCHIVED, DRAFT, PUBLISHED, Address, Text, Version, seconds

LONGEST_SLUG = 80


def slug_of(text):
    """Make an address out of a title: letters of any script, digits and hyphens."""
    return re.sub(r"[_-]+", "-", richtext.anchor(text)).strip("-")[:LONGEST_SLUG] or "article"


def at(path):
    """Give (kind, key) of what answers at a path below /kb/, or None: as the portal itself sees it."""
    with parlour.system("addresses of the knowledge base"):
        for kind in ("article", "kb_category"):
            row = first(lines.visible(kind, Address, "view", Record.id).where(Address.path == path))
            if row is not None:
                return kind, row.id
    return None


def _free(wanted, prefix="", record_id=None):
    """Give the wanted path, or the next that nobody else has ever had."""
    path, number = f"{prefix}{wanted}", 1
    while (taken := at(path)) is not None and taken[1] != record_id:
        number += 1
        path = f"{prefix}{wanted}-{number}"
    return path


def lead_here(kind, record, path):
    """Let a path lead to a record for good. Raises Invalid where it leads elsewhere already."""
    taken = at(path)
    if taken is None:
        lines.add(kind, record.id, Address, "edit", path=path)
    elif taken[1] != record.id:
        raise Invalid([FieldError("slug", _("Another article has this address already."), "taken")])


def create(title, *, language, slug="", shelf=None, wanted="customers", companies=(), created=None):
    """Make an article without a text yet: a draft that only staff sees. Gives its row."""
    with transaction():
        path = _free(slug or slug_of(title))
        times = {"created": created} if created else {}
        row = parlour.add("article", title=title, state=DRAFT, category=audience.MEANING[DRAFT], audience="staff",
                          body={"slug": path, "shelf": shelf, "language": language, "wanted": wanted,
                                "companies": list(companies)}, **times)
        lines.add("article", row.id, Address, "edit", path=path)
        return row


def write(article, language, values, *, author=None, created=None, state="draft"):
    """Keep what was written as the next version of a language, a draft; give its number. Nothing is shown yet.

    `values` are title and source, and may be summary, form ("markdown" or "html") and a note for colleagues.
    """
    texts = {name: values[name].strip() for name in ("title", "summary", "note") if name in values}
    last = first(lines.visible("article", Version, "edit", Version.number).where(
        Record.id == article.id, Version.language == language).order_by(Version.number.desc()))
    number = last.number + 1 if last else 1
    lines.add("article", article.id, Version, "edit", language=language, number=number, source=values["source"],
              form=values.get("form", "markdown"), author=_author() if author is None else author,
              created=created or seconds(this_moment()), state=state, **texts)
    return number


def _author():
    return current().person.name if current().person else ""


def versions(article, language):
    """Give the versions of a language, the latest first."""
    columns = (Version.number, Version.title, Version.summary, Version.source, Version.form, Version.state,
               Version.note, Version.author, Version.created, Version.publish_at)
    return fetch(lines.visible("article", Version, "edit", *columns).where(
        Record.id == article.id, Version.language == language).order_by(Version.number.desc()))


def show(article, language, number, *, changed=None, current_to=None):
    """Publish a version: it becomes what readers of its language see. Gives the article's row.

    `changed` is when its words were last changed, now unless an import knows better. A translation counts as
    current with the original as it is now, or as it was at `current_to`. Raises NotFound.
    """
    with transaction():
        article = find("article", article.number, "publish")
        version = next((one for one in versions(article, language) if one.number == number), None)
        if version is None:
            raise parlour.NotFound
        made = illustrations.render(article, version.source, version.form, language)
        changed = changed or seconds(this_moment())
        if current_to is None and language != article.language:
            current_to = article.shown.get(article.language, {}).get("changed", changed)
        lines.put("article", article.id, Text, "publish", {"language": language}, **made, number=number,
                  title=version.title, summary=version.summary, source=version.source, form=version.form,
                  changed=changed, current_to=current_to, author=version.author)
        illustrations.open_shown(article, [one.html for one in fetch(lines.visible(
            "article", Text, "publish", Text.html).where(Record.id == article.id))])
        ours = Version.language == language
        lines.change("article", article.id, Version, "publish", ours, Version.state == "live", state="past")
        lines.change("article", article.id, Version, "publish", ours, Version.number == number, state="live")
        lines.change("article", article.id, Version, "publish", ours, Version.number < number,
                     Version.state == "scheduled", state="draft", publish_at=None)  # no plan goes back in time
        shown = article.shown | {language: {"title": version.title, "summary": version.summary, "changed": changed,
                                            "current_to": current_to}}
        row = _stand(article, PUBLISHED, body={"shown": shown}, title=_title(article, shown))
        publish("kb.published", row, language=language)
        return row


def _title(article, shown):
    return (shown.get(article.language) or next(iter(shown.values())))["title"]


def _stand(article, state, **values):
    """Write an article's state with the audience that follows from it."""
    left = audience.of_categories(audience.categories())
    who = audience.of_article(state, audience.own(article), article.shelf, left)
    return parlour.change("article", article.id, "publish", state=state, **_meaning(state),
                          **audience.as_written(who), **values)


def _meaning(state):
    return {"category": audience.MEANING[state]}


def withdraw(article, *, archive=False):
    """Take an article back: its texts stay, readers no longer find it, and no plan brings it back by itself."""
    with transaction():
        lines.change("article", article.id, Version, "publish", Version.state == "scheduled", state="draft",
                     publish_at=None)
        return _stand(find("article", article.number, "publish"), ARCHIVED if archive else DRAFT)


def bring_back(article):
    """Publish an article again with the texts it had."""
    with transaction():
        return _stand(find("article", article.number, "publish"), PUBLISHED)


def remove(article):
    """Remove an article with its texts, versions, pictures and addresses; only the audit remembers it."""
    with transaction():
        parlour.remove("article", article.id)
        parlour.record_act("article.removed", parlour.label(current().registry.kinds["article"], article.number),
                           title=article.title)


def rename(article, slug):
    """Give an article another address; the ones before lead to it for ever. Raises Invalid."""
    with transaction():
        path = slug_of(slug)
        lead_here("article", article, path)
        return parlour.change("article", article.id, "edit", body={"slug": path})


def place(article, **values):
    """Change where and for whom an article is: shelf, wanted, companies, featured, related, review."""
    with transaction():
        row = parlour.change("article", article.id, "edit", body=values)
        left = audience.of_categories(audience.categories())
        who = audience.of_article(row.state, audience.own(row), row.shelf, left)
        return parlour.change("article", row.id, "edit", **audience.as_written(who))


def add_category(title, *, slug="", parent=None, titles=None, created=None, **body):
    """Make a category; `body` may hold descriptions, icon, position, wanted, companies. Gives its row."""
    with transaction():
        path = _free(slug or slug_of(title), "c/")
        times = {"created": created} if created else {}
        row = parlour.add("kb_category", title=title, state=PUBLISHED, audience="staff", body={
            "slug": path.removeprefix("c/"), "parent": parent, "titles": titles or {}, **body}, **times)
        lines.add("kb_category", row.id, Address, "edit", path=path)
        audience.settle()
        return find("kb_category", row.number, "edit")


def change_category(category, *, title=None, slug=None, **body):
    """Change a category and, where that narrows or widens it, the audience of all that is in it."""
    with transaction():
        if slug is not None and slug_of(slug) != category.slug:
            lead_here("kb_category", category, f"c/{slug_of(slug)}")
            body["slug"] = slug_of(slug)
        named = {} if title is None else {"title": title}
        parlour.change("kb_category", category.id, "edit", body=body, **named)
        audience.settle()
        return find("kb_category", category.number, "edit")


def texts(article_id):
    """Give the texts of an article whatever its state, for staff: language, source and what stands in them."""
    columns = (Text.language, Text.number, Text.title, Text.source, Text.form, Text.links, Text.missing)
    return fetch(lines.visible("article", Text, "edit", *columns).where(Record.id == article_id))


def live(article, language):
    """Give what readers of a language are shown, with its source, or None."""
    columns = (Text.language, Text.number, Text.title, Text.summary, Text.source)
    return first(lines.visible("article", Text, "edit", *columns).where(
        Record.id == article.id, Text.language == language))


def refresh():
    """Render anew what an earlier version of the renderer made: some texts each turn."""
    columns = (Record.id, Record.number, Text.language, Text.source, Text.form)
    old = fetch(lines.visible("article", Text, "edit", *columns).where(Text.renderer < richtext.VERSION).limit(50))
    for row in old:
        with transaction():
            made = illustrations.render(row, row.source, row.form, row.language)
            lines.change("article", row.id, Text, "edit", Text.language == row.language, **made)
