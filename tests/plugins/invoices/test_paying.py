"""Paying by card: every event counts once, amounts, account and tenant are compared, faults lose nothing."""

from __future__ import annotations

import json
import sys
from datetime import timedelta

import pytest

from core.data import db
from support.stripe_fake import KEY, SECRET, signed

HOOK = "/payments/hooks/stripe"


def begin(shop, who="boss", *numbers, **more):
    numbers = numbers or ("INV-001",)
    rows = "&".join(f"pick={one}" for one in numbers)
    amounts = {f"amount_{one.replace('-', '_')}": more.pop(one.replace("-", "_"), "119.00") for one in numbers}
    form = {"pick": numbers[0], "provider": "stripe", **amounts, **more}
    return shop.portal.client(who).post(f"/pay?{rows}", form)


def hear(shop, body, host="localhost", **how):
    return shop.portal.guest(host).send("POST", HOOK, body=body, headers=signed(body, **how)).status


def receipts(shop, address="boss@example.com"):
    return [one for one in shop.portal.letters_to(address) if "payment has arrived" in str(one["Subject"])]


def test_paid_by_card_once_whatever_number_of_events_come_at_once(cards, stripe):
    shop = cards()
    shop.issue()
    answer = begin(shop)
    assert answer.location == "/payments/PAY-001?go=1"
    page = shop.portal.client("boss").get(answer.location)
    assert page.headers["refresh"] == f"0; url={stripe.url}/pay/cs_test_1"
    _path, headers, sent = stripe.asked[0]
    assert headers["Authorization"].endswith(KEY) or KEY in headers["Authorization"]
    assert (sent["line_items[0][price_data][unit_amount]"], sent["line_items[0][price_data][currency]"]) == (
        "11900", "eur")
    body = stripe.event("checkout.session.completed", stripe.pay())
    calls = [lambda: hear(shop, body) for _ in range(30)]
    calls += [lambda: hear(shop, stripe.event(
        "checkout.session.async_payment_succeeded", stripe.sessions["cs_test_1"])) for _ in range(10)]
    calls += [lambda: shop.portal.client("boss").get("/payments/PAY-001?back=1").status for _ in range(10)]
    for _round in range(2):  # a hundred in all; a server of tests has a hundred connections
        assert set(shop.portal.parallel(*calls)) == {200}
    facts = shop.facts("INV-001")
    assert (facts["open"], facts["state"]) == (0, "paid")
    assert shop.facts("PAY-001", "payments")["state"] == "received"
    assert len(shop.portal.client("admin", token=True).get("/api/v1/payments").json["items"]) == 1
    assert len(receipts(shop)) == 1
    assert hear(shop, body) == 200, "three days later, signed anew"
    assert "Thank you" in shop.portal.client("boss").get("/payments/PAY-001").text
    assert begin(shop).status == 303, "nothing is left to pay"
    assert len(stripe.sessions) == 1


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("fault", ["body", "secret", "old", "none", "account", "mode"])
def test_what_is_not_genuine_has_no_effect(cards, stripe, fault):
    shop = cards()
    shop.issue()
    begin(shop)
    more = {"account": {"account": "acct_other"}, "mode": {"livemode": True}}.get(fault, {})
    body = stripe.event("checkout.session.completed", stripe.pay(), **more)
    headers = signed(body, secret="whsec_wrong" if fault == "secret" else SECRET, age=301 if fault == "old" else 0)
    if fault == "none":
        del headers["Stripe-Signature"]
    sent = body.replace(b"cs_test_1", b"cs_test_2") if fault == "body" else body
    assert shop.portal.guest().send("POST", HOOK, body=sent, headers=headers).status == 400
    assert shop.facts("INV-001")["open"] == 11900


