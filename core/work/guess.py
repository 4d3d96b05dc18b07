"""What a table that somebody brought is written in, and which of its columns is probably what."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "windows-1252", "windows-1256", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1")
"""What a table may be written in, beside what its byte order mark says."""

HEAD = 64 * 1024
"""Bytes that are enough to tell what parts the columns."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "fullname", "displayname", "contactname", "contact", "person", "vollername",
             "ansprechpartner", "kontakt", "kontaktname", "الاسم", "الاسمالكامل", "اسم"),
    "email": ("email", "mail", "emailaddress", "mailaddress", "emailadresse", "mailadresse", "البريدالإلكتروني",
              "البريد", "بريد", "ايميل"),
    "login": ("login", "username", "user", "userid", "signinname", "account", "benutzername", "benutzer",
              "anmeldename", "kennung", "اسمالمستخدم"),
    "role": ("role", "rolle", "function", "funktion", "rights", "rechte", "الدور", "الصلاحية"),
    "company": ("company", "companyname", "organisation", "organization", "account", "customer", "client",
                "firma", "firmenname", "unternehmen", "kunde", "kundenname", "الشركة", "اسمالشركة", "المؤسسة"),
    "identifier": ("identifier", "customerid", "companyid", "customernumber", "customerno", "kundennummer",
                   "kundennr", "kundenid", "kennung", "kürzel", "slug", "code", "رقمالعميل", "المعرف"),
    "language": ("language", "locale", "sprache", "lang", "اللغة"),
    "active": ("active", "enabled", "aktiv", "status", "نشط", "مفعل"),
    "created": ("created", "createdat", "creationdate", "since", "date", "erstellt", "erstelltam", "angelegt",
                "angelegtam", "seit", "datum", "تاريخالإنشاء", "التاريخ"),
    "own_only": ("ownonly", "ownrequestsonly", "nureigene"),
    "subject": ("subject", "title", "summary", "topic", "betreff", "titel", "thema", "الموضوع", "العنوان"),
    "title": ("title", "subject", "headline", "name", "titel", "überschrift", "betreff", "العنوان"),
    "body": ("body", "description", "text", "message", "content", "details", "beschreibung", "nachricht",
             "inhalt", "الوصف", "النص", "الرسالة"),
    "requester": ("requester", "reporter", "customeremail", "from", "author", "createdby", "anfragesteller",
                  "melder", "von", "مقدمالطلب"),
    "assignee": ("assignee", "assignedto", "owner", "agent", "zugewiesen", "bearbeiter", "zuständig", "المسؤول"),
    "status": ("status", "state", "zustand", "الحالة"),
    "priority": ("priority", "urgency", "priorität", "dringlichkeit", "الأولوية"),
    "category": ("category", "type", "kategorie", "art", "الفئة", "التصنيف"),
    "key": ("key", "schlüssel", "المفتاح")}
"""Words above columns in English, German and Arabic, without blanks and signs, by the field they mean."""


def plain(word: str) -> str:
    """Write what stands above a column as it is compared: letters and digits, folded."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    return re.sub(r"[\W_]+", "", folded)


def encoding(path: Path) -> str:
    """Say what a file is written in: "" where its byte order mark says it, UTF-8 where all of it is."""
    with path.open("rb") as handle:
        head = handle.read(HEAD)
        if head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return ""
        if head.count(0) > len(head) // 8:
            return "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            piece = head
            while piece:
                decoder.decode(piece)
                piece = handle.read(HEAD)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "windows-1252"
    return "utf-8"


def delimiter(path: Path, written: str) -> str:
    """Say what parts the columns: what gives most rows as many cells as the first one, and more than one."""
    with path.open("rb") as handle:
        head = handle.read(HEAD)
    marked = next((name for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
                                           (codecs.BOM_UTF16_BE, "utf-16")) if head.startswith(mark)), "")
    text = head.decode(marked or written or "utf-8", errors="replace")
    return max(DELIMITERS, key=lambda sign: _fits(text, sign))


def _fits(text: str, sign: str) -> tuple[float, int]:
    try:
        rows = list(itertools.islice((row for row in csv.reader(io.StringIO(text), delimiter=sign) if row), 30))
    except csv.Error:
        return 0, 0
    if not rows or len(rows[0]) < 2:
        return 0, 0
    alike = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
    return alike, len(rows[0])


def columns(given: Sequence[str], fields: Iterable[tuple[str, Sequence[str]]]) -> dict[str, str]:
    """Say which column is probably what: field to column. `fields` are names with their words, dearest first."""
    known = {plain(column): column for column in reversed(given)}
    found: dict[str, str] = {}
    wanted = [(name, [plain(word) for word in words]) for name, words in fields]
    for rank in range(max((len(words) for _name, words in wanted), default=0)):
        for name, words in wanted:
            column = known.get(words[rank]) if rank < len(words) and name not in found else None
            if column is not None and column not in found.values():
                found[name] = column
    return found
