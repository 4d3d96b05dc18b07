"""Your details: fields of every sort, time zone, and a picture that only those see who may see you."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.data import conversation, people, photos, same_person
from core.data.access import find
from core.data.db import transaction
from core.look import compose
from support.desk import open_case, write

FIELDS = {"people": {"badge": {"type": "text", "label": "Badge", "required": True},
                     "grade": {"type": "choice", "label": "Grade", "options": ["gold", "silver"],
                               "editable": False},
                     "risk": {"type": "text", "label": "Credit risk", "internal": True}}}


@pytest.fixture
def house(portal_inside):
    """A portal whose people have fields of three sorts."""
    return portal_inside({"fields": FIELDS, "time_zone": "Europe/Berlin", "languages": {"offered": ["en", "de"]}})


def picture(width=800, height=400, kind="PNG"):
    hidden = PngInfo()
    hidden.add_text("Comment", "zz-canary")
    with io.BytesIO() as target:
        Image.new("RGB", (width, height), "#aa3344").save(target, kind, comment="zz-canary", pnginfo=hidden)
        return target.getvalue()


def upload(client, data=None, name="me.png"):
    return client.post("/account/photo", {}, {"photo": [(name, picture() if data is None else data, "image/png")]})


def test_internal_fields_are_nowhere_and_fixed_ones_cannot_be_changed(house):
    with house.scope():
        people.change_person(house.person("own").id, fields={"badge": "B1", "grade": "gold", "risk": "zz-canary"})
    own = house.client("own")
    page = own.get("/account").text
    assert 'name="badge"' in page
    assert "gold" in page
    assert 'name="grade"' not in page
    for path in ("/account", "/"):
        assert "zz-canary" not in own.get(path).text
        assert "Credit risk" not in own.get(path).text
    sent = {"name": "Tom Hardy", "badge": "B2", "grade": "silver", "risk": "none", "phone": "+49 30 123456",
            "time_zone": "Asia/Kathmandu", "language": "de", "role": "admin", "email": "x@y.example"}
    assert own.post("/account", sent).status == 303
    row = house.person("own")
    assert row.fields == {"badge": "B2", "grade": "gold", "risk": "zz-canary", "phone": "+4930123456"}
    assert (row.name, row.language, row.time_zone, row.role) == ("Tom Hardy", "de", "Asia/Kathmandu", "")
    staff = house.client("admin").get(f"/people/{row.public_id}").text
    assert "zz-canary" in staff
    assert 'name="grade"' in staff


@pytest.mark.engines("sqlite")
def test_every_mistake_stands_at_its_field_and_nothing_typed_is_lost(house):
    sent = {"name": "", "badge": "", "phone": "+49 30 5", "time_zone": "Mars/Olympus", "language": "tlh"}
    answer = house.client("own").post("/account", sent)
    assert answer.status == 422
    for name in ("name", "badge", "time_zone", "language"):
        assert f'id="f-{name}-error"' in answer.text, name
    assert 'value="+49 30 5"' in answer.text
    kept = house.client("own").post("/account", {"name": "", "badge": "B7", "time_zone": "Asia/Tokyo",
                                                 "language": "de"})
    assert 'value="B7"' in kept.text
    assert '<option value="Asia/Tokyo" selected>' in kept.text
    assert '<option value="de" selected>' in kept.text


@pytest.mark.engines("sqlite")
def test_times_are_shown_in_the_zone_of_whoever_reads(house):
    moment = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    with house.scope("acme", "own"):
        assert "Jul 2, 2026, 12:30" in compose.time(moment), "the tenant's: Berlin"
        assert compose.date(moment) == "Jul 2, 2026"
    with house.scope():
        people.change_person(house.person("own").id, time_zone="America/New_York")
    with house.scope("acme", "own"):
        assert "Jul 1, 2026, 6:30" in compose.time(moment)
        assert compose.date(moment) == "Jul 1, 2026"
    with house.scope("acme", "agent"):
        assert compose.date(moment) == "Jul 2, 2026"


def test_a_picture_is_drawn_anew_in_two_squares_and_can_be_taken_off(inside):
    own = inside.client("own")
    assert upload(own).status == 303
    row = inside.person("own")
    for path, side in ((f"/photos/{row.photo}", 384), (f"/photos/{row.photo}/small", 96)):
        answer = own.get(path)
        assert answer.headers["content-type"] == "image/webp"
        assert answer.headers["cache-control"] == "private, no-cache"
        assert b"zz-canary" not in answer.body
        assert Image.open(io.BytesIO(answer.body)).size == (side, side)
        again = own.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status == 304
    assert f'src="/photos/{row.photo}/small"' in own.get("/").text, "in the header"
    assert f'src="/photos/{row.photo}"' in own.get("/account").text
    first = set(inside.portal.files.keys())
    assert upload(own, picture(50, 70, "JPEG"), "me.jpg").status == 303
    assert len(first & set(inside.portal.files.keys())) == 0, "the earlier one is gone from the disk, too"
    assert own.get(f"/photos/{row.photo}").status == 404
    assert own.post("/account/photo/remove").status == 303
    assert inside.person("own").photo is None
    assert "/photos/" not in own.get("/account").text
    assert list(inside.portal.files.keys()) == []


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("data", "told"), [
    (b"", "Choose a picture"), (b"<svg onload=alert(1)>", "cannot be read"), (b"GIF89a" + b"\x00" * 9, "cannot")])
def test_what_is_no_picture_is_refused_in_words(inside, data, told):
    answer = upload(inside.client("own"), data, "a.png" if data else "")
    assert answer.status == 422
    assert told in answer.text
    assert inside.person("own").photo is None
    assert list(inside.portal.files.keys()) == []


def test_who_may_see_a_picture(desk):
    """Oneself, the team, colleagues, and who reads what one wrote; everybody else gets what is not there."""
    own, agent = desk.client("own"), desk.client("agent")
    upload(own)
    upload(agent)
    mine, team = desk.person("own").photo, desk.person("agent").photo
    for short in ("own", "colleague", "boss", "agent", "admin"):
        assert desk.client(short).get(f"/photos/{mine}/small").status == 200, short
    for short in ("own", "stranger", "loner"):
        assert desk.client(short).get(f"/photos/{team}/small").status == 200, short
    never = desk.client("stranger").get("/photos/" + "a" * 32)
    for client in (desk.client("stranger"), desk.client("horn_boss"), desk.client("other"),
                   desk.client("other_admin"), desk.guest(), desk.guest("globex.localhost")):
        answer = client.get(f"/photos/{mine}/small")
        assert answer.status == 404
        assert client.get(f"/photos/{mine}").status == 404
    assert desk.client("stranger").get(f"/photos/{mine}").text == never.text
    path = open_case(own)
    write(agent, path, "reply", "Hello.")
    with desk.scope("acme", "own"):
        entries = conversation.entries(_record(), internal=False)
        assert [entry.author_photo for entry in entries] == [mine, team]
    with desk.scope("acme") as who:
        assert who.person is None
        assert [e.author_photo for e in conversation.entries(_record(), internal=True)] == ["", ""]
    with desk.scope():
        people.change_person(desk.person("own").id, active=True)
        people.leave(desk.person("own").id, people.company("alfreds").id)
    assert desk.client("boss").get(f"/photos/{mine}").status == 200, "they can still read what he wrote"


def _record():
    return find("case", "CAS-001")


@pytest.mark.engines("sqlite")
def test_orphans_are_swept_and_pictures_stay(inside):
    upload(inside.client("own"))
    with inside.scope(), transaction():
        key = inside.person("own").photo
    assert photos.known(key)
    assert inside.portal.files.sweep(photos.known, 0) == 0
    assert inside.client("own").get(f"/photos/{key}").status == 200


@pytest.mark.engines("sqlite")
def test_a_picture_goes_over_when_two_people_are_made_one(inside):
    upload(inside.client("colleague"))
    picture_of = inside.person("colleague").photo
    with inside.scope("acme", "admin"):
        same_person.merge(inside.person("own"), inside.person("colleague"), {}, keep_address=False)
    assert inside.person("own").photo == picture_of
    assert inside.client("own").get(f"/photos/{picture_of}/small").status == 200
