"""Amounts that name no currency: a quote is in the tenant's own, and stays in it whatever that becomes."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from core.config import loader, manifests
from core.data import access, db, reshape, scope
from core.data.db import fetch
from core.errors import Invalid
from core.lowcode import module, papers, reshaping
from core.lowcode.expressions import compiled
from core.lowcode.sorts import NUMBER, Sort
from core.lowcode.syntax import ExpressionError
from core.work import exports
from support.tables import bring, form_of, go, look

pytestmark = pytest.mark.engines("sqlite")
FEATURES = dict.fromkeys(("quotes", "orders", "invoices"), True)
LATER = (date.today() + timedelta(days=20)).isoformat()
LINES = {"lines": ["0", "1"],
         "lines.0.item": "Counter", "lines.0.quantity": "3", "lines.0.tax": "10",
         "lines.1.item": "Assembly", "lines.1.quantity": "2.5", "lines.1.tax": "7"}
TENANTS = {
    # 3 x 1,235 = 3,705 and 370.5 -> 371; 2.5 x 683 = 1,707.5 -> 1,708 and 119.56 -> 120.
    "JPY": (("1,235", "683"), [3_705, 1_708], (5_413, 491, 5_904), "¥5,904"),
    # 3 x 1.235 = 3.705 and 0.3705 -> 0.371; 2.5 x 0.683 = 1.7075 -> 1.708 and 0.11956 -> 0.120.
    "KWD": (("1.235", "0.683"), [3_705, 1_708], (5_413, 491, 5_904), "KWD5.904"),
    # 3 x 12.35 = 37.05 and 3.705 -> 3.71; 2.5 x 6.83 = 17.075 -> 17.08 and 1.1956 -> 1.20.
    "EUR": (("12.35", "6.83"), [3_705, 1_708], (5_413, 491, 5_904), "€59.04")}


@pytest.fixture
def at(portal_inside):
    def make(currency):
        return portal_inside({"features": FEATURES, "tenants": {"acme": {"currency": currency}}})

    return make


def sent(portal, prices, key="a"):
    """Let Thomas ask for a quote and the team send it with these prices."""
    agent = portal.client("agent")
    place = portal.client("own").post("/quotes/new", {"_once": f"money-begin-{key:>6}", "subject": "A counter"}
                                      ).location
    agent.post(f"{place}/prepare", {"_once": f"money-prepare-{key:>6}"})
    form = {"_once": f"money-edit-{key:>6}", "subject": "A counter", "valid_until": LATER, **LINES,
            **{f"lines.{at}.price": price for at, price in enumerate(prices)}}
    answer = agent.post(f"{place}/edit", form)
    assert answer.location == place, answer.text
    assert agent.post(f"{place}/send", {"_once": f"money-send-{key:>6}"}).location == place
    return place


def accept(portal, place):
    client = portal.client("own")
    page = client.get(f"{place}/accept").text
    mark = re.search(r'name="seen" value="([0-9a-f]+)"', page)[1]
    assert client.post(f"{place}/accept", {"_once": "money-accept-001", "seen": mark, "agreed": "true",
                                           "signature.name": "Thomas Hardy"}).location == place
    return page


def row(portal, place):
    with portal.scope("acme"):
        return access.find("quote", place.rsplit("/", 1)[1])


def portal_file():
    return (Path(__file__).parents[3] / "plugins" / "quotes" / "plugin.yaml").read_text()


def read(folder, text):
    path = folder / "plugin.yaml"
    path.write_text(text)
    (found,) = module.read(manifests.manifest(loader.read(path.read_bytes(), str(path), {}), folder))
    return found


def change_currency(portal, currency):
    document = yaml.safe_load(portal.yaml.read_text())
    document["tenants"]["acme"]["currency"] = currency
    portal.yaml.write_text(yaml.safe_dump(document))
    assert portal.portal.store.notice()


def test_the_files_name_no_currency():
    for name in ("quotes", "jobs"):
        assert "currency:" not in (Path(__file__).parents[3] / "plugins" / name / "plugin.yaml").read_text()


@pytest.mark.parametrize("currency", TENANTS)
def test_a_quote_is_asked_for_accepted_and_billed_in_the_tenants_currency(at, currency):
    prices, amounts, sums, total = TENANTS[currency]
    portal = at(currency)
    place, agent = sent(portal, prices), portal.client("agent")
    fields = row(portal, place).fields
    assert [line["amount"] for line in fields["lines"]] == amounts
    assert tuple(fields[name] for name in ("net", "tax", "total")) == sums
    assert total in accept(portal, place)
    for page in ("/quotes", place):
        assert total in portal.client("own").get(page).text, page
    told = portal.client("own", token=True).get(f"/api/v1{place}").json
    assert (told["currency"], told["fields"]["total"]) == (currency, sums[2])
    for begin in re.findall(r'action="(/begin/[^"]+)"', agent.get(place).text):
        answer = agent.post(begin, {"_once": f"money-begun-{begin[7:12]}"})
        kind = "order" if "orders" in begin else "invoice_draft"
        with portal.scope("acme"):
            made = access.find(kind, answer.location.rsplit("/", 1)[1])
            assert (made.currency, made.total) == (currency, sums[2]), begin


def test_a_quote_stays_in_its_currency_when_the_tenants_changes(at, tmp_path):
    portal = at("JPY")
    place, agent = sent(portal, TENANTS["JPY"][0]), portal.client("agent")
    change_currency(portal, "KWD")
    fresh = sent(portal, TENANTS["KWD"][0], "b")
    listed = portal.client("own").get("/quotes").text
    assert "¥5,904" in listed and "KWD5.904" in listed
    assert "¥5,904" in portal.client("own").get(place).text
    assert agent.post(f"{place}/withdraw", {"_once": "money-withdraw-1"}).location == place
    page = agent.get(f"{place}/edit").text
    assert "(JPY)" in page and 'value="1235"' in page and "(KWD)" not in page
    form = {"_once": "money-edit-again", "subject": "A counter", "valid_until": LATER, **LINES}
    refused = agent.post(f"{place}/edit", {**form, "lines.0.price": "1.235", "lines.1.price": "683"})
    assert refused.status == 422 or row(portal, place).fields["lines"][0]["price"] == 1_235
    agent.post(f"{place}/edit", {**form, "_once": "money-edit-third", "lines.0.price": "2,000",
                                 "lines.1.price": "683"})
    assert row(portal, place).fields["total"] == 6_600 + 1_828
    agent.post(f"{place}/send", {"_once": "money-send-again"})
    assert "¥8,428" in accept(portal, place)
    with portal.scope("acme", "own"):
        quotes = read(tmp_path, portal_file())
        paper = papers._document(quotes, access.find("quote", "QUO-001"), quotes.flow.papers["agreement"])
        assert "¥8,428" in repr(paper) and "KWD" not in repr(paper)
    begin = next(one for one in re.findall(r'action="(/begin/[^"]+)"', agent.get(place).text) if "invoices" in one)
    answer = agent.post(begin, {"_once": "money-bill-00001"})
    with portal.scope("acme"):
        made = access.find("invoice_draft", answer.location.rsplit("/", 1)[1])
        assert (made.currency, made.total) == ("JPY", 8_428)
    told = {one["number"]: one["currency"] for one in (
        agent_api.json for agent_api in (portal.client("agent", token=True).get(f"/api/v1{one}")
                                         for one in (place, fresh)))}
    assert [*told.values()] == ["JPY", "KWD"]


def test_files_carry_each_quotes_own_currency_there_and_back(at):
    portal = at("JPY")
    place = sent(portal, TENANTS["JPY"][0])
    change_currency(portal, "KWD")
    sent(portal, TENANTS["KWD"][0], "b")
    with portal.scope("acme", "agent"):
        part = scope.current().registry.imports["quote"]
        rows = fetch(access.visible("quote", "view").order_by(access.Record.number))
        table = exports.at_once("quote", [one.id for one in rows], ["number", "currency", "fields.total"], "csv",
                                bom=False).decode()
        assert [line.split(",")[1:] for line in table.splitlines()[1:]] == [
            ["JPY", "5904 JPY"], ["KWD", "5.904 KWD"]]
    with portal.scope("acme"):
        given = part.give(access.find("quote", place.rsplit("/", 1)[1]))
        fields = {name: given["fields"][name] for name in ("subject", "lines")}
        again = {"known": "", "fields": fields, "currency": given["currency"]}
        with db.transaction():
            made = access.by_id("quote", part.call(again)[1])
        assert (made.fields["total"], made.fields["_currency"]) == (5_904, "JPY")
        with pytest.raises(Invalid, match="JPY"), db.transaction():
            part.call({**again, "known": made.id, "changed": True, "currency": "KWD"})


def test_taking_the_currency_out_of_the_file_changes_no_stored_amount(at, tmp_path):
    """What quotes were before: in euros by the file, whatever the tenant's own currency."""
    portal, file = at("JPY"), portal_file()
    money = "type: money, "
    former = read(tmp_path, file.replace(money, f"{money}currency: EUR, "))
    dollars = read(tmp_path, file.replace(money, f"{money}currency: USD, "))
    fresh = read(tmp_path, file)
    lines = [{"item": "A", "quantity": "2", "price": 1_235, "tax": "10"}]
    with portal.scope("acme"):
        reshape.forget("quote")
        assert reshaping.settle(former) == []
        for state in ("draft", "accepted", "requested"):
            fields = former.data.plan.filled({"subject": state, "lines": lines if state != "requested" else []})
            access.add("quote", title=state, state=state, fields=fields)
        assert reshaping.settle(fresh) == []
        kept = [(one.fields.get("_currency"), one.fields["total"]) for one in fetch(
            access.visible("quote").order_by(access.Record.number))]
        assert kept == [("EUR", 2_717), ("EUR", 2_717), (None, 0)]
    assert "€27.17" in portal.client("agent").get("/quotes").text
    with portal.scope("acme"):
        lost = {one.key: one.count for one in reshaping.settle(dollars)}
        settled = dict.fromkeys(("quote.net", "quote.tax", "quote.total"), 1)
        assert lost == {"quote.lines": 2, **settled}, "euros are no dollars"
        assert reshaping.settle(fresh) == []
        again = [(one.fields.get("_currency"), one.fields["total"], one.fields["lines"]) for one in fetch(
            access.visible("quote").order_by(access.Record.number))]
        assert [one[:2] for one in again] == kept and again[0][2][0]["price"] == 1_235


