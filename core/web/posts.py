"""What people write to each other on a record: Markdown made safe, mentions, quotes, a page of posts as read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from core.data import access, concerns, conversation, credentials, people, scope, threads, unsent, voices
from core.data.db import now, transaction
from core.data.records import page_of
from core.errors import NotFound
from core.look import richtext
from core.parts import Kind
from core.web import attach, trust
from core.web.trust import LEVELS, REACTIONS, Level, Rules, rules

__all__ = ["LEVELS", "PER_PAGE", "REACTIONS", "Level", "Post", "Rules", "Sheet", "at", "closed", "count_links",
           "draft", "excerpt", "handle", "level", "made", "may_change", "mentioned", "page_of_post", "quote",
           "rules", "rules_of", "sheet", "shown", "write"]

PER_PAGE = 25
MOST_MENTIONS = 10
MOST_QUOTED = 5
_QUOTED = re.compile(r"^>.*\]\(/posts/([\w-]{1,64})\)", re.MULTILINE)
_MENTION = re.compile(r"(?<![\w@/.])@([^\W_](?:[\w.'-]{0,58}\w)?)")
_TAGS = re.compile(r"(<[^>]*>)")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S", re.IGNORECASE)
_PICTURE = re.compile(r"!\[(?=[^\]]*\]\()")
_CODE = re.compile(r"(```[\s\S]*?(?:```|\Z)|`[^`\n]*`|^(?: {4}|\t).*$)", re.MULTILINE)
_BARE = re.compile(r"(?<![\w(<\[/\"'=])(https?://[^\s<>()\[\]\"']*[^\s<>()\[\]\"'.,;:!?*_])")


# --- texts ---


def handle(name: str) -> str:
    """Write somebody's name as it stands behind an @: small letters, hyphens."""
    return re.sub(r"[^\w]+", "-", unicodedata.normalize("NFKC", name).casefold()).strip("-")


def count_links(source: str) -> int:
    """Count the addresses in a text that lead elsewhere, however they are written."""
    found = [one for one in _rich(source).links if not one.startswith(("/", "#"))]
    return max(len(found), len(_ADDRESS.findall(source)))


def own_words(record: Any, source: str) -> str:
    """Give a text without the lines that are quoted from posts of the same record: who quotes did not write them.

    A line that only looks like a quote stays: nobody hides links behind a >.
    """
    said: set[str] = set()
    for identity in list(dict.fromkeys(_QUOTED.findall(source)))[:MOST_QUOTED]:
        with suppress(NotFound):
            body = threads.message(record, identity, internal=False).body
            said.update(line.strip() for line in body.splitlines())
    return "\n".join(line for line in source.splitlines()
                     if not (line.startswith(">") and line[1:].strip() in said))


def mentioned(kind: str, record: Any, source: str, companies: Sequence[Any] | None = None) -> dict[int, str]:
    """Give whom a text means by @name, by key: who wrote here, the team, colleagues, other writers of a kind.

    Nobody else is looked for, but by the team: a text tells nothing about who there is. `record` may be None;
    `companies` are its author's memberships, by default of whoever asks.
    """
    words = {handle(word) for word in list(dict.fromkeys(_MENTION.findall(source)))[:MOST_MENTIONS]}
    if not words:
        return {}
    known = {} if record is None else threads.known_here(record)
    known |= {row.id: row.name for row in people.people(staff=True, active=True)}
    for member in scope.current().me.memberships if companies is None else companies:
        known |= {row.id: row.name for row in people.members(member.company_id)}
    names = [word.replace("-", " ") for word in words]
    knows = companies is None and scope.current().is_staff
    known |= threads.named(names) if knows else threads.writers(kind, names)
    found = {key: name for key, name in known.items() if handle(name) in words}
    return {key: found[key] for key in sorted(found)[:MOST_MENTIONS]}


def made(source: str, names: Iterable[str] = ()) -> dict[str, Any]:
    """Give what is kept beside a text: its HTML, by which renderer, and the names it mentions."""
    return {"html": _rich(source).html, "v": richtext.VERSION, "names": sorted(names)}


@lru_cache(maxsize=256)
def _rich(source: str) -> richtext.Rich:
    """Render a text once, for its links and for its HTML."""
    parts = [part if place % 2 else _BARE.sub(r"<\1>", _PICTURE.sub("[", part))
             for place, part in enumerate(_CODE.split(source))]
    return richtext.render("".join(parts))


