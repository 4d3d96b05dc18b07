"""Plugins' pages inside the application: paused, timed, contained and named, whatever they raise or give."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, Response, make_response, request

from core.data import pauses, scope
from core.data.once import AlreadyDone, aside
from core.data.scope import Scope
from core.errors import PluginError
from core.host.containment import CURE, is_fault, paused_page, told, traced, trouble
from core.host.watchdog import BUDGETS, Stopped, watching
from core.look.i18n import gettext as _

log = logging.getLogger("parlour.plugins")
READ_AHEAD = ("application/json", "multipart/form-data", "application/x-www-form-urlencoded")


class FencedFlask(Flask):
    """Flask, with a fence around the pages of plugins: `owners` maps a blueprint's name to (plugin, builtin)."""

    owners: dict[str, tuple[str, bool]]

    def dispatch_request(self) -> Any:
        """Run the view inside the fence, where it belongs to a plugin."""
        owner = self.owners.get(request.blueprint or "") if request.endpoint else None
        if owner is None:
            return super().dispatch_request()
        plugin, builtin = owner
        place = f"route {request.endpoint}"
        if not builtin and pauses.paused(plugin, place):
            raise paused_page()
        _await_body()
        if request.mimetype in READ_AHEAD:
            request.get_data(parse_form_data=True)  # a slow sender is not a slow plugin
        try:
            response = self._run(plugin, place)
        except BaseException as error:
            if isinstance(error, AlreadyDone) or not is_fault(error):
                raise
            with aside():
                trouble(plugin, place, error, pausable=not builtin)
            if isinstance(error, Stopped):
                raise paused_page_now() from error
            raise PluginError(told(error), hint=CURE) from error
        with aside():
            pauses.went_well(plugin, place)
        return response

    def _run(self, plugin: str, place: str) -> Response:
        """Run the view under the watchdog; what it streams begins in here and goes on under the watchdog."""
        with watching(plugin, place, BUDGETS.request, _tenant()):
            return _begun(plugin, place, super().dispatch_request())


def _await_body() -> None:
    """Begin a view only when what it may want to read has come; one that is too long is refused when it asks."""
    wait = request.environ.get("parlour.body")
    most = request.max_content_length
    if wait is not None and (most is None or (request.content_length or 0) <= most):
        wait()


def paused_page_now() -> Exception:
    """Make the answer of a page that was stopped because it took too long."""
    return type(paused_page())(_("This took too long and was stopped. Nothing was half done; please try again "
                                 "later."))


def _tenant() -> int | None:
    who = scope.active()
    return who.tenant_id if who else None


def _begun(plugin: str, place: str, answer: Any) -> Response:
    """Make what a view gave a response; a stream is read up to its first bytes, so that it may still fail."""
    response = make_response(answer)
    if response.is_streamed and not response.direct_passthrough:
        parts = iter(response.response)
        first = next((part for part in parts if part), b"")
        response.response = _streamed(plugin, place, scope.active(), first, parts)
    return response


def _streamed(plugin: str, place: str, who: Scope | None, first: Any, parts: Iterator[Any]) -> Iterable[Any]:
    """Go on with what a view streams. What fails after the first byte can only end the connection."""
    yield first
    while True:
        try:
            with watching(plugin, place, BUDGETS.request, who.tenant_id if who else None):
                part = next(parts, None)
        except BaseException as error:
            if who is not None:
                with scope.enter(who):
                    trouble(plugin, place, error)
            raise PluginError(told(error), hint=CURE) from error
        if part is None:
            return
        yield part


def reaches_out(blueprint: Blueprint) -> list[str]:
    """Name what a blueprint would do to pages that are not its own; none of it is for plugins."""
    trial = Flask("trial", static_folder=None)
    fresh = {name: len(table.get(None, ())) for name, table in _tables(trial).items()}
    trial.register_blueprint(blueprint)
    found = [name for name, table in _tables(trial).items() if len(table.get(None, ())) > fresh[name]]
    return found + (["app_errorhandler"] if any(trial.error_handler_spec[None].values()) else [])


def _tables(app: Flask) -> dict[str, Any]:
    return {"before_app_request": app.before_request_funcs, "after_app_request": app.after_request_funcs,
            "teardown_app_request": app.teardown_request_funcs,
            "app_context_processor": app.template_context_processors,
            "app_url_value_preprocessor": app.url_value_preprocessors,
            "app_url_defaults": app.url_default_functions}


def fence(app: FencedFlask, blueprint: Blueprint, plugin: str, *, builtin: bool) -> None:
    """Register a plugin's blueprint, with what it wraps around its own pages contained as well."""
    known = set(app.view_functions)
    app.register_blueprint(blueprint)
    app.owners[blueprint.name] = (plugin, builtin)
    for endpoint in set(app.view_functions) - known:
        app.view_functions[endpoint] = traced(plugin, f"route {endpoint}", app.view_functions[endpoint])
    around: tuple[tuple[Any, bool], ...] = ((app.before_request_funcs, True), (app.url_value_preprocessors, True),
                                            (app.after_request_funcs, False), (app.teardown_request_funcs, False))
    for table, needed in around:
        if blueprint.name in table:
            table[blueprint.name] = [_around(plugin, call, needed=needed) for call in table[blueprint.name]]


def _around(plugin: str, call: Callable[..., Any], *, needed: bool) -> Callable[..., Any]:
    """Contain what runs before or after a plugin's own pages: before, the page fails; after, it goes on."""
    place = f"{getattr(call, '__name__', 'function')}() around its pages"

    @wraps(call)
    def run(*args: Any) -> Any:
        try:
            answer = call(*args)
            if needed and answer is not None:
                return _begun(plugin, place, answer)
            if args and isinstance(args[0], Response) and not isinstance(answer, Response):
                answer = _not_a_response(answer)
        except BaseException as error:
            if not is_fault(error):
                raise
            trouble(plugin, place, error, pausable=False)
            if needed:
                raise PluginError(told(error), hint=CURE) from error
            return args[0] if args else None
        return answer

    return run


def _not_a_response(answer: Any) -> Response:
    raise PluginError(f"It gave {type(answer).__name__} where the Response belongs.",
                      hint="Return the response it was given.")
