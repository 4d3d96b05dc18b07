"""What a password must be, and how it is kept: long, not everybody's, not one's own name; hashed slowly.

Length counts, not kinds of characters (NIST SP 800-63B, 3.1.1.2). The list of common ones ships with the portal,
so nothing is asked of anybody else.
"""

from __future__ import annotations

import gzip
import os
import re
import secrets
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw

from core.data import identity

CHEAP = os.environ.get("PARLOUR_TEST_CHEAP_HASH") == "1"
_hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1) if CHEAP else \
    PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_two_at_a_time = threading.BoundedSemaphore(2)
_nobody: list[str] = []

LONGEST = 256
"""Characters; more than anybody types, little enough to hash."""

_LIST = Path(__file__).with_name("common-passwords.gz")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl",
         "zxcvbnm", "yxcvbnm", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm")
_LOOKALIKES = str.maketrans("@4301!|5$78", "aaeoiilsstb")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_AGAIN = re.compile(r"(.+?)\1+")


@lru_cache(maxsize=1)
def common() -> frozenset[str]:
    """Give the passwords most often seen in leaks, in canonical form; read once, when first asked."""
    with gzip.open(_LIST, "rt", encoding="utf-8") as lines:
        return frozenset(line.rstrip("\n") for line in lines if not line.startswith("#"))


def plain(password: str) -> str:
    """Give a password as it is hashed: what looks the same on two keyboards is the same (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """Hash with argon2id at 19 MiB, t=2, p=1 (RFC 9106), at most two at a time in this process."""
    with _two_at_a_time:
        return _hasher.hash(plain(password))


def check_password(stored: str | None, password: str) -> bool:
    """Compare a password with its hash; nobody's password takes just as long and is always wrong."""
    with _two_at_a_time:
        if not _nobody:
            _nobody.append(_hasher.hash(secrets.token_hex(16)))
        try:
            return _hasher.verify(stored or _nobody[0], plain(password)) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False


def stretch(code: str, salt: str) -> str:
    """Hash a short random code as slowly as a password, with a salt of its own that makes it comparable."""
    with _two_at_a_time:
        return hash_secret_raw(code.encode(), salt.encode(), time_cost=_hasher.time_cost,
                               memory_cost=_hasher.memory_cost, parallelism=1, hash_len=16, type=Type.ID).hex()


def weakness(password: str, least: int, about: Iterable[str | None] = ()) -> str:
    """Say what is wrong with a chosen password: "length", "longest", "common", "own", or "" where it is fine.

    `about` are words it must not be, whatever stands around them: names and addresses of the person, the portal.
    """
    if len(plain(password)) < least:
        return "length"
    if len(password) > LONGEST:
        return "longest"
    shapes = set(_shapes(password))
    if shapes & set(_own(about)):
        return "own"
    if len(set(identity.key(password))) < 4 or shapes & common() or any(_in_a_row(shape) for shape in shapes):
        return "common"
    return ""


def _shapes(password: str) -> Iterator[str]:
    """Give what a password comes down to: as it is, without what stands around it, its letters spelt out."""
    whole = identity.key(password)
    for text in {whole, whole.replace(" ", "")}:
        for spelt in {text, text.translate(_LOOKALIKES)}:
            once = _AGAIN.fullmatch(spelt)
            for shape in {spelt, _EDGES.sub("", spelt), once[1] if once else spelt}:
                if len(shape) >= 4:
                    yield shape
    core = _EDGES.sub("", whole)
    if len(core) >= 4:
        yield core.translate(_LOOKALIKES)


def _own(about: Iterable[str | None]) -> Iterator[str]:
    for word in about:
        whole = identity.key(word or "")
        local, _at, domain = whole.rpartition("@")
        for text in (whole, whole.replace(" ", ""), local, domain, domain.partition(".")[0], *whole.split()):
            if len(text) >= 4:
                yield text


def _in_a_row(shape: str) -> bool:
    """Say whether it only walks along the alphabet or a keyboard, in either direction."""
    return any(shape in way or shape in way[::-1] for way in _ROWS)