def shown(entry: Any) -> Markup:
    """Give a post's HTML, made anew where an earlier renderer made what is kept."""
    data = entry.data or {}
    html = data["html"] if data.get("v") == richtext.VERSION else _rich(entry.body).html
    return Markup(_named(html, data.get("names") or ()))  # noqa: S704 - the renderer's own, names escaped


def _named(html: str, names: Collection[str]) -> str:
    """Set the names that are mentioned apart, in text alone: not in addresses, not in code."""
    by_handle = {handle(name): name for name in names}
    if not by_handle:
        return html
    inside, told = 0, list[str]()

    def name(match: re.Match[str]) -> str:
        found = by_handle.get(handle(match[1]))
        return f'<bdi class="mention">@{escape(found)}</bdi>' if found else match[0]

    for part in _TAGS.split(html):
        if part.startswith("<"):
            quiet = part.startswith(("<code", "<pre", "<a ", "</code", "</pre", "</a"))
            inside += (-1 if part.startswith("</") else 1) if quiet else 0
            told.append(part)
        else:
            told.append(part if inside else _MENTION.sub(name, part))
    return "".join(told)


def quote(entry: Any) -> str:
    """Write a post as a quote to answer."""
    lines = "\n".join(f"> {line}".rstrip() for line in entry.body.strip().splitlines()[:40])
    wrote = re.sub(r"([\\`*_\[\]<])", r"\\\1", entry.author_name)
    return f"> **{wrote}** [↗](/posts/{entry.public_id})\n>\n{lines}\n\n"


def excerpt(body: str, most: int = 160) -> str:
    """Give the beginning of a text without its form, for lists and search engines."""
    text = " ".join(richtext.render(body[:2000]).text.split())
    return text if len(text) <= most else f"{text[:most].rpartition(' ')[0]} …"


# --- who may write what ---


def _kind(record: Any) -> Kind:
    return access.kind_of(scope.current(), record.kind)


def rules_of(kind: Kind) -> Rules:
    """Give the tenant's rules for talking on records of a kind."""
    assert kind.talk is not None  # noqa: S101 - only kinds whose records people talk on come here
    found: Rules = kind.talk.rules()
    return found


def closed(record: Any) -> str:
    """Say why customers write nothing on a record now, "" where they may."""
    kind = _kind(record)
    return str(kind.talk.closed(record)) if kind.talk is not None else ""


def level(kind: str) -> Level:
    """Give the level of trust of whoever asks, on records of a kind."""
    return trust.level(kind, rules_of(access.kind_of(scope.current(), kind)))


def draft(record: Any) -> str:
    """Name the place of an unsent answer on a record (`parlour.unsent`)."""
    return f"posts/{record.kind}/{record.number}"


def may_change(record: Any, row: Any) -> bool:
    """Say whether whoever asks may change a post: its author while they may, and who looks after the kind."""
    kind, person = _kind(record), scope.current().person
    if person is None:
        return False
    if access.sees_notes(kind):
        return True
    hours = rules_of(kind).edit_hours
    fresh = not hours or (now() - row.created).total_seconds() < hours * 3600
    return row.author_id == person.id and fresh and row.held in ("", "waiting") and not closed(record)


def write(record: Any, body: str, files: Sequence[Any] = (), *, to: str = "", mine: Level | None = None,
          names: Mapping[int, str] | None = None) -> tuple[Any, dict[int, str]]:
    """Write a post on a record that came through the door for it, held; give its row and whom it mentions, by key.

    Inside the caller's transaction. `mine` is the writer's level where it was asked for before. What waits for
    approval is told to the team (`<plugin>.waiting`) and to nobody else yet. Raises Invalid, TooMany, NotFound.
    """
    kind, me = _kind(record), scope.current().me
    with transaction():
        if mine is None:
            credentials.in_turn(me.id)
            mine = level(kind.name)
            trust.each_hour(kind.name, mine)
            trust.check(mine, count_links(own_words(record, body)), len(files))
        found = dict(mentioned(kind.name, record, body) if names is None else names)
        data = made(body, found.values())
        if to:
            said = threads.message(record, to, internal=access.sees_notes(kind))
            data |= {"to": [said.public_id, said.author_name]}
        message = conversation.add_entry(record, body, author=me, data=data,
                                         held="waiting" if mine.approve else "")
        attach.keep(record, files, message=message)
        unsent.drop(draft(record))
        if mine.approve:
            concerns.raise_(message, "new", by_portal=True)
        return message, found


