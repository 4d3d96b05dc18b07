"""Posts that are changed: whom that calls, and how often it goes."""

from __future__ import annotations

import re

import pytest

from support.inside import ADDRESS, text_of
from support.things.forums import place, topic

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def inside(portal_inside):
    levels = {"any": {"label": "Any", "posts_per_hour": 5}}
    return portal_inside({"features": {"forums": {"enabled": True, "levels": levels}}})


def test_whoever_was_called_once_is_not_called_again_by_changes_and_these_are_limited(inside):
    thread = topic(inside, place(inside), "agent", "Title")
    path = f"/forums/TOP-{thread.number:03d}"
    own = inside.client("own")
    own.post(f"{path}/reply", {"body": "@elke-sommer"})
    at = "/posts/" + re.findall(r'<li class="post[^>]*data-post="([^"]+)"', own.get(path).text)[-1]

    def called(who):
        return sum("mentioned you" in text_of(one) for one in inside.letters_to(ADDRESS[who]))

    def change(body):
        return own.post(f"{at}/edit", {"body": body})

    assert [change(body).status for body in ("nobody", "@elke-sommer", "nobody again", "@elke-sommer @ben-agent")
            ] == [303] * 4
    assert called("colleague") == 1
    assert called("agent") == 1, "a new name is told of"
    assert change("the fifth").status == 303
    late = change("kept-canary")
    assert late.status == 429 and "kept-canary" in late.text
    assert 0 < int(late.headers["retry-after"]) <= 3600
    assert "the fifth" in own.get(path).text
    assert inside.client("agent").post(f"{at}/edit", {"body": "by the team"}).status == 303
