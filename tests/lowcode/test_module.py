"""A module that is one YAML file has pages, conversation, notes, files, search, switch and API like any other."""

from __future__ import annotations

import shutil

import pytest

from core.config import loader, manifests
from core.data import access
from core.errors import ConfigError
from core.host import discover
from core.lowcode import module
from support.needs import ROOT

EXAMPLE = ROOT / "examples" / "modules" / "returns"
ON = {"features": {"returns": True}}


def install(folder):
    shutil.copytree(EXAMPLE, folder / "returns")


@pytest.fixture
def portal(portal_inside):
    return portal_inside(ON, plugins=install)


def once(number):
    return f"lowcode-key-{number:08d}"


def announce(portal, short="own", item="Blue kettle", **more):
    client = portal.client(short)
    form = {"_once": once(1), "item": item, "reason": "damaged", "body": "The lid is broken.", **more}
    answer = client.post("/returns/new", form)
    assert answer.status == 303, answer.text
    return client, answer.location


def test_the_example_is_short_and_holds_no_python():
    assert [path.name for path in EXAMPLE.iterdir()] == ["plugin.yaml"]
    assert len((EXAMPLE / "plugin.yaml").read_text().splitlines()) < 60


def test_new_list_detail_and_conversation(portal):
    client = portal.client("own")
    page = client.get("/returns")
    assert page.status == 200 and "Nothing here yet." in page.text and 'href="/returns"' in page.text
    form = client.get("/returns/new").text
    assert 'name="item"' in form and 'name="reason"' in form and 'name="shelf"' not in form
    client, place = announce(portal)
    assert place == "/returns/RET-001"
    detail = client.get(place).text
    for words in ("Blue kettle", "It arrived damaged", "Announced", "The lid is broken.",
                  'data-record="return/RET-001"'):
        assert words in detail
    assert "Refund" not in detail and "/note" not in detail and "/edit" not in detail
    listed = client.get("/returns").text
    assert "Blue kettle" in listed and "<bdi>RET-001</bdi> · <bdi>It arrived damaged</bdi>" in listed
    agent = portal.client("agent")
    assert agent.post(place + "/reply", {"_once": once(2), "body": "Please send it."}).location == place
    assert "Please send it." in client.get(place).text
    assert 'class="mark"' in portal.client("boss").get("/returns").text


def test_wrong_input_comes_back_with_what_was_typed(portal):
    client = portal.client("own")
    answer = client.post("/returns/new", {"_once": once(1), "item": "", "reason": "lost", "body": "My text"})
    assert answer.status == 422 and "My text" in answer.text and 'aria-invalid="true"' in answer.text
    assert client.get("/returns").text.count("data-record") == 0


def test_a_form_sent_twice_makes_one(portal):
    client, place = announce(portal)
    again = client.post("/returns/new", {"_once": once(1), "item": "Blue kettle", "reason": "damaged"})
    assert again.location == place
    assert client.get("/returns").text.count('data-record="return/') == 1


def test_notes_and_internal_fields_stay_with_the_team(portal):
    client, place = announce(portal)
    agent = portal.client("agent")
    client.get(place)  # the message after sending stands there once
    before = client.get(place).body
    assert agent.post(place + "/note", {"_once": once(2), "body": "A zebra did it"}).status == 303
    assert agent.post(place + "/edit", {"_once": once(3), "item": "Blue kettle", "reason": "damaged",
                                        "shelf": "Z-9"}).status == 303
    staff = agent.get(place).text
    assert "A zebra did it" in staff and "Z-9" in staff
    after = client.get(place)
    assert after.status == 200
    assert "zebra" not in after.text and "Z-9" not in after.text
    strip = [line for line in before.decode().splitlines() if "_once" not in line]
    assert strip == [line for line in after.text.splitlines() if "_once" not in line]
    api = portal.client("own", token=True)
    assert api.get("/api/v1/returns/RET-001").json["fields"] == {"item": "Blue kettle", "reason": "damaged"}
    assert "zebra" not in api.get("/api/v1/returns/RET-001/messages").text
    for query in ("arrived", "kettle damaged", "lid", "ret-1"):
        assert 'data-record="return/' in client.get(f"/search?q={query}").text
    for query in ("zebra", "z-9"):
        assert "Blue kettle" not in client.get(f"/returns?q={query}").text
        assert "Blue kettle" in agent.get(f"/returns?q={query}").text
        assert 'data-record="return/' not in client.get(f"/search?q={query}").text
        assert 'data-record="return/' in agent.get(f"/search?q={query}").text
    assert client.post(place + "/note", {"_once": once(4), "body": "x"}).status == 404
    assert client.post(place + "/edit", {"_once": once(5), "item": "x"}).status == 404


