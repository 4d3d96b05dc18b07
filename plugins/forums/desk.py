"""Who looks after the forum: categories, and what is done with a topic as a whole."""

from flask import Blueprint, request

import parlour
from parlour import FieldError, Invalid, find, forms, people, redirect, render, requires
from parlour import gettext as _

from . import labels, moderation, reading, standing, views
from .models import Place, Topic

blueprint = Blueprint("forums_desk", __name__)
FIELDS = ("slug", "description", "wanted", "starts", "answers", "position")
PLACE = forms.load(views.FOLDER / "place.yaml", id="forums.place")
SPLIT = forms.load(views.FOLDER / "split.yaml", id="forums.split")


ACTS = {"lock": {"locked": True}, "unlock": {"locked": False}, "pin": {"pinned": 1}, "unpin": {"pinned": 0},
        "hide": {"hidden": True}, "show": {"hidden": False}}


@blueprint.post("/forums/<number>/desk")
@requires("forums.moderate")
def turn(number):
    """Lock, open, pin, hide or move a topic. Raises NotFound, Invalid, Conflict."""
    topic, act = find("topic", number, "moderate"), request.form.get("act", "")
    if act == "move":
        place = reading.place_at(request.form.get("place", ""))
        if place is None:
            raise Invalid([FieldError("place", _("Choose one of the categories."), "unknown")])
        moderation.move(topic, place)
    elif act in ACTS:
        moderation.turn(topic, **ACTS[act])
    else:
        raise Invalid([FieldError("act", _("Choose one of these."), "enum")])
    return redirect(views.path(topic), stay=True)


@blueprint.route("/forums/<number>/split", methods=["GET", "POST"])
@requires("forums.moderate")
def split(number):
    """Make a topic of its own of some posts. Raises NotFound."""
    topic, status = find("topic", number, "moderate"), 200
    asked = request.args.get("page", "1")
    sheet = parlour.posts.sheet(topic, int(asked) if asked.isdecimal() and len(asked) < 6 else 1)
    form = SPLIT.adjusted(extra=forms.custom({"place": {
        "type": "choice", "label": _("Category"), "required": True, "options": _places()}}))
    here, error = parlour.by_id("forum_category", topic.place), ""
    bound, chosen = form.bind({"place": here.slug if here else ""}), request.form.getlist("posts")
    if request.method == "POST":
        try:
            values = form.clean(request.form)
            place = reading.place_at(values["place"])
            made = moderation.split(topic, chosen, values["title"], place)
            return redirect(views.path(made), message=_("This is a topic of its own now."))
        except (Invalid, parlour.NotFound) as wrong:
            errors = wrong.errors if isinstance(wrong, Invalid) else ()
            error = next((one.message for one in errors if one.path == "posts"), "")
            bound, status = form.bind(request.form, errors), 422
    return render("forums/split.html", status=status, topic=topic, sheet=sheet, form=bound, chosen=chosen,
                  error=error, here=views.path(topic), number=parlour.label(views.kind(), topic.number))


def _places():
    return {place.slug: f"{place.title} ({readers(place)})" for place in standing.places()}


def readers(place):
    """Say who reads a category in a few words."""
    return {"public": _("everybody"), "customers": _("all customers"), "company": _("chosen companies"),
            "staff": _("your team")}[place.wanted]


@blueprint.get("/forums/categories")
@requires("forums.arrange")
def places():
    """Show the categories with their readers."""
    rows, _latest = reading.front()
    return render("forums/places.html", rows=rows, readers=readers, number=_number)


def _number(place):
    return parlour.label(parlour.current().registry.kinds["forum_category"], place.number)


@blueprint.route("/forums/categories/new", methods=["GET", "POST"])
@requires("forums.arrange")
def new_place():
    """Make a category."""
    return _place(None)


@blueprint.route("/forums/categories/<number>", methods=["GET", "POST"])
@requires("forums.arrange")
def place(number):
    """Change a category; who may read its topics follows. Raises NotFound."""
    return _place(find("forum_category", number, "arrange"))


