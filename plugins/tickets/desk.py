"""What staff meet: the inbox with its queues and filters, the desk beside a ticket, notes."""

from flask import Blueprint, request

import parlour
from parlour import current, find, paging, redirect, render, requires

from . import asking, changes, detail, lists, service, states, views

blueprint = Blueprint("tickets_desk", __name__)


@blueprint.get("/inbox")
@requires("tickets.assign")
def inbox():
    """Show a queue, narrowed by filters and words; a search looks through everything."""
    policy, text = states.policy(), request.args.get("q", "").strip()
    mine = parlour.people.my_teams(current().me.id)
    queues, filters, counts = lists.queues(mine), lists.filters(policy), lists.counts(mine)
    view = request.args.get("view", "")
    view = view if view in queues else "open" if text else "unassigned"
    wanted = {name: values[request.args[name]] for name, (_words, values) in filters.items()
              if request.args.get(name) in values}
    chosen = [(filters[name][0], words, paging.address(**{name: ""})) for name, (words, _) in wanted.items()]
    terms = [term for _words, term in wanted.values()]
    terms += [queues[view][1]] if not text or "view" in request.args else []
    page = lists.search(text, *terms) if text or chosen else lists.page((view, tuple(mine)), *terms)
    return render(
        "tickets/inbox.html", block="results", page=page, text=text, view=view,
        queues=[(words, paging.address(view=key), key == view and ("view" in request.args or not text),
                            getattr(counts, key, None)) for key, (words, _term) in queues.items()],
        filters=filters, chosen=chosen, **detail.common(), address=paging.address, args=request.args,
        cleared=paging.address(**dict.fromkeys(filters, ""), q=""),
        mistakes=asking.mistakes(policy) if current().me.role == "admin" else ())


@blueprint.post("/tickets/<number>/note")
@requires("tickets.note")
def note(number):
    """Write a note for the team."""
    return views.write(number, service.note, "note", "note_error")


@blueprint.post("/tickets/<number>/desk")
@requires("tickets.assign")
def turn(number):
    """Assign, hand over, set status, priority, deadline, category, cause or solution: whatever the form holds."""
    ticket = find("ticket", number, "assign")
    try:
        form = asking.change_form(states.policy(), ticket.topic, staff=True)
        changes.work(ticket, form.clean(request.form, partial=True))
    except parlour.Invalid as error:
        return detail.show(ticket, status=422, wrong=error.errors[0].message)
    except parlour.Conflict as error:
        return detail.show(find("ticket", number), status=409, wrong=str(error))
    return redirect(detail.path(ticket), stay=True)


def waiting():
    """Draw the card of the home page that says what waits for a member of staff."""
    if not current().is_staff:
        return None
    rows = lists.newest("waiting", lists.OPEN, lists.is_mine() | lists.nobodys())
    return parlour.piece("tickets/waiting.html", rows=rows, counts=lists.counts(), **detail.common())
