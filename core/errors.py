"""Expected failures: a code, a text for people, a hint for the admin, an HTTP status.

Everything else that is raised is a bug: the person gets an id, the trace stays in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class FieldError:
    """One mistake in what somebody sent.

    `path` is the JSON path of the field without the leading `$.` ("email", "lines.0.qty", "" for the
    whole), `message` says what to do, `code` is stable for programs ("required", "format", "taken" ...).
    """

    path: str
    message: str
    code: str = "invalid"


@dataclass(frozen=True)
class Problem:
    """One mistake in a configuration file, with its place and its cure.

    `line` and `column` count from 1; 0 means the place is the whole file. `code` tells kinds of mistake
    apart where programs have to.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""
    code: str = ""

    def __str__(self) -> str:
        """Read `portal.yaml:12:5 features.tickts: ... Did you mean 'tickets'?` in one line."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return " ".join(part for part in (place, f"{self.path}:" if self.path else "", self.message,
                                          self.hint) if part)


class ParlourError(Exception):
    """An expected failure. `str(error)` is a text for the person; `hint` is for the admin's eyes."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class NotFound(ParlourError):  # noqa: N818 - these are named after what the person meets
    """Not there, or not for this person: both look exactly the same."""

    code, status = "not_found", 404


class Refused(ParlourError):  # noqa: N818
    """The person may see this, but may not do that with it."""

    code, status = "refused", 403


class ReadOnly(Refused):
    """Somebody sees the portal with another's eyes: nothing can be written meanwhile."""

    code = "read_only"


class SignInNeeded(ParlourError):  # noqa: N818
    """Nobody is signed in and the page is for somebody."""

    code, status = "sign_in_needed", 401


class Invalid(ParlourError):  # noqa: N818
    """What was sent does not fit. `errors` holds every mistake found, each at its field."""

    code, status = "invalid", 422

    def __init__(self, errors: Sequence[FieldError], message: str = "", *, hint: str = "") -> None:
        super().__init__(message or (errors[0].message if errors else ""), hint=hint)
        self.errors = tuple(errors)


class Conflict(ParlourError):  # noqa: N818
    """Somebody else changed it in between, or its state does not allow this any more."""

    code, status = "conflict", 409


class Gone(ParlourError):  # noqa: N818
    """It was there once: a used, expired or withdrawn link."""

    code, status = "gone", 410


class TooLarge(ParlourError):  # noqa: N818
    """More bytes, parts or rows than the limit."""

    code, status = "too_large", 413


class TooMany(ParlourError):  # noqa: N818
    """Too many tries. `retry_after` is in seconds."""

    code, status = "too_many", 429

    def __init__(self, message: str = "", *, retry_after: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after

    @property
    def minutes(self) -> int:
        """How long to wait in whole minutes, for people: at least one."""
        return max(1, -(-self.retry_after // 60))


class Unavailable(ParlourError):  # noqa: N818
    """Something this needs is away for now; nothing was lost; trying again is right."""

    code, status = "unavailable", 503


class StorageFull(ParlourError):  # noqa: N818
    """No space left where it would be written."""

    code, status = "storage_full", 507


class ConfigError(ParlourError):
    """The configuration cannot be used. `problems` lists every mistake found, not just the first."""

    code, status = "config", 500

    def __init__(self, problems: Sequence[Problem], *, hint: str = "") -> None:
        super().__init__("\n".join(str(problem) for problem in problems), hint=hint)
        self.problems = tuple(problems)


class PluginError(ParlourError):
    """A plugin breaks the contract. Names the plugin, what it did, and what to change."""

    code, status = "plugin", 500


class NameTaken(PluginError):  # noqa: N818
    """A plugin uses a name that belongs to somebody else."""

    code = "name_taken"


class DoorError(ParlourError):
    """Code tried to reach tenant data without the door. Always a bug in that code."""

    code, status = "door", 500