def _place(row):
    companies = {one.identifier: one.name for one in people.companies()}
    extra = {"companies": {"type": "several", "label": _("Companies"), "options": companies,
                           "help": _("Where you chose companies above.")}} if companies else {}
    order = ["title", "slug", "description", "wanted", "companies", "starts", "answers", "position"]
    form = PLACE.adjusted(extra=forms.custom(extra), order=[one for one in order if one in (*PLACE.names, *extra)])
    action = f"/forums/categories/{_number(row)}" if row else "/forums/categories/new"
    page = {"action": action, "title": row.title if row else _("New category"),
            "removable": row is not None and not parlour.fetch(
                parlour.visible("topic", "moderate", parlour.Record.id).where(Topic.place == row.id).limit(1))}
    if request.method == "GET":
        given = {"answers": True, "position": 0} if row is None else {
            "title": row.title, "companies": [one.identifier for one in people.companies(row.companies)],
            **{name: getattr(row, name) for name in FIELDS}}
        return render("forums/place.html", form=form.bind(given), **page)
    if row and request.form.get("act") == "remove" and page["removable"]:
        with parlour.transaction():
            parlour.remove("forum_category", row.id, "arrange")
            parlour.record_act("forum_category.removed", _number(row), title=row.title)
        return redirect("/forums/categories", message=_("The category is gone."))
    try:
        values = form.clean(request.form)
        save(row, values, values.get("companies") or ())
    except Invalid as error:
        return render("forums/place.html", form=form.bind(request.form, error.errors), status=422, **page)
    return redirect("/forums/categories", message=_("Saved."))


def save(row, values, companies=(), created=None):
    """Make or change a category from cleaned values; give it. Raises Invalid."""
    known = {one.identifier: one.id for one in people.companies()}
    keys = [known[name] for name in companies if name in known]
    if values["wanted"] == "company" and not keys:
        raise Invalid([FieldError("companies", _("Choose at least one company."), "required")])
    body = {"wanted": values["wanted"], "companies": keys if values["wanted"] == "company" else [],
            "description": values.get("description") or "", "starts": values.get("starts") or "everyone",
            "answers": bool(values.get("answers")), "position": values.get("position") or 0}
    open_to = {"audience": body["wanted"], "shared": body["companies"]}
    with parlour.transaction():
        body["slug"] = _address(values.get("slug") or values["title"], row)
        if row is None:
            times = {"created": created} if created else {}
            with parlour.system("forums: a new category"):
                return parlour.add("forum_category", title=values["title"], state="open", body=body, **open_to,
                                   **times)
        made = parlour.change("forum_category", row.id, "arrange", title=values["title"], body=body, **open_to)
        if (row.wanted, list(row.companies)) != (made.wanted, list(made.companies)):
            with parlour.system("forums: readers of a category"):
                standing.readers_changed(made)
        parlour.record_act("forum_category.changed", _number(made), readers=made.wanted)
        return made


def _address(text, row):
    """Give a category's address. Raises Invalid where another has it, or a page of ours."""
    slug = labels.slug_of(text) or "topics"
    if slug in views.RESERVED or slug.isdecimal() or slug.upper().startswith(("TOP-", "FOR-", "TAG-")):
        message = _("This address is taken by a page of the portal. Choose another one.")
        raise Invalid([FieldError("slug", message, "taken")])
    with parlour.system("forums: addresses"):
        query = parlour.visible("forum_category", "view", parlour.Record.id, parlour.Record.number)
        oldest = parlour.first(query.order_by(parlour.Record.id))
        if oldest:  # whoever gives out an address holds it: two at once would both find theirs free
            find("forum_category", oldest.number, hold=True)
        other = parlour.first(query.where(Place.slug == slug))
    if other and (row is None or other.id != row.id):
        raise Invalid([FieldError("slug", _("Another category has this address."), "taken")])
    return slug

