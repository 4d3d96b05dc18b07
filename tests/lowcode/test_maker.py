"""Modules made in the browser: by forms or as text, looked at first, written with care, by nobody who may not."""

from __future__ import annotations

import html
import re

import pytest

from core.config import modulefiles
from core.config.manifests import plugin_schema
from core.data import reshape
from core.host import aligning, modules
from core.host.portal import assemble
from core.lowcode import trial
from support.inside import Inside, disconnect
from support.needs import ROOT
from support.things.maker import SOURCE

MAY = {"installation": {"plugins": {"makers": ["acme"]}}}
BASE = "/settings/modules/claims"
KIND = f"{BASE}/claim"


@pytest.fixture
def portal(portal_inside):
    yield portal_inside(MAY)
    modules.forget("claims")


_next = [0]


def send(client, path, **form):
    _next[0] += 1
    return client.post(path, {"_once": f"maker-key-{_next[0]:010d}", **form})


def begun(portal, short="admin"):
    client = portal.client(short)
    answer = send(client, "/settings/modules/new", title="Claims", one="Claim", first="Which product?")
    assert answer.status == 303, answer.text
    assert answer.location == f"{KIND}/fields"
    return client


def text_of(client, path=f"{BASE}/text"):
    return html.unescape(re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", client.get(path).text, re.S)[1])


def source(portal):
    return (portal.folder / "plugins" / "claims" / "plugin.yaml").read_text()


def again(portal):
    """What a reload does: processes that have read the folder anew."""
    url = portal.portal.place.database
    disconnect()
    modules.forget("claims")
    return Inside(portal.folder, assemble(portal.folder, {"PARLOUR_DATABASE": url}))


def test_a_module_is_made_by_forms_used_switched_on_changed_and_taken_back(portal):
    admin = begun(portal)
    rows = {"states": ["0", "1"], "states.0.key": "new", "states.0.label": "Sent in", "states.0.category": "open",
            "states.1.key": "done", "states.1.label": "Paid", "states.1.category": "resolved"}
    for path, form in (
            (f"{KIND}/field?type=text", {"label": "Serial number", "required": "true"}),
            (f"{KIND}/field?type=choice", {"label": "Reason", "options": ["0", "1"], "options.0.label": "Broken",
                                           "options.1.label": "Lost"}),
            (f"{KIND}/field?type=rows", {"label": "Parts", "first": "Name of the part"}),
            (f"{KIND}/field?type=money&of=parts", {"label": "Price", "currency": ""}),
            (f"{KIND}/field?type=quantity&of=parts", {"label": "How many"}),
            (f"{KIND}/field?type=money&of=parts", {"label": "Sum", "currency": "",
                                                   "compute": "how_many * price"}),
            (f"{KIND}/field?type=reference", {"label": "Contact", "of": "person"}),
            (f"{KIND}/fields", {"do": "up.reason"}), (f"{KIND}/states", rows),
            (f"{KIND}/step?name=begin", {"do": "drop"}),
            (f"{KIND}/step?name=finish", {"label": "Pay", "from": ["new"], "to": "done", "who": "admins",
                                          "kind": "primary"}),
            (f"{KIND}/field?type=money&step=finish", {"label": "Amount", "currency": "EUR", "required": "true"}),
            (f"{KIND}/list", {"list": ["reason"], "sort": "newest"}),
            (f"{KIND}/notices", {"notices": ["0"], "notices.0.moment": "finish", "notices.0.mail": "true",
                                 "notices.0.title": "%(number)s is paid", "notices.0.to": ["requester"]})):
        answer = send(admin, path, **form)
        assert answer.status == 303, (path, answer.text[answer.text.find("alert"):][:900])
    before = text_of(admin)
    odd = send(admin, f"{KIND}/field?type=number", label="Odd", compute="how_many _ 2")
    assert odd.status == 422 and 'id="f-compute-error"' in odd.text and "This cannot be computed:" in odd.text
    assert text_of(admin) == before, "and nothing of it is kept"
    assert not (portal.folder / "plugins" / "claims").exists(), "only a draft so far"
    assert send(admin, BASE, do="publish").status == 303
    made = source(portal)
    assert "    states:\n      new: {label: Sent in, category: open}\n      done: {label: Paid, cat" in made
    assert "finish: {label: Pay, from: [new], to: done, who: admins, kind: primary, fields: " in made
    assert made.index("reason:") < made.index("serial_number:")
    assert made.count("type: money") == 3 and made.count("currency: EUR") == 1, "two are in the portal's own"
    portal = again(portal)
    assert not portal.portal.plugins.broken().get("claims")
    admin, own = portal.client("admin"), portal.client("own")
    assert "Switch it on" in admin.get(BASE).text and own.get("/claims").status == 404
    assert send(admin, BASE, do="on").status == 303
    asked = {"which_product": "Kettle", "serial_number": "K-1", "reason": "broken", "parts": ["0"],
             "parts.0.name_of_the_part": "Lid", "parts.0.price": "4.50", "parts.0.how_many": "3"}
    assert send(own, "/claims/new", **asked).location == "/claims/CLA-001"
    page = own.get("/claims/CLA-001").text
    assert "Sent in" in page and "€13.50" in page
    home = own.get("/").text  # a card for what is not over, and a button to begin one, as other features have
    assert 'data-panel="claims.claim"' in home and 'href="/claims/new"' in home
    assert send(portal.client("agent"), "/claims/CLA-001/finish", amount="5").status == 404
    assert send(admin, "/claims/CLA-001/finish", amount="5").status == 303
    # a comment by hand stays when a form changes something, and a version can be looked at again
    place = portal.folder / "plugins" / "claims" / "plugin.yaml"
    place.write_text(made.replace("    states:", "    # as the law says\n    states:"))
    assert send(admin, f"{KIND}/basics", title="Claims", summary="Broken things.", one="Claim", many="Claims",
                headline="which_product", message="off", audience="private", icon="shield", prefix="CLA",
                plural="claims").status == 303
    assert send(admin, BASE, do="publish").status == 303
    assert "# as the law says" in source(portal) and "message: off" not in source(portal)
    assert 'message: "off"' in source(portal)
    first = min(int(one) for one in re.findall(BASE + r"/undo/(\d+)", admin.get(BASE).text))
    assert send(admin, f"{BASE}/undo/{first}").status == 303 and send(admin, BASE, do="publish").status == 303
    assert source(portal) == made
    assert [one["note"] for one in portal_versions(portal)] == [
        "changed in the browser", "changed in the browser", "made in the browser"]


def portal_versions(portal):
    with portal.scope():
        found = modulefiles.ModuleFiles(portal.folder / "plugins", portal.portal.store.log).history("claims")
    return [{"note": one.note, "author": one.author} for one in found]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("title", "one", "first"), [
    ("Offers", "Off", "null"), ("Returns: all", "On", "{a: b}"), ('Say "yes"', "No # one", "true"),
    ("返品", "返品", "何?")])