# --- a page of posts ---


@dataclass(frozen=True)
class Post:
    """A post as a page shows it: the entry, its HTML, what people say of it, and what whoever asks may do."""

    entry: Any
    html: Markup
    score: int = 0
    voted: int = 0
    reactions: tuple[tuple[str, Mapping[str, str], int, bool], ...] = ()
    reports: int = 0
    company: str = ""
    may_change: bool = False
    may_withdraw: bool = False
    may_say: bool = False


@dataclass(frozen=True)
class Sheet:
    """One page of a record's posts, and lines about what happened, in their order; `rules` are the tenant's."""

    posts: Sequence[Any]
    entries: Sequence[conversation.Entry]
    number: int
    pages: int
    rules: Rules

    @property
    def called(self) -> dict[str, str]:
        """Give whom one finds here to call, by what stands behind the @: who wrote the posts of this page."""
        return {handle(one.author_name): one.author_name for one in self.entries
                if one.kind == "message" and one.author_name and not one.held}


def sheet(record: Any, wanted: int = 1, *, keep: str = "") -> Sheet:
    """Give a page of a record's posts, the last one for 0. `keep` names the one its author cannot take back."""
    kind = _kind(record)
    said, internal = rules_of(kind), access.sees_notes(kind)
    total = threads.length(record, internal=internal)
    pages = max(1, -(-total // PER_PAGE))
    number = pages if wanted == 0 else min(max(1, wanted), pages)
    entries = conversation.entries(record, internal=internal, skip=(number - 1) * PER_PAGE, most=PER_PAGE)
    written = [one for one in entries if one.kind == "message"]
    keys = [one.key for one in written]
    totals, reports = voices.totals(keys), concerns.counts(keys) if internal else {}
    companies, shut = _companies(written, said), closed(record)
    posts = []
    for one in entries:
        post = _post(record, one, said, totals.get(one.key, {}))
        posts.append(one if one.kind != "message" else replace(
            post, reports=reports.get(one.key, 0), company=companies.get(one.author_id, ""),
            may_withdraw=_own(one) and one.held in ("", "waiting") and not shut and one.public_id != keep))
    return Sheet(posts, entries, number, pages, said)


def _own(entry: conversation.Entry) -> bool:
    person = scope.current().person
    return person is not None and entry.author_id == person.id


def _post(record: Any, entry: conversation.Entry, said: Rules, told: Mapping[str, tuple[int, int, int]]) -> Post:
    nothing = (0, 0, 0)
    reactions = tuple((name, one, told.get(f"react:{name}", nothing)[1], told.get(f"react:{name}", nothing)[2] > 0)
                      for name, one in said.reactions.items())
    score, _many, mine = told.get("vote", nothing)
    return Post(entry, shown(entry), score, mine, reactions,
                may_change=may_change(record, entry),
                may_say=scope.current().person is not None and not _own(entry) and not entry.held)


def _companies(written: Sequence[conversation.Entry], said: Rules) -> dict[int | None, str]:
    """Give where people work: to the team, to their colleagues, and to all where the tenant shows it."""
    who = scope.current()
    wanted = {one.author_id for one in written if one.author_id and not one.by_staff}
    if who.person is None or not wanted:
        return {}
    ours = {member.company_id for member in who.person.memberships}
    every = who.is_staff or said.show_company
    found = people.memberships(wanted)
    return {key: ", ".join(one.name for one in members if every or one.company_id in ours)
            for key, members in found.items()}


def page_of_post(record: Any, identity: str) -> int:
    """Give the page of a record's posts that one stands on. Raises NotFound."""
    internal = access.sees_notes(_kind(record))
    row = threads.message(record, identity, internal=internal)
    return threads.place(record, row, internal=internal) // PER_PAGE + 1


def at(record: Any, identity: str) -> str:
    """Give the address of a post on its page, or of the record where whoever asks does not see it any more."""
    path = page_of(_kind(record), record.number)
    try:
        number = page_of_post(record, identity)
    except NotFound:
        return path
    return f"{path}{f'?page={number}' if number > 1 else ''}#m-{identity}"