@pytest.mark.engines("sqlite")
def test_amount_currency_tenant_and_key_are_compared(cards, stripe):
    shop = cards()
    shop.issue()
    begin(shop)
    paid = stripe.pay()
    for wrong in ({"client_reference_id": "x"}, {"metadata": {"key": paid["metadata"]["key"], "tenant": "globex"}},
                  {"metadata": {}}):
        assert hear(shop, stripe.event("checkout.session.completed", {**paid, **wrong})) == 200
    assert hear(shop, stripe.event("checkout.session.completed", paid), "globex.localhost") == 200
    assert (shop.facts("INV-001")["open"], shop.facts("PAY-001", "payments")["state"]) == (11900, "pending")
    for wrong in ({"amount_total": 1}, {"currency": "usd"}):
        assert hear(shop, stripe.event("checkout.session.completed", {**paid, **wrong})) == 200
        assert (shop.facts("INV-001")["open"], shop.facts("PAY-001", "payments")["state"]) == (11900, "review")
    assert "Needs a look" in shop.agent.get("/payments?show=review").text
    assert "amount" not in shop.portal.client("boss").get("/payments/PAY-001").text.lower().split("<main")[1][:300]


def test_any_order_failed_refunded_disputed(cards, stripe):
    shop = cards()
    shop.issue()
    begin(shop)
    session = stripe.sessions["cs_test_1"]
    assert hear(shop, stripe.charge("charge.refunded", amount_refunded=1900)) == 200
    assert hear(shop, stripe.event("checkout.session.expired", {**session, "status": "expired"})) == 200
    assert shop.facts("PAY-001", "payments")["state"] == "failed"
    assert hear(shop, stripe.event("checkout.session.completed", stripe.pay())) == 200, "it was paid all the same"
    assert shop.facts("INV-001")["open"] == 1900, "and a part had gone back before we heard of it"
    assert hear(shop, stripe.event("checkout.session.expired", session)) == 200
    assert hear(shop, stripe.charge("charge.refunded", amount_refunded=1900)) == 200
    assert hear(shop, stripe.charge("charge.dispute.created")) == 200
    assert shop.facts("PAY-001", "payments")["state"] == "received"
    assert hear(shop, stripe.charge("charge.refunded", amount_refunded=11900)) == 200
    assert (shop.facts("INV-001")["open"], shop.facts("INV-001")["state"]) == (11900, "open")
    rows = shop.portal.client("boss").get("/invoices/statement.csv").text.splitlines()
    assert rows[-1].split(",")[4] == "119.00"
    assert [line.split(",")[3] for line in rows[2:-1]] == ["119.00", "-119.00", "19.00", "100.00"]


@pytest.mark.engines("sqlite")
def test_a_service_that_is_down_or_loses_its_answer_costs_nothing(cards, stripe, monkeypatch):
    shop = cards()
    shop.issue()
    stripe.fault = "down"
    assert begin(shop).location == "/payments/PAY-001"
    assert "Try again" in shop.portal.client("boss").get("/payments/PAY-001").text
    stripe.fault = "lost"
    shop.portal.client("boss").post("/payments/PAY-001/again", {})
    stripe.fault = ""
    assert len(stripe.sessions) == 1
    stripe.pay()  # somebody paid, though the answer was lost and no event ever comes
    real = db.now
    monkeypatch.setattr("parlour.now", lambda: real() + timedelta(minutes=5))
    with shop.portal.scope("acme"):
        job = next(one for one in shop.portal.portal.built.registry.jobs if one.name == "pending")
        job.call()
        job.call()
    assert (shop.facts("INV-001")["state"], len(stripe.sessions)) == ("paid", 1)
    assert len({headers["Idempotency-Key"] for path, headers, _ in stripe.asked if path.startswith("POST")}) == 1
    assert len(receipts(shop)) == 1


