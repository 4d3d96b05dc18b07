"""The catalogue: prices per company, a cart that survives signing in, one click is one order."""

from __future__ import annotations

import base64
import json
import re
import sys
import zlib

import pytest

from core.data import access, addresses, begin, db, people
from core.data.db import count, fetch
from support.orders import order_of

SCALE = {"sku": "AC-310", "price": "24900", "tax": "19", "prices": {"gold": "20000"}, "options": [
    {"name": "Plate", "choices": [["Steel", 0], ["Stainless", 3500]]}]}
TAPE = {"sku": "AC-120", "price": "333", "tax": "7", "least": "2", "step": "0.5"}
SETTINGS = {"features": {"orders": True, "catalogue": {
    "enabled": True, "tax": "19", "price_lists": {
        "gold": {"label": "Gold", "percent": "10", "companies": ["horn"]}},
    "delivery": {"usual": {"label": "Parcel", "price": "4.90", "free_from": "1000"}}}}}


@pytest.fixture
def shop(portal_inside):
    inside = portal_inside(SETTINGS)
    with inside.scope("acme"):
        inside.scale, inside.tape = (access.add("product", title=title, audience="public", state="offered", body={
            **body, "currency": "EUR"}) for title, body in (("Scale", SCALE), ("Tape", TAPE)))
        addresses.add(people.company("alfreds").id, {"label": "Back door", "lines": "Obere Str. 57",
                                                     "postal_code": "12209", "city": "Berlin", "country": "DE"})
    return inside


def path(product):
    return f"/catalogue/PRD-{product.number:03d}"


def mark(page):
    return re.search(r'name="mark" value="([0-9a-f]+)"', page.text)[1]


def orders(inside):
    with inside.scope("acme"):
        return fetch(access.visible("order"))


@pytest.mark.engines("sqlite")
def test_a_guests_cart_comes_along_and_becomes_one_order(shop):
    guest = shop.guest("localhost")
    assert guest.post(f"{path(shop.scale)}/add", {"option0": "1", "quantity": "2", "price": "0.01"}).status == 303
    assert "Scale (Plate: Stainless)" in guest.get("/catalogue/cart").text
    own = shop.client("own")
    own.cookies["parlour_cart"] = guest.cookies["parlour_cart"]
    assert own.post(f"{path(shop.tape)}/add", {"quantity": "2.5"}).status == 303
    again = shop.client("own")  # another browser of theirs: the cart is on the server by now
    page = again.get("/catalogue/order")
    assert "Stainless" in page.text
    assert "Back door" in page.text
    address = re.search(r'value="([^"]+)"[^>]*><?[^<]*(?:<span>)?Back door', page.text)[1]
    form = {"mark": mark(page), "address": address, "delivery": "usual", "reference": "PO-9",
            "message": "Ring twice.", "total": "1", "shipping": "0", "currency": "JPY"}
    form["_once"] = "a" * 32
    first, second = again.post("/catalogue/order", form), again.post("/catalogue/order", form)
    assert (first.status, first.location) == (303, second.location)
    (order,) = orders(shop)
    # 2 x 284.00 = 568.00, tax 107.92; 2.5 x 3.33 = 8.33 (8.325), tax 0.58; parcel 4.90, tax 0.93
    assert (order.goods, order.shipping, order.tax, order.total) == (57633, 490, 10943, 69066)
    assert order.currency == "EUR"
    assert (order.reference, order.deliver.splitlines()[0]) == ("PO-9", "Obere Str. 57")
    assert "Your cart is empty" in again.get("/catalogue/cart").text
    again_page = again.get(f"/catalogue/again?about=ORD-{order.number:03d}")
    assert "€284.00" in again_page.text
    assert again.post("/catalogue/again", {"about": f"ORD-{order.number:03d}"}).status == 303
    assert "Stainless" in again.get("/catalogue/cart").text
    (letter,) = shop.letters_to(shop.person("own").email)
    assert "€690.66" in letter.get_body(("plain",)).get_content()


