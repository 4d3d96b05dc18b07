"""What mails say: own words in the tenant's file, refused with their place, filled in safely, else as shipped."""

import pytest

from core.work import mailtexts

pytestmark = pytest.mark.engines("sqlite")
LIST = "/settings/mail/texts"


@pytest.fixture
def desk(portal_inside):
    return portal_inside({"features": {"tickets": True}, "languages": {"offered": ["en", "de", "ar"]}})


def worded(desk, name, code, do="save", **parts):
    """Send one's own words as a browser would."""
    admin, here = desk.client("admin"), f"{LIST}/{name}/{code}"
    form = {"do": do}
    for part, said in parts.items():
        form |= {f"was.mail.texts.{name}.{code}.{part}": "-", f"mail.texts.{name}.{code}.{part}": said}
    return admin.post(here, form)


def test_every_mail_is_listed_with_its_shipped_words_and_placeholders(desk):
    page = desk.client("admin").get(LIST).text
    for words in ("Somebody answers", "You are invited", "Choose a new password", "Under every mail", "Deutsch"):
        assert words in page
    with desk.scope("acme", "admin"):
        for text in mailtexts.every():
            for code in ("en", "de", "ar"):
                said = mailtexts.shipped(desk.portal.composer, text, code)
                assert said is not None, text.name
                assert mailtexts.faults(text, said) == {}, (text.name, code, said)
    reset = desk.client("admin").get(f"{LIST}/signin.reset/en").text
    assert "[Choose a new password]({link})" in reset and "needed" in reset
    page = desk.client("admin").get(f"{LIST}/tickets.replied/de").text
    assert "Re: [{number}] {title}" in page and "{actor} hat geantwortet:" in page
