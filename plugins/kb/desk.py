"""Staff's side: what there is to do, the editor with its preview, versions, plans, and what is broken."""

from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, request
from markupsafe import Markup

import parlour
from parlour import (
    FieldError,
    Invalid,
    attach,
    current,
    difference,
    find,
    forms,
    illustrations,
    language,
    paging,
    redirect,
    render,
    requires,
    search,
)
from parlour import gettext as _

from . import editing, feedback, service
from .models import ARCHIVED, DRAFT, PUBLISHED, moment

blueprint = Blueprint("kb_desk", __name__)
TEXT = forms.load(Path(__file__).parent / "forms" / "text.yaml", id="kb.text")
PARTS = ("title", "summary", "source", "note")


def label(row):
    """Give an article's number as people write it."""
    return parlour.label(current().registry.kinds["article"], row.number)


def _common():
    return {"label": label, "states": current().registry.kinds["article"].states(), "outdated": editing.outdated,
            "names": language.LANGUAGES, "direction": language.direction}


@blueprint.get("/content")
@requires("kb.edit")
def listing():
    """Show articles whatever their state, and what waits for staff."""
    text, view = request.args.get("q", "").strip()[:200], request.args.get("view", "")
    words = {"": _("All"), DRAFT: _("Drafts"), "planned": _("Planned"), PUBLISHED: _("Published"),
             "outdated": _("Translation out of date"), "review": _("To review"), ARCHIVED: _("Archived")}
    query = editing.overview(view if view in words else "")
    if text:
        found = [hit.record.id for hit in search.hits(text, kind="article", most=50)]
        query = query.where(parlour.Record.id.in_(found))
    return render("kb/desk/list.html", block="results", page=paging.page_of(query), text=text, view=view,
                  views=[(title, paging.address(view=key), key == view) for key, title in words.items()],
                  **_common())


@blueprint.get("/content/new")
@requires("kb.create")
def new():
    """Show the editor with nothing in it, or with what a record tells; `?title=` says what people looked for."""
    told = _told(parlour.begin.find(request.args.get("about")))
    return _editor(None, _tongue(None), told | {"title": request.args.get("title") or told.get("title", "")[:200]})


def _told(about):
    """Give what an article begins with that is about a record, as far as that tells something."""
    said = parlour.begin.told(about) if about else {}
    return {"title": said["subject"], "summary": said.get("summary", ""), "source": said.get("text", "")} \
        if said else {}


@blueprint.post("/content/new")
@requires("kb.create")
def create():
    """Make an article of what was written."""
    return _save(None, _tongue(None))


@blueprint.get("/content/<number>")
@requires("kb.edit")
def edit(number):
    """Show the editor of one language, beside the original where it is a translation. Raises NotFound."""
    row = find("article", number, "edit")
    return _editor(row, _tongue(row))


@blueprint.post("/content/<number>")
@requires("kb.edit")
def save(number):
    """Keep what was written as a version; publish or plan it where that is wanted. Raises NotFound."""
    row = find("article", number, "edit")
    return _save(row, _tongue(row))


def _tongue(row):
    """Give the language that is edited."""
    offered = list(current().settings.value("languages.offered"))
    usual = row.language if row else str(current().settings.value("languages.default"))
    asked = language.tag(request.values.get("in", ""))
    return asked if asked in {*offered, *(row.shown if row else ())} else usual


def _editor(row, code, given=None, errors=(), *, status=200, drawn=None, notice=""):
    history = list(service.versions(row, code)) if row else []
    latest = history[0] if history else None
    start = given if given is not None else {name: getattr(latest, name) for name in PARTS[:3]} if latest else {}
    original = service.live(row, row.language) if row and code != row.language else None
    offered = list(current().settings.value("languages.offered"))
    codes = list(dict.fromkeys([row.language, *offered, *row.shown])) if row else offered
    return render(
        "kb/desk/edit.html", status=status, article=row, code=code, codes=codes, form=TEXT.bind(start, errors),
        latest=latest, history=history, original=original, drawn=drawn, notice=notice, moment=moment,
        planned=next((one for one in history if one.state == "scheduled"), None),
        errors={error.path: error.message for error in errors}, publish_at=request.form.get("publish_at", ""),
        about=parlour.begin.find(request.values.get("about")),
        votes=feedback.votes(row.id) if row else (), may_publish=_may("publish"), may_remove=_may("remove"),
        **_common())


def _may(action):
    return parlour.granted(current(), f"kb.{action}") == "all"


def _drawn(row, source, code):
    """Give a text as readers would see it."""
    if row is None:
        return Markup(parlour.richtext.render(source, language=code).html)  # noqa: S704 - the renderer's own
    return Markup(illustrations.render(row, source, "markdown", code)["html"])  # noqa: S704 - the renderer's own


def _save(row, code):
    act, given = request.form.get("act", "draft"), request.form
    if act == "preview":
        return _editor(row, code, given, drawn=_drawn(row, given.get("source", "")[:200_000], code))
    try:
        values = TEXT.clean(given, request.files)
        at = editing.moment_of(given.get("publish_at", "")) if act == "plan" else None
        files = _received(values.pop("pictures"))
    except Invalid as error:
        return _editor(row, code, given, error.errors, status=422)
    if row and (newer := _newer(row, code)):
        return _editor(row, code, given, status=409, notice=newer)
    with parlour.transaction():
        about = parlour.begin.find(given.get("about")) if row is None else None
        row = row or service.create(values["title"], language=code)
        if about is not None:
            parlour.begin.link(row, about, "kb.write")
        kept = attach.keep(row, files, internal=True)  # until a text that holds them is published
        values["source"] += "".join(f"\n\n{_inserted(one)}" for one in kept)
        number = service.write(row, code, values)
        if act == "publish":
            service.show(row, code, number)
        elif act == "plan":
            editing.plan(row, code, number, at)
    told = {"publish": _("It is published."), "plan": _("It will be published by itself.")}
    return redirect(_path(row, code), message=told.get(act, _("The draft is kept.")))


