"""Letters to people: written so that headers cannot be forged, and named so that answers find their way."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, NoReturn

from core.data.filetypes import clean_name
from core.work.transport import Later, Never, Transport, transport

__all__ = ["Attachment", "Later", "Letter", "Never", "Thread", "Transport", "compose", "postal", "thread_id",
           "transport", "verify_thread_id"]

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,255}>")
_MIME = re.compile(r"([a-z]+)/([a-z0-9.+-]{1,100})")
_PART = re.compile(r"[A-Za-z0-9_-]{1,64}")
_THREAD = re.compile(rf"<({_PART.pattern})\.({_PART.pattern})\.({_PART.pattern})\.([0-9a-f]{{32}})@[^<>@\s]+>")

DEVIATIONS = frozenset("ßς\u200c\u200d")
"""Letters that the two generations of international domain names read differently (UTS 46, section 7)."""

MAX_SUBJECT = 500


@dataclass(frozen=True)
class Attachment:
    """A small file that goes with a letter."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """One mail to one person, in their words.

    `from_name` stands in front of the sender's address instead of its own name. `message_id` is `<...@...>` and
    stays the same for every try, so that a letter counts once; empty makes a random one. `references` lists the
    conversation, oldest first. `unsubscribe_url` is a page that stops this kind of mail by one POST (RFC 8058).
    """

    to_address: str
    subject: str
    text: str
    to_name: str = ""
    from_name: str = ""
    html: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    unsubscribe_url: str | None = None
    reply_to: str | None = None
    attachments: tuple[Attachment, ...] = ()


class _Policy(EmailPolicy):
    """The standard's rules for headers, except that identifiers and addresses of pages are never encoded.

    The library writes a word longer than a line as an encoded word, which breaks threading and unsubscribing.
    """

    whole = frozenset({"message-id", "in-reply-to", "references", "list-unsubscribe"})

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in self.whole:
            return f"{name}: " + f"{self.linesep} ".join(str(value).split()) + self.linesep
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in self.whole:
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


POLICY = _Policy(linesep="\r\n", cte_type="7bit", raise_on_defect=False)
"""CRLF, and nothing but ASCII on the wire: every server on the way can carry it."""


def _refuse(what: str, code: str = "letter") -> NoReturn:
    raise Never(what, code)


def _line(text: str, what: str) -> str:
    """Let a text into a header. Raises Never for line ends, NUL and other control characters."""
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in text):
        _refuse(f"The {what} has line ends or control characters in it.")
    return text


def postal(address: str) -> tuple[str, str]:
    """Split an e-mail address into what stands before and after the @, the domain in its ASCII form.

    International domains are written as `xn--...` (IDNA). Raises Never ("address") for what no mail server
    can be asked to deliver: no @, odd characters, letters outside ASCII before the @, too long.
    """
    local, at, domain = address.rpartition("@")
    if not at or not _LOCAL.fullmatch(local):
        _refuse("This e-mail address cannot be used. Before the @ only letters a-z, digits and .+-_ may stand.",
                "address")
    if not domain.isascii():
        if set(domain) & DEVIATIONS:
            _refuse("This e-mail address is ambiguous. Please write its domain in the form xn--...", "address")
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            domain = ""
    domain = domain.lower().removesuffix(".")
    if not all(_LABEL.fullmatch(label) for label in domain.split(".")) or len(local) + len(domain) > 253:
        _refuse("The part of this e-mail address after the @ is no domain.", "address")
    return local, domain


def _mailbox(name: str, address: str, what: str) -> Address:
    """Write a name and an address so that neither can pass for something else."""
    local, domain = postal(_line(address, what).strip())
    visible = "".join(char for char in _line(name, what) if unicodedata.category(char) != "Cf")
    return Address(" ".join(visible.split())[:200], local, domain)


def _sender(sender: str) -> Address:
    """Read the configured sender, `Acme Support <support@acme.example>` or an address alone."""
    match = re.fullmatch(r"\s*(?:\"?(?P<name>[^\"<>]*?)\"?\s*<(?P<inside>[^<>]+)>|(?P<alone>[^<>\s]+))\s*", sender)
    if not match:
        _refuse("The sender's address in the settings cannot be used.", "address")
    return _mailbox(match["name"] or "", match["inside"] or match["alone"], "sender")


def _identifier(text: str, what: str) -> str:
    """Let a Message-ID into a header, if it is one (RFC 5322, 3.6.4)."""
    if not _MESSAGE_ID.fullmatch(text):
        _refuse(f"The {what} is no Message-ID.")
    return text


def _body(text: str) -> str:
    """Take out what no mail may carry."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def compose(letter: Letter, sender: str) -> EmailMessage:
    """Write a letter as a mail that any server takes: text, HTML beside it, attachments behind.

    `sender` is `Name <address>`. Says that a machine sent it (RFC 3834) and how to stop it (RFC 8058). Raises
    Never, with code "address" or "letter", if a header would carry line ends or an address cannot be used.
    """
    message = EmailMessage(policy=POLICY)
    origin = _sender(sender)
    message["From"] = _mailbox(letter.from_name, origin.addr_spec, "sender") if letter.from_name else origin
    message["To"] = _mailbox(letter.to_name, letter.to_address, "receiver")
    message["Subject"] = _line(letter.subject, "subject")[:MAX_SUBJECT]
    message["Date"] = datetime.datetime.now(datetime.UTC)
    message["Message-ID"] = _identifier(
        letter.message_id or f"<{secrets.token_hex(16)}@{origin.domain}>", "letter's own name")
    if letter.in_reply_to:
        message["In-Reply-To"] = _identifier(letter.in_reply_to, "letter answered")
    if letter.references:
        kept = letter.references[:1] + letter.references[1:][-20:]  # first and latest, as RFC 5537 advises
        message["References"] = " ".join(_identifier(one, "conversation") for one in kept)
    if letter.reply_to:
        message["Reply-To"] = _mailbox("", letter.reply_to, "address for answers")
    if letter.unsubscribe_url:
        if not re.fullmatch(r"https?://[!-;=?-~]{1,1500}", letter.unsubscribe_url):
            _refuse("The address for unsubscribing is no web address.")
        message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_body(letter.text))
    if letter.html:
        message.add_alternative(_body(letter.html), subtype="html")
    for file in letter.attachments:
        match = _MIME.fullmatch(file.mime)
        main, sub = match.groups() if match and match[1] != "multipart" else ("application", "octet-stream")
        message.add_attachment(file.content, main, sub, filename=clean_name(file.name))
    return message


