"""Why somebody can, or cannot, see a record: each term of the door with its name and a sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from core.data import access, people, reach, scope
from core.data.db import door, first
from core.data.lasting import not_over
from core.data.people import Company, Person
from core.data.reach import COMPANY_WIDE, OPEN
from core.data.records import RECORD, Record, label, parse
from core.data.scope import Member, Scope, Who
from core.errors import FieldError, Invalid, NotFound
from core.parts import Kind


@dataclass(frozen=True)
class Term:
    """One term of the door. `text` is English with %(names)s from `values`: pages translate it, then fill it."""

    name: str
    ok: bool
    text: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The sentence in English."""
        return self.text % self.values


def N_(text: str) -> str:  # noqa: N802 - the name that the extraction of texts looks for
    """Mark a text for translation, which happens where it is shown."""
    return text


def term(name: str, ok: bool, if_so: str, if_not: str, **values: object) -> Term:
    """Make a term from its two sentences."""
    return Term(name, ok, if_so if ok else if_not, {key: str(value) for key, value in values.items()})


def named(text: str) -> tuple[Kind, Any | None]:
    """Give the kind, and the record or None, that `TKT-001`, `ticket/TKT-001` or `tickets/1` means here.

    Reads as the portal itself, whatever is switched off. Raises NotFound where no kind is called so.
    """
    who = scope.current()
    name, _, number = text.rpartition("/")
    kinds = who.registry.kinds
    if name:
        kind = kinds.get(name) or who.registry.plurals.get(name)
    else:
        prefix = text.rpartition("-")[0].upper()
        kind = next((one for one in kinds.values() if one.prefix.upper() == prefix), None)
    if kind is None:
        raise NotFound(f"'{text}' names no kind of record.",
                       hint="Write it as TKT-001, ticket/TKT-001 or tickets/1.")
    return kind, _row(who, kind, Record.number == (parse(kind, number) or 0))


@dataclass(frozen=True)
class Answer:
    """Whether somebody ("" for a guest) has a permission on a record, and why."""

    person: str
    permission: str
    record: str
    terms: tuple[Term, ...]

    @property
    def ok(self) -> bool:
        """Whether every term is."""
        return all(one.ok for one in self.terms)


def question(address: str, permission: str, record: str) -> Answer:
    """Explain from what people type: an e-mail address, sign-in name or "guest"; a permission; a record.

    Raises Invalid for what does not exist in this tenant, with a text of its own for each.
    """
    errors = []
    known = scope.current().registry.permissions
    row = None if address == "guest" else people.by_address(address)
    if row is None and address != "guest":
        errors.append(FieldError("person", N_("Nobody here has this address or sign-in name."), "unknown"))
    if permission not in known:
        near = ", ".join(difflib.get_close_matches(permission, known, 3))
        errors.append(FieldError("permission", f"There is no such permission. Did you mean {near}?" if near
                                 else N_("There is no such permission."), "unknown"))
    kind, found = None, None
    try:
        kind, found = named(record)
    except NotFound as error:
        errors.append(FieldError("record", f"{error} {error.hint}", "unknown"))
    if kind is not None and found is None:
        errors.append(FieldError("record", N_("There is no such record in this portal."), "unknown"))
    if errors or kind is None or found is None:
        raise Invalid(errors)
    person = people.who(row) if row is not None else None
    return Answer(person.name if person else "", permission, label(kind, found.number),
                  tuple(explain(person, permission, found)))


def _row(who: Scope, kind: Kind, condition: Any) -> Any | None:
    return first(door(Record.select(*RECORD), Record).where(
        access.of_tenant(who), access.of_kind(kind), condition))


def explain(person: Who | None, permission: str, record: Any) -> list[Term]:
    """Say term by term whether somebody (None: not signed in) has a permission on a record of this tenant.

    `record` is a row; `permission` a full name such as "tickets.view". The answer is yes exactly if every
    term is ok, and then the door shows the record; it reads names, so ask in a scope of staff or the system.
    """
    who = replace(scope.current(), person=person, system="")
    kind = who.registry.kinds[record.kind]
    feature = permission.partition(".")[0]
    roles = reach.permitted(who, permission)
    found = [
        term("tenant", _row(who, kind, Record.id == record.id) is not None,
             N_("%(record)s belongs to this portal."), N_("There is no such record in this portal."),
             record=label(kind, record.number)),
        term("kind", kind.plugin == feature, N_("%(permission)s is about records of this kind."),
             N_("%(permission)s is not about records of this kind; ask for %(better)s."), permission=permission,
             better=f"{kind.plugin}.view"),
        term("permission", roles is not None, N_("The permission %(permission)s exists."),
             N_("No plugin knows the permission %(permission)s."), permission=permission),
        term("feature", reach.feature_on(who, feature),
             N_("The feature %(feature)s is switched on for this portal."),
             N_("The feature %(feature)s is switched off for this portal. Switch it on under Settings, Features."),
             feature=_title(who, feature)),
    ]
    if kind.until is not None and not who.is_staff:
        lasts = _row(who, kind, (Record.id == record.id) & not_over(kind.until)) is not None
        found.append(term("until", lasts, N_("Its last day is not over."),
                          N_("Its last day is over: only the team sees it now.")))
    if person is None:
        return [*found, *_guest(who, roles or {}, feature, record)]
    found += _person(who, person, feature)
    rest = _staff if person.is_staff else _customer
    return [*found, *rest(who, person, roles or {}, feature, record)]


