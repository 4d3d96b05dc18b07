"""Staff's side: where articles stand and for whom - an article's place, and the categories."""

from datetime import datetime
from pathlib import Path

from flask import Blueprint, request

import parlour
from parlour import FieldError, Invalid, Record, current, fetch, find, forms, people, redirect, render, requires
from parlour import gettext as _

from . import audience, desk, reading, service
from .models import Article, moment, seconds

blueprint = Blueprint("kb_places", __name__)
FOLDER = Path(__file__).parent / "forms"
PLACE = forms.load(FOLDER / "place.yaml", id="kb.place")
CATEGORY = forms.load(FOLDER / "category.yaml", id="kb.category")


def _with_choices(form, order, *, without=None):
    """Give a form that also asks for a category and for companies."""
    shelves, chosen = reading.shelves(count=False), {}
    for key, shelf in shelves.items():
        way = reading.upward(shelves, shelf)
        if without not in {one.id for one in way}:
            chosen[str(key)] = " › ".join(one.title for one in reversed(way))
    companies = {row.identifier: row.name for row in people.companies()}
    more = {"shelf": {"type": "choice", "label": _("Category"), "options": chosen},
            "companies": {"type": "several", "label": _("Companies"), "options": companies,
                          "help": _("Where you chose companies above.")}}
    asked = {name: field for name, field in more.items() if field["options"]}
    return form.adjusted(extra=forms.custom(asked), order=[one for one in order if one in {*form.names, *asked}])


def _keys(values):
    """Turn what a form says of category and companies into keys. Raises Invalid."""
    known = {row.identifier: row.id for row in people.companies()}
    chosen = [known[name] for name in values.get("companies") or () if name in known]
    if values["wanted"] == "company" and not chosen:
        raise Invalid([FieldError("companies", _("Choose at least one company."), "required")])
    return int(values["shelf"]) if values.get("shelf") else None, chosen


def _names(keys):
    return [row.identifier for row in people.companies() if row.id in set(keys)]


@blueprint.route("/content/<number>/place", methods=["GET", "POST"])
@requires("kb.edit")
def place(number):
    """Show and change an article's address, category, readers and neighbours. Raises NotFound."""
    row = find("article", number, "edit")
    form = _with_choices(PLACE, ["slug", "shelf", "wanted", "companies", "featured", "related", "review"])
    back = f"/content/{desk.label(row)}"
    if request.method == "GET":
        day = moment(row.review)
        given = {"slug": row.slug, "shelf": str(row.shelf or ""), "wanted": row.wanted,
                 "featured": row.featured > 0, "companies": _names(row.companies),
                 "related": ", ".join(_numbers(row.related)), "review": day.date().isoformat() if day else None}
        return render("kb/desk/form.html", form=form.bind(given), action=f"{back}/place", back=back,
                      title=row.title)
    try:
        values = form.clean(request.form)
        shelf, companies = _keys(values)
        with parlour.transaction():
            if service.slug_of(values["slug"]) != row.slug:
                service.rename(row, values["slug"])
            service.place(row, shelf=shelf, wanted=values["wanted"], companies=companies,
                          featured=(row.featured or 1) if values["featured"] else 0,
                          related=_related(values["related"], row), review=_day(values["review"]))
    except Invalid as error:
        return render("kb/desk/form.html", form=form.bind(request.form, error.errors), action=f"{back}/place",
                      back=back, title=row.title, status=422)
    return redirect(back, message=_("Saved."))


def _day(text):
    return seconds(datetime.fromisoformat(f"{text}T00:00:00+00:00")) if text else None


def _numbers(keys):
    found = {row.id: row for row in fetch(parlour.visible("article", "edit").where(Record.id.in_(list(keys))))}
    return [desk.label(found[key]) for key in keys if key in found]


def _related(text, row):
    """Turn numbers of articles into keys. Raises Invalid."""
    keys = []
    for word in filter(None, text.replace(",", " ").split()):
        try:
            keys.append(find("article", word, "edit").id)
        except parlour.NotFound:
            message = _("There is no article %(number)s.", number=word)
            raise Invalid([FieldError("related", message, "unknown")]) from None
    return [key for key in dict.fromkeys(keys) if key != row.id]


