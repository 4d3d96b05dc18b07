"""What a plugin hands over: frozen, without logic. The registry is made of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from core.paying import Account, Owed, Provider

ROLES = ("guest", "user", "company_user", "company_admin", "agent", "admin")
"""Everybody a permission can be given to, weakest first. `guest` is not signed in."""

STAFF = ("agent", "admin")

SCOPES = ("none", "own", "company", "all")
"""How far a permission reaches, narrowest first."""

CATEGORIES = ("open", "in_progress", "waiting", "resolved", "closed")
"""What every tenant's own word for a state is mapped to."""

AUDIENCES = ("private", "public", "customers", "company", "staff")
"""Who a record is meant for: `private` follows role scope; `public` is everybody, signed in or not;
`customers` everybody signed in; `company` the people of its company; `staff` the tenant's staff."""


@dataclass(frozen=True)
class Nav:
    """An entry in the navigation. `permission` is a full name.

    `area` is "portal", "staff", "account", "settings" (the groups beside a settings page), or "quick" (what people
    do right from their home page).
    `badge` counts what waits there for whoever asks; it is contained, and 0 shows nothing. `more` gives further
    entries that stand after it for whoever asks, as (title in their language, path): such as pages that staff
    writes; it is asked for each page, so it has to be quick. Without a title of its own it is these alone.
    """

    title: str
    path: str
    permission: str
    icon: str = "circle"
    area: str = "portal"
    order: int = 50
    plugin: str = ""
    badge: Callable[[], int] | None = None
    more: Callable[[], Sequence[tuple[str, str]]] | None = None


@dataclass(frozen=True)
class Manifest:
    """`plugin.yaml`, read without running code.

    `permissions` maps an action to role -> scope; the full name of a permission is `<id>.<action>`.
    `at_least` and `up_to` hold, by action, how far a tenant can narrow and widen that for a role; `acts` says what
    an action lets do; `translations` maps languages to texts to their translation, beside a `locale` folder.
    `needs` are ids of plugins that must be on; `requires` are Python distributions that must be installed.
    """

    id: str
    title: str
    path: Path
    summary: str = ""
    version: str = "0"
    face: int = 1
    needs: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    default: bool = False
    permissions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    at_least: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    up_to: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    acts: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    events: Mapping[str, Any] = field(default_factory=dict)
    navigation: tuple[Nav, ...] = ()
    records: Mapping[str, Any] = field(default_factory=dict)
    builtin: bool = False
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Talk:
    """How people write to each other on records of a kind: votes, reports, changes and approval come with it.

    `rules()` gives what the tenant says (`posts.rules` of its settings). `closed(row)` says why customers write
    nothing on a record now, "" where they may. `done(row, post, what)` does what follows for the record, in the
    transaction: `what` is "voted", "reported", "edited", "held", "shown" (for the first time), "restored",
    "hidden", "withdrawing" (it may refuse) or "withdrawn"; `post` is the row as it was before. Its plugin has the
    permissions `reply` (write, change one's own) and `react` (vote, report); `Kind.note_permission` lets decide.
    """

    rules: Callable[[], Any]
    closed: Callable[[Any], str]
    done: Callable[[Any, Any, str], None]