@pytest.mark.engines("sqlite")
def test_a_cart_costs_as_many_queries_with_thirty_lines_as_with_three(shop):
    with shop.scope("acme"):
        made = [access.add("product", title=f"Bolt {at}", audience="public", state="offered", body={
            "sku": f"B-{at}", "currency": "EUR", "price": "100"}) for at in range(130)]
    own, costs = shop.client("own"), {}
    places = sys.modules["parlour_plugins.catalogue.cart"]
    db.count_statements(db.db.obj)
    for many in (3, 30):
        with shop.scope("acme", "own"):
            places.unsent.keep(places.PLACE, {"cart": json.dumps([[one.number, "2", []] for one in made[:many]])})
        lines = [{"sku": f"B-{at}", "text": f"Bolt {at}", "quantity": "2", "price": "100"} for at in range(many)]
        again = f"/catalogue/again?about=ORD-{order_of(shop, lines=lines).number:03d}"
        for name, here in (("cart", "/catalogue/cart"), ("order", "/catalogue/order"), ("again", again)):
            assert own.get(here).text.count("Bolt 2") >= 1, here
            before = db.statements
            own.get(here)
            costs.setdefault(name, []).append(db.statements - before)
    assert all(few == more for few, more in costs.values()), costs
    order = order_of(shop, lines=[{"sku": f"B-{at}", "text": f"Bolt {at}", "quantity": "2", "price": "100"}
                                  for at in range(130)])
    page = own.get(f"/catalogue/again?about=ORD-{order.number:03d}").text
    assert "A cart holds 100 lines" in page
    assert "Bolt 99" in page
    assert "Bolt 100" not in page


def test_two_tabs_that_order_the_same_cart_make_one_order(shop):
    own = shop.client("own")
    own.post(f"{path(shop.scale)}/add", {"option0": "0", "quantity": "1"})
    page = own.get("/catalogue/order")
    form = {"mark": mark(page), "address": "other", "written": "Here", "delivery": "usual"}
    answers = shop.parallel(*(lambda one=one: shop.client("own").post(
        "/catalogue/order", {**form, "_once": one * 32}) for one in "abc"))
    assert len(orders(shop)) == 1, [answer.status for answer in answers]


@pytest.mark.engines("sqlite")
def test_each_company_has_its_own_price_and_it_may_not_change_unseen(shop):
    assert "€200.00" in shop.client("stranger").get("/catalogue").text
    assert "€249.00" in shop.client("own").get("/catalogue").text
    assert "€2.997" in shop.client("stranger").get(path(shop.tape)).text  # 10 % off 3.33
    own = shop.client("own")
    own.post(f"{path(shop.scale)}/add", {"option0": "0", "quantity": "1"})
    form = {"mark": mark(own.get("/catalogue/order")), "address": "other", "written": "Here", "delivery": "usual"}
    with shop.scope("acme"):
        access.change("product", shop.scale.id, "edit", body={"price": "29900"})
    answer = own.post("/catalogue/order", form)
    assert answer.status == 422
    assert "changed since you looked" in answer.text
    assert orders(shop) == []


@pytest.mark.engines("sqlite")
def test_percent_off_a_price_finer_than_a_cent_is_rounded_on_the_line_alone(shop):
    with shop.scope("acme"):
        staple = access.add("product", title="Staple", audience="public", state="offered", body={
            "sku": "AC-1", "currency": "EUR", "price": "0.4"})
    horn = shop.client("stranger")
    assert horn.post(f"{path(staple)}/add", {"quantity": "1000000"}).status == 303
    assert "€3,600.00" in horn.get("/catalogue/cart").text


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("sent", "status"), [
    ({"quantity": "-1"}, 422), ({"quantity": "0"}, 422), ({"quantity": "NaN"}, 422), ({"quantity": "1e309"}, 422),
    ({"quantity": "1.25"}, 422), ({"quantity": "1"}, 422), ({"quantity": "2"}, 303)])
def test_only_what_can_be_ordered_gets_into_the_cart(shop, sent, status):
    assert shop.client("own").post(f"{path(shop.tape)}/add", sent).status == status


@pytest.mark.engines("sqlite")
def test_how_many_is_asked_the_way_the_product_is_sold(shop):
    own = shop.client("own")

    def wrong(product, typed):
        answer = own.post(f"{path(product)}/add", {"option0": "0", "quantity": typed})
        assert answer.status == 422
        return re.sub("<[^>]+>", "", answer.text)
    assert "Enter 1 or more in “Quantity”" in wrong(shop.scale, "0")
    assert "in “Quantity”, like 12." in wrong(shop.scale, "many")
    assert "Enter a whole number in “Quantity”" in wrong(shop.scale, "1.5")
    assert "like 1.5." in wrong(shop.tape, "many")


