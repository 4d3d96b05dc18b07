"""Staff's pages of a company: portal, people, links, modules, look, identifier, history, activity, merging."""

import io
import re

import pytest
import yaml
from PIL import Image

from core.data import access, addresses, audit, companies, conversation, directory, people, search
from core.data.aliases import remember as imported
from core.data.db import db
from core.work import invitations
from core.work.events import publish

BOOK = {"label": "Lager", "lines": "Weg 1", "city": "Bonn", "country": "DE"}


def said(inside):
    return yaml.safe_load(inside.yaml.read_text())["tenants"]["acme"].get("companies") or {}


def ticket(inside, title, company, short=None):
    with inside.scope():
        return access.add("ticket", title=title, state="open", company=people.company(company).id,
                          person=inside.person(short).id if short else None)


def reply(row):
    """Answer a ticket, so that its person is told."""
    entry = conversation.add_entry(row, "Wir sehen nach.")
    publish("tickets.replied", row, message=entry.public_id)


def follow(asked):
    """Write down the statements from here on, or stop."""
    if hasattr(db.obj.connection(), "set_trace_callback"):
        db.obj.connection().set_trace_callback(asked.append if asked is not None else None)


def logo():
    with io.BytesIO() as target:
        Image.new("RGB", (60, 20), "#884400").save(target, "PNG")
        return target.getvalue()


def test_the_portal_is_closed_and_opened_for_a_company_in_the_file(inside):
    inside.yaml.write_text(inside.yaml.read_text() + "# my own words\n")
    inside.portal.store.notice()
    admin, stranger = inside.client("admin"), inside.client("stranger")
    assert admin.post("/companies/horn/portal", {"portal": "off"}).status == 303
    assert said(inside) == {"horn": {"status": "disabled"}}
    assert "# my own words" in inside.yaml.read_text()
    assert stranger.get("/account").status == 303
    assert inside.client("own").get("/account").status == 200
    page = admin.get("/companies/horn").text
    assert "The portal is closed for Around the Horn" in page
    assert admin.post("/companies/horn/people", {"email": "x@new.example", "role": "user"}).status == 422
    admin.post("/companies/horn/portal", {"portal": "on"})
    assert not said(inside)
    assert stranger.get("/account").status == 200
    assert inside.client("agent").post("/companies/horn/portal", {"portal": "off"}).status == 404


def test_only_chosen_companies(portal_inside):
    inside = portal_inside({"tenants": {"acme": {"access": {"companies": "chosen"},
                                                 "companies": {"horn": {"status": "active"}}}}})
    assert inside.client("stranger").get("/account").status == 200
    assert inside.client("own").get("/account").status == 303
    assert inside.client("loner").get("/account").status == 200, "people of no company have a switch of their own"
    admin = inside.client("admin")
    assert "Alfreds" not in admin.get("/companies?who=active").text
    assert "Alfreds" in admin.get("/companies?who=inactive").text
    assert "is not" in admin.get("/companies/alfreds").text
    admin.post("/companies/alfreds/portal", {"portal": "on"})
    assert inside.client("own").get("/account").status == 200
    admin.post("/companies/horn/portal", {"portal": "off"})
    assert said(inside) == {"alfreds": {"status": "active"}}
    assert inside.client("stranger").get("/account").status == 303


def test_a_link_for_one_customer_counts_once_and_is_shown_once(inside):
    agent = inside.client("agent")
    form = {"email": "nina@new.example", "name": "Nina", "role": "company_user", "how": "link"}
    page = agent.post("/companies/horn/people", form)
    (first,) = re.findall(r"http://localhost:8000(/invite/[\w-]+)", page.text)
    assert page.headers["cache-control"] == "private, no-store"
    assert inside.letters_to("nina@new.example") == []
    assert first not in agent.get("/companies/horn/people").text
    with inside.scope():
        (row,) = invitations.waiting(people.company("horn").id)
    again = agent.post(f"/companies/horn/invitations/{row.public_id}/link").text
    (second,) = re.findall(r"(/invite/[\w-]+)", again)
    guest = inside.guest()
    assert guest.get(first).status == 404, "only the newest link lives"
    answers = {"name": "Nina", "password": "seven green kettles"}
    assert guest.post(second, answers).status == 303
    assert inside.guest().post(second, answers).status == 410
    with inside.scope():
        assert companies.member(people.company("horn").id, inside.person("nina@new.example").public_id)
    for bad in ({**form, "email": "agent@example.com"}, {**form, "role": "admin", "email": "q@new.example"}):
        assert agent.post("/companies/horn/people", bad).status == 422
    assert agent.post(f"/companies/alfreds/invitations/{row.public_id}/link").status == 404


