"""The ready mappings on real data: Northwind, the Thunderbird questions, questions in nine languages."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from core.data import conversation, people
from core.data.access import visible
from core.data.db import count, fetch
from core.work import events


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def total(report):
    assert report["read"] == report["created"] + report["updated"] + report["skipped"] + report["failed"]
    return report["read"], report["created"], report["updated"], report["skipped"], report["failed"]


@pytest.fixture
def northwind(importing, data_folder):
    folder = data_folder("northwind")
    assert total(importing.example("northwind-companies.yaml", folder / "customers.csv")) == (186, 186, 0, 0, 0)
    assert total(importing.example("northwind-employees.yaml", folder / "employees.csv")) == (9, 9, 0, 0, 0)
    return importing


def test_northwind_companies_have_their_contact_as_admin(northwind, data_folder):
    with northwind.inside.scope():
        alfki = people.by_address("ALFKI@northwind.example")
        (member,) = people.memberships([alfki.id])[alfki.id]
        assert (alfki.name, member.name, member.role) == ("Maria Anders", "Alfreds Futterkiste", "company_admin")
        assert alfki.password is None
        company = people.company("alfki")
        assert company.fields["address"] == "Obere Str. 57, 12209 Berlin, Germany"
        odd = people.company("val2")
        assert (odd.name, odd.fields) == ("IT", {})
        assert people.by_address("Val2@northwind.example").name == "Val2"
        assert people.by_address("Nancy.Davolio@northwind.example").role == "agent"
    again = northwind.example("northwind-companies.yaml", data_folder("northwind") / "customers.csv")
    assert total(again) == (186, 0, 0, 186, 0)


def slice_of(folder: Path, target: Path, most: int) -> Path:
    """Take the first questions with their answers; with `most` 0, all of them."""
    questions = rows_of(folder / "questions.csv")
    kept = questions[:most] if most else questions
    ids = {row["id"] for row in kept}
    write(target / "questions.csv", kept)
    write(target / "answers.csv", [row for row in rows_of(folder / "answers.csv") if row["question_id"] in ids])
    return target


def expected(folder: Path):
    """Say in plain Python whose each ticket is and who answers, as the rule of distribution has it."""
    questions, answers = rows_of(folder / "questions.csv"), rows_of(folder / "answers.csv")
    askers = sorted({row["creator"] for row in questions})
    asker_of = {row["id"]: row["creator"] for row in questions}
    helpers = sorted({row["creator"] for row in answers if row["creator"] != asker_of[row["question_id"]]})
    return questions, answers, {name: i for i, name in enumerate(askers)}, {n: i for i, n in enumerate(helpers)}


def check_thunderbird(desk, folder: Path, data: Path) -> None:
    questions, answers, askers, helpers = expected(folder)
    companies = sorted(row["CustomerID"].strip() for row in rows_of(data / "customers.csv"))
    staff = sorted(rows_of(data / "employees.csv"), key=lambda row: int(row["EmployeeID"]))
    shown = [row for row in answers if row["is_spam"] != "true"]
    with desk.inside.scope():
        tickets = fetch(visible("ticket"))
        assert len(tickets) == len(questions)
        identifiers = {c.id: c.identifier for c in people.companies()}
        names = people.names({t.person_id for t in tickets})
        said = 0
        by_question = {(" ".join(row["title"].split()), row["creator"]): row for row in questions}
        for ticket in tickets:
            row = by_question[ticket.title, names[ticket.person_id]]
            assert identifiers[ticket.company_id] == companies[
                askers[names[ticket.person_id]] % len(companies)].lower()
            entries = conversation.entries(ticket, internal=True)
            said += len(entries) - 1
            if row["answers"] and ticket.id % 25 == 0:
                mine = sorted((a for a in shown if a["question_id"] == row["id"]), key=lambda a: a["created"])
                assert len(mine) == len(entries) - 1
                for answer, entry in zip(mine, entries[1:], strict=True):
                    if answer["creator"] != row["creator"]:
                        one = staff[helpers[answer["creator"]] % len(staff)]
                        assert entry.author_name == f"{one['FirstName']} {one['LastName']}"
                        assert entry.by_staff
        assert said == len(shown)
        assert not [t for t in tickets if "<p>" in t.title]
    assert events.waiting() == 0


def test_thunderbird_questions_become_tickets(northwind, data_folder, tmp_path):
    folder = slice_of(data_folder("tickets-mozilla-thunderbird"), tmp_path, 60)
    report = northwind.example("thunderbird-tickets.yaml", folder)
    total(report)
    assert report["failed"] == 0
    check_thunderbird(northwind, folder, data_folder("northwind"))
    with northwind.inside.scope("acme", person="ALFKI@northwind.example"):
        mine = fetch(visible("ticket"))
        assert mine
        assert {ticket.company_id for ticket in mine} == {people.company("alfki").id}
    assert total(northwind.example("thunderbird-tickets.yaml", folder))[1:3] == (0, 0)


@pytest.mark.slow
def test_all_thunderbird_questions_become_tickets(northwind, data_folder, tmp_path):
    folder = slice_of(data_folder("tickets-mozilla-thunderbird"), tmp_path, 0)
    report = northwind.example("thunderbird-tickets.yaml", folder)
    found = {one["step"]: (one["read"], one["created"], one["skipped"], one["failed"]) for one in report["steps"]}
    assert found == {
        "person": (2210, 1971, 239, 0), "ticket": (2210, 2210, 0, 0), "ticket.entries": (4769, 4760, 9, 0)}
    check_thunderbird(northwind, folder, data_folder("northwind"))


def test_questions_in_many_languages_go_to_the_second_tenant(importing, data_folder, tmp_path):
    questions = rows_of(data_folder("tickets-mozilla-multilingual") / "questions.csv")
    path = write(tmp_path / "questions.csv", questions[::20])
    report = importing.example("multilingual-tickets.yaml", path, tenant="globex")
    total(report)
    assert report["failed"] == 0
    with importing.inside.scope("globex"):
        assert count(visible("ticket")) == len(questions[::20])
        wanted = next(row for row in questions[::20] if row["locale"] == "tr")
        assert wanted["title"].strip() in {t.title for t in fetch(visible("ticket"))}
    with importing.inside.scope("acme"):
        assert count(visible("ticket")) == 0
