"""Mail out: letters that cannot be forged, to servers that do what servers do."""

from __future__ import annotations

import email
import email.policy
import mailbox
import re
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.work.mail import Attachment, Letter, compose, postal, thread_id, verify_thread_id
from core.work.transport import Later, Never, transport

SENDER = "Acme Support <support@acme.example>"
SECRET = b"s" * 32
PASSWORD = "p@ss/word-42"


def letter(**changes):
    values = {"to_address": "ana@customer.example", "to_name": "Ana", "subject": "Your request",
              "text": "Hello\n", "message_id": "<one@acme.example>"}
    return Letter(**{**values, **changes})


def as_received(message):
    return email.message_from_bytes(message.as_bytes(), policy=email.policy.default)


# --- writing ---


def test_a_letter_has_both_forms_and_all_headers():
    message = compose(letter(
        subject="Grüße: Bestellung №5 ist da 🎉 " + "und sehr lang " * 12, to_name="Müller, Jörg \"JM\" (Köln)",
        text="Grüß Gott\n.\n", html="<p>Grüß Gott</p>", in_reply_to="<" + "r" * 120 + "@acme.example>",
        references=tuple(f"<{index:090}@acme.example>" for index in range(40)),
        unsubscribe_url="https://acme.example/stop/" + "t" * 150, reply_to="desk@acme.example",
        attachments=(Attachment("Rechnung ä.pdf", "application/pdf", b"%PDF-"),)), SENDER)
    raw = message.as_bytes()
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    read = as_received(message)
    assert read["Subject"] == "Grüße: Bestellung №5 ist da 🎉 " + ("und sehr lang " * 12)
    assert [(one.display_name, one.addr_spec) for one in read["To"].addresses] == [
        ("Müller, Jörg \"JM\" (Köln)", "ana@customer.example")]
    assert str(read["From"]) == SENDER
    assert read["Message-ID"] == "<one@acme.example>"
    assert read["In-Reply-To"] == "<" + "r" * 120 + "@acme.example>"
    references = read["References"].split()
    assert (references[0], references[-1], len(references)) == (f"<{0:090}@acme.example>",
                                                                 f"<{39:090}@acme.example>", 21)
    assert b"=?utf-8?" not in re.search(rb"References:.*?\r\n(?=\S)", raw, re.S)[0]
    assert read["List-Unsubscribe"] == "<https://acme.example/stop/" + "t" * 150 + ">"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["X-Auto-Response-Suppress"] == "All"
    assert read["Reply-To"] == "desk@acme.example"
    assert read["Date"].datetime.tzinfo is not None
    assert read.get_body(("plain",)).get_content().splitlines() == ["Grüß Gott", "."]
    assert read.get_body(("html",)).get_content().strip() == "<p>Grüß Gott</p>"
    (file,) = read.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("Rechnung ä.pdf", b"%PDF-")


def test_without_options_there_are_no_such_headers():
    message = compose(letter(message_id=""), "support@acme.example")
    assert re.fullmatch("<[0-9a-f]{32}@acme.example>", message["Message-ID"])
    assert not set(message.keys()) & {"In-Reply-To", "References", "Reply-To", "List-Unsubscribe",
                                      "List-Unsubscribe-Post", "Bcc", "Cc"}


EVIL = ["a\r\nBcc: x@evil.example", "a\nX: y", "a\rb", "a\x00b", "a\x0bb", "a\x85b", "a\u2028b",
        "a\r\n\r\n<script>"]


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("field", ["to_address", "to_name", "subject", "message_id", "in_reply_to", "reply_to",
                                   "unsubscribe_url", "references"])
def test_header_injection_is_refused(field, evil):
    for value in (evil, f"x@y.example{evil}", f"<x@y.example>{evil}", f"https://x.example/{evil}",
                  "x@y.example\r\n"):
        changes = {field: (value,) if field == "references" else value}
        with pytest.raises(Never):
            compose(letter(**changes), SENDER)


@pytest.mark.parametrize("evil", EVIL)
def test_sender_and_file_names_carry_nothing_in(evil):
    with pytest.raises(Never):
        compose(letter(), f"{evil} <support@acme.example>")
    message = compose(letter(attachments=(Attachment(evil, "text/html\r\nX: y", b"x"),)), SENDER)
    (file,) = as_received(message).iter_attachments()
    assert file.get_content_type() == "application/octet-stream"
    assert "X" not in file
    assert "Bcc" not in file


