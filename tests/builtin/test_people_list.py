"""The list of people: found by whatever one knows of them, filtered, sorted, counted, quick with ten thousand."""

import re
from datetime import timedelta

import pytest

from core.data import access, credentials, db, dossier, people, roster
from core.data.roster import Filters


def found(inside, **asked):
    with inside.scope():
        return [row.name for row in roster.page(Filters.of(asked)).rows]


def test_people_are_found_by_name_address_login_company_identifier_and_own_fields(portal_inside):
    inside = portal_inside({"fields": {"people": {"desk": {"label": "Desk", "searchable": True},
                                                  "shoe": {"label": "Shoe size"}}}})
    with inside.scope():
        row = people.by_address("own@example.com")
        people.change_person(row.id, fields={"desk": "Window 7B", "shoe": "forty-two"})
        dossier.keep(row.id, external="CRM-4711")
        people.add_person("Stall Seven", login="stall.7")
    assert found(inside, q="HARDY") == ["Thomas Hardy"]
    assert found(inside, q="colleague@example") == ["Elke Sommer"]
    assert found(inside, q="stall.7") == ["Stall Seven"]
    assert found(inside, q="crm-4711") == ["Thomas Hardy"]
    assert found(inside, q="around the") == ["Ana Trujillo", "Hanna Moos"]
    assert found(inside, q="window 7b") == ["Thomas Hardy"]
    assert found(inside, q="forty") == []
    assert found(inside, q="%") == []


def test_filters(inside):
    with inside.scope():
        own, boss = (people.by_address(f"{one}@example.com") for one in ("own", "boss"))
        people.change_person(own.id, active=False)
        people.change_person(boss.id, features={"tickets": False}, two_factor=True)
        people.add_person("Newcomer", email="newcomer@example.com")
        dossier.was_here(access.scope.current().tenant_id, boss.id)
        credentials.make_token("invite", people.by_address("newcomer@example.com").id,
                               lasts=timedelta(days=1))
    assert found(inside, who="inactive") == ["Thomas Hardy"]
    assert found(inside, who="changed") == ["Maria Anders"]
    assert found(inside, who="staff") == ["Ada Admin", "Ben Agent"]
    assert found(inside, who="new") == ["Newcomer"]
    assert "Maria Anders" not in found(inside, who="never")
    assert "Maria Anders" not in found(inside, who="weak")
    assert "Elke Sommer" in found(inside, who="weak")
    assert found(inside, role="company_admin") == ["Hanna Moos", "Maria Anders"]
    assert found(inside, role="admin") == ["Ada Admin"]
    assert found(inside, company="horn") == ["Ana Trujillo", "Hanna Moos"]
    assert found(inside, company="cairo") == [], "another tenant's company"
    assert found(inside, who="nonsense", role="nonsense", sort="nonsense") == found(inside)
    assert found(inside, sort="seen") == ["Maria Anders"]
    with inside.scope():
        counted = roster.counts(Filters())
    assert (counted[""], counted["staff"], counted["inactive"], counted["changed"]) == (9, 2, 1, 1)


@pytest.mark.parametrize("sort", roster.SORTS)
def test_pages_go_on_and_come_back_in_every_order(inside, sort):
    with inside.scope():
        tenant = access.scope.current().tenant_id
        for number in range(25):
            row = people.add_person(f"Person {number:03d}", login=f"person.{number}")
            dossier.was_here(tenant, row.id)
        filters = Filters.of({"q": "person 0", "sort": sort})
        seen, after = [], ""
        for _turn in range(5):
            page = roster.page(filters, after=after, limit=10)
            seen += [row.name for row in page.rows]
            if not page.next:
                break
            after = page.next
        assert len(seen) == len(set(seen)) == 25
        assert seen == sorted(seen) if sort == "name" else seen == sorted(seen, reverse=True)
        back = roster.page(filters, before=page.rows[0].public_id, limit=10)
        assert [row.name for row in back.rows] == seen[10:20]


def test_ten_thousand_people_are_read_by_an_index(inside):
    with inside.scope():
        tenant = access.scope.current().tenant_id
        rows = [{"tenant": tenant, "public_id": f"p{number}", "name": f"Person {number:05d}",
                 "name_key": f"person {number:05d}", "login": f"p{number}", "login_key": f"p{number}"}
                for number in range(10_000)]
        with db.transaction():
            for start in range(0, len(rows), 500):
                db.door(people.Person.insert_many(rows[start:start + 500]), people.Person).execute()
        assert roster.counts(Filters())[""] == 1000
        db.db.obj.execute_sql("ANALYZE")
        asked = []
        real = db.db.obj.run
        inside_db = db.db.obj
        inside_db.run = lambda sql, params: asked.append((sql, params)) or real(sql, params)
        try:
            assert len(roster.page(Filters(), after="p5000").rows) == 50
        finally:
            del inside_db.run
        sql, params = asked[-1]
        plan = "EXPLAIN QUERY PLAN " if db.is_sqlite() else "EXPLAIN "
        text = "\n".join(str(row) for row in real(plan + sql, params).fetchall())
    assert re.search(r"person_tenant_id_name_key|tenant_id.*name_key", text), text
    assert "TEMP B-TREE FOR ORDER" not in text
    assert "Seq Scan on person" not in text or "Incremental Sort" in text, text
