"""The settings of one page: their controls in sections, what a form sent for them, and what becomes of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Response, request

from parlour import Conflict, FieldError, Invalid, Refused, configuration, current, redirect, render
from parlour import gettext as _

drafting, controls, brand = configuration.drafting, configuration.controls, configuration.brand


@dataclass(frozen=True)
class Section:
    """Settings under one heading."""

    title: str
    help: str
    controls: tuple[Any, ...]


@dataclass
class Sent:
    """What a form sent: changes by path, what does not fit by field, and what was typed there."""

    changes: dict[Any, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What a page is drawn again with: its status, why nothing was changed, mistakes that saving found."""

    status: int = 200
    notice: str = ""
    errors: tuple[FieldError, ...] = ()


NOTHING = Told()


def flat(nodes: Iterable[Any]) -> Iterator[Any]:
    """Give all values of a page, groups opened."""
    for node in nodes:
        if node.kind == "group":
            yield from flat(drafting.everything().children(node))
        else:
            yield node


def sections(nodes: Iterable[Any], sent: Sent | None = None, title: str = "", help: str = "") -> list[Section]:  # noqa: A002
    """Draw the values of a page: what stands alone first, then each group under its own heading."""
    sent, nodes = sent or Sent(), list(nodes)
    if len(nodes) == 1 and nodes[0].kind == "group" and not title:  # the page is this group
        nodes = drafting.everything().children(nodes[0])
    locked = not configuration.share().writable
    alone = tuple(_control(one, sent, locked=locked) for one in nodes if one.kind != "group")
    found = [Section(title, help, alone)] if alone else []
    for node in nodes:
        if node.kind == "group":
            inner = drafting.everything().children(node)
            found += sections(inner, sent, _(node.title), _(node.help) if node.help else "")
    return found


def _control(node: Any, sent: Sent, *, locked: bool) -> Any:
    value = sent.typed.get(node.name)
    if node.kind == "css" and value is None:
        value = brand.text_of(drafting.wanted().value(node.path))
    drawn = drafting.control(node, value=value, error=sent.errors.get(node.name, ""), locked=locked)
    return _in_use(drawn) if node.kind == "colour" and not drawn.value else drawn


COLOURS = {"accent": "accent", "secondary": "secondary", "background": "surface_0", "text": "text"}


def _in_use(drawn: Any) -> Any:
    """Say of a colour that is not set which one is computed for it."""
    colour = getattr(configuration.preview.look()[0].palette.light, COLOURS.get(drawn.node.path[-1], ""), "")
    if not colour or drawn.changed:
        return drawn
    return replace(drawn, attrs=(*drawn.attrs, ("data-usual", colour)),
                   source=_("Not set; %(colour)s is in use", colour=colour))


def read(nodes: Iterable[Any]) -> Sent:
    """Read what a form sent for these values; anything else in it is not looked at."""
    sent = Sent()
    for node in nodes:
        if node.path[0] in drafting.OPERATORS:
            continue
        try:
            value = _received(node) if node.kind in controls.FILES else controls.typed(
                node, node.name, request.form)
        except (controls.Unfit, Invalid) as error:
            sent.errors[node.name] = "\n".join(one.message for one in error.errors) if isinstance(
                error, Invalid) else str(error)
            sent.typed[node.name] = request.form.getlist(node.name) if node.kind == "several" else \
                request.form.get(node.name, "")
            continue
        if value is not controls.UNSAID:
            sent.changes[node.path] = value
    for node in nodes:
        if request.form.get("reset") == node.name and node.path[0] not in drafting.OPERATORS:
            sent.changes[node.path] = controls.REMOVE
            sent.errors.pop(node.name, None)
    return sent


def _received(node: Any) -> Any:
    """Receive a picture or style sheet that was sent."""
    if node.kind == "css":
        was, text = request.form.get(f"was.{node.name}"), request.form.get(node.name, "").replace("\r\n", "\n")
        if was is None or text.strip() == was.replace("\r\n", "\n").strip():
            return controls.UNSAID
        return brand.sheet(text) if text.strip() else controls.REMOVE
    if node.kind == "font":
        sent = {weight: one for weight in ("400", "700") if (one := request.files.get(f"{node.name}.{weight}"))
                and one.filename}
        return brand.font(node, request.form.get(f"{node.name}.family", ""), sent) if sent else controls.typed(
            replace(node, kind="choice"), node.name, request.form)
    upload = request.files.get(node.name)
    return brand.picture(node, upload) if upload and upload.filename else controls.UNSAID


def act(here: str, draw: Callable[[Told], Response], changes: Mapping[Any, Any]) -> Response:
    """Do with changes what was asked: keep them for later, look at all of them, throw them away, or save.

    `draw` shows the page again where that cannot be.
    """
    asked = "keep" if request.form.get("reset") else request.form.get("do", "save")
    if asked == "discard":
        drafting.drop()
        return redirect(here, message=_("What you had collected is gone; nothing was changed."), kind="info")
    try:
        drafting.keep(changes, request.form.get("base_version", 0, type=int), stored=asked != "save")
        if asked == "keep":
            return _kept(draw) if "HX-Request" in request.headers else redirect(here)
        if asked == "review":
            return redirect("/settings/review")
        if not drafting.draft().changes:
            return redirect(here, message=_("Nothing was different, so nothing changed."), kind="info")
        made = configuration.save()
    except Conflict as error:
        return draw(Told(409, str(error)))
    except Refused as error:
        return draw(Told(403, str(error)))
    except Invalid as error:
        return draw(Told(422, "", error.errors))
    return redirect(f"{here}{'&' if '?' in here else '?'}saved={made.id}")


def _kept(draw: Callable[[Told], Response]) -> Response:
    """Answer a form that was kept while its person goes on; other parts of the page are told."""
    response = draw(Told())
    response.headers["HX-Trigger"] = "collected"
    return response


def page(here: str, title: str, nodes: Iterable[Any], sent: Sent | None = None, told: Told = NOTHING, *,
         template: str = "settings/page.html", block: str | tuple[str, ...] = "collected",
         groups: Iterable[tuple[str, Iterable[Any]]] = (), **more: Any) -> Response:
    """Draw a page of settings; `groups` are headings with their values, where the schema's own do not do."""
    sent, nodes = sent or Sent(), list(nodes)
    names = {node.name for node in flat(nodes)}
    loose = []
    for one in told.errors:
        home = next((name for name in names if one.path.startswith(name)
                     and one.path[len(name):len(name) + 1] in ("", ".", "[")), "")
        if home:
            sent.errors[home] = one.message
        else:
            loose.append(f"{one.path}: {one.message}" if one.path else one.message)
    shown = [one for heading, inner in groups for one in sections(inner, sent, heading)] or sections(nodes, sent)
    order = [control for section in shown for control in section.controls]
    status = 422 if sent.errors and told.status == 200 else told.status
    return render(template, block=block, status=status, title_=title, here=here,
                  sections=shown, notice=" ".join([told.notice, *loose]).strip(),
                  errors=[(one.name, one.error) for one in order if one.error],
                  files=any(one.kind in ("file", "font") for one in order), **frame(), **more)


def frame() -> dict[str, Any]:
    """Give what every page of settings shows: what is collected, what was just saved, what cannot be."""
    share, saved = configuration.share(), request.args.get("saved", type=int)
    newest = share.versions(1) if saved else []
    done = newest[0] if newest and newest[0].id == saved and newest[0].author == configuration.author() else None
    collected = drafting.draft()
    return {"base_version": collected.base or current().config, "saved": done, "writable": share.writable,
            "file": share.name, "collected": len(collected.changes)}
