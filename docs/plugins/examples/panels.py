"""A card on the home page: HTML of the plugin's own, or None where there is nothing to say."""

from markupsafe import Markup

from parlour import N_, Panel, hook
from parlour import gettext as _


def card():
    return Markup("<h2>{}</h2><p>{}</p>").format(_("Tip of the day"), _("Search finds words inside files' names."))


@hook
def panels():
    return [Panel("example_panels.tip", N_("Tip of the day"), "example_panels.view", card, order=90)]
