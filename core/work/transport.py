"""How a letter leaves the house: to a mail server within a time budget, or into a Maildir."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from core.errors import ConfigError, ParlourError, Problem
from core.work.connection import connected

BUDGET = 20.0
"""Seconds one letter may take from looking up the server to its last word, however slowly it talks."""

NOT_THIS_LETTER = frozenset({530, 534, 535, 538})
"""5xx answers that say who we are is wrong, not what we send: mended by the admin, so the letter waits."""


class Undelivered(ParlourError):  # noqa: N818 - named after what happened to the letter
    """A letter did not go out. `reason` is for staff, `code` is the server's or one of ours."""

    code, status = "undelivered", 502

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code  # type: ignore[misc]  # each letter fails in its own way


class Later(Undelivered):
    """It may work later, so the letter waits.

    `code` is the server's 4xx, "refused", "dns", "timeout", "closed", "tls", "auth", "disk", or "unsure": the
    server had the whole letter and did not say what it did with it. The next try carries the same Message-ID.
    """


class Never(Undelivered):
    """It will not work: the server's 5xx, or "letter" or "address" for what cannot be written at all."""


Told = Callable[[str, str], None]
"""Is told of each step on the way: "reached" host:port, "encrypted" how, "plain", "known" (signed in), "taken" the
server's words, "kept" the folder."""


def _quiet(_step: str, _what: str) -> None:
    """Tell nobody."""


class Transport(Protocol):
    """Something that takes a letter away."""

    def send(self, message: EmailMessage, told: Told = _quiet) -> None:
        """Take one letter to its only receiver. Raises Later or Never if it did not go out."""


