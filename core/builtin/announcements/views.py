"""What readers and staff see of announcements."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request
from markupsafe import Markup

from parlour import (
    Invalid,
    Record,
    Refused,
    configuration,
    current,
    find,
    forms,
    granted,
    label,
    language,
    links,
    listed,
    notify,
    paging,
    people,
    piece,
    publish,
    redirect,
    render,
    requires,
    richtext,
    transaction,
    visible,
)
from parlour import gettext as _

from . import mailing, service

blueprint = Blueprint("announcements", __name__)
FORM = forms.load(Path(__file__).parent / "forms" / "announcement.yaml", id="announcements.announcement")
NEWEST = 3
"""Announcements on the home page."""


def _roles() -> dict[str, str]:
    return {"user": _("Customers with own requests"), "company_user": _("Customers who see the whole company"),
            "company_admin": _("Company admins"), "agent": _("Agents"), "admin": _("Admins")}


def _others() -> list[str]:
    """Give the languages a text can have beside the first."""
    first = str(current().settings.value("languages.default"))
    return [code for code in current().settings.value("languages.offered") if code != first]


def _form() -> Any:
    named = {row.identifier: row.name for row in people.companies()}
    extra: dict[str, Any] = {
        "companies": {"type": "several", "label": _("Companies"), "options": named, "required": True,
                      "if": {"audience": "company"}},
        "roles": {"type": "several", "label": _("Roles"), "options": _roles(), "required": True,
                  "if": {"audience": "roles"}}}
    order = ["title", "text"]
    for code in _others():
        name = code.replace("-", "_").lower()
        shown = language.LANGUAGES.get(code, code)
        extra[f"title_{name}"] = {"type": "text", "label": _("Title in %(language)s", language=shown),
                                  "max_length": 160}
        extra[f"text_{name}"] = {"type": "longtext", "label": _("Text in %(language)s", language=shown),
                                 "max_length": 20000}
        order += [f"title_{name}", f"text_{name}"]
    return FORM.adjusted(extra=forms.custom(extra), order=[
        *order, "audience", "companies", "roles", "people", "where", "sort", "begins", "at", "ends"])


def _cleaned(form: Any) -> dict[str, Any]:
    values = form.clean(request.form)
    values["texts"] = {code: {what: values.get(f"{what}_{code.replace('-', '_').lower()}") or ""
                              for what in ("title", "text")} for code in _others()}
    values["draft"] = request.form.get("do") == "draft"
    return dict(values)


def _filled(row: Any) -> dict[str, Any]:
    """Give what the form shows of an announcement."""
    values = {"title": row.title, "where": "portal", "sort": "notice", **row.fields}
    for code, one in row.fields.get("texts", {}).items():
        values |= {f"{what}_{code.replace('-', '_').lower()}": said for what, said in one.items()}
    rows = [people.person(one) for one in row.fields.get("people", ())]
    return {**values, "people": "\n".join(one.email or one.login or "" for one in rows)}


def _may() -> bool:
    return granted(current(), "announcements.create") == "all"


def _page(template: str, **values: Any) -> Response:
    kind = current().registry.kinds["announcement"]
    blocks = ("letters",) if values.get("mails") else ()
    return render(f"announcements/{template}.html", block=blocks, may=_may(), kind=kind, label=label,
                  path=links.of, words=service.words(), said=service.said, **values)


@blueprint.get("/announcements")
@requires("announcements.view")
def listing() -> Response:
    """Show announcements: readers what is shown now, staff all of them."""
    query = visible("announcement")
    return _page("list", page=paging.page_of(query if _may() else query.where(Record.state == service.SHOWN)))


@blueprint.get("/announcements/<number>")
@requires("announcements.view")
def show(number: str) -> Response:
    """Show one; to staff as a letter, too, with whom it reaches and what became of it. Raises NotFound."""
    row = find("announcement", number)
    title, text = service.said(row)
    values: dict[str, Any] = {"row": row, "title": title, "html": Markup(richtext.render(text).html)}  # noqa: S704
    if not _may():
        return _page("announcement", **values)
    fields = row.fields
    waiting = service.mails(fields) and not fields.get("run")
    offered = [(code, language.LANGUAGES.get(code, code))
               for code in current().settings.value("languages.offered")]
    drawn = _page("announcement", **values, mails=service.mails(fields), progress=mailing.progress(row),
                  reach=mailing.reach(fields) if waiting else None, starts=service.moment_of(fields),
                  languages=offered, draft=row.state == service.DRAFT, zone=current().settings.value("time_zone"),
                  code=_code(), state_now=service.state_of({**fields, "draft": False}))
    return configuration.policy.may_frame(drawn)


def _code() -> str:
    wanted = request.args.get("in", "")
    return wanted if wanted in current().settings.value("languages.offered") else language.current()


@blueprint.get("/announcements/<number>/letter")
@requires("announcements.edit")
def letter(number: str) -> Response:
    """Show one as a letter, for the frame of its page alone. Raises NotFound."""
    row = find("announcement", number, "edit")
    name = mailing.EVENTS[row.fields.get("sort", "notice")]
    made = configuration.post().look(name, mailing.told(row), _code())
    return configuration.policy.for_frame(Response(made.html, mimetype="text/html"), styles="'unsafe-inline'")


@blueprint.post("/announcements/<number>/test")
@requires("announcements.edit")
def test(number: str) -> Response:
    """Send one to whoever asks alone, as a letter. Raises NotFound, Refused without an address."""
    row, me = find("announcement", number, "edit"), current().me
    if not me.email:
        raise Refused(_("Your account has no e-mail address, so nothing can be sent to you."))
    with transaction():
        event = publish(mailing.EVENTS["notice"], None, **mailing.told(row))
        notify.tell_one(event, people.person(me.public_id), headline=row.title)
    return redirect(links.of(row), message=_("A test is on its way to %(address)s.", address=me.email))


@blueprint.post("/announcements/<number>/publish")
@requires("announcements.edit")
def release(number: str) -> Response:
    """Say yes to a draft. Raises NotFound."""
    row = find("announcement", number, "edit")
    if row.state != service.DRAFT:
        return redirect(links.of(row))
    made = service.release(row)
    return redirect(links.of(made), message=_("It is out.") if made.state == service.SHOWN else
                    _("It goes out when its time comes."))


def _ask(bound: Any, row: Any = None, status: int = 200) -> Response:
    return _page("edit", form=bound, row=row, status=status, zone=current().settings.value("time_zone"))


@blueprint.get("/announcements/new")
@requires("announcements.create")
def new() -> Response:
    """Show the form of a new one."""
    return _ask(_form().bind({}))


@blueprint.post("/announcements/new")
@requires("announcements.create")
def create() -> Response:
    """Make one."""
    form = _form()
    try:
        row = service.write(_cleaned(form))
    except Invalid as error:
        return _ask(form.bind(request.form, error.errors), status=422)
    return redirect(links.of(row), message=_("Nobody has seen it yet. Look at it, then publish it.")
                    if row.state == service.DRAFT else _("It is written."))


@blueprint.get("/announcements/<number>/edit")
@requires("announcements.edit")
def edit(number: str) -> Response:
    """Show the form with what is written. Raises NotFound."""
    row = find("announcement", number, "edit")
    return _ask(_form().bind(_filled(row)), row)


@blueprint.post("/announcements/<number>/edit")
@requires("announcements.edit")
def change(number: str) -> Response:
    """Change one. Raises NotFound."""
    row, form = find("announcement", number, "edit"), _form()
    try:
        made = service.rewrite(row, _cleaned(form))
    except Invalid as error:
        return _ask(form.bind(request.form, error.errors), row, status=422)
    return redirect(links.of(made), message=_("Saved."))


@blueprint.post("/announcements/<number>/remove")
@requires("announcements.remove")
def remove(number: str) -> Response:
    """Take one away. Raises NotFound."""
    service.take_away(find("announcement", number, "remove"))
    return redirect("/announcements", message=_("The announcement is gone."))


def news() -> Any:
    """Draw the card of the home page; customers are not told that there is nothing to tell."""
    rows = listed("announcement", ("news",), lambda query: query.where(Record.state == service.SHOWN).order_by(
        Record.created.desc()).limit(NEWEST))
    if not rows and not _may():
        return None
    told = [(row, *service.shown(row)) for row in rows]
    return piece("announcements/news.html", rows=told, may=_may(), path=links.of)
