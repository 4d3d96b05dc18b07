"""Letting somebody in: a second step where it is asked for, the session, a letter where the device is new."""

from typing import Any

from parlour import (
    arrivals,
    credentials,
    entrance,
    factors,
    language,
    letters,
    people,
    session,
    transaction,
)

CODE = "/sign-in/code"


def enter(row: Any, how: str, target: str, *, strong: bool = False) -> str:
    """Let somebody in who gave one proof, or ask for the second; give where to go on.

    `how` names the proof; `strong` says that it was two in one, as a passkey is.
    """
    with transaction():
        if strong or not row.two_factor:
            return _open(row, how, target)
        if entrance.is_remembered(row.id):
            return _open(row, f"{how}+remembered", target)
        attempt = arrivals.note(row.id, ok=False, how="half", **entrance.trace())
        entrance.half_in(row.id, target, how, attempt)
    return CODE


def finish(row: Any, how: str, *, remember: bool) -> str:
    """Take the second step for good; give where to go on. Raises Gone where another answer was faster."""
    with transaction():
        step = entrance.take_step()
        known = arrivals.known_device(row.id, **entrance.trace())
        if remember and entrance.days():
            entrance.remember(row.id)
        if how == "recovery":
            tell(row.id, "recovery-used", left=factors.of(row.id).codes)
        return _open(row, f"{step.data['how']}+{how}", step.data["next"], step.data["attempt"], known=known)


def _open(row: Any, how: str, target: str, attempt: int | None = None, *, known: bool = False) -> str:
    browser, trace = entrance.mark_browser(), entrance.trace()
    if not (known or arrivals.known_device(row.id, **trace)):
        letters.send("signin/mail/new-place", person=row.id, link=letters.Link("/account/security"), address="",
                     place=trace["address"], device=entrance.device(trace["agent"]))
    if attempt is None:
        arrivals.note(row.id, ok=True, how=how, **trace)
    else:
        arrivals.complete(attempt, how, browser)
    credentials.revoke_all(row.id, "reset")
    if not row.language:  # what they read now is what mail speaks to them, until they say otherwise
        people.change_person(row.id, language=language.current())
    session.start(row.id)
    return target


def tell(person_id: int, what: str, **about: Any) -> None:
    """Write to somebody about their own security; such a letter goes out whatever was chosen."""
    letters.send("account/mail/security", person=person_id, link=letters.Link("/account/security"), what=what,
                 **about)
