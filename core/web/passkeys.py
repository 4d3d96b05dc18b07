"""Passkeys (W3C Web Authentication, level 2): what a browser is asked, and whether its answer is right.

A passkey belongs to one host: the one of the tenant's public address. Each question is ours, asked a moment ago,
and good for one answer. The person is always verified by their device (a finger, a PIN), so that a passkey alone
is two proofs in one. Without the extra `passkeys` none is offered.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from flask import request

from core.data import factors, people, scope
from core.errors import FieldError, Invalid, NotFound
from core.look.i18n import gettext as _
from core.web import networks

AVAILABLE = find_spec("webauthn") is not None
"""Whether the extra `passkeys` is installed."""

LONGEST = 20_000
"""Characters of an answer; real ones have about two thousand."""

TRANSPORTS = frozenset({"usb", "nfc", "ble", "internal", "hybrid", "smart-card", "cable"})


@cache
def _library() -> Any:
    """Load the library when a passkey is first asked for: it weighs ten megabytes and a sixth of a start."""
    return import_module("webauthn")


def _bytes(text: str) -> bytes:
    found: bytes = _library().helpers.base64url_to_bytes(text)
    return found


def _text(data: bytes) -> str:
    found: str = _library().helpers.bytes_to_base64url(data)
    return found


def _mistakes() -> tuple[type[Exception], ...]:
    """Name what is raised where an answer is not right."""
    return (_library().helpers.exceptions.WebAuthnException, ValueError, TypeError, KeyError, AttributeError)


def _host() -> str:
    return urlsplit(str(scope.current().settings.url)).hostname or ""


def possible() -> bool:
    """Say whether passkeys can work here at all: installed, and asked for on the tenant's own host."""
    return AVAILABLE and urlsplit(f"//{request.host}").hostname == _host()


def offered() -> bool:
    """Say whether people sign in with passkeys alone here, and make new ones: possible and wanted."""
    return possible() and "passkey" in scope.current().settings.value("security.methods")


def need(*, alone: bool = True) -> None:
    """Raise NotFound where passkeys are not offered; not `alone`, where they cannot even be a second step."""
    if not (offered() if alone else possible()):
        raise NotFound


def _origin() -> str:
    return f"{urlsplit(str(scope.current().settings.url)).scheme}://{request.host}"


# Asking


def ask_new(person: Any) -> dict[str, Any]:
    """Give what the browser of `person` (a row) is asked to make a passkey of theirs."""
    words = _library().helpers.structs
    options = _library().generate_registration_options(
        rp_id=_host(), rp_name=scope.current().settings.name, user_id=person.public_id.encode(),
        user_name=person.email or person.login or person.name, user_display_name=person.name,
        challenge=factors.challenge(f"new:{person.id}").encode(),
        authenticator_selection=words.AuthenticatorSelectionCriteria(
            resident_key=words.ResidentKeyRequirement.REQUIRED,
            user_verification=words.UserVerificationRequirement.REQUIRED),
        exclude_credentials=_descriptors(person.id))
    return _plain(options)


def ask_known(purpose: str, person_id: int | None = None) -> dict[str, Any]:
    """Give what a browser is asked to sign in with: any passkey of this host, or one of somebody's.

    `purpose` is "sign-in", "step" or "confirm": an answer to one is none to another.
    """
    options = _library().generate_authentication_options(
        rp_id=_host(), challenge=factors.challenge(f"{purpose}:{person_id or ''}").encode(),
        allow_credentials=_descriptors(person_id) if person_id else [],
        user_verification=_library().helpers.structs.UserVerificationRequirement.REQUIRED)
    return _plain(options)


def _descriptors(person_id: int) -> list[Any]:
    describe = _library().helpers.structs.PublicKeyCredentialDescriptor
    return [describe(id=_bytes(one.credential)) for one in factors.passkeys(person_id)]


def _plain(options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_library().options_to_json(options))
    return found


# Checking


@dataclass(frozen=True)
class _Answer:
    """What a browser sent, and the question it answers."""

    sent: dict[str, Any]
    credential: str
    challenge: str


def _answer(text: str) -> _Answer:
    """Read an answer. Raises Invalid for what cannot be one."""
    try:
        sent = json.loads(text[:LONGEST])
        said = json.loads(_bytes(sent["response"]["clientDataJSON"]))
        return _Answer(sent, _text(_bytes(sent["id"])),
                       _bytes(said["challenge"]).decode("ascii"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _wrong() from error


def _wrong() -> Invalid:
    return Invalid([FieldError("passkey", _("That passkey did not work here. Try again, or use another way."),
                               "passkey")])


def read_new(person: Any, text: str) -> dict[str, Any]:
    """Give the passkey a browser has made for `person` (a row), as `factors.add_passkey` takes it.

    Raises Invalid where the answer is not right.
    """
    answer = _answer(text)
    if not factors.take_challenge(f"new:{person.id}", answer.challenge):
        raise _wrong()
    try:
        made = _library().verify_registration_response(
            credential=answer.sent, expected_challenge=answer.challenge.encode(), expected_rp_id=_host(),
            expected_origin=_origin(), require_user_verification=True)
        return {"credential": _text(made.credential_id), "counter": made.sign_count,
                "public_key": _text(made.credential_public_key),
                "transports": _transports(answer.sent)}
    except _mistakes() as error:
        raise _wrong() from error


def _transports(sent: dict[str, Any]) -> list[str]:
    named = sent["response"].get("transports")
    return [one for one in named if one in TRANSPORTS] if isinstance(named, list) else []


def prove(purpose: str, text: str, person_id: int | None = None) -> Any:
    """Give the row of whoever's passkey answered. Raises Invalid for any answer that is not right.

    `person_id` is whose passkey it has to be, where that is known.
    """
    answer = _answer(text)
    if not factors.take_challenge(f"{purpose}:{person_id or ''}", answer.challenge):
        raise _wrong()
    kept = factors.passkey(answer.credential)
    if kept is None or (person_id is not None and kept.person_id != person_id):
        raise _wrong()
    try:
        seen = _library().verify_authentication_response(
            credential=answer.sent, expected_challenge=answer.challenge.encode(), expected_rp_id=_host(),
            expected_origin=_origin(), credential_public_key=_bytes(kept.public_key),
            credential_current_sign_count=kept.counter, require_user_verification=True)
    except _mistakes() as error:
        raise _wrong() from error
    row = next(iter(people.people([kept.person_id], active=True)), None)
    if row is None or not networks.admitted(scope.current(), people.who(row)):
        raise _wrong()
    handle = answer.sent["response"].get("userHandle")
    if (handle and handle != _text(row.public_id.encode())) \
            or not factors.answered(kept.id, seen.new_sign_count):
        raise _wrong()
    return row