@dataclass(frozen=True)
class Kind:
    """A kind of record. Whoever declares it gets list, detail, conversation, files, search and API.

    `name` is singular ("ticket"), `plural` stands in addresses and the API ("tickets"), `prefix` in numbers
    ("TKT" gives TKT-001). `body` is the plugin's own table (a `parlour.Table`), None for records whose rest
    is JSON. `href` makes the address of one record from its number, with `{number}`. `fields` is the JSON
    Schema of what the API and exports show of it. `create(json)`, `update(row, json)` and `reply(row, json)` are
    the verbs behind POST, PATCH and POST messages; absent ones answer 405. `shape(row)` adds to what the API
    shows, `brief(row)` what its lists show instead, without what takes a question for each row; `ahead(rows)` asks
    once for what a list's rows need (a mapping), and both get it as a second argument (for one row they get none).
    `states()` gives each state's word, `note_permission` is what reading notes takes, else `<id>.note`.
    `words` gives what search finds a record by beside title and conversation: text for everybody who may see it,
    and text for staff (excerpts never reach over an empty line); without it, that is what `fields` declares
    (`x-internal`: for staff) and all else.
    `shown` gives, of a row with its body, title and text in the words of whoever asks, where they are others than
    the record's (a translation). `answers` says that records of this kind may answer a question: they are offered
    while somebody writes one. `new` is the address of the form that makes one; it takes `title`. `open` gives
    the pages that whoever asks may read, for search engines: (path, when it changed, languages it can be read in).
    `merge(source, target, inside)` writes what becomes of two of them that are made one: it changes both, and
    says on the source by `merged`, a column of the body, what number it went into; `inside`: for the team.
    `titles` is what several are called ("Tickets"). Numbers have at least `width` digits; `yearly` counts each
    year by itself (QUO-2026-001).
    What can be paid says by `owes(row)` what is still open (`Owed`); `take(row, amount, payment)` books so much of
    a payment on it, less than 0 where money went back; it is held, in the payment's own transaction. What is money
    that came says by `account` (`Account`) how it counts.
    `narrow` gives the conditions of a list whose address has these parameters, for `visible(...).where`: exports
    and acts mean the same records as the page; without it a list knows `q` alone.
    `gives` gives what a record tells one that begins from it, all of it optional: `subject`, `body` (text), `text`
    (Markdown that others can learn from), `summary`, `currency`, `lines` (mappings of `text`, `sku`, `quantity`
    and `tax` as exact texts, `price` in minor units, `discount`), `included` (prices hold tax), `rounding` ("line"
    or "total"), `reference`, `address` (lines of text), and for what others order, `sells`
    (docs/plugins/contract.md). `until` is a column of the body in whole seconds since 1970: from that moment on
    the door leads the team alone to a record (null: no end). `document` is the address of what can be downloaded
    of one (a PDF), with `{number}`. With `talk`, people write to each other on its records.
    """

    name: str
    plural: str
    prefix: str
    title: str
    plugin: str = ""
    body: Any = None
    href: str = ""
    icon: str = "circle"
    fields: Mapping[str, Any] = field(default_factory=dict)
    create: Callable[..., Any] | None = None
    update: Callable[..., Any] | None = None
    reply: Callable[..., Any] | None = None
    shape: Callable[..., Mapping[str, Any]] | None = None
    brief: Callable[..., Mapping[str, Any]] | None = None
    ahead: Callable[[Any], Mapping[str, Any]] | None = None
    states: Callable[..., Mapping[str, str]] | None = None
    note_permission: str = ""
    words: Callable[[Any], tuple[str, str]] | None = None
    shown: Callable[[Any], tuple[str, str]] | None = None
    answers: bool = False
    new: str = ""
    open: Callable[[], tuple[tuple[str, datetime, tuple[str, ...]], ...]] | None = None
    narrow: Callable[[Mapping[str, str]], tuple[Any, ...]] | None = None
    merge: Callable[[Any, Any, bool], None] | None = None
    titles: str = ""
    width: int = 3
    yearly: bool = False
    talk: Talk | None = None
    gives: Callable[[Any], Mapping[str, Any]] | None = None
    document: str = ""
    owes: Callable[[Any], Owed] | None = None
    take: Callable[[Any, int, Any], None] | None = None
    until: Any = None
    account: Account | None = None


