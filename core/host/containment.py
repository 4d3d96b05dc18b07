"""Containment of parts: every call into a plugin is timed, caught, named, counted, and rests when it must."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

from markupsafe import Markup
from peewee import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from core.data import pauses, scope
from core.data.access import feature_on
from core.data.db import transaction
from core.errors import NotFound, ParlourError, PluginError, StorageFull, Unavailable
from core.host import aside
from core.host.watchdog import BUDGETS, Stopped, starved, watching
from core.look.i18n import gettext as _
from core.parts import Begin, Channel, Demo, Import, Job, Kind, Nav, Panel, Reader
from core.paying import Provider

log = logging.getLogger("parlour.plugins")
CURE = "Mend the plugin, then run `parlour reload`."
AWAY = ("no such", "does not exist", "syntax error", "has no column", "undefined")
"""What a database says when the statement is wrong, not when the database is away."""


def tracing() -> bool:
    """Say whether every call into a plugin is written to the log."""
    return os.environ.get("PARLOUR_TRACE") == "1"


def is_fault(error: BaseException) -> bool:
    """Say whether what was raised is the plugin's fault: not an expected answer, not a database that is away.

    Being late is none while the machine is so busy that not even the watchdog gets to look in time.
    """
    if isinstance(error, aside.Overdue) and starved():
        return False
    if isinstance(error, PluginError):
        return True
    if isinstance(error, ParlourError):
        return error.status >= 500 and not isinstance(error, Unavailable | StorageFull)
    if isinstance(error, HTTPException):
        return (error.code or 500) >= 500
    if isinstance(error, OperationalError | InterfaceError):
        return any(word in str(error).lower() for word in AWAY)
    return True


def told(error: BaseException) -> str:
    """Say what was raised in one line."""
    text = str(error).strip()
    if isinstance(error, ParlourError):
        return text or error.code
    if isinstance(error, Stopped):
        return "It took too long and was stopped."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def trouble(plugin: str, place: str, error: BaseException, *, pausable: bool = True) -> None:
    """Name a failure in the log and on the admin's page, and let the place rest when it fails again and again."""
    cure = getattr(error, "hint", "") or CURE
    who = scope.active()
    log.error("plugin '%s' failed in %s%s: %s. %s", plugin, place, f" for tenant '{who.slug}'" if who else "",
              told(error).rstrip("."), cure, exc_info=error, extra={"failed": (plugin, place, told(error))})
    if who is None:
        return
    try:
        if pauses.failed(plugin, place, told(error), cure, pausable=pausable):
            log.error("plugin '%s': %s rests for tenant '%s' until it is resumed: "
                      "parlour plugin resume %s --tenant %s", plugin, place, who.slug, plugin, who.slug)
    except Exception:
        log.exception("the failure of plugin '%s' could not be counted", plugin)


