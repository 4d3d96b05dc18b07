"""One value that holds others, on a page of its own: its entries as lines or as links, or its settings."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from parlour import FieldError, Invalid, NotFound, configuration, redirect, render, requires
from parlour import gettext as _

from . import fields

blueprint = Blueprint("settings_values", __name__)
drafting, controls, rows = configuration.drafting, configuration.controls, configuration.rows
entries = configuration.entries
HOLDERS = ("group", "mapping", "listing")


@blueprint.get("/settings/at/<path:path>")
@requires("settings.change")
def show(path: str) -> Response:
    """Show one value that holds others."""
    return _draw(_node(path))


@blueprint.post("/settings/at/<path:path>")
@requires("settings.change")
def change(path: str) -> Response:
    """Take what was sent for one value."""
    node = _node(path)
    here, form = drafting.at(node.path), request.form
    if form.get("reset") == node.name:
        return fields.act(here, _again(node), {node.path: controls.REMOVE})
    if node.kind == "group":
        sent = fields.read(list(fields.flat(drafting.everything().children(node))))
        if sent.errors and form.get("do") != "discard":
            return _draw(node, fields.Told(422), sent)
        return fields.act(here, _again(node, sent), sent.changes)
    return _lines(node, here) if rows.columns(node) is not None else _entries(node, here)


def _again(node: Any, sent: Any = None) -> Callable[[fields.Told], Response]:
    return lambda told: _draw(node, told, sent)


def _node(path: str) -> Any:
    """Find a value by its address; places in lists are numbers. Raises NotFound for what cannot be."""
    plan, steps = drafting.everything(), list[Any]()
    for step in path.split("/"):
        holder = plan.node(tuple(steps)) if steps else None
        place = holder is not None and holder.kind == "listing" and step.isdecimal() and len(step) < 5
        steps.append(int(step) if place else step)
    node = plan.node(tuple(steps))
    above = [plan.node(tuple(steps[:depth])) for depth in range(1, len(steps) + 1)]
    if any(one is not None and "x-page" in one.schema for one in above):
        raise NotFound
    if node is None or node.path[0] in drafting.OPERATORS or node.kind not in HOLDERS:
        raise NotFound
    if isinstance(node.path[-1], int) and drafting.wanted().value(node.path) is None:
        raise NotFound
    return node


def _crumbs(node: Any) -> list[tuple[str, str]]:
    """Give the way to a value: its page, then each value that holds it."""
    plan = drafting.everything()
    try:
        page = plan.home(node.path)
    except KeyError:
        raise NotFound from None
    first = next((len(one.path) for _page, one in plan.every() if one.path == node.path[:len(one.path)]),
                 len(node.path))
    alone = len(page.nodes) == 1 and page.nodes[0].kind != "group"  # the page is this value
    return [*([] if alone else [(_(page.title), f"/settings/{page.id}")]),
            *((_titled(node.path[:depth]), drafting.at(node.path[:depth]))
              for depth in range(first, len(node.path) + 1))]


def _titled(path: Any) -> str:
    """Say what people call a value: an entry by its label, anything else by its title."""
    plan = drafting.everything()
    node, above = plan.node(path), plan.node(path[:-1])
    if node is None or above is None:
        return str(path[-1])
    if above.kind == "mapping":
        return str(controls.label_of(str(path[-1]), (entries.standing(above) or {}).get(path[-1])))
    if above.kind == "listing":
        said = controls.label_of("", drafting.wanted().value(path))
        return said or _("%(title)s %(number)s", title=_(node.title), number=int(path[-1]) + 1)
    return _(node.title)


def _draw(node: Any, told: fields.Told = fields.NOTHING, sent: Any = None, lines: Any = None) -> Response:
    here, title = drafting.at(node.path), _titled(node.path)
    more: dict[str, Any] = {"crumbs": _crumbs(node), "help": _(node.help) if node.help else ""}
    if node.kind == "group":
        more["sentence"] = entries.sentence(node, drafting.wanted().value(node.path))
        return fields.page(here, title, drafting.everything().children(node), sent, told, **more)
    flat = rows.columns(node) is not None
    cells = {one.path: one.message for one in told.errors if one.path[:1].isdigit()}
    loose = [one.message for one in told.errors if one.path not in cells]
    mine, now = drafting.control(node), entries.standing(node)
    more |= {"ours": bool(now) and not drafting.wanted().value(node.path), "gone": entries.gone(node),
             "keys": drafting.named(node.schema.get("propertyNames", {}), node.path)}
    return render(
        "settings/rows.html" if flat else "settings/entries.html", block="collected", status=told.status,
        title_=title, here=here, node=node, notice=" ".join([told.notice, *loose]).strip(),
        errors=list(cells.items()),
        lines=(lines or rows.drawn(node, now)) if flat else [],
        columns=rows.columns(node) or (), entries=[] if flat else _listed(node), rule=rows.key_rule(node),
        must=[] if flat else _must(node), mine=mine, ordered=node.kind == "listing", **more, **fields.frame())


def _lines(node: Any, here: str) -> Response:
    """Take a whole table; another empty line, or another order, is shown and not kept yet."""
    form = request.form
    asked, _dot, index = form.get("do", "save").partition(".")
    if asked in ("more", "up", "down"):
        return _draw(node, lines=rows.sorted_as_sent(node, form, asked, index))
    try:
        value = rows.sent(node, form) if asked != "discard" else None
    except Invalid as error:
        return _draw(node, fields.Told(422, "", error.errors), lines=rows.as_sent(node, form, error.errors))
    changes = {} if asked == "discard" or entries.is_usual(node, value) else drafting.towards(node.path, value)
    return fields.act(here, _again(node), changes)


def _listed(node: Any) -> list[tuple[Any, str, str, bool]]:
    """Give the entries that have pages of their own: key, title, summary, and whether they stay."""
    value = entries.standing(node)
    below = drafting.inherited().value(node.path) or {}
    found = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    says = "x-says" in node.schema.get("items", {})
    inner = drafting.everything().entry(node, 0 if says else "x")
    return [(key, f"{key + 1}. {entries.sentence(inner, entry)}" if says else _titled((*node.path, key)),
             "" if says else _summary(node, key, entry), isinstance(below, dict) and key in below)
            for key, entry in found]


def _summary(node: Any, key: Any, entry: Any) -> str:
    plan = drafting.everything()
    inner = {one.path[-1]: one for one in plan.children(plan.entry(node, key))}
    parts = [f"{_(inner[name].title)}: {drafting.in_words(inner[name], value)}" for name, value in entry.items()
             if name in inner and name not in ("label", "name", "title") and value not in (None, "", [], {})] \
        if isinstance(entry, dict) else []
    return " · ".join(parts[:4])


def _must(node: Any) -> list[Any]:
    """Give the fields that a new entry begins with."""
    plan = drafting.everything()
    inner = [one for one in plan.children(plan.entry(node, 0 if node.kind == "listing" else "x"))
             if one.kind in controls.INLINE]
    first = [one for one in inner if one.required] or [one for one in inner if one.path[-1] in ("label", "name")]
    return [drafting.blank(one) for one in first]


def _entries(node: Any, here: str) -> Response:
    """Add, move or take away one entry; what changed is kept with everything else that is collected."""
    try:
        return _entry(node, here)
    except Invalid as error:
        return _draw(node, fields.Told(422, "", error.errors))


def _entry(node: Any, here: str) -> Response:
    asked, _dot, which = request.form.get("do", "save").partition(".")
    value = entries.standing(node)
    if asked == "adopt":
        drafting.keep({node.path: value}, request.form.get("base_version", 0, type=int))
        return redirect(here)
    if asked == "add":
        return _added(node, value)
    if asked in ("drop", "up", "down"):
        wanted = rows.moved(value, asked, which)
        drafting.keep(drafting.towards(node.path, wanted), request.form.get("base_version", 0, type=int))
        return redirect(here)
    return fields.act(here, _again(node), {})


def _added(node: Any, value: Any) -> Response:
    """Begin a new entry and open its page."""
    entry, errors = dict[str, Any](), list[FieldError]()
    for one in _must(node):
        name = one.node.path[-1]
        try:
            said = controls.meant(one.node, str(name), request.form)
            if said is not controls.REMOVE:
                entry[name] = said
        except controls.Unfit as error:
            errors.append(FieldError(str(name), str(error), "unfit"))
    try:
        key, wanted = rows.with_entry(node, value, entry, request.form.get("key", "").strip())
    except Invalid as error:
        errors += error.errors
    if errors:
        return _draw(node, fields.Told(422, "", tuple(errors)))
    drafting.keep(drafting.towards(node.path, wanted), request.form.get("base_version", 0, type=int))
    return redirect(drafting.at((*node.path, key)))