@pytest.mark.engines("sqlite")
def test_every_payment_that_no_event_comes_for_is_asked_after_for_itself(cards, stripe):
    shop = cards()
    boss = shop.portal.client("boss")
    for turn in (1, 2):
        shop.issue()
        begin(shop, "boss", f"INV-00{turn}")
        stripe.pay(f"cs_test_{turn}")
        boss.get(f"/payments/PAY-00{turn}?back=1")
    assert [shop.facts(one)["state"] for one in ("INV-001", "INV-002")] == ["paid", "paid"]


def test_a_provider_is_asked_after_a_payment_once_in_five_seconds(cards, stripe, monkeypatch):
    shop = cards()
    shop.issue()
    begin(shop)

    def asked():
        return sum(path.startswith("GET") for path, _headers, _sent in stripe.asked)
    calls = [lambda: shop.portal.client("boss").get("/payments/PAY-001?back=1").status] * 6
    for _round in range(2):
        assert set(shop.portal.parallel(*calls)) == {200}
    assert asked() == 1
    real = db.now
    monkeypatch.setattr("parlour.now", lambda: real() + timedelta(seconds=6))
    stripe.pay()
    assert set(shop.portal.parallel(*calls)) == {200}
    assert (asked(), shop.facts("INV-001")["state"]) == (2, "paid")


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("currency", "fits", "odd", "sent"), [
    ("KWD", "4.120", "5.124", "4120"), ("MGA", "499.00", "499.50", "499")])
def test_a_card_is_not_offered_for_an_amount_that_it_cannot_take(cards, stripe, currency, fits, odd, sent):
    shop = cards()
    with shop.portal.scope("acme"):
        own = sys.modules["parlour_plugins.invoices.service"]
        line = {"text": "Beans", "quantity": "1", "price": own.money.parse(odd, currency), "tax": "0"}
        own.issue(own.write({"company": "alfreds", "lines": [line]}, currency).number)
    boss = shop.portal.client("boss")
    page = boss.get("/pay?pick=INV-001").text
    assert 'value="stripe"' not in page
    assert "card cannot take" in page
    refused = begin(shop, INV_001=odd)
    assert (refused.status, stripe.asked) == (422, [])
    assert "card cannot take" in refused.text
    assert 'value="stripe"' in boss.post("/pay", {"pick": "INV-001", "amount_INV_001": fits, "_draw": "1"}).text
    assert begin(shop, INV_001=fits).location == "/payments/PAY-001?go=1"
    assert stripe.asked[0][2]["line_items[0][price_data][unit_amount]"] == sent
    hear(shop, stripe.event("checkout.session.completed", stripe.pay()))
    assert shop.facts("PAY-001", "payments")["state"] == "received"


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("meanwhile", "states"), [
    (False, ["partly", "open"]), (True, ["partly", "paid"])])
def test_what_goes_back_opens_what_it_had_paid_and_nothing_twice(cards, stripe, meanwhile, states):
    shop = cards()
    shop.issue()
    shop.issue()
    begin(shop, "boss", "INV-001", "INV-002")
    if meanwhile:
        shop.record("INV-002", INV_002="119.00")
    hear(shop, stripe.event("checkout.session.completed", stripe.pay()))
    for back in (11900, 12900):
        assert hear(shop, stripe.charge("charge.refunded", amount_refunded=back)) == 200
    facts = [shop.facts(one) for one in ("INV-001", "INV-002")]
    assert [one["state"] for one in facts] == states
    assert [one["open"] for one in facts] == [1000, 0 if meanwhile else 11900]
    hear(shop, stripe.charge("charge.refunded", amount_refunded=23800))
    assert [shop.facts(one)["open"] for one in ("INV-001", "INV-002")] == [11900, 0 if meanwhile else 11900]


@pytest.mark.engines("sqlite")
def test_what_goes_back_holds_records_in_the_order_in_which_payments_do(cards, stripe, monkeypatch):
    shop = cards()
    shop.issue()
    shop.issue()
    begin(shop, "boss", "INV-001", "INV-002")
    hear(shop, stripe.event("checkout.session.completed", stripe.pay()))
    paying, held = sys.modules["parlour_plugins.payments.paying"], []
    real = paying.owing
    monkeypatch.setattr(paying, "owing", lambda number, action, hold=False: (
        held.append(number) if hold else None, real(number, action, hold=hold))[1])
    assert hear(shop, stripe.charge("charge.refunded", amount_refunded=23800)) == 200
    assert held == ["INV-001", "INV-002"]