@dataclass(frozen=True)
class Begin:
    """How a record of one kind begins from a record of another, without knowing its plugin.

    `name` is "<plugin>.<word>", `kind` what it makes, `label` what the button says, `permission` what whoever asks
    needs ("orders.create"). `of` names the kinds it begins from; none means all others. `needs` are words that the
    other has to tell (`Kind.gives`: `lines`, `currency` ...). `form` is the address of a form, which then gets
    `?about=<number>` and calls `begin.link` as it saves; without it `call(row, told)` makes the record at once and
    gives its row. `check(row)` says whether it is offered. `once`: a second time gives what the first one made.
    """

    name: str
    kind: str
    label: str
    permission: str
    form: str = ""
    call: Callable[[Any, Mapping[str, Any]], Any] | None = None
    of: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    check: Callable[[Any], bool] | None = None
    once: bool = False
    icon: str = "arrow-right"
    order: int = 50
    plugin: str = ""


@dataclass(frozen=True)
class Panel:
    """A card on the home page. `render` returns HTML (Markup) or None to leave it out; it is contained."""

    id: str
    title: str
    permission: str
    render: Callable[[], Any]
    order: int = 50
    plugin: str = ""


@dataclass(frozen=True)
class Reader:
    """Somebody who wants to be told of an event, from the outbox, at least once.

    `event` is a full name ("tickets.opened") or "*". `name` is unique within the plugin: together with the
    event's id it makes the delivery happen once.
    """

    event: str
    name: str
    call: Callable[..., None]
    plugin: str = ""


@dataclass(frozen=True)
class Notice:
    """What people are told when an event happens, and who.

    `to` picks the people: any of "requester", "followers", "assignee", "team", "staff", "company", and "person",
    "people" (keys in the event's data). Whoever did it is told only where "actor" is among them. `template`
    names the mail template (`<plugin>/mail/<name>`), none means no mail; `title` is one line for the bell, with
    %(number)s, %(title)s, %(actor)s and texts of the event's data. `label` names the kind of event where people
    choose ("Somebody answers"). `kind` is "security" (always comes), "transactional" or "marketing" (by
    consent). An event that carries internal text sets `staff_only`: its mail is a link, without the text.
    `values` are texts of the event's data that the mail's words may name as `{what}`, each with an example.
    """

    event: str
    title: str
    to: tuple[str, ...]
    template: str = ""
    kind: str = "transactional"
    staff_only: bool = False
    label: str = ""
    plugin: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Mail:
    """A letter that no event brings (`parlour.letters`), so that admins may word it; a `Notice` has its mail.

    `name` is "<plugin>.<word>", `template` what it is sent with, `label` names it in a few words. `values` are
    what its words may name beside {person}, {portal}, {address} and {link}: names of the letter's values, each
    with an example. `needs` are names no text can do without. Where several share a template, `when` says with
    which values a letter is this one (one value, or a tuple of them).
    """

    name: str
    template: str
    label: str
    values: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    when: Mapping[str, Any] = field(default_factory=dict)
    plugin: str = ""


@dataclass(frozen=True)
class Told:
    """What a channel passes on to one person: one line about one event, with the rights of this moment.

    `key` is the same for every try, so that a service that is asked twice sends once. `person` is who it goes to
    (id, public_id, name, email, language), `phone` their number as they gave it, "" for none. `text` is in their
    language, `link` leads to the page; `number` and `title` are the record's, "" where it is about none.
    """

    key: str
    event: str
    text: str
    link: str
    person: Any
    phone: str = ""
    number: str = ""
    title: str = ""


@dataclass(frozen=True)
class Channel:
    """A way to tell people of events: a column of what each of them chooses.

    `send(told)` passes one `Told` on, from the worker; raise an exception and it is tried again. `label` heads the
    column. Nobody is told on it before they ticked it; where `consent` names one ("sms"), not before they gave
    that either. Bell and mail are channels of the host's own, without `send`.
    """

    name: str
    label: str
    send: Callable[[Told], None] | None = None
    consent: str = ""
    plugin: str = ""


@dataclass(frozen=True)
class Job:
    """Work on a schedule. `every` is in seconds; `call` gets no arguments and runs once per tenant."""

    name: str
    every: int
    call: Callable[[], None]
    plugin: str = ""


