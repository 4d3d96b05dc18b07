"""A page's answer as PDF: set in the look of the tenant at hand, handed over as a download that nobody keeps."""

from __future__ import annotations

from flask import Response, current_app, make_response

from core.data import scope
from core.errors import Refused
from core.look import language, pdf
from core.look.formats import format_date as day
from core.look.i18n import gettext as _
from core.look.pdf import AVAILABLE, Column, Document, Facts, Heading, Picture, Table, Text
from core.web.attach import sealed

__all__ = ["AVAILABLE", "Column", "Document", "Facts", "Heading", "Picture", "Table", "Text", "answer", "day",
           "draw", "missing"]


def missing() -> str:
    """Say why there is no PDF here, "" where there is: a link to one stands only where this is empty."""
    if AVAILABLE:
        return ""
    if scope.current().is_staff:
        return _("PDF is not installed on this portal. Whoever runs it adds it with: %(command)s",
                 command="pip install 'parlour[pdf]'")
    return _nothing()


def _nothing() -> str:
    return _("There is no PDF here just now. You can print this page.")


def draw(document: Document, *, company: str = "") -> bytes:
    """Draw a document in the look of the tenant, or of one of its companies (its identifier), as PDF.

    It is set in the language of the moment (`language.using`). Raises Refused where the extra `pdf` is missing or
    its tables are too long, in words.
    """
    if not AVAILABLE:
        raise Refused(missing())
    if document.too_long:
        raise Refused(_nothing())
    looks, who = current_app.extensions["parlour"].looks, scope.current()
    return pdf.draw(document, looks.theme(who.settings, company), who.settings.name)


def answer(document: Document, name: str, *, speaks: str = "", company: str = "") -> Response:
    """Give a document as a download called `name`, in the language `speaks` or that of the moment.

    Raises Refused as `draw` does.
    """
    with language.using(speaks or language.current()):
        response = make_response(draw(document, company=company), 200, {"Content-Type": "application/pdf"})
    return sealed(response, name)
