"""The schema of how records of a YAML module move: states, steps, terms, documents, what they begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.config.own_fields import field_schema
from core.config.record_data import RECORD_TYPES, TYPE_WORDS, extended
from core.config.shapes import Schema, choice, group, listing, many, number, text, words
from core.parts import CATEGORIES, ROLES

NAME = r"^[a-z][a-z0-9_]{0,39}$"
SIGNATURE = "signature"
"""The type of a step's field that is signed: a typed name, or one drawn with it."""

WHO: Mapping[str, Mapping[str, str]] = {
    "staff": {"agent": "all", "admin": "all"},
    "admins": {"admin": "all"},
    "customer": {"user": "own", "company_user": "company", "company_admin": "company"},
    "requester": {"user": "own", "company_user": "own", "company_admin": "own"},
    "company_admin": {"company_admin": "company"},
    "signed-in": {role: "all" for role in ROLES if role != "guest"},
}
"""What one word after `who` stands for; any other word is an action of the same module."""


def _field(name: str, description: str) -> Schema:
    return text(name, description, pattern=NAME)


def states() -> Schema:
    """Make the schema of the states of a record."""
    state = group("State", "Where a record can stand; a text alone is its word.",
                  label=words("Word", "What people read."),
                  category=choice("Category", "What the portal understands by it.", *CATEGORIES),
                  was=text("Formerly", "The name the state had before: records that stand there move here.",
                           pattern=NAME),
                  locked={"type": "boolean", "title": "Locked", "default": False,
                          "description": "The fields can be changed no more while a record stands here."})
    state["x-short"] = "label"
    return {**many("States", "State to its word; a new record begins in the first.", NAME, state),
            "minProperties": 1}


def _who(permission: Schema) -> Schema:
    """Make the schema of who may take a step: that of a permission, with more words."""
    word = text("For", f"{', '.join(WHO)}, or an action of this module, such as edit.",
                pattern=r"^[a-z][a-z0-9_-]*$")
    return {**permission, "title": "Who", "properties": {**permission["properties"], "for": word},
            "description": "Who may take it: one word, or role to scope."}


def record_field() -> Schema:
    """Make the schema of a record's field: any field, and who fills it in and sees it when."""
    schema = extended(field_schema())
    more = {"by": choice("By", "Who fills it in; customers see what staff fills in.", "everybody", "staff"),
            "seen_in": listing("Seen in", "The states in which customers see it; without them, all.",
                               text("State", "A state of this record.", pattern=NAME)),
            "book": {"type": "boolean", "title": "Address book", "default": False,
                     "description": "Of several lines: customers choose among their company's addresses."}}
    return {**schema, "properties": {**schema["properties"], **more}}


def _step_field() -> Schema:
    """Make the schema of what is asked with a step: any field, or a signature."""
    schema = record_field()
    kind = choice("Type", "What is entered.", *RECORD_TYPES, SIGNATURE, **{**TYPE_WORDS, SIGNATURE: "Signature"})
    own = {key: value for key, value in schema["properties"].items()
           if key not in ("by", "book", "compute", "was")}
    return {**schema, "properties": {**own, "type": kind}}


def _due() -> Schema:
    after = group("After", "When it is taken by itself; a word alone is the field.",
                  field=_field("Field", "A date: once its day is over; else days count from the last change."),
                  days=number("Days", "So many days later.", 0, 0, 3650))
    return {**after, "x-short": "field"}


def _choose() -> Schema:
    chosen = group("Choose", "Rows that are ticked with the step.",
                   rows=_field("Rows", "The field whose rows are offered."),
                   offered=_field("Offered", "The yes-or-no of a row that says that it can be chosen."),
                   into=_field("Into", "The yes-or-no of a row that keeps whether it was."),
                   shows=listing("Shows", "What is said of each row; none means all of it.",
                                 text("Field", "A field of the rows.", pattern=NAME)))
    return {**chosen, "required": ["rows", "offered", "into"]}


def transitions(permission: Schema) -> Schema:
    """Make the schema of the steps; `permission` is that of one permission."""
    act = group("Transition", "A step from some states to another.",
                label=words("Label", "What the button says."),
                to=_field("To", "The state it leads to."),
                **{"from": listing("From", "The states it starts from; none means every other state.",
                                   text("State", "A state of this record.", pattern=NAME)),
                   "if": text("Condition", "What has to hold, such as `valid_until >= today()`.")},
                otherwise=words("Otherwise", "What people read where the condition does not hold."),
                who=_who(permission), help=words("Help", "One sentence above what is asked.", 1000),
                confirm=words("Confirm", "What people confirm before it is done.", 1000),
                fields=many("Fields", "What has to be said with it.", NAME, _step_field()),
                choose=_choose(), terms=_field("Terms", "The terms that are agreed to with it."),
                shows=listing("Shows", "Fields shown above what is asked.",
                              text("Field", "A field.", pattern=NAME)),
                event=_field("Event", "The name of its event, where it is not that of the step."),
                after=_due(), kind=choice("Kind", "How the button looks.", "quiet", "primary", "danger"))
    act["required"] = ["label", "to"]
    return many("Transitions", "Step to what it does.", NAME, act)


