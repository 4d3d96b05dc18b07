"""Each letter about somebody's own security says what happened, to whom, and what to do; nothing can stop it."""

import pytest

from core.data import people
from core.work import letters
from support.inside import ADDRESS, text_of

LETTERS = {
    "app-on": ("The second step is on", {}, "asked for a code"),
    "app-off": ("Your authenticator app was taken away", {}, "count no more"),
    "passkey-added": ("A passkey was added", {"name": "My phone"}, "My phone"),
    "passkey-removed": ("A passkey was removed", {"name": "My phone"}, "My phone"),
    "codes-new": ("You have new recovery codes", {}, "The earlier ones work no more"),
    "recovery-used": ("A recovery code was used", {"left": 1}, "1 is left"),
    "reset": ("Your second step was taken off", {}, "Set up new ones"),
    "guessed": ("Somebody has your password", {"place": "203.0.113.7", "device": "Edge on Windows"},
                "Edge on Windows, from 203.0.113.7"),
}


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("what", LETTERS)
def test_each_letter(inside, what):
    subject, about, told = LETTERS[what]
    with inside.scope():
        row = inside.person("own")
        people.change_person(row.id, preferences={"channels": {}, "frequency": "never"})
        letters.send("account/mail/security", person=row.id, link=letters.Link("/account/security"), what=what,
                     **about)
    (letter,) = inside.letters_to(ADDRESS["own"])
    assert letter["Subject"] == subject
    text = " ".join(text_of(letter).split())
    assert told in text
    assert ADDRESS["own"] in text
    assert "http://localhost:8000/account/security" in text
    assert "List-Unsubscribe" not in letter
    page = letter.get_body(("html",)).get_content()
    assert told in page.replace("&#39;", "'")
