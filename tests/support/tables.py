"""Bringing a table to a portal and reading the pages about it, for tests of imports, exports and acts on many."""

from __future__ import annotations

import re


def bring(client, text, kind="person", name="people.csv", encoding="utf-8"):
    content = text if isinstance(text, bytes) else text.encode(encoding)
    answer = client.post("/import", {"kind": kind}, files={"file": (name, content, "text/csv")})
    assert answer.status == 303, answer.text
    return answer.location


def form_of(page):
    """Give what a page's form of columns holds as it is drawn."""
    values = {}
    for name, inner in re.findall(r'<select id="[^"]*" name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        values[name] = chosen[1] if chosen else ""
    for name, value in re.findall(r'<input type="radio" name="([^"]+)" value="([^"]+)" ?checked', page):
        values[name] = value
    for name in re.findall(r'type="checkbox" name="([^"]+)" value="true" checked', page):
        values[name] = "true"
    return {name: value for name, value in values.items() if name not in ("encoding", "delimiter", "saved")}


def look(inside, client, place, **changes):
    values = {**form_of(client.get(place).text), "do": "look", **changes}
    answer = client.post(place, {name: value for name, value in values.items() if value is not None})
    assert answer.status == 303, answer.text
    inside.work()
    return client.get(place).text


def go(inside, client, place):
    assert client.post(f"{place}/start").status == 303
    inside.work()
    return client.get(place).text


def tally(page):
    return {text: int(number) for number, text in re.findall(r"<b>([\d,]+)</b> <span>([^<]+)</span>", page)}
