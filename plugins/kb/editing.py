"""What becomes of versions: compared, planned, published when due; and what is wrong with what readers see."""

import difflib
import logging
import re
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from peewee import DatabaseError

from parlour import FieldError, Invalid, Record, current, fetch, label, lines, record_act, transaction, visible
from parlour import gettext as _
from parlour import now as this_moment

from . import audience, service
from .models import ARCHIVED, DRAFT, PUBLISHED, Address, Article, Text, Version, seconds

log = logging.getLogger("parlour.kb")
AROUND = 2
"""Lines that stay in sight before and after a change."""

WORK = 100_000_000
"""Steps that a comparison may take at worst, about two seconds; passages beyond it are shown as a whole."""

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
        except DatabaseError:
            raise  # that is not about this article: all of them wait
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


def compare(old, new):
    """Give what changed between two texts: (mark, text); a mark is "", "ins", "del" or "…" (lines left out)."""
    before, after, told = old.splitlines(), new.splitlines(), []
    left = WORK - _steps(before, after, len(after) // 100 + 1)  # what stands there more often is passed over
    for tag, i1, i2, j1, j2 in _changed(before, after, left):
        if tag == "equal":
            told += _quiet(before[i1:i2], first=i1 == 0, last=i2 == len(before))
        else:
            found, left = _words("\n".join(before[i1:i2]), "\n".join(after[j1:j2]), left)
            told += [*found, ("", "\n")]
    return told


def _changed(before, after, left):
    if before == after:
        return [("equal", 0, len(before), 0, len(after))]
    if left < 0:
        return [("replace", 0, len(before), 0, len(after))]
    return difflib.SequenceMatcher(None, before, after).get_opcodes()


def _steps(one, other, usual):
    """Say how many steps comparing takes at worst: each thing found looks at all that stands in both once more."""
    often = Counter(other)
    pairs = sum(often[word] for word in one if len(other) < 200 or often[word] <= usual)
    return min(len(one), len(other)) * (pairs + len(one))


def _quiet(same, *, first, last):
    head, tail = (0 if first else AROUND), (0 if last else AROUND)
    if len(same) <= head + tail + 1:
        return [("", "\n".join(same) + "\n")]
    shown = [("", "\n".join(same[:head]) + "\n")] if head else []
    rest = [("", "\n".join(same[len(same) - tail:]) + "\n")] if tail else []
    return [*shown, ("…", str(len(same) - head - tail)), *rest]


def _words(old, new, left):
    """Give what changed inside a passage, and how many steps are left for those that follow."""
    one, other = re.findall(r"\S+\s*|\s+", old), re.findall(r"\S+\s*|\s+", new)
    steps = _steps(one, other, len(other))
    if steps > left:
        return [(mark, text) for mark, text in (("del", old), ("ins", new)) if text], left
    told = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        gone, come = "".join(one[i1:i2]), "".join(other[j1:j2])
        told += [("", gone)] if tag == "equal" else [(m, t) for m, t in (("del", gone), ("ins", come)) if t]
    return told, left - steps


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