def test_whatever_it_is_called_it_works_from_the_first_moment(portal, title, one, first):
    admin = portal.client("admin")
    answer = send(admin, "/settings/modules/new", title=title, one=one, first=first)
    assert answer.status == 303, answer.text
    page = admin.get(answer.location).text
    assert "to put right" not in page and html.escape(title, quote=False) in page.replace("&#34;", '"')


@pytest.mark.engines("sqlite")
def test_the_real_pages_are_shown_and_nothing_of_them_stays(portal, monkeypatch):
    admin = begun(portal)
    for what, words in (("list", "Claim 1"), ("form", "Which product?"), ("record", "Claim 1")):
        answer = admin.get(f"{BASE}/preview/claim/{what}/dark")
        assert answer.status == 200 and words in answer.text and "cannot be shown" not in answer.text, what
        assert "<script" not in answer.text and "form-action 'none'" in answer.headers["content-security-policy"]
    with portal.scope():
        assert not modulefiles.ModuleFiles(portal.folder / "plugins", portal.portal.store.log).ids()
    assert admin.get("/claims").status == 404 and admin.get("/search?q=Claim").text.count("CLA-") == 0
    monkeypatch.setattr(trial, "transaction", None)
    assert "Which product?" in admin.get(f"{BASE}/preview/claim/form/dark").text, "a form writes nothing"
    page = admin.get(f"{KIND}/fields").text
    assert page.count("/preview/claim/form/light?as=customer&amp;v=") == 2, "at the width of a desk and of a phone"


