"""Chinook's 412 invoices on real data: totals equal to the cent, per customer, paid, and once however often."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal

import pytest

from core.data import people
from core.data.access import find, visible
from core.data.db import fetch

pytestmark = pytest.mark.engines("sqlite")


def test_all_invoices_come_with_their_lines_and_equal_totals(importing, data_folder):
    folder = data_folder("chinook")
    report = importing.example("chinook-invoices.yaml", folder)
    assert (report["failed"], report["created"]) == (0, 10 + 59 + 412 + 2240)
    with (folder / "invoices.csv").open(newline="", encoding="utf-8") as handle:
        source = list(csv.DictReader(handle))
    with (folder / "customers.csv").open(newline="", encoding="utf-8") as handle:
        address = {row["CustomerId"]: row["Email"].strip() for row in csv.DictReader(handle)}
    with importing.inside.scope():
        rows = {row.number: row for row in fetch(visible("invoice"))}
        assert len(rows) == 412
        assert {number: row.total for number, row in rows.items()} == {
            int(one["InvoiceId"]): int(Decimal(one["Total"]) * 100) for one in source}
        assert sum(row.total for row in rows.values()) == 232860
        assert all((row.currency, row.open, row.state) == ("USD", 0, "paid") for row in rows.values())
        assert sum(len(row.content["lines"]) for row in rows.values()) == 2240
        wanted: dict[str, int] = defaultdict(int)
        for one in source:
            wanted[address[one["CustomerId"]]] += int(Decimal(one["Total"]) * 100)
        got: dict[str, int] = defaultdict(int)
        for row in rows.values():
            got[people.person(row.person_id).email] += row.total
        assert got == wanted
        assert rows[1].issued == "2021-01-01"
        assert "Theodor-Heuss-Straße 34" in rows[1].content["to"]
        paid = fetch(visible("payment"))
        assert (len(paid), sum(row.amount for row in paid)) == (412, 232860)
    again = importing.example("chinook-invoices.yaml", folder)
    assert (again["created"], again["updated"], again["failed"]) == (0, 0, 0)
    with importing.inside.scope():
        assert find("invoice", 412).total == rows[412].total
    client = importing.inside.client("admin")
    table = client.get("/invoices/statement.csv?company=embraer-empresa-brasileira-de-aeronautica-s-a"
                       "&from=2020-01-01&to=2030-01-01")
    assert table.text.splitlines()[-1].split(",")[4] == "0.00"