@pytest.mark.engines("sqlite")
def test_a_forged_cart_is_worth_nothing(shop):
    with shop.scope("acme"):
        hidden = access.add("product", title="Secret thing", audience="staff", state="offered", body={
            "sku": "S", "currency": "EUR", "price": "1"})
    own = shop.client("own")
    numbers = [base64.urlsafe_b64encode(zlib.compress(text.encode())).decode() for text in (
        '[[1e999,"1",[]]]', '[[%s,"1",[]]]' % ("9" * 30), '[[true,"1",[]]]', '[[-1,"1",[]]]', "{}",
        '[[1,1e999,{}]]')]
    for forged in ("x", "A" * 3000, "eJzLzCsuSUxPVQIAE9gD0w==", "=" * 9, *numbers):
        own.cookies["parlour_cart"] = forged
        assert own.get("/catalogue/cart").status == 200, forged
    assert own.get(path(hidden)).status == 404
    assert own.post(f"{path(hidden)}/add", {"quantity": "1"}).status == 404
    assert "Secret" not in own.get("/catalogue").text
    assert shop.client("other").get(path(shop.scale)).status == 404
    api = shop.client("own", token=True)
    wrong = api.send_json("POST", "/api/v1/orders", {"lines": [
        {"product": f"PRD-{hidden.number:03d}", "quantity": "1"}]})
    assert wrong.status == 422
    made = api.send_json("POST", "/api/v1/orders", {"lines": [
        {"product": f"PRD-{shop.tape.number:03d}", "quantity": "3"}], "reference": "API-1"})
    assert (made.status, made.json["total"]) == (201, 1652)  # 9.99 and 0.70 tax, the parcel 4.90 and 0.93
    assert made.json["shipping"] == 490
    here = f"/api/v1/products/PRD-{shop.tape.number:03d}"
    for body in ({"title": "X", "price": "1"}, {"price": "1"}):
        assert api.send_json("PATCH", here, body).status in (403, 404)


@pytest.mark.engines("sqlite")
def test_the_price_is_that_of_the_company_the_order_goes_to(shop):
    with shop.scope("acme"):
        people.join(shop.person("own").id, people.company("horn").id)
    api, want = shop.client("own", token=True), [{"product": f"PRD-{shop.tape.number:03d}", "quantity": "2"}]
    goods = [api.send_json("POST", "/api/v1/orders", {"lines": want, "company": name}).json["goods"]
             for name in ("horn", "alfreds")]
    assert goods == [599, 666]  # 2 x 2.997 and 2 x 3.33


@pytest.mark.engines("sqlite")
def test_what_is_typed_in_the_cart_is_kept_on_the_way_on(shop):
    own = shop.client("own")
    own.post(f"/catalogue/{shop.tape.number}/add", {"_once": "cart-onward-0001", "quantity": "2"})
    on = own.post("/catalogue/cart", {"_once": "cart-onward-0002", "quantity0": "7", "act": "order"})
    assert (on.status, on.location) == (303, "/catalogue/order")
    cart = own.get("/catalogue/cart").text
    assert 'value="7"' in cart and "€23.31" in cart  # 7 x 3.33
    guest = shop.guest()
    guest.post(f"/catalogue/{shop.tape.number}/add", {"_once": "cart-onward-0003", "quantity": "2"})
    on = guest.post("/catalogue/cart", {"_once": "cart-onward-0004", "quantity0": "4", "act": "sign-in"})
    assert on.location == "/sign-in?next=/catalogue/cart"
    assert 'value="4"' in guest.get("/catalogue/cart").text
    assert own.post("/catalogue/cart", {"_once": "cart-onward-0005", "quantity0": "7", "act": "https://x.example"}
                    ).location == "/catalogue/cart"


