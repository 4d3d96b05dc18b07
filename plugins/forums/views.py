"""What readers meet: the first page, a category, a topic, a new one, answering, and what they follow."""

from functools import partial
from pathlib import Path

from flask import Blueprint, request

import parlour
from parlour import current, find, forms, paging, posts, redirect, render, requires, threads, unsent
from parlour import gettext as _

from . import labels, reading, service, standing
from .models import WAITING, Topic

blueprint = Blueprint("forums", __name__)
FOLDER = Path(__file__).parent / "forms"
NEW = forms.load(FOLDER / "topic.yaml", id="forums.topic")
POST = forms.load(FOLDER / "post.yaml", id="forums.post")
KINDS = ("topic", "forum_category", "forum_tag")
RESERVED = ("new", "mine", "tags", "categories")


def kind():
    """Give the registered kind."""
    return current().registry.kinds["topic"]


def path(topic):
    """Give a topic's address."""
    return parlour.links.record_path(kind(), topic.number)


def common():
    """Give what every template of the forum asks for."""
    person = current().person
    return {"kind": kind(), "label": parlour.label, "path": path, "states": kind().states(),
            "looks_after": person is not None and service.noted(), "tag_names": labels.names,
            "may_begin": parlour.granted(current(), "forums.create") != "none",
            "may_arrange": parlour.granted(current(), "forums.arrange") != "none"}


def _asked():
    return request.args.get("q", "").strip()[:200]


@blueprint.get("/forums")
@requires("forums.view")
def front():
    """Show the categories and where somebody wrote last; a search looks through all of it."""
    if _asked() or request.args.get("show"):
        return _list(None)
    return parlour.guests.page(KINDS, lambda: (_front(), None))


def _front():
    places, latest = reading.front()
    return render("forums/front.html", places=places, latest=latest, text="", **common())


def _list(place, *, tag=None):
    """Show topics: of a category, with a tag, or what a search finds."""
    view, text = request.args.get("show", ""), _asked()
    view = view if view in reading.FILTERS else ""
    first = not (set(request.args) - {"lang"})
    return render("forums/list.html", block="results", place=place, tag=tag, text=text, view=view,
                  page=reading.page(view, place, tag.slug if tag else "", text), address=paging.address,
                  pinned=reading.pinned(place) if place and first else [],
                  places={row.id: row for row in standing.places()} if place is None else {},
                  wish=parlour.watching.wished(place) if place else "", **common())


@blueprint.get("/forums/tags")
@requires("forums.view")
def tags():
    """Show the tags there are."""
    return parlour.guests.page(KINDS, lambda: (render("forums/tags.html", tags=labels.counts(), **common()), None))


@blueprint.get("/forums/tags/<slug>")
@requires("forums.view")
def tagged(slug):
    """Show the topics with a tag. Raises NotFound."""
    tag = labels.known().get(slug)
    if tag is None:
        raise parlour.NotFound
    return _list(None, tag=tag)


@blueprint.get("/forums/mine")
@requires("forums.create")
def mine():
    """Show what somebody follows, or has begun."""
    view = "begun" if request.args.get("show") == "begun" else ""
    page, places = (reading.page("mine"), ()) if view else reading.watched()
    return render("forums/mine.html", block="results", page=page, view=view, address=paging.address,
                  followed=parlour.fetch(places) if places else (), **common())


def _tag_field():
    """Give the field for tags: the team types them, others choose."""
    if current().is_staff:
        return {"tags": {"type": "text", "label": _("Tags"), "max_length": 200,
                         "help": _("Words with commas between them; new ones are made.")}}
    offered = labels.offered()
    return {"tags": {"type": "several", "label": _("Tags"), "options": dict(offered)}} if offered else {}


def _new_form():
    """Make the form of a new topic: with categories that may be chosen, and tags. None where there is none."""
    places = [place for place in standing.places("create") if place.starts == "everyone" or current().is_staff]
    if not places:
        return None
    extra = {"place": {"type": "choice", "label": _("Category"), "required": True,
                       "options": {place.slug: place.title for place in places}}, **_tag_field()}
    return NEW.adjusted(extra=forms.custom(extra), order=[
        name for name in ("place", "title", "body", "tags", "attachments") if name in extra or name in NEW.names])


def _topic_form(topic):
    """Make the form of a topic's title and tags; those only the team uses stay."""
    extra = _tag_field()
    if "options" in extra.get("tags", {}):
        extra["tags"]["options"] |= dict(labels.names(topic.tags))
    return NEW.adjusted(hidden=["body", "attachments"], extra=forms.custom(extra))


def words(value):
    """Give the tags of a form's field as a list of words."""
    return [one.strip() for one in value.split(",")] if isinstance(value, str) else list(value or ())


