"""What mails say: own words in the tenant's file, refused with their place, filled in safely, else as shipped."""

from dataclasses import replace

import pytest

from core.data import audit, people
from core.work import mailtexts

pytestmark = pytest.mark.engines("sqlite")
LIST = "/settings/mail/texts"


@pytest.fixture
def desk(portal_inside):
    return portal_inside({"features": {"tickets": True}, "languages": {"offered": ["en", "de", "ar"]}})


def worded(desk, name, code, do="save", admin=None, **parts):
    """Send one's own words as a browser would."""
    admin, here = admin or desk.client("admin"), f"{LIST}/{name}/{code}"
    form = {"do": do}
    for part, said in parts.items():
        form |= {f"was.mail.texts.{name}.{code}.{part}": "-", f"mail.texts.{name}.{code}.{part}": said}
    return admin.post(here, form)


def told_in(letter, kind="plain"):
    """Give a letter's plain text, or its HTML."""
    return letter.get_body((kind,)).get_content().replace("\r\n", "\n")


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


def asked_and_answered(desk, subject="Where is it?"):
    """Let a customer ask and an agent answer."""
    place = desk.client("own").post("/tickets/new", {"subject": subject, "body": "It should be here."}).location
    desk.client("agent").post(f"{place}/reply", {"body": "On its way.\n\n*Tomorrow* <b>for sure</b>."})
    return place


def test_own_words_stand_in_the_file_go_out_and_come_back(desk):
    before = desk.yaml.read_text()
    told = worded(desk, "tickets.replied", "en", subject="News on {number} for {person}",
                  text="Hello **{person}**,\n\n{actor} writes about {title}:\n\n{text}\n\n[Read it here]({link})")
    assert told.status == 303 and "saved=" in told.location
    assert "tickets.replied" in desk.yaml.read_text() and before != desk.yaml.read_text()
    place = asked_and_answered(desk, "Where is <my> delivery?")
    letter = desk.letters_to("own@example.com")[-1]
    number = place.rpartition("/")[2]
    assert letter["Subject"] == f"News on {number} for Thomas Hardy"
    text, html = (told_in(letter, kind) for kind in ("plain", "html"))
    assert "Hello Thomas Hardy,\n\nBen Agent writes about Where is <my> delivery?:\n\nOn its way.\n" in text
    assert "*Tomorrow* <b>for sure</b>." in text
    assert f"Read it here:\nhttp://localhost:8000{place}" in text
    assert "Hello <strong><bdi>Thomas Hardy</bdi></strong>" in html and "*Tomorrow* &lt;b&gt;" in html
    assert ">Read it here</a>" in html and html.count(f'href="http://localhost:8000{place}"') == 1
    assert "answered:" not in text

    # German has no words of its own: it is as shipped. Then back to the default.
    with desk.scope():
        people.change_person(desk.person("own").id, language="de")
    asked_and_answered(desk)
    assert "hat geantwortet" in told_in(desk.letters_to("own@example.com")[-1])
    admin, name = desk.client("admin"), "mail.texts.tickets.replied.en"
    for part in ("subject", "text"):
        admin.post(f"{LIST}/tickets.replied/en", {"reset": f"{name}.{part}"})
    saved = admin.post("/settings/review", {"do": "save"})
    assert saved.status == 303
    assert "News on" not in desk.yaml.read_text()


def test_a_subject_alone_leaves_the_text_as_shipped(desk):
    worded(desk, "signin.reset", "en", subject="{portal}: a new password")
    desk.guest().post("/reset", {"email": "own@example.com"})
    letter = desk.letters_to("own@example.com")[-1]
    assert letter["Subject"] == "Acme Support: a new password"
    assert "asked for a new password" in told_in(letter)


@pytest.mark.parametrize(("name", "part", "said", "told"), [
    ("tickets.replied", "text", "Hello {persn}", "1:7: {persn} is not known here. Did you mean 'person'?"),
    ("tickets.replied", "text", "One\n\n{{ config }} {% for x in y %}", "3:2: { config } is not known here."),
    ("tickets.noted", "text", "A note: {text}", "1:9: {text} is not known here."),
    ("tickets.replied", "text", "[read]({title})", "1:8: {title} cannot stand in an address."),
    ("tickets.replied", "text", "![pixel](https://spy.example/x.png)", "1:1: A picture cannot stand in a mail."),
    ("tickets.replied", "text", "Go \u202egnp.exe", "1:4: An invisible sign stands here (U+202E)."),
    ("tickets.replied", "subject", "Go to {link}", "1:7: {link} has no place in a subject."),
    ("tickets.replied", "subject", "Hi\nBcc: all@example.com", "1:3: A subject is one line."),
    ("signin.reset", "text", "Choose a new one.", "1:18: This mail needs {link}."),
    ("signin.invitation", "text", "Come in, {person}.", "1:19: This mail needs {link}."),
    ("tickets.replied", "text", "x" * 10_001, "Write at most 10000 characters."),
])
def test_words_that_cannot_be_used_are_refused_with_their_place(desk, name, part, said, told):
    before = desk.yaml.read_text()
    answer = worded(desk, name, "en", **{part: said})
    assert answer.status == 422
    assert told.replace("'", "&#39;") in answer.text
    assert desk.yaml.read_text() == before


