"""F01, F03, F04, X05, N02: names, sniffing, ranges and thumbnails of attachments, asked for by everybody."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from core.data import people
from support.desk import open_case, shown, write

pytestmark = pytest.mark.engines("sqlite")  # and on both where the database has a say


HTML = b"<!doctype html><script>document.title='zz-ran'</script>"


def picture(kind="PNG", size=(900, 600)):
    with io.BytesIO() as target:
        Image.new("RGB", size, "#0f766e").save(target, kind)
        return target.getvalue()


@pytest.fixture
def case(desk):
    """A case of Thomas's with a file and a picture, a public answer with one, and a note with both."""
    path = open_case(desk.client("own"), files=[("mine.txt", b"hello there"), ("mine.png", picture())])
    write(desk.client("agent"), path, "reply", "See this.", files=[("answer.txt", b"it is public")])
    write(desk.client("agent"), path, "note", "Psst.", files=[("zz-secret.txt", b"zz-secret"),
                                                               ("zz-secret.png", picture())])
    return path


def test_every_file_goes_out_as_a_download_that_no_browser_runs(desk, case):
    for name, content in (("a.html", HTML), ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"),
                          ("a.xhtml", HTML), ("a.xml", b"<?xml version='1.0'?><a/>"), ("a.txt", HTML),
                          ("a.jpg", HTML), ("noending", HTML), ("a.pdf", b"%PDF-1.7 /JS (app.alert(1))"),
                          ("a.png", picture())):
        path = open_case(desk.client("own"), files=[(name, content)])
        answer = desk.client("agent").get(shown(desk.client("agent"), path)[name])
        assert answer.status == 200
        assert answer.body == content
        assert answer.headers["content-disposition"].startswith("attachment;"), name
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("sandbox;")
        assert answer.headers["cache-control"] == "private, no-store"
        assert not re.search("html|xml|svg|script", answer.headers["content-type"]), name
        assert "set-cookie" not in answer.headers


def test_only_a_picture_drawn_anew_stands_in_a_page(desk, case):
    files = shown(desk.client("own"), case)
    answer = desk.client("own").get(files["mine.png"] + "/small")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/webp")
    assert answer.headers["content-disposition"].startswith("inline;")
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert answer.headers["cache-control"] == "private, no-store"
    with Image.open(io.BytesIO(answer.body)) as small:
        assert (small.format, max(small.size)) == ("WEBP", 480)
    assert desk.client("own").get(files["mine.txt"] + "/small").status == 404
    fake = open_case(desk.client("own"), files=[("p.png", picture()[:60] + HTML)])
    address = shown(desk.client("own"), fake)["p.png"]
    assert desk.client("own").get(address + "/small").status == 404
    assert desk.client("own").get(address).status == 200


@pytest.mark.parametrize("way", ["", "/small"])
@pytest.mark.parametrize("span", [None, "bytes=0-3", "bytes=-2", "bytes=99999-"])
def test_what_is_not_allowed_is_not_there_whole_in_part_or_small(desk, case, way, span):
    secret = shown(desk.client("agent"), case)
    headers = {"Range": span} if span else {}
    name = "zz-secret.png" if way else "zz-secret.txt"
    mine = "mine.png" if way else "mine.txt"
    never = desk.client("own").get(f"/files/{'0' * 22}{way}", headers)
    assert never.status == 404
    for who, file in (("own", name), ("boss", name), ("stranger", name), ("stranger", mine), ("other", mine),
                      ("other_admin", mine), ("loner", mine)):
        answer = desk.client(who).get(secret[file] + way, headers)
        assert (answer.status, len(answer.body) > 0) == (404, True), (who, file)
        assert "content-range" not in answer.headers
        assert "zz-secret" not in answer.text
        same = desk.client(who).get(f"/files/{'0' * 22}{way}", headers)
        assert same.body == answer.body, (who, file)
    assert desk.guest().get(secret[mine] + way, headers).status == 404
    assert desk.client("agent").get(secret[name] + way).status == 200


