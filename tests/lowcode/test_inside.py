"""Conditions and order by what stands in a record's own fields are the same on both databases."""

from __future__ import annotations

from core.data import access, inside
from core.data.db import fetch


def test_texts_numbers_switches_and_lists_compare_alike(portal_inside):
    portal = portal_inside({})
    with portal.scope("acme"):
        rows = [{"a": "x", "n": 5, "b": True, "l": ["p", "q"]}, {"a": "ü", "n": 10.5, "b": False, "l": []},
                {"n": "7.25"}, {"n": "seven"}]
        for place, fields in enumerate(rows):
            access.add("ticket", title=f"{place}", fields=fields, body={})

        def found(*terms, order=None):
            query = access.visible("ticket").where(*terms)
            return [row.title for row in fetch(query.order_by(access.Record.number if order is None else order))]

        assert found(inside.text("a") == "ü") == ["1"]
        assert found(inside.text("b") == "true") == ["0"] and found(inside.text("b") == "false") == ["1"]
        assert found(inside.holds("l", "q")) == ["0"] and found(inside.holds("l", "x")) == []
        assert found(order=inside.number("n").desc())[:3] == ["1", "2", "0"]
        assert found(inside.number("n") > 6) == ["1", "2"]
