"""The data side of a module: computed values, references, lists, layout, samples and files, by pages and API."""

from __future__ import annotations

import json

import pytest

from core.config import loader, manifests
from core.data import access, db, people
from core.data.records import YEAR
from core.errors import ConfigError
from core.host import aligning, discover
from core.lowcode import module, taking
from core.work import exports, plans
from core.work.imports import Run

CLAIMS = """
id: claims
title: Claims
summary: Warranty claims.
face: 1
records:
  claim:
    title: Claim
    plural: claims
    prefix: CLA
    numbers: {width: 4, restart: yearly}
    headline: item
    message: "off"
    fields:
      item: {type: text, label: Item, required: true}
      reason: {type: choice, label: Reason, options: {broken: Broken, late: Too late}}
      due: {type: date, label: Due}
      ticket: {type: reference, of: ticket, label: Ticket}
      helper: {type: reference, of: person, label: Helper}
      lines:
        type: rows
        label: Parts
        fields:
          part: {type: text, label: Part, required: true}
          quantity: {type: quantity, label: Quantity}
          price: {type: money, label: Price, currency: EUR}
          amount: {type: money, label: Amount, currency: EUR, compute: "round(quantity * price, 2)"}
      rate: {type: quantity, label: Rate, internal: true}
      tax: {type: money, label: Tax, currency: EUR, compute: "sum(lines, amount) * rate / 100", internal: false}
      total: {type: money, label: Total, currency: EUR, compute: "sum(lines, amount) + tax"}
      large: {type: checkbox, label: Large, compute: total > 1000}
    states:
      open: {label: Open, category: open}
      done: {label: Done, category: closed}
    transitions:
      close: {label: Close, to: done}
    list: [reason, total, ticket]
    filters: [reason, due, ticket, large]
    search: [item, reason]
    sort: -total
    sections:
      - {title: What happened, fields: [reason, ticket]}
    samples:
      - fields: {item: Sample lamp, reason: broken, lines: [{part: Bulb, quantity: "2", price: 250}]}
        state: done
        message: It broke.
        reply: We send another.
    import:
      item: {column: Artikel, columns: [Sache]}
      reason: {column: Grund, values: {kaputt: broken}}
"""
ON = {"features": {"claims": True}}
GERMAN = """
translations:
  de: {Claims: Garantiefälle, Claim: Garantiefall, Item: Gegenstand, What happened: Was geschah}
"""


def write(folder, text=CLAIMS):
    (folder / "claims").mkdir(exist_ok=True)
    (folder / "claims" / "plugin.yaml").write_text(text)


@pytest.fixture
def portal(portal_inside):
    return portal_inside(ON, plugins=write)


def once(number):
    return f"claims-key-{number:08d}"


LINES = {"lines": ["0", "1"], "lines.0.part": "Lamp", "lines.0.quantity": "2.5", "lines.0.price": "3.33",
         "lines.1.part": "Desk", "lines.1.quantity": "1", "lines.1.price": "999.99"}


@pytest.mark.engines("sqlite")
def test_the_server_computes_and_takes_no_computed_value_from_anybody(portal):
    client, agent = portal.client("own"), portal.client("agent")
    form = client.get("/claims/new").text
    assert 'name="lines._.price"' in form and "amount" not in form and 'name="total"' not in form
    own = {"total": "1", "tax": "1", "lines.0.amount": "0.01", "large": "on"}
    sent = {"_once": once(1), "item": "Lamp", **LINES, **own}
    place = client.post("/claims/new", sent).location
    assert place.startswith("/claims/CLA-20") and place.endswith("-0001")
    page = client.get(place).text
    assert "€8.33" in page and "€1,008.32" in page, "8.325 is rounded half up; 8.33 + 999.99"
    sent = {"_once": once(2), "item": "Lamp", **LINES, "rate": "19", "total": "5"}
    assert agent.post(f"{place}/edit", sent).status == 303
    page = client.get(place).text
    assert "€191.58" in page and "€1,199.90" in page and "Rate" not in page
    api = portal.client("own", token=True)
    for extra in ({"total": 1}, {"lines": [{"part": "x", "amount": 1}]}):
        assert api.send_json("POST", "/api/v1/claims", {"item": "x", **extra}).status == 422
    lines = [{"part": "y", "quantity": "0.1", "price": 5}]
    made = api.send_json("POST", "/api/v1/claims", {"item": "x", "lines": lines})
    assert made.json["fields"]["total"] == 1 and made.json["fields"]["lines"][0]["amount"] == 1
    staff = portal.client("agent", token=True)
    number = place.rpartition("/")[2]
    assert staff.send_json("PATCH", f"/api/v1/claims/{number}", {"tax": 0}).status == 422
    assert staff.send_json("PATCH", f"/api/v1/claims/{number}", {"rate": "0"}).json["fields"]["total"] == 100832


