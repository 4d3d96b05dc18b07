"""Forms that admins build: where their fields stand, what else stands in them, and what each step changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import g

from core.config.loader import Path
from core.config.mistakes import mistakes
from core.config.outline import Node
from core.config.own_fields import CHECK, FIELD_TYPES, PERSON, holds_fields
from core.config.splice import REMOVE
from core.data import holding
from core.errors import ConfigError, FieldError, Invalid, NotFound
from core.look.i18n import gettext as _
from core.web import drafting, forms, rows
from core.web.controls import label_of
from core.web.fields import HOLDERS
from core.web.kinds import ICONS as ICONS  # noqa: PLC0414 - handed on
from core.web.kinds import TYPES as TYPES  # noqa: PLC0414 - handed on
from core.web.kinds import Entry, plainly
from core.web.texts import say, taken

MOST = 200
"""Forms that are listed."""

Changes = dict[Path, Any]


@dataclass(frozen=True)
class Design:
    """One form: its fields stand at `path` of the tenant's settings.

    `own` are they, by name, as the draft has them; `above` those that a form for all adds; `group` is where
    `hidden`, `required`, `order` and `labels` stand (`said`), if anywhere; `about` is `x-form` of the schema: the
    form's other fields, the kind of what holds the answers, the page that shows it. `entry` is the key of the
    entry it belongs to, such as a category. `apart` is "form" or "inner" (what stands in a group or row)
    where the fields stand in another document than the settings, in which `schema` is that of the group; changes
    are then whole groups of fields, and their keeper checks what they say about each other.
    """

    path: Path
    title: str
    page: str
    own: Mapping[str, Mapping[str, Any]]
    check: Mapping[str, Any]
    about: Mapping[str, Any] = field(default_factory=dict)
    group: Path = ()
    said: Mapping[str, Any] = field(default_factory=dict)
    above: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    entry: str = ""
    apart: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)

    def word(self, one: Mapping[str, Any]) -> str:
        """Give what people call the type of a field."""
        words = {**self.known.get("type", {}).get("x-labels", {}), **TYPES}
        return str(words.get(one.get("type", "text"), one.get("type")))

    @property
    def known(self) -> Mapping[str, Any]:
        """The keys a field may have in another document than the settings, with their schemas."""
        each = self.schema.get("additionalProperties", {})
        return dict((self.schema["$defs"]["field"] if "$ref" in each else each).get("properties", {}))

    def towards(self, fields: Mapping[str, Any]) -> Changes:
        """Give the changes that make these its fields."""
        return {self.path: dict(fields)} if self.apart else drafting.towards(self.path, fields)

    @property
    def href(self) -> str:
        """Where it is built."""
        return drafting.at(self.path)

    @property
    def place(self) -> str:
        """Its path as its addresses have it."""
        return self.href.removeprefix("/settings/forms/")

    @property
    def inner(self) -> bool:
        """Whether it is what stands inside a group or in each row."""
        if self.apart or len(self.path) < 3 or self.path[-1] != "fields":
            return self.apart == "inner"
        return _is_fields(drafting.everything().node(self.path[:-2]))

    @property
    def mine(self) -> int:
        """How many fields the tenant made."""
        return len(set(self.own) - set(self.about.get("known", ())))

    @property
    def persons(self) -> bool:
        """Whether its fields stand on people, who may change some of them."""
        node = None if self.apart else drafting.everything().node(self.path)
        return node is not None and node.schema.get("additionalProperties") == PERSON

    @property
    def types(self) -> list[tuple[str, str, str]]:
        """Give the types a field may have here: key, word, icon."""
        without = {*self.check.get("without", ()), "hidden", *(("rows", "group") if self.inner else ())}
        more = [key for key in self.known.get("type", {}).get("enum", ()) if key not in FIELD_TYPES]
        return [(key, _(self.word({"type": key})), ICONS.get(key, "circle")) for key in (*FIELD_TYPES, *more)
                if key not in without]


def _is_fields(node: Node | None) -> bool:
    return node is not None and holds_fields(node.schema)


def every() -> list[Design]:
    """Give all forms of the features that are on; asked once per request."""
    if "designs" not in g:
        features = drafting.wanted().features
        g.designs = [find(path) for page, node in drafting.everything().every()
                     if not page.plugin or (page.plugin in features and features[page.plugin].enabled)
                     for path in _paths(node)][:MOST]
    return list(g.designs)


def _paths(node: Node) -> Iterator[Path]:
    plan = drafting.everything()
    if CHECK in node.schema:
        yield node.path
    elif node.kind == "mapping":
        for key in drafting.wanted().value(node.path) or {}:
            yield from _paths(plan.entry(node, key))
    elif node.kind == "group":
        for inner in plan.children(node):
            yield from _paths(inner)


def find(path: Path) -> Design:
    """Give the form whose fields stand at a path. Raises NotFound for what is none, or stands in nothing."""
    plan = drafting.everything()
    node = plan.node(path)
    if node is None or not _is_fields(node) or path[0] in drafting.OPERATORS:
        raise NotFound
    chosen = [depth for depth in range(1, len(path)) if _chosen(path[:depth])]
    if any(drafting.wanted().value(path[:depth]) is None for depth in chosen):
        raise NotFound
    about, group = _about(node)
    above = _above(path, about)
    last = path[:chosen[-1]] if chosen else ()
    inner = bool(last) and _is_fields(plan.node(last[:-1]))
    if inner and fields_at(last[:-1])[str(last[-1])].get("type") not in HOLDERS:
        raise NotFound
    title = label_of(str(last[-1]), drafting.wanted().value(last)) if last else _(about.get("title") or node.title)
    check = {"without": ["file", "files"]} if inner else node.schema.get(CHECK, {})
    return Design(path, title, _(plan.home(path).title), fields_at(path), check, about, group,
                  (drafting.wanted().value(group) or {}) if group else {}, above, str(last[-1]) if last else "")


def _chosen(path: Path) -> bool:
    """Say whether the last step of a path is a key that people chose."""
    above = drafting.everything().node(path[:-1]) if len(path) > 1 else None
    return above is not None and above.kind == "mapping"


def _about(node: Node) -> tuple[Mapping[str, Any], Path]:
    """Give what the schema says about a form: on the fields, or on the group around or beside them."""
    plan, around = drafting.everything(), node.path[:-1]
    if "x-form" in node.schema:
        return node.schema["x-form"], ()
    for path in (around, (*around, "form")):
        group = plan.node(path) if path else None
        if group is not None and "x-form" in group.schema:
            return group.schema["x-form"], path
    return {}, ()


def _above(path: Path, about: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the fields that a form for all of the same feature adds to this one."""
    general = (*path[:2], about["above"]) if about.get("above") else path
    return fields_at(general) if general != path else {}


