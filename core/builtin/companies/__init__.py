"""Companies: the customers of a tenant, for staff, for their own admins, and for the people who belong to them."""

from flask import Blueprint

from parlour import N_, Mail, hook

from . import book, details, listing, look, members, mine, page, place, seeing, uniting


@hook
def routes() -> list[Blueprint]:
    """Give the pages of companies."""
    return [one.blueprint for one in (place, mine, details, book, listing, page, members, seeing, look, uniting)]


@hook
def mails() -> tuple[Mail, ...]:
    """Give the letters admins may word."""
    values = {"company": N_("Around the Horn"), "by": N_("Maria Anders")}
    return (Mail("companies.changed", "companies/mail/member", N_("What they see of their company has changed"),
                 values, when={"what": "changed"}),
            Mail("companies.left", "companies/mail/member", N_("They no longer belong to a company"), values,
                 when={"what": "left"}))
