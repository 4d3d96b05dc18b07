"""The parts of a module as forms: what each asks, how it shows what stands there, what it changes."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from parlour import N_, forms, language, maker
from parlour import gettext as _

from . import words

Spec = dict[str, dict[str, Any]]
Changes = dict[tuple[str | int, ...], Any]
ROLES = {"user": N_("Customers without a company"), "company_user": N_("Customers of a company"),
         "company_admin": N_("Admins of a company"), "agent": N_("Your team"), "admin": N_("Your admins")}
ACTIONS = {"view": N_("See"), "create": N_("Begin new ones"), "reply": N_("Answer"), "edit": N_("Change fields"),
           "note": N_("Read and write internal notes")}
CATEGORIES = {"open": N_("Open"), "in_progress": N_("In progress"), "waiting": N_("Waiting for the customer"),
              "resolved": N_("Resolved"), "closed": N_("Closed")}
AUDIENCES = {"private": N_("Who began it, and their company as far as their role reaches"),
             "company": N_("Everybody of the company"), "customers": N_("Everybody who is signed in"),
             "public": N_("Everybody, signed in or not"), "staff": N_("Your team alone")}
SORTS = {"latest": N_("Latest activity first"), "newest": N_("Newest first"), "oldest": N_("Oldest first")}
MESSAGES = {"optional": N_("It may"), "required": N_("It has to"), "off": N_("No, there is only the form")}
TOLD = {"requester": N_("Who began it"), "followers": N_("Everybody who wrote"), "company": N_("Their company"),
        "staff": N_("Your team")}
MOMENTS = {"opened": N_("A new one"), "replied": N_("An answer"), "noted": N_("An internal note"),
           "changed": N_("Changed fields")}
AS_IT_IS = "as_it_is"
WHO = {AS_IT_IS: N_("As the document says"), "staff": N_("Your team"), "admins": N_("Your admins"),
       "customer": N_("The customer or their company"), "requester": N_("Who began it"),
       "company_admin": N_("Admins of the company"), "signed-in": N_("Everybody who sees it")}
LOOKS = {"quiet": N_("Quiet"), "primary": N_("Stands out"), "danger": N_("Warns")}
FORMS = ("title", "plural", "many", "prefix", "icon", "audience", "headline", "message", "fields", "states",
         "transitions", "list", "sort", "notices")
"""Keys of a kind that have a form; all others are written as text."""


@dataclass(frozen=True)
class Part:
    """One page of forms about a kind: `spec` gives its fields, `shown` their values, `read` what they change."""

    key: str
    title: str
    icon: str
    spec: Callable[[Any, str], Spec]
    shown: Callable[[Any, str], dict[str, Any]]
    read: Callable[[Any, str, Mapping[str, Any]], Changes]

    def form(self, draft: Any, kind: str) -> Any:
        """Make the form."""
        return form_of(self.key, self.spec(draft, kind))


def form_of(key: str, spec: Spec) -> Any:
    """Make a form of fields; `key` is what it is called."""
    return forms.load({"type": "object", "properties": forms.custom(spec)}, id=f"maker.{key}")


def _said(told: Mapping[str, str]) -> dict[str, str]:
    return {key: _(text) for key, text in told.items()}


def labels(fields: Mapping[str, Any]) -> dict[str, str]:
    """Give the words of fields, by name."""
    return {name: words.said(one.get("label") if isinstance(one, Mapping) else one) or name
            for name, one in fields.items()}


def _choice(label: str, options: Mapping[str, str], **more: Any) -> dict[str, Any]:
    return {"type": "choice", "label": label, "options": dict(options), **more}


# What it is


def _basics(draft: Any, kind: str) -> Spec:
    record = draft.kind(kind)
    titles = {"title": _("A title of its own")} | {
        name: label for name, label in labels(record.get("fields", {})).items()
        if record["fields"][name].get("required") and not record["fields"][name].get("internal")
        and record["fields"][name].get("type", "text") in ("text", "choice", "email")}
    found: Spec = {
        "title": {"label": _("Name of the module"), "required": True, "max_length": 80},
        "summary": {"label": _("What it is for"), "max_length": 500, "help": _("One sentence for admins.")},
        "one": {"label": _("One of them"), "required": True, "max_length": 80, "placeholder": _("Return")},
        "many": {"label": _("Several of them"), "max_length": 80, "placeholder": _("Returns")},
        "headline": _choice(_("What stands as the title of each"), titles, required=True),
        "message": _choice(_("Does a new one come with a message?"), _said(MESSAGES), required=True),
        "audience": _choice(_("Who each is meant for"), _said(AUDIENCES), required=True),
        "icon": {"label": _("Icon"), "max_length": 40, "placeholder": "package",
                 "help": _("The name of an icon from lucide.dev/icons.")},
        "prefix": {"label": _("Letters before its numbers"), "required": True, "pattern": "^[A-Z]{2,6}$",
                   "pattern_message": _("Two to six capital letters.")},
        "plural": {"label": _("Word in addresses"), "required": True, "pattern": "^[a-z][a-z0-9_]{1,39}$",
                   "pattern_message": _("Small letters, digits and _, a letter first.")}}
    return found


def _basics_shown(draft: Any, kind: str) -> dict[str, Any]:
    data, record = draft.data, draft.kind(kind)
    return {"title": words.said(data["title"]), "summary": words.said(data.get("summary")),
            "one": words.said(record["title"]), "many": words.said(record.get("many")),
            "headline": record.get("headline", "title"), "message": record.get("message", "optional"),
            "audience": record.get("audience", "private"), "icon": record.get("icon", ""),
            "prefix": record["prefix"], "plural": record["plural"]}


def _basics_read(draft: Any, kind: str, values: Mapping[str, Any]) -> Changes:
    data, record, at = draft.data, draft.kind(kind), ("records", kind)
    usual = {"headline": "title", "message": "optional", "audience": "private", "icon": ""}
    found: Changes = {("title",): words.put(data["title"], values["title"]),
                      (*at, "title"): words.put(record["title"], values["one"]),
                      (*at, "plural"): values["plural"], (*at, "prefix"): values["prefix"],
                      ("summary",): words.put(data.get("summary"), values["summary"]) or maker.REMOVE,
                      (*at, "many"): words.put(record.get("many"), values["many"]) or maker.REMOVE}
    for key, plain in usual.items():
        wanted = values[key] or plain
        found[(*at, key)] = maker.REMOVE if wanted == plain else wanted
    return found


# States


def _states(_draft: Any, _kind: str) -> Spec:
    return {"states": {"type": "rows", "label": _("States"), "min_rows": 1, "max_rows": 30, "fields": {
        "key": {"type": "hidden"},
        "label": {"label": _("Word"), "required": True, "max_length": 60},
        "category": _choice(_("What it means to the portal"), _said(CATEGORIES), required=True)},
        "help": _("A new one begins in the first.")}}


def _states_shown(draft: Any, kind: str) -> dict[str, Any]:
    return {"states": [{"key": key, "label": words.said(one.get("label")) or key,
                        "category": one.get("category", "open")}
                       for key, one in draft.kind(kind)["states"].items()]}


def _states_read(draft: Any, kind: str, values: Mapping[str, Any]) -> Changes:
    before, made = draft.kind(kind)["states"], dict[str, Any]()
    for row in values["states"]:
        key = row.get("key") or ""
        if key not in before or key in made:
            key = words.name_of(row["label"], "state", {*before, *made})
        old = before.get(key, {})
        made[key] = {**old, "label": words.put(old.get("label"), row["label"]), "category": row["category"]}
    return {("records", kind, "states"): made}


# Who may


def _access(_draft: Any, _kind: str) -> Spec:
    reach = {"none": _("no"), "own": _("their own"), "company": _("of their company"), "all": _("all")}
    team = {"none": _("no"), "all": _("all")}
    return {action: {"type": "group", "label": _(said), "fields": {
        role: _choice(_(title), team if role in ("agent", "admin") else reach, required=True)
        for role, title in ROLES.items() if action != "note" or role in ("agent", "admin")}}
        for action, said in ACTIONS.items()}


def _access_shown(draft: Any, _kind: str) -> dict[str, Any]:
    found = maker.permissions(draft.text)
    return {action: {role: found.get(action, {}).get(role, "none") for role in ROLES} for action in ACTIONS}


def _access_read(draft: Any, kind: str, values: Mapping[str, Any]) -> Changes:
    before, changes = _access_shown(draft, kind), Changes()
    said = draft.data.get("permissions", {})
    for action in ACTIONS:
        wanted = {role: reach for role, reach in values[action].items() if reach != "none"}
        if any(reach != before[action][role] for role, reach in values[action].items()):
            kept = {key: one for key, one in said.get(action, {}).items() if key in ("label", "at_least", "up_to")}
            changes["permissions", action] = {**wanted, **kept}
    return changes


# The list


def _list(draft: Any, kind: str) -> Spec:
    known = labels(draft.kind(kind).get("fields", {}))
    several = {"type": "several", "label": _("Beside the title"), "options": known}
    first = _choice(_("What stands first"), _said(SORTS), required=True)
    return {**({"list": several} if known else {}), "sort": first}


def _list_shown(draft: Any, kind: str) -> dict[str, Any]:
    record = draft.kind(kind)
    return {"list": list(record.get("list", ())), "sort": record.get("sort", "latest")}


def _list_read(draft: Any, kind: str, values: Mapping[str, Any]) -> Changes:
    now, at = draft.kind(kind).get("list", ()), ("records", kind)
    chosen = values.get("list", ())
    columns = [*(name for name in now if name in chosen), *(name for name in chosen if name not in now)]
    return {(*at, "list"): columns or maker.REMOVE,
            (*at, "sort"): maker.REMOVE if values["sort"] == "latest" else values["sort"]}


# Who is told


def _notices(draft: Any, kind: str) -> Spec:
    steps = labels(draft.kind(kind).get("transitions", {}))
    return {"notices": {"type": "rows", "label": _("Notices"), "max_rows": 40, "fields": {
        "moment": _choice(_("When"), {**_said(MOMENTS), **steps}, required=True),
        "title": {"label": _("What it says"), "required": True, "max_length": 200,
                  "placeholder": "%(number)s: %(title)s",
                  "help": _("%%(number)s, %%(title)s and %%(actor)s stand for number, title and who did it.")},
        "to": {"type": "several", "label": _("Who is told"), "options": _said(TOLD), "required": True},
        "mail": {"type": "checkbox", "label": _("By e-mail, too"), "default": True}},
        "help": _("Without any, your team hears of new ones, and who wrote hears of answers and steps.")}}


def _notices_shown(draft: Any, kind: str) -> dict[str, Any]:
    return {"notices": [{"moment": moment, "title": words.said(one["title"]), "to": list(one["to"]),
                         "mail": one.get("mail", True)}
                        for moment, one in draft.kind(kind).get("notices", {}).items()]}


def _notices_read(draft: Any, kind: str, values: Mapping[str, Any]) -> Changes:
    before, made = draft.kind(kind).get("notices", {}), dict[str, Any]()
    for row in values["notices"]:
        old = {key: one for key, one in before.get(row["moment"], {}).items() if key != "mail"}
        made[row["moment"]] = {**old, "title": words.put(old.get("title"), row["title"]), "to": row["to"],
                               **({} if row["mail"] else {"mail": False})}
    return {("records", kind, "notices"): made or maker.REMOVE}


# Steps


def step_spec(draft: Any, kind: str) -> Spec:
    """Give the form of one step."""
    states = labels(draft.kind(kind)["states"])
    return {"label": {"label": _("What the button says"), "required": True, "max_length": 80},
            "from": {"type": "several", "label": _("From"), "options": states,
                     "help": _("None of them means: from every other state.")},
            "to": _choice(_("Leads to"), states, required=True),
            "who": _choice(_("Who may take it"), _said(WHO)),
            "kind": _choice(_("How the button looks"), _said(LOOKS), required=True),
            "help": {"label": _("Help"), "max_length": 500,
                     "help": _("One sentence above what is asked with it.")},
            "confirm": {"label": _("To be confirmed"), "max_length": 500,
                        "help": _("Such as “Yes, it is packed.” Leave it empty if there is nothing to confirm.")}}


def step_shown(draft: Any, kind: str, name: str) -> dict[str, Any]:
    """Give the values of one step's form; those of a new one without a name."""
    one = draft.kind(kind).get("transitions", {}).get(name)
    if one is None:
        return {"who": "staff", "kind": "quiet", "from": []}
    who = one.get("who") or {"for": "staff"}
    plain = who["for"] if list(who) == ["for"] and who["for"] in WHO else AS_IT_IS
    return {"label": words.said(one["label"]), "from": list(one.get("from", ())), "to": one["to"], "who": plain,
            "kind": one.get("kind", "quiet"), "help": words.said(one.get("help")),
            "confirm": words.said(one.get("confirm"))}


