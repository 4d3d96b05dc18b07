"""Northwind's orders, equal to their source to the cent; packed tables; orders nobody is named for."""

from __future__ import annotations

import csv
import gzip
from decimal import ROUND_HALF_UP, Decimal

import pytest

from core.data import access, people
from core.data.db import fetch
from support.orders import plugin

pytestmark = pytest.mark.engines("sqlite")
CENT = Decimal("0.01")


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def test_northwind_orders_equal_their_source_to_the_cent(importing, data_folder):
    folder = data_folder("northwind")
    importing.example("northwind-companies.yaml", folder / "customers.csv")
    report = importing.example("northwind-orders.yaml", folder)
    assert {one["step"]: (one["read"], one["created"], one["failed"]) for one in report["steps"]} == {
        "product": (77, 77, 0), "order": (830, 830, 0), "order.lines": (2155, 2155, 0)}
    sums = {}
    for row in rows_of(folder / "order_details.csv"):
        worth = Decimal(row["UnitPrice"]) * Decimal(row["Quantity"]) * (1 - Decimal(row["Discount"]))
        sums[row["OrderID"]] = sums.get(row["OrderID"], Decimal()) + worth.quantize(CENT, ROUND_HALF_UP)
    with importing.inside.scope():
        orders = {row.number: row for row in fetch(access.visible("order"))}
        companies = {row.id: row.identifier for row in people.companies()}
        for row in rows_of(folder / "orders.csv"):
            order = orders[int(row["OrderID"])]
            freight = Decimal(row["Freight"]).quantize(CENT, ROUND_HALF_UP)
            assert (order.goods, order.shipping, order.total) == tuple(
                int(one * 100) for one in (sums[row["OrderID"]], freight, sums[row["OrderID"]] + freight))
            assert companies[order.company_id] == row["CustomerID"].strip().lower()
            assert (order.created.date().isoformat(), order.currency) == (row["OrderDate"][:10], "USD")
        products = {row.sku: row for row in fetch(access.visible("product"))}
        for row in rows_of(folder / "products.csv"):
            product = products[row["ProductID"]]
            assert (product.title, product.unit) == (row["ProductName"], " ".join(row["QuantityPerUnit"].split()))
            assert Decimal(product.price) == Decimal(row["UnitPrice"]) * 100
            assert (product.state == "offered") == (row["Discontinued"] == "0")
        assert sum(order.state == "confirmed" for order in orders.values()) == 21
        assert len(plugin("reckoning").of(orders[10248])) == 3


RETAIL = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE  HANGING HEART ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,71053,,3,2010-12-01 08:26:00,0.001,17850.0,United Kingdom
536365,71053,,3,2010-12-01 08:26:00,0.001,17850.0,United Kingdom
C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,14527.0,United Kingdom
536414,22139,,56,2010-12-01 11:52:00,0.0,,EIRE
"""


def test_online_retail_lines_become_orders_and_credits(importing):
    packed = importing.folder / "2010-12.csv.gz"
    packed.write_bytes(gzip.compress(RETAIL.encode()))
    report = importing.example("online-retail-orders.yaml", packed)
    found = {one["step"]: (one["read"], one["created"], one["skipped"], one["failed"]) for one in report["steps"]}
    assert found == {"company": (5, 2, 3, 0), "order": (5, 3, 2, 0), "order.lines": (5, 5, 0, 0)}
    with importing.inside.scope():
        orders = {row.reference: row for row in fetch(access.visible("order"))}
        assert (orders["536365"].total, orders["536365"].title) == (1530, "WHITE HANGING HEART, 71053")
        assert (orders["C536379"].total, orders["C536379"].credit) == (-2750, True)
        assert (orders["536414"].total, orders["536414"].company_id) == (0, None)
    assert importing.example("online-retail-orders.yaml", packed)["updated"] == 0
    changed = importing.folder / "2010-12.csv"
    changed.write_text(RETAIL.replace("-1,2010", "-2,2010"))
    packed.unlink()
    assert importing.example("online-retail-orders.yaml", changed)["updated"] == 1  # the line alone
    with importing.inside.scope():
        assert {row.reference: row.total for row in fetch(access.visible("order"))}["C536379"] == -5500