def _newer(row, code):
    """Say that somebody else wrote meanwhile, "" where nobody did."""
    latest = next(iter(service.versions(row, code)), None)
    if latest is None or request.form.get("based") == str(latest.number):
        return ""
    return _("%(name)s saved version %(number)s meanwhile. Yours is still here: look at the versions, then save "
             "again.", name=latest.author, number=latest.number)


def _received(uploads):
    files = attach.receive(uploads, field="pictures")
    if any(not one.measured for one in files):
        raise Invalid([FieldError("pictures", _("Choose pictures: PNG, JPEG, WebP or GIF."), "type")])
    return files


def _inserted(file):
    return f"![{file.name.rpartition('.')[0].replace('[', '').replace(']', '')}](/files/{file.public_id})"


def _path(row, code=""):
    return f"/content/{label(row)}" + (f"?in={quote(code)}" if code and code != row.language else "")


@blueprint.post("/content/<number>/preview")
@requires("kb.edit")
def preview(number):
    """Show a text as readers would see it: a piece of the editor. Raises NotFound."""
    row, code = find("article", number, "edit"), request.form.get("in", "")
    drawn = _drawn(row, request.form.get("source", "")[:200_000], code)
    return Response(parlour.piece("kb/desk/preview.html", drawn=drawn, code=code, direction=language.direction))


@blueprint.post("/content/<number>/pictures")
@requires("kb.edit")
def picture(number):
    """Keep a picture that was pasted into the text; answer with the Markdown that shows it. Raises NotFound."""
    row = find("article", number, "edit")
    files = _received(request.files.getlist("pictures"))
    with parlour.transaction():
        kept = attach.keep(row, files, internal=True)
    return Response("\n\n".join(map(_inserted, kept)), mimetype="text/plain")


@blueprint.get("/content/<number>/versions/<int:version>")
@requires("kb.edit")
def compare(number, version):
    """Show what a version changed: against `?with=`, else against the one before. Raises NotFound."""
    row = find("article", number, "edit")
    code, history = _tongue(row), {one.number: one for one in service.versions(row, _tongue(row))}
    if version not in history:
        raise parlour.NotFound
    other = history.get(request.args.get("with", version - 1, type=int))
    return render("kb/desk/versions.html", article=row, code=code, one=history[version], other=other,
                  history=list(history.values()), moment=moment, back=_path(row, code),
                  parts=[(name, difference.compare(getattr(other, name, ""), getattr(history[version], name)))
                         for name in PARTS[:3]], **_common())


@blueprint.post("/content/<number>/versions/<int:version>")
@requires("kb.edit")
def restore(number, version):
    """Make an earlier version the newest draft. Raises NotFound."""
    row = find("article", number, "edit")
    code = _tongue(row)
    one = next((one for one in service.versions(row, code) if one.number == version), None)
    if one is None or not one.source:  # what an import knows of, but not its words
        raise parlour.NotFound
    service.write(row, code, {name: getattr(one, name) for name in ("title", "summary", "source", "form")}
                  | {"note": _("Version %(number)s again", number=version)})
    return redirect(_path(row, code), message=_("It is a draft again. Publish it when it is right."))


@blueprint.post("/content/<number>/state")
@requires("kb.publish")
def turn(number):
    """Withdraw, archive, bring back, give up a plan, or say that a translation is still right. Raises NotFound."""
    row, act = find("article", number, "publish"), request.form.get("act", "")
    code = _tongue(row)
    acts = {"withdraw": (lambda: service.withdraw(row), _("Readers no longer find it.")),
            "archive": (lambda: service.withdraw(row, archive=True), _("It is in the archive.")),
            "back": (lambda: service.bring_back(row), _("Readers find it again.")),
            "unplan": (lambda: editing.give_up(row, code), _("It stays a draft.")),
            "right": (lambda: editing.still_right(row, code), _("Noted: the translation is still right."))}
    if act not in acts or (act == "back" and not row.shown):
        raise Invalid([FieldError("act", _("This can't be done with the article now."), "state")])
    acts[act][0]()
    return redirect(_path(row, code), message=acts[act][1])


@blueprint.route("/content/<number>/remove", methods=["GET", "POST"])
@requires("kb.remove")
def remove(number):
    """Ask whether an article shall go for good, and remove it. Raises NotFound."""
    row = find("article", number, "remove")
    if request.method == "POST":
        service.remove(row)
        return redirect("/content", message=_("%(number)s is gone.", number=label(row)))
    return render("kb/desk/remove.html", article=row, back=_path(row), **_common())


@blueprint.get("/content/broken")
@requires("kb.edit")
def broken():
    """Show links that lead nowhere, or where their readers may not go, and pictures that are not there."""
    return render("kb/desk/broken.html", found=editing.broken(), path=_path, **_common())