BROKEN = {
    "yaml": ("records: [", "Line "),
    "a tag": ("id: !!python/object/apply:os.system [touch /tmp/x]\n", "tag"),
    "twice": ("id: claims\nid: claims\n", "Line 2"),
    "a bomb": ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(
        f"{two}: &{two} [{','.join(['*' + one] * 9)}]"
        for one, two in zip("abcdefg", "bcdefgh", strict=True)), "alias"),
    "deep": ("a: " + "[" * 5000, "Line 1"),
    "a variable": ("id: claims\ntitle: ${PARLOUR_SECRET}\n", "PARLOUR_SECRET is not set"),
    "a control character": ("id: claims\x07\n", "U+0007"),
    "huge": ("#" * 1_100_000, "larger"),
}


@pytest.mark.engines("sqlite")
def test_what_cannot_be_read_is_told_by_line_and_nothing_is_kept(portal, monkeypatch):
    monkeypatch.setenv("PARLOUR_SECRET", "hidden-value")
    admin = begun(portal)
    before = text_of(admin)
    for name, (typed, told) in BROKEN.items():
        answer = send(admin, f"{BASE}/text", text=typed)
        assert answer.status == 422 and told in html.unescape(answer.text), name
        assert "hidden-value" not in answer.text
        assert text_of(admin) == before, name
    assert portal.guest().get("/sign-in").status == 200


WRONG = {
    "another id": ("id: claims", "id: tickets", "stays claims"),
    "a way out": ("id: claims", "id: ../../etc", "id"),
    "a state that is not there": ("to: done", "to: dome", "There is no state 'dome'"),
    "a kind that is taken": ("  claim:\n", "  ticket:\n", "is taken by"),
    "an address that is taken": ("plural: claims", "plural: kb", "Another page is at /kb"),
    "letters that are taken": ("prefix: CLA", "prefix: TKT", "is taken by"),
    "packages": ("face: 1", "face: 1\nrequires: [requests]", "no Python packages"),
    "an unknown key": ("face: 1", "face: 1\nrun: rm -rf", "run"),
    "a pattern that never ends": ("    states:", "      z: {label: Z, pattern: '(a+)+$'}\n    states:", "pattern"),
}


@pytest.mark.engines("sqlite")
def test_what_is_wrong_is_told_by_line_and_never_comes_into_use(portal):
    admin = begun(portal)
    good = text_of(admin)
    for name, (old, new, told) in WRONG.items():
        assert old in good, name
        changed = good.replace(old, new, 1)
        assert send(admin, f"{BASE}/text", text=changed).status == 303, name
        page = admin.get(f"{BASE}/text").text
        assert told in html.unescape(page) and "Line " in page, name
        assert send(admin, BASE, do="publish").status == 422, name
        assert admin.get(f"{BASE}/preview/claim/list/light").status == 404
    assert not (portal.folder / "plugins" / "claims").exists()
    assert not list(portal.folder.parent.glob("etc"))


@pytest.mark.engines("sqlite")
def test_two_admins_at_once_never_write_over_each_other(portal):
    admin = begun(portal)
    assert send(admin, BASE, do="publish").status == 303
    one, other = portal.client("admin"), portal.client("admin")
    for client, label in ((one, "Colour"), (other, "Size")):
        assert send(client, f"{KIND}/field?type=text", label=label).status == 303
    answers = portal.parallel(lambda: send(one, BASE, do="publish"), lambda: send(other, BASE, do="publish"))
    assert sorted(answer.status for answer in answers) == [303, 409]
    loser = next(client for client, answer in zip((one, other), answers, strict=True) if answer.status == 409)
    won = "Size" if loser is one else "Colour"
    assert won in source(portal)
    assert "was changed by Ada Admin" in next(answer.text for answer in answers if answer.status == 409)
    assert ("Colour" if won == "Size" else "Size") in text_of(loser), "what was typed stays"
    assert send(loser, BASE, do="discard").status == 303 and won in text_of(loser)
    # a change by hand counts like one of somebody else
    assert send(one, f"{KIND}/field?type=text", label="Weight").status == 303
    place = portal.folder / "plugins" / "claims" / "plugin.yaml"
    place.write_text(source(portal) + "# by hand\n")
    assert send(one, BASE, do="publish").status == 409 and source(portal).endswith("# by hand\n")