def fields_at(path: Path) -> dict[str, dict[str, Any]]:
    """Give the fields that stand at a path with the draft, each as a mapping, sorted as they say."""
    node = drafting.everything().node(path)
    found = drafting.wanted().value(path) or (node.schema.get("x-usual") if node else None) or {}
    fields = {str(name): dict(one) if isinstance(one, Mapping) else {"label": one} for name, one in found.items()}
    return dict(sorted(fields.items(), key=lambda pair: pair[1].get("order", 50)))


def options_of(design: Design, source: str) -> dict[str, str]:
    """Give the keys and words of a group of the plugin's settings that a built-in field chooses from."""
    path = (*design.path[:2], source)
    node = drafting.everything().node(path)
    usual = (node.schema if node else {}).get("x-usual", {})
    found = drafting.wanted().value(path) or usual
    if not isinstance(found, Mapping):
        return {str(key): str(key).replace("_", " ").capitalize() for key in found}
    return {str(key): _(label_of(str(key), one)) for key, one in found.items()}


def built_in(design: Design) -> dict[str, dict[str, Any]]:
    """Give the form's other fields in the words of fields of one's own, labelled as the tenant says."""
    labels, made = design.said.get("labels", {}), {}
    for name, one in design.about.get("fields", {}).items():
        made[name] = {"label": taken(labels.get(name)) or _(one["title"]), "type": one.get("type", "text"),
                      "required": name in design.said.get("required", ()) or bool(one.get("required"))}
        if isinstance(one.get("options"), str):
            made[name]["options"] = options_of(design, one["options"]) or {"-": "-"}
    return made


