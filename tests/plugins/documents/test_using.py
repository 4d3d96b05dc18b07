"""Documents used: versions, previews that run nothing, questions, acts on many, programs and imports."""

from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image

from core.data import begin, db
from core.data.access import find
from support.inside import ADDRESS, text_of
from support.needs import ROOT
from support.tables import go
from support.things.documents import module, share

pytestmark = pytest.mark.engines("sqlite")
PDF = (ROOT / "plugins" / "documents" / "demo" / "contract.pdf").read_bytes()
SCRIPT = b"/OpenAction<</S/JavaScript/JS(app.alert\\(document.cookie\\))>>"
SCRIPTED = PDF.replace(b"/Type/Catalog", b"/Type/Catalog" + SCRIPT)


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"features": {"documents": True}, "time_zone": "UTC"})


def picture(colour="teal"):
    out = io.BytesIO()
    Image.new("RGB", (90, 60), colour).save(out, "PNG")
    return out.getvalue()


def test_a_new_version_is_told_of_and_the_ones_before_stay_as_they_were(inside):
    share(inside, wanted="person", person=ADDRESS["own"], content=b"one")
    agent, own, path = inside.client("agent"), inside.client("own"), "/documents/DOC-001"
    sent = {"comment": "The fee is right now.", "tell": "true"}
    assert agent.post(f"{path}/replace", sent, {"file": ("two.txt", b"two", "text/plain")}).status == 303
    assert [own.get(f"{path}/download{more}").body for more in ("", "?edition=1", "?edition=2")] == [
        b"two", b"one", b"two"]
    page = own.get(path).text
    assert "The fee is right now." in page and "Version 1" in page
    assert "new version" in text_of(inside.letters_to(ADDRESS["own"])[-1])
    assert not inside.letters_to(ADDRESS["boss"])
    assert agent.post(f"{path}/replace", {}, {"file": ("two.txt", b"", "text/plain")}).status == 422
    yaml = inside.yaml.read_text()
    inside.yaml.write_text(yaml.replace("documents: true", "documents: {enabled: true, earlier: false}"))
    inside.portal.store.notice()
    assert own.get(f"{path}/download?edition=1").status == 404 and "Version 1" not in own.get(path).text
    assert agent.get(f"{path}/download?edition=1").body == b"one"


def test_a_preview_is_drawn_anew_and_nothing_of_the_file_reaches_the_browser(inside):
    share(inside, content=SCRIPTED, mime="application/pdf", name="agreement.pdf")
    share(inside, content=picture(), mime="image/png", name="look.png", measured=(90, 60))
    share(inside, content=b"%PDF-1.7 broken", mime="application/pdf", name="broken.pdf")
    own = inside.client("own")
    assert b"JavaScript" in SCRIPTED, "the file that is tried holds a script"
    page = own.get("/documents/DOC-001").text
    sources = re.findall(r'<img src="(/documents/DOC-001/pages/[^"]+)"', page)
    assert len(sources) == 2 and not re.search(r"<(iframe|object|embed)", page)
    drawn = own.get(sources[1])
    assert (drawn.status, drawn.headers["content-type"]) == (200, "image/webp")
    with Image.open(io.BytesIO(drawn.body)) as shown:
        assert max(shown.size) == 1600
        assert len(set(shown.convert("L").resize((60, 80)).tobytes())) > 3, "something is on it"
    assert "sandbox" in drawn.headers["content-security-policy"]
    assert drawn.headers["x-content-type-options"] == "nosniff"
    whole = own.get("/documents/DOC-001/download")
    assert whole.headers["content-disposition"].startswith("attachment") and whole.body == SCRIPTED
    assert [own.get(f"/documents/DOC-001/pages/{place}/1600").status for place in (0, 3, 99)] == [404, 404, 404]
    assert own.get("/documents/DOC-001/pages/1/7").status == 404
    assert own.get("/documents/DOC-002/picture/480").headers["content-type"] == "image/webp"
    broken = own.get("/documents/DOC-003")
    assert broken.status == 200 and "Download it to open it" in broken.text
    assert own.get("/documents/DOC-003/pages/1/960").status == 404
    assert [inside.client("other").get(path).status for path in sources] == [404, 404]


