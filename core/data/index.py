"""The search index: a row per record and the words of each tenant, kept in the transaction of the change."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from peewee import BareField, BigIntegerField, CompositeKey, IntegerField, TextField, Value, fn

from core.data import scope
from core.data.conversation import Message
from core.data.db import (
    TenantBase,
    among,
    db,
    door,
    fetch,
    is_sqlite,
    kept,
    kept_write,
    late,
    projectors,
    transaction,
)
from core.data.records import RECORD, Record, label
from core.data.words import keys, spelt, stems, words
from core.parts import Kind

log = logging.getLogger("parlour.search")

MOST = 100_000
"""Folded characters of a record that are found, for the public and again for the internal text: the newest."""

BATCH = 100
"""Records brought up to date by one statement."""

LEARNT = 500
"""Words of one record that misspelt ones are led to: the first; a text of nonsense must not hold up others."""

_WORDS = ("CREATE TABLE search_word (tenant integer NOT NULL, key text NOT NULL, word text NOT NULL, "
          "PRIMARY KEY (tenant, key, word))")
_SQLITE = ("CREATE VIRTUAL TABLE search USING fts5(key, title, public, internal, detail='column', "
           "prefix='2 3', tokenize=\"unicode61 remove_diacritics 0 tokenchars '_+'\")", _WORDS + " WITHOUT ROWID")
_POSTGRES = ("CREATE TABLE search (rowid bigint PRIMARY KEY REFERENCES record (id) ON DELETE CASCADE, "
             "public_words tsvector NOT NULL, all_words tsvector NOT NULL)",
             "CREATE INDEX search_public_words ON search USING gin (public_words)",
             "CREATE INDEX search_all_words ON search USING gin (all_words)",
             # Without knowing how rare a word is, the planner reads every record for one that nobody wrote.
             "ALTER TABLE search ALTER public_words SET STATISTICS 1000",
             "ALTER TABLE search ALTER all_words SET STATISTICS 1000", _WORDS)


class Search(TenantBase):
    """What a record is found by. Its key is the record's.

    On SQLite an FTS5 table: `key`, `title`, `public` and `internal` are columns of words, `match` asks it. On
    PostgreSQL two sets of words, for customers and for those who see notes, with the key's words (`=t1`) in both.
    Beside each word stands its stem where it has one (`_invoic`), and those of the title once more (`+invoice`).
    """

    rowid = BigIntegerField(primary_key=True)
    key = TextField()
    title = TextField()
    public = TextField()
    internal = TextField()
    match = BareField(column_name="search")
    public_words = BareField()
    all_words = BareField()


class Spelling(TenantBase):
    """A word that stands in some record of a tenant, by each key that a misspelt one may share (`words.keys`).

    It has the key "" once. Nobody reads these words: what they lead to is looked up through the door like any word
    that was typed. One stays when its last record is gone, until the index is made anew.
    """

    tenant = IntegerField()
    key = TextField()
    word = TextField()

    class Meta:
        """One row per tenant, key and word."""

        table_name = "search_word"
        primary_key = CompositeKey("tenant", "key", "word")


DERIVED = ("search", "search_word")
"""Tables that are made anew from the records."""


def create() -> None:
    """Make the index's tables on this process's engine."""
    for statement in _SQLITE if is_sqlite() else _POSTGRES:
        db.execute_sql(statement)


def drop() -> None:
    """Drop the index's tables."""
    for name in DERIVED:
        db.execute_sql(f"DROP TABLE IF EXISTS {name}")


def key_words(row: Any, tenant: int) -> list[str]:
    """Give the words that keep search inside its bounds: tenant, kind, company, person, audience, shared.

    Each but the kind belongs to one tenant: keys of people and companies do, and so do the words made here.
    """
    company = row.company_id or f"0t{tenant}"
    parts = [f"t{tenant}", f"k{row.kind}", f"a{row.audience}t{tenant}", f"c{company}",
             f"p{row.person_id or f'0t{tenant}'}"]
    meant = [str(row.company_id or f"0t{tenant}"), *row.shared.split()] if row.audience == "company" else ()
    return [*parts, *(f"s{one}" for one in meant)]


