"""The face of Parlour: everything a plugin may import, and nothing else.

from parlour import hook, page, requires
"""

from core.data import (
    arrivals,
    conversation,
    credentials,
    directory,
    explain,
    factors,
    identity,
    lines,
    pauses,
    people,
    search,
    tally,
    tasks,
)
from core.data.access import (
    add,
    by_id,
    change,
    counted,
    facets,
    find,
    granted,
    listed,
    reach,
    remove,
    sees_notes,
    visible,
)
from core.data.audit import acts, record_act
from core.data.db import count, fetch, first, late, now, transaction
from core.data.lines import Line
from core.data.records import Record, Table, label
from core.data.scope import current, system
from core.errors import Conflict, FieldError, Gone, Invalid, NotFound, ParlourError, Refused, TooMany
from core.hookspecs import hook
from core.look import language, links, richtext
from core.look.i18n import N_, gettext, ngettext
from core.parts import Demo, Import, Job, Kind, Mail, Nav, Notice, Panel, Reader
from core.web import attach, behalf, configuration, doorman, entrance, forms, guests, paging, passkeys, session
from core.web.render import page, piece, redirect, render
from core.web.routes import ANYONE, requires
from core.work import invitations, letters, notify
from core.work.events import publish

__all__ = [
    "ANYONE",
    "N_",
    "Conflict",
    "Demo",
    "FieldError",
    "Gone",
    "Import",
    "Invalid",
    "Job",
    "Kind",
    "Line",
    "Mail",
    "Nav",
    "NotFound",
    "Notice",
    "Panel",
    "ParlourError",
    "Reader",
    "Record",
    "Refused",
    "Table",
    "TooMany",
    "acts",
    "add",
    "arrivals",
    "attach",
    "behalf",
    "by_id",
    "change",
    "configuration",
    "conversation",
    "count",
    "counted",
    "credentials",
    "current",
    "directory",
    "doorman",
    "entrance",
    "explain",
    "facets",
    "factors",
    "fetch",
    "find",
    "first",
    "forms",
    "gettext",
    "granted",
    "guests",
    "hook",
    "identity",
    "invitations",
    "label",
    "language",
    "late",
    "letters",
    "lines",
    "links",
    "listed",
    "ngettext",
    "notify",
    "now",
    "page",
    "paging",
    "passkeys",
    "pauses",
    "people",
    "piece",
    "publish",
    "reach",
    "record_act",
    "redirect",
    "remove",
    "render",
    "requires",
    "richtext",
    "search",
    "sees_notes",
    "session",
    "system",
    "tally",
    "tasks",
    "transaction",
    "visible",
]
