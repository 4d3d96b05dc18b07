"""No statement reaches tenant data without the door's mark, however it is put together."""

import peewee
import pytest
from peewee import CharField, fn

from core.data import access, people
from core.data.conversation import Message
from core.data.db import count, db, door, fetch, first
from core.data.guard import Fragment, schema_work
from core.data.people import Company, Membership, Person
from core.data.records import Record, Table
from core.errors import DoorError, ParlourError


class Wish(Table):
    """What a plugin's own table looks like."""

    text = CharField(default="")

    class Meta:
        table_name = "plug_wish"


class Plain(peewee.Model):
    """A table of nobody's, such as a plugin might make by hand."""

    record = peewee.IntegerField()

    class Meta:
        database = db
        table_name = "plug_plain"


RAW = peewee.Table("record").bind(db)
ODD = peewee.Table("RECORD").bind(db)
PATH = peewee.Table("record", schema="main").bind(db)
Other = Record.alias()

def _cte():
    found = Record.select(Record.id).cte("found", columns=("id",))
    return Plain.select(found.c.id).join(found, on=Plain.record == found.c.id).with_cte(found)


def _without_where(query):
    query._where = None
    return query


def _with_where(query, where):
    query._where = where
    return query


READS = {
    "select": lambda: list(Record.select()),
    "columns only": lambda: Record.select(Record.title).tuples().execute(),
    "body": lambda: list(Wish.select()),
    "people": lambda: list(Person.select()),
    "messages": lambda: list(Message.select()),
    "get": lambda: Record.get(Record.id == 1),
    "get_by_id": lambda: Record.get_by_id(1),
    "get_or_none": lambda: Record.get_or_none(Record.id == 1),
    "item": lambda: Record[1],
    "count": lambda: Record.select().count(),
    "exists": lambda: Record.select().where(Record.id == 1).exists(),
    "aggregate": lambda: Record.select(fn.MAX(Record.id)).scalar(),
    "fetch": lambda: fetch(Record.select(Record.id)),
    "first": lambda: first(Wish.select(Wish.text)),
    "counted": lambda: count(Record.select(Record.id)),
    "alias": lambda: list(Other.select()),
    "joined": lambda: fetch(Plain.select(Record.title).join(Record, on=Plain.record == Record.id)),
    "joined alias": lambda: fetch(Plain.select(Other.title).join(Other, on=Plain.record == Other.id)),
    "comma join": lambda: fetch(Plain.select(Record.title).from_(Plain, Record)),
    "joined to the door": lambda: fetch(access.visible("ticket").join(Company, on=Record.company == Company.id)),
    "the door twice": lambda: fetch(access.visible("ticket", "view", Other.title).join(
        Other, on=Other.id > Record.id)),
    "subquery": lambda: fetch(access.visible("ticket").where(Record.id.in_(Record.select(Record.id)))),
    "subquery of another table": lambda: fetch(access.visible("ticket").where(
        Record.person.in_(Person.select(Person.id).where(Person.role == "admin")))),
    "exists within": lambda: fetch(access.visible("ticket").where(
        fn.EXISTS(Person.select(Person.id).where(Person.password.startswith("$argon2"))))),
    "scalar column": lambda: fetch(access.visible("ticket", "view", Record.id, Person.select(
        Person.password).limit(1).alias("value"))),
    "from a subquery": lambda: list(peewee.Select((Record.select(),), (peewee.SQL("*"),)).bind(db)),
    "cte": lambda: list(_cte()),
    "union": lambda: fetch(access.visible("ticket", "view", Record.id) | Record.select(Record.id)),
    "except": lambda: fetch(Record.select(Record.id) - access.visible("ticket", "view", Record.id)),
    "table object": lambda: list(RAW.select(RAW.c.title)),
    "table object in capitals": lambda: list(ODD.select(ODD.c.title)),
    "table object by path": lambda: list(PATH.select(PATH.c.title)),
    "body as table object": lambda: list(peewee.Table("plug_wish").bind(db).select(peewee.SQL("*"))),
    "raw": lambda: list(Record.raw("SELECT * FROM record")),
    "raw of another model": lambda: list(Plain.raw('SELECT id FROM "Record"')),
    "execute_sql": lambda: db.execute_sql("select title from record"),
    "sql in a column": lambda: fetch(access.visible("ticket", "view", Record.id, peewee.SQL(
        "(select password from person limit 1)").alias("value"))),
    "sql in a condition": lambda: fetch(access.visible("ticket").where(
        peewee.SQL("exists (select 1 from person where role = 'admin')"))),
}

WIDENED = {
    "orwhere": lambda query: query.orwhere(Record.id > 0),
    "orwhere after where": lambda query: query.where(Record.number > 0).orwhere(Record.id > 0),
    "where taken away": _without_where,
    "where turned round": lambda query: _with_where(query, ~query._where),
    "where put into an or": lambda query: _with_where(query, query._where | (Record.id > 0)),
}