def step_read(draft: Any, kind: str, name: str, values: Mapping[str, Any]) -> tuple[str, Any]:
    """Give the name of a step and what its form makes of it; what the form does not ask for stays."""
    known = draft.kind(kind).get("transitions", {})
    name = name or words.name_of(values["label"], "step", {*known, *MOMENTS, "reply", "note", "edit", "new"})
    old = dict(known.get(name, {}))
    made = {key: one for key, one in old.items() if key not in ("from", "kind")}
    made |= {"label": words.put(old.get("label"), values["label"]), "to": values["to"]}
    if values["from"]:
        made["from"] = values["from"]
    if values["who"] and values["who"] != AS_IT_IS:
        made["who"] = {"for": values["who"]}
    if values["kind"] != "quiet":
        made["kind"] = values["kind"]
    for key in ("help", "confirm"):
        made.pop(key, None)
        if values[key]:
            made[key] = words.put(old.get(key), values[key])
    return name, {key: made[key] for key in (*old, *(key for key in made if key not in old)) if key in made}


PARTS = {one.key: one for one in (
    Part("basics", N_("What it is"), "package", _basics, _basics_shown, _basics_read),
    Part("states", N_("States"), "list", _states, _states_shown, _states_read),
    Part("access", N_("Who may what"), "users", _access, _access_shown, _access_read),
    Part("list", N_("The list"), "rows-3", _list, _list_shown, _list_read),
    Part("notices", N_("Who is told"), "bell", _notices, _notices_shown, _notices_read))}