def _title(who: Scope, feature: str) -> str:
    manifest = who.registry.manifests.get(feature)
    return manifest.title if manifest else feature


def _guest(who: Scope, roles: Mapping[str, str], feature: str, record: Any) -> Iterator[Term]:
    yield term("guests", reach.open_to_guests(who, feature),
               N_("The feature %(feature)s lets people in who are not signed in."),
               N_("The feature %(feature)s is for people who are signed in. Change its audience under Settings."),
               feature=_title(who, feature))
    yield term("role", reach.extent(roles, "guest") == "all", N_("Nobody needs to sign in for this."),
               N_("This is only for people who are signed in."))
    yield term("audience", record.audience in reach.OPEN_TO_GUESTS, N_("It is public."),
               N_("It is not public. Only what is public is shown to people who are not signed in."))


def _person(who: Scope, person: Who, feature: str) -> Iterator[Term]:
    yield term("person_active", reach.person_active(person), N_("The account of %(person)s is active."),
               N_("The account of %(person)s is switched off. Switch it on on their page."), person=person.name)
    yield term("person_override", reach.allowed(person, feature),
               N_("The feature %(feature)s is not hidden from %(person)s."),
               N_("The feature %(feature)s is hidden from %(person)s. Change it on their page."),
               person=person.name, feature=_title(who, feature))


def _window(name: str, since: datetime | None, ok: bool, if_so: str, if_not: str, record: Any,
            **values: str) -> Term:
    return term(name, ok, if_so, if_not, since=f"{since:%Y-%m-%d}" if since else "",
                created=f"{record.created:%Y-%m-%d}", **values)


def _staff(_who: Scope, person: Who, roles: Mapping[str, str], _feature: str, record: Any) -> Iterator[Term]:
    reaching = reach.extent(roles, person.role)
    mine = record.person_id == person.id
    beyond = reaching == "all" and record.audience in (*OPEN, "staff")
    within = record.audience in COMPANY_WIDE and any(
        member.company_id == record.company_id for member in person.memberships)
    words = {"person": person.name, "role": person.role}
    yield term("role", reaching != "none", N_("As %(role)s, %(person)s has this permission."),
               N_("As %(role)s, %(person)s does not have this permission."), **words)
    yield term("role_own", not reach.own_by_role(reaching) or mine,
               N_("The role does not limit %(person)s to their own records, or this is one."),
               N_("As %(role)s, %(person)s reaches only their own records, and this is somebody else's."), **words)
    yield term("role_company", reaching != "company" or mine or within,
               N_("The role does not limit %(person)s to their companies, or this is of one."),
               N_("As %(role)s, %(person)s reaches only records of their companies."), **words)
    yield term("own_only", not reach.own_only(person) or mine or beyond,
               N_("\"Only own records\" is off for %(person)s, or does not matter here."),
               N_("\"Only own records\" is on for %(person)s, and this is somebody else's."), **words)
    since = reach.person_window(person)
    yield _window("person_window", since, beyond or not since or record.created >= since,
                  N_("This one, from %(created)s, is recent enough for %(person)s."),
                  N_("%(person)s sees records from %(since)s on; this one is from %(created)s."), record,
                  **words)


@dataclass(frozen=True)
class _Case:
    """What decides about one record for one customer."""

    who: Scope
    person: Who
    feature: str
    record: Any
    member: Member | None
    held: set[str]
    reaching: str

    @property
    def beyond(self) -> bool:
        """Whether it is meant for everybody whom this permission reaches, of whatever company."""
        return "all" in self.held and self.record.audience in OPEN

    @property
    def shared(self) -> bool:
        """Whether it is meant for the company of the person's although it is not the company's own."""
        return bool(self.member and self.member.company_id != self.record.company_id)

    @property
    def mine(self) -> bool:
        """Whether it is the person's own."""
        return bool(self.record.person_id == self.person.id and self.record.audience != "staff")


def _customer(who: Scope, person: Who, roles: Mapping[str, str], feature: str, record: Any) -> Iterator[Term]:
    held = reach.extents(roles, person, reach.places(who, person, feature))
    member = _member(person, record, shares="all" in held)
    reaching = reach.extent(roles, member.role) if member else max(held, default="none", key=_EXTENTS.index)
    case = _Case(who, person, feature, record, member, held, reaching)
    yield from _company(case)
    yield from _role(case)
    yield from _audience(case)
    yield from _history(case)
    yield from _place(case)


