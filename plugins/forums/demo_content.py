"""Demo content: questions that customers would really ask each other, with answers, votes and a bit to look at."""

import json
from datetime import timedelta
from pathlib import Path

import parlour
from parlour import concerns, conversation, people, posts, threads, voices

from . import desk, labels, service, standing

CONTENT = Path(__file__).parent / "demo.json"


def fill(slug):
    """Write a tenant's demo topics, unless it has categories already."""
    if standing.places():
        return
    content = json.loads(CONTENT.read_text("utf-8")).get(slug, {})
    folk = _folk()
    with parlour.transaction():
        places = {one["slug"]: desk.save(None, one, created=_ago(400)) for one in content.get("categories", ())}
        for one in content.get("tags", ()):
            labels.add(one["title"], labels.slug_of(one["title"]), team=one.get("team", False))
        for place, one in enumerate(content.get("topics", ())):
            _write(one, places[one["in"]], folk, place)


def _ago(hours):
    return parlour.now() - timedelta(hours=hours)


def _folk():
    """Give people to speak: customers by turns, and one of the team."""
    customers = people.people(staff=False, active=True, limit=12)
    team = people.people(staff=True, active=True, limit=3)
    return {"customers": customers, "team": team[-1] if team else None}


def _who(word, folk, place):
    """Give who says something: "team", or the n-th customer, turned by the topic."""
    if word == "team" or not folk["customers"]:
        return folk["team"]
    return folk["customers"][(int(word) + place) % len(folk["customers"])]


def _write(one, place, folk, turn):
    """Write one topic; `ago` is in hours before now."""
    first, *others = one["posts"]
    author = _who(first["by"], folk, turn)
    topic = service.written(place, one["title"], author.id if author else None,
                            [labels.slug_of(tag) for tag in one.get("tags", ())], created=_ago(first["ago"]))
    opening = _say(topic, first, author)
    body = {"opening": opening.public_id, "last_by": opening.author_name, "score": first.get("votes", 0)}
    topic = parlour.change("topic", topic.id, "moderate", body=body)
    labels.keep(topic, topic.tags)
    last, more = opening, {}
    for said in others:
        made = _say(topic, said, _who(said["by"], folk, turn))
        last = last if made.held else made
        more |= {"accepted": last.public_id} if said.get("accepted") else {}
    more |= {"pinned": 1} if one.get("pinned") else {}
    if more:
        topic = standing.settle(topic, **more)
    standing.recount(topic, last.author_name)


def _say(topic, said, author):
    text = "\n".join(said["lines"])
    held = "waiting" if said.get("waits") else ""
    message = conversation.add_entry(topic, text, author=author, created=_ago(said["ago"]), data=posts.made(text),
                                     held=held)
    if held:
        concerns.raise_(message, "new", by_portal=True)
    row = threads.message(topic, message.public_id, internal=True)
    for _vote in range(said.get("votes", 0)):
        voices.bring(row, "vote", 1, _ago(said["ago"]))
    return row