def test_a_step_asks_changes_the_state_and_is_told(portal):
    client, place = announce(portal)
    agent = portal.client("agent")
    assert 'name="amount"' in agent.get(place + "/refund").text
    wrong = agent.post(place + "/refund", {"_once": once(2), "amount": "lots"})
    assert wrong.status == 422 and "lots" in wrong.text
    assert agent.post(place + "/refund", {"_once": once(3), "amount": "12.50"}).location == place
    seen = client.get(place).text
    assert "Refunded" in seen and "12.50" in seen and "Ben Agent: Refunded" in seen
    assert agent.post(place + "/refund", {"_once": once(4), "amount": "1"}).status == 409
    assert client.post(place + "/refund", {"_once": once(5), "amount": "1"}).status == 404
    assert client.get(place + "/refund").status == 404
    letters = portal.letters_to("own@example.com")
    assert any("Blue kettle" in str(letter["Subject"]) for letter in letters)
    assert "Refunded" in client.get("/returns?state=refunded").text
    assert "Blue kettle" not in client.get("/returns?state=announced").text


def test_others_find_nothing(portal):
    _client, place = announce(portal)
    for short in ("stranger", "loner"):
        other = portal.client(short)
        assert other.get(place).status == 404
        assert "Blue kettle" not in other.get("/returns").text
        assert "Blue kettle" not in other.get("/returns?q=kettle").text
        assert portal.client(short, token=True).get("/api/v1/returns/RET-001").status == 404
    assert portal.client("boss").get(place).status == 200
    assert portal.guest().get(place).status == 303


def test_files_go_through_the_door(portal):
    client = portal.client("own")
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 32
    form = {"_once": once(1), "item": "Lamp", "reason": "other", "body": "See photo"}
    answer = client.post("/returns/new", form, files={"attachments": ("photo.png", png, "image/png")})
    assert answer.status == 303
    text = client.get(answer.location).text
    file = "/files/" + text.split("/files/")[1].split('"')[0]
    assert "photo.png" in text and client.get(file).status == 200
    assert portal.client("stranger").get(file).status == 404


def test_the_api_makes_shows_changes_and_answers(portal):
    api = portal.client("own", token=True)
    made = api.send_json("POST", "/api/v1/returns", {"item": "Chair", "reason": "wrong", "body": "Too big"})
    assert made.status == 201 and made.json["number"] == "RET-001" and made.json["state"] == "announced"
    assert api.get("/api/v1/returns").json["items"][0]["title"] == "Chair"
    assert api.send_json("POST", "/api/v1/returns/RET-001/messages", {"body": "Hello?"}).status == 201
    told = [entry["body"] for entry in api.get("/api/v1/returns/RET-001/messages").json["items"]]
    assert told == ["Too big", "Hello?"]
    refused = api.send_json("POST", "/api/v1/returns", {"item": "Chair", "colour": "red"})
    assert refused.status == 422 and {error["path"] for error in refused.json["errors"]} == {"reason", "colour"}
    assert api.send_json("PATCH", "/api/v1/returns/RET-001", {"item": "Sofa"}).status == 403
    staff = portal.client("agent", token=True)
    assert staff.send_json("PATCH", "/api/v1/returns/RET-001", {"item": "Sofa"}).json["title"] == "Sofa"
    moved = staff.send_json("PATCH", "/api/v1/returns/RET-001", {"state": "refunded", "amount": 1250})
    assert moved.status == 200 and moved.json["category"] == "closed" and moved.json["fields"]["amount"] == 1250
    assert staff.send_json("PATCH", "/api/v1/returns/RET-001", {"state": "announced"}).status == 422
    assert api.send_json("PATCH", "/api/v1/returns/RET-001", {"state": "refunded"}).status in (403, 422)


@pytest.mark.engines("sqlite")
def test_what_stands_at_first_in_the_teams_fields_stands_there_whoever_opens_a_record(portal_inside):
    def with_defaults(folder):
        install(folder)
        path = folder / "returns" / "plugin.yaml"
        path.write_text(path.read_text().replace(
            "warehouse, internal: true}", "warehouse, internal: true, default: Z-0}\n"
            "      way: {type: choice, label: Way, by: staff, options: {post: Post, van: Van}, default: van}\n"
            "      plate: {type: text, label: Plate, by: staff, default: B-1, if: {way: van}}\n"
            "      stamp: {type: text, label: Stamp, by: staff, default: none, if: {way: post}}"))

    portal = portal_inside(ON, plugins=with_defaults)
    announce(portal)
    api, staff = portal.client("own", token=True), portal.client("agent", token=True)
    made = api.send_json("POST", "/api/v1/returns", {"item": "Chair", "reason": "wrong"}).json
    assert made["fields"] == {"item": "Chair", "reason": "wrong", "way": "van", "plate": "B-1"}
    for number in ("RET-001", "RET-002"):
        assert staff.get(f"/api/v1/returns/{number}").json["fields"].items() >= {
            "shelf": "Z-0", "way": "van", "plate": "B-1"}.items()
    said = staff.send_json("POST", "/api/v1/returns", {
        "item": "Sofa", "reason": "wrong", "shelf": "", "way": "post"})
    assert (said.json["fields"].get("shelf"), said.json["fields"]["stamp"]) == ("", "none")