@blueprint.get("/content/categories")
@requires("kb.edit")
def categories():
    """Show the categories, nested, each with its readers."""
    shelves = reading.shelves()
    top = [one for one in shelves.values() if one.parent not in shelves]
    return render("kb/desk/categories.html", shelves=top, number=_number)


def _number(shelf):
    return parlour.label(current().registry.kinds["kb_category"], shelf.number)


@blueprint.route("/content/categories/new", methods=["GET", "POST"])
@requires("kb.create")
def new_category():
    """Make a category."""
    return _category(None)


@blueprint.route("/content/categories/<number>", methods=["GET", "POST"])
@requires("kb.edit")
def category(number):
    """Change a category; who may read what is in it follows. Raises NotFound."""
    return _category(find("kb_category", number, "edit"))


def _category(row):
    codes = list(current().settings.value("languages.offered"))
    usual = str(current().settings.value("languages.default"))
    names = {code: code.replace("-", "_") for code in codes if code != usual}
    form = _with_choices(CATEGORY, ["title", "slug", "description", "shelf", "wanted", "companies", "position"],
                         without=row.id if row else None).adjusted(extra=forms.custom(_further(names)))
    action = f"/content/categories/{_number(row)}" if row else "/content/categories/new"
    page = {"action": action, "back": "/content/categories", "title": row.title if row else _("New category"),
            "removable": row is not None and parlour.granted(current(), "kb.remove") == "all" and not _holds(row)}
    if request.method == "GET":
        given = _category_given(row, names, usual) if row else {}
        return render("kb/desk/form.html", form=form.bind(given), **page)
    if row and request.form.get("act") == "remove" and page["removable"]:
        parlour.remove("kb_category", row.id)
        return redirect(page["back"], message=_("The category is gone."))
    try:
        values = form.clean(request.form)
        body = _category_body(row, values, names, usual)
        if row is None:
            service.add_category(values["title"], slug=service.slug_of(values["slug"] or values["title"]), **body)
        else:
            service.change_category(row, title=values["title"], slug=values["slug"] or None, **body)
    except Invalid as error:
        return render("kb/desk/form.html", form=form.bind(request.form, error.errors), status=422, **page)
    return redirect(page["back"], message=_("Saved."))


def _category_given(row, names, usual):
    """Give what the form of a category shows at first."""
    given = {"title": row.title, "slug": row.slug, "description": row.descriptions.get(usual, ""),
             "shelf": str(row.parent or ""), "wanted": row.wanted, "companies": _names(row.companies),
             "position": row.position}
    for code, name in names.items():
        given |= {f"title_{name}": row.titles.get(code, ""), f"description_{name}": row.descriptions.get(code, "")}
    return given


def _category_body(row, values, names, usual):
    """Turn a category's form into its columns; languages it does not ask for stay. Raises Invalid."""
    parent, companies = _keys(values)
    asked = {usual, *names}
    said = {}
    for part in ("title", "description"):
        before = getattr(row, f"{part}s") if row else {}
        now = {usual: values[part], **{code: values[f"{part}_{name}"] for code, name in names.items()}}
        said[f"{part}s"] = {code: text for code, text in before.items() if code not in asked} | {
            code: text for code, text in now.items() if text}
    return {"parent": parent, "wanted": values["wanted"], "companies": companies,
            "position": values["position"] or 0, **said}


def _further(names):
    """Give the fields for a category's name and description in other languages."""
    fields = {}
    for code, name in names.items():
        tongue = parlour.language.LANGUAGES.get(code, code)
        fields[f"title_{name}"] = {"type": "text", "max_length": 120,
                                   "label": _("Name in %(language)s", language=tongue)}
        fields[f"description_{name}"] = {"type": "text", "max_length": 300,
                                         "label": _("Description in %(language)s", language=tongue)}
    return fields


def _holds(row):
    """Say whether anything stands in a category, whatever its state."""
    inside = [one for one in audience.categories() if one.parent == row.id]
    held = parlour.visible("article", "edit", Record.id).where(Article.shelf == row.id)
    return bool(inside or fetch(held.limit(1)))
