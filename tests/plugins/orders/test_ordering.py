"""Orders: what they come to, who may do what with them, and each of it once."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime

import pytest

from core.data import access, begin, db, people
from core.data.db import count
from support.orders import order_of, plugin

pytestmark = pytest.mark.engines("sqlite")
WRITTEN = {
    "company": "", "reference": "PO-1", "shipping": "6.90", "shipping_tax": "19", "lines": ["0", "1"],
    "lines.0.text": "Scale", "lines.0.quantity": "2", "lines.0.price": "12.345", "lines.0.tax": "19",
    "lines.0.discount": "10", "lines.1.text": "Hour", "lines.1.quantity": "0.5", "lines.1.price": "0.01",
    "lines.1.tax": "0"}


@pytest.fixture
def inside(portal_inside):
    return portal_inside({"features": {"orders": True, "invoices": True}})


def number(order):
    return f"ORD-{order.number:03d}"


def test_staff_writes_an_order_and_the_server_computes_it(inside):
    agent = inside.client("agent")
    form = {**WRITTEN, "requester": inside.person("own").email, "total": "1", "lines.0.total": "1",
            "payment": "paid"}
    made = agent.post("/orders/new", form)
    assert made.status == 303, made.text[:2000]
    with inside.scope("acme", "own"):
        order = access.find("order", made.location.rpartition("/")[2])
        # 2 x 12.345 less 10 % = 22.221 -> 22.22, tax 4.22; 0.5 x 0.01 = 0.005 -> 0.01; shipping 6.90, tax 1.31
        assert (order.goods, order.shipping, order.tax, order.total) == (2223, 690, 553, 3466)
        assert (order.payment, order.reference, order.currency) == ("open", "PO-1", "EUR")
    page = inside.client("own").get(made.location)
    assert "€34.66" in page.text
    assert inside.client("stranger").get(made.location).status == 404
    (letter,) = inside.letters_to(inside.person("own").email)
    assert "€34.66" in letter.get_body(("plain",)).get_content()


@pytest.mark.parametrize("wrong", [
    {"lines.0.quantity": "1e309"}, {"lines.0.quantity": "NaN"}, {"lines.0.price": "Infinity"},
    {"lines.0.price": "-99999999"}, {"lines.0.discount": "101"}, {"lines.0.tax": "-1"}, {"lines": []},
    {"requester": "nobody@example.com"}])
def test_what_makes_no_sense_is_said_at_its_field(inside, wrong):
    answer = inside.client("agent").post("/orders/new", {
        **WRITTEN, "requester": inside.person("own").email, **wrong})
    assert answer.status == 422
    with inside.scope("acme"):
        assert count(access.visible("order")) == 0


def test_a_customer_sends_no_prices_and_writes_no_order(inside):
    own = inside.client("own")
    assert own.post("/orders/new", {**WRITTEN, "requester": inside.person("own").email}).location != ""
    api = inside.client("own", token=True)
    for body in ({"lines": [{"text": "X", "price": "0.01", "quantity": "1"}]}, {"lines": [], "total": 1},
                 {"lines": [{"product": "ORD-001", "quantity": "-1"}]}, {"state": "delivered"}):
        assert api.send_json("POST", "/api/v1/orders", body).status == 422
    with inside.scope("acme"):
        assert count(access.visible("order")) == 0
    order = order_of(inside)
    for body in ({"payment": "paid"}, {"status": "delivered"}, {"total": 1}):
        assert api.send_json("PATCH", f"/api/v1/orders/{number(order)}", body).status in (403, 422)
    told = api.get(f"/api/v1/orders/{number(order)}").json
    assert (told["total"], told["currency"], told["lines"][0]["price"]) == (64563, "EUR", "249.00")
    assert "version" not in told


def test_it_is_changed_until_it_is_confirmed_and_never_goes_back(inside):
    order, agent = order_of(inside), inside.client("agent")
    here = f"/orders/{number(order)}"
    page = agent.get(f"{here}/edit")
    assert 'value="249.00"' in page.text
    form = {**WRITTEN, "version": str(order.staff_version)}
    assert agent.post(f"{here}/edit", form).status == 303
    assert agent.post(f"{here}/edit", form).status == 409  # somebody was faster
    assert agent.post(f"{here}/work", {"status": "confirmed"}).status == 303
    assert agent.post(f"{here}/edit", {**WRITTEN}).status == 409
    assert agent.post(f"{here}/work", {"status": "placed"}).status == 409
    assert inside.client("own").post(f"{here}/cancel", {}).status == 409
    assert agent.post(f"{here}/work", {"carrier": "dhl", "tracking": "0034 <b>"}).status == 422
    assert agent.post(f"{here}/work", {"carrier": "dhl", "tracking": "00340/4?x"}).status == 303
    page = inside.client("own").get(here)
    assert "https://www.dhl.de/en/privatkunden.html?piececode=00340%2F4%3Fx" in page.text
    assert "Shipped" in page.text
    assert agent.post(f"{here}/work", {"status": "delivered"}).status == 303
    assert agent.post(f"{here}/work", {"status": "cancelled"}).status == 409


def test_a_parcel_number_that_does_not_fit_is_said_at_its_field_and_nothing_typed_is_lost(inside):
    order, agent = order_of(inside), inside.client("agent")
    here = f"/orders/{number(order)}"
    answer = agent.post(f"{here}/work", {"carrier": "ups", "tracking": "1Z 999", "sent": "2026-11-20"})
    assert answer.status == 422
    field = re.search(r'<input[^>]*name="tracking"[^>]*>', answer.text)[0]
    assert 'aria-invalid="true"' in field
    assert 'value="1Z 999"' in field
    assert "without spaces" in answer.text
    assert re.search(r'value="ups"[^>]* (selected|checked)', answer.text)
    assert 'value="2026-11-20"' in answer.text
    fold = answer.text.rpartition('name="tracking"')[0].rpartition("<details")[2]
    assert " open>" in fold
    assert agent.post(f"{here}/work", {"carrier": "ups", "tracking": "1Z999"}).status == 303


def test_letters_of_an_order_add_up_and_say_where_it_goes(portal_inside):
    inside = portal_inside({"features": {"orders": {"enabled": True, "shown": ["shipping", "tax", "reference"]}}})
    form = {**WRITTEN, "requester": inside.person("own").email, "deliver": "Back door 7", "message": "Ring twice."}
    assert inside.client("agent").post("/orders/new", form).status == 303
    (letter,) = inside.letters_to(inside.person("own").email)
    for part in ("plain", "html"):
        told = letter.get_body((part,)).get_content()
        for said in ("Shipping: €6.90", "Tax: €5.53", "Total: €34.66", "order number: PO-1", "Ring twice."):
            assert said in told, (part, said)
        assert "Back door" not in told, "they are not shown addresses"
    with inside.scope("acme", "own"):
        plugin().place(None, {"lines": [{"text": "Tape", "price": "100", "tax": "19"}], "currency": "EUR",
                              "address": "Front door 1", "reference": "PO-2", "message": "Thanks."})
    letter = inside.letters_to(inside.person("agent").email)[-1].get_body(("plain",)).get_content()
    for said in ("Tax: €0.19", "PO-2", "Front door 1", "Thanks."):
        assert said in letter


def test_what_leaves_today_leaves_on_the_tenants_day(portal_inside, monkeypatch):
    inside = portal_inside({"time_zone": "Pacific/Kiritimati", "features": {"orders": True}})
    order, service = order_of(inside), plugin("service")
    monkeypatch.setattr("core.data.moments.now", lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))
    with inside.scope("acme", "agent"):
        assert service.work(order, {"carrier": "dhl", "tracking": "1"}).sent == "2026-11-23"


def test_a_customer_cancels_their_own_until_it_is_confirmed(inside):
    order = order_of(inside)
    here = f"/orders/{number(order)}"
    assert inside.client("stranger").post(f"{here}/cancel", {}).status == 404
    assert inside.client("colleague").post(f"{here}/cancel", {}).status in (403, 404)
    assert inside.client("own").post(f"{here}/cancel", {}).status == 303
    assert inside.client("own").post(f"{here}/cancel", {}).status == 409


def test_what_is_shown_is_the_tenants_wish(portal_inside):
    inside = portal_inside({"features": {"orders": {
        "enabled": True, "columns": ["reference", "payment"], "shown": ["reference"],
        "fields": {"cost_centre": "Cost centre", "margin": {"label": "Margin", "internal": True}}}}})
    order = order_of(inside, reference="PO-77", fields={"cost_centre": "CC-9", "margin": "secret"})
    own, agent = inside.client("own"), inside.client("agent")
    listing, page = own.get("/orders").text, own.get(f"/orders/{number(order)}").text
    assert "PO-77" in listing
    assert "€645.63" not in listing
    assert "CC-9" in page
    assert "secret" not in page
    assert "A-1" not in page
    assert "secret" in agent.get(f"/orders/{number(order)}").text
    told = inside.client("own", token=True).get(f"/api/v1/orders/{number(order)}").json
    assert {"payment", "tracking", "deliver", "tax"}.isdisjoint(told)
    assert told["fields"] == {"cost_centre": "CC-9"}
    assert inside.client("own").get("/search?q=secret").text.count("ORD-") == 0


def test_a_question_about_an_order_and_its_invoice_stand_on_its_page(inside):
    order, own = order_of(inside), inside.client("own")
    page = own.get(f"/orders/{number(order)}")
    assert f"/tickets/new?about={number(order)}" in page.text
    made = own.post("/tickets/new", {"category": "question", "subject": "Where?", "body": "Please.",
                                     "about": number(order)})
    assert made.location.rpartition("/")[2] in own.get(f"/orders/{number(order)}").text
    with inside.scope("acme", "own"):
        row = access.find("order", order.number)
        assert not any(one.name.startswith("orders.") for one in begin.offers(row))
        told = begin.told(row)
        assert (told["currency"], [one["price"] for one in told["lines"]]) == ("EUR", ["24900", "4950"])


def test_many_orders_get_a_status_at_once_and_lists_keep_their_queries(inside):
    orders = [order_of(inside) for _each in range(3)]
    agent = inside.client("agent")
    answer = agent.post("/bulk/orders", {"pick": [str(one.number) for one in orders]})
    assert answer.status in (200, 303)
    assert agent.get("/orders?show=open").text.count('data-record="order/') == 3
    assert "Nothing is done yet." in agent.get("/orders?show=closed").text
    assert agent.get("/orders?q=scale").text.count('data-record="order/') == 3
    with inside.scope("acme"):
        assert people.company("alfreds")
    exported = agent.get("/export/orders")
    assert exported.status == 200
    assert plugin("terms").may_go("open", "closed")


def test_an_order_becomes_an_invoice_that_comes_to_the_same_and_pays_it(inside):
    order = order_of(inside, shipping=690, shipping_tax="19")
    agent, own = inside.client("agent"), inside.client("own")
    made = agent.post(f"/begin/invoices.bill/{number(order)}", {})
    assert made.location.startswith("/invoices/drafts/")
    assert agent.post(f"/begin/invoices.bill/{number(order)}", {}).location == made.location
    with inside.scope("acme", "agent"):
        invoices = sys.modules["parlour_plugins.invoices.service"]
        invoices.issue(made.location.rpartition("/")[2])
    with inside.scope("acme", "own"):
        found = begin.related(access.find("order", order.number))
        (invoice,) = [one for one in found if one.kind.name == "invoice"]
        assert invoice.row.title
        assert (order.total, invoice.document) == (65384, f"/invoices/{invoice.number}/pdf")
    assert own.post(f"/orders/{number(order)}/cancel", {}).status == 409  # what is owed stays owed
    page = own.get(f"/orders/{number(order)}").text
    assert invoice.href in page
    assert invoice.document in page
    assert "€653.84" in own.get(invoice.href).text
    inside.client("agent").post(f"/payments/record?pick={invoice.number}", {
        f"amount_{invoice.number.replace('-', '_')}": "653.84", "day": "2026-11-20"})
    inside.work()
    with inside.scope("acme"):
        assert access.find("order", order.number).payment == "paid"


def test_a_deposit_does_not_pay_an_order_and_what_went_back_opens_it_again(inside):
    order, invoices = order_of(inside), sys.modules["parlour_plugins.invoices.service"]

    def bill(price):
        with inside.scope("acme"):
            said = {"lines": [{"text": "Part", "quantity": "1", "price": price}], "currency": "EUR"}
            row = access.find("order", order.number)
            draft = invoices.bill(row, said)
            begin.link(draft, row, "invoices.bill")
            return invoices.issue(draft.number)

    def book(invoice, amount):
        """Book as payments do; invoices.paid, booked or reopened then tells the order."""
        with inside.scope("acme"), db.transaction():
            held = access.find("invoice", invoice.number, hold=True)
            invoices.book(held, "payment", 1, amount, "2026-11-20", "view")
        inside.work()
        with inside.scope("acme"):
            return access.find("order", order.number).payment
    deposit = bill(1000)
    assert book(deposit, 400) == "partly"
    assert book(deposit, 600) == "partly"
    rest = bill(63563)
    assert book(rest, 63563) == "paid"
    assert book(rest, -500) == "partly"
    assert book(rest, 500) == "paid"
    assert book(rest, -63563) == "partly"
    assert book(deposit, -1000) == "open"


def test_pages_cost_few_queries_whatever_there_is(inside):
    orders = [order_of(inside) for _each in range(12)]
    client = inside.client("own")
    client.get("/orders")
    db.count_statements(db.db.obj)
    for path, most in (("/orders", 7), (f"/orders/{number(orders[3])}", 15)):
        costs = []
        for _time in range(3):  # now and then a session is noted as alive
            before = db.statements
            assert client.get(path).status == 200
            costs.append(db.statements - before)
        assert min(costs) <= most, (path, costs)
    api = inside.client("own", token=True)
    assert len(api.get("/api/v1/orders").json["items"]) == 12
    before = db.statements
    told = api.get("/api/v1/orders").json["items"]
    assert db.statements - before <= 8
    assert "lines" not in told[0]
    assert len(api.get(f"/api/v1/orders/{number(orders[3])}").json["lines"]) == 2


def test_an_accepted_quote_becomes_one_order(portal_inside):
    inside = portal_inside({"features": {"orders": True, "quotes": True}})
    with inside.scope("acme"):
        rows = [{"item": "Board", "quantity": "2.5", "price": 1250, "tax": "19", "optional": False},
                {"item": "Paint", "quantity": "1", "price": 900, "optional": True, "chosen": False}]
        quote = access.add("quote", title="Kitchen", state="accepted", category="resolved", fields={"lines": rows},
                           company=people.company("alfreds").id, person=inside.person("own").id)
        here = f"/begin/orders.place/{begin.number(quote)}"
    made = inside.client("own").post(here, {})
    assert made.location.startswith("/orders/ORD-")
    assert inside.client("colleague").post(here, {}).location == made.location
    assert inside.client("stranger").post(here, {}).status == 404
    with inside.scope("acme", "own"):
        order = access.find("order", made.location.rpartition("/")[2])
        assert (order.title, order.goods, order.tax, order.total) == ("Board", 3125, 594, 3719)
        assert [one.kind.name for one in begin.related(order)] == ["quote"]


def test_a_customers_list_passes_nobody_elses_orders(inside):
    own, seen = inside.client("own"), []
    own.get("/orders")
    connection = db.db.connection()
    connection.set_trace_callback(seen.append)
    try:
        own.get("/orders")
    finally:
        connection.set_trace_callback(None)
    (asked,) = (one for one in seen if "LIMIT 26" in one)
    plan = [line[-1] for line in connection.execute(f"EXPLAIN QUERY PLAN {asked}")]
    assert any("record_tenant_id_kind_company_id_created" in line for line in plan), plan
    assert not any("record_tenant_id_kind_created" in line for line in plan), plan