def _member(person: Who, record: Any, *, shares: bool) -> Member | None:
    """Give the membership that decides: in the record's company, else in one that the record is shared with."""
    own = next((m for m in person.memberships if m.company_id == record.company_id), None)
    mine = record.person_id == person.id and record.company_id is None
    if own is not None or mine or not shares or record.audience != "company":
        return own
    return next((m for m in person.memberships if str(m.company_id) in record.shared.split()), None)


_EXTENTS = ("none", "own", "company", "all")


def _company(case: _Case) -> Iterator[Term]:
    who, person, record = case.who, case.person, case.record
    words = {"person": person.name, "feature": _title(who, case.feature), "company": _company_name(record)}
    narrow = (record.company_id is not None or case.shared) and not case.beyond
    if narrow:
        yield term("company", case.member is not None,
                   N_("%(person)s belongs to %(company)s, whose record this is."),
                   N_("This is a record of %(company)s, and %(person)s does not belong to it."), **words)
    if narrow and case.member is None:
        return
    members = [m for m in (case.member,) if m] if narrow else list(person.memberships)
    open_ones = [m for m in members if reach.member_active(who, m)]
    yield term("company_switch", bool(open_ones) or not members, N_("The portal is open for their company."),
               N_("The portal is switched off for their company. Switch it on on the company's page."), **words)
    shown = any(reach.shown_to(who, case.feature, person, m) for m in open_ones)
    yield term("company_override", shown or not open_ones,
               N_("The feature %(feature)s is not hidden from their company."),
               N_("The feature %(feature)s is hidden from their company. Change it on the company's page."),
               **words)
    shown_in = [m for m in open_ones if reach.shown_to(who, case.feature, person, m)]
    yield term("member_override", not shown_in or any(reach.left_to(case.feature, m) for m in shown_in),
               N_("Their company has not hidden the feature %(feature)s from %(person)s."),
               N_("The feature %(feature)s is hidden from %(person)s by their company. Change it on the company's "
                  "page."), **words)


def _company_name(record: Any) -> str:
    found = people.companies([record.company_id]) if record.company_id else []
    return str(found[0].name) if found else ""


def _role(case: _Case) -> Iterator[Term]:
    record, company = case.record, case.record.company_id
    role = case.member.role if case.member else "user"
    words = {"person": case.person.name, "role": role}
    yield term("role", case.beyond or case.reaching != "none", N_("As %(role)s, %(person)s has this permission."),
               N_("As %(role)s, %(person)s does not have this permission."), **words)
    free = not reach.own_by_role(case.reaching) and (company is not None or case.shared)
    yield term("role_own", case.beyond or free or case.mine or (
        (company is not None or case.shared) and record.audience == "company"),
        N_("The role does not limit %(person)s to their own records, or it does not matter here."),
        N_("As %(role)s, %(person)s sees their own records, and this is somebody else's."), **words)
    narrow = reach.own_only(case.person) or (case.member is not None and reach.own_only_there(case.member))
    yield term("own_only", case.beyond or not narrow or case.mine,
               N_("\"Only own records\" is off for %(person)s, or does not matter here."),
               N_("\"Only own records\" is on for %(person)s, and this is somebody else's."), **words)


def _audience(case: _Case) -> Iterator[Term]:
    audience = case.record.audience
    yield term("audience", case.beyond or case.mine or audience in COMPANY_WIDE,
               N_("Who it is meant for does not keep %(person)s out."),
               N_("It is meant for staff only.") if audience == "staff" else
               N_("It is meant for everybody, but this permission reaches no further than their company."),
               person=case.person.name)


def _chosen_last(person_id: int) -> str | None:
    """Give the name of the company that somebody of several has chosen last to work in, None for none."""
    row = first(door(Person.select(Company.name), Person, Company).join(
        Company, on=(Company.id == Person.place)).where(
        Person.id == person_id, Company.tenant == scope.current().tenant_id))
    return str(row.name) if row else None


def _place(case: _Case) -> Iterator[Term]:
    """Say what lists show to somebody of several companies; what is asked for by its number opens all the same."""
    place = _chosen_last(case.person.id) if len(case.person.memberships) > 1 else None
    if place is not None:
        yield term("place", True, N_("%(person)s has chosen to work in %(company)s: lists show that one alone; "
                                     "what is of another one opens by its address."), "",
                   person=case.person.name, company=place)


def _history(case: _Case) -> Iterator[Term]:
    record, words = case.record, {"person": case.person.name}
    since = reach.person_window(case.person)
    yield _window("person_window", since, case.beyond or not since or record.created >= since,
                  N_("This one, from %(created)s, is recent enough for %(person)s."),
                  N_("%(person)s sees records from %(since)s on; this one is from %(created)s."), record,
                  **words)
    since = reach.company_window(case.who, case.member) if case.member else None
    yield _window("company_window", since, case.beyond or not since or record.created >= since,
                  N_("This one, from %(created)s, is recent enough for their company."),
                  N_("Their company sees records from %(since)s on; this one is from %(created)s."), record,
                  **words)