WRITES = {
    "insert": lambda: Record.insert(tenant=1, kind="ticket", number=9, title="x").execute(),
    "create": lambda: Record.create(tenant=1, kind="ticket", number=9, title="x"),
    "save": lambda: Record(tenant=1, kind="ticket", number=9, title="x").save(),
    "save of a body": lambda: Wish(record=1, text="x").save(force_insert=True),
    "insert_many": lambda: Wish.insert_many([{"record": 1, "text": "x"}]).execute(),
    "bulk_create": lambda: Wish.bulk_create([Wish(record=1, text="x")]),
    "bulk_update": lambda: Wish.bulk_update([Wish(record=1, text="x")], [Wish.text]),
    "replace": lambda: Wish.replace(record=1, text="x").execute(),
    "get_or_create": lambda: Wish.get_or_create(record=1),
    "update": lambda: Record.update(title="x").execute(),
    "update of a body": lambda: Wish.update(text="x").where(Wish.record == 1).execute(),
    "update with a subquery": lambda: Plain.update(record=Record.select(fn.MAX(Record.id))).execute(),
    "update from": lambda: Plain.update(record=Record.id).from_(Record).where(Plain.record == Record.id).execute(),
    "update by a condition": lambda: Plain.update(record=1).where(
        Plain.record.in_(Record.select(Record.id))).execute(),
    "set_by_id": lambda: Wish.set_by_id(1, {"text": "x"}),
    "delete": lambda: Record.delete().execute(),
    "delete_by_id": lambda: Wish.delete_by_id(1),
    "delete_instance": lambda: Wish(record=1).delete_instance(),
    "delete by a condition": lambda: Plain.delete().where(Plain.record.in_(Record.select(Record.id))).execute(),
    "insert from": lambda: Plain.insert_from(Record.select(Record.id), [Plain.record]).execute(),
    "insert into from the door": lambda: Wish.insert_from(
        access.visible("ticket", "view", Record.id), [Wish.record]).execute(),
    "on conflict": lambda: Plain.insert(record=1).on_conflict(
        conflict_target=[Plain.id], update={Plain.record: Record.select(fn.MAX(Record.id))}).execute(),
    "membership": lambda: Membership.insert(person=1, company=1, role="company_admin").execute(),
    "table object": lambda: RAW.update({RAW.c.title: "x"}).execute(),
    "table object in capitals": lambda: ODD.delete().execute(),
    "raw": lambda: list(Record.raw("DELETE FROM record")),
    "execute_sql": lambda: db.execute_sql('UPDATE "person" SET role = \'admin\''),
    "truncate": Wish.truncate_table,
    "drop": Record.drop_table,
}


@pytest.fixture
def at_work(inside):
    with inside.scope("acme", "own"):
        access.add("ticket", title="Mine", company=None)
    with schema_work():
        db.create_tables([Wish, Plain])
    with inside.scope("acme", "agent"):
        yield inside


@pytest.mark.parametrize("name", READS)
def test_no_read_passes_unmarked(at_work, name):
    with pytest.raises(DoorError):
        READS[name]()


@pytest.mark.parametrize("name", WRITES)
def test_no_write_passes_unmarked(at_work, name):
    with pytest.raises(DoorError):
        WRITES[name]()
    rows = fetch(access.visible("ticket"))
    assert [(row.title, row.number) for row in rows] == [("Mine", 1)]


@pytest.mark.parametrize("name", WIDENED)
def test_the_door_is_never_widened(at_work, name):
    with pytest.raises(DoorError):
        fetch(WIDENED[name](access.visible("ticket")))
    with pytest.raises(DoorError):
        fetch(WIDENED[name](access.anything()))


def test_what_comes_through_the_door_may_be_narrowed_sorted_and_counted(at_work):
    query = access.visible("ticket", "view", Record.id, Record.title).where(Record.title == "Mine")
    assert [row.title for row in fetch(query.where(Record.number == 1).order_by(Record.touched.desc()).limit(5))]
    assert count(query) == 1
    assert count(access.visible("ticket").where(Record.id.in_(access.anything("view", Record.id)))) == 1
    assert [row.id for row in fetch(query.where((Record.number == 2) | (Record.number == 1)))]
    union = access.visible("ticket", "view", Record.id) | access.anything("view", Record.id)
    assert len(list(db.execute(union))) == 1


@pytest.mark.parametrize("name", ["tenant", "kind_ticket", "me", "company0", "since"])
def test_a_filter_does_not_rename_who_asks(at_work, name):
    """The SQL of a list is kept for everybody with the same reach: what it is asked with is the door's."""
    with at_work.scope("acme", "own"), pytest.raises(DoorError):
        access.listed("ticket", ("mine",), lambda q: q.where(Record.number > 0), **{name: 2})


def test_a_mark_is_good_for_one_appearance(at_work):
    pair = Record.select(Record.id).join(Other, on=Other.id == Record.id)
    with pytest.raises(DoorError):
        fetch(door(pair, Record))
    assert len(fetch(door(pair, Record, Record))) == 1


def test_core_may_write_a_fragment_that_names_a_table(at_work):
    counted = Fragment("(select count(*) from record)").alias("value")
    assert fetch(access.visible("ticket", "view", Record.id, counted))[0].value == 1


def test_the_guard_names_the_table_and_the_cure(at_work):
    with pytest.raises(DoorError, match="'record' without the door") as caught:
        list(Record.select())
    assert "visible()" in caught.value.hint
    assert isinstance(caught.value, ParlourError)
    assert caught.value.status == 500


def test_lazy_loading_is_off(at_work):
    """A row holds keys and values, never a model that would fetch another by being looked at."""
    row = first(access.visible("ticket"))
    assert not isinstance(row, peewee.Model)
    assert isinstance(row.person_id, int)
    assert not hasattr(row, "person")
    with pytest.raises(DoorError):
        _ = Record(id=row.id, person=people.person(row.person_id).id).person.name
