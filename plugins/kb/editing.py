"""What becomes of versions: planned, published when due; and what is wrong with what readers see."""

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from peewee import DatabaseError

from parlour import FieldError, Invalid, Record, current, fetch, label, lines, record_act, transaction, visible
from parlour import gettext as _
from parlour import now as this_moment

from . import audience, service
from .models import ARCHIVED, DRAFT, PUBLISHED, Address, Article, Text, Version, seconds

log = logging.getLogger("parlour.kb")
_ROW = (Record.id, Record.kind, Record.number, Record.title, Record.state, Record.category, Record.audience,
        Record.touched, Article.slug, Article.shelf, Article.language, Article.shown, Article.featured,
        Article.review)


def overview(view):
    """Give the query of a list of staff's: all, draft, planned, published, outdated, review or archived."""
    query = visible("article", "edit", *_ROW)
    if view in (DRAFT, PUBLISHED, ARCHIVED):
        return query.where(Record.state == view)
    if view == "review":
        return query.where(Article.review <= seconds(this_moment()), Record.state == PUBLISHED)
    if view == "planned":
        planned = lines.visible("article", Version, "edit", Record.id).where(Version.state == "scheduled")
        return query.where(Record.id.in_([row.id for row in fetch(planned.limit(1000))]))
    if view == "outdated":
        found = fetch(query.where(Record.state == PUBLISHED).order_by(Record.touched.desc()).limit(5000))
        return query.where(Record.id.in_([row.id for row in found if outdated(row)][:1000]))
    return query


def outdated(row):
    """Give the languages in which an article says what its original no longer says."""
    original = row.shown.get(row.language, {}).get("changed", 0)
    return [code for code, told in row.shown.items()
            if code != row.language and (told.get("current_to") or original) < original]


def moment_of(text):
    """Read when to publish, in the time zone of whoever asks, as seconds. Raises Invalid, for the past as well."""
    try:
        when = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(current().time_zone))
    except ValueError:
        raise Invalid([FieldError("publish_at", _("Choose a day and a time."), "format")]) from None
    if when <= this_moment():
        raise Invalid([FieldError("publish_at", _("This moment is over. Choose a later one, or publish now."),
                                  "range")])
    return seconds(when)


def plan(article, language, number, at):
    """Publish a version by itself at a moment; another plan for the same language is given up."""
    with transaction():
        give_up(article, language)
        lines.change("article", article.id, Version, "publish", Version.language == language,
                     Version.number == number, state="scheduled", publish_at=at)


def give_up(article, language):
    """Take back what was planned for a language: it is a draft again."""
    lines.change("article", article.id, Version, "publish", Version.language == language,
                 Version.state == "scheduled", state="draft", publish_at=None)


def due():
    """Publish what was planned for this moment or before."""
    query = lines.visible("article", Version, "publish", Record.id, Record.number, Version.language,
                          Version.number.alias("version")).where(
        Version.state == "scheduled", Version.publish_at <= seconds(this_moment()))
    for row in fetch(query.order_by(Version.publish_at).limit(200)):
        try:
            service.show(row, row.language, row.version)
        except DatabaseError:  # that is not about this article: all of them wait
            raise
        except Exception as error:
            log.exception("article %s, version %s (%s) was not published", row.number, row.version, row.language)
            _not_published(row, error)


def _not_published(row, error):
    """Give a plan up that cannot be carried out, so that the others go on; its version and the audit say so."""
    number = label(current().registry.kinds["article"], row.number)
    with transaction():
        lines.change("article", row.id, Version, "publish", Version.language == row.language,
                     Version.number == row.version, state="draft", publish_at=None,
                     note=_("It could not be published by itself: %(why)s", why=str(error)[:200]))
        record_act("article.not_published", number, version=row.version, language=row.language)


def still_right(article, language):
    """Say that a translation tells what its original tells now, without writing it anew."""
    told = article.shown.get(language)
    live = next((one for one in service.versions(article, language) if one.state == "live"), None)
    if told and live:
        service.show(article, language, live.number, changed=told["changed"])


def broken():
    """Give what readers of published articles stumble over: (article, language, address, why)."""
    query = lines.visible("article", Text, "edit", Record.id, Record.number, Record.title, Record.audience,
                          Text.language, Text.links, Text.missing).where(Record.state == PUBLISHED)
    known, found = _addresses(), []
    for row in fetch(query.order_by(Record.number, Text.language).limit(10_000)):
        found += [(row, row.language, src, "picture") for src in row.missing]
        for link in row.links:
            if link.startswith("/kb/"):
                why = _why(row, known.get(link.removeprefix("/kb/").partition("#")[0].partition("?")[0]))
                found += [(row, row.language, link, why)] if why else []
    return found


def _addresses():
    """Give who may open what is at each path below /kb/; "gone" where nobody may."""
    known = {}
    for kind in ("article", "kb_category"):
        for row in fetch(lines.visible(kind, Address, "edit", Address.path, Record.state, Record.audience)):
            known[row.path] = row.audience if row.state == PUBLISHED else "gone"
    return known


def _why(row, there):
    if there is None or there == "gone":
        return "gone"
    return "closed" if audience.WIDTH.index(there) > audience.WIDTH.index(row.audience) else ""
