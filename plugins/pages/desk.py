"""Staff's side: all pages, the editor with drafts and preview, a page's place and readers."""

from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

from flask import Blueprint, Response, request
from markupsafe import Markup

import parlour
from parlour import (
    FieldError,
    Invalid,
    Record,
    attach,
    current,
    fetch,
    find,
    forms,
    illustrations,
    language,
    people,
    redirect,
    render,
    requires,
    search,
    visible,
)
from parlour import gettext as _

from . import service, views
from .models import DRAFT, PUBLISHED, Page, moment

blueprint = Blueprint("pages_desk", __name__)
FOLDER = Path(__file__).parent / "forms"
TEXT = forms.load(FOLDER / "text.yaml", id="pages.text")
PLACE = forms.load(FOLDER / "place.yaml", id="pages.place")
LONGEST = 200_000


def _common():
    return {"number": views.number, "states": {PUBLISHED: _("Published"), DRAFT: _("Draft")},
            "names": language.LANGUAGES, "direction": language.direction, "moment": moment,
            "audiences": {"public": _("Everybody, signed in or not"), "customers": _("All customers"),
                          "company": _("Chosen companies"), "staff": _("Your team")}}


@blueprint.get("/pages/edit")
@requires("pages.edit")
def listing():
    """Show all pages, whatever their state."""
    text = request.args.get("q", "").strip()[:200]
    query = visible("page", "edit", *service.COLUMNS)
    if text:
        query = query.where(search.matches("page", text))
    rows = fetch(query.order_by(Page.position, Record.title, Record.id).limit(500))
    return render("pages/list.html", block="results", rows=rows, text=text, waits=service.waiting(), **_common())


def _tongue(page):
    """Give the language that is edited."""
    offered = list(current().settings.value("languages.offered"))
    usual = page.language if page else str(current().settings.value("languages.default"))
    asked = language.tag(request.values.get("in", ""))
    return asked if asked in {*offered, *(page.shown if page else ())} else usual


@blueprint.get("/pages/edit/new")
@requires("pages.create")
def new():
    """Show the editor with nothing in it."""
    return _editor(None, _tongue(None), {"title": request.args.get("title", "")[:200]})


@blueprint.post("/pages/edit/new")
@requires("pages.create")
def create():
    """Make a page of what was written."""
    return _save(None, _tongue(None))


@blueprint.get("/pages/edit/<number>")
@requires("pages.edit")
def edit(number):
    """Show the editor of one language. Raises NotFound."""
    page = find("page", number, "edit")
    return _editor(page, _tongue(page))


@blueprint.post("/pages/edit/<number>")
@requires("pages.edit")
def save(number):
    """Keep what was written as a draft, or publish it. Raises NotFound."""
    page = find("page", number, "edit")
    return _save(page, _tongue(page))


def _editor(page, code, given=None, errors=(), *, status=200, drawn=None, notice=""):
    known = service.texts(page) if page else {}
    text = known.get(code)
    start = given
    if start is None:
        start = {} if text is None else text.draft or {
            "title": text.text_title, "short": text.short, "summary": text.summary, "source": text.source}
    offered = list(current().settings.value("languages.offered"))
    codes = list(dict.fromkeys([page.language, *offered, *page.shown])) if page else offered
    original = known.get(page.language) if page and code != page.language else None
    return render(
        "pages/editor.html", status=status, page=page, code=code, codes=codes, form=TEXT.bind(start, errors),
        text=text, known=known, original=original, drawn=drawn, notice=notice, may_publish=_may("publish"),
        may_remove=_may("remove"), **_common())


def _may(action):
    return parlour.granted(current(), f"pages.{action}") != "none"


def _drawn(page, source, code):
    """Give a text as readers would see it."""
    if page is None:
        return Markup(parlour.richtext.render(source, language=code).html)  # noqa: S704 - the renderer's own
    return Markup(illustrations.render(page, source, "markdown", code)["html"])  # noqa: S704 - the renderer's own


def _save(page, code):
    act, given = request.form.get("act", "draft"), request.form
    if act == "preview":
        return _editor(page, code, given, drawn=_drawn(page, given.get("source", "")[:LONGEST], code))
    try:
        values = TEXT.clean(given, request.files)
        files = _received(values.pop("pictures"))
    except Invalid as error:
        return _editor(page, code, given, error.errors, status=422)
    if page and (newer := _newer(page, code)):
        return _editor(page, code, given, status=409, notice=newer)
    with parlour.transaction():
        page = page or service.create(values["title"], language=code)
        kept = attach.keep(page, files, internal=True)  # until a text that holds them is published
        values["source"] += "".join(f"\n\n{_inserted(one)}" for one in kept)
        service.write(page, code, values)
        if act == "publish":
            page = service.show(page, code)
    told = _("It is published.") if act == "publish" else _("The draft is kept.")
    return redirect(_path(page, code), message=told)


def _newer(page, code):
    """Say that somebody else wrote meanwhile, "" where nobody did."""
    text = service.texts(page).get(code)
    if text is None or request.form.get("based", "") == str(text.drafted or text.live or ""):
        return ""
    return _("%(name)s saved this meanwhile. Yours is still here: look at theirs in another window, then save "
             "again.", name=text.author or _("Somebody"))