@blueprint.get("/forums/new")
@requires("forums.create")
def new():
    """Show the form of a new topic, with what was written before and not sent; the address may fill in fields."""
    form, about = _new_form(), parlour.begin.find(request.args.get("about"))
    if form is None:
        return _nowhere()
    given = {"title": parlour.begin.told(about)["subject"]} if about else {}
    asked = {name: value for name, value in request.args.items() if name in form.names}
    kept = unsent.find(service.NEW)
    return _new_page(form.bind({**given, **kept, **asked}), started=bool(kept), about=about)


def _nowhere(status=200):
    if parlour.granted(current(), "forums.arrange") != "none":
        told = _("Make a category first: topics stand in one.")
        return redirect("/forums/categories/new", kind="info", message=told)
    return parlour.page(_("New topic"), _("There is no category yet in which you can write."), status=status)


def _new_page(bound, status=200, *, started=False, about=None):
    return render("forums/new.html", status=status, form=bound, unsent=started, about=about, draft=service.NEW,
                  level=posts.level("topic"), **common())


@blueprint.post("/forums/new")
@requires("forums.create")
def create():
    """Begin a topic. What is too much for now is kept."""
    form, about = _new_form(), parlour.begin.find(request.form.get("about"))
    if form is None:
        return _nowhere(422)
    try:
        values = form.clean(request.form, request.files)
        place = reading.place_at(values["place"])
        if place is None:
            raise parlour.NotFound
        files = parlour.attach.receive(values["attachments"])
        with parlour.transaction():
            topic = service.open_topic(place, values | {"tags": words(values.get("tags"))}, files)
            if about:
                parlour.begin.link(topic, about, "forums.ask")
    except parlour.Invalid as error:
        return _new_page(form.bind(request.form, error.errors), 422, about=about)
    except parlour.TooMany as error:
        unsent.keep(service.NEW, {name: request.form.get(name, "") for name in ("title", "body", "place")})
        return _late(_new_page(form.bind(request.form, [parlour.FieldError("", str(error))]), 429), error)
    return redirect(path(topic), message=_held() if topic.state == WAITING else "")


def _held():
    return _("Thank you. As you are new here, somebody of our team has a look first.")


def _late(response, error):
    response.headers["Retry-After"] = str(error.retry_after)
    return response


@blueprint.get("/forums/<word>")
@requires("forums.view")
def show(word):
    """Show a category by its address, or a topic by its number. Raises NotFound."""
    prefix = word.upper().partition("-")[0]
    if prefix == "FOR" and word[4:].isdecimal():
        return redirect(f"/forums/{find('forum_category', word).slug}")
    numbered = word.isdecimal() or (prefix == kind().prefix and word[4:].isdecimal())
    drawn = partial(_topic if numbered else _category, word)
    return parlour.guests.page(KINDS, drawn)


def _category(slug):
    place = reading.place_at(slug)
    if place is None:
        raise parlour.NotFound
    return _list(place), None


def _topic(number):
    topic = find("topic", number)
    end = parlour.joining.lead(topic) if topic.merged and "here" not in request.args else None
    if end is not None:
        return redirect(path(end), kind="info", message=_("This topic became part of another one.")), None
    return draw(topic), partial(parlour.tally.note, "forums.read", str(topic.id))


def _wanted(topic, fresh, error):
    """Say which page of a topic is asked for: the address's, else where somebody stopped reading."""
    asked = request.args.get("page", "")
    if error:
        return 0
    if asked.isdecimal() and len(asked) < 6:
        return int(asked)
    return posts.page_of_post(topic, fresh) if fresh else 1


def draw(topic, *, status=200, **typed):
    """Draw a topic; `typed` is what stays in a form that was refused: body, error, to."""
    person = current().person
    fresh = reading.first_unread(topic) if request.method == "GET" else ""
    stays = topic.opening if topic.replies else ""
    sheet = posts.sheet(topic, _wanted(topic, fresh, typed.get("error")), keep=stays)
    if request.method == "GET":
        parlour.notify.opened(topic, sheet.entries)
    with parlour.system("forums: its category"):
        place = parlour.by_id("forum_category", topic.place)
    kept = unsent.find(posts.draft(topic))
    shut = service.closed(topic) or (_("It waits until our team has looked at it.") if topic.waiting else "")
    return render(
        "forums/topic.html", block="topic", status=status, topic=topic, sheet=sheet, place=place, fresh=fresh,
        number=parlour.label(kind(), topic.number), here=path(topic), draft=posts.draft(topic), unsent=bool(kept),
        answer=_answer(topic) if topic.accepted and sheet.number == 1 else None, shut=shut,
        may_reply=person is not None and (not shut or (topic.locked and not topic.merged and service.noted())),
        may_accept=service.may_accept(topic, place), may_rename=service.may_rename(topic),
        wish=parlour.watching.wished(topic), **common(),
        places=standing.places() if person and service.noted() else (),
        may_merge=person is not None and not topic.merged and service.noted() and "none" not in (
            parlour.granted(current(), "forums.merge"), parlour.granted(current(), "merging.use")),
        description=posts.excerpt(sheet.entries[0].body) if sheet.number == 1 and sheet.entries else topic.title,
        typed={"body": "", "error": "", "to": "", "to_name": ""} | _quoted(topic, kept) | typed)


