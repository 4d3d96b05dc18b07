"""What staff does to many invoices at once."""

from parlour import N_, Act
from parlour import gettext as _

from . import reminders
from .models import INVOICE


def _settled(row, _values):
    return "" if row.open > 0 and row.sort == INVOICE else _("Nothing is open.")


def _remind(row, _values):
    reminders.remind(row.number)


def acts():
    """Give the acts."""
    return [Act("invoices.remind", N_("Send a reminder"), "invoice", "invoices.create", _remind,
                lambda _values: _("Their customers get a reminder by e-mail now."), check=_settled)]