def _received(uploads):
    files = attach.receive(uploads, field="pictures")
    if any(not one.measured for one in files):
        raise Invalid([FieldError("pictures", _("Choose pictures: PNG, JPEG, WebP or GIF."), "type")])
    return files


def _inserted(file):
    return f"![{file.name.rpartition('.')[0].replace('[', '').replace(']', '')}](/files/{file.public_id})"


def _path(page, code=""):
    return f"/pages/edit/{views.number(page)}" + (f"?in={quote(code)}" if code and code != page.language else "")


@blueprint.post("/pages/edit/<number>/preview")
@requires("pages.edit")
def preview(number):
    """Show a text as readers would see it: a piece of the editor. Raises NotFound."""
    page, code = find("page", number, "edit"), language.tag(request.form.get("in", ""))
    drawn = _drawn(page, request.form.get("source", "")[:LONGEST], code)
    return Response(parlour.piece("pages/preview.html", drawn=drawn, code=code, direction=language.direction))


@blueprint.get("/pages/edit/<number>/whole")
@requires("pages.edit")
def whole(number):
    """Show the draft of a language as the whole page it would be. Raises NotFound."""
    page = find("page", number, "edit")
    code = _tongue(page)
    text = service.texts(page).get(code)
    if text is None:
        raise parlour.NotFound
    told = text.draft or {"title": text.text_title, "summary": text.summary, "source": text.source}
    row = SimpleNamespace(slug=page.slug, number=page.number, shown=page.shown, language=page.language, words="",
                          text_language=code, text_title=told["title"], summary=told["summary"], live=text.live)
    return views.drawn(row, _drawn(page, told["source"], code), draft=True)


@blueprint.post("/pages/edit/<number>/pictures")
@requires("pages.edit")
def picture(number):
    """Keep a picture that was pasted into the text; answer with the Markdown that shows it. Raises NotFound."""
    page = find("page", number, "edit")
    files = _received(request.files.getlist("pictures"))
    with parlour.transaction():
        kept = attach.keep(page, files, internal=True)
    return Response("\n\n".join(map(_inserted, kept)), mimetype="text/plain")


@blueprint.post("/pages/edit/<number>/state")
@requires("pages.publish")
def turn(number):
    """Withdraw a page, bring it back, give a draft up, or take a language from it. Raises NotFound, Invalid."""
    page, act = find("page", number, "publish"), request.form.get("act", "")
    code = _tongue(page)
    acts = {"withdraw": (lambda: service.withdraw(page), _("Readers no longer find it.")),
            "back": (lambda: service.bring_back(page), _("Readers find it again.")),
            "forget": (lambda: service.give_up(page, code), _("The draft is gone.")),
            "drop": (lambda: service.drop(page, code), _("The language is gone."))}
    if act not in acts or (act == "back" and not page.shown):
        raise Invalid([FieldError("act", _("This can't be done with the page now."), "state")])
    acts[act][0]()
    return redirect(_path(page, "" if act == "drop" else code), message=acts[act][1])


@blueprint.route("/pages/edit/<number>/place", methods=["GET", "POST"])
@requires("pages.edit")
def place(number):
    """Show and change a page's address, readers and place in the navigation. Raises NotFound."""
    page = find("page", number, "edit")
    named = {row.identifier: row for row in people.companies()}
    more = {"companies": {"type": "several", "label": _("Companies"), "required": True, "options": {
        key: row.name for key, row in named.items()}, "if": {"wanted": "company"}}} if named else {}
    form = PLACE.adjusted(extra=forms.custom(more), order=["slug", "wanted", *more, "menu", "position"])
    if request.method == "GET":
        theirs = [key for key, row in named.items() if row.id in set(page.companies)]
        bound, status = form.bind({"slug": page.slug, "wanted": page.wanted, "companies": theirs,
                                   "menu": page.menu, "position": page.position}), 200
    else:
        try:
            values = form.clean(request.form)
            _keep_place(page, values, named)
            return redirect(_path(page), message=_("Saved."))
        except Invalid as error:
            bound, status = form.bind(request.form, error.errors), 422
    return render("pages/place.html", status=status, page=page, form=bound, back=_path(page), **_common())


def _keep_place(page, values, named):
    companies = [named[name].id for name in values.get("companies") or () if name in named]
    if values["wanted"] == "company" and not companies:
        raise Invalid([FieldError("wanted", _("Choose at least one company."), "required")])
    service.place(page, slug=values["slug"], wanted=values["wanted"], menu=values["menu"],
                  companies=companies if values["wanted"] == "company" else [],
                  position=50 if values["position"] is None else values["position"])


@blueprint.route("/pages/edit/<number>/remove", methods=["GET", "POST"])
@requires("pages.remove")
def remove(number):
    """Ask whether a page shall go for good, and remove it. Raises NotFound."""
    page = find("page", number, "remove")
    if request.method == "POST":
        service.remove(page)
        return redirect("/pages/edit", message=_("%(number)s is gone.", number=views.number(page)))
    return render("pages/remove.html", page=page, back=_path(page), **_common())
