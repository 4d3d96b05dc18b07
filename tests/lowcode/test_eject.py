"""An ejected module is the plugin it was: the same pages, answers and records, in code of its own."""

from __future__ import annotations

import importlib.util
import re
import shutil
from datetime import date, timedelta

import pytest
from mypy import api as mypy

from core.errors import Refused
from core.host import discover, eject, modules
from core.host.portal import assemble
from support import house
from support.inside import Inside, disconnect
from support.needs import ROOT

RICH = """
id: bookings
title: Bookings
summary: Customers book a room.
version: "2.1"
face: 1
default: off
permissions:
  edit: {company_admin: company, agent: all, admin: all, label: change bookings, up_to: {company_admin: company}}
navigation:
  - {title: Bookings, path: /bookings, icon: calendar, order: 12}
records:
  booking:
    title: Booking
    many: Bookings
    plural: bookings
    prefix: BOO
    icon: calendar
    message: required
    fields:
      room: {type: choice, label: {en: Room, de: Raum}, required: true, options: {red: "Red $${room}", blue: Blue}}
      day: {type: date, label: Day}
      guests:
        type: rows
        label: Guests
        max_rows: 5
        fields:
          name: {label: Name, required: true}
          meal: {type: choice, label: Meal, options: [Fish, Salad]}
      price: {type: money, label: Price, internal: true}
      note: {label: "Why not?", if: {room: red}}
    states:
      asked: {label: {en: Asked, de: Gefragt}, category: open}
      kept: Kept
      gone: {label: Gone, category: closed}
    transitions:
      keep: {label: Keep it, from: [asked], to: kept, who: staff, confirm: "It's free, isn't it?"}
      cancel: {label: Cancel, to: gone, who: customer, fields: {why: {label: Why, required: true}}, kind: danger}
    list: [room, day]
    sort: newest
    notices:
      keep: {title: "%(number)s: it's yours", to: [requester], mail: off}
  seat:
    title: Seat
    plural: seats
    prefix: SEA
    states: {free: Free}
"""
OFFERS = (ROOT / "plugins" / "quotes" / "plugin.yaml").read_text(encoding="utf-8")
for old, new in (("id: quotes", "id: offers"), ("\n  quote:\n", "\n  offer:\n"),
                 ("plural: quotes", "plural: offers"), ("prefix: QUO", "prefix: OFR"),
                 ("path: /quotes", "path: /offers")):
    assert old in OFFERS
    OFFERS = OFFERS.replace(old, new)
"""The bundled quotes under another name: steps with signature, terms, documents, computed values."""

LATER = (date.today() + timedelta(days=30)).isoformat()
PEOPLE = ("own", "boss", "stranger", "admin")


