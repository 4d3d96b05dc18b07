"""Canned answers on one record: who is offered them, what placeholders stand for there, in which language."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from flask import request

from core.data import people, scope
from core.data.answers import count_use as count_use  # noqa: PLC0414 - handed on
from core.data.answers import filled as filled  # noqa: PLC0414 - handed on
from core.data.answers import find as find  # noqa: PLC0414 - handed on
from core.data.answers import keep as keep  # noqa: PLC0414 - handed on
from core.data.answers import manages as manages  # noqa: PLC0414 - handed on
from core.data.answers import may_change as may_change  # noqa: PLC0414 - handed on
from core.data.answers import offered as offered  # noqa: PLC0414 - handed on
from core.data.answers import remove as remove  # noqa: PLC0414 - handed on
from core.data.answers import unknown as unknown  # noqa: PLC0414 - handed on
from core.data.reach import granted
from core.data.records import label
from core.errors import NotFound
from core.look import links


def values_of(record: Any) -> dict[str, str]:
    """Give the value of every placeholder for a record that came through the door."""
    who = scope.current()
    customer = people.names([record.person_id]).get(record.person_id, "") if record.person_id else ""
    company = next((row.name for row in people.companies([record.company_id])), "") if record.company_id else ""
    return {"customer": customer or company, "first_name": (customer or company).split(" ")[0], "company": company,
            "number": label(who.registry.kinds[record.kind], record.number), "title": record.title,
            "me": who.me.name, "portal": str(who.settings.value("name")),
            "link": f"{who.settings.url}{links.of(record)}"}


def sample() -> dict[str, str]:
    """Give values that show in a preview what placeholders do."""
    who = scope.current()
    return {"customer": "Maria Anders", "first_name": "Maria", "company": "Alfreds Futterkiste",
            "number": "TKT-042", "title": "The lamp is broken", "me": who.me.name,
            "portal": str(who.settings.value("name")), "link": f"{who.settings.url}/tickets/TKT-042"}


def texts_for(answers: list[Any], record: Any) -> list[str]:
    """Give the texts of answers in the language of a record's customer, everything filled in."""
    rows = people.people([record.person_id]) if record.person_id else []
    language, values = rows[0].language if rows else "", values_of(record)
    return [filled((one.texts or {}).get(language) or one.body, values) for one in answers]


def status_of(answer: Any, record: Any) -> tuple[str, str]:
    """Give the status that sending it on this record may set, and its word; ("", "") where it has none."""
    states = scope.current().registry.kinds[record.kind].states
    known = states() if states and answer.state else {}
    return (answer.state, known[answer.state]) if answer.state in known else ("", "")


def answers_of(record: Any) -> SimpleNamespace:
    """Say for the page of a record that came through the door where its replies find canned answers.

    `href` is where one is chosen, empty for who is offered none; `text` and `status` are those of the answer that
    the page's address names (`?answer=`), for browsers without scripts.
    """
    who = scope.current()
    if not who.is_staff or who.person is None or granted(who, "answers.use") == "none":
        return SimpleNamespace(href="", text="", status=("", ""))
    number = label(who.registry.kinds[record.kind], record.number)
    text, status, chosen = "", ("", ""), request.args.get("answer", "")
    if chosen:
        try:
            answer = find(chosen)
            (text,), status = texts_for([answer], record), status_of(answer, record)
        except NotFound:
            pass
    return SimpleNamespace(href=f"/answers/for/{record.kind}/{quote(number)}", text=text, status=status)