def test_one_asks_about_what_is_theirs_alone_and_notes_stay_inside(inside):
    share(inside, wanted="company", companies=("alfreds",), title="Agreement")
    share(inside, wanted="customers", title="Price list")
    own, agent, path = inside.client("own"), inside.client("agent"), "/documents/DOC-001"
    assert agent.post(f"{path}/note", {"body": "Careful with them."}).status == 303
    assert own.post(f"{path}/reply", {"body": "When does it begin?"}, {
        "attachments": ("page.txt", b"this page", "text/plain")}).status == 303
    assert agent.post(f"{path}/reply", {"body": "On Monday."}).status == 303
    page = own.get(path).text
    assert "On Monday." in page and "page.txt" in page and "Careful" not in page
    assert "Careful" in agent.get(path).text and agent.get(path).text.count("contract.txt") == 1
    assert "On Monday." in text_of(inside.letters_to(ADDRESS["own"])[-1])
    assert inside.client("stranger").post(f"{path}/reply", {"body": "Me too"}).status == 404
    assert own.post("/documents/DOC-002/reply", {"body": "Hello all"}).status == 404, "all customers would read it"
    assert 'name="body"' not in own.get("/documents/DOC-002").text
    key = inside.client("own", token=True)
    assert key.send_json("POST", "/api/v1/documents/DOC-001/messages", {"body": "Thanks."}).status == 201
    told = key.get("/api/v1/documents/DOC-001/messages").json["items"]
    assert [one["body"] for one in told if one["body"]] == ["When does it begin?", "On Monday.", "Thanks."]


def test_what_was_written_is_not_handed_to_others_when_it_is_shared_anew(inside):
    share(inside, wanted="company", companies=("alfreds",), title="Agreement")
    own, agent, other = (inside.client(one) for one in ("own", "agent", "stranger"))
    path = "/documents/DOC-001"
    horn = {"title": "Agreement", "folder": "-", "wanted": "company", "companies": ["horn"]}

    def said(client):
        return "canary-7" in client.get(path).text

    assert own.post(f"{path}/reply", {"body": "canary-7"}, {
        "attachments": ("page.txt", b"this page", "text/plain")}).status == 303
    file = re.search(r"/files/[\w-]+", own.get(path).text)[0]
    assert agent.post(f"{path}/edit", horn | {"companies": ["alfreds"], "title": "Contract"}).status == 303
    assert said(own) and own.get(file).status == 200, "another title changes nobody who reads"
    assert agent.post(f"{path}/edit", horn | {"wanted": "team"}).status == 303
    assert agent.post(f"{path}/edit", horn).status == 303
    inside.work()
    key = inside.client("stranger", token=True)
    assert other.get(path).status == 200 and not said(other) and other.get(file).status == 404
    assert key.get("/api/v1/documents/DOC-001/messages").json["items"] == []
    assert "DOC-001" not in other.get("/search?q=canary-7").text
    assert said(agent) and agent.get(file).status == 200
    assert other.post(f"{path}/reply", {"body": "New words"}).status == 303
    assert "New words" in other.get(path).text


def test_what_was_just_narrowed_is_not_opened_again_by_whoever_had_looked_before(inside):
    row = share(inside, wanted="customers", title="Plan")
    own = inside.client("own")
    with inside.scope():
        module().change(row, module("sharing").of(row) | {"wanted": "team"})
        module().change(row, title="Other name")
        module().change(row, {"expires": None}, folder=module("folders").ensure("Papers"))
    assert own.get("/documents/DOC-001").status == 404
    assert "Other name" in inside.client("agent").get("/documents?folder=FOL-001").text


def test_many_are_moved_shared_and_taken_back(inside):
    for number in range(3):
        share(inside, title=f"Paper {number}", wanted="team")
    agent, own = inside.client("agent"), inside.client("own")
    with inside.scope():
        module("folders").ensure("Papers")
    for act, more, seen in (("documents.share", {"wanted": "customers"}, 3),
                            ("documents.move", {"folder": "FOL-001"}, 3),
                            ("documents.until", {"until": "2020-01-01"}, 0)):
        begun = agent.post("/bulk/documents", {"pick": ["1", "2", "3"], "act": act, **more})
        assert begun.status == 303, begun.text
        inside.work()
        go(inside, agent, begun.location)
        assert own.get("/documents?q=paper").text.count('data-record="document/') == seen, act
        assert agent.get("/documents?folder=FOL-001").text.count('data-record="document/') == (
            0 if act == "documents.share" else 3)
    agent.post(f"{begun.location}/undo")
    inside.work()
    assert own.get("/documents?q=paper").text.count('data-record="document/') == 3