@dataclass(frozen=True)
class Thread:
    """What one of our own Message-IDs stands for."""

    kind: str
    number: str
    message: str


def _mark(secret: bytes | str, *parts: str) -> str:
    """Make the mark that only we can make: 128 bits of an HMAC over all parts."""
    key = secret.encode() if isinstance(secret, str) else secret
    text = "\0".join(("mail-thread", *parts)).encode()
    return hmac.new(key, text, hashlib.sha256).hexdigest()[:32]


def thread_id(secret: bytes | str, tenant: str, record_kind: str, record_number: str, message_public_id: str,
              domain: str) -> str:
    """Make the Message-ID of the letter about one entry of a record's conversation.

    It is the same for every try and every receiver's retry, and nobody without `secret` can make one. Raises
    ValueError if a part has other characters than letters, digits, - and _.
    """
    parts = (record_kind, record_number, message_public_id)
    if not all(_PART.fullmatch(part) for part in parts):
        raise ValueError(f"A Message-ID cannot hold {parts!r}.")
    return f"<{'.'.join(parts)}.{_mark(secret, tenant, *parts)}@{postal('x@' + domain)[1]}>"


def verify_thread_id(secret: bytes | str, tenant: str, message_id: str) -> Thread | None:
    """Read one of our own Message-IDs out of In-Reply-To or References, or None if we did not make it.

    It proves that the writer has seen a letter of this tenant about this record, not who the writer is.
    """
    match = _THREAD.fullmatch(message_id.strip()[:1000])
    if not match:
        return None
    kind, number, message, mark = match.groups()
    if not hmac.compare_digest(mark, _mark(secret, tenant, kind, number, message)):
        return None
    return Thread(kind, number, message)
