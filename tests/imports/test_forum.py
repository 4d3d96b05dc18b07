"""Bicycles Meta, a question-and-answer site: each row of each file is imported, or named with the reason."""

from __future__ import annotations

import csv

import pytest

from core.data import conversation, voices
from core.data.access import visible
from core.data.db import fetch
from support.things.forums import module

FIRST = 60
"""Questions up to this Id, with all that hangs on them; the rest is cut off: some rows miss what they need."""

ON = {"features": {"forums": {"enabled": True}}}


def read(folder, name):
    with (folder / name).open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def write(folder, name, rows):
    with (folder / name).open("w", newline="", encoding="utf-8") as handle:
        made = csv.DictWriter(handle, rows[0].keys())
        made.writeheader()
        made.writerows(rows)


def cut(source, target):
    """Write the beginning of each file; give posts, comments and votes by name."""
    target.mkdir()
    posts = [row for row in read(source, "posts.csv") if int(row["ParentId"] or row["Id"]) <= FIRST]
    kept = {row["Id"] for row in posts}
    comments = [row for row in read(source, "comments.csv") if row["PostId"] in kept]
    lost = next(row for row in read(source, "comments.csv") if row["PostId"] not in kept)
    votes = [row for row in read(source, "votes.csv") if row["PostId"] in kept][:150]
    votes += [row for row in read(source, "votes.csv") if row["PostId"] not in kept][:5]
    writers = {row.get("OwnerUserId") or row.get("UserId") for row in (*posts, *comments)}
    files = {"posts.csv": posts, "comments.csv": [*comments, lost], "votes.csv": votes,
             "users.csv": [row for row in read(source, "users.csv") if row["Id"] in writers],
             "tags.csv": read(source, "tags.csv"), "badges.csv": read(source, "badges.csv")[:3],
             "post_links.csv": read(source, "post_links.csv")[:3]}
    for name, rows in files.items():
        write(target, name, rows)
    return files


@pytest.mark.engines("sqlite")
def test_every_row_is_accounted_for_and_stands_where_it_stood(importing, portal_inside, data_folder, tmp_path):
    importing.inside = portal_inside(ON)
    files = cut(data_folder("forum-bicycles-meta"), tmp_path / "bicycles")
    report = importing.example("bicycles-meta.yaml", tmp_path / "bicycles")
    steps = {}
    for one in report["steps"]:
        assert one["read"] == one["created"] + one["updated"] + one["skipped"] + one["failed"]
        steps[one["step"]] = one
    posts, comments, votes = (files[f"{name}.csv"] for name in ("posts", "comments", "votes"))
    questions = [row for row in posts if row["PostTypeId"] == "1"]
    answers = [row for row in posts if row["PostTypeId"] == "2"]
    counted = [row for row in votes[:-5] if row["VoteTypeId"] in ("2", "3")]
    assert steps["person"]["created"] == len(files["users.csv"])
    assert steps["topic_tag"]["created"] == len(files["tags.csv"])
    assert steps["topic"]["created"] == len(questions)
    assert steps["topic_post"]["created"] == len(answers) + len(comments) - 1
    assert steps["topic_post"]["failed"] == 1, "the comment whose post is not there"
    assert steps["topic_vote"]["created"] == len(counted)
    assert len(report["failures"]) == 1
    reasons = [row for row in report["left_out"] if row["step"] == "topic_vote"]
    assert len(reasons) == len(votes) - len(counted) + 3 + 3
    assert all(row["reason"] and row["line"] for row in report["left_out"])
    with importing.inside.scope():
        topics = fetch(visible("topic"))
        said = [entry for row in topics for entry in conversation.entries(row, internal=True)]
        assert len(said) == len(questions) + len(answers) + len(comments) - 1
        accepted = [row for row in topics if row.accepted]
        assert len(accepted) == sum(bool(row["AcceptedAnswerId"]) for row in questions)
        first = next(row for row in topics if row.title == questions[0]["Title"])
        mine = [row for row in counted if row["PostId"] == questions[0]["Id"]]
        assert first.score == sum(1 if row["VoteTypeId"] == "2" else -1 for row in mine)
        assert f"{first.created:%Y-%m-%dT%H:%M:%S}" == questions[0]["CreationDate"][:19]
        assert module("labels").known()["status-completed"].team
        assert voices.totals([]) == {}
    page = importing.inside.guest().get(f"/forums/TOP-{first.number:03d}").text
    assert "Possible Duplicate" in page
    assert "bicycles-2" not in page, "the sign-in names of strangers"
    importing.inside.work()
    assert not importing.inside.letters, "nobody is told"
    again = importing.example("bicycles-meta.yaml", tmp_path / "bicycles")
    assert sum(one["created"] + one["updated"] for one in again["steps"]) == 0


@pytest.mark.slow
def test_the_whole_site_comes_in(importing, portal_inside, data_folder):
    importing.inside = portal_inside(ON)
    report = importing.example("bicycles-meta.yaml", data_folder("forum-bicycles-meta"))
    steps = {one["step"]: one for one in report["steps"]}
    made = [steps[kind]["created"] for kind in ("person", "topic", "topic_post")]
    assert made == [2551, 453, 3419]
    assert (steps["topic_vote"]["created"], report["failed"]) == (5301, 0)
