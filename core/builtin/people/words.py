"""What roles and acts are called, for people."""

from parlour import gettext as _


def customer_roles() -> dict[str, str]:
    """Say what customers can be in a company."""
    return {"user": _("own requests"), "company_user": _("the whole company"),
            "company_admin": _("company admin")}


def staff_roles() -> dict[str, str]:
    """Say what people of the tenant itself can be."""
    return {"agent": _("agent"), "admin": _("admin")}


def acts() -> dict[str, str]:
    """Say what was done, by the name under which it is written down."""
    return {
        "person.created": _("added a person"), "person.invited": _("invited somebody"),
        "person.invitation_withdrawn": _("withdrew an invitation"), "person.accepted": _("accepted an invitation"),
        "person.registered": _("registered"), "person.changed": _("changed details"),
        "person.email_changed": _("changed an e-mail address"), "person.role_changed": _("changed a role"),
        "person.joined": _("put somebody into a company"), "person.left": _("took somebody out of a company"),
        "person.activated": _("let somebody in again"), "person.deactivated": _("locked somebody out"),
        "person.password_set": _("gave somebody a password"), "person.password_reset": _("reset their password"),
        "person.password_changed": _("changed their password"), "person.session_ended": _("ended a session"),
        "person.sessions_ended": _("ended sessions"), "person.removed": _("removed somebody from the portal"),
        "announcement.removed": _("removed an announcement"),
        "company.created": _("added a company"), "company.changed": _("changed a company"),
        "company.activated": _("switched a company on"), "company.deactivated": _("switched a company off"),
        "team.changed": _("changed a team"), "token.created": _("made an API key"),
        "config.changed": _("changed settings"),
    }


def channels() -> dict[str, str]:
    """Say by which way something was done."""
    return {"page": _("a page"), "api": _("the API"), "mail": _("e-mail"), "job": _("by itself"),
            "command": _("the command line")}
