"""What people agree to here, in whose words: news by e-mail, messages by SMS."""

from __future__ import annotations

from typing import Any

from core.data import consents, scope
from core.look.i18n import gettext


def wording(purpose: str) -> str:
    """Give the sentence people agree to here, in their language."""
    said = scope.current().settings.value(f"features.notifications.wording.{purpose}")
    name = scope.current().settings.name
    if said:
        return str(said)
    return gettext("Send me news from %(name)s by e-mail.", name=name) if purpose == "mail" else \
        gettext("Send me messages from %(name)s by SMS.", name=name)


def asked() -> list[tuple[str, str]]:
    """Give what this tenant asks consent for, each with its sentence."""
    offered = scope.current().settings.value("features.notifications.consent") or ()
    return [(purpose, wording(purpose)) for purpose in consents.PURPOSES if purpose in offered]


def agree(person_id: int, purpose: str, *, yes: bool, source: str, address: str = "", said: str = "") -> bool:
    """Write down that somebody agrees to `purpose` ("mail", "sms"), or no more; False where it is as it was.

    `source` says where ("account", "registration", "mail", "staff"), `address` from which network address, which
    is shortened; `said` is the sentence they read where it is not today's.
    """
    return consents.say(person_id, purpose, yes=yes, source=source, wording=said or wording(purpose),
                        address=address)


def agreed(row: Any, purpose: str) -> bool:
    """Say whether a person (a row) agrees to `purpose`."""
    return consents.given(row, purpose)


def agreements(person_id: int) -> list[Any]:
    """Give what somebody agreed to and took back, newest first.

    Each has purpose, given, source, wording, version, network (shortened) and created.
    """
    return consents.log(person_id)