def order(design: Design) -> list[str]:
    """Give the names of all fields in the order in which they are drawn."""
    about = design.about.get("fields", {})
    first = [name for name, one in about.items() if one.get("fixed")]
    names, last = list(about), design.about.get("own_after")
    after = names.index(last) + 1 if last in about else len(names)
    usual = [*names[:after], *design.above, *design.own, *names[after:]]
    usual = list(dict.fromkeys([*first, *usual]))
    placed = [*first, *(name for name in design.said.get("order", ()) if name in usual and name not in first)]
    for place, name in enumerate(usual):
        if name not in placed:  # after what usually stands before it
            placed.insert(placed.index(usual[place - 1]) + 1 if place else 0, name)
    return list(dict.fromkeys(placed))


def entries(design: Design) -> list[Entry]:
    """Give the lines of a form."""
    about, said, told = design.about.get("fields", {}), design.said, only_if(design)
    known = {**built_in(design), **design.above, **design.own}
    can, draft = bool(design.group), drafting.draft()
    made = []
    for name in order(design):
        one, own, built = known[name], name in design.own, about.get(name, {})
        fixed, must = bool(built.get("fixed")), bool(built.get("required"))
        usual = design.about.get("known", {}).get(name, "")
        made.append(Entry(
            name, say(taken(one.get("label"))) or _(usual) or name.replace("_", " ").capitalize(),
            _(design.word(one)), ICONS.get(one.get("type", "text"), "circle"), own,
            name in design.above and not own, fixed,
            bool(one.get("required")) or name in said.get("required", ()), must,
            bool(one.get("hidden")) or name in said.get("hidden", ()), bool(one.get("internal")),
            told.get(name, ""), draft.touches((*design.path, name)),
            hides=own or (can and not fixed and not built.get("shown")),
            requires=own or (can and not fixed and not must)))
    return made


def sketch(design: Design, fields: Mapping[str, Any] | None = None) -> forms.Form:
    """Make the form as it would be, without its page. Raises ConfigError."""
    every = {**built_in(design), **design.above, **(design.own if fields is None else fields)}
    hidden = set(design.said.get("hidden", ()))
    wanted = {name: {**one, "required": bool(one.get("required")) or name in design.said.get("required", ())}
              for name, one in every.items() if name not in hidden}
    made = forms.load({"type": "object", "properties": {}}, id="design")
    placed = [name for name in order(design) if name in wanted]
    keep = plainly if design.apart else dict
    plain = {name: keep({key: value for key, value in wanted[name].items() if key != "order"}) for name in placed}
    return made.adjusted(extra=forms.custom(plain), order=placed, known=dict.fromkeys(hidden - set(plain)))


def only_if(design: Design) -> dict[str, str]:
    """Say of each field that has a condition when it is asked."""
    try:
        return {one.key: one.condition.said() for one in sketch(design).fields if one.condition}
    except ConfigError:
        return {name: ", ".join(one["if"]) for name, one in design.own.items() if one.get("if")}


def held(design: Design) -> dict[str, int]:
    """Count the answers to each field of one's own that stand somewhere."""
    return holding.holding(design.about.get("kind", ""), list(design.own))


def name_for(design: Design, label: str) -> str:
    """Make the name of a new field of its label: one nobody has, and that no stored answer goes by."""
    base, used = rows.slug(label)[:36].strip("_") or "field", {*order(design), *design.check.get("beside", ())}
    tried = [base, *(f"{base}_{number}" for number in range(2, MOST))]
    free = [name for name in tried if name not in used]
    stored = holding.holding(design.about.get("kind", ""), free[:5])
    return next((name for name in free[:5] if not stored.get(name)), free[5])


def put(design: Design, name: str, one: Mapping[str, Any]) -> Changes:
    """Change or add a field. Raises Invalid with what does not fit, each at the key of the field."""
    fields = {**design.own, name: dict(one)}
    wrong = [FieldError(".".join(map(str, path[1:2])), message, "unfit")
             for path, message in faults(design, fields) if not path or path[0] == name]
    if wrong:
        raise Invalid(wrong)
    return design.towards(fields)


