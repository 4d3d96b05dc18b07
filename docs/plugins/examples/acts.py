"""Something that can be done to many records at once, in the background, and taken back."""

from parlour import N_, Act, change, hook
from parlour import gettext as _


def call(row, values):
    if row.category == "closed":
        return None
    before = {"category": row.category}
    change("ticket", row.id, "view", category="closed")
    return before


def undo(row, before):
    change("ticket", row.id, "view", category=before["category"])


@hook
def acts():
    return [Act("example_acts.shelve", N_("Put on the shelf"), "ticket", "example_acts.shelve", call,
                says=lambda values: _("They are closed without a word."), undo=undo)]
