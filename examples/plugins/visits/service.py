"""The verbs of visits: the only place that writes them, each publishing what happened."""

from datetime import date, timedelta
from pathlib import Path

from parlour import (
    FieldError,
    Invalid,
    add,
    attach,
    change,
    conversation,
    current,
    find,
    forms,
    now,
    publish,
    transaction,
)
from parlour import gettext as _

FORMS = Path(__file__).parent / "forms"
ASK = forms.load(FORMS / "ask.yaml", id="visits.ask")
REPLY = forms.load(FORMS / "reply.yaml", id="visits.reply")
PLAN = forms.load(FORMS / "plan.yaml", id="visits.plan")


def my_company():
    """Give the company a customer asks for: the first of theirs; None for staff and for people without one."""
    person = current().me
    return person.memberships[0].company_id if person.memberships else None


def check_day(day):
    """Raise Invalid for a day that is earlier than the tenant's setting allows."""
    earliest = now().date() + timedelta(days=current().settings.features["visits"].settings["earliest_days"])
    if day and date.fromisoformat(day) < earliest:
        raise Invalid([FieldError("wished", _("Choose %(day)s or a later day.", day=earliest.isoformat()),
                                  "too_early")])


def ask(values, files=()):
    """Ask for a visit, with a first message where something was written."""
    check_day(values.get("wished"))
    with transaction():
        visit = add("visit", title=values["subject"], company=my_company(), person=current().me.id, state="asked",
                    category="open", body={"place": values["place"], "wished": values.get("wished") or ""})
        if values.get("body") or files:
            message = conversation.add_entry(visit, values.get("body") or "", origin=current().channel)
            attach.keep(visit, files, message=message)
        publish("visits.asked", visit)
    return find("visit", visit.number)


def ask_from(source):
    """Ask for a visit with what a program sent. Raises Invalid."""
    values = ASK.clean(source)
    return ask(values)


def reply(visit, body, files=(), *, internal=False):
    """Write about a visit: to everybody concerned, or a note for the team."""
    find("visit", visit.number, "note" if internal else "reply")
    with transaction():
        message = conversation.add_entry(visit, body, internal=internal, origin=current().channel)
        attach.keep(visit, files, message=message, internal=internal)
        if not internal:
            publish("visits.replied", visit, message=message.public_id)


def reply_from(visit, source):
    """Write about a visit with what a program sent. Raises Invalid."""
    reply(visit, REPLY.clean(source)["body"])


def plan(visit, day):
    """Fix the day of a visit; the customer is told."""
    with transaction():
        change("visit", visit.id, "plan", state="planned", category="in_progress", body={"planned": day})
        publish("visits.planned", visit)


def shape(visit):
    """Give what the API says about a visit beyond its record."""
    return {"place": visit.place, "wished": visit.wished or None, "planned": visit.planned or None}