@pytest.mark.engines("sqlite")
def test_only_who_runs_the_installation_makes_modules(portal_inside):
    portal = portal_inside()  # two portals share it, and nobody is named
    for short in ("admin", "other_admin", "agent", "own", "boss"):
        assert portal.client(short).get("/settings/modules").status == 404, short
    assert "/settings/modules" not in portal.client("admin").get("/settings/features").text
    portal = portal_inside(MAY)
    assert portal.client("other_admin").get("/settings/modules").status == 404
    assert portal.client("other_admin").get("/settings/modules/new").status == 404
    admin = portal.client("admin")
    assert 'href="/settings/modules"' in admin.get("/settings/features").text
    begun(portal)
    for short in ("agent", "own", "boss", "other_admin"):
        client = portal.client(short)
        for path in (BASE, f"{BASE}/text", f"{KIND}/fields", f"{BASE}/preview/claim/list/light"):
            assert client.get(path).status == 404, (short, path)
        assert send(client, BASE, do="publish").status == 404
        assert send(client, f"{BASE}/text", text="id: claims\n").status == 404
    assert not (portal.folder / "plugins" / "claims").exists()


@pytest.mark.engines("sqlite")
def test_folders_links_and_code_of_others_are_left_alone(portal):
    plugins = portal.folder / "plugins"
    outside = portal.folder / "outside"
    outside.mkdir()
    (outside / "plugin.yaml").write_text("id: linked\ntitle: Linked\n")
    (plugins / "linked").symlink_to(outside)
    (plugins / "coded").mkdir()
    (plugins / "coded" / "plugin.yaml").write_text("id: coded\ntitle: Coded\n")
    (plugins / "coded" / "__init__.py").write_text("")
    admin = portal.client("admin")
    for name in ("linked", "coded", "..", "%2e%2e", "tickets", "a" * 60, "Claims", "claims%0a", "..%2Foutside"):
        assert admin.get(f"/settings/modules/{name}").status == 404, name
        assert send(admin, f"/settings/modules/{name}/remove", base="").status == 404, name
    for module in ("../outside", "tickets", "linked", "coded", "new", "api", "x"):
        answer = send(admin, "/settings/modules/new", title="T", one="One", first="What?", id=module)
        assert answer.status == 422, module
    assert (outside / "plugin.yaml").exists() and (plugins / "coded" / "__init__.py").exists()


@pytest.mark.engines("sqlite")
def test_a_read_only_folder_says_so(portal, monkeypatch):
    admin = begun(portal)
    monkeypatch.setattr(modulefiles.ModuleFiles, "writable", property(lambda _self: False))
    assert "read-only here" in admin.get("/settings/modules").text
    page = admin.get(f"{KIND}/fields").text
    assert "read-only here" in page and 'value="up.which_product"' not in page
    assert send(admin, BASE, do="publish").status == 403
    assert not (portal.folder / "plugins" / "claims").exists()


@pytest.mark.engines("sqlite")
def test_a_file_that_somebody_broke_stops_nothing_and_can_be_mended_here(portal):
    admin = begun(portal)
    send(admin, BASE, do="publish")
    place = portal.folder / "plugins" / "claims" / "plugin.yaml"
    good = place.read_bytes()
    for number, broken in enumerate((b"records: [", b"\xff\xfe\x00", b"a: " + b"[" * 100_000, good.replace(
            b"to: done", b"to: nowhere"))):
        place.write_bytes(broken)
        portal = again(portal)
        admin = portal.client("admin")
        assert portal.guest().get("/sign-in").status == 200 and admin.get("/tickets").status == 200
        assert "claims" in portal.portal.plugins.broken()
        assert ">Out<" in admin.get("/settings/modules").text, number
        assert "claims" in admin.get("/settings/plugins").text
        assert admin.get(BASE).status in (200, 404) and admin.get("/claims").status == 404
    place.write_bytes(b"records: [")
    portal = again(portal)
    admin = portal.client("admin")
    assert "to put right" in admin.get(BASE).text
    assert admin.get(f"{KIND}/fields").status == 303, "no form can show it"
    assert send(admin, f"{BASE}/text", text=good.decode()).status == 303
    assert send(admin, BASE, do="publish").status == 303 and place.read_bytes() == good