@dataclass(frozen=True)
class Other:
    """Something a module says that has no form here: a key, what it is called, whether it is said."""

    key: str
    title: str
    help: str
    used: bool
    line: int


def _left(draft: Any, path: tuple[str, ...], schema: Mapping[str, Any],
          without: Container[str]) -> Iterator[Other]:
    said: Any = draft.data
    for step in path:
        said = said.get(step, {})
    for key, one in schema["properties"].items():
        if key not in without:
            told = _(one["description"]) if one.get("description") else ""
            yield Other(key, _(one.get("title", key)), told, key in said, draft.document.mark((*path, key))[0])


def others(draft: Any, kind: str) -> Iterator[Other]:
    """Give the keys of a kind, and of the whole document, that are written as text."""
    schema = maker.schema()
    yield from _left(draft, ("records", kind), schema["properties"]["records"]["additionalProperties"], FORMS)
    yield from _left(draft, (), schema, ("id", "title", "summary", "records", "permissions", "face", "requires"))


def others_of_step(draft: Any, kind: str, name: str) -> Iterator[Other]:
    """Give the keys of a step that are written as text."""
    record = maker.schema()["properties"]["records"]["additionalProperties"]
    schema = record["properties"]["transitions"]["additionalProperties"]
    yield from _left(draft, ("records", kind, "transitions", name), schema, (*step_spec(draft, kind), "fields"))


def others_of_field(draft: Any, design: Any, name: str, asked: Container[str]) -> Iterator[Other]:
    """Give the keys of a field that are written as text, as far as its type may know them."""
    schema = design.schema["additionalProperties"]
    if "$ref" in schema:
        schema = maker.schema()["$defs"]["field"]
    more = ("compute", "was", "of", "by", "seen_in", "book")
    yield from (one for one in _left(draft, (*design.path, name), schema, asked) if one.key in more or one.used)


def tongue() -> str:
    """Give the language whose texts the forms show, in words."""
    return str(language.LANGUAGES.get(words.first(), words.first()))

