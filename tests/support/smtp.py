"""A real mail server on loopback that keeps every letter and answers as the test tells it."""

from __future__ import annotations

import asyncio
import email
import email.policy
import time
from collections import deque
from collections.abc import Callable
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """The letters that arrived, oldest first, and the answers still to give.

    `answers` holds replies for the next letters, such as "450 try later" or "550 no such person"; when it is
    empty the server says "250 OK". `hang` is how many seconds to wait before each answer.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.answers: deque[str] = deque()
        self.refused: list[EmailMessage] = []
        self.letters: list[EmailMessage] = []
        self.hang = 0.0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take one letter; aiosmtpd looks this method up by its name."""
        content = envelope.original_content or b""
        letter = email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.default)
        letter["X-Envelope-From"] = envelope.mail_from or "<>"
        letter["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        if self.hang:
            await asyncio.sleep(self.hang)
        answer = self.answers.popleft() if self.answers else "250 OK"
        (self.letters if answer.startswith("2") else self.refused).append(letter)
        return answer

    def to(self, address: str) -> list[EmailMessage]:
        """Give the letters whose envelope names this address."""
        return [letter for letter in self.letters if address in str(letter["X-Envelope-To"]).split(", ")]

    def wait(
        self, count: int = 1, seconds: float = 60, of: Callable[[EmailMessage], bool] | None = None
    ) -> list[EmailMessage]:
        """Wait until `count` letters (that `of` accepts) are there and give them.

        Raises AssertionError with the subjects that did come when the time is over.
        """
        end = time.monotonic() + seconds
        while True:
            found = [letter for letter in self.letters if of is None or of(letter)]
            if len(found) >= count:
                return found
            if time.monotonic() > end:
                subjects = [str(letter["Subject"]) for letter in self.letters]
                raise AssertionError(f"{len(found)} of {count} letters came in {seconds} s: {subjects}")
            time.sleep(0.02)


class MailServer:
    """The listener; `start` and `stop` let a test take the mail server away and bring it back."""

    def __init__(self, port: int) -> None:
        self.box = Mailbox(f"smtp://127.0.0.1:{port}")
        self._port = port
        self._controller: Controller | None = None

    def start(self) -> None:
        """Listen, at the same port each time."""
        if self._controller is None:
            self._controller = Controller(self.box, hostname="127.0.0.1", port=self._port)
            self._controller.start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def address(self) -> str:
        """The address for `installation.mail.smtp` or PARLOUR_SMTP."""
        return self.box.address

    @property
    def letters(self) -> list[EmailMessage]:
        """Every letter taken so far."""
        return self.box.letters

    @property
    def answers(self) -> deque[str]:
        """Replies for the next letters; see Mailbox."""
        return self.box.answers
