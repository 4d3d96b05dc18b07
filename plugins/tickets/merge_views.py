"""The page where staff makes one request of two: choose the other, look at what comes of it, merge."""

from flask import Blueprint, request

import parlour
from parlour import Record, conversation, find, late, ngettext, redirect, render, requires
from parlour import gettext as _

from . import detail, lists, merging
from .models import Ticket

blueprint = Blueprint("tickets_merge", __name__)


@blueprint.get("/tickets/<number>/merge")
@requires("tickets.merge")
def choose(number):
    """Offer requests that may be the same, look for others, and show what merging one of them does."""
    return _draw(find("ticket", number, "merge"), request.args.get("other", "").strip())


@blueprint.post("/tickets/<number>/merge")
@requires("tickets.merge")
def merge(number):
    """Merge the other into this one."""
    target = find("ticket", number, "merge")
    typed = request.form.get("other", "")
    try:
        source = find("ticket", typed, "merge")
        landed = merging.merge(target, source, request.form.get("mark", ""), show=request.form.get("show") == "on")
    except parlour.Conflict as error:
        return _draw(target, typed, status=409, wrong=str(error))
    return redirect(detail.path(landed), message=_("%(number)s is part of this request now.",
                                                   number=merging.number(source)))


def _draw(ticket, typed, *, status=200, wrong=""):
    plan, found = None, ()
    if typed:
        try:
            plan = merging.plan(ticket, find("ticket", typed, "merge"))
        except (parlour.NotFound, parlour.Refused):
            found = [row for row in lists.search(typed).rows if row.id != ticket.id]
            wrong = wrong or ("" if found else _("Nothing here fits “%(what)s”. Try its number.", what=typed))
        except parlour.Conflict as error:
            wrong = wrong or str(error)
    return render("tickets/merge.html", block="merge", status=status, ticket=ticket, plan=plan, found=found,
                  typed=typed, wrong=wrong, near=() if plan or found else _near(ticket),
                  gained=_some(plan.readers.gained + plan.readers.team) if plan else "",
                  lost=_some(plan.readers.lost) if plan else "", entries=_together(plan) if plan else (),
                  number=merging.number(ticket), **detail.common())


def _some(names, most=6):
    """Write names, the first few of many."""
    more = len(names) - most
    return ", ".join(names[:most]) + (ngettext(" and %(num)s other", " and %(num)s others", more)
                                      if more > 0 else "")


def _near(ticket):
    """Give open requests of the same person, else of the same company: likely the same matter."""
    owner = Record.person if ticket.person_id else Record.company
    return parlour.listed("ticket", ("near", owner.name), lambda query: lists.latest(query.where(
        owner == late("owner", 0), Record.id != late("this", 0), Ticket.merged.is_null(), lists.OPEN), 8),
        action="merge", columns=lists.columns, this=ticket.id, reader=parlour.current().me.id,
        owner=ticket.person_id or ticket.company_id or 0)


def _together(plan):
    """Give both conversations in time order, the last of them: (entry, whether it comes from the other)."""
    noted = parlour.sees_notes(detail.kind())
    both = [(entry, ticket is plan.source) for ticket in (plan.target, plan.source)
            for entry in conversation.entries(ticket, internal=noted) if entry.kind == "message"]
    return sorted(both, key=lambda pair: pair[0].created)[-12:]
