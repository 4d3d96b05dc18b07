"""What somebody left in the portal: the records that are theirs or that they wrote on, through the door."""

from __future__ import annotations

from typing import Any

from peewee import fn

from core.data import scope
from core.data.access import anything, sees_notes
from core.data.conversation import Message
from core.data.db import door
from core.data.records import RECORD, Record, label, page_of


def records(person_id: int) -> Any:
    """Give a query over the records of somebody, or with words of theirs, that whoever asks may see.

    What they wrote as notes counts for those who may read notes of that kind.
    """
    who = scope.current()
    noted = [kind.name for kind in who.registry.kinds.values() if sees_notes(kind)]
    wrote = door(Message.select(Message.id), Message).where(
        Message.tenant == who.tenant_id, Message.record == Record.id, Message.author == person_id,
        (Message.internal == False) | Record.kind.in_(noted))  # noqa: E712 - an SQL expression
    return anything("view", *RECORD).where((Record.person == person_id) | fn.EXISTS(wrote))


def named(row: Any) -> tuple[str, str, str]:
    """Give a record's label, address and mark ("ticket/TKT-001") as lists show them."""
    kind = scope.current().registry.kinds[row.kind]
    name = label(kind, row.number)
    return name, page_of(kind, row.number), f"{kind.name}/{name}"