@pytest.mark.engines("sqlite")
def test_removing_asks_about_what_is_stored(portal):
    admin = begun(portal)
    send(admin, BASE, do="publish")
    (portal.folder / "plugins" / "book_loans").mkdir()
    (portal.folder / "plugins" / "book_loans" / "plugin.yaml").write_text(SOURCE.format(id="book_loans"))
    portal = again(portal)
    admin, own = portal.client("admin"), portal.client("own")
    for name in ("claims", "book_loans"):
        assert "to put right" not in admin.get(f"/settings/modules/{name}").text, "its own names are its own"
    send(admin, BASE, do="on")
    assert send(own, "/claims/new", which_product="Kettle").status == 303
    page = admin.get(f"{BASE}/remove").text
    assert "One record is stored" in page
    base = re.search(r'name="base" value="([0-9a-f]+)"', page)[1]
    assert send(admin, f"{BASE}/remove", base=base).status == 422
    assert send(admin, f"{BASE}/remove", base=base, records="remove", sure="yes").status == 422
    assert send(admin, f"{BASE}/remove", base="0" * 64, records="remove", sure="claims").status == 409
    assert "claims" in portal.yaml.read_text() and "Kettle" in own.get("/claims").text, "it is another by now"
    assert send(admin, f"{BASE}/remove", base=base, records="keep").status == 303
    assert not (portal.folder / "plugins" / "claims").exists()
    assert "claims" not in portal.yaml.read_text()
    portal = again(portal)
    assert portal.client("own").get("/claims").status == 404 and portal.portal.store.check() == []
    # the same kind again has them again, and then they go for good
    admin = begun(portal)
    send(admin, BASE, do="publish")
    portal = again(portal)
    admin = portal.client("admin")
    send(admin, BASE, do="on")
    assert "Kettle" in portal.client("own").get("/claims").text
    base = re.search(r'name="base" value="([0-9a-f]+)"', admin.get(f"{BASE}/remove").text)[1]
    assert send(admin, f"{BASE}/remove", base=base, records="remove", sure="claims").status == 303
    with portal.scope():
        assert modulefiles.ModuleFiles(portal.folder / "plugins", portal.portal.store.log).ids() == ["book_loans"]


@pytest.mark.engines("sqlite")
def test_what_a_change_would_lose_is_said_and_asked(portal):
    admin = begun(portal)
    send(admin, f"{KIND}/field?type=text", label="Colour")
    send(admin, BASE, do="publish")
    portal = again(portal)
    admin = portal.client("admin")
    send(admin, BASE, do="on")
    assert send(portal.client("own"), "/claims/new", which_product="Kettle", colour="Blue").status == 303
    assert send(admin, f"{KIND}/fields", do="drop.colour").status == 303
    page = html.unescape(admin.get(BASE).text)
    assert "1 record holds something in “colour”, a field that is gone." in page and "CLA-001: Blue" in page
    assert send(admin, BASE, do="publish").status == 422, "whoever has not read it is asked first"
    looked = re.search(r'name="looked" value="(\w+)"', page)[1]
    assert send(admin, BASE, do="publish", looked=looked).status == 303
    portal = again(portal)
    aligning.at_start(portal.portal)
    admin = portal.client("admin")
    page = html.unescape(admin.get(BASE).text)
    assert "without a place" in page and 'value="lose.claim.colour"' in page
    assert colour(portal) == "Blue", "nothing is lost before somebody says so"
    assert send(admin, BASE, do="lose.claim.colour").status == 303
    assert colour(portal) is None and "without a place" not in admin.get(BASE).text


def colour(portal):
    with portal.scope():
        return next(reshape.pieces("claim"))[0].fields.get("colour")


@pytest.mark.engines("sqlite")
def test_every_key_of_the_schema_is_at_hand(portal):
    admin = begun(portal)
    page = html.unescape(admin.get(f"{KIND}/basics").text)
    record = plugin_schema()["properties"]["records"]["additionalProperties"]["properties"]
    formed = {"title", "plural", "many", "prefix", "icon", "audience", "headline", "message", "fields", "states",
              "transitions", "list", "sort", "notices"}
    for key in set(record) - formed:
        assert f'<code dir="ltr">{key}</code>' in page, key
    example = (ROOT / "examples" / "modules" / "returns" / "plugin.yaml").read_text()
    typed = example.replace("id: returns", "id: claims").replace("return:", "claim:").replace(
        "plural: returns", "plural: claims")
    assert send(admin, f"{BASE}/text", text=typed).status == 303
    assert "to put right" not in admin.get(BASE).text