def test_own_amounts_mix_with_no_others():
    names = {"own": Sort("money"), "euros": Sort("money", "EUR"), "count": NUMBER}
    assert compiled("own * count + 1", names).sort == Sort("money")
    for text in ("own + euros", "own > euros", "if(count > 1, own, euros)", "sum(own)", "payable(count)"):
        with pytest.raises(ExpressionError):
            compiled(text, names)
    third = compiled("payable(own / 3)", names)
    assert third.value({"own": 1_000}, digits=lambda _currency: 0) == 333
    assert third.value({"own": 1_000}, digits=lambda _currency: 3) == Decimal("0.333")


COSTS = """
id: costs
title: Costs
records:
  cost:
    title: Cost
    plural: costs
    prefix: COS
    fields:
      price: {type: money, label: Price}
      euros: {type: money, label: In euros, currency: EUR}
    states: {new: New}
    begins:
      of_quote: {label: Note the cost, of: [quote], needs: [total], fields: {price: total, euros: total}}
"""


def test_what_comes_from_a_file_or_a_quote_is_in_its_currency(portal_inside):
    def plugins(folder):
        (folder / "costs").mkdir()
        (folder / "costs" / "plugin.yaml").write_text(COSTS)

    portal = portal_inside({"features": {"quotes": True, "costs": True}, "tenants": {"acme": {"currency": "KWD"}}},
                           plugins=plugins)
    admin = portal.client("admin")
    sheet = ("Title,Price,Currency\nA,5904,JPY\nB,5904 JPY,JPY\nC,5.904,\nD,5.904 KWD,KWD\nE,59.04,EUR\n"
             "F,5.9,JPY\nG,59.04 EUR,\n")
    imported = bring(admin, sheet, "cost", "costs.csv")
    assert form_of(admin.get(imported).text)["from-currency"] == "Currency"
    look(portal, admin, imported)
    go(portal, admin, imported)
    with portal.scope("acme"):
        assert {one.title: (one.fields["price"], one.fields["_currency"]) for one in fetch(access.visible("cost"))
                } == {"A": (5_904, "JPY"), "B": (5_904, "JPY"), "C": (5_904, "KWD"), "D": (5_904, "KWD"),
                      "E": (5_904, "EUR")}, "F and G contradict themselves"
    with portal.scope("acme"):
        made = access.add("quote", title="Old", person=portal.person("own").id, state="accepted",
                          category="resolved", fields={"subject": "Old", "total": 5_904, "_currency": "JPY"})
    agent = portal.client("agent")
    begin = re.search(r'action="(/begin/[^"]+)"', agent.get(f"/quotes/QUO-{made.number:03d}").text)[1]
    place = agent.post(begin, {"_once": "money-cost-00001"}).location
    with portal.scope("acme"):
        cost = access.find("cost", place.rsplit("/", 1)[1])
        assert cost.fields == {"price": 5_904, "_currency": "JPY"}, "no rate makes euros of yen"
    assert "¥5,904" in agent.get(place).text


def test_a_module_in_the_making_shows_amounts_in_the_portals_own_currency(portal_inside):
    portal = portal_inside({"installation": {"plugins": {"makers": ["acme"]}},
                            "tenants": {"acme": {"currency": "JPY"}}})
    admin, base = portal.client("admin"), "/settings/modules/claims"
    kind = f"{base}/claim"
    for place, (path, form) in enumerate((
            ("/settings/modules/new", {"title": "Claims", "one": "Claim", "first": "What?"}),
            (f"{kind}/field?type=money", {"label": "Price"}),
            (f"{kind}/list", {"list": ["price"], "sort": "newest"}))):
        assert admin.post(path, {"_once": f"money-maker-{place:04d}", **form}).status == 303
    assert "the portal&#39;s own" in admin.get(f"{kind}/field?type=money").text
    assert "¥4,900" in admin.get(f"{base}/preview/claim/list/light").text
    assert "Price (JPY)" in admin.get(f"{base}/preview/claim/form/light").text