def switch(portal, on):
    text = portal.yaml.read_text()
    portal.yaml.write_text(text.replace(f"returns: {str(not on).lower()}", f"returns: {str(on).lower()}"))
    assert portal.portal.store.notice()


def test_off_is_as_if_it_were_never_there_and_on_again_nothing_is_lost(portal):
    client, place = announce(portal)
    agent, api = portal.client("agent"), portal.client("own", token=True)
    switch(portal, on=False)
    never = agent.get("/never-there")
    for path in ("/returns", "/returns/new", place):
        answer = agent.get(path)
        assert (answer.status, answer.headers["content-type"]) == (404, never.headers["content-type"])
    assert client.post(place + "/reply", {"_once": once(7), "body": "Anybody?"}).status == 404
    assert api.get("/api/v1/returns").status == api.get("/api/v1/returns/RET-001").status == 404
    assert 'href="/returns"' not in client.get("/").text
    assert "data-record" not in client.get("/search?q=kettle").text
    switch(portal, on=True)
    assert client.get(place).status == 200
    assert 'data-record="return/' in client.get("/search?q=kettle").text


def test_the_tenant_has_words_of_its_own(portal_inside):
    portal = portal_inside({"features": {"returns": {
        "enabled": True, "words": {"return": {"announced": "On its way"}}}}}, plugins=install)
    client, place = announce(portal)
    assert "On its way" in client.get(place).text and "Announced" not in client.get(place).text


def test_pages_cost_the_same_with_more_records(portal):
    from_one, _ = announce(portal)
    with portal.scope(person="own") as who:
        mine = who.me.memberships[0].company_id
        for place in range(30):
            access.add("return", title=f"Thing {place}", company=mine, state="announced",
                       fields={"item": f"Thing {place}", "reason": "other"})
    first = from_one.get("/returns").text
    assert first.count('data-record="return/') == 25
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert from_one.get(older).text.count('data-record="return/') == 6


WRONG = {
    "to: refunded": ("to: refundd", "There is no state 'refundd'. Did you mean 'refunded'?"),
    "from: [announced]": ("from: [anounced]", "Did you mean 'announced'?"),
    "list: [reason]": ("list: [raeson]", "Did you mean 'reason'?"),
    "headline: item": ("headline: reson", "There is no field 'reson'."),
    "type: money": ("type: mony", "'mony'"),
    "category: closed": ("category: clsed", "'clsed' is not one of open, in_progress, waiting, resolved, closed."),
    "prefix: RET": ("prefix: return", "'return'"),
    "who: staff": ("who: stuff", "'stuff'"),
    "internal: true}": ("internal: true, pattern: '[A-Z'}", "is not a regular expression: unterminated character"),
    "label: Shelf in the warehouse": ("label: Shelf, compute: left(item, 2)", "into quotation marks"),
    "shelf: {": ("body: {", "'body' is the portal's own name"),
}


@pytest.mark.parametrize("right", WRONG)
def test_mistakes_are_named_by_file_and_line(right, tmp_path):
    wrong, told = WRONG[right]
    text = (EXAMPLE / "plugin.yaml").read_text()
    assert text.count(right) == 1
    folder = tmp_path / "returns"
    folder.mkdir()
    (folder / "plugin.yaml").write_text(text.replace(right, wrong))
    line = text[:text.index(right)].count("\n") + 1
    with pytest.raises(ConfigError) as caught:
        module.read(discover.read(folder))
    problem = caught.value.problems[0]
    assert (problem.line, problem.file) == (line, str(folder / "plugin.yaml"))
    assert told in str(problem)


def test_an_empty_file_is_told_what_a_plugin_needs(tmp_path):
    (tmp_path / "plugin.yaml").write_text("# nothing yet\n")
    with pytest.raises(ConfigError, match=r"Write at least 'id: ' and 'title: '\."):
        discover.read(tmp_path)


def test_a_broken_module_leaves_the_portal_standing(portal_inside):
    def broken(folder):
        install(folder)
        path = folder / "returns" / "plugin.yaml"
        path.write_text(path.read_text().replace("list: [reason]", "list: [raeson]"))

    portal = portal_inside({}, plugins=broken)
    assert portal.client("own").get("/tickets").status == 200
    assert "plugin.yaml:33" in portal.portal.built.registry.failed["returns"]


def test_permissions_and_navigation_need_no_words():
    document = loader.read((EXAMPLE / "plugin.yaml").read_bytes(), "plugin.yaml", {})
    read = manifests.manifest(document, EXAMPLE)
    assert read.permissions["view"]["user"] == "own" and "user" not in read.permissions["note"]
    assert read.permissions["return_refund"] == {"agent": "all", "admin": "all"}
    assert [(nav.title, nav.path, nav.area) for nav in read.navigation] == [
        ("Returns", "/returns", "portal"), ("Return", "/returns/new", "quick")]