def rules():
    """The rules of the house, as its own test has them."""
    spec = importlib.util.spec_from_file_location("rules_of_the_house", ROOT / "tests/core/test_architecture.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def once(number):
    return f"eject-key-{number:010d}"


def plain(text):
    """Leave out what differs from one drawing to the next: keys of forms, and how long ago something was."""
    return re.sub(r'(name="_once" value=")[^"]*|<time[^>]*>[^<]*</time>', r"\1", text)


def seen(portal, pages, programs):
    """Every page as each person sees it, and every answer to their programs."""
    found = {}
    for short in PEOPLE:
        client, program = portal.client(short), portal.client(short, token=True)
        for path in pages:
            answer = client.get(path)
            found[short, path] = answer.status, plain(answer.text)
        for path in programs:
            found[short, "program", path] = program.get(path).json
    for path in pages:
        answer = portal.guest().get(path)
        found["guest", path] = answer.status, plain(answer.text)
    return found


def difference(before, now):
    """The first line that is another."""
    pairs = zip(str(before).split("\\n"), str(now).split("\\n"), strict=False)
    return next(((one, other) for one, other in pairs if one != other), "length")


def again(portal):
    """Start the portal anew on the same folder and database, as a reload does."""
    url = portal.portal.place.database
    disconnect()
    modules.forget_all()
    return Inside(portal.folder, assemble(portal.folder, {"PARLOUR_DATABASE": url}))


@pytest.fixture
def portal(portal_inside):
    def install(folder):
        shutil.copytree(ROOT / "examples" / "modules" / "returns", folder / "returns")
        (folder / "bookings").mkdir()
        (folder / "bookings" / "plugin.yaml").write_text(RICH, encoding="utf-8")
        (folder / "offers").mkdir()
        (folder / "offers" / "plugin.yaml").write_text(OFFERS, encoding="utf-8")

    yield portal_inside({"features": {"returns": True, "offers": True, "bookings": {"enabled": True, "words": {
        "booking": {"kept": "Ours"}}}}}, plugins=install)
    modules.forget_all()


def fill(portal):
    own, agent = portal.client("own"), portal.client("agent")
    assert own.post("/returns/new", {"_once": once(1), "item": "Kettle", "reason": "damaged",
                                     "body": "The lid."}).status == 303
    form = {"_once": once(2), "title": "Monday", "room": "red", "note": "Blue is loud", "body": "For nine.",
            "guests": ["0", "1"], "guests.0.name": "Ada", "guests.0.meal": "Fish", "guests.1.name": "Ben"}
    answer = own.post("/bookings/new", form)
    assert answer.status == 303, answer.text
    assert agent.post("/bookings/BOO-001/note", {"_once": once(3), "body": "Give them the big one."}).status == 303
    assert agent.post("/bookings/BOO-001/edit", {
        "_once": once(4), "title": "Monday", "room": "red", "note": "Blue is loud", "price": "49.00",
        "guests": ["0"], "guests.0.name": "Ada", "guests.0.meal": "Fish"}).status == 303
    assert agent.post("/bookings/BOO-001/keep", {"_once": once(5), "confirmed": "true"}).status in (303, 422)


def step(client, name, key, **form):
    """Take a step after having looked at its page."""
    mark = re.search(r'name="seen" value="([0-9a-f]+)"', client.get(f"/offers/OFR-001/{name}").text)
    return client.post(f"/offers/OFR-001/{name}", {"_once": once(key), "seen": mark[1] if mark else "", **form})


def offer(portal):
    own, agent = portal.client("own"), portal.client("agent")
    assert own.post("/offers/new", {"_once": once(20), "subject": "A counter"}).location == "/offers/OFR-001"
    assert step(agent, "prepare", 21).status == 303
    form = {"_once": once(22), "subject": "A counter", "valid_until": LATER, "lines": ["0"], "lines.0.item": "Oak",
            "lines.0.quantity": "2.5", "lines.0.price": "68.33", "lines.0.tax": "19"}
    assert agent.post("/offers/OFR-001/edit", form).status == 303
    assert step(agent, "send", 23).status == 303


PAGES = ("/", "/returns", "/returns?state=announced", "/returns?q=kettle", "/returns/new", "/returns/RET-001",
         "/returns/RET-001/edit", "/returns/RET-001/refund", "/returns/RET-002", "/bookings",
         "/bookings?state=kept",
         "/bookings/new", "/bookings/BOO-001", "/bookings/BOO-001/edit", "/bookings/BOO-001/cancel",
         "/bookings/BOO-001/keep", "/seats", "/seats/new",
         "/offers", "/offers/OFR-001", "/offers/OFR-001/accept", "/offers/OFR-001/reject",
         "/offers/OFR-001/withdraw", "/offers/new", "/search?q=monday", "/settings/features/bookings",
         "/settings/features", "/settings/roles/agent", "/bookings/new?lang=de")
PROGRAMS = ("/api/v1/returns", "/api/v1/returns/RET-001", "/api/v1/bookings", "/api/v1/bookings/BOO-001",
            "/api/v1/bookings/BOO-001/messages", "/api/v1/seats", "/api/v1/offers/OFR-001", "/api/v1/openapi.json")


@pytest.mark.engines("sqlite")
def test_every_page_and_answer_stays_and_so_does_what_is_stored(portal):
    fill(portal)
    offer(portal)
    portal.work()
    for short in PEOPLE:  # whoever has read something once sees it unread no more
        for path in ("/returns/RET-001", "/bookings/BOO-001", "/offers/OFR-001"):
            portal.client(short).get(path)
    before = seen(portal, PAGES, PROGRAMS)
    assert before["own", "/bookings/BOO-001"][0] == 200 and "Blue is loud" in before["own", "/bookings/BOO-001"][1]
    for name in ("returns", "bookings", "offers"):
        folder = portal.folder / "plugins" / name
        eject.eject(folder, folder)
        assert not discover.read(folder).records
    after = again(portal)
    assert not {"returns", "bookings", "offers"} & set(after.portal.plugins.broken())
    now = seen(after, PAGES, PROGRAMS)
    assert {key: difference(before[key], now[key]) for key in before if before[key] != now[key]} == {}
    assert after.client("own").post("/bookings/BOO-001/cancel", {
        "_once": once(9), "why": "Ill"}).location == "/bookings/BOO-001"
    assert "Ill" in after.client("agent").get("/bookings/BOO-001").text
    assert after.client("agent").post("/returns/RET-001/refund", {"_once": once(10), "amount": "5"}).status == 303
    signed = {"agreed": "true", "signature.name": "Thomas Hardy"}
    assert step(after.client("own"), "accept", 11, **signed).location == "/offers/OFR-001"
    assert "Signed by Thomas Hardy" in after.client("own").get("/offers/OFR-001").text
    assert after.client("own", token=True).get("/api/v1/returns/RET-001").json["state"] == "refunded"


@pytest.mark.engines("sqlite")
def test_what_is_written_around_a_verb_holds_for_pages_and_programs(portal):
    folder = portal.folder / "plugins" / "returns"
    eject.eject(folder, folder)
    code = (folder / "service.py").read_text()
    usual = 'return usual(values, **more)\n'
    assert code.count(usual) == 1
    mine = 'return usual({**values, "item": "Mine: " + values["item"]}, **more)\n'
    (folder / "service.py").write_text(code.replace(usual, mine))
    after = again(portal)
    after.client("own").post("/returns/new", {"_once": once(1), "item": "Kettle", "reason": "wrong"})
    program = after.client("own", token=True)
    answer = program.send_json("POST", "/api/v1/returns", {"item": "Pan", "reason": "wrong"})
    assert answer.status == 201
    listed = after.client("own").get("/returns").text
    assert "Mine: Kettle" in listed and "Mine: Pan" in listed


@pytest.mark.engines("sqlite")
def test_the_code_uses_the_face_alone_and_is_typed(tmp_path, monkeypatch):
    source = tmp_path / "yaml" / "bookings"
    source.mkdir(parents=True)
    (source / "plugin.yaml").write_text(RICH)
    eject.eject(source, tmp_path / "plugins" / "bookings")
    import_rules = rules()
    files = house.sources("plugins", root=tmp_path)
    (plugin,) = house.plugin_folders(tmp_path)
    assert not import_rules.check_plugin(plugin, [one for one in files if import_rules.is_in(one.path, plugin)])
    for check in (import_rules.check_downward, import_rules.check_inner_imports, import_rules.check_raw_sql,
                  import_rules.check_sizes, import_rules.check_captions, import_rules.check_cycles):
        assert not check(files), check.__name__
    for template in (tmp_path / "plugins").rglob("*.html"):
        assert not import_rules.check_template(template.name, template.read_text(), mail=False)
    monkeypatch.chdir(ROOT)
    shutil.rmtree(tmp_path / "plugins" / "bookings" / "tests")
    told, wrong, code = mypy.run([str(tmp_path / "plugins" / "bookings")])
    assert code == 0, told + wrong


@pytest.mark.engines("sqlite")
def test_nothing_is_written_over_and_only_modules_are_ejected(tmp_path):
    source = ROOT / "examples" / "modules" / "returns"
    (tmp_path / "returns").mkdir()
    (tmp_path / "returns" / "mine.py").write_text("x = 1\n")
    with pytest.raises(Refused):
        eject.eject(source, tmp_path / "returns")
    with pytest.raises(Refused):
        eject.eject(ROOT / "plugins" / "tickets", tmp_path / "tickets")
    assert [one.name for one in tmp_path.iterdir()] == ["returns"]