def test_who_fetches_it_is_asked_for_no_address_and_the_order_says_so(portal_inside):
    ways = {"parcel": {"label": "Parcel", "price": "4.90"}, "own": {"label": "We collect it", "address": False}}
    inside = portal_inside({"features": {"orders": True, "catalogue": {"enabled": True, "delivery": ways}}})
    with inside.scope("acme"):
        tape = access.add("product", title="Tape", audience="public", state="offered",
                          body={**TAPE, "currency": "EUR"})
    own = inside.client("own")
    own.post(f"/catalogue/{tape.number}/add", {"_once": "cart-fetch-00001", "quantity": "2"})

    def order(way, key):
        mark = re.search(r'name="mark" value="(\w+)"', own.get("/catalogue/order").text)[1]
        return own.post("/catalogue/order", {"_once": f"cart-fetch-{key:05d}", "mark": mark, "delivery": way})

    assert order("parcel", 2).status == 422
    made = order("own", 3)
    assert made.status == 303, made.text
    for who in ("own", "agent"):
        assert "We collect it" in inside.client(who).get(made.location).text


def test_of_two_companies_the_only_one_that_may_order_has_its_prices(portal_inside):
    shop = portal_inside({**SETTINGS, "companies": {"alfreds": {"features": {"orders": False}}}})
    with shop.scope("acme"):
        people.join(shop.person("own").id, people.company("horn").id)
        tape = access.add("product", title="Tape", audience="public", state="offered", body={
            **TAPE, "currency": "EUR"})
    own = shop.client("own")
    assert "€2.997" in own.get(path(tape)).text
    assert own.post(f"{path(tape)}/add", {"quantity": "2"}).status == 303
    form = {"mark": mark(own.get("/catalogue/order")), "written": "Here", "address": "other", "delivery": "usual"}
    assert own.post("/catalogue/order", form).status == 303
    with shop.scope("acme"):
        horn = people.company("horn").id
    assert [(one.goods, one.company_id) for one in orders(shop)] == [(599, horn)]


@pytest.mark.engines("sqlite")
def test_what_another_tab_adds_meanwhile_and_what_delivery_costs_now_is_seen_first(shop, monkeypatch):
    own, other = shop.client("own"), shop.client("own")
    own.post(f"{path(shop.tape)}/add", {"quantity": "2"})
    form = {"mark": mark(own.get("/catalogue/order")), "address": "other", "written": "Here", "delivery": "usual"}
    plugin = sys.modules["parlour_plugins.catalogue.cart"]
    changed = plugin.changed

    def late():
        with shop.scope("acme", "own"):
            plugin.unsent.keep(plugin.PLACE, {"cart": f'[[{shop.tape.number}, "3", []]]'})
        return changed()
    monkeypatch.setattr(plugin, "changed", late)
    answer = own.post("/catalogue/order", form)
    monkeypatch.undo()
    assert (answer.status, orders(shop)) == (422, [])
    assert "Tape" in other.get("/catalogue/cart").text
    form["mark"] = mark(own.get("/catalogue/order"))
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["parlour_plugins.catalogue.prices"], "settings", lambda: {
            "tax": "19", "delivery": {"usual": {"label": "Parcel", "price": "9.90"}}, "price_lists": {}})
        assert own.post("/catalogue/order", form).status == 422
    assert own.post("/catalogue/order", form).status == 303


@pytest.mark.engines("sqlite")
def test_what_is_not_offered_is_for_the_team_alone(shop):
    agent, own = shop.client("agent"), shop.client("own", token=True)
    here, api = path(shop.tape), f"/api/v1/products/PRD-{shop.tape.number:03d}"
    form = {"title": "Tape", "sku": "AC-120", "price": "3.33", "audience": "public", "least": "2", "step": "0.5"}
    places = (api, "/api/v1/products", "/search?q=tape")
    assert agent.post(f"{here}/edit", {**form, "offered": ""}).status == 303
    shop.work()
    assert own.get(api).status == 404
    assert [place for place in places if "AC-120" in own.get(place).text] == []
    assert here not in shop.client("own").get("/search?q=tape").text
    assert "Tape" in agent.get("/catalogue?show=resting").text
    token = shop.client("agent", token=True)
    assert token.send_json("PATCH", api, {"offered": True}).status == 200
    assert shop.guest("localhost").get(here).status == 200


