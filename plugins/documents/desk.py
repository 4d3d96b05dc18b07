"""Staff's side: bringing files, saying who may see them, replacing, moving and removing them; folders."""

from pathlib import Path

from flask import Blueprint, request

import parlour
from parlour import (
    Invalid,
    attach,
    begin,
    current,
    find,
    forms,
    links,
    ngettext,
    people,
    redirect,
    render,
    requires,
    showing,
)
from parlour import gettext as _

from . import folders, service, sharing, views

blueprint = Blueprint("documents_desk", __name__)
FOLDER = Path(__file__).parent / "forms"
REPLACE = forms.load(FOLDER / "replace.yaml", id="documents.replace")
WIDE = {"wanted": ["customers", "public"]}
NARROW = {"wanted": ["person", "company"]}


def _fields(*names):
    """Give a form of some fields, and of who may see a document."""
    companies = {row.identifier: row.name for row in people.companies()}
    known = {
        "files": {"type": "files", "label": _("Files"), "required": True, "max_files": int(
            current().settings.value("limits.files")), "help": _("Each becomes a document of its own.")},
        "title": {"type": "text", "label": _("Title"), "max_length": 200, "required": "files" not in names,
                  "help": _("Left empty, it is called like its file.") if "files" in names else ""},
        "description": {"type": "longtext", "label": _("Description"), "max_length": 2000},
        "folder": folders.field(_("Folder")),
        "wanted": {"type": "choice", "label": _("Who can see it?"), "options": sharing.choices(),
                   "required": True, "help": "" if "files" in names else sharing.kept_inside()},
        "person": {"type": "email", "label": _("Whose"), "required": True, "if": {"wanted": "person"},
                   "help": _("Their e-mail address. Besides them, only your team sees it.")},
        "companies": {"type": "several", "label": _("Companies"), "options": companies, "required": True,
                      "if": {"wanted": "company"}},
        "until": {"type": "date", "label": _("Last day"), "coming": "files" in names, "help": _(
            "After this day only your team sees it. Leave it empty for as long as you like.")},
        "tell": {"type": "checkbox", "label": _("Tell them, in the portal and by e-mail"), "default": True,
                 "if": NARROW},
        "tell_all": {"type": "checkbox", "label": _("Tell all customers, in the portal and by e-mail"),
                     "if": WIDE}}
    if "public" not in sharing.choices():
        known["tell_all"]["if"] = {"wanted": "customers"}
    wanted = [*names, "wanted", *(["companies"] if companies else []), "person", "until", "tell", "tell_all"]
    order = [name for name in known if name in wanted]
    return forms.load({"type": "object", "properties": forms.custom({name: known[name] for name in order})},
                      id="documents.new").adjusted(order=order)


def _told(values):
    return bool(values.get("tell") or values.get("tell_all"))


def _ask(template, form, *, status=200, **values):
    return render(f"documents/{template}.html", block="form", form=form, status=status, **values, **views.common())


@blueprint.get("/documents/new")
@requires("documents.create")
def new():
    """Show the form that brings files; the address may say folder and company."""
    about = begin.find(request.args.get("about"))
    given = {"folder": request.args.get("folder", folders.NONE), "wanted": "team", "tell": "true"}
    if about is not None and about.company_id:
        (theirs,) = people.companies([about.company_id])
        given |= {"wanted": "company", "companies": [theirs.identifier]}
    elif about is not None and about.person_id:
        given |= {"wanted": "person", "person": people.person(about.person_id).email or ""}
    return _ask("new", _fields("files", "title", "folder").bind(given), about=about)


@blueprint.post("/documents/new")
@requires("documents.create")
def create():
    """Make a document of each file that came."""
    form, about = _fields("files", "title", "folder"), begin.find(request.form.get("about"))
    try:
        values = form.clean(request.form, request.files)
        choice, folder = sharing.chosen(values), folders.key_of(values["folder"])
        received = [(one, showing.sheets_of(one)) for one in attach.receive(values["files"], field="files")]
        with parlour.transaction():
            made = [service.add(one, choice, pages=pages, folder=folder, tell=_told(values),
                                title=values["title"] if len(received) == 1 else "") for one, pages in received]
            for row in made if about is not None else ():
                begin.link(row, about, "documents.new")
    except Invalid as error:
        return _ask("new", form.bind(request.form, error.errors), status=422, about=about)
    message = ngettext("It is here.", "%(num)s documents are here.", len(made))
    if len(made) == 1:
        return redirect(links.of(made[0]), message=message)
    return redirect(f"/documents?folder={values['folder']}" if folder else "/documents", message=message)