def test_programs_bring_share_and_replace_under_the_same_rules(inside):
    key, content = inside.client("agent", token=True), base64.b64encode(b"One euro.").decode()
    made = key.send_json("POST", "/api/v1/documents", {
        "name": "prices.txt", "content": content, "wanted": "person", "person": ADDRESS["own"],
        "folder": "Prices / 2027"})
    assert made.status == 201, made.text
    assert (made.json["title"], made.json["folder"], made.json["edition"]) == ("prices", "Prices / 2027", 1)
    mine = inside.client("own", token=True).get("/api/v1/documents/DOC-001").json
    assert mine["name"] == "prices.txt" and not {"wanted", "person", "companies"} & mine.keys()
    changed = key.send_json("PATCH", "/api/v1/documents/DOC-001", {
        "wanted": "company", "companies": ["horn"], "name": "prices.txt", "content": content, "note": "Again"})
    assert changed.status == 200 and changed.json["edition"] == 2
    assert inside.client("own").get("/documents/DOC-001").status == 404
    assert inside.client("stranger").get("/documents/DOC-001").status == 200
    for wrong in ({"name": "a.txt"}, {"name": "a.txt", "content": "no base64!"}, {"content": content},
                  {"name": "a.txt", "content": content, "companies": "horn", "wanted": "company"},
                  {"name": "a.txt", "content": content, "company_id": 1},
                  {"name": "a.txt", "content": content, "wanted": "company", "companies": ["cairo"]},
                  {"name": "a.txt", "content": content, "wanted": "person", "person": "other@example.com"}):
        assert key.send_json("POST", "/api/v1/documents", wrong).status == 422, wrong
    for other in ("own", "boss"):
        client = inside.client(other, token=True)
        assert client.send_json("POST", "/api/v1/documents", {"name": "a.txt", "content": content}).status == 403
        assert client.send_json("PATCH", "/api/v1/documents/DOC-001", {"wanted": "public"}).status in (403, 404)


def test_what_is_exported_can_be_imported_with_its_files(inside, tmp_path):
    (tmp_path / "manual.pdf").write_bytes(PDF)
    row = {"title": "Manual", "folder": "Manuals / Printers", "wanted": "company", "companies": ["alfreds"],
           "until": "2099-12-31", "file": {"name": "manual.pdf", "file": str(tmp_path / "manual.pdf")},
           "external_id": "1", "known": None, "changed": True, "beside": []}
    with inside.scope():
        word, key = module("imports").take(row)
        made = find("document", 1)
        assert (word, made.id, made.pages, made.title) == ("created", key, 2, "Manual")
        given = module("imports").give(made)
        assert {name: given[name] for name in ("folder", "wanted", "companies", "until")} == {
            name: row[name] for name in ("folder", "wanted", "companies", "until")}
        assert module("imports").take(row | {"known": str(key), "wanted": "customers"}) == ("updated", key)
    assert inside.client("stranger").get("/documents/DOC-001/download").body == PDF


def test_a_document_is_added_to_a_request_and_each_shows_the_other_to_who_may_see_it(inside):
    own, agent = inside.client("own"), inside.client("agent")
    place = own.post("/tickets/new", {"category": "question", "subject": "The agreement", "body": "Please.",
                                      "priority": "normal"}).location
    form = re.search(r'href="(/documents/new\?about=[^"]+)"', agent.get(place).text)[1]
    about = form.partition("=")[2]
    page = agent.get(form).text
    assert f'name="about" value="{about}"' in page and 'value="company" checked' in page
    sent = {"about": about, "wanted": "person", "person": ADDRESS["own"], "folder": "-"}
    made = agent.post("/documents/new", sent, {"files": ("agreement.txt", b"We agree.", "text/plain")})
    assert made.status == 303
    assert made.location in own.get(place).text and place in own.get(made.location).text
    assert made.location not in inside.client("boss").get(place).text
    with inside.scope():
        assert [one.number for one in begin.related(find("document", 1))] == [about]


def test_programs_lists_ask_the_database_as_often_for_many_documents_as_for_few(inside):
    db.count_statements(db.db.obj)

    def bring(first, last):
        with inside.scope():
            place = module("folders").ensure("Folder / Inside")
        for number in range(first, last):
            company, person = ("alfreds", "own") if number % 2 else ("horn", "stranger")
            share(inside, title=f"Paper {number}", folder=place, wanted="person" if number % 3 else "company",
                  person=ADDRESS[person] if number % 3 else "", companies=() if number % 3 else (company,))

    def asked(short):
        key = inside.client(short, token=True)
        key.get("/api/v1/documents")
        before = db.statements
        items = key.get("/api/v1/documents").json["items"]
        assert items and all(one["folder"] == "Folder / Inside" for one in items)
        return len(items), db.statements - before

    bring(0, 4)
    few = [asked(short) for short in ("own", "agent")]
    bring(4, 24)
    many = [asked(short) for short in ("own", "agent")]
    assert [count for count, _n in many] == [12, 24] and [count for count, _n in few] == [2, 4]
    assert all(late <= early for (_c, early), (_m, late) in zip(few, many, strict=True)), (few, many)


def test_lists_and_a_document_cost_few_queries_whatever_there_is(inside):
    with inside.scope():
        places = [module("folders").ensure(f"Folder {number} / Inside") for number in range(5)]
    for number in range(14):
        share(inside, title=f"Paper {number}", folder=places[number % 5] if number % 2 else None)
    db.count_statements(db.db.obj)
    for short, most in (("own", 18), ("agent", 18)):
        client = inside.client(short)
        for path in ("/documents", "/documents?q=paper", "/documents/DOC-003"):
            client.get(path)
            before = db.statements
            assert client.get(path).status == 200
            assert db.statements - before <= most, (short, path, db.statements - before)