def test_modules_say_what_comes_of_it_and_why(portal_inside):
    inside = portal_inside({"features": {"tickets": True, "kb": False}})
    admin = inside.client("admin")
    page = admin.get("/companies/horn/access").text
    assert "Off for everybody" in page
    assert "On, as for everybody." in page
    assert admin.post("/companies/horn/access", {"feature_tickets": "off", "feature_signin": "off",
                                                 "since": "date", "day": "2026-01-31"}).status == 303
    assert said(inside) == {"horn": {"features": {"tickets": False}, "visible_since": "2026-01-31"}}
    assert inside.client("stranger").get("/tickets").status == 404
    assert inside.client("own").get("/tickets").status == 200
    assert "Off for this company." in admin.get("/companies/horn/access").text
    wrong = admin.post("/companies/horn/access", {"since": "date", "day": "2026-02-30"})
    assert wrong.status == 422
    assert "Give a day" in wrong.text
    admin.post("/companies/horn/access", {"feature_tickets": "", "since": "new"})
    assert said(inside) == {"horn": {"visible_since": "new"}}
    admin.post("/companies/horn/access", {"feature_tickets": "", "since": "all"})
    assert not said(inside)


def test_the_history_window_holds(inside):
    ticket(inside, "Alter Vorgang", "horn")
    with inside.scope():
        db.run("UPDATE record SET created = created - 4000000000000", ())
    ticket(inside, "Neuer Vorgang", "horn")
    stranger = inside.client("stranger")
    assert "Alter Vorgang" in stranger.get("/tickets").text
    inside.client("admin").post("/companies/horn/access", {"since": "new"})
    assert "Alter Vorgang" not in stranger.get("/tickets").text
    assert "Neuer Vorgang" in stranger.get("/tickets").text


def test_a_look_is_tried_then_saved_then_taken_off(inside):
    admin = inside.client("admin")
    tried = admin.post("/companies/horn/look", {"accent": "#c2410c", "do": "preview"},
                       files={"picture": ("logo.png", logo(), "image/png")})
    assert "nothing is saved yet" in tried.text
    assert not said(inside)
    assert ":1</b>" in tried.text
    (kept,) = set(re.findall(r'name="logo" value="([^"]+)"', tried.text))
    (frame,) = set(re.findall(r'src="(/companies/horn/look/preview/light[^"]+)"', tried.text))
    shown = admin.get(frame.replace("&amp;", "&"))
    assert shown.headers["x-frame-options"] == "SAMEORIGIN"
    (picture,) = re.findall(r'<img src="(/companies/horn/look/files/[^"]+)"', shown.text)[:1]
    (sheet,) = set(re.findall(r'href="(/companies/horn/look/files/theme[^"]+)"', shown.text))
    inside.portal.looks.__init__(inside.folder, inside.portal.looks.roots)  # as in another process
    for address in (picture, sheet):
        found = admin.get(address.replace("&amp;", "&"))
        assert found.status == 200
        assert found.headers["cache-control"] == "private, no-store"
        assert inside.client("own").get(address.replace("&amp;", "&")).status == 404, "nobody else's"
    assert b"c2410c" in admin.get(sheet.replace("&amp;", "&")).body.lower()
    assert admin.post("/companies/horn/look", {"accent": "#c2410c", "logo": kept, "do": "save"}).status == 303
    assert said(inside)["horn"]["theme"] == {"accent": "#c2410c", "logo": kept}
    assert '<img src="/theme/logo' in inside.client("stranger").get("/").text
    assert '<img src="/theme/logo' not in inside.client("own").get("/").text
    with inside.scope():  # she belongs to both by now: the mail looks as the company it is about
        people.join(inside.person("stranger").id, people.company("alfreds").id)
    for company, branded in (("horn", True), ("alfreds", False)):
        made = ticket(inside, f"Bei {company}", company, "stranger")
        with inside.scope("acme", "agent"):
            reply(made)
        letter = inside.letters_to("stranger@example.com")[-1]
        html = letter.get_body(("html",)).get_content()
        logos = re.findall(r"http://localhost:8000(/theme/logo[^\"]+)", html)
        assert bool(logos) is branded
        for one in logos:
            inside.portal.looks.__init__(inside.folder, inside.portal.looks.roots)
            assert inside.guest().get(one).status == 200, "in a process that has never drawn it"
    ours = admin.post("/companies/horn/look", {"accent": "red", "logo": "../../secret.png", "do": "save"})
    assert ours.status == 422
    admin.post("/companies/horn/look", {"accent": "", "logo": kept, "no_logo": "true", "do": "save"})
    assert not said(inside)