@dataclass(frozen=True)
class Maildir:
    """A folder of letters, for development and for installations without a mail server.

    The same Message-ID is kept once, whatever a crash made the caller repeat.
    """

    folder: Path

    def send(self, message: EmailMessage, told: Told = _quiet) -> None:
        """Write one letter to `new/`, whole and synced. Raises Later if the disk refuses."""
        told("kept", self.folder.name)
        name = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:32] + ".parlour"
        try:
            for part in ("tmp", "new", "cur"):
                (self.folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
            if (self.folder / "new" / name).exists() or any((self.folder / "cur").glob(f"{name}*")):
                return
            written = self.folder / "tmp" / f"{name}.{secrets.token_hex(8)}"
            try:
                with written.open("xb") as stream:
                    stream.write(message.as_bytes())
                    stream.flush()
                    os.fsync(stream.fileno())
                written.rename(self.folder / "new" / name)
            finally:
                written.unlink(missing_ok=True)
            descriptor = os.open(self.folder / "new", os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise Later(f"The folder for mail cannot be written: {error.strerror}", "disk") from error


class _Client(smtplib.SMTP):
    """smtplib on a connection that we opened ourselves, so that its time stays in our hands."""

    def __init__(self, connection: socket.socket, host: str, name: str) -> None:
        self._connection = connection
        super().__init__(local_hostname=name)
        self._host = host  # the name STARTTLS checks the certificate against

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._connection


@dataclass(frozen=True)
class Smtp:
    """A mail server. `starttls` is "required", "opportunistic" or "none"; `tls` is from the first byte on.

    Certificates are always verified. The password is in no text, log or repr.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    starttls: str = "opportunistic"
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)
    budget: float = BUDGET

    def send(self, message: EmailMessage, told: Told = _quiet) -> None:
        """Take one letter to the server within the budget, on a connection of its own."""
        try:
            with connected(self.host, self.port, time.monotonic() + self.budget) as (connection, late):
                told("reached", f"{self.host}:{self.port}")
                self._deliver(message, connection, late, told)
        except socket.gaierror:
            raise Later("The mail server's name cannot be found.", "dns") from None
        except TimeoutError:
            raise Later("The mail server did not answer in time.", "timeout") from None
        except OSError as error:
            raise Later(f"The mail server cannot be reached: {error.strerror or error}", "refused") from None

    def _deliver(self, message: EmailMessage, connection: socket.socket, late: Callable[[], bool],
                 told: Told) -> None:
        """Say what SMTP wants said, and sort everything that can go wrong on the way (RFC 5321)."""
        sender, receiver = (message[name].addresses[0].addr_spec for name in ("From", "To"))
        body = re.sub(rb"(?m)^\.", b"..", message.as_bytes())
        unsure = False
        try:
            if self.tls:
                secure = self.context.wrap_socket(connection, server_hostname=self.host)
                told("encrypted", secure.version() or "")
                connection = secure
            with closing(_Client(connection, self.host, sender.rpartition("@")[2])) as client:
                self._greet(client, told)
                _expect(client.mail(sender), 250)
                _expect(client.rcpt(receiver), 250, 251, 252)
                _expect(client.docmd("DATA"), 354)
                client.send(body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"))
                unsure = True
                answer = client.getreply()
                _expect(answer, 250)
                told("taken", f"{answer[0]} {self._text(answer[1])}")
                with suppress(smtplib.SMTPException, OSError):
                    client.putcmd("QUIT")  # its answer changes nothing any more
        except smtplib.SMTPResponseException as error:
            raise self._answered(error) from None
        except (smtplib.SMTPException, OSError) as error:
            raise self._broken(error, late(), unsure) from None

    def _greet(self, client: _Client, told: Told) -> None:
        """Greet, encrypt, sign in. What is refused here is refused to every letter, so it is always Later."""
        try:
            _expect(client.connect(self.host, self.port), 220)
            client.ehlo_or_helo_if_needed()
            if not self.tls and self.starttls != "none" and self._wants_tls(client):
                _expect(client.starttls(context=self.context), 220)
                told("encrypted", getattr(client.sock, "version", str)() or "")
                client.ehlo_or_helo_if_needed()
            elif not self.tls:
                told("plain", "")
            if self.user:
                client.login(self.user, self.password)
                told("known", "")
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPAuthenticationError as error:
            raise Later("The mail server does not accept our name and password: "
                        f"{error.smtp_code} {self._text(error.smtp_error)}", "auth") from None
        except smtplib.SMTPResponseException as error:
            _expect((error.smtp_code, error.smtp_error), error.smtp_code)
            raise Later("The mail server does not take letters now: "
                        f"{error.smtp_code} {self._text(error.smtp_error)}", str(error.smtp_code)) from None
        except (smtplib.SMTPException, UnicodeError):
            raise Later("The mail server offers no way to sign in that fits our name and password.",
                        "auth") from None

    def _wants_tls(self, client: _Client) -> bool:
        """Say whether to encrypt; refuse to go on in the clear where that was ruled out."""
        if client.has_extn("starttls"):
            return True
        if self.starttls == "required":
            raise Later("The mail server offers no encryption (STARTTLS), and the settings require it.", "tls")
        return False

    def _answered(self, error: smtplib.SMTPResponseException) -> Undelivered:
        """Sort the server's refusal: 5xx about this letter is final, all else waits."""
        text, final = self._text(error.smtp_error), 500 <= error.smtp_code < 600
        if final and error.smtp_code not in NOT_THIS_LETTER:
            return Never(f"The mail server refused this letter: {error.smtp_code} {text}", str(error.smtp_code))
        return Later(f"The mail server asks to try later: {error.smtp_code} {text}", str(error.smtp_code))

    def _broken(self, error: Exception, late: bool, unsure: bool) -> Later:
        """Sort a connection that broke or hung."""
        if unsure:
            return Later("The mail server got the letter and did not say if it took it.", "unsure")
        if late or isinstance(error, TimeoutError):
            return Later(f"The mail server did not finish within {self.budget:g} seconds.", "timeout")
        if isinstance(error, ssl.SSLError):
            text = getattr(error, "verify_message", "") or error.reason or "no secure connection"
            return Later(f"The mail server's certificate cannot be trusted: {text}", "tls")
        return Later("The mail server closed the connection, or is none.", "closed")

    def _text(self, answer: bytes | str) -> str:
        """Make a server's words fit for a log: one line, short, without our password in any of its forms."""
        text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        if self.password:
            plain = f"\0{self.user}\0{self.password}".encode()
            for form in (self.password, base64.b64encode(self.password.encode()).decode(),
                         base64.b64encode(plain).decode()):
                text = text.replace(form, "***")
        return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:300]


def _expect(answer: tuple[int, Any], *codes: int) -> None:
    """Go on only if the server said one of these; half a number, or none, is a broken connection."""
    code, text = answer
    if not 200 <= code < 600:
        raise smtplib.SMTPServerDisconnected("no answer")
    if code not in codes:
        raise smtplib.SMTPResponseException(code, text)


def transport(url: str, maildir: Path, context: ssl.SSLContext | None = None) -> Transport:
    """Make the transport that a setting names.

    `url` is empty for a Maildir at `maildir`, or `smtp://user:password@host:port` (port 587 with a user, else
    25) or `smtps://...` (465). `?starttls=required|opportunistic|none`: with a password the default is
    required, else opportunistic. `context` replaces the system's list of trusted certificates. Raises
    ConfigError, which never shows the address, because a password may be in it.
    """
    if not url:
        return Maildir(maildir)
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        port = parts.port
    except ValueError:
        raise _misconfigured("It is no address.") from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/"):
        raise _misconfigured("It has to look like smtp://user:password@mail.example:587.")
    starttls = options.pop("starttls", "required" if parts.password else "opportunistic")
    if options or starttls not in {"required", "opportunistic", "none"}:
        raise _misconfigured("After the ? only starttls=required, opportunistic or none may stand.")
    user, tls = unquote(parts.username or ""), parts.scheme == "smtps"
    return Smtp(parts.hostname, port or (465 if tls else 587 if user else 25), user,
                unquote(parts.password or ""), tls, starttls, context or ssl.create_default_context())


def _misconfigured(what: str) -> ConfigError:
    """Name the setting, not its value."""
    return ConfigError([Problem("portal.yaml", 0, 0, "installation.mail.smtp",
                                f"This mail server cannot be used. {what}")])
