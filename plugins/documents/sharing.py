"""For whom a document is and until when: what staff chose, as the door reads it, and in words."""

from datetime import datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from parlour import FieldError, Invalid, current, ngettext, now, people
from parlour import gettext as _

from .models import EXPIRED, SHARED, TEAM, moment, seconds

AUDIENCES = {TEAM: "staff", "person": "private", "company": "company", "customers": "customers",
             "public": "public"}
"""What staff can choose, and which audience of a record it is."""

FEW = 5
DAY = timedelta(days=1)


def choices():
    """Give what staff can choose from, in words."""
    words = {TEAM: _("Only our team"), "person": _("One person"), "company": _("Whole companies"),
             "customers": _("All customers"), "public": _("Everybody, signed in or not")}
    if current().settings.features["documents"].settings.get("audience") != "public":
        del words["public"]
    return words


def over(expires):
    """Say whether the last day of a document is over."""
    return expires is not None and expires <= seconds(now())


def columns(chosen):
    """Give a choice - `wanted`, `recipient`, `companies`, `expires` - as columns of a record."""
    wanted, companies = chosen["wanted"], list(chosen["companies"])
    state = EXPIRED if over(chosen["expires"]) else TEAM if wanted == TEAM else SHARED
    return {"audience": AUDIENCES[wanted] if state == SHARED else "staff", "shared": companies, "state": state,
            "company": companies[0] if len(companies) == 1 else None, "person": chosen["recipient"],
            "category": {SHARED: "open", TEAM: "in_progress", EXPIRED: "closed"}[state]}


def of(row):
    """Give the choice that a document stands for."""
    return {"wanted": row.wanted, "recipient": row.recipient, "companies": list(row.companies),
            "expires": row.expires}


def opens(before, after):
    """Say whether a choice lets anybody read who may not have before; what only the team had opens to all anew."""
    whom = ("wanted", "recipient", "companies")
    if after["wanted"] == TEAM or all(before[name] == after[name] for name in whom):
        return False
    both = before["wanted"] == after["wanted"] == "company"
    return not (both and set(after["companies"]) <= set(before["companies"]))


def kept_inside():
    """Say what becomes of what was written about a document that others may see from now on."""
    return _("What was written about it stays with your team where others can see it from now on.")


def chosen(values):
    """Turn cleaned values of a form or of JSON into a choice. Raises Invalid."""
    wanted = values.get("wanted") or TEAM
    if wanted not in choices():
        raise Invalid([FieldError("wanted", _("Choose one of these."), "enum")])
    return {"wanted": wanted, "recipient": _person(values.get("person")) if wanted == "person" else None,
            "companies": _companies(values.get("companies")) if wanted == "company" else [],
            "expires": until(values.get("until"))}


def _person(address):
    row = people.by_address(address) if address else None
    if row is None or row.role or not row.active:
        raise Invalid([FieldError("person", _("No customer has this address. Add them under People first."),
                                  "unknown")])
    return row.id


def _companies(identifiers):
    known = {row.identifier: row.id for row in people.companies()}
    unknown = [name for name in identifiers or () if name not in known]
    if unknown or not identifiers:
        text = _("There is no company called “%(name)s” here.", name=unknown[0]) if unknown \
            else _("Choose at least one company.")
        raise Invalid([FieldError("companies", text, "unknown" if unknown else "required")])
    return sorted(known[name] for name in set(identifiers))


def until(day):
    """Turn a last day ("2026-12-31") into the moment it is over, in the portal's time zone. Raises Invalid."""
    if not day:
        return None
    try:
        after = datetime.fromisoformat(day) + DAY
    except (ValueError, OverflowError):
        raise Invalid([FieldError("until", _("Enter a day, like 2026-12-31."), "format")]) from None
    return seconds(datetime.combine(after.date(), time(), _zone()))


def day(expires):
    """Give the last day of a document as it is written in forms, "" where it has none."""
    return (moment(expires) - timedelta(seconds=1)).astimezone(_zone()).date().isoformat() if expires else ""


def _zone():
    return ZoneInfo(str(current().settings.value("time_zone")))


def address(row):
    """Give the e-mail address of the one person a document is for, "" where it is not for one."""
    found = people.people([row.recipient]) if row.recipient else ()
    return (found[0].email or "") if found else ""


def told(choice):
    """Give the keys of the customers whom a choice means, for those who are told of it."""
    if choice["wanted"] == TEAM or over(choice["expires"]):
        return set()
    if choice["wanted"] == "person":
        return {choice["recipient"]}
    if choice["wanted"] == "company":
        return {row.id for key in choice["companies"] for row in people.members(key) if row.active}
    return {row.id for row in people.people(staff=False, active=True, limit=10_000)}


def words(row):
    """Say in words who can see a document, and what stands in the way of it, for staff."""
    choice = of(row)
    named = people.companies(choice["companies"]) if choice["companies"] else ()
    found = SimpleNamespace(who=_who(row, choice, named), but=[])
    if over(row.expires):
        found.but.append(_("Its last day is over: only your team sees it now."))
    features = current().settings
    for company in named:
        theirs = features.company(company.identifier)
        if theirs.features.get("documents") is False or theirs.status == "disabled":
            found.but.append(_("%(name)s has documents switched off, so its people do not see it.",
                               name=company.name))
    return found


def _who(row, choice, named):
    wanted = choice["wanted"]
    if wanted == "person":
        return _("%(name)s, and nobody else beside your team", name=people.names([row.recipient]).get(
            row.recipient, _("somebody who is gone")))
    if wanted == "company":
        names = ", ".join(company.name for company in named[:FEW])
        more = len(named) - FEW
        names += f" {ngettext('and one more', 'and %(num)s more', more)}" if more > 0 else ""
        return _("Everybody of %(companies)s", companies=names or _("companies that are gone"))
    return {"customers": _("All customers who are signed in"), "public": _("Everybody, signed in or not"),
            TEAM: _("Only your team")}[wanted]