@pytest.mark.engines("sqlite")
def test_a_credit_note_pays_with_the_money_it_is_recorded_with(shop):
    shop = shop()
    shop.issue()
    shop.issue()
    shop.record("INV-002", INV_002="119.00")
    shop.agent.post("/invoices/INV-002/credit", {"amount": "40.00", "reason": "Broken"})
    assert shop.facts("INV-003")["open"] == -4000
    assert shop.record("INV-001", "INV-003", INV_001="119.00", INV_003="-40.00").location == "/payments/PAY-002"
    assert [shop.facts(one)["open"] for one in ("INV-001", "INV-003")] == [0, 0]
    told = shop.facts("PAY-002", "payments")
    assert (told["amount"], told["left"]) == (7900, 0)


@pytest.mark.engines("sqlite")
def test_several_at_once_and_a_part_and_double_sending(cards, stripe):
    shop = cards()
    shop.issue()
    shop.issue(price="10.00")
    form = {"pick": "INV-001", "provider": "stripe", "amount_INV_001": "19.00", "amount_INV_002": "11.90",
            "_once": "0123456789abcdef"}
    boss = shop.portal.client("boss")
    for _ in range(2):
        assert boss.post("/pay?pick=INV-002", form).location.startswith("/payments/PAY-001")
    assert [one["amount_total"] for one in stripe.sessions.values()] == [3090]
    hear(shop, stripe.event("checkout.session.completed", stripe.pay()))
    assert (shop.facts("INV-001")["open"], shop.facts("INV-002")["open"]) == (10000, 0)
    for wrong in ("0", "-1", "100.01", "NaN", "1e309", "1.001"):
        assert boss.post("/pay", {**form, "_once": "", "amount_INV_001": wrong}).status == 422, wrong
    assert boss.post("/pay", {**form, "_once": "", "provider": "transfer", "amount_INV_001": "1.00"}).status == 404
    shop.issue(company="horn")
    assert boss.post("/pay?pick=INV-003", form | {"_once": ""}).status == 404
    assert shop.portal.client("agent").get("/pay?pick=INV-001").status in (403, 404)


@pytest.mark.engines("sqlite")
def test_many_at_once_ask_no_more_than_few_and_each_counts_once(shop):
    shop = shop()
    numbers = [shop.issue() for _each in range(8)]
    costs = []
    db.count_statements(db.db.obj)
    for client, page in ((shop.portal.client("boss"), "/pay"), (shop.agent, "/payments/record")):
        for some in (numbers[:2], numbers[:2], numbers):
            rows = "&".join(f"pick={one}" for one in some)
            before = db.statements
            assert client.get(f"{page}?{rows}").status == 200
            costs.append(db.statements - before)
    assert costs[2] <= costs[1] + 1, costs
    assert costs[5] <= costs[4] + 1, costs
    assert "€119.00" in shop.portal.client("boss").get("/pay?pick=INV-001&pick=inv-1").text
    assert "€238.00" not in shop.portal.client("boss").get("/pay?pick=INV-001&pick=inv-1").text


@pytest.mark.engines("sqlite")
def test_secrets_are_shown_nowhere(cards, stripe):
    shop = cards()
    admin = shop.portal.client("admin")
    pages = [admin.get(path).text for path in ("/settings/features/stripe", "/settings/installation", "/audit")]
    assert "Secret key" in pages[0]
    for page in pages:
        assert KEY not in page
        assert SECRET not in page
    assert KEY not in json.dumps(shop.portal.client("admin", token=True).get("/api/v1/openapi.json").json)