def test_what_is_wrong_in_the_file_is_named_and_the_shipped_words_go_out(desk):
    text = desk.yaml.read_text()
    desk.yaml.write_text(text + "\nmail:\n  sender_name: Acme\n  texts:\n    signin.reset:\n"
                         "      en: {text: 'No way'}\n    nobody.knows:\n      en: {text: Hello}\n")
    page = desk.client("admin").get("/settings/mail").text
    assert "mail.texts.signin.reset.en.text" in page and "This mail needs {link}" in page
    assert "No mail is called &#39;nobody.knows&#39;" in page
    desk.guest().post("/reset", {"email": "own@example.com"})
    letter = desk.letters_to("own@example.com")[-1]
    assert "No way" not in told_in(letter) and str(letter["From"]).startswith("Acme <")


def test_sender_answers_signature_and_small_print_are_on_every_mail(desk):
    desk.yaml.write_text(desk.yaml.read_text() + (
        "\nmail:\n  sender_name: Acme Team\n  reply_to: help@acme.example\n"
        "  footer: |-\n    Acme GmbH\n    HRB <1>\n"
        "  texts:\n    signature:\n      en: {text: \"Yours,\\n**{portal}**\"}\n"))
    worded(desk, "tickets.replied", "en", text="{text}")
    asked_and_answered(desk)
    letter = desk.letters_to("own@example.com")[-1]
    assert str(letter["From"]).startswith("Acme Team <") and letter["Reply-To"] == "help@acme.example"
    text, html = (told_in(letter, kind) for kind in ("plain", "html"))
    assert "Yours, Acme Support" in " ".join(text.split()) and "Acme GmbH\nHRB <1>" in text
    assert "HRB &lt;1&gt;" in html and "<strong><bdi>Acme Support</bdi></strong>" in html
    assert "Open in the portal" not in text  # the button is the admin's to leave out


def test_hostile_values_stay_text(desk):
    worded(desk, "tickets.replied", "en", subject="{title}", text="{title}\n\n[Open {title}]({link})\n\n{text}")
    asked_and_answered(desk, "[x](javascript:alert(1)) <script>alert(1)</script> \u202eevil {link}")
    letter = desk.letters_to("own@example.com")[-1]
    html = told_in(letter, "html")
    assert "<script>" not in html and 'href="javascript' not in html and "\u202e" not in html
    assert "[x](javascript:alert(1)) &lt;script&gt;" in html and "\n" not in letter["Subject"]
    assert "{link}" in html  # a placeholder that a customer types is text


def test_the_preview_is_the_mail_in_its_language_light_and_dark(desk):
    admin = desk.client("admin")
    here = f"{LIST}/tickets.replied/ar"
    light, dark = (admin.get(f"{here}/preview/{scheme}") for scheme in ("light", "dark"))
    assert 'dir="rtl"' in light.text and "<style>" not in light.text and "<style>.m-page" in dark.text
    assert "frame-ancestors 'self'" in light.headers["content-security-policy"]
    kept = worded(desk, "tickets.replied", "ar", "keep", admin, subject="{number} جديد", text="مرحبا {person}")
    assert kept.status == 303
    assert "مرحبا" in admin.get(f"{here}/preview/light").text and "TKT-007 جديد" in admin.get(here).text
    assert "مرحبا" not in desk.yaml.read_text()
    for who in ("agent", "boss", "other_admin"):
        assert "مرحبا" not in desk.client(who).get(f"{here}/preview/light").text
    assert desk.client("agent").get(f"{here}/preview/light").status == 404


def test_this_one_is_sent_to_whoever_asks_as_it_is_collected(desk):
    admin = desk.client("admin")
    worded(desk, "signin.reset", "en", "keep", admin, text="Here: {link}")
    assert admin.post(f"{LIST}/signin.reset/en/send", {}).status == 303
    letter = desk.letters_to("admin@example.com")[-1]
    assert letter["Subject"] == "Example: Choose a new password"
    assert "Here: http://localhost:8000/" in told_in(letter)
    for _more in range(4):
        assert admin.post(f"{LIST}/signin.reset/en/send", {}).status == 303
    assert admin.post(f"{LIST}/signin.reset/en/send", {}).status == 429


@pytest.mark.parametrize(("answer", "said", "advice"), [
    ("", "The server took the letter: 250", ""),
    ("550 no such user", "550 no such user", "There is no such address"),
    ("451 greylisted", "451 greylisted", "The server asks to wait"),
])
def test_a_test_letter_shows_what_the_server_says(desk, smtp, answer, said, advice):
    desk.portal.place = replace(desk.portal.place, smtp=f"{smtp.address}")
    smtp.answers.extend([answer] if answer else [])
    admin = desk.client("admin")
    assert admin.post("/settings/mail/test", {"address": "someone@example.com"}).location == "/settings/mail#trial"
    page = admin.get("/settings/mail").text
    assert "Connected to 127.0.0.1" in page and "The connection is not encrypted." in page
    assert said in page and advice in page
    with desk.scope():
        assert audit.acts(1)[0].act == "mail.tried"
    assert len(smtp.letters) == (0 if answer else 1)


def test_the_way_out_is_shown_without_its_secrets(desk):
    desk.portal.place = replace(desk.portal.place, smtp="smtp://postman:s3cret@mail.example:2525")
    page = desk.client("admin").get("/settings/mail").text
    assert "mail.example:2525" in page and "Required (STARTTLS)" in page
    assert "s3cret" not in page and "postman" not in page


def test_a_feature_that_is_off_has_no_texts(portal_inside):
    desk = portal_inside({"features": {"tickets": False}})
    assert desk.client("admin").get(f"{LIST}/tickets.replied/en").status == 404
    assert "Somebody answers" not in desk.client("admin").get(LIST).text
