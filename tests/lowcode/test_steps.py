"""Steps of a module without Python: who takes which when, once, on exactly what was seen, and signed for good."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from core.config import loader, manifests
from core.data import access, begin, conversation, people, reshape
from core.data.db import now
from core.errors import ConfigError, Invalid
from core.lowcode import beginning, module

DEAL = Path(__file__).parent / "modules" / "deal"
ON = {"features": {"deal": True}}
LATER = (date.today() + timedelta(days=30)).isoformat()


@pytest.fixture
def portal(portal_inside):
    return portal_inside(ON, plugins=lambda folder: shutil.copytree(DEAL, folder / "deal"))


def once(number):
    return f"steps-key-{number:010d}"


def offer(portal, state="sent", until=LATER, price=10_000, short="own"):
    """Give the number of an offer to Thomas Hardy of Alfreds, made by the portal itself."""
    lines = [{"item": "Oven", "extra": False, "ticked": False}, {"item": "Rack", "extra": True, "ticked": False},
             {"item": "Tray", "extra": True, "ticked": False}]
    person = portal.person(short)
    with portal.scope("acme"):
        company = next((m.company_id for m in people.memberships([person.id]).get(person.id, ())), None)
        row = access.add("offer", title="A kitchen", person=person.id, company=company, state=state,
                         category="open", fields={"what": "A kitchen", "until": until, "price": price,
                                                  "secret": "zebra", "lines": lines})
        return f"/offers/OFR-{row.number:03d}"


def row_of(portal, place):
    with portal.scope("acme"):
        return access.find("offer", place.rsplit("/", 1)[1])


def mark_on(page):
    return re.search(r'name="seen" value="([0-9a-f]+)"', page.text).group(1)


def signed(client, place, number, chosen=(), name="Thomas Hardy", mark=None, **more):
    mark = mark or mark_on(client.get(f"{place}/take"))
    return client.post(f"{place}/take", {"_once": once(number), "seen": mark, "agreed": "true",
                                         "chosen": list(chosen), "signature.name": name, **more})


def test_the_customer_signs_what_they_saw(portal):
    place, client = offer(portal), portal.client("own")
    page = client.get(f"{place}/take")
    for words in ("House rules", "<strong>kind</strong>", "€100.00", "Oven", "Your full name",
                  'name="chosen" value="1"'):
        assert words in page.text
    assert 'name="chosen" value="0"' not in page.text and "zebra" not in page.text
    for missing in ({"agreed": ""}, {"signature.name": " "}):
        answer = signed(client, place, 1, mark=mark_on(page), **missing)
        assert answer.status == 422 and row_of(portal, place).state == "sent"
    first = signed(client, place, 2, ["1"], mark=mark_on(page))
    assert first.status == 409 and "changed since you looked" in first.text  # the ticks are signed as well
    assert '"1" checked' in first.text
    assert signed(client, place, 3, ["1"], mark=mark_on(first)).location == place
    row = row_of(portal, place)
    assert row.state == "taken" and [one["ticked"] for one in row.fields["lines"]] == [False, True, False]
    signature, kept = row.fields["signature"], row.fields["_signed"]["signature"]
    assert (signature["name"], signature["person"]) == ("Thomas Hardy", "Thomas Hardy")
    assert signature["digest"] == hashlib.sha256(kept.encode()).hexdigest()
    told = json.loads(kept)
    assert told["fields"]["price"] == 10_000 and told["fields"]["lines"][1]["ticked"]
    assert "secret" not in told["fields"]
    assert told["terms"]["text"] == "Be **kind**." and "127.0.0.1" not in json.dumps(row.fields)
    shown = client.get(place).text
    assert signature["digest"] in shown and "Signed by Thomas Hardy" in shown and "House rules (" in shown
    assert "127.0.0.1" not in shown and "_signed" not in shown


def test_a_signature_is_never_replaced_nor_what_it_stands_under(portal):
    place, client, agent = offer(portal), portal.client("own"), portal.client("agent")
    assert signed(client, place, 1).location == place
    before = row_of(portal, place).fields
    assert signed(client, place, 2, name="Somebody Else", mark="0" * 32).status == 409
    api = portal.client("own", token=True)
    number = place.replace("/offers", "/api/v1/offers")
    for body in ({"signature": {"name": "Eve"}}, {"_signed": {}}, {"price": 1}, {"until": LATER},
                 {"state": "taken", "signature": {"name": "Eve"}, "agreed": True}):
        assert api.send_json("PATCH", number, body).status in (403, 404, 409, 422), body
    for fields in ({"price": "1"}, {"signature.name": "Eve", "what": "A kitchen"}):
        assert agent.post(f"{place}/edit", {"_once": once(3), "what": "A kitchen", **fields}).status == 409
    assert row_of(portal, place).fields == before
    assert agent.post(f"{place}/pull", {"_once": once(4)}).location == place  # even where it comes back
    assert agent.post(f"{place}/send", {"_once": once(5)}).location == place
    again = signed(client, place, 6)
    assert again.status == 409 and "signed already" in again.text
    assert row_of(portal, place).fields == before


@pytest.mark.parametrize(("short", "status"), [
    ("colleague", 403), ("stranger", 404), ("loner", 404), ("horn_boss", 404), ("agent", 403), ("admin", 403)])
@pytest.mark.engines("sqlite")
def test_nobody_else_takes_it(portal, short, status):
    place, client = offer(portal), portal.client(short)
    mark = mark_on(portal.client("own").get(f"{place}/take"))
    assert client.get(f"{place}/take").status in (status, 404)
    assert signed(client, place, 1, mark=mark).status in (status, 404)
    api = portal.client(short, token=True).send_json(
        "PATCH", place.replace("/offers", "/api/v1/offers"),
        {"state": "taken", "agreed": True, "seen": mark, "signature": {"name": "Eve"}})
    assert api.status in (403, 404, 422) and row_of(portal, place).state == "sent"
    assert portal.guest().post(f"{place}/take", {"_once": once(2)}).status in (303, 404)


@pytest.mark.engines("sqlite")
def test_the_boss_signs_for_the_company(portal):
    place = offer(portal)
    assert signed(portal.client("boss"), place, 1, name="Maria Anders").location == place
    assert row_of(portal, place).fields["signature"]["person"] == "Maria Anders"


def test_of_two_at_once_exactly_one_counts(portal):
    place = offer(portal)
    own, boss = portal.client("own"), portal.client("boss")
    mark = mark_on(own.get(f"{place}/take"))
    answers = portal.parallel(lambda: signed(own, place, 1, mark=mark), lambda: signed(boss, place, 2, mark=mark),
                              lambda: signed(own, place, 3, ["1"], mark=mark))
    assert sorted(one.status for one in answers) == [303, 409, 409]
    row = row_of(portal, place)
    assert row.state == "taken"
    with portal.scope("acme"):
        assert len([e for e in conversation.entries(row, internal=True) if e.kind == "event"]) == 1


@pytest.mark.engines("sqlite")
def test_from_another_state_or_with_other_figures_it_is_refused(portal):
    place, client, agent = offer(portal, "asked"), portal.client("own"), portal.client("agent")
    assert client.get(f"{place}/take").status == 409 and "/take" not in client.get(place).text
    assert "€100.00" not in client.get(place).text and "Oven" not in client.get(place).text
    assert "Oven" in agent.get(place).text
    assert agent.post(f"{place}/send", {"_once": once(1)}).location == place
    mark = mark_on(client.get(f"{place}/take"))
    assert agent.post(f"{place}/pull", {"_once": once(2)}).location == place
    assert signed(client, place, 3, mark=mark).status == 409
    agent.post(f"{place}/edit", {"_once": once(4), "what": "A kitchen", "until": LATER, "price": "999"})
    agent.post(f"{place}/send", {"_once": once(5)})
    stale = signed(client, place, 6, mark=mark)
    assert stale.status == 409 and "€999.00" in stale.text and row_of(portal, place).state == "sent"
    assert signed(client, place, 7, mark=mark_on(stale)).location == place


@pytest.mark.engines("sqlite")
def test_a_condition_that_does_not_hold_is_said(portal):
    place, agent = offer(portal, "asked", price=0), portal.client("agent")
    answer = agent.post(f"{place}/send", {"_once": once(1)})
    assert answer.status == 409 and "Name a price first." in answer.text
    assert row_of(portal, place).state == "asked"


def test_days_pass_by_themselves_and_nobody_takes_what_is_over(portal):
    yesterday = (now().date() - timedelta(days=2)).isoformat()
    late, good, mine = offer(portal, until=yesterday), offer(portal), offer(portal, until=yesterday)
    client = portal.client("own")
    assert "/take" not in client.get(mine).text
    assert signed(client, mine, 1, mark="0" * 32).status == 409  # before any job came by
    assert row_of(portal, mine).state == "gone"
    job = next(one for one in portal.portal.built.registry.jobs if one.plugin == "deal")
    with portal.scope("acme"):
        job.call()
        job.call()
    assert [row_of(portal, one).state for one in (late, good)] == ["gone", "sent"]
    assert "Gone" in client.get(late).text
    assert portal.client("agent").post(f"{late}/expire", {"_once": once(2)}).status == 404  # nobody's step


@pytest.mark.engines("sqlite")
def test_programs_sign_with_the_mark_they_were_given(portal):
    place = offer(portal)
    number, api = place.replace("/offers", "/api/v1/offers"), portal.client("own", token=True)
    shown = api.get(number).json
    body = {"state": "taken", "agreed": True, "signature": {"name": "Thomas Hardy", "drawn": "1,2 3,4;9,9"}}
    assert api.send_json("PATCH", number, body).status == 409
    assert api.send_json("PATCH", number, {**body, "seen": shown["marks"]["take"], "chosen": [0]}).status == 422
    for drawn in ('1,2"/><script>', "601,1", "1,201", "1,2,3", "1;2", "1,2" + " 3,4" * 9000):
        assert api.send_json("PATCH", number, {**body, "seen": shown["marks"]["take"], "signature": {
            "name": "Thomas", "drawn": drawn}}).status == 422
    done = {**body, "seen": shown["marks"]["take"], "chosen": [1]}
    assert api.send_json("PATCH", number, done).status == 200
    row = row_of(portal, place)
    assert [one["ticked"] for one in row.fields["lines"]] == [False, True, False]
    assert row.state == "taken" and '"/><script>' not in portal.client("own").get(place).text


@pytest.mark.engines("sqlite")
def test_it_is_had_as_a_document_in_its_states(portal):
    place, client = offer(portal), portal.client("own")
    signed(client, place, 1, **{"signature.drawn": "10,10 50,90;60,20 90,80"})
    assert "<polyline" in client.get(place).text
    answer = client.get(f"{place}/paper.pdf")
    assert answer.status == 200 and answer.body[:5] == b"%PDF-"
    assert client.get(f"{place}/paper.pdf").body == answer.body
    assert portal.client("stranger").get(f"{place}/paper.pdf").status == 404
    assert client.get(f"{offer(portal, 'asked')}/paper.pdf").status == 404
    row = row_of(portal, place)
    with portal.scope("acme"):
        access.change("offer", row.id, "view", fields={**row.fields, "lines": [{"item": "Rack"}] * 1001})
    refused = client.get(f"{place}/paper.pdf")
    assert refused.status == 403 and "You can print this page." in refused.text


@pytest.mark.engines("sqlite")
def test_a_document_is_the_same_whatever_is_written_about_it_later(portal):
    place = offer(portal)
    signed(portal.client("own"), place, 1)
    before = portal.client("own").get(f"{place}/paper.pdf").body
    with portal.scope("acme"):
        access.change("offer", row_of(portal, place).id, "view", touched=now() + timedelta(days=3))
    assert portal.client("own").get(f"{place}/paper.pdf").body == before


@pytest.mark.engines("sqlite")
def test_what_begins_from_another_is_made_as_by_its_form(portal):
    row, said = row_of(portal, offer(portal, "taken")), []

    def own(usual, values, **more):
        said.append(values)
        return usual(values, **more)

    made = next(one for one in module.read(portal.portal.plugins.manifests["deal"]) if one.flow.begins)
    with portal.scope("acme"):
        work = beginning.begin(replace(made, around={"open": own}), made.flow.begins[0], row, begin.told(row))
        assert (work.company_id, work.person_id, len(said)) == (row.company_id, row.person_id, 1)
        assert reshape.known(made.name) is not None


def test_a_taken_offer_begins_work_once(portal):
    place, agent = offer(portal), portal.client("agent")
    assert "Begin the work" not in agent.get(place).text
    signed(portal.client("own"), place, 1)
    assert "Begin the work" in agent.get(place).text
    assert "Begin the work" not in portal.client("own").get(place).text
    address = re.search(r'action="(/begin/[^"]+)"', agent.get(place).text).group(1)
    answers = portal.parallel(lambda: agent.post(address, {"_once": once(2)}),
                              lambda: portal.client("admin").post(address, {"_once": once(3)}))
    assert {one.location for one in answers} == {"/works/WRK-001"}
    with portal.scope("acme"):
        work = access.find("work", 1)
        assert (work.fields["note"], work.person_id) == ("A kitchen", portal.person("own").id)
    assert "WRK-001" in portal.client("own").get(place).text
    assert portal.client("stranger").get("/works/WRK-001").status == 404


@pytest.mark.engines("sqlite")
def test_the_home_page_shows_what_waits(portal):
    offer(portal)
    assert "A kitchen" in portal.client("own").get("/").text
    assert "A kitchen" not in portal.client("stranger").get("/").text


@pytest.mark.engines("sqlite")
def test_what_is_not_shown_yet_is_not_found_either(portal):
    offer(portal, "asked")
    assert "A kitchen" in portal.client("own").get("/offers?q=kitchen").text
    assert "A kitchen" not in portal.client("own").get("/offers?q=oven").text
    assert "A kitchen" in portal.client("agent").get("/offers?q=oven").text
    api = portal.client("own", token=True).get("/api/v1/offers").json
    assert "Oven" not in json.dumps(api) and "price" not in json.dumps(api)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("old", "new", "message"), [
    ("to: taken\n        who", "to: takn\n        who", "There is no state 'takn'."),
    ("terms: house\n        fields", "terms: hous\n        fields", "There are no terms 'hous'."),
    ("if: until >= today()", "if: untill >= today()", "untill"),
    ("if: until >= today()", "if: __import__('os')", ""),
    ("after: until", "after: what", "'what' is no date of this record."),
    ("offered: extra", "offered: item", "'item' is no yes-or-no of these rows."),
    ("rows: lines, offered", "rows: what, offered", "'what' is no field with rows."),
    ("who: staff, if: price", "who: edti, if: price", "Nobody is called 'edti', and no action is."),
    ("shows: [price", "shows: [secret", "'secret' is for your team alone."),
    ("facts: [what, until]", "facts: [what, secret]", "a document is for everybody"),
    ("columns: [item]", "columns: [itm]", "These rows have no field 'itm'."),
    ("gives: {in: [taken]", "gives: {in: [tkn]", "There is no state 'tkn'."),
    ("fields: {note: body}", "fields: {nte: body}", "There is no field 'nte'."),
    ("seen_in: [sent, taken]}", "seen_in: [snt]}", "There is no state 'snt'."),
    ("label: Margin, internal: true", "label: Margin, type: signature", ""),
    ("label: Price, currency: EUR, by: staff", "label: Price, currency: EUR", "Customers fill in 'price'"),
    ("secret: {type: text, label: Margin, internal: true}",
     "secret: {label: Twice, type: money, currency: EUR, compute: price * 2}",
     "'secret' is computed of 'price', which customers see only in some states."),
])
def test_mistakes_are_named_with_their_line(tmp_path, old, new, message):
    text = (DEAL / "plugin.yaml").read_text()
    assert old in text
    (tmp_path / "plugin.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        path = tmp_path / "plugin.yaml"
        module.read(manifests.manifest(loader.read(path.read_bytes(), str(path), {}), tmp_path))
    assert any(message in problem.message and problem.line > 1 for problem in caught.value.problems), caught.value


@pytest.mark.engines("sqlite")
def test_terms_of_ones_own_are_what_is_signed(portal_inside):
    settings = {"features": {"deal": {"enabled": True, "terms": {"offer": {"house": "Pay *at once*."}}}}}
    portal = portal_inside(settings, plugins=lambda folder: shutil.copytree(DEAL, folder / "deal"))
    place, client = offer(portal), portal.client("own")
    assert "<em>at once</em>" in client.get(f"{place}/take").text
    assert signed(client, place, 1).location == place
    assert json.loads(row_of(portal, place).fields["_signed"]["signature"])["terms"]["text"] == "Pay *at once*."


@pytest.mark.engines("sqlite")
def test_files_from_elsewhere_change_nothing_that_is_settled(portal):
    place, open_one = offer(portal), offer(portal, "asked")
    assert signed(portal.client("own"), place, 1).location == place
    before = row_of(portal, place)
    part = portal.portal.built.registry.imports["offer"]
    with portal.scope("acme", "admin"):
        for known, change in ((before, {"fields": {"price": 1}}), (before, {"state": "asked"}),
                              (row_of(portal, open_one), {"state": "taken"})):
            with pytest.raises(Invalid):
                part.call({"known": str(known.id), "changed": True, "external_id": "1",
                           "title": "A kitchen", **change})
    assert row_of(portal, place) == before and row_of(portal, open_one).state == "asked"


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("word", "who"), [
    ("requester", {"own"}), ("customer", {"own", "colleague", "boss"}), ("company_admin", {"boss"}),
    ("staff", {"agent", "admin"}), ("admins", {"admin"}), ("note", {"agent", "admin"}),
    ("{company_user: company}", {"colleague"})])
def test_who_may_take_a_step_is_said_in_a_word(portal_inside, word, who):
    def install(folder):
        shutil.copytree(DEAL, folder / "deal")
        path = folder / "deal" / "plugin.yaml"
        path.write_text(path.read_text().replace("to: asked, who: staff", f"to: asked, who: {word}"))

    portal = portal_inside(ON, plugins=install)
    place = offer(portal)
    may = {short for short in ("own", "colleague", "boss", "stranger", "horn_boss", "agent", "admin")
           if f'action="{place}/pull"' in portal.client(short).get(place).text}
    assert may == who


@pytest.mark.engines("sqlite")
def test_a_day_that_passes_without_its_condition_holds_nothing_up(portal_inside):
    def install(folder):
        shutil.copytree(DEAL, folder / "deal")
        path = folder / "deal" / "plugin.yaml"
        later = path.read_text().replace("after: until}", "after: {field: until, days: 3}, if: price > 500}")
        path.write_text(later.replace("if: until >= today()", "if: price > 0"))

    portal = portal_inside(ON, plugins=install)
    over = {days: (now().date() - timedelta(days=days)).isoformat() for days in (2, 9)}
    cheap, soon, dear = (offer(portal, until=over[days], price=price)
                         for days, price in ((9, 100), (2, 100_000), (9, 100_000)))
    client = portal.client("own")
    assert [signed(client, one, key).status for key, one in enumerate((cheap, soon), 1)] == [303, 303]
    assert signed(client, dear, 3, mark="0" * 32).status == 409 and row_of(portal, dear).state == "gone"


@pytest.mark.engines("sqlite")
def test_a_step_brings_files_which_customers_see_in_their_states_only(portal_inside):
    def install(folder):
        shutil.copytree(DEAL, folder / "deal")
        path = folder / "deal" / "plugin.yaml"
        path.write_text(path.read_text().replace(
            "to: sent, who: staff,", "to: sent, who: staff, fields: {pictures: {type: files, label: Pictures}, "
            "plans: {type: files, label: Plans, seen_in: [taken]}},"))

    portal = portal_inside(ON, plugins=install)
    place, agent, client = offer(portal, "asked"), portal.client("agent"), portal.client("own")
    sent = agent.post(f"{place}/send", {"_once": once(1)}, files={
        "pictures": [("oven.txt", b"an oven", "text/plain"), ("rack.txt", b"a rack", "text/plain")],
        "plans": [("plan.txt", b"a plan", "text/plain")]})
    assert sent.location == place, sent.text
    fields = row_of(portal, place).fields
    pictures, plans = fields["pictures"], fields["plans"]
    assert (len(pictures), len(plans)) == (2, 1)

    def had(reader):
        return [reader.get(f"/files/{one}").status for one in (pictures[0], plans[0])]

    assert had(agent) == [200, 200] and had(client) == [200, 404]
    assert "oven.txt" in client.get(place).text and "plan.txt" not in client.get(place).text
    assert signed(client, place, 2).location == place
    assert had(client) == [200, 200] and "plan.txt" in client.get(place).text
    assert agent.post(f"{place}/pull", {"_once": once(3)}).location == place
    assert had(client) == [200, 404] and had(agent) == [200, 200]