def test_lists_are_filtered_and_sorted_by_fields_page_by_page(portal):
    with portal.scope("acme"):
        for place in range(30):
            name = f"Claim {place:02d}"
            access.add("claim", title=name, state="open", fields={
                "item": name, "total": place * 100 + 5, "reason": "late" if place % 3 else "broken",
                "due": "2020-01-01" if place < 3 else ""})
    agent = portal.client("agent")
    first = agent.get("/claims").text
    assert first.index("Claim 29") < first.index("Claim 28") < first.index("Claim 05")
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = agent.get(older).text
    assert [f"Claim {place:02d}" in second for place in range(5)] == [True] * 5 and "Claim 05" not in second
    newer = second.split('rel="prev" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "Claim 29" in agent.get(newer).text
    for mark in ("9999999999999999999", "-1000000000000000000", "1e9", "x", "", "5.5"):
        assert agent.get(f"/claims?before=7.{mark}").status == 200, "a place that cannot be read is the first page"
    few = agent.get("/claims?f.reason=broken").text
    assert few.count('data-record="claim/') == 10 and 'href="/claims"' in few
    assert agent.get("/claims?f.due=past").text.count('data-record="claim/') == 3
    assert agent.get("/claims?f.due=past&q=02").text.count('data-record="claim/') == 1
    assert agent.get("/claims?f.reason=%27&before=1.x&f.nothing=1").status == 200
    assert "/export/claims?f.reason=broken" in few and "Act on the chosen" in few


@pytest.mark.engines("sqlite")
def test_references_go_through_the_door(portal):
    with portal.scope("acme", "own"):
        mine = access.add("ticket", title="My kettle", state="new", body={})
    with portal.scope("acme", "stranger"):
        theirs = access.add("ticket", title="Their secret", state="new", body={})
    client, agent = portal.client("own"), portal.client("agent")
    form = client.get("/claims/new").text
    assert "My kettle" in form and "Their secret" not in form
    for number in (theirs.number, 999):
        answer = client.post("/claims/new", {"_once": once(number), "item": "x", "ticket": f"TKT-{number:03d}"})
        assert answer.status == 422 and "was not found for “Ticket”" in answer.text
    sent = {"_once": once(3), "item": "x", "ticket": f"TKT-{mine.number:03d}"}
    place = client.post("/claims/new", sent).location
    page = client.get(place).text
    assert f'<a href="/tickets/TKT-{mine.number:03d}">' in page and "My kettle" in page
    assert "datalist" in agent.get(f"{place}/edit").text
    offered = agent.get("/search/choose?of=ticket&ticket=secret").text
    assert f'<option value="TKT-{theirs.number:03d}">' in offered and "kettle" not in offered
    assert "option" not in client.get("/search/choose?of=ticket&ticket=secret").text
    agent.post(f"{place}/edit", {"_once": once(4), "item": "x", "ticket": f"tkt-{theirs.number}",
                                 "helper": "agent@example.com"})
    page = client.get(place).text
    assert "Their secret" not in page and f"/tickets/TKT-{theirs.number:03d}" not in page, "its number at most"
    assert "Ben Agent" in page and "/people/" not in page and "/people/" in agent.get(place).text
    listed = agent.get(f"/claims?f.ticket=TKT-{theirs.number:03d}").text
    assert listed.count('data-record="claim/') == 1
    other = portal.client("own", token=True)
    assert other.send_json("POST", "/api/v1/claims", {"item": "x", "ticket": "TKT-999"}).status == 422


@pytest.mark.engines("sqlite")
def test_people_are_named_by_those_who_know_them(portal):
    ours, theirs = (portal.person(short).public_id for short in ("colleague", "stranger"))
    for short, known in (("boss", True), ("own", False)):
        form = portal.client(short).get("/claims/new").text
        assert (ours in form, theirs in form) == (known, False), short
        for number, (one, status) in enumerate(((ours, 303 if known else 422), (theirs, 422))):
            sent = {"_once": f"{short}-{once(number)}", "item": "x", "helper": one}
            assert portal.client(short).post("/claims/new", sent).status == status


@pytest.mark.engines("sqlite")
def test_lists_and_records_cost_the_same_with_more_in_them(portal):
    client, helper = portal.client("agent"), portal.person("agent").public_id
    with portal.scope("acme"):
        tickets = [access.add("ticket", title=f"T {place}", state="new", body={}).number for place in range(20)]
    db.count_statements(db.db.obj)
    found = []
    for first, last in ((0, 2), (2, 20)):
        with portal.scope("acme"):
            for number in tickets[first:last]:
                line = {"part": "a", "quantity": "1", "price": 1}
                made = access.add("claim", title="T", state="open", fields={
                    "item": "T", "ticket": f"TKT-{number:03d}", "helper": helper, "lines": [line] * (last // 2)})
        address = f"/claims/CLA-{made.number // YEAR}-{made.number % YEAR:04d}"
        found.append([least(client, path) for path in ("/claims", address)])
    db.db.obj.query_hooks.clear()
    assert found[0] == found[1], "neither rows nor references cost more"
    assert found[0][0] <= 16 and found[0][1] <= 20, found


def least(client, path):
    """Give the statements a page needs; the first turns mark as read and look for a new configuration."""
    turns = []
    for _turn in range(3):
        before = db.statements
        assert client.get(path).status == 200
        turns.append(db.statements - before)
    return min(turns)


@pytest.mark.engines("sqlite")
def test_search_finds_by_the_chosen_fields_alone(portal):
    client = portal.client("own")
    client.post("/claims/new", {"_once": once(1), "item": "Blue kettle", "reason": "late", "lines": "0",
                                "lines.0.part": "Zylinder"})
    assert 'data-record="claim/' in client.get("/search?q=late").text
    assert 'data-record="claim/' not in client.get("/search?q=zylinder").text


@pytest.mark.engines("sqlite")
def test_samples_files_and_the_way_back(portal):
    part = taking.part(next(one for one in module_of(portal)))
    with portal.scope("acme"):
        taking.fill(module_of(portal)[0], "acme")
        (row,) = access.listed("claim", ("all",), lambda query: query)
        assert row.title == "Sample lamp" and row.fields["total"] == 500 and row.state == "done"
        taking.fill(module_of(portal)[0], "acme")
        assert len(access.listed("claim", ("all",), lambda query: query)) == 1
        given = part.give(row)
        schema = part.fields()["properties"]
        assert schema["fields"]["properties"]["item"]["x-columns"] == ["Artikel", "Sache"]
        assert schema["fields"]["properties"]["reason"]["x-words"] == {"kaputt": "broken"}
        assert schema["fields"]["properties"]["total"]["x-given"]
        assert "fields.total" in dict(exports.columns("claim"))
        back = {**given, "known": None, "changed": True, "number": "", "requester": "", "company": "", "fields": {
            **{name: value for name, value in given["fields"].items() if name not in ("tax", "total", "large")},
            "lines": json.dumps(given["fields"]["lines"])}}
        word, key, _more = part.call(back)
        again = access.by_id("claim", key)
        assert (word, again.fields["lines"], again.fields["total"]) == ("created", row.fields["lines"], 500)


@pytest.mark.engines("sqlite")
def test_a_table_from_elsewhere_is_read_by_the_columns_it_names(portal, tmp_path):
    with portal.scope("acme", "own"):
        ticket = access.add("ticket", title="My kettle", state="new", body={})
    table = tmp_path / "claims.csv"
    lines = '"[{""part"": ""Bulb"", ""quantity"": ""2"", ""price"": 250}]"'
    table.write_text("Artikel;Grund;Ticket;Parts;Total\n"
                     f"Lamp;kaputt;TKT-{ticket.number:03d};{lines};1\n"
                     "Desk;verloren;;;\nChair;late;TKT-999;;\n")
    with portal.scope("acme"):
        parts = portal.portal.built.registry.imports
        plan = plans.first(parts["claim"], plans.read(table))
        assert {name: source["column"] for name, source in plan["fields"].items()} == {
            "fields.item": "Artikel", "fields.reason": "Grund", "fields.ticket": "Ticket", "fields.lines": "Parts"}
        run = Run(plans.mapping(parts["claim"], plan, "test"), table, [table], parts)
        run.go()
        counts = run.counts["claim"]
        assert (counts.created, counts.failed) == (1, 2)
        (row,) = access.listed("claim", ("all",), lambda query: query)
        assert row.fields["total"] == 500 and row.fields["ticket"] == f"TKT-{ticket.number:03d}"
        assert row.fields["reason"] == "broken"
        run.close()


@pytest.mark.engines("sqlite")
def test_texts_are_translated_in_the_file_itself(portal_inside):
    portal = portal_inside({**ON, "languages": {"offered": ["en", "de"]}},
                           plugins=lambda folder: write(folder, CLAIMS + GERMAN))
    assert "Item" in portal.client("own").get("/claims/new").text
    with portal.scope("acme"):
        people.change_person(portal.person("own").id, language="de")
    page = portal.client("own").get("/claims/new").text
    assert "Garantiefälle" in page and "Gegenstand" in page and "Claims" not in page


def module_of(portal):
    manifest = portal.portal.plugins.manifests["claims"]
    return list(module.read(manifest))


WRONG = {
    "sum(lines, amount) + tax": ("sum(lines, amuont) + tax", "no field 'amuont' here. Did you mean 'amount'?"),
    "total > 1000": ("total > ", "This ends too early"),
    "round(quantity * price, 2)": ("round(quantity * part, 2)", "numbers belong"),
    "filters: [reason,": ("filters: [raeson,", "Did you mean 'reason'?"),
    "sort: -total": ("sort: -totl", "Did you mean 'total'?"),
    "{title: What happened, fields: [reason,": (
        "{title: What happened, fields: [raeson,", "Did you mean 'reason'?"),
    "state: done": ("state: don", "There is no state 'don'."),
    "values: {kaputt: broken}": ("values: {kaputt: brokn}", "'brokn' is none of its options."),
    "internal: false}": ("}", "is computed of 'rate', which only your team sees"),
    "compute: total > 1000": ("compute: large", "computed of one another"),
    "due: {type: date,": ("due: {type: date, if: {total: filled},", "'total' is computed: a form cannot ask"),
    "item: {type: text,": ("item: {type: text, if: {reson: broken},", "Did you mean 'reason'?"),
    "part: {type: text, label: Part, required: true}": (
        "part: {type: group, label: P, fields: {a: {type: number, compute: 1 + 1}}}", "not deeper"),
    "{type: reference, of: ticket,": ("{type: text, of: ticket,", "'of' belongs to a field of type reference."),
}


def test_a_reference_to_nothing_is_told_by_the_check(tmp_path):
    write(tmp_path, CLAIMS.replace("of: ticket", "of: tiket"))
    (problem,) = aligning.strangers([discover.read(tmp_path / "claims")], ["ticket", "claim"])
    assert "There is no kind of record 'tiket'. Did you mean 'ticket'?" in str(problem) and problem.line == 18


@pytest.mark.parametrize("right", WRONG)
@pytest.mark.engines("sqlite")
def test_mistakes_are_named_where_they_stand(right, tmp_path):
    wrong, told = WRONG[right]
    assert CLAIMS.count(right) == 1
    write(tmp_path, CLAIMS.replace(right, wrong))
    path = tmp_path / "claims" / "plugin.yaml"
    with pytest.raises(ConfigError) as caught:
        module.read(manifests.manifest(loader.read(path.read_bytes(), str(path), {}), path.parent))
    problem = next(one for one in caught.value.problems if told in str(one))
    assert problem.line == CLAIMS[:CLAIMS.index(right)].count("\n") + 1
    if "amuont" in wrong:
        line = path.read_text().splitlines()[problem.line - 1]
        assert line[problem.column - 1:].startswith("amuont"), "the column is that of the word itself"
