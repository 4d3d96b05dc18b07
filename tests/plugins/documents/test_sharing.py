"""Documents: who sees which on every channel and until when, and that nothing else comes out."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest

from core.data import conversation, explain, people
from core.data.access import by_id, change, visible
from core.data.db import door, fetch, now
from core.data.visited import Visited
from support.inside import ADDRESS, text_of
from support.things.documents import module, share

TOLD = {"wanted": "company", "companies": ["alfreds"], "folder": "-", "tell": "true"}


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"features": {"documents": {"enabled": True, "audience": "public"}}, "time_zone": "UTC"})


def label(row):
    return f"DOC-{row.number:03d}"


def later(**more):
    return (now() + timedelta(**more)).date().isoformat()


READERS = {
    "team": (), "person": ("own",), "company": ("own", "boss", "colleague"),
    "customers": ("own", "boss", "colleague", "stranger", "loner"),
    "public": ("own", "boss", "colleague", "stranger", "loner", "guest")}
"""Who of these sees a document that is for Thomas, for Alfreds, for all customers, for everybody - by hand."""

ASKED = ("own", "boss", "colleague", "stranger", "loner", "guest")


def test_each_audience_sees_what_is_meant_for_it_on_every_channel_and_nobody_else_learns_of_it(inside, engine):
    made = {wanted: share(inside, wanted=wanted, title=f"Canary-{wanted}", name=f"canary-{wanted}.txt",
                          companies=("alfreds",) if wanted == "company" else (),
                          person=ADDRESS["own"] if wanted == "person" else "") for wanted in READERS}
    with inside.scope():
        files = {wanted: module().file_of(row).public_id for wanted, row in made.items()}
    inside.work()
    for short in ASKED:
        client = inside.guest() if short == "guest" else inside.client(short)
        key = None if short == "guest" else inside.client(short, token=True)
        listing, found = client.get("/documents").text, client.get("/documents?q=canary").text
        home = "" if short == "guest" else client.get("/").text
        exported = "" if short == "guest" else client.post("/export/documents", {
            "columns": ["title"], "format": "csv"}).text
        searched = client.get("/search?q=canary").text
        listed = json.dumps(key.get("/api/v1/documents").json) if key else ""
        for wanted, row in made.items():
            mine, path = short in READERS[wanted], f"/documents/{label(row)}"
            assert client.get(path).status == (200 if mine else 404), (short, wanted)
            assert client.get(f"{path}/download").status == (200 if mine else 404), (short, wanted)
            assert (f"Canary-{wanted}" in listing) == (f"Canary-{wanted}" in found) == mine, (short, wanted)
            assert (label(row) in searched) == mine, (short, wanted)
            assert client.get(f"/files/{files[wanted]}").status == 404, "the file itself is the team's"
            if key:
                assert (f"Canary-{wanted}" in listed) == (f"Canary-{wanted}" in exported) == mine, (short, wanted)
                assert f"Canary-{wanted}" not in home or mine
                assert key.get(f"/api/v1/documents/{label(row)}").status == (200 if mine else 404)
    assert inside.client("other").get(f"/documents/{label(made['public'])}").status == 404
    words = {wanted: inside.client("agent").get(f"/documents/{label(row)}").text for wanted, row in made.items()}
    for wanted, said in {"team": "Only your team", "person": "Thomas Hardy, and nobody else",
                         "public": "signed in or not",
                         "company": "Everybody of Alfreds Futterkiste",
                         "customers": "All customers who are"}.items():
        assert said in words[wanted], wanted


@pytest.mark.engines("sqlite")
def test_staff_brings_files_as_anybody_could_without_scripts_and_those_meant_are_told_once(inside):
    agent = inside.client("agent")
    form = agent.get("/documents/new").text
    once = form.partition('name="_once" value="')[2].partition('"')[0]
    files = [("Price_list.txt", b"One euro.", "text/html"),
             ("<b>hi</b>.svg", b"<svg onload='alert(1)'/>", "image/png")]
    sent = [agent.post("/documents/new", {**TOLD, "_once": once}, {"files": files}) for _time in range(2)]
    assert [one.status for one in sent] == [303, 303]
    page = agent.get("/documents").text
    assert page.count('data-record="document/') == 2
    assert "Price list" in page and "<b>hi" not in page
    letters = inside.letters_to(ADDRESS["own"])
    assert len(letters) == 2 and "Price list" in text_of(letters[0])
    assert len(inside.letters_to(ADDRESS["boss"])) == 2
    assert not inside.letters_to(ADDRESS["stranger"]) and not inside.letters_to(ADDRESS["agent"])
    hostile = inside.client("own").get("/documents/DOC-002/download")
    assert hostile.headers["content-type"] == "application/octet-stream"
    assert hostile.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in hostile.headers["content-security-policy"]
    assert hostile.headers["cache-control"] == "private, no-store"
    part = inside.client("own").get("/documents/DOC-001/download", headers={"Range": "bytes=4-7"})
    assert (part.status, part.body) == (206, b"euro")
    refused = agent.post("/documents/new", {"wanted": "person", "person": "nobody@example.com", "folder": "-"},
                         {"files": files[:1]})
    assert refused.status == 422 and "No customer has this address" in refused.text
    for sly in ({"wanted": "public"}, {"wanted": "customers", "folder": "FOL-9"}):
        assert inside.client("boss").post("/documents/new", sly, {"files": files[:1]}).status == 404
    empty = agent.post("/documents/new", {"wanted": "company", "folder": "-"}, {"files": files[:1]})
    assert empty.status == 422 and agent.get("/documents").text.count('data-record="document/') == 2


def test_after_its_last_day_nobody_but_the_team_reaches_it_even_before_the_worker_looks(inside, engine):
    row = share(inside, title="Summer offer", until=later(days=-1))
    kept = share(inside, title="Autumn offer", until=later(days=3))
    with inside.scope("acme", "agent"):
        message = conversation.add_entry(kept, "Look", internal=False, origin="portal")
        stored = inside.portal.files.put(io.BytesIO(b"more"), limit=1000)
        file = conversation.add_file(kept, stored, "more.txt", "text/plain", message=message).public_id
    assert inside.client("own").get(f"/files/{file}").status == 200
    inside.work()
    own, agent, path = inside.client("own"), inside.client("agent"), f"/documents/{label(row)}"
    tried = (path, f"{path}/download", f"/documents/{label(kept)}")
    assert [own.get(one).status for one in tried] == [404, 404, 200]
    assert "its last day is over" in agent.get(path).text.lower()
    with inside.scope():  # the day passes while nobody works
        change("document", kept.id, "edit", body={"expires": 1000})
    assert "Autumn offer" not in own.get("/documents").text
    for more in ("", "/download", "/picture/960", "/pages/1/960"):
        assert own.get(f"/documents/{label(kept)}{more}").status == 404
    assert own.post(f"/documents/{label(kept)}/reply", {"body": "Still?"}).status == 404
    key, api = inside.client("own", token=True), f"/api/v1/documents/{label(kept)}"

    def reached():
        return [key.get("/api/v1/documents").json["items"], key.get(api).status, key.get(f"{api}/messages").status,
                own.get(f"/files/{file}").status, own.get("/search?q=autumn").text.count(label(kept)),
                inside.guest().get(f"/documents/{label(kept)}").status]

    assert reached() == [[], 404, 404, 404, 0, 404], "no worker has looked"
    assert inside.client("agent", token=True).get(api).status == 200
    with inside.scope():
        person = people.who(inside.person("own"))
        why = {one.name: one.ok for one in explain.explain(person, "documents.view", by_id("document", kept.id))}
        assert why.pop("until") is False and all(why.values())
        module().expire()
    assert reached() == [[], 404, 404, 404, 0, 404]
    longer = {"title": "Autumn offer", "wanted": "customers", "folder": "-", "until": later(days=30)}
    assert agent.post(f"/documents/{label(kept)}/edit", longer).status == 303
    assert own.get(f"/documents/{label(kept)}").status == 200


@pytest.mark.engines("sqlite")
def test_what_is_new_since_the_last_visit_stays_marked_through_the_visit(inside):
    old = share(inside, title="Old one", created=now() - timedelta(days=9))
    own = inside.client("own")
    assert "New" in own.get("/documents").text, "to who was never here everything is"
    _seen(inside, days=2)
    share(inside, title="Fresh one")
    assert ">1<" in own.get("/").text.partition('href="/documents"')[2][:900], "counted in the navigation"
    for _look in range(2):
        page = own.get("/documents?show=new").text
        assert "Fresh one" in page and "Old one" not in page
    _seen(inside, hours=1)
    with inside.scope():  # it came before that
        for row in fetch(visible("document")):
            change("document", row.id, "edit", body={"fresh": row.fresh - 7200})
    assert "Nothing is new" in own.get("/documents?show=new").text
    assert inside.client("agent").post(f"/documents/{label(old)}/replace", {"comment": "Corrected"}, {
        "file": ("old.txt", b"new words", "text/plain")}).status == 303
    assert "Old one" in own.get("/documents?show=new").text, "a new version is new"
    assert "Old one" in inside.client("colleague").get("/documents?show=new").text


def _seen(inside, **ago):
    """Let everybody's last look at documents be so long ago."""
    with inside.scope():
        moment = now() - timedelta(**ago)
        door(Visited.update(latest=moment), Visited).execute()


