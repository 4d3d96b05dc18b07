"""The audit log's page: sentences, searching, paging, exporting, verifying; and every act has its sentence."""

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest

from core.builtin.people import sentences
from core.data import audit, db, people, telling
from core.data.audit import Sought
from core.data.guard import schema_work
from support.house import ROOT


def fill(inside):
    with inside.scope("acme", "admin"):
        own = inside.person("own").public_id
        audit.record_act("person.deactivated", own)
        audit.record_act("person.joined", own, company="horn", role="company_admin")
        audit.record_act("company.changed", "horn", was="horn")
        audit.record_act("config.changed", "7", note="Accent <b>green</b>")
    with inside.scope("acme", "agent", channel="api"):
        audit.record_act("person.noted", own)
    return own


def subjects(inside, **asked):
    with inside.scope():
        return [row.act for row in audit.acts(sought=Sought(**asked))]


@pytest.mark.engines("sqlite")
def test_acts_are_sentences_with_names_that_lead_to_people(inside):
    own = fill(inside)
    page = inside.client("admin").get("/audit").text
    text = re.sub(r"<[^>]+>", "", page)
    assert "Ada Admin locked Thomas Hardy out." in text
    assert "Ada Admin put Thomas Hardy into horn as company admin." in text
    assert "Ben Agent changed the notes about Thomas Hardy." in text
    assert "Accent &lt;b&gt;green&lt;/b&gt;" in page
    assert f'<a href="/people/{own}"><bdi>Thomas Hardy</bdi></a>' in page
    assert '<a href="/companies/horn">' in page
    assert "Accent <b>" not in page


@pytest.mark.engines("sqlite")
def test_acts_name_what_they_were_done_to_and_with(inside):
    with inside.scope("acme", "admin"):
        audit.record_act("mail.tried", "mail-trial", address="try@example.com")
        audit.record_act("export.made", "person", count=3)
        audit.record_act("ticket.merged", "TKT-004", source="TKT-005")
        audit.record_act("bulk.done", "people.invite", done=2)
    text = re.sub(r"<[^>]+>", "", inside.client("admin").get("/audit").text)
    for said in ("a letter to try@example.com", "exported People.", "merged TKT-005 into TKT-004."):
        assert said in text
    assert "“people.invite”" not in text and "to many: 2 changed." in text


@pytest.mark.parametrize(("asked", "found"), [
    ("q=hardy", ["noted", "joined", "deactivated"]), ("q=locked", ["deactivated"]), ("q=GREEN", ["config"]),
    ("q=ada+admin&about=company", ["company"]), ("channel=api", ["noted"]), ("about=config", ["config"]),
    ("since=2999-01-01", []), ("until=2000-01-01", []), ("q=%25", []), ("q=nothing+like+it", [])])
def test_the_log_is_searched(inside, asked, found):
    fill(inside)
    page = inside.client("admin").get(f"/audit?{asked}").text
    shown = re.findall(r"<dd><bdi>(?:person\.)?(\w+)(?:\.changed)?</bdi></dd>", page)
    assert [one for one in shown if one in ("noted", "joined", "deactivated", "config", "company")] == found


@pytest.mark.engines("sqlite")
def test_by_somebody_and_about_somebody(inside):
    own = fill(inside)
    admin = inside.client("admin")
    done = admin.get(f"/audit?actor={inside.person('agent').public_id}").text
    assert "Done by Ben Agent" in done
    assert "locked" not in done.partition("<main")[2]
    about = admin.get(f"/audit?subject={own}").text
    assert "Done to Thomas Hardy" in about
    assert "green" not in about
    assert subjects(inside, since=datetime(2999, 1, 1, tzinfo=UTC)) == []
    assert admin.get(f"/audit?actor={inside.person('other_admin').public_id}").text.count("Gita") == 0


def test_it_is_exported_as_csv_and_json_lines_safely_and_that_is_written_down(inside, monkeypatch):
    monkeypatch.setattr(telling, "PIECE", 2)
    fill(inside)
    with inside.scope():
        people.add_person('=HYPERLINK("http://evil.example")', login="evil")
        audit.record_act("person.changed", "@SUM(A1)", changed=["name"])
    with inside.scope("acme", "evil"):
        audit.record_act("person.confirmed", "+1")
    admin = inside.client("admin")
    answer = admin.post("/audit/export", {"form": "csv"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="audit-acme-')
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 8, "the export itself is one of them"
    assert rows[0]["act"] == "audit.exported"
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert '\'=HYPERLINK("http://evil.example")' in cells
    lines = [json.loads(line) for line in admin.post("/audit/export", {"form": "jsonl", "q": "green"}).text
             .splitlines()]
    changed = [line["details"] for line in lines if line["act"] == "config.changed"]
    assert changed == [{"note": "Accent <b>green</b>"}]
    with inside.scope():
        assert audit.acts(1)[0].details == {"form": "jsonl", "q": "green"}
    assert "globex" not in answer.text


def test_it_says_since_when_it_is_unbroken_and_where_it_is_not(inside):
    fill(inside)
    admin = inside.client("admin")
    assert "Kept since" in admin.get("/audit").text
    assert admin.post("/audit/check").status == 303
    assert "Unbroken since" in admin.get("/audit").text
    with inside.scope(), schema_work():
        audit.unseal()
        if db.is_sqlite():
            db.db.obj.connection().execute("DROP TRIGGER audit_keep_update")
        connection = db.db.obj.connection()
        connection.cursor().execute("UPDATE audit SET actor = 'Nobody' WHERE place = 2")
        connection.commit()
    admin.post("/audit/check")
    page = admin.get("/audit").text
    assert "This log is not what was written" in page
    assert "Act 2 (person.joined by Nobody" in page


@pytest.mark.engines("sqlite")
def test_every_act_has_its_sentence(inside):
    act = r'"([a-z_]+\.[a-z_.]+)"'
    called = re.compile(rf'(?:record_act|told)\(\s*{act}(?:\s+if\s+[^"]+else\s+{act})?')
    found = set()
    for folder in ("core", "plugins"):
        for path in (ROOT / folder).rglob("*.py"):
            for match in called.finditer(path.read_text(encoding="utf-8")):
                found |= {one for one in match.groups() if one}
    with inside.scope():
        missing = sorted(found - set(sentences.phrases()))
    assert not missing, "say them in core/builtin/people/sentences.py"
