"""Changing a module's YAML takes what is stored along, or says exactly what it would lose and asks."""

from __future__ import annotations

import threading

import pytest

from core.config import loader, manifests
from core.data import access
from core.data.db import fetch
from core.data.records import Record, removals
from core.data.writes import put
from core.errors import NotFound
from core.host import aligning, discover
from core.lowcode import module, reshaping, stock

BEGIN = """
id: things
title: Things
records:
  thing:
    title: Thing
    plural: things
    prefix: THI
    fields:
      color: {type: text, label: Colour}
      size: {type: text, label: Size}
      notes: {type: text, label: Notes}
      price: {type: number, label: Price}
      lines: {type: rows, label: Lines, fields: {part: {type: text}, count: {type: text}}}
    states:
      new: {label: New}
      waiting: {label: Waiting, category: waiting}
      over: {label: Over, category: closed}
"""
LATER = """
id: things
title: Things
records:
  thing:
    title: Thing
    plural: things
    prefix: THI
    fields:
      colour: {type: choice, label: Colour, was: color, options: [red, blue]}
      size: {type: number, label: Size}
      price: {type: money, currency: EUR, label: Price}
      plan: {type: choice, label: Plan, options: [basic, full], default: basic}
      lines: {type: rows, label: Lines, fields: {piece: {type: text, was: part}, count: {type: quantity}}}
      double: {type: money, currency: EUR, label: Double, compute: price * 2}
    states: {begun: {label: Begun, was: new}, over: {label: Over, category: closed}}
"""
ON = {"features": {"things": True}}


def read(folder, text):
    path = folder / "plugin.yaml"
    path.write_text(text)
    return next(iter(module.read(manifests.manifest(loader.read(path.read_bytes(), str(path), {}), folder))))


@pytest.fixture
def portal(portal_inside):
    def plugins(folder):
        (folder / "things").mkdir(exist_ok=True)
        (folder / "things" / "plugin.yaml").write_text(BEGIN)

    return portal_inside(ON, plugins=plugins)


def folder_of(portal):
    return portal.portal.plugins.manifests["things"].path


def make(portal, *rows):
    with portal.scope("acme"):
        for place, (state, fields) in enumerate(rows):
            access.add("thing", title=f"Thing {place}", state=state, fields=fields)


def stored(portal):
    with portal.scope("acme"):
        return [(row.state, row.fields) for row in fetch(access.visible("thing").order_by(access.Record.number))]


def test_what_loses_nothing_is_done_and_the_rest_is_asked(portal):
    before = read(folder_of(portal), BEGIN)
    with portal.scope("acme"):
        assert reshaping.settle(before) == []
    make(portal,
         ("new", {"color": "red", "size": "12", "notes": "", "price": 12.5,
                  "lines": [{"part": "a", "count": "1.50"}]}),
         ("over", {"color": "blue", "size": "large", "notes": "keep me", "price": None}),
         ("waiting", {"color": "", "size": "", "price": 3}))
    versions = [row.version for row in rows(portal)]
    after = read(folder_of(portal), LATER)
    with portal.scope("acme"):
        first = reshaping.settle(after, try_only=True)
        assert stored(portal)[0][1]["color"] == "red", "trying changes nothing"
        losses = reshaping.settle(after)
        assert losses == first == reshaping.waits()
    assert {(loss.key, loss.what, loss.count) for loss in losses} == {
        ("thing.size", "changed", 1), ("thing.notes", "gone", 1), ("thing.states.waiting", "state", 1)}
    assert next(loss for loss in losses if loss.name == "notes").examples == ("THI-002: keep me",)
    assert "thing.size: 1 record holds something in 'size'" in str(next(x for x in losses if x.name == "size"))
    one, two, three = stored(portal)
    assert one == ("begun", {"colour": "red", "size": "12", "notes": "", "price": 1250, "plan": "basic",
                             "double": 2500,
                             "lines": [{"piece": "a", "count": "1.5"}]}), "size waits for all of them"
    assert two[1] | {"double": None} == {"colour": "blue", "size": "large", "notes": "keep me", "price": None,
                                         "plan": "basic", "double": None}
    assert three[0] == "waiting" and three[1]["price"] == 300
    assert [row.version for row in rows(portal)] == versions, "nobody sees that anything moved"
    with portal.scope("acme"):
        assert reshaping.settle(after) == losses, "it is asked until somebody decides"
        left = reshaping.settle(after, ["thing.size"])
        assert [loss.key for loss in left] == ["thing.notes", "thing.states.waiting"]
        assert [fields.get("size") for _state, fields in stored(portal)] == [12, None, None]
        assert reshaping.settle(after, ["thing.notes", "thing.states.waiting"]) == [] == reshaping.waits()
    assert "notes" not in stored(portal)[1][1] and stored(portal)[2][0] == "begun"


