"""What somebody may not set from a page because it would lock them out themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.data import factors, scope
from core.errors import FieldError
from core.look.i18n import gettext as _
from core.web import networks, session


def against(tenants: Mapping[str, Any]) -> Sequence[FieldError]:
    """Say what of the settings, as they would be, keeps out whoever sets them.

    A file edited by hand is not asked: whoever can edit it can mend it.
    """
    who, here = scope.current(), session.address()
    settings = tenants.get(who.slug)
    if settings is None or who.person is None:
        return []
    found = []
    for name, needed in (("everybody", True), ("staff", who.person.is_staff)):
        chosen = settings.value(f"security.networks.{name}") or ()
        if needed and not networks.within(chosen, here):
            found.append(FieldError(f"security.networks.{name}", _(
                "You are at %(address)s, which is not in these networks: you would lock yourself out. Add it.",
                address=here), "lockout"))
    if "password" not in settings.value("security.methods") and not factors.passkeys(who.person.id):
        found.append(FieldError("security.methods", _(
            "Make a passkey of your own first: without passwords you could not sign in any more."), "lockout"))
    return found
