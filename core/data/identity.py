"""What makes two names or addresses one, which ones nobody may have, and what counts as one network."""

from __future__ import annotations

import ipaddress
import re
import unicodedata

from core.errors import FieldError, Invalid


def N_(text: str) -> str:  # noqa: N802 - the name that the extraction of texts looks for
    """Mark a text for translation, which happens where it is shown."""
    return text


_EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,189}")
_LOGIN = re.compile(r"[\w.+-]{2,64}")
UNSEEN = N_("There are characters in it that nobody can see. Type it anew.")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of text: in a name they could make it read as another one."""


def key(text: str) -> str:
    """Give the canonical form of a name or an address: NFKC, case folded, blanks and final dots off.

    Two that people would take for one are one: full-width letters, other case, a trailing dot (UAX 15, 31).
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split()).strip().rstrip(".")


def email_key(address: str) -> str:
    """Give the canonical form of an e-mail address or a sign-in name.

    The part before the @ is compared folded, too; an international domain is the same in both its spellings.
    What follows a + makes another address: whose mailbox it is, its verification mail finds out.
    """
    plain = key(address).replace(" ", "")
    local, at, domain = plain.rpartition("@")
    if not at or domain.isascii():
        return plain
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return plain


def _clean(text: str, field: str) -> str:
    if any(unicodedata.category(char) in _HIDDEN for char in text):
        raise Invalid([FieldError(field, UNSEEN, "characters")])
    return unicodedata.normalize("NFKC", text).strip()


def email(address: str, field: str = "email") -> str:
    """Give an e-mail address as it is stored. Raises Invalid for what cannot be one."""
    plain = _clean(address, field).rstrip(".")
    if not _EMAIL.fullmatch(plain) or len(plain) > 254:
        raise Invalid([FieldError(field, N_("Enter an e-mail address like name@example.com."), "format")])
    return plain


def login(name: str, field: str = "login") -> str:
    """Give a sign-in name as it is stored; it can never look like somebody's e-mail address. Raises Invalid."""
    plain = _clean(name, field)
    if not _LOGIN.fullmatch(plain) or plain.endswith("."):
        raise Invalid([FieldError(
            field, N_("A sign-in name has 2 to 64 letters, digits, dots, + or -, and no blank."), "format")])
    return plain


def name(text: str, field: str = "name") -> str:
    """Give a person's or company's name as it is stored. Raises Invalid for an empty or disguised one."""
    plain = " ".join(text.split())
    if not plain or len(plain) > 200:
        raise Invalid([FieldError(field, N_("Enter a name of up to 200 characters."), "required")])
    if any(char in _TURNS or unicodedata.category(char) in ("Cc", "Cs") for char in plain):
        raise Invalid([FieldError(field, UNSEEN, "characters")])
    return plain


def network(address: str) -> str:
    """Give the network an address belongs to, for limits: /24 of IPv4, /64 of IPv6; the text itself otherwise."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None)
    found = mapped or parsed
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 64}", strict=False))