def faults(design: Design, fields: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """Tell what does not fit in the fields of a form, with what they say about each other."""
    schema = dict(design.schema)
    if not design.apart:
        plan = drafting.everything()
        node = plan.node(design.path)
        schema = {**(node.schema if node else {}), "$defs": plan.root["$defs"]}
        if CHECK not in schema and design.inner:
            schema[CHECK] = dict(design.check)
    return [(path, " ".join(part for part in told if part)) for path, *told in mistakes(dict(fields), schema)]


def act(design: Design, verb: str, name: str) -> Changes:
    """Give what a button of a line changes: up, down, hide, require, copy, drop. Raises Invalid."""
    acts: Mapping[str, Callable[[Design, str], Changes]] = {
        "up": lambda one, key: ordered(one, _shifted(one, key, -1)),
        "down": lambda one, key: ordered(one, _shifted(one, key, 1)),
        "hide": lambda one, key: _switched(one, key, "hidden"),
        "require": lambda one, key: _switched(one, key, "required"), "copy": _copied, "drop": _dropped}
    if verb not in acts or name not in order(design):
        return {}
    return acts[verb](design, name)


def _movable(design: Design) -> list[str]:
    about = design.about.get("fields", {})
    return [name for name in order(design) if not about.get(name, {}).get("fixed") and (
        design.group or name in design.own)]


def _shifted(design: Design, name: str, by: int) -> list[str]:
    names = _movable(design)
    if name in names and 0 <= names.index(name) + by < len(names):
        place = names.index(name)
        names[place], names[place + by] = names[place + by], names[place]
    return names


def ordered(design: Design, names: Sequence[str]) -> Changes:
    """Put the fields into an order; names that are not given follow, unknown ones do not count."""
    movable = _movable(design)
    wanted = list(dict.fromkeys([*(name for name in names if name in movable), *movable]))
    if wanted == movable:
        return {}
    if design.group:
        return {(*design.group, "order"): wanted}
    return design.towards({name: {key: value for key, value in design.own[name].items()
                                                 if key != "order"} for name in wanted})


def _switched(design: Design, name: str, word: str) -> Changes:
    entry = next(one for one in entries(design) if one.name == name)
    if not (entry.hides if word == "hidden" else entry.requires):
        return {}
    if entry.own:
        rest = {key: value for key, value in design.own[name].items() if key != word}
        now = bool(design.own[name].get(word)) or name in design.said.get(word, ())
        changed = design.towards({**design.own, name: rest if now else {**rest, word: True}})
        return {**changed, **(_listed(design, name, word, add=False) if now else {})}
    return _listed(design, name, word, add=name not in design.said.get(word, ()))


def _listed(design: Design, name: str, word: str, *, add: bool) -> Changes:
    """Put a name into, or take it out of, a list of the form's group."""
    listed = list(design.said.get(word, ()))
    wanted = [*listed, name] if add else [one for one in listed if one != name]
    if wanted == listed:
        return {}
    return {(*design.group, word): wanted or REMOVE}


def _copied(design: Design, name: str) -> Changes:
    if name not in design.own:
        return {}
    label = _("%(label)s (copy)", label=say(taken(design.own[name].get("label"))) or name)
    fresh = name_for(design, label)
    fields: dict[str, Any] = {}
    for key, one in design.own.items():
        fields[key] = one
        if key == name:
            fields[fresh] = {**one, "label": label}
    listed = list(design.said.get("order", ()))
    place = {(*design.group, "order"): [inner for one in listed for inner in (
        (one, fresh) if one == name else (one,))]} if name in listed else {}
    return {**design.towards(fields), **place}


def _dropped(design: Design, name: str) -> Changes:
    if name not in design.own:
        return {}
    needing = [say(taken(one.get("label"))) or key for key, one in design.own.items() if name in one.get("if", {})]
    if needing:
        raise Invalid([FieldError("", _("%(names)s is asked only if this field says so. Change that first.",
                                        names=", ".join(needing)), "needed")])
    left = {key: one for key, one in design.own.items() if key != name}
    if design.inner and not left:
        raise Invalid([FieldError("", _("One field has to stay. Remove the whole instead."), "required")])
    made = dict(design.towards(left)) if left else {design.path: REMOVE}
    for word in ("order", "hidden", "required"):
        made |= _listed(design, name, word, add=False)
    return made


def relabelled(design: Design, name: str, label: Any) -> Changes:
    """Give a built-in field another label; an empty one is the form's own again."""
    if not design.group or name not in design.about.get("fields", {}):
        return {}
    return {(*design.group, "labels", name): label or REMOVE}