@blueprint.route("/documents/<number>/edit", methods=["GET", "POST"])
@requires("documents.edit")
def edit(number):
    """Change what a document is called, where it stands, and who may see it. Raises NotFound."""
    row, status = find("document", number, "edit"), 200
    form = _fields("title", "description", "folder")
    if request.method == "GET":
        bound = form.bind(_given(row))
    else:
        try:
            values = form.clean(request.form)
            service.change(row, sharing.chosen(values), title=values["title"], folder=folders.key_of(
                values["folder"]), description=values["description"], tell=_told(values))
            return redirect(links.of(row), message=_("Saved."))
        except Invalid as error:
            bound, status = form.bind(request.form, error.errors), 422
    return _ask("edit", bound, status=status, document=row, path=links.of(row))


def _given(row):
    """Give what the form of a document shows at first."""
    found = folders.shelves()
    named = people.companies(row.companies) if row.companies else ()
    return {"title": row.title, "description": row.description, "wanted": row.wanted,
            "folder": found[row.folder].number if row.folder in found else folders.NONE,
            "companies": [company.identifier for company in named], "person": sharing.address(row),
            "until": sharing.day(row.expires), "tell": "true"}


@blueprint.post("/documents/<number>/replace")
@requires("documents.edit")
def replace(number):
    """Bring a new version. Raises NotFound."""
    row = find("document", number, "edit")
    try:
        values = REPLACE.clean(request.form, request.files)
        (received,) = attach.receive(values["file"], field="file")
        row = service.replace(row, received, note=values["comment"], tell=values["tell"])
    except Invalid as error:
        return views.detail(row, status=422, wrong=error.errors[0].message)
    return redirect(links.of(row), message=_("Version %(number)s is here. The ones before are kept.",
                                             number=row.edition))


@blueprint.route("/documents/<number>/remove", methods=["GET", "POST"])
@requires("documents.remove")
def remove(number):
    """Ask whether a document shall go for good, and remove it. Raises NotFound."""
    row = find("document", number, "remove")
    if request.method == "POST":
        service.remove(row)
        return redirect("/documents", message=_("%(number)s is gone.", number=views.number(row)))
    return render("documents/remove.html", document=row, path=links.of(row), **views.common())


def _folder_form():
    known = {"title": {"type": "text", "label": _("Name"), "max_length": 120, "required": True},
             "folder": folders.field(_("Stands in"))}
    return forms.load({"type": "object", "properties": forms.custom(known)}, id="documents.folder")


@blueprint.route("/documents/folders/new", methods=["GET", "POST"])
@requires("documents.create")
def new_folder():
    """Make a folder."""
    form = _folder_form()
    if request.method == "GET":
        return _ask("folder", form.bind({"folder": request.args.get("in", folders.NONE)}), folder=None)
    try:
        values = form.clean(request.form)
        row = folders.add(values["title"], folders.key_of(values["folder"]))
    except Invalid as error:
        return _ask("folder", form.bind(request.form, error.errors), status=422, folder=None)
    return redirect(links.of(row))


@blueprint.route("/documents/folders/<number>", methods=["GET", "POST"])
@requires("documents.edit")
def folder(number):
    """Rename, move or remove a folder. Raises NotFound."""
    row, form = find("document_folder", number, "edit"), _folder_form()
    page = {"folder": row, "removable": not folders.holds(row)}
    if request.method == "GET":
        above = folders.shelves().get(row.parent)
        given = {"title": row.title, "folder": above.number if above else folders.NONE}
        return _ask("folder", form.bind(given), **page)
    if request.form.get("act") == "remove":
        folders.remove(find("document_folder", number, "remove"))
        return redirect("/documents", message=_("The folder is gone."))
    try:
        values = form.clean(request.form)
        folders.change(row, values["title"], folders.key_of(values["folder"]))
    except Invalid as error:
        return _ask("folder", form.bind(request.form, error.errors), status=422, **page)
    return redirect(links.of(row), message=_("Saved."))