@dataclass(frozen=True)
class Import:
    """What `parlour import` can create: `name` is the word in a mapping ("ticket").

    `fields` is the JSON Schema of a row, or a function that gives it for the tenant at hand; `x-lines` marks texts
    of several lines, an array of objects takes nested rows, and look-ups arrive as the keys `call` gave before.
    `call(row)` gets cleaned values and `external_id`, `known` (the key it gave for this row before, as text, or
    None) and `changed`; it writes in the transaction at hand, publishes nothing, and gives ("created" or "updated"
    or "skipped", key), with a third value {field: [(word, key), ...]} where rows are nested, in their order. What
    a row brought along (pictures) is accounted for in its list `beside`: (what, "created" or "skipped", why).

    `match` gives, by the name of a field, how to find what is here already: a function of its value that gives the
    key or None; look-ups use it, too (`x-find` in a field's schema names the kind it holds a key of; with `x-new`
    `call` makes what is not found and gets its name after "new:"). `give` is the way back: what `call` would take
    to make a record (its row with its body), look-ups as people write them, so that what is exported can be
    imported. `title` names what it makes, in the plural.
    """

    name: str
    fields: Mapping[str, Any] | Callable[[], Mapping[str, Any]]
    call: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    plugin: str = ""
    match: Mapping[str, Callable[[str], int | None]] = field(default_factory=dict)
    give: Callable[[Any], Mapping[str, Any]] | None = None
    title: str = ""


@dataclass(frozen=True)
class Act:
    """Something that can be done to many at once, in the background, with the rights of whoever began it.

    `of` is a kind of record, "person" or "company"; `permission` is asked for each of them, through the door
    where it is a record. `call(row, values)` does it to one, in a transaction of its own, and gives what
    `undo(row, before)` needs to take it back, or None where there was nothing to do; it raises ParlourError in
    words. `form` gives the form of what has to be said with it (None: nothing). `check(row, values)` says why one
    would be left out ("" where it would not); `says(values)` says in one sentence what will happen. `whole(rows,
    values)` does it to all of them in one go, while whoever said yes waits: for what is one change of settings.
    """

    name: str
    title: str
    of: str
    permission: str
    call: Callable[[Any, Mapping[str, Any]], Mapping[str, Any] | None]
    says: Callable[[Mapping[str, Any]], str]
    form: Callable[[], Any] | None = None
    check: Callable[[Any, Mapping[str, Any]], str] | None = None
    undo: Callable[[Any, Mapping[str, Any]], None] | None = None
    order: int = 50
    plugin: str = ""
    whole: Callable[[list[Any], Mapping[str, Any]], None] | None = None


@dataclass(frozen=True)
class Demo:
    """Demo content of one plugin; `call` is told the tenant's slug and runs inside its scope."""

    call: Callable[[str], None]
    order: int = 50
    plugin: str = ""


@dataclass(frozen=True)
class Registry:
    """Everything all loaded plugins handed over, checked for clashes, never changed again.

    `permissions` maps a full permission name to role -> scope. `failed` maps a plugin's id to what is wrong
    with it, in words. `known` holds every manifest that was found, also of plugins that are out; `hooks` names
    the hooks each loaded plugin implements.
    """

    manifests: Mapping[str, Manifest] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    plurals: Mapping[str, Kind] = field(default_factory=dict)
    permissions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    navigation: tuple[Nav, ...] = ()
    panels: tuple[Panel, ...] = ()
    readers: tuple[Reader, ...] = ()
    notices: tuple[Notice, ...] = ()
    channels: tuple[Channel, ...] = ()
    mails: tuple[Mail, ...] = ()
    jobs: tuple[Job, ...] = ()
    imports: Mapping[str, Import] = field(default_factory=dict)
    acts: Mapping[str, Act] = field(default_factory=dict)
    demos: tuple[Demo, ...] = ()
    providers: Mapping[str, Provider] = field(default_factory=dict)
    begins: tuple[Begin, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Manifest] = field(default_factory=dict)
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