def _flat(value: Any, labels: Mapping[str, Any]) -> Iterable[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _flat(inner, labels)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(inner, labels)
    elif value not in (None, "", True, False):
        yield str(labels.get(str(value), value))


def _declared(kind: Kind, row: Any) -> tuple[str, str]:
    """Give the text of a record's fields: of the declared ones for everybody, of all others for staff."""
    declared = kind.fields.get("properties", {})
    public: list[str] = []
    internal: list[str] = []
    for name, value in (row.fields or {}).items():
        schema = declared.get(name, {"x-internal": True})
        place = internal if schema.get("x-internal") else public
        place.extend(_flat(value, schema.get("x-labels", {})))
    return " ".join(public), " ".join(internal)


def _own_words(kind: Kind | None, row: Any) -> tuple[str, str]:
    """Give what a record is found by beside title and conversation."""
    if kind is None:
        return "", ""
    whole = _with_body(kind, row) if kind.words else None
    return told(kind, whole) if whole is not None else _declared(kind, row)


def told(kind: Kind, row: Any) -> tuple[str, str]:
    """Give what a kind's `words` says of a row with its body; a plugin that fails at it only loses that."""
    if kind.words is None:
        return "", ""
    try:
        public, internal = kind.words(row)
        return str(public), str(internal)
    except Exception:
        log.exception("plugin '%s' failed to give the words of %s %s", kind.plugin, kind.name, row.number)
        return "", ""


def _with_body(kind: Kind, row: Any) -> Any | None:
    """Give a row with its body; None where there is none: it went since, or has not come yet."""
    if not kind.body:
        return row
    body = tuple(field for field in kind.body._meta.sorted_fields if field.name != "record")

    def build() -> Any:
        query = door(Record.select(*RECORD, *body), Record, kind.body).join(
            kind.body, on=(kind.body.record == Record.id))
        return query.where(Record.id == late("id", 0), Record.tenant == late("tenant", 0))

    found = kept(("indexed", kind.name, kind.body), build, id=row.id, tenant=scope.current().tenant_id)
    return found[0] if found else None


def _said(record_ids: Collection[int]) -> dict[int, tuple[list[str], list[str]]]:
    """Give the messages and the notes of some records, newest first, as far as they can be found."""
    def build() -> Any:
        return door(Message.select(Message.record, Message.body, Message.internal), Message).where(
            Message.tenant == late("tenant", 0), among(Message.record, "ids"),
            Message.kind == "message").order_by(Message.created.desc(), Message.id.desc()).limit(late("most", 0))

    said: dict[int, tuple[list[str], list[str]]] = {}
    for row in kept(("index.said",), build, tenant=scope.current().tenant_id, ids=list(record_ids),
                    most=1000 * len(record_ids)):
        public, notes = said.setdefault(row.record_id, ([], []))
        (notes if row.internal else public).append(row.body)
    return said


def _records() -> Any:
    """Ask for records; nobody removes one before what is made of it is written."""
    query = door(Record.select(*RECORD), Record).where(Record.tenant == late("tenant", 0), among(Record.id, "ids"))
    return query if is_sqlite() else query.for_update("FOR KEY SHARE")  # type: ignore[arg-type]


def _cut(texts: Iterable[str]) -> list[str]:
    """Give the words of some texts until there are enough."""
    kept: list[str] = []
    size = 0
    for text in texts:
        for word in words(text[:MOST]):
            size += len(word) + 1
            if size > MOST:
                return kept
            kept.append(word)
    return kept


def _row(record: Any, said: Sequence[str], noted: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Give the index's row of a record, as this engine keeps it, and its words."""
    tenant = scope.current().tenant_id
    public_text, internal_text = _own_words(scope.current().registry.kinds.get(record.kind), record)
    key, title = key_words(record, tenant), words(record.title)
    public, internal = _cut([public_text, *said]), _cut([internal_text, *noted])
    found = [*title, *public, *internal]
    title += [*stems(title), *_number(record)]
    title += [f"+{word}" for word in title]
    public += stems(public)
    internal += stems(internal)
    if is_sqlite():
        return {"rowid": record.id, "key": " ".join(key), "title": " ".join(title), "public": " ".join(public),
                "internal": " ".join(internal)}, found
    base = {f"={word}" for word in key} | set(title) | set(public)
    return {"rowid": record.id, "public_words": _vector(base), "all_words": _vector(base | set(internal))}, found


def _number(record: Any) -> list[str]:
    """Give the words a record's number is found by: TKT-007, tkt-7 and 7."""
    kind = scope.current().registry.kinds.get(record.kind)
    return [*words(label(kind, record.number) if kind else ""), str(record.number)]


def _vector(found: Collection[str]) -> Any:
    return fn.array_to_tsvector(Value(sorted(found), unpack=False))


def project(record_ids: Collection[int]) -> None:
    """Bring the index up to date for these records of the current tenant, inside the caller's transaction."""
    tenant, ordered = scope.current().tenant_id, sorted(record_ids)
    learnt: set[str] = set()
    for start in range(0, len(ordered), BATCH):
        ids = ordered[start:start + BATCH]
        said = _said(ids)
        rows = []
        for record in kept(("index.records",), _records, tenant=tenant, ids=ids):
            row, found = _row(record, *said.get(record.id, ((), ())))
            rows.append(row)
            learnt.update(list(dict.fromkeys(filter(spelt, found)))[:LEARNT])
        _write(rows)
    _learn(learnt)


def _write(rows: list[dict[str, Any]]) -> None:
    def build() -> Any:
        return door(Search.insert({name: late(name, "") for name in rows[0]}).on_conflict_replace(), Search)

    if is_sqlite():
        for row in rows:
            kept_write(("index.write",), build, **row)
    elif rows:
        door(Search.insert_many(rows).on_conflict(
            conflict_target=[Search.rowid], preserve=[Search.public_words, Search.all_words]), Search).execute()


def _known() -> Any:
    return door(Spelling.select(Spelling.word), Spelling).where(
        Spelling.tenant == late("tenant", 0), Spelling.key == "", among(Spelling.word, "words"))


def _learn(found: Collection[str]) -> None:
    """Remember words that a misspelt one may mean. In order, so that two who write the same words never block."""
    tenant, ordered = scope.current().tenant_id, sorted({*found, *(
        bare for bare in stems(found) if not bare[1].isascii() and spelt(bare[1:]))})
    known = {row.word for row in kept(("index.known",), _known, tenant=tenant, words=ordered)} if ordered else ()
    rows = [{"tenant": tenant, "key": key, "word": word} for word in ordered if word not in known
            for key in ("", *keys(word.lstrip("_")))]
    for start in range(0, len(rows), 1000):
        door(Spelling.insert_many(rows[start:start + 1000]).on_conflict_ignore(), Spelling).execute()


def lookalikes(keys_: Collection[str], least: int, most: int) -> list[str]:
    """Give the words of the current tenant with one of these keys and a length between two numbers."""
    return [row.word for row in fetch(door(Spelling.select(Spelling.word), Spelling).where(
        Spelling.tenant == scope.current().tenant_id, Spelling.key.in_(list(keys_)),
        fn.LENGTH(Spelling.word).between(least, most)).distinct().limit(2000))]


def beginning(word: str, most: int) -> list[str]:
    """Give words of the current tenant that begin like this one and go on, at most `most`: the first there are.

    They are those that misspelt ones are led to, so there may be further ones; where the database orders letters
    otherwise, there are fewer.
    """
    def build() -> Any:
        return door(Spelling.select(Spelling.word), Spelling).where(
            Spelling.tenant == late("tenant", 0), Spelling.key == "", Spelling.word > late("first", ""),
            Spelling.word < late("beyond", "")).order_by(Spelling.word).limit(most)

    beyond = word[:-1] + chr(min(ord(word[-1]) + 1, 0xd7ff))
    rows = kept(("index.beginning", most), build, tenant=scope.current().tenant_id, first=word, beyond=beyond)
    return [row.word for row in rows if row.word.startswith(word)]


projectors.append(project)


def rebuild() -> int:
    """Make the index of the current tenant anew, a batch per transaction; give how many records it holds."""
    done, last = 0, 0
    with transaction():
        door(Spelling.delete(), Spelling).where(Spelling.tenant == scope.current().tenant_id).execute()
    while True:
        with transaction():
            ids = [row.id for row in fetch(door(Record.select(Record.id), Record).where(
                Record.tenant == scope.current().tenant_id, Record.id > last).order_by(Record.id).limit(BATCH))]
            if not ids:
                break
            project(ids)
        done, last = done + len(ids), ids[-1]
    with transaction():
        forget(Search.rowid.not_in(door(Record.select(Record.id), Record)))
        if not is_sqlite():
            db.obj.run("ANALYZE search", ())  # counts words, gives no row away
    return done


def forget(condition: Any) -> None:
    """Take rows out of the index: those of a removed record."""
    door(Search.delete(), Search).where(condition).execute()
