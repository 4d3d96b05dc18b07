"""Quotes and jobs, made of YAML alone: asked for, offered, accepted with a signature, carried out, signed off."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from pathlib import Path

import pypdf
import pytest

from core.data import access, addresses, db, people
from support.inside import text_of

ON = {"features": {"quotes": True, "jobs": True}}
LATER = (date.today() + timedelta(days=20)).isoformat()
LINES = {"lines": ["0", "1", "2"],
         "lines.0.item": "Counter", "lines.0.quantity": "1", "lines.0.price": "1,840.00", "lines.0.tax": "19",
         "lines.1.item": "Assembly", "lines.1.quantity": "2.5", "lines.1.price": "68.33", "lines.1.tax": "7",
         "lines.2.item": "Fridge", "lines.2.quantity": "1", "lines.2.price": "415.00", "lines.2.tax": "19",
         "lines.2.optional": "true"}


@pytest.fixture
def portal(portal_inside):
    return portal_inside(ON)


@pytest.fixture
def step(portal):
    """Give what takes a step as somebody: it looks at the page first and sends what stands there."""
    keys = iter(range(10_000))

    def take(short, place, name, **form):
        client = portal.client(short)
        page = client.get(f"{place}/{name}").text
        mark = re.search(r'name="seen" value="([0-9a-f]+)"', page)
        form = {"seen": mark[1] if mark else "", **form}
        return client.post(f"{place}/{name}", {"_once": f"quote-key-{next(keys):012d}", **form})

    return take


def row(portal, place):
    kind, number = place.strip("/").split("/")
    with portal.scope("acme"):
        return access.find(kind.removesuffix("s"), number)


def sent(portal, step):
    """Let Thomas ask for a quote and the team send it."""
    client, agent = portal.client("own"), portal.client("agent")
    place = client.post("/quotes/new", {"_once": "quote-begin-0001", "subject": "A counter",
                                        "details": "Oak, please", "total": "1", "valid_until": LATER,
                                        "lines": ["0"], "lines.0.item": "Mine"}).location
    asked = row(portal, place).fields
    assert not asked.get("lines") and not asked.get("valid_until")
    assert step("agent", place, "prepare").location == place
    assert step("agent", place, "send").status == 409
    form = {"_once": "quote-edit-00001", "subject": "A counter", "details": "Oak, please", "valid_until": LATER,
            "net": "1", "total": "1", **LINES}
    assert agent.post(f"{place}/edit", form).location == place
    hidden = client.get(place).text
    assert "Assembly" not in hidden and "Assembly" not in client.get("/quotes?q=assembly").text
    assert step("agent", place, "send").location == place
    return place


def test_files_hold_no_python():
    for name in ("quotes", "jobs"):
        folder = Path(__file__).parents[3] / "plugins" / name
        assert not [path for path in folder.rglob("*") if path.suffix in (".py", ".html", ".js")]


def test_a_quote_from_the_question_to_the_signature(portal, step):
    place, client = sent(portal, step), portal.client("own")
    fields = row(portal, place).fields
    # 1840.00 + 2.5 x 68.33 = 170.825 -> 170.83; tax 349.60 + 11.9581 -> 11.96; the fridge is not ticked.
    assert [line["amount"] for line in fields["lines"]] == [184_000, 17_083, 41_500]
    assert (fields["net"], fields["tax"], fields["total"]) == (201_083, 36_156, 237_239)
    page = client.get(f"{place}/accept").text
    assert "€2,372.39" in page and "Fridge" in page and "Terms of business" in page
    again = client.post(f"{place}/accept", {"_once": "quote-key-reckon", "chosen": "2", "reckon": "1"})
    assert again.status == 200 and "€2,866.24" in again.text and row(portal, place).state == "sent"
    mark = re.search(r'name="seen" value="([0-9a-f]+)"', again.text)[1]
    signed = {"seen": mark, "chosen": "2", "agreed": "true", "signature.name": "Thomas Hardy", "total": "1"}
    for short in ("colleague", "stranger", "agent"):
        assert portal.client(short).post(f"{place}/accept", {"_once": f"quote-{short:>12}", **signed}).status in (
            403, 404)
    answer = client.post(f"{place}/accept", {"_once": "quote-key-accept", **signed})
    assert answer.location == place
    accepted = row(portal, place)
    assert (accepted.state, accepted.fields["total"]) == ("accepted", 286_624)
    assert "Signed by Thomas Hardy" in client.get(place).text
    assert client.get(f"{place}/agreement.pdf").body[:5] == b"%PDF-"
    assert client.get(f"{place}/offer.pdf").status == 404
    assert step("agent", place, "withdraw").status == 409
    assert step("own", place, "reject", reason="No").status == 409
    subjects = [str(letter["Subject"]) for letter in portal.letters_to("own@example.com")]
    assert any("A counter" in subject for subject in subjects)
    texts = [text_of(letter) for letter in portal.letters_to("own@example.com")]
    ready = next(text for text in texts if f"Your quote {place.rsplit('/', 1)[1]} is ready: A counter" in text)
    assert "accept it with your signature" in ready


@pytest.mark.engines("sqlite")
def test_the_quote_on_paper_says_which_optional_lines_are_wanted(portal, step):
    place = sent(portal, step)
    made = pypdf.PdfReader(io.BytesIO(portal.client("own").get(f"{place}/offer.pdf").body))
    text = " ".join(" ".join(page.extract_text() for page in made.pages).split())
    assert "Optional" in text and "Wanted" in text and "Fridge 1 €415.00 19 Yes No €415.00" in text
    assert "Subject" in text and "What do you need?" not in text


@pytest.mark.engines("sqlite")
def test_declined_and_changed(portal, step):
    place = sent(portal, step)
    assert step("own", place, "reject").status == 422
    assert step("own", place, "change", wishes="Less oak").location == place
    assert step("own", place, "accept", agreed="true", **{"signature.name": "T"}).status == 409
    assert step("agent", place, "revise").location == place and step("agent", place, "send").location == place
    assert step("own", place, "reject", reason="Too dear").location == place
    assert "Too dear" in portal.client("agent").get(place).text and row(portal, place).state == "rejected"


def test_an_accepted_quote_becomes_a_job_that_is_signed_off(portal, step):
    place, agent = sent(portal, step), portal.client("agent")
    assert "Begin a job" not in agent.get(place).text
    assert step("boss", place, "accept", agreed="true", **{"signature.name": "Maria Anders"}).location == place
    begin = re.search(r'action="(/begin/jobs[^"]+)"', agent.get(place).text)[1]
    assert portal.client("own").post(begin, {"_once": "quote-own-000001"}).status == 404
    both = portal.parallel(*(lambda key=key: portal.client("agent").post(begin, {"_once": f"quote-begin-{key}"})
                             for key in "ab"))
    assert {one.location for one in both} == {"/jobs/JOB-001"}
    job = "/jobs/JOB-001"
    made = row(portal, job)
    assert (made.title, made.fields["details"], made.person_id) == ("A counter", "Oak, please",
                                                                   portal.person("own").id)
    client = portal.client("own")
    assert place.rsplit("/", 1)[1] in client.get(job).text and "JOB-001" in client.get(place).text
    assert step("own", job, "sign", **{"signature.name": "T"}).status in (404, 409)
    assert step("agent", job, "schedule", day=LATER, hours="9-10").status == 422
    assert step("agent", job, "schedule", day=LATER, hours="10-12", worker="Clara").location == job
    assert "10:00 and 12:00" in client.get("/jobs").text
    assert step("agent", job, "start").location == job
    assert step("agent", job, "finish", report="All done").location == job
    assert step("colleague", job, "reopen", missing="A screw").location == job
    assert step("agent", job, "finish", report="And the screw").location == job
    assert step("own", job, "sign", **{"signature.name": "Thomas Hardy", "signature.drawn": "1,2 30,40"}
                ).location == job
    shown = client.get(job).text
    assert "Signed off" in shown and "<polyline" in shown and client.get(f"{job}/report.pdf").status == 200
    assert step("agent", job, "cancel").status == 409


@pytest.mark.engines("sqlite")
def test_staff_writes_a_quote_for_a_customer(portal):
    agent = portal.client("agent")
    page = agent.get("/quotes/new").text
    assert 'name="requester"' in page and 'name="lines._.item"' in page
    form = {"_once": "quote-staff-0001", "subject": "For you", "requester": "own@example.com"}
    assert agent.post("/quotes/new", {**form, "requester": "nobody@example.com"}).status == 422
    place = agent.post("/quotes/new", form).location
    assert row(portal, place).person_id == portal.person("own").id
    assert portal.client("own").get(place).status == 200
    foreign = {"_once": "quote-own-0002", "subject": "Mine", "company": "horn",
               "requester": "boss@example.com"}
    assert portal.client("own").post("/quotes/new", foreign).status == 303
    assert portal.client("stranger").get("/quotes").text.count("data-record") == 0


@pytest.mark.engines("sqlite")
def test_pages_cost_the_same_however_much_there_is(portal):
    db.count_statements(db.db.obj)
    client, person, spent = portal.client("own"), portal.person("own"), {}
    for rows in (2, 20):
        with portal.scope("acme"):
            for number in range(rows):
                access.add("quote", title=f"Quote {number}", person=person.id, state="sent", fields={
                    "subject": f"Quote {number}", "total": 100, "valid_until": LATER,
                    "lines": [{"item": "A", "quantity": "1", "price": 100, "tax": "0"}] * rows})
        for path in ("/quotes", "/quotes/QUO-001", f"/quotes/QUO-{rows:03d}/accept", "/"):
            costs = []
            for _time in range(3):  # now and then counts are written down, or a session is noted as alive
                before = db.statements
                assert client.get(path).status == 200
                costs.append(db.statements - before)
            spent.setdefault(re.sub("0[02][02]", "N", path), []).append(min(costs))
    assert all(first == last <= 14 for first, last in spent.values()), spent
    assert client.get("/quotes").text.count("data-record") == 22 and "Quotes for you" in client.get("/").text


@pytest.mark.engines("sqlite")
def test_a_job_takes_an_address_of_the_company(portal):
    with portal.scope("acme"):
        made = {name: addresses.add(people.company(name).id, {
            "label": "Works", "lines": f"{name} street 1", "postal_code": "12209", "city": "Town",
            "country": "DE"}) for name in ("alfreds", "horn")}
    client = portal.client("own")
    assert "alfreds street 1" in client.get("/jobs/new").text and "horn street" not in client.get("/jobs/new").text
    form = {"_once": "quote-job-000001", "work": "Paint it"}
    foreign = client.post("/jobs/new", {**form, "address_from": made["horn"].public_id})
    assert foreign.status == 422 and "horn street" not in foreign.text
    assert client.post("/jobs/new", {**form, "address_from": "other"}).status == 422
    place = client.post("/jobs/new", {**form, "address_from": made["alfreds"].public_id}).location
    assert row(portal, place).fields["address"] == "alfreds street 1\n12209 Town"
    api = portal.client("own", token=True)
    answer = api.send_json("POST", "/api/v1/jobs", {"work": "Wash it", "address": "Elsewhere 2"})
    assert (answer.status, answer.json["fields"]["address"]) == (201, "Elsewhere 2")


@pytest.mark.engines("sqlite")
def test_an_accepted_quote_becomes_an_order_and_an_invoice_of_the_same_amount(portal_inside):
    portal = portal_inside({"features": dict.fromkeys(("quotes", "orders", "invoices"), True)})
    plain = {"optional": False, "chosen": False}
    lines = [{**plain, "item": "Counter", "quantity": "1", "price": 184_000, "tax": "19"},
             {**plain, "item": "Assembly", "quantity": "2.5", "price": 6_833, "tax": "7"},
             {**plain, "item": "Fridge", "quantity": "1", "price": 41_500, "tax": "19", "optional": True}]
    with portal.scope("acme"):
        person = portal.person("own")
        made = [access.add("quote", title="A counter", person=person.id, state=state, category="resolved",
                           company=people.company("alfreds").id,
                           fields={"subject": "A counter", "lines": lines, "total": 237_239, "details": "Oak"})
                for state in ("accepted", "sent")]
    place, waiting = (f"/quotes/QUO-{one.number:03d}" for one in made)
    agent = portal.client("agent")
    offered = re.findall(r'action="(/begin/[^"]+)"', agent.get(place).text)
    assert not re.findall(r'action="(/begin/[^"]+)"', agent.get(waiting).text)
    assert {one.split("/")[2] for one in offered} == {"orders.place", "invoices.bill"}
    for key, address in enumerate(offered):
        answer = agent.post(address, {"_once": f"quote-become-{key:05d}"})
        assert answer.status == 303
        assert "2,372.39" in agent.get(answer.location).text and "Fridge" not in agent.get(answer.location).text
        assert agent.post(address, {"_once": f"quote-again-{key:06d}"}).location == answer.location
    both = [agent.post(f"/begin/invoices.bill/{one}", {"_once": f"quote-bill-{one}"}).location
            for one in ("QUO-001", "ORD-001")]
    assert both[0] == both[1], "what is billed for the quote is billed for its order"


@pytest.mark.engines("sqlite")
def test_the_page_says_where_a_quote_stands_what_is_missing_and_what_the_ticks_come_to(portal, step):
    client, agent = portal.client("own"), portal.client("agent")
    place = client.post("/quotes/new", {"_once": "quote-said-0001", "subject": "A counter"}).location
    step("agent", place, "prepare")
    page = agent.get(place).text
    assert re.search(r'<button[^>]*disabled[^>]*><span>Send the quote', page)  # no lines, no day: it says so
    assert "Add at least one line and a day until which the quote is valid" in page
    assert "Send the quote" not in client.get(place).text
    form = {"_once": "quote-said-0002", "subject": "A counter", "valid_until": LATER, **LINES}
    agent.post(f"{place}/edit", form)
    step("agent", place, "send")
    page = client.get(place).text
    head = page.split('<details class="facts"')[0]
    assert '<nav class="crumbs"' in head and "Waits for your answer</span>" in head  # in sight without unfolding
    asked = client.get(f"{place}/accept").text
    assert asked.index('class="crumbs"') < asked.index("<h1>") and 'class="stacks"' in asked
    mark = re.search(r'name="seen" value="([0-9a-f]+)"', asked)[1]
    signed = {"seen": mark, "_shown": "", "chosen": "2", "agreed": "true", "signature.name": "Thomas Hardy"}
    again = client.post(f"{place}/accept", {"_once": "quote-said-0003", **signed})
    assert again.status == 200 and "€2,866.24" in again.text and row(portal, place).state == "sent"
    assert "with what you have chosen" in again.text and "has changed since" not in again.text
    form = {**signed, "seen": re.search(r'name="seen" value="([0-9a-f]+)"', again.text)[1], "_shown": "2"}
    assert client.post(f"{place}/accept", {"_once": "quote-said-0004", **form}).location == place
    assert "Thank you for signing. Status: Accepted" in client.get(place).text