def rows(portal):
    with portal.scope("acme"):
        return fetch(access.visible("thing").order_by(access.Record.number))


@pytest.mark.engines("sqlite")
def test_another_tenant_and_a_faster_hand_are_left_alone(portal):
    with portal.scope("acme"):
        reshaping.settle(read(folder_of(portal), BEGIN))
    make(portal, ("new", {"color": "red"}))
    after = read(folder_of(portal), LATER)
    with portal.scope("acme") as who:
        work = reshaping._Work(after, reshaping.reshape.known("thing").shape, reshaping.shapes.of(after))
        (row,), = reshaping.reshape.pieces("thing")
        access.change("thing", row.id, "view", title="Faster")
        assert reshaping.reshape.rewrite("thing", [(row, {"state": "over"})]) == 1, "it is looked at again"
        assert work.rewrite() == 0 and who.slug == "acme"
    assert rows(portal)[0].title == "Faster" and rows(portal)[0].fields["colour"] == "red"
    with portal.scope("globex"):
        assert reshaping.reshape.known("thing") is None or not reshaping.reshape.known("thing").waiting


def test_the_first_two_records_are_made_at_once(portal):
    def ask(number):
        client = portal.client("own")
        return lambda: client.post("/things/new", {"_once": f"first-key-{number:08d}", "title": "x"})

    assert {answer.status for answer in portal.parallel(ask(1), ask(2))} == {303}
    assert len(rows(portal)) == 2
    with portal.scope("acme"):
        assert reshaping.reshape.known("thing").shape["plugin"] == "things"


@pytest.mark.engines("sqlite")
def test_records_of_a_kind_that_is_gone_are_not_forgotten(portal):
    with portal.scope("acme"):
        reshaping.settle(read(folder_of(portal), BEGIN))
    make(portal, ("new", {}), ("new", {}))
    with portal.scope("acme"):
        (loss,) = reshaping.settle_gone("things", ["stuff"])
        assert (loss.key, loss.count, loss.examples[0]) == ("thing", 2, "1: Thing 0")
        assert reshaping.waits() == [loss]
        assert reshaping.settle_gone("others", ["stuff"], ["thing"]) == []
        assert reshaping.settle_gone("things", ["stuff"], ["thing"], try_only=True) == [loss]
        assert len(rows(portal)) == 2
        assert reshaping.settle_gone("things", ["stuff"], ["thing"]) == [] == reshaping.waits()
    assert rows(portal) == []


@pytest.mark.engines("sqlite")
def test_what_another_portal_holds_is_nobody_elses_to_read_or_give_up(portal):
    held = {}
    for slug in ("acme", "globex"):
        with portal.scope(slug) as who:
            reshaping.settle(read(folder_of(portal), BEGIN))
            put(Record, tenant=who.tenant_id, kind="thing", number=1, title="Thing", fields={"notes": slug})
            reshaping.settle(read(folder_of(portal), LATER))
    with portal.scope("acme"):
        for found in (stock.losses(LATER), stock.waiting(LATER)):
            assert [(one.count, one.examples) for one in found] == [(1, ("THI-001: acme",))]
        stock.give_up(LATER, "thing.notes")
        assert stock.waiting(LATER) == []
    for slug in ("acme", "globex"):
        with portal.scope(slug):
            held[slug] = next(reshaping.reshape.pieces("thing"))[0].fields.get("notes")
    assert held == {"acme": None, "globex": "globex"}


