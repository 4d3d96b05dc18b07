"""What people search for, counted without saying who: for admins, with what is missing."""

from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request

from parlour import Record, current, fetch, granted, label, links, render, requires, search, tally, visible

insights = Blueprint("search_insights", __name__)
WEEKS = 4
"""Weeks that the page looks back."""


def setting(name: str) -> int:
    """Give a setting of search."""
    return int(current().settings.features["search"].settings[name])


def count(text: str, *, found: bool) -> None:
    """Count a search; whoever asks stays unknown."""
    who = current()
    asker = f"person {who.person.id}" if who.person else f"address {request.remote_addr}"
    search.note(text, found=found, asker=asker, key=str(current_app.secret_key))


def forget() -> None:
    """Forget what was searched for longer ago than the tenant keeps."""
    search.forget(setting("keep_weeks"))


@insights.get("/searches")
@requires("search.insights")
def page() -> Response:
    """Show popular searches, those without a result, and what was answered before it was asked."""
    least = setting("least_people")
    return render("search/insights.html", popular=search.popular(least=least, weeks=WEEKS),
                  unanswered=search.unanswered(least=least, weeks=WEEKS), least=least, weeks=WEEKS,
                  keep=setting("keep_weeks"), write=_write, answered=_answered(), label=label, path=links.of)


def _write(words: str) -> str:
    """Give the address where an answer to a search can be written, "" where nobody may."""
    who = current()
    for kind in who.registry.kinds.values():
        if kind.answers and kind.new and granted(who, f"{kind.plugin}.create") != "none":
            return f"{kind.new}?{urlencode({'title': words})}"
    return ""


def _answered() -> list[tuple[object, object, int]]:
    """Give the records that answered somebody before they asked: kind, row and how often."""
    kinds, found = current().registry.kinds, []
    counted = [(word.partition("/"), times) for word, times in tally.top("search.answered", days=7 * WEEKS)]
    for name in dict.fromkeys(kind for (kind, _, _), _ in counted):
        if name in kinds:
            wanted = {int(number): times for (kind, _, number), times in counted if kind == name}
            rows = fetch(visible(name).where(Record.number.in_(list(wanted))))
            found += [(kinds[name], row, wanted[row.number]) for row in rows]
    return sorted(found, key=lambda one: -one[2])
