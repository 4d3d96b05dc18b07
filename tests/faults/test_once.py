"""A form sent twice, at the same moment or after a failure: one change, the first answer, nothing blamed."""

from __future__ import annotations

from support.inside import Inside

FORM = {"category": "question", "subject": "Twice", "body": "I pressed the button twice.", "_once": "k" * 24}


def test_a_form_sent_eight_times_at_once_makes_one_ticket(inside: Inside) -> None:
    people = [inside.client("own") for _ in range(8)]
    for one in people[1:]:
        one.cookies = dict(people[0].cookies)
    answers = inside.parallel(*(lambda one=one: one.post("/tickets/new", FORM) for one in people))
    assert [answer.status for answer in answers] == [303] * 8, [answer.text[:200] for answer in answers]
    assert len({answer.location for answer in answers}) == 1
    listed = inside.client("own", token=True).get("/api/v1/tickets").json["items"]
    assert [row["title"] for row in listed].count("Twice") == 1
    with inside.scope():
        assert inside.client("own").get("/tickets/new").status == 200, "nothing was blamed and paused"