def test_ranges_and_head(desk, case):
    client = desk.client("own")
    address = shown(client, case)["mine.txt"]
    part = client.get(address, {"Range": "bytes=6-"})
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"there", "bytes 6-10/11")
    assert client.get(address, {"Range": "bytes=-5"}).body == b"there"
    assert client.get(address, {"Range": "bytes=50-"}).status == 416
    assert part.headers["content-disposition"].startswith("attachment;")
    assert part.headers["content-security-policy"].startswith("sandbox;")
    head = client.send("HEAD", address)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "11")


@pytest.mark.parametrize("name", [
    "../../../etc/passwd", "..%2f..%2fevil", "C:\\windows\\evil.txt", "/etc/passwd", "....", "\u202etxt.exe",
    "a" * 400, "con\r\nX-Evil: 1", "..", "\x00.txt", "ὕδωρ.txt"])
def test_names_are_shown_but_never_used(desk, name):
    shell = name.replace("\r", "%0D").replace("\n", "%0A").replace("\x00", "%00").replace('"', "%22")
    path = open_case(desk.client("own"), files=[(shell, b"x")])
    (address,) = shown(desk.client("own"), path).values()
    answer = desk.client("own").get(address)
    assert answer.body == b"x"
    assert "x-evil" not in answer.headers
    assert "/" not in re.search('filename="([^"]*)"', answer.headers["content-disposition"])[1]
    kept = [p.relative_to(desk.folder / "var" / "files") for p in (desk.folder / "var" / "files").rglob("*")
            if p.is_file()]
    assert all(re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}", p.as_posix()) for p in kept), kept


@pytest.mark.engines("sqlite", "postgresql")
def test_paths_in_addresses_lead_nowhere(desk):
    for path in ("/files/../portal.yaml", "/files/%2e%2e%2fportal.yaml", "/files/..%5cportal.yaml", "/files/%00",
                 "/files//etc/passwd", "/static/../app.py", "/static/%2e%2e/api.py", "/static/plugins/cases/../x",
                 "/static/plugins/../../core/web/static/x", "/files/" + "a" * 5000):
        assert desk.client("admin").get(path).status in {404, 308}, path


@pytest.mark.engines("sqlite", "postgresql")
def test_an_attachment_is_gone_with_its_switch_its_feature_its_right_and_itself(desk, case):
    own, agent = desk.client("own"), desk.client("agent")
    address = shown(own, case)["answer.txt"]
    assert own.get(address).status == 200
    assert own.post(address + "/visibility", {"visible": ""}).status == 404, "customers switch nothing"
    assert agent.post(address + "/visibility", {"visible": ""}).status == 303
    assert own.get(address).status == 404
    assert "answer.txt" not in shown(own, case)
    assert agent.post(address + "/visibility", {"visible": "true"}).status == 303
    assert own.get(address).status == 200
    with desk.scope("acme"):
        people.change_person(desk.person("own").id, features={"cases": False})
    assert own.get(address).status == 404
    with desk.scope("acme"):
        people.change_person(desk.person("own").id, features={})
    assert own.post(address + "/remove", {}).status == 404
    assert agent.post(address + "/remove", {}).status == 303
    assert own.get(address).status == 404
    assert agent.get(address).status == 404


@pytest.mark.engines("sqlite", "postgresql")
def test_a_file_of_a_note_can_be_shown_without_the_note(desk, case):
    own, agent = desk.client("own"), desk.client("agent")
    address = shown(agent, case)["zz-secret.txt"]
    assert agent.post(address + "/visibility", {"visible": "true"}).status == 303
    page = own.get(case).text
    assert shown(own, case)["zz-secret.txt"] == address
    assert "Psst" not in page
    assert "zz-secret.png" not in page
    assert own.get(address).body == b"zz-secret"


def test_switching_belongs_to_the_team_of_the_same_tenant_only(desk, case):
    address = shown(desk.client("agent"), case)["zz-secret.txt"]
    for who in ("own", "boss", "stranger", "loner", "other_admin"):
        for act in ("visibility", "remove"):
            assert desk.client(who).post(f"{address}/{act}", {"visible": "true"}).status == 404
    assert desk.guest().post(address + "/visibility", {"visible": "true"}).status == 404
    assert desk.client("own").get(address).status == 404
