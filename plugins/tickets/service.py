"""The verbs of tickets: the only place that writes them, each publishing what happened."""

from pathlib import Path

from parlour import (
    add,
    attach,
    conversation,
    current,
    find,
    forms,
    publish,
    transaction,
)

FOLDER = Path(__file__).parent
NEW = forms.load(FOLDER / "forms" / "new.yaml", id="tickets.new")
REPLY = forms.load(FOLDER / "forms" / "reply.yaml", id="tickets.reply")


def my_company() -> int | None:
    """Give the company a customer writes for: the first of theirs."""
    person = current().me
    return person.memberships[0].company_id if person.memberships else None


def open_ticket(values, files=()):
    """Open a ticket with its first message, and say so."""
    who = current()
    with transaction():
        ticket = add("ticket", title=values["subject"], company=my_company(), person=who.me.id, state="open",
                     body={"topic": values.get("category", ""), "origin": who.channel})
        message = conversation.add_entry(ticket, values["body"], origin=who.channel)
        attach.keep(ticket, files, message=message)
        publish("tickets.opened", ticket)
    return find("ticket", ticket.number)


def open_from(source):
    """Open a ticket from what a program sent. Raises Invalid."""
    return open_ticket(NEW.clean(source))


def reply(ticket, body, files=()):
    """Answer publicly: the customer sees it, everybody concerned is told."""
    find("ticket", ticket.number, "reply")
    with transaction():
        message = conversation.add_entry(ticket, body, origin=current().channel)
        attach.keep(ticket, files, message=message)
        publish("tickets.replied", ticket, message=message.public_id)


def reply_from(ticket, source):
    """Answer with what a program sent. Raises Invalid."""
    reply(ticket, REPLY.clean(source)["body"])


def note(ticket, body, files=()):
    """Write an internal note: only staff ever sees it or hears of it."""
    find("ticket", ticket.number, "note")
    with transaction():
        message = conversation.add_entry(ticket, body, internal=True)
        attach.keep(ticket, files, message=message, internal=True)
        publish("tickets.noted", ticket, message=message.public_id)


def shape(ticket):
    """Give what the API says about a ticket beyond its record."""
    return {"topic": ticket.topic, "priority": ticket.priority, "origin": ticket.origin}