@pytest.mark.engines("sqlite")
def test_a_program_orders_under_the_same_conditions(portal_inside):
    ways = {"usual": {"label": "Parcel", "price": "4.90"}, "express": {"label": "Express", "price": "20"}}
    shop = portal_inside({"features": {"orders": True, "catalogue": {
        "enabled": True, "delivery": ways, "terms": "Pay at once."}}})
    with shop.scope("acme"):
        tape = access.add("product", title="Tape", audience="public", state="offered", body={
            **TAPE, "tax": "0", "currency": "EUR"})
    api = shop.client("own", token=True)

    def send(quantity, **more):
        answer = api.send_json("POST", "/api/v1/orders", {
            "lines": [{"product": f"PRD-{tape.number:03d}", "quantity": quantity}], **more})
        return answer.status, answer.json.get("total")
    assert send("0.001", agreed=True) == (422, None)
    assert send("2.25", agreed=True) == (422, None)
    assert send("2") == (422, None)
    assert send("2", agreed=False) == (422, None)
    assert send("2", agreed=True, delivery="drone") == (422, None)
    assert orders(shop) == []
    assert send("2", agreed=True) == (201, 666 + 490)
    assert send("2", agreed=True, delivery="express") == (201, 666 + 2000)


@pytest.mark.engines("sqlite")
def test_options_are_kept_with_the_line_whatever_its_text_says(shop):
    with shop.scope("acme"):
        access.change("product", shop.scale.id, "edit", title="Scale (new)", body={"price": "24900.5"})
    api, agent, own = shop.client("own", token=True), shop.client("agent"), shop.client("own")

    def send(*options):
        return api.send_json("POST", "/api/v1/orders", {"lines": [{
            "product": f"PRD-{shop.scale.number:03d}", "quantity": "2", "options": [
                {"name": name, "choice": choice} for name, choice in options]}]})
    for wrong in ((), (("Plate", "Gold"),), (("Plate", "Steel"), ("Size", "L")), (("Plate", "Steel"),) * 2):
        assert send(*wrong).status == 422, wrong
    made = send(("Plate", "Stainless"))
    assert (made.status, made.json["goods"]) == (201, 56801), made.json  # 2 x (249.005 + 35.00)
    (line,) = made.json["lines"]
    assert line["options"] == [{"name": "Plate", "choice": "Stainless"}]
    number = made.json["number"]
    assert "Stainless" in own.get(f"/catalogue/again?about={number}").text
    assert agent.post(f"/orders/{number}/edit", {
        "lines": "0", "lines.0.sku": line["sku"], "lines.0.text": line["text"], "lines.0.quantity": "1",
        "lines.0.price": "249"}).status == 303
    assert api.get(f"/api/v1/orders/{number}").json["lines"][0]["options"] == line["options"]
    assert own.post("/catalogue/again", {"about": number}).status == 303
    assert "Scale (new) (Plate: Stainless)" in own.get("/catalogue/cart").text


@pytest.mark.engines("sqlite")
def test_orders_and_what_sells_find_each_other_by_what_they_begin(portal_inside):
    for catalogue, link in ((True, True), (False, False)):
        shop = portal_inside({"features": {"orders": True, "catalogue": catalogue}})
        assert ('href="/catalogue"' in shop.client("own").get("/orders").text.split("<main")[1]) is link
        with shop.scope("acme", "own"):
            assert begin.takes("order").permission == "orders.create"


@pytest.mark.engines("sqlite")
def test_staff_keeps_products_and_their_prices(shop):
    agent = shop.client("agent")
    form = {"title": "Weight", "sku": "AC-311", "price": "49.50", "list_gold": "45", "tax": "19",
            "audience": "customers", "offered": "true", "least": "1", "step": "1", "options": ["0", "1"],
            "options.0.name": "Box", "options.0.choice": "Wood", "options.0.extra": "5",
            "options.1.name": "Box", "options.1.choice": "None"}
    made = agent.post("/catalogue/new", form)
    assert made.status == 303, made.text[:3000]
    assert "from €49.50" in shop.client("own").get(made.location).text
    assert "from €45.00" in shop.client("stranger").get(made.location).text
    assert agent.post("/catalogue/new", {**form, "price": "-1", "title": ""}).status == 422
    page = agent.get(f"{made.location}/edit")
    assert 'value="49.50"' in page.text
    assert agent.post(f"{made.location}/edit", {**form, "offered": ""}).status == 303
    assert shop.client("own").get(made.location).status == 404
    assert shop.client("own").get("/catalogue/new").status in (403, 404)
    with shop.scope("acme"):
        assert count(access.visible("product")) == 3
        assert begin.takes("order")
