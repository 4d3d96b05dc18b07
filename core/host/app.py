"""Twelve named steps from portal.yaml to a WSGI callable."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from flask import Blueprint, Flask, Response, jsonify, make_response

from core.data import db as database
from core.data import scope
from core.host import aligning, renewal
from core.host import request as steps
from core.host.fence import FencedFlask, fence
from core.host.plugins import contained
from core.host.portal import CORE, Portal, assemble
from core.look.i18n import gettext
from core.web import api, deliver, frame, preview, routes
from core.work import notify

log = logging.getLogger("parlour")
STATIC = CORE / "web" / "static"


def create_app(folder: Path, env: Mapping[str, str] = os.environ) -> Flask:
    """Make the application of a portal folder. Raises ConfigError where it cannot be used."""
    portal = assemble(folder, env)
    aligning.at_start(portal)
    return wrap(portal)


def wrap(portal: Portal) -> Flask:
    """Make the application of an assembled portal."""
    portal.composer.remember(portal.place.state / "run" / "templates")
    app = steps.ParlourFlask("parlour", static_folder=None, template_folder=None)
    app.secret_key = portal.place.secret
    app.config["MAX_CONTENT_LENGTH"] = 52 * 1024 * 1024
    app.extensions["parlour"] = portal
    app.extensions["parlour.composer"] = portal.composer
    app.extensions["parlour.gettext"] = gettext
    app.extensions["parlour.renew"] = partial(renewal.ask, portal.place.folder)
    app.extensions["parlour.frame"] = partial(frame.frame, portal.looks, notify.unread)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    steps.install(app, portal)
    app.register_blueprint(_own_routes(portal))
    app.register_blueprint(api.blueprint)
    app.register_blueprint(deliver.blueprint)
    app.owners = {}
    for plugin, blueprint in portal.built.blueprints:
        _register(app, portal, plugin, blueprint)
    steps.trust_proxies(app, portal.place.proxies)
    return app


def _register(app: FencedFlask, portal: Portal, plugin: str, blueprint: Blueprint) -> None:
    builtin = portal.plugins.manifests[plugin].builtin
    contained(lambda: fence(app, blueprint, plugin, builtin=builtin),
              lambda error: portal.plugins.fail(plugin, "routes()", error))


def _own_routes(portal: Portal) -> Blueprint:
    own = Blueprint("host", __name__)

    @own.get("/healthz")
    @routes.requires(routes.ANYONE)
    def healthz() -> Response:
        return make_response("ok\n", 200, {"Content-Type": "text/plain"})

    @own.get("/readyz")
    @routes.requires(routes.ANYONE)
    def readyz() -> Response:
        database.ping()
        return jsonify({"ready": True, "config": portal.snapshot().version})

    @own.get("/static/<path:name>")
    @routes.requires(routes.ANYONE)
    def static(name: str) -> Response:
        return deliver.static(STATIC, name)

    @own.get("/theme/<name>")
    @routes.requires(routes.ANYONE)
    def theme(name: str) -> Response:
        who = scope.current()
        asset = portal.looks.asset(who.settings, frame.company_of(who), name)
        return deliver.asset(asset) if asset is not None else preview.served(name)

    @own.get("/static/plugins/<plugin>/<path:name>")
    @routes.requires(routes.ANYONE)
    def plugin_static(plugin: str, name: str) -> Response:
        return deliver.plugin_static(plugin, name)

    return own