def _answer(topic):
    """Give the accepted answer, to stand right below the question; None where it is not in sight any more."""
    try:
        row = threads.message(topic, topic.accepted, internal=service.noted())
    except parlour.NotFound:
        return None
    return None if row.held else (row, posts.shown(row))


def _quoted(topic, kept):
    """Begin an answer with the post that is quoted, after what is kept already."""
    quoted = request.args.get("quote", "")
    identity = quoted or request.args.get("to", "") or kept.get("to", "")
    if not identity or current().person is None:
        return {"body": kept.get("body", "")}
    try:
        row = threads.message(topic, identity, internal=service.noted())
    except parlour.NotFound:
        return {"body": kept.get("body", "")}
    before = f"{kept['body'].rstrip()}\n\n" if kept.get("body") and quoted else kept.get("body", "")
    return {"body": before + (posts.quote(row) if quoted else ""), "to": row.public_id, "to_name": row.author_name}


@blueprint.post("/forums/<number>/reply")
@requires("forums.reply")
def reply(number):
    """Answer. What is too much for now is kept."""
    topic, typed, to = find("topic", number, "reply"), request.form.get("body", ""), request.form.get("to", "")
    try:
        values = POST.clean(request.form, request.files)
        before = parlour.now()
        topic = service.reply(topic, values["body"], parlour.attach.receive(values["attachments"]), to)
    except parlour.Invalid as error:
        return draw(topic, status=422, body=typed, error=error.errors[0].message, to=to)
    except parlour.Conflict as error:
        return draw(find("topic", number), status=409, body=typed, error=str(error))
    except parlour.TooMany as error:
        unsent.keep(posts.draft(topic), {"body": typed, "to": to})
        return _late(draw(topic, status=429, body=typed, error=str(error)), error)
    return _after_reply(topic, before)


def _after_reply(topic, before):
    """Lead to what was just written, on its page."""
    internal, me = service.noted(), current().me.id
    skip = max(0, threads.length(topic, internal=internal) - 5)
    last = parlour.conversation.entries(topic, internal=internal, skip=skip, most=5)
    written = next((one for one in reversed(last) if one.author_id == me and one.created >= before), None)
    if written is None:
        return redirect(path(topic))
    return redirect(posts.at(topic, written.public_id), message=_held() if written.held else "")


@blueprint.post("/forums/<number>/accept")
@requires("forums.reply")
def accept(number):
    """Say which post is the answer, or that none is any more. Raises NotFound."""
    topic, identity = find("topic", number, "reply"), request.form.get("post", "")
    service.accept(topic, identity)
    return redirect(posts.at(topic, identity) if identity else path(topic), stay=True)


@blueprint.route("/forums/<number>/edit", methods=["GET", "POST"])
@requires("forums.reply")
def rename(number):
    """Change a topic's title and tags: who began it, and the team. Raises NotFound, Refused."""
    topic, status = find("topic", number, "reply"), 200
    if not service.may_rename(topic):
        raise parlour.Refused
    form = _topic_form(topic)
    tags_ = ", ".join(name for _slug, name in labels.names(topic.tags)) if current().is_staff else list(topic.tags)
    bound = form.bind({"title": topic.title, "tags": tags_})
    if request.method == "POST":
        try:
            values = form.clean(request.form)
            service.rename(topic, values["title"], words(values["tags"]) if "tags" in values else None)
            return redirect(path(topic), message=_("Saved."))
        except parlour.Invalid as error:
            bound, status = form.bind(request.form, error.errors), 422
    return render("forums/rename.html", status=status, topic=topic, form=bound, here=path(topic))


@blueprint.post("/forums/<slug>/read")
@requires("forums.react")
def read(slug):
    """Take all topics of a category for read. Raises NotFound."""
    place = reading.place_at(slug)
    if place is None:
        raise parlour.NotFound
    threads.mark_all_read("topic", Topic.place == place.id, current().me.id)
    return redirect(f"/forums/{place.slug}", stay=True)