def traced(plugin: str, place: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """Write each call to the log, with arguments, result and time, where PARLOUR_TRACE=1 asks for it."""
    if not tracing():
        return call

    @wraps(call)
    def run(*args: Any, **kwargs: Any) -> Any:
        began, result = time.perf_counter(), "nothing: it raised"
        try:
            answer = call(*args, **kwargs)
            result = repr(answer)[:500]
        finally:
            given = ", ".join([*(repr(a)[:200] for a in args), *(f"{k}={v!r}"[:200] for k, v in kwargs.items())])
            log.info("trace: %s %s(%s) -> %s in %.1f ms", plugin, place, given, result,
                     (time.perf_counter() - began) * 1000)
        return answer

    return run


def _expect(fits: bool, given: Any, wanted: str) -> None:
    if not fits:
        raise PluginError(f"It gave {type(given).__name__} where {wanted} belongs.",
                          hint="See docs/plugins/contract.md.")


def panel(part: Panel, *, builtin: bool = False) -> Panel:
    """Give a panel whose `render` never fails or waits: None stands for a card that is left out.

    The host's own is drawn where the page is drawn; a plugin's in a spare thread, which may hang alone.
    """
    place = f"panel {part.id}"
    call = traced(part.plugin, place, part.render)

    def draw() -> Any:
        html = call()
        _expect(html is None or isinstance(html, Markup), html, "Markup or None")
        return html

    def render() -> Any:
        if pauses.paused(part.plugin, place):
            return None
        try:
            html = _in_time(part.plugin, place, draw) if builtin else \
                aside.within(BUDGETS.panel, part.plugin, place, draw)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the page goes on
            if is_fault(error):
                trouble(part.plugin, place, error)
            return None
        pauses.went_well(part.plugin, place)
        return html

    return replace(part, render=render)


def navigation(part: Nav) -> Nav:
    """Give a navigation entry whose badge, and whose further entries, never fail: it stands on every page."""
    changes: dict[str, Any] = {}
    if part.badge is not None:
        changes["badge"] = _on_each_page(part.plugin, f"badge of {part.path}", part.badge, 0, _number)
    if part.more is not None:
        changes["more"] = _on_each_page(part.plugin, f"entries beside {part.path}", part.more, (), _entries)
    return replace(part, **changes)


def _number(answer: Any) -> int:
    _expect(isinstance(answer, int), answer, "a number")
    return int(answer)


def _entries(answer: Any) -> tuple[tuple[str, str], ...]:
    found = tuple(answer) if isinstance(answer, list | tuple) else None
    fits = found is not None and all(isinstance(one, tuple) and len(one) == 2 and all(
        isinstance(word, str) for word in one) and one[1].startswith("/") for one in found)
    _expect(fits, answer, "a list of (title, path)")
    return found or ()


def _on_each_page(plugin: str, place: str, ask: Callable[[], Any], otherwise: Any,
                  taken: Callable[[Any], Any]) -> Callable[[], Any]:
    """Ask where the page is drawn; once it has been late, in a spare thread that nobody waits long for."""
    call = traced(plugin, place, ask)

    def asked() -> Any:
        if pauses.paused(plugin, place):
            return otherwise
        try:
            late = pauses.shaky(plugin, place)
            answer = taken(aside.within(BUDGETS.panel, plugin, place, call) if late
                           else _in_time(plugin, place, call))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the page goes on
            if is_fault(error):
                trouble(plugin, place, error)
            return otherwise
        pauses.went_well(plugin, place)
        return answer

    return asked


def _in_time(plugin: str, place: str, call: Callable[[], Any]) -> Any:
    """Call here and now; what took longer than a card may take counts as failed, though it has an answer."""
    began = time.monotonic()
    with watching(plugin, place, BUDGETS.panel):
        answer = call()
    took = time.monotonic() - began
    if took > BUDGETS.panel:
        raise aside.Overdue(f"It took {took:.1f} s; {BUDGETS.panel:g} s are its budget.",
                            hint="Make it faster, or do the work in a job.")
    return answer


def reader(part: Reader) -> Reader:
    """Give a reader that is timed and raises nothing but exceptions: the worker tries it again."""
    return replace(part, call=_worked(part.plugin, f"reader {part.name}", part.call))


def job(part: Job) -> Job:
    """Give a scheduled job that is timed and raises nothing but exceptions."""
    return replace(part, call=_worked(part.plugin, f"job {part.name}", part.call))


def channel(part: Channel) -> Channel:
    """Give a channel that is timed and raises nothing but exceptions: what it should pass on is tried again."""
    if part.send is None:
        return part
    return replace(part, send=_worked(part.plugin, f"channel {part.name}", part.send))


def _worked(plugin: str, place: str, call: Callable[..., Any]) -> Callable[..., None]:
    called = traced(plugin, place, call)

    def run(*args: Any) -> None:
        who = scope.active()
        try:
            with watching(plugin, place, BUDGETS.job, who.tenant_id if who else None):
                called(*args)
        except Exception:
            raise
        except BaseException as error:  # SystemExit and the like must not end the worker
            raise PluginError(told(error), hint=CURE) from error

    return run


def kind(part: Kind) -> Kind:
    """Give a kind with contained callables: an extra that fails is left out, a change that fails is refused."""
    changes: dict[str, Any] = {}
    for name in ("create", "update", "reply", "owes", "take"):
        call = getattr(part, name)
        if call is not None:
            place, gives = f"kind {part.name}.{name}", name in ("create", "update")
            changes[name] = _changing(part.plugin, place, call, gives=gives)
    for name, empty in (("shape", {}), ("brief", {}), ("ahead", {}), ("states", {}), ("words", ("", "")),
                        ("shown", ("", "")), ("open", ()), ("gives", {})):
        call = getattr(part, name, None)
        if call is not None:
            changes[name] = _adding(part.plugin, f"kind {part.name}.{name}", call, empty)
    return replace(part, **changes)


def begin(part: Begin) -> Begin:
    """Give what begins with contained callables: it is asked on pages of other plugins."""
    place = f"begin {part.name}"
    return replace(part, call=_changing(part.plugin, place, part.call, gives=True) if part.call else None,
                   check=_adding(part.plugin, f"{place}.check", part.check, False) if part.check else None)


def _changing(plugin: str, place: str, call: Callable[..., Any], *, gives: bool) -> Callable[..., Any]:
    called = traced(plugin, place, call)

    @wraps(call)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            row = called(*args, **kwargs)
            if gives:
                _expect(hasattr(row, "number"), row, "the record's row")
        except BaseException as error:
            if not is_fault(error):
                raise
            trouble(plugin, place, error, pausable=False)
            raise PluginError(told(error), hint=CURE) from error
        return row

    return run


def _adding(plugin: str, place: str, call: Callable[..., Any], empty: Any) -> Callable[..., Any]:
    called = traced(plugin, place, call)

    @wraps(call)
    def run(*args: Any, **kwargs: Any) -> Any:
        if pauses.paused(plugin, place):
            return empty
        try:
            answer = _in_time(plugin, place, lambda: called(*args, **kwargs))
            _expect(isinstance(answer, Mapping if isinstance(empty, dict) else type(empty)), answer,
                    type(empty).__name__)
        except BaseException as error:
            if not is_fault(error):
                raise
            # What is wrong about one record says nothing of the others; what is late makes everybody wait.
            trouble(plugin, place, error, pausable=isinstance(error, aside.Overdue | Stopped))
            return empty
        return answer

    return run


def provider(part: Provider) -> Provider:
    """Give a way to pay with contained callables: one that fails, or is switched off, is away; nothing else is."""
    asked = _adding(part.plugin, f"payment {part.name}.ready", part.ready, False)
    changes: dict[str, Any] = {
        "ready": lambda currency: feature_on(scope.current(), part.plugin) and asked(currency)}
    for name in ("begin", "hear", "ask"):
        call = getattr(part, name)
        if call is not None:
            changes[name] = _reached(part.plugin, f"payment {part.name}.{name}", call)
    if part.takes is not None:
        changes["takes"] = _adding(part.plugin, f"payment {part.name}.takes", part.takes, False)
    return replace(part, **changes)


def _reached(plugin: str, place: str, call: Callable[..., Any]) -> Callable[..., Any]:
    called = traced(plugin, place, call)

    @wraps(call)
    def run(*args: Any) -> Any:
        if not feature_on(scope.current(), plugin):
            raise NotFound
        try:
            return called(*args)
        except BaseException as error:
            if not is_fault(error):
                raise
            trouble(plugin, place, error, pausable=False)
            raise Unavailable(_("This way to pay does not answer just now. Please try again soon.")) from error

    return run


def importing(part: Import) -> Import:
    """Give an import whose rows fail one by one, as rows do."""
    call = traced(part.plugin, f"import {part.name}", part.call)

    def take(row: Mapping[str, Any]) -> tuple[Any, ...]:
        try:
            answer = call(row)
        except Exception:
            raise
        except BaseException as error:
            raise PluginError(told(error), hint=CURE) from error
        if not (isinstance(answer, tuple) and answer and answer[0] in ("created", "updated", "skipped")):
            raise PluginError(f"import {part.name} of plugin '{part.plugin}' gave {answer!r}.",
                              hint='Give ("created", key), ("updated", key) or ("skipped", key).')
        return answer

    return replace(part, call=take)


def demo(part: Demo) -> Demo:
    """Give demo content that is left out, whole, where making it fails."""
    call = traced(part.plugin, "demo()", part.call)

    def make(slug: str) -> None:
        try:
            with transaction():
                call(slug)
        except BaseException as error:  # noqa: BLE001 - the rest of the demo goes on
            trouble(part.plugin, "demo()", error, pausable=False)

    return replace(part, call=make)


def paused_page() -> Unavailable:
    """Make the answer of a page that rests."""
    return Unavailable(_("This page is taking a break after it failed several times. Our team knows; please try "
                         "again later."))

