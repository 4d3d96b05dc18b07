"""Statuses, teams and rules on their pages: chosen from lists, said in words, removed with what it means."""

import re

import pytest

pytestmark = pytest.mark.timeout(120)

AT = "/settings/at/features/tickets"
RULES = """
    features:
      tickets:
        teams: {service: {name: Service}}
        categories: {problem: {label: A problem, team: service}, question: {label: A question}}
        rules:
          - {when: {subject_contains: outage}, assign: service, priority: urgent}
          - {when: {company: alfreds, category: [problem, question]}, assign: agent@example.com}
"""


def ticket(inside, who="own", **more):
    made = inside.client(who).post("/tickets/new", {
        "category": "problem", "subject": "The lamp is broken", "body": "Dark.", "priority": "normal", **more})
    assert made.status == 303, made.text
    return made.location


def ruled(inside):
    """Write rules, teams and categories into the file."""
    inside.yaml.write_text(inside.yaml.read_text().replace("  acme:\n", f"  acme:{RULES}", 1))


def lines(page):
    """Give the fields of a table as its form would send them."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page[page.index('<ul class="lines"'):]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and "checkbox" not in tag:
            found.setdefault(name[1], []).append(value[1])
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        found[name] = [chosen[1] if chosen else ""]
    return {name: value if len(value) > 1 else value[0] for name, value in found.items()}


@pytest.mark.engines("sqlite")
def test_ours_stand_there_to_begin_with_and_become_yours_with_the_first_change(inside):
    admin = inside.client("admin")
    page = admin.get(f"{AT}/statuses").text
    assert 'value="Waiting for you"' in page and "These count as long as you say nothing" in page
    form, before = lines(page), inside.yaml.read_text()
    assert admin.post(f"{AT}/statuses", form | {"do": "save"}).status == 303
    assert inside.yaml.read_text() == before, "saving without a change writes nothing"
    assert admin.post(f"{AT}/statuses", form | {"2.label": "Over to you", "do": "save"}).status == 303
    written = inside.yaml.read_text()
    assert "Over to you" in written and "In progress" in written
    ours = admin.get(f"{AT}/categories").text
    assert "Something is broken" in ours and "Make these yours" in ours
    assert admin.post(f"{AT}/categories", {"do": "adopt"}).status == 303
    assert f'href="{AT}/categories/problem"' in admin.get(f"{AT}/categories").text


@pytest.mark.engines("sqlite")
def test_what_is_named_is_chosen_from_a_list_in_its_own_words(inside):
    ruled(inside)
    admin = inside.client("admin")
    category = admin.get(f"{AT}/categories/problem").text
    assert '<option value="service" selected>Service</option>' in category
    assert '<option value="urgent">Urgent</option>' in category
    rule = admin.get(f"{AT}/rules/1").text
    assert re.search(r'"checkbox" name="features.tickets.rules\[1\].when.category" value="problem" checked', rule)
    said = ("When it comes from “Alfreds Futterkiste” and it is about “A problem” or “A question”, "
            "it goes to Ben Agent.")
    assert said in rule
    name = "features.tickets.rules[1].when.category"
    kept = admin.post(f"{AT}/rules/1", {"do": "save", f"was.{name}": "problem\nquestion", name: "problem"})
    assert kept.status == 303 and "category: problem" in inside.yaml.read_text()


@pytest.mark.engines("sqlite")
def test_rules_are_said_in_their_order_and_tried(inside):
    ruled(inside)
    admin = inside.client("admin")
    listed = admin.get(f"{AT}/rules").text
    assert "1. When the subject contains “outage”, it goes to Service with priority Urgent." in listed
    assert "/tickets/rules" in listed
    tried = admin.get("/tickets/rules?subject=Big+OUTAGE&company=alfreds&category=problem").text
    first, second = re.findall(r'<li class="panel.*?</li>', tried, re.DOTALL)
    assert "This one decides" in first and "one above has decided" in second
    other = admin.get("/tickets/rules?subject=Lamp&category=problem&company=horn").text
    assert "because not: the subject contains “outage”" in other
    assert "because not: it comes from “Alfreds Futterkiste”" in other
    assert "it goes to the team “Service”" in other
    nobody = admin.get("/tickets/rules?subject=Lamp&category=question").text
    assert "it waits in the queue for everybody" in nobody
    admin.post(f"{AT}/rules", {"do": "down.0"})
    turned = admin.get("/tickets/rules?subject=outage&company=alfreds&category=problem").text
    assert "not saved yet" in turned
    assert "goes to Ben Agent" in re.findall(r'<li class="panel decides.*?</li>', turned, re.DOTALL)[0]
    for who in ("own", "boss"):
        assert inside.client(who).get("/tickets/rules").status == 404
    assert inside.client("agent").get("/tickets/rules").status == 200


def test_a_status_that_goes_says_where_its_requests_go_and_none_disappears(inside):
    path, admin = ticket(inside), inside.client("admin")
    own, keyed = inside.client("own"), inside.client("agent", token=True)
    inside.client("agent").post(f"{path}/desk", {"status": "in_progress"})
    form = lines(admin.get(f"{AT}/statuses").text) | {"1.drop": "true"}
    assert admin.post(f"{AT}/statuses", form | {"do": "review"}).location == "/settings/review"
    review = admin.get("/settings/review").text
    assert "1 request has the status “In progress”. It goes to “New”" in review
    assert "1 request has the status" in admin.get(f"{AT}/statuses").text
    assert admin.post("/settings/review", {"do": "save"}).status == 303
    for client in (own, inside.client("agent")):
        page = client.get(path)
        assert page.status == 200 and "New" in page.text
    assert path[9:] in own.get("/tickets").text
    assert path[9:] in inside.client("agent").get("/inbox?view=open").text
    inside.work()
    with inside.scope("acme"):
        next(job for job in inside.portal.built.registry.jobs if job.name == "statuses").call()
    assert keyed.get(f"/api/v1{path}").json["state"] == "new"


@pytest.mark.engines("sqlite")
def test_the_admin_says_where_they_go(inside):
    path, admin = ticket(inside), inside.client("admin")
    inside.client("agent").post(f"{path}/desk", {"status": "waiting"})
    form = lines(admin.get(f"{AT}/statuses").text) | {"2.drop": "true"}
    admin.post(f"{AT}/statuses", form | {"do": "save"})
    added = admin.post(f"{AT}/former", {"row": "0", "0.key": "waiting", "0.value": "closed", "do": "save"})
    assert added.status == 303 and "former:" in inside.yaml.read_text()
    with inside.scope("acme"):
        next(job for job in inside.portal.built.registry.jobs if job.name == "statuses").call()
    told = inside.client("agent", token=True).get(f"/api/v1{path}").json
    assert (told["state"], told["category"]) == ("closed", "closed") and told["settled"]
    assert path[9:] in inside.client("own").get("/tickets?show=closed").text


@pytest.mark.engines("sqlite")
def test_what_else_goes_says_how_many_have_it(inside):
    ruled(inside)
    ticket(inside, subject="An outage")
    admin = inside.client("admin")
    admin.post(f"{AT}/categories", {"do": "drop.problem"})
    admin.post(f"{AT}/teams", lines(admin.get(f"{AT}/teams").text) | {"0.drop": "true", "do": "review"})
    review = admin.get("/settings/review").text
    assert "1 open one has “A problem” and keeps it" in review
    assert "1 open one has “Service” and keeps it" in review
