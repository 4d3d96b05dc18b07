"""Invoices: numbers without gaps, what is issued stays, credit notes, parts, statements that add up, paper."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from datetime import timedelta

import pypdf
import pytest

from core.data import access, db
from core.data.guard import schema_work
from core.paying import Charge
from support.orders import order_of

PAGES = ("/invoices", "/invoices/INV-001", "/invoices/statement", "/payments")
LINES = {"lines": "0", "lines.0.text": "Beans", "lines.0.quantity": "1", "lines.0.price": "1.00"}


def test_numbers_have_no_gaps_however_many_are_issued_and_some_crash(shop):
    shop = shop()

    def issue(place):
        client = shop.portal.client("agent")
        price = "1.00" if place % 5 else "-1.00"  # every fifth breaks after its draft was written
        return lambda: client.post("/invoices/new", {"company": "alfreds", **LINES, "lines.0.price": price,
                                                     "act": "issue"}).status

    told = shop.portal.parallel(*(issue(place) for place in range(50)))
    assert sorted(told) == [303] * 40 + [422] * 10
    with shop.portal.scope():
        numbers = sorted(row.number for row in db.fetch(access.visible("invoice")))
        with pytest.raises(ZeroDivisionError), db.transaction():
            access.add("invoice", title="x", body={
                "currency": "EUR", "net": 0, "tax": 0, "total": 0, "issued": "2026-11-22"})
            _crash = 1 / 0
    assert numbers == list(range(1, 41))
    assert shop.issue() == "INV-041", "the number of what broke is given again"


def test_what_is_issued_never_changes_by_no_way(shop):
    shop = shop()
    number = shop.issue()
    before = shop.facts(number)
    agent = shop.portal.client("agent", token=True)
    assert agent.send_json("PATCH", f"/api/v1/invoices/{number}", {"total": 1}).status == 405
    with shop.portal.scope():
        row = access.find("invoice", number)
        for attempt in (lambda: access.change("invoice", row.id, "create", body={"total": 1}),
                        lambda: access.change("invoice", row.id, "create", body={"content": {}}),
                        lambda: access.remove("invoice", row.id, "create")):
            with pytest.raises(Exception, match="never changed"):
                attempt()
        with schema_work(), pytest.raises(Exception, match="never changed"), db.transaction():
            db.db.execute_sql(f"DELETE FROM invoices_invoice WHERE record_id = {row.id}")
        with schema_work(), pytest.raises(Exception, match="never changed"), db.transaction():
            db.db.execute_sql(f"DELETE FROM record WHERE id = {row.id}")
        access.change("invoice", row.id, "create", title="Its title is not what it says", body={"reminded": 1})
    after = {**shop.facts(number), "title": before["title"], "changed": "", "reminded": 0}
    assert after == {**before, "changed": ""}


@pytest.mark.engines("sqlite")
def test_the_server_reckons_and_what_clients_send_beside_is_nothing(shop):
    shop = shop()
    number = shop.issue(quantity="2.5", price="10.01", total="1", open="0", state="paid", number="77")
    facts = shop.facts(number)
    assert [facts[name] for name in ("net", "tax", "total", "open", "state")] == [2503, 476, 2979, 2979, "open"]
    agent = shop.portal.client("agent", token=True)
    line = {"text": "x", "quantity": "1", "price": 100, "tax": "19"}
    for extra in ({"total": 1}, {"paid": "2026-11-22"}, {"state": "paid"}):
        sent = {"company": "horn", "lines": [line], **extra}
        assert agent.send_json("POST", "/api/v1/invoices", sent).status == 422
    for wrong in ({"quantity": "NaN"}, {"quantity": "1e309"}, {"quantity": "0"}, {"tax": "101"}, {"price": 1.5}):
        answer = agent.send_json("POST", "/api/v1/invoices", {"company": "horn", "lines": [{**line, **wrong}]})
        assert answer.status == 422, wrong
    made = agent.send_json("POST", "/api/v1/invoices", {"company": "horn", "lines": [line]})
    assert (made.status, made.json["total"], made.json["number"]) == (201, 119, "INV-002")


@pytest.mark.engines("sqlite")
def test_drafts_are_the_teams_alone_and_once_issued_gone(shop):
    shop = shop()
    answer = shop.agent.post("/invoices/new", {"company": "alfreds", **LINES})
    assert answer.location == "/invoices/drafts/DRF-001"
    boss = shop.portal.client("boss")
    assert boss.get("/invoices/drafts/DRF-001").status == 404
    assert boss.get("/invoices?show=all").text.count("INV-") == 0
    assert not shop.portal.client("boss", token=True).get("/api/v1/invoice-drafts").json["items"]
    assert "DRF-001" not in boss.get("/search?q=Beans").text
    sent = {"company": "alfreds", **LINES, "act": "issue"}
    assert shop.agent.post("/invoices/drafts/DRF-001", sent).location == "/invoices/INV-001"
    assert shop.agent.get("/invoices/drafts/DRF-001").status == 404
    assert shop.agent.post("/invoices/drafts/DRF-001", sent).status == 404


def test_credit_notes_mirror_to_the_cent_set_off_and_never_exceed(shop):
    shop = shop()
    first, second = shop.issue(quantity="3", price="33.33"), shop.issue(price="50.00")
    shop.agent.post(f"/invoices/{first}/credit", {"amount": "19.00", "reason": "A day late"})
    part = shop.facts("INV-003")
    assert [part[name] for name in ("total", "net", "tax", "open", "credits")] == [-1900, -1597, -303, 0, first]
    assert shop.facts(first)["open"] == 11899 - 1900
    wrong = shop.agent.post(f"/invoices/{first}/credit", {"amount": "100.00"})
    assert wrong.status == 422
    told = shop.portal.parallel(*[lambda: shop.portal.client("agent").post(
        f"/invoices/{first}/credit", {}).status for _ in range(4)])
    assert sorted(told) == [303, 409, 409, 409], "the rest is credited once"
    assert (shop.facts(first)["open"], shop.facts(first)["state"]) == (0, "credited")
    shop.record(second, INV_002="59.50")
    assert shop.agent.post(f"/invoices/{second}/credit", {}).location == "/invoices/INV-005"
    held = shop.facts("INV-005")
    assert (held["total"], held["open"]) == (-5950, -5950), "what was paid is the customer's"
    third, strange = shop.issue(price="10.00"), shop.issue(company="horn", price="10.00")
    assert shop.agent.post("/invoices/INV-005/set-off", {"invoice": strange}).status == 422
    shop.agent.post("/invoices/INV-005/set-off", {"invoice": third})
    assert (shop.facts(third)["state"], shop.facts("INV-005")["open"]) == ("paid", -5950 + 1190)
    shop.record("INV-005", INV_005="-47.60")
    assert shop.facts("INV-005")["open"] == 0
    boss = shop.portal.client("boss")
    assert "0.00" in boss.get("/invoices/statement.csv").text.splitlines()[-1], "in the end nobody owes anybody"


@pytest.mark.engines("sqlite")
def test_several_in_parts_with_what_is_left_and_a_statement_that_adds_up(shop):
    shop = shop()
    one, two = shop.issue(price="100.00"), shop.issue(price="10.00", requester="own@example.com")
    answer = shop.record(one, two, INV_001="20.00", INV_002="15.00")
    assert answer.location == "/payments/PAY-001"
    assert (shop.facts(one)["open"], shop.facts(two)["open"]) == (9900, 0)
    assert (shop.facts(one)["state"], shop.facts("PAY-001", "payments")["left"]) == ("partly", 310)
    strange = shop.issue(company="horn")
    assert shop.agent.post("/payments/PAY-001/use", {"pick": strange}).status == 422
    boss = shop.portal.client("boss")
    table = boss.get("/invoices/statement.csv?from=2026-01-01&to=2030-01-01")
    rows = [line.split(",") for line in table.text.lstrip("\ufeff").splitlines()]
    assert [row[1] for row in rows[2:-1]] == ["PAY-001", one, two]
    assert rows[-1][4] == "95.90", "open less what the payment still holds"
    assert "€95.90" in boss.get("/invoices").text, "the balance says the same"
    assert boss.get("/invoices/statement?from=2026-12-01&to=2026-11-01").status == 422
    assert boss.get("/invoices/statement?from=x").status == 422
    assert shop.portal.parallel(*[lambda: shop.portal.client("agent").post(
        "/payments/PAY-001/use", {"pick": one}).status for _ in range(3)]).count(303) == 1
    assert (shop.facts(one)["open"], shop.facts("PAY-001", "payments")["left"]) == (9590, 0)
    own = shop.portal.client("own").get("/invoices/statement.csv").text
    assert one not in own, "somebody with their own invoices only sees these"
    assert shop.record(one, "INV-999").status == 404
    assert shop.record(one, INV_001="-5.00").status == 422


@pytest.mark.engines("sqlite")
def test_lists_say_what_is_open_the_bell_what_came_and_a_phone_shows_the_balance(shop):
    shop = shop()
    one = shop.issue()
    boss = shop.portal.client("boss")
    shop.portal.work()
    assert f"Your invoice {one}: Beans" in boss.get("/notifications").text
    assert shop.record(one, INV_001="20.00").status == 303
    assert "€99.00 of €119.00 open" in boss.get("/invoices").text
    statement = boss.get("/invoices/statement").text
    assert '<table class="stacks"' in statement
    foot = statement.partition("<tfoot>")[2].partition("</tfoot>")[0]
    assert 'data-label="Balance"' in foot, "on a phone the last sum has its name beside it"
    paying = boss.get(f"/pay?pick={one}").text
    assert f'data-copies="{one}"' in paying
    assert 'data-copies="DE89 3704 0044 0532 0130 00"' in paying
    assert shop.agent.post(f"/invoices/{one}/credit", {"amount": "9.00", "reason": "Late"}).status == 303
    shop.portal.work()
    assert "Your credit note INV-002: Beans" in boss.get("/notifications").text


@pytest.mark.engines("sqlite")
def test_overdue_reminders_come_by_schedule_once_and_end_with_the_payment(shop, monkeypatch):
    shop = shop(due_days=10, reminders=[-3, 5])
    number, real = shop.issue(), db.now
    told = []
    for days in (0, 6, 7, 8, 14, 15, 16, 40):
        monkeypatch.setattr("core.data.moments.now", lambda days=days: real() + timedelta(days=days))
        with shop.portal.scope("acme"):
            job = next(one for one in shop.portal.portal.built.registry.jobs if one.name == "remind")
            job.call()
            job.call()
        letters = shop.portal.letters_to("boss@example.com")
        told.append(sum("reminder" in str(letter["Subject"]) for letter in letters))
    assert told == [0, 0, 1, 1, 1, 2, 2, 2]
    assert "Overdue" in shop.portal.client("boss").get(f"/invoices/{number}").text
    assert number in shop.portal.client("boss").get("/invoices?show=overdue").text
    shop.record(number, INV_001="119.00")
    assert number not in shop.portal.client("boss").get("/invoices?show=overdue").text


@pytest.mark.engines("sqlite")
def test_older_invoices_that_wait_for_their_next_stage_keep_no_reminder_back(shop, monkeypatch):
    shop = shop(due_days=10, reminders=[0, 60])
    numbers, real = [shop.issue() for _each in range(12)], db.now
    reminders = sys.modules["parlour_plugins.invoices.reminders"]
    monkeypatch.setattr(reminders, "MOST", 2)
    monkeypatch.setattr("core.data.moments.now", lambda: real() + timedelta(days=20))
    with shop.portal.scope("acme"):
        for _turn in numbers[::2]:
            reminders.send()
    assert [shop.facts(one)["reminded"] for one in numbers] == [1] * 12


@pytest.mark.engines("sqlite")
def test_what_cannot_be_issued_leaves_no_draft_behind(shop):
    shop = shop()
    for _again in range(2):
        answer = shop.agent.post("/invoices/new", {"company": "alfreds", **LINES, "lines.0.price": "-1.00",
                                                   "act": "issue"})
        assert answer.status == 422
        assert "-1.00" in answer.text
    with shop.portal.scope("acme"):
        assert db.count(access.visible("invoice_draft")) == 0


@pytest.mark.engines("sqlite")
def test_a_payment_that_is_begun_is_told_however_many_others_are(shop):
    shop = shop()
    number, other = shop.issue(), shop.issue()
    with shop.portal.scope("acme"):
        paying = sys.modules["parlour_plugins.payments.paying"]
        for one in (number, *[other] * 25):
            paying.write(access.find("invoice", one), [[one, 4200]], "EUR", "pending", None, provider="stripe")
    assert "A payment of €42.00 is under way" in shop.portal.client("boss").get(f"/invoices/{number}").text


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("meanwhile", "entries"), [(False, ["payment"]), (True, ["credit"])])
def test_an_import_pays_what_is_open_when_it_holds_the_invoice(shop, monkeypatch, meanwhile, entries):
    shop = shop()
    number = shop.issue()
    imports, service = (sys.modules[f"parlour_plugins.invoices.{name}"] for name in ("imports", "service"))
    with shop.portal.scope("acme"), db.transaction():
        row = access.find("invoice", number)

        def read(*asked):
            if meanwhile:  # it is paid after it was read and before it is held
                service.book(row, "credit", 1, row.open, "2026-11-20")
            return row
        monkeypatch.setattr("parlour.by_id", read)
        imports.take({"known": str(row.id), "changed": True, "paid": "2026-11-21"})
        monkeypatch.undo()
        after = access.find("invoice", number)
        assert [one.what for one in service.entries(after)] == entries
        assert (after.open, after.state) == (0, "paid")
        for payment in db.fetch(access.visible("payment")):
            assert (payment.took, payment.left, payment.day) == ([[number, 11900]], 0, "2026-11-21")


@pytest.mark.engines("sqlite")
def test_the_paper_is_in_the_recipients_language_with_the_transfer_code(shop):
    shop = shop(note="Danke")
    shop.issue(company="alfreds", requester="own@example.com", reference="PO-7")
    with shop.portal.scope():
        row = shop.portal.person("own")
        access.people.change_person(row.id, language="de")
    first = shop.agent.get("/invoices/INV-001/pdf")
    assert first.headers["content-type"] == "application/pdf"
    assert first.headers["cache-control"] == "private, no-store"
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(first.body)).pages)
    for part in ("INV-001", "PO-7", "100,00", "119,00", "Thomas Hardy", "Alfreds Futterkiste", "Acme GmbH",
                 "DE123", "DE89 3704 0044 0532 0130 00", "Danke"):
        assert part in text, part
    assert shop.portal.client("own").get("/invoices/INV-001/pdf").body == first.body
    with shop.portal.scope():
        access.people.change_person(row.id, language="ar")
    assert shop.agent.get("/invoices/INV-001/pdf").body != first.body
    statement = shop.portal.client("own").get("/invoices/statement.pdf")
    assert b"%PDF" in statement.body[:10]


@pytest.mark.engines("sqlite")
def test_the_transfer_code_is_what_the_standard_says(shop):
    shop = shop()
    shop.issue()
    page = shop.portal.client("boss").get("/pay?pick=INV-001").text
    assert page.count("<svg") >= 1
    for part in ("DE89 3704 0044 0532 0130 00", "COBADEFFXXX", "INV-001", "€119.00"):
        assert part in page, part
    with shop.portal.scope("acme", "boss"):
        provider = shop.portal.portal.built.registry.providers["transfer"]
        charge = Charge("", "acme", 11900, "EUR", "t", "INV-001")
        assert provider.begin(charge).code
        assert not provider.begin(replace(charge, currency="USD")).code
        assert not provider.begin(replace(charge, amount=0)).code


@pytest.mark.engines("sqlite")
def test_pages_ask_few_questions_however_many_there_are(shop):
    shop = shop()
    boss = shop.portal.client("boss")
    db.count_statements(db.db.obj)

    def cost(path):
        boss.get(path)
        before = db.statements
        assert boss.get(path).status == 200
        return db.statements - before

    shop.issue()
    few = [cost(path) for path in PAGES]
    for _ in range(12):
        shop.issue()
    many = [cost(path) for path in PAGES]
    assert all(after <= before + 1 for before, after in zip(few, many, strict=True)), (few, many)
    assert few[0] <= 10


@pytest.mark.engines("sqlite")
def test_an_order_is_billed_once_to_the_cent_and_both_show_each_other(portal_inside):
    inside = portal_inside({"features": {"orders": True, "invoices": True}})
    order = order_of(inside)
    agent, boss = inside.client("agent"), inside.client("boss")
    assert "Write the invoice" in agent.get("/orders/ORD-001").text
    first = agent.post("/begin/invoices.bill/ORD-001", {}).location
    assert agent.post("/begin/invoices.bill/ORD-001", {}).location == first == "/invoices/drafts/DRF-001"
    assert boss.post("/begin/invoices.bill/ORD-001", {}).status in (403, 404)
    with inside.scope():
        draft = access.find("invoice_draft", 1)
        assert (draft.total, draft.company_id) == (order.total, order.company_id)
        lines = draft.content["lines"]
    sent = {"company": "alfreds", "lines": [str(place) for place in range(len(lines))], "act": "issue"}
    for place, line in enumerate(lines):
        sent |= {f"lines.{place}.{name}": line[name] for name in ("text", "quantity", "tax", "discount")}
        sent[f"lines.{place}.price"] = f"{line['price'] / 100:.2f}"
    assert agent.post("/invoices/drafts/DRF-001", sent).location == "/invoices/INV-001"
    with inside.scope():
        assert access.find("invoice", 1).total == order.total
    assert "ORD-001" in boss.get("/invoices/INV-001").text
    assert "INV-001" in boss.get("/orders/ORD-001").text
    assert agent.post("/begin/invoices.bill/ORD-001", {}).location == "/orders/ORD-001"
    assert "DRF-" not in agent.get("/invoices/drafts").text, "it was billed already"
