"""What can be done to many companies at once."""

from collections.abc import Mapping
from typing import Any

from parlour import N_, Act, people
from parlour import gettext as _

Values = Mapping[str, Any]


def _switch(row: Any, on: bool) -> Values | None:
    if row.active == on:
        return None
    people.change_company(row.id, active=on)
    return {"active": not on}


def _put(row: Any, before: Values) -> None:
    _switch(row, before["active"])


ACTS = (
    Act("companies.on", N_("Switch on"), "company", "people.manage", lambda row, _v: _switch(row, True),
        lambda _v: _("Their people can sign in."), undo=_put,
        check=lambda row, _v: _("Is on already.") if row.active else "", order=10),
    Act("companies.off", N_("Switch off"), "company", "people.manage", lambda row, _v: _switch(row, False),
        lambda _v: _("Their people cannot sign in, from their next click on. Everything stays."),
        undo=_put,
        check=lambda row, _v: "" if row.active else _("Is off already."), order=20))