@pytest.mark.engines("sqlite")
def test_a_kind_taken_out_of_a_text_is_told_asked_and_given_up_for_good(portal, monkeypatch):
    monkeypatch.setattr(reshaping.reshape, "PIECE", 1)
    with portal.scope("acme"):
        reshaping.settle(read(folder_of(portal), BEGIN))
    make(portal, ("new", {}), ("new", {}))
    text = BEGIN.replace("  thing:", "  gadget:").replace("things\n    prefix: THI", "gadgets\n    prefix: GAD")
    with portal.scope("acme"):
        (loss,) = stock.losses(text)
        assert (loss.what, loss.count) == ("kind", 2) and "of the kind “thing”" in loss.told
        with pytest.raises(NotFound):
            stock.give_up(text, "thing")
        reshaping.settle_gone("things", ["gadget"])
        before = dict(removals(["thing"])).get("thing", 0)
        assert stock.waiting(text) == [loss]
        stock.give_up(text, "thing")
        assert stock.waiting(text) == [] and dict(removals(["thing"]))["thing"] == before + 2, \
            "guests are shown nothing of what is gone"
    assert rows(portal) == []


def test_two_who_confirm_at_once_do_not_put_back_what_the_other_gave_up(portal, monkeypatch):
    with portal.scope("acme"):
        reshaping.settle(read(folder_of(portal), BEGIN))
    make(portal, ("new", {"notes": "keep", "size": "large"}))
    after = read(folder_of(portal), LATER)
    begun, done, real = threading.Event(), threading.Event(), reshaping._Work.rewrite

    def rewrite(work):
        if not begun.is_set():
            begun.set()
            done.wait(1)  # the other one, if anything lets it in
        return real(work)

    def confirm(key, before=None, then=None):
        with portal.scope("acme"):
            assert before is None or before.wait(10)
            reshaping.settle(after, [key])
            if then is not None:
                then.set()

    with portal.scope("acme"):
        assert {loss.key for loss in reshaping.settle(after)} == {"thing.notes", "thing.size"}
    monkeypatch.setattr(reshaping._Work, "rewrite", rewrite)
    portal.parallel(lambda: confirm("thing.notes"), lambda: confirm("thing.size", begun, done))
    with portal.scope("acme"):
        assert reshaping.waits() == []
    assert not {"notes", "size"} & set(filter(rows(portal)[0].fields.get, ("notes", "size")))


def renew(portal, text):
    """Read the file again, as a reload does."""
    folder, registry = folder_of(portal), portal.portal.built.registry
    (folder / "plugin.yaml").write_text(text)
    manifest = portal.portal.plugins.manifests["things"] = discover.read(folder)
    object.__setattr__(registry, "manifests", {**registry.manifests, "things": manifest})


@pytest.mark.engines("sqlite")
def test_the_settings_page_and_the_start_tell_and_ask(portal):
    aligning.at_start(portal.portal)
    make(portal, ("new", {"notes": "precious"}))
    renew(portal, LATER)
    aligning.at_start(portal.portal)
    admin = portal.client("admin")
    page = admin.get("/settings/plugins").text
    assert "thing.notes" in page and "THI-001: precious" in page
    for short in ("agent", "own", "other_admin"):
        other = portal.client(short)
        assert "precious" not in other.get("/settings/plugins").text
        other.post("/settings/plugins/things/lose", {"_once": "reshape-key-0001", "key": "thing.notes"})
    assert stored(portal)[0][1]["notes"] == "precious"
    sent = {"_once": "reshape-key-0002", "key": "thing.notes"}
    assert admin.post("/settings/plugins/things/lose", sent).status == 303
    assert "notes" not in stored(portal)[0][1]
    assert "thing.notes" not in admin.get("/settings/plugins").text