names = st.text(max_size=60) | st.text(alphabet="<>,;:@\"\\()[] aä=?.\u202e\n", max_size=60)


@given(names, names)
def test_whatever_the_words_there_is_one_receiver(name, subject):
    try:
        message = compose(letter(to_name=name, subject=subject), SENDER)
    except Never:
        return
    plain = email.message_from_bytes(message.as_bytes())  # the old parser, as strict servers read it
    assert [address for _name, address in getaddresses(plain.get_all("To"))] == ["ana@customer.example"]
    assert set(plain.keys()) == {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted",
                                 "X-Auto-Response-Suppress", "Content-Type", "Content-Transfer-Encoding",
                                 "MIME-Version"}
    assert plain.as_bytes().isascii()


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_written(text, html):
    read = as_received(compose(letter(text=text, html=html), SENDER))
    assert read.get_body(("plain",)) is not None


@pytest.mark.parametrize(("address", "expected"), [
    ("ana@customer.example", ("ana", "customer.example")),
    ("O'Neil+tag@Sub.Example.", ("O'Neil+tag", "sub.example")),
    ("ana@bücher.example", ("ana", "xn--bcher-kva.example")),
    ("ana@موقع.example", ("ana", "xn--4gbrim.example")),
    ("ana@localhost", ("ana", "localhost"))])
def test_addresses_that_can_be_used(address, expected):
    assert postal(address) == expected


@pytest.mark.parametrize("address", [
    "", "ana", "@x.example", "ana@", "änna@x.example", "a b@x.example", "a@b@x.example", "a@x..example",
    "a@-x.example", "a@x.example>", "a@straße.example", "a@" + "x" * 64 + ".example", "a" * 65 + "@x.example",
    "a@" + "x." * 130 + "example", "a@[127.0.0.1]", "a@x.example, b@x.example", "a@x.example\n",
    "a@xé\u200d.example"])
def test_addresses_that_cannot(address):
    with pytest.raises(Never) as refused:
        postal(address)
    assert refused.value.code == "address"


# --- naming ---


def test_thread_ids_prove_that_we_made_them():
    made = thread_id(SECRET, "acme", "ticket", "TKT-001", "m" * 22, "acme.example")
    assert made == thread_id(SECRET, "acme", "ticket", "TKT-001", "m" * 22, "acme.example")
    found = verify_thread_id(SECRET, "acme", f" {made}\r\n")
    assert (found.kind, found.number, found.message) == ("ticket", "TKT-001", "m" * 22)
    message = compose(letter(message_id=made), SENDER)
    assert as_received(message)["Message-ID"] == made


def test_forged_thread_ids_are_not_ours():
    made = thread_id(SECRET, "acme", "ticket", "TKT-001", "abc", "acme.example")
    kind, number, message, rest = made.split(".", 3)
    forged = [f"{kind}.TKT-002.{message}.{rest}", f"<order.{number}.{message}.{rest}", f"{kind}.{number}.x.{rest}",
              made.replace("@", "0@"), made.upper(), made[1:-1], "", "<>", "<a.b.c." + "0" * 32 + "@acme.example>",
              "[#TKT-001]", "x" * 100_000, f"{made} {made}"]
    assert [verify_thread_id(SECRET, "acme", one) for one in forged] == [None] * len(forged)
    assert verify_thread_id(SECRET, "other", made) is None
    assert verify_thread_id(b"t" * 32, "acme", made) is None
    with pytest.raises(ValueError, match="cannot hold"):
        thread_id(SECRET, "acme", "ticket", "1@x", "abc", "acme.example")


# --- Maildir ---


def test_maildir_keeps_each_letter_once(tmp_path):
    out = transport("", tmp_path / "mail")
    message = compose(letter(subject="Grüße"), SENDER)
    out.send(message)
    out.send(message)
    box = mailbox.Maildir(tmp_path / "mail", create=False)
    ((key, kept),) = box.items()
    assert email.message_from_bytes(kept.as_bytes(), policy=email.policy.default)["Subject"] == "Grüße"
    kept.set_subdir("cur")
    kept.add_flag("S")
    box[key] = kept  # somebody read it
    out.send(message)
    out.send(compose(letter(message_id="<two@acme.example>"), SENDER))
    assert len(box) == 2
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []


def test_maildir_that_cannot_be_written_is_later(tmp_path):
    (tmp_path / "mail").write_text("a file where the folder should be")
    with pytest.raises(Later) as failed:
        transport("", tmp_path / "mail").send(compose(letter(), SENDER))
    assert failed.value.code == "disk"
