"""The API: every kind of record through the same door, schema and status codes as its pages."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from werkzeug.exceptions import MethodNotAllowed

from core.data import access, conversation, pauses, people, scope
from core.data.access import feature_on, granted
from core.data.db import fetch, now
from core.data.records import Record, label
from core.data.shapes import shape, shapes, stamp
from core.errors import FieldError, Invalid, NotFound, Refused, SignInNeeded, Unavailable
from core.parts import Kind
from core.web import routes

LIMIT = 50


def entry(message: conversation.Entry) -> dict[str, Any]:
    """Give what the API says about an entry of a conversation."""
    told: dict[str, Any] = {
        "id": message.public_id, "kind": message.kind, "author": message.author_name, "staff": message.by_staff,
        "body": message.body, "origin": message.origin, "created": stamp(message.created),
        "files": [{"id": f.public_id, "name": f.name, "size": f.size, "type": f.mime} for f in message.files]}
    if message.edited:
        told["edited"] = stamp(message.edited)
    if message.held:
        told["held"] = message.held  # why others do not see it: its author is told, and the team
    if scope.current().is_staff:
        told["internal"] = message.internal
    return told


def kind_at(plural: str, action: str) -> Kind:
    """Give the kind at an address for whoever asks. Raises NotFound or SignInNeeded."""
    who = scope.current()
    kind = who.registry.plurals.get(plural)
    if kind is None or not feature_on(who, kind.plugin):
        raise NotFound
    if who.person is None:
        raise SignInNeeded("Send `Authorization: Bearer <token>`.")
    allowed = g.get("token_scopes")
    needed = f"{kind.plural}:{'read' if request.method in ('GET', 'HEAD') else 'write'}"
    if allowed is not None and needed not in allowed and "*" not in allowed:
        raise Refused(f"This key lacks the scope {needed}.")
    if granted(who, f"{kind.plugin}.view") == "none":
        raise NotFound
    if granted(who, f"{kind.plugin}.{action}") == "none":
        raise Refused
    if pauses.paused(kind.plugin):
        raise Unavailable
    return kind


def body() -> dict[str, Any]:
    """Give the JSON object that was sent. Raises Invalid."""
    if request.mimetype != "application/json":
        raise Invalid([FieldError("", "Send JSON with Content-Type: application/json.", "type")])
    try:
        given = json.loads(request.get_data(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Invalid([FieldError("", "This is not JSON.", "json")]) from error
    if not isinstance(given, dict):
        raise Invalid([FieldError("", "Send a JSON object.", "type")])
    return given


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _cursor(row: Any) -> str:
    moment = int(row.touched.timestamp() * 1_000_000)
    return base64.urlsafe_b64encode(f"{moment}:{row.number}".encode()).decode().rstrip("=")


def _after(query: Any, cursor: str) -> Any:
    try:
        moment, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(":")
        at, place = int(moment) % 2**62, int(number) % 2**62
    except (ValueError, binascii.Error, UnicodeDecodeError) as error:
        raise Invalid([FieldError("cursor", "Use the cursor of the page before.", "cursor")]) from error
    return query.where((Record.touched < at) | ((Record.touched == at) & (Record.number < place)))


blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.get("/<plural>")
@routes.requires(routes.ANYONE)
def listing(plural: str) -> Response:
    """Give a page of records, the latest first."""
    kind = kind_at(plural, "view")
    query = access.visible(kind.name).order_by(Record.touched.desc(), Record.number.desc())
    if request.args.get("cursor"):
        query = _after(query, request.args["cursor"])
    rows = fetch(query.limit(LIMIT + 1))
    names = people.names([row.person_id for row in rows])
    more = _cursor(rows[LIMIT - 1]) if len(rows) > LIMIT else None
    return jsonify({"items": shapes(kind, rows[:LIMIT], names), "next": more})


@blueprint.post("/<plural>")
@routes.requires(routes.ANYONE)
def create(plural: str) -> Response:
    """Make a record."""
    kind = kind_at(plural, "create")
    if kind.create is None:
        raise MethodNotAllowed(valid_methods=["GET"])
    row = kind.create(body())
    response = _one(kind, row)
    response.status_code = 201
    response.headers["Location"] = f"/api/v1/{kind.plural}/{label(kind, row.number)}"
    return response


@blueprint.get("/<plural>/<number>")
@routes.requires(routes.ANYONE)
def one(plural: str, number: str) -> Response:
    """Give one record."""
    kind = kind_at(plural, "view")
    return _one(kind, access.find(kind.name, number))


@blueprint.patch("/<plural>/<number>")
@routes.requires(routes.ANYONE)
def update(plural: str, number: str) -> Response:
    """Change a record."""
    kind = kind_at(plural, "view")
    if kind.update is None:
        raise MethodNotAllowed(valid_methods=["GET"])
    return _one(kind, kind.update(access.find(kind.name, number), body()))


@blueprint.get("/<plural>/<number>/messages")
@routes.requires(routes.ANYONE)
def messages(plural: str, number: str) -> Response:
    """Give a record's conversation. Raises NotFound for what only answers: drafts have files of their own."""
    kind = kind_at(plural, "view")
    if kind.answers and kind.reply is None:
        raise NotFound
    row = access.find(kind.name, number)
    found = conversation.entries(row, internal=access.sees_notes(kind))
    return jsonify({"items": [entry(message) for message in found], "next": None})


@blueprint.post("/<plural>/<number>/messages")
@routes.requires(routes.ANYONE)
def reply(plural: str, number: str) -> Response:
    """Add to a record's conversation."""
    kind = kind_at(plural, "view")
    if kind.reply is None:
        raise MethodNotAllowed(valid_methods=["GET"])
    row = access.find(kind.name, number)
    began, mine = now(), scope.current().me.id
    made = kind.reply(row, body())
    elsewhere = made is not None and made.id != row.id
    if elsewhere:
        row = made  # a reply to what is closed for good began a new record
    fresh = conversation.entries(row, internal=access.sees_notes(kind))
    written = (m for m in reversed(fresh) if m.created >= began and m.author_id == mine)
    response = jsonify(entry(next(written, fresh[-1])))
    response.status_code = 201
    if elsewhere:
        response.headers["Location"] = f"/api/v1/{kind.plural}/{label(kind, row.number)}"
    return response


def _one(kind: Kind, row: Any) -> Response:
    return jsonify(shape(kind, row, people.names([row.person_id])))