@pytest.mark.parametrize("name", ["../portal.yaml", "var/portal.db", "brand/globex/logo.0123456789abcdef.png"])
def test_no_other_file_becomes_a_logo(inside, name):
    inside.client("admin").post("/companies/horn/look", {"accent": "#123456", "logo": name, "do": "save"})
    assert said(inside)["horn"]["theme"] == {"accent": "#123456"}


def test_an_identifier_changes_and_the_earlier_one_leads_on(portal_inside):
    inside = portal_inside({"tenants": {"acme": {"companies": {"horn": {"visible_since": "new"}}}}})
    admin, stranger = inside.client("admin"), inside.client("stranger")
    assert admin.post("/companies/horn/identifier", {"identifier": "horn-ltd"}).location == "/companies/horn-ltd"
    assert said(inside) == {"horn-ltd": {"visible_since": "new"}}
    assert admin.get("/companies/horn").location == "/companies/horn-ltd"
    assert stranger.get("/portal/horn").location == "/portal/horn-ltd"
    assert inside.client("own").get("/portal/horn").status == 404
    wrong = admin.post("/companies/alfreds/identifier", {"identifier": "horn"})
    assert wrong.status == 422
    assert "Another company had this identifier" in wrong.text
    for bad in ("", "Horn!", "-x", "a" * 70):
        assert admin.post("/companies/horn-ltd/identifier", {"identifier": bad}).status == 422
    admin.post("/companies/horn-ltd/identifier", {"let_go": "horn"})
    assert admin.get("/companies/horn").status == 404
    assert admin.post("/companies/alfreds/identifier", {"identifier": "horn"}).status == 303
    assert admin.post("/companies/horn/identifier", {"identifier": "alfreds"}).location == "/companies/alfreds"
    with inside.scope():
        assert [act.act for act in audit.acts()].count("company.renamed") == 3
    assert admin.get("/companies/cairo").status == 404


def test_what_was_done_is_listed_with_its_pages(inside):
    admin = inside.client("admin")
    ticket(inside, "Hupe klemmt", "horn")
    for number in range(30):
        admin.post("/companies/horn", {"name": f"Horn {number}"})
    assert "Hupe klemmt" in admin.get("/companies/horn/activity").text
    page = admin.get("/companies/horn/activity?of=acts").text
    assert "Horn 28" in page
    assert "Horn 2<" not in page
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older
    assert "Horn 2" in admin.get(older[1].replace("&amp;", "&")).text
    assert "Horn 28" not in inside.client("agent").get("/companies/horn/activity?of=acts").text


def test_records_are_paged_and_asked_for_in_few_statements(inside):
    for number in range(60):
        ticket(inside, f"Vorgang {number:02d}", "horn" if number % 2 else "alfreds")
    agent = inside.client("agent")
    seen, place, pages = [], "/companies/horn/activity", 0
    while place:
        text = agent.get(place).text
        seen += re.findall(r"Vorgang (\d\d)</bdi>", text)
        rest = text.partition('rel="next" href="')[2]
        place, pages = rest.partition('"')[0].replace("&amp;", "&") if rest else "", pages + 1
    assert (sorted(map(int, seen)), pages) == (list(range(1, 60, 2)), 2)
    counted = []
    with inside.scope("acme", "agent"):
        for short in ("horn", "alfreds"):
            asked = []
            company = people.company(short)
            follow(asked)
            companies.latest(company.id)
            companies.people_of(company.id)
            follow(None)
            counted.append(len(asked))
    assert counted in ([2, 2], [0, 0]), "as many for one company as for another; PostgreSQL is not listened to"