@pytest.mark.engines("sqlite")
def test_a_folder_is_seen_where_something_in_it_is_for_them_and_its_name_tells_nobody_else(inside):
    agent, own = inside.client("agent"), inside.client("own")
    with inside.scope():
        folders = module("folders")
        outer, inner = folders.ensure("Contracts"), folders.ensure("Contracts / Canary takeover")
    share(inside, title="Ours", wanted="team", folder=inner)
    share(inside, title="Theirs", wanted="company", companies=("horn",), folder=inner)
    assert "Canary takeover" not in own.get("/documents").text + own.get("/documents?folder=FOL-001").text
    assert [own.get(f"/documents?folder=FOL-00{number}").status for number in (1, 2)] == [404, 404]
    assert inside.client("stranger").get("/documents?folder=FOL-002").text.count("Theirs") >= 1
    assert own.get("/api/v1/document-folders").status in (404, 403) or not inside.client("own", token=True).get(
        "/api/v1/document-folders").json["items"]
    assert "2 documents" in agent.get("/documents?folder=FOL-001").text
    wrong = agent.post("/documents/folders/FOL-001", {"title": "Contracts", "folder": "FOL-002"})
    assert wrong.status == 422 and "cannot stand in itself" in wrong.text
    assert agent.post("/documents/folders/new", {"title": "contracts", "folder": "-"}).status == 422
    assert agent.post("/documents/folders/FOL-002", {"act": "remove"}).status == 422
    with inside.scope():
        assert module("folders").key_of("FOL-001") == outer
    renamed = agent.post("/documents/folders/FOL-002", {"title": "Quenfold", "folder": "FOL-001"})
    assert renamed.status == 303
    assert "Ours" in agent.get("/documents?q=quenfold").text, "what is in it is found by its new name"


@pytest.mark.engines("sqlite")
def test_documents_follow_a_new_name_of_their_folder_some_at_a_time(inside, monkeypatch):
    folders = module("folders")
    with inside.scope():
        inner = folders.ensure("Contracts / Old")
    for number in range(3):
        share(inside, wanted="customers", title=f"Paper {number}", folder=inner)
    monkeypatch.setattr(folders, "PIECE", 2)
    agent, found = inside.client("agent"), []
    assert agent.post("/documents/folders/FOL-001", {"title": "Quenfold", "folder": "-"}).status == 303
    for _turn in range(3):
        found.append(agent.get("/documents?q=quenfold").text.count('data-record="document/'))
        with inside.scope():
            folders.follow()
            versions = [row.staff_version for row in fetch(visible("document", "edit"))]
    assert found == [2, 3, 3]
    assert set(versions) == {versions[0]}, "who has followed is left alone"