def terms() -> Schema:
    """Make the schema of the terms that steps ask to agree to."""
    one = group("Terms", "What is agreed to; a tenant may say it in its own words.",
                title=words("Title", "How they are called."), text=words("Text", "In Markdown.", 20_000))
    return many("Terms", "Name to the text; each wording has a version of its own, kept with what was signed.",
                NAME, {**one, "required": ["title", "text"]})


def documents() -> Schema:
    """Make the schema of the documents a record can be had as."""
    names = listing("Fields", "Fields, in their order.", text("Field", "A field's name.", pattern=NAME))
    block = group("Block", "One piece of the page.",
                  title=words("Title", "What stands above it."), text=words("Text", "A paragraph.", 2000),
                  facts={**names, "title": "Facts"}, rows=_field("Rows", "A field with rows, as a table."),
                  columns={**names, "title": "Columns"}, totals={**names, "title": "Totals"},
                  **{"if": text("Only if", "Which rows are shown, such as `not optional or chosen`.")},
                  terms=_field("Terms", "The terms, as they were agreed to or as they are."),
                  signature=_field("Signature", "A signature, once it is there."))
    one = group("Document", "A PDF made of a record.",
                title=words("Title", "What it is called."),
                states=listing("States", "The states it can be had in; none means all.",
                               text("State", "A state.", pattern=NAME)),
                layout=listing("Layout", "Its pieces, from top to bottom.", block))
    return many("Documents", "Name to its layout.", NAME, {**one, "required": ["title", "layout"]})


def panel() -> Schema:
    """Make the schema of the card on the home page."""
    one = group("Panel", "A card on the home page with what waits.",
                title=words("Title", "What it is called; else what several records are called."),
                states=listing("States", "The states whose records it shows; none means all that are not over.",
                               text("State", "A state.", pattern=NAME)),
                who=choice("Who", "Who has it.", "customers", "staff", "everybody"),
                most=number("Most", "How many it shows.", 5, 1, 20),
                order=number("Order", "Smaller numbers stand higher.", 50, 0, 1000))
    return {**one, "required": ["states"]}


def gives() -> Schema:
    """Make the schema of what a record tells one that begins from it."""
    source = text("Source", "A field of this record, or title.", pattern=NAME)
    lines = group("Lines", "Rows as lines of goods or work: what they are called in the field with rows.",
                  rows=_field("Rows", "The field with rows."), text=_field("Text", "What it is."),
                  quantity=_field("Quantity", "How many."), price=_field("Price", "Money: the price of one."),
                  tax=_field("Tax", "In percent."), sku=_field("Number", "The number of an article."),
                  **{"if": text("Only if", "Which rows count, such as `not optional or chosen`.")})
    return group(
        "Gives", "What a record tells one of another kind that begins from it.",
        **{"in": listing("In", "The states it tells it in; none means all.",
                         text("State", "A state.", pattern=NAME))},
        fields=many("Fields", "Word (body, address ...) to a field of this record.", NAME, source),
        lines={**lines, "required": ["rows", "text"]})


def begins(permission: Schema) -> Schema:
    """Make the schema of how records of this kind begin from records of others."""
    one = group("Begins", "A record of this kind that begins from one of another.",
                label=words("Label", "What the button on the other record says."), who=_who(permission),
                of=listing("Of", "Kinds of record it begins from; none means all.",
                           text("Kind", "A kind, such as quote.", pattern=NAME)),
                needs=listing("Needs", "Words the other one has to tell, such as lines.",
                              text("Word", "A word.", pattern=NAME)),
                fields=many("Fields", "Field of the new record to a word that the other one tells.", NAME,
                            text("Word", "subject, body, address ...", pattern=NAME)),
                once={"type": "boolean", "title": "Once", "default": True,
                      "description": "Whether one record begins only one of these."})
    return many("Begins", "Name to how it begins; offered while this feature is on.", NAME,
                {**one, "required": ["label"]})


def acts(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give what somebody does with a record and may be given the right to: its steps, and what it becomes."""
    for name, act in record.get("transitions", {}).items():
        if "who" in act or "after" not in act:
            yield name, act
    for name, act in record.get("begins", {}).items():
        yield f"begin_{name}", act


def limits(act: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give how far a tenant may narrow and widen who takes a step."""
    return {key: value for key, value in (act.get("who") or {}).items() if key in ("at_least", "up_to")}


def one_text(said: Any) -> str:
    """Give a text, or that of several languages that stands for all."""
    return str((said.get("en") or next(iter(said.values()))) if isinstance(said, Mapping) else said)


def reach(who: Any) -> Mapping[str, str] | None:
    """Give role to extent for what stands after `who`; None where it names another action."""
    given = dict(who or {"for": "staff"})
    word = str(given.pop("for", ""))
    roles = {role: scope for role, scope in given.items() if role in ROLES}
    if word and word not in WHO and word != "everyone":
        return None
    return {**(dict.fromkeys(ROLES, "all") if word == "everyone" else WHO.get(word, {})), **roles}