def test_two_companies_become_one(portal_inside):
    inside = portal_inside({"features": {"tickets": True, "kb": True}, "tenants": {"acme": {"companies": {
        "horn": {"features": {"kb": False}, "visible_since": "2020-01-01"},
        "alfreds": {"features": {"tickets": True}}}}}})
    admin = inside.client("admin")
    hupe = ticket(inside, "Hupe klemmt", "horn", "stranger")
    with inside.scope():
        horn, alfreds = people.company("horn"), people.company("alfreds")
        conversation.add_entry(hupe, "Sie hupt nicht")
        shared = [horn.id, alfreds.id]
        both = access.add("ticket", title="Geteilt", state="open", audience="company", shared=shared)
        people.join(inside.person("boss").id, horn.id, "user")
        people.join(inside.person("own").id, horn.id, "company_user")
        addresses.add(horn.id, BOOK)
        imported("company", "C-17", str(horn.id), "x")
        open_one = invitations.invite("nina@new.example", company="horn", quiet=True)
        before = {short: inside.person(short).public_id for short in ("stranger", "horn_boss")}
    shown = admin.get("/companies/horn/merge?into=alfreds").text
    assert "becomes a part of" in shown
    assert "features.kb" in shown
    assert admin.post("/companies/horn/merge", {"into": "alfreds"}).location == "/companies/alfreds"
    assert said(inside) == {"alfreds": {"features": {"tickets": True, "kb": False}, "visible_since": "2020-01-01"}}
    with inside.scope():
        assert [row.identifier for row in people.companies()] == ["alfreds"]
        held = {row.public_id: row.membership for row in people.members(alfreds.id)}
        assert held[inside.person("boss").public_id] == "company_admin"
        assert held[inside.person("own").public_id] == "company_user"
        assert set(before.values()) <= set(held)
        assert access.by_id("ticket", hupe.id).company_id == alfreds.id
        assert access.by_id("ticket", both.id).shared == f" {alfreds.id} "
        assert [one.label for one in addresses.of(alfreds.id)] == ["Lager"]
        assert invitations.one(open_one, alfreds.id).data["company"] == "alfreds"
        assert companies.answering("horn").id == alfreds.id
        assert "company.merged" in [act.act for act in audit.acts()]
    with inside.scope("acme", "colleague"):
        assert [hit.record.title for hit in search.hits("hupt")] == ["Hupe klemmt"]
    assert inside.client("stranger").get("/portal/horn").location == "/portal/alfreds"
    assert admin.post("/companies/alfreds/merge", {"into": "cairo"}).status == 422
    assert admin.post("/companies/alfreds/merge", {"into": "alfreds"}).status == 422
    assert inside.client("agent").post("/companies/alfreds/merge", {"into": "horn"}).status == 404


def test_the_list_is_filtered_and_counted(inside):
    with inside.scope():
        for number in range(70):
            people.add_company(f"Firma {number:02d}", f"f{number:02d}")
        people.change_company(people.company("f03").id, active=False)
        people.join(people.add_person("Eva", email="eva@new.example").id, people.company("f04").id)
    agent = inside.client("agent")
    page = agent.get("/companies").text
    assert "Firma 20" in page
    assert "Firma 69" not in page
    assert re.search(r"All <span[^>]*>72<", page)
    assert re.search(r"Off <span[^>]*>1<", page)
    assert re.search(r"Without people <span[^>]*>69<", page)
    assert re.search(r"Without an admin <span[^>]*>70<", page)
    assert "Firma 03" in agent.get("/companies?who=inactive").text
    assert "Firma 04" in agent.get("/companies?who=headless&q=firma+04").text
    assert "Firma 04" not in agent.get("/companies?who=empty&q=firma+04").text
    seen, place = [], "/companies?q=firma"
    while place:
        text = agent.get(place).text
        seen += [n for n in range(70) if f"Firma {n:02d}<" in text]
        rest = text.partition('rel="next" href="')[2]
        place = rest.partition('"')[0].replace("&amp;", "&") if rest else ""
    assert seen == list(range(70))


@pytest.mark.engines("sqlite")
def test_a_page_of_ten_thousand_is_read_from_its_index(inside):
    asked = []
    with inside.scope():
        db.obj.connection().set_trace_callback(asked.append)
        directory.search_companies(after="alfreds")
        directory.count_companies()
        db.obj.connection().set_trace_callback(None)
        asked = [sql for sql in asked if sql.startswith("SELECT")]
        plans = ["\n".join(str(row[3]) for row in db.run(f"EXPLAIN QUERY PLAN {sql}", ()).fetchall())
                 for sql in asked]
    page = next(plan for plan, sql in zip(plans, asked, strict=True) if "ORDER BY" in sql)
    assert "company_tenant_id_name_key_id" in page
    assert "TEMP B-TREE" not in page
    assert not [plan for plan in plans if re.search(r"SCAN \"?(membership|person)", plan)], plans


def test_members_of_other_tenants_are_out_of_reach(inside):
    other = inside.client("other_admin")
    for place in ("", "/people", "/access", "/look", "/addresses", "/activity", "/merge"):
        assert other.get(f"/companies/horn{place}").status == 404
    for place, form in (("", {"name": "X"}), ("/identifier", {"identifier": "mine"}),
                        ("/portal", {"portal": "off"}),
                        ("/access", {"since": "new"}), ("/look", {"accent": "#123456", "do": "save"}),
                        ("/merge", {"into": "cairo"}), ("/active", {"active": "off"}),
                        ("/people", {"email": "x@y.example", "role": "user"}), ("/addresses", BOOK)):
        assert other.post(f"/companies/horn{place}", form).status == 404, place
    assert other.post("/companies/cairo/merge", {"into": "horn"}).status == 422
