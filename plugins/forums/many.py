"""What the team does to many topics at once."""

from parlour import N_, Act, find, forms
from parlour import gettext as _

from . import moderation, reading, standing


def _turned(**values):
    """Make the act that turns something on or off for one topic, and what takes it back."""
    def call(row, _values):
        topic = find("topic", row.number, "moderate")
        before = {name: getattr(topic, name) for name in values}
        if before == values:
            return None
        moderation.turn(topic, **values)
        return before

    return call


def _back(row, before):
    moderation.turn(find("topic", row.number, "moderate"), **before)


def _move(row, values):
    topic, place = find("topic", row.number, "moderate"), reading.place_at(values["place"])
    if place is None or topic.place == place.id:
        return None
    before = next((one.slug for one in standing.places() if one.id == topic.place), "")
    moderation.move(topic, place)
    return {"place": before}


def _move_back(row, before):
    place = reading.place_at(before["place"])
    if place is not None:
        moderation.move(find("topic", row.number, "moderate"), place)


def _form():
    return forms.load({"type": "object", "properties": forms.custom({"place": {
        "type": "choice", "label": _("Category"), "required": True,
        "options": {place.slug: place.title for place in standing.places()} or {"none": "–"}}})}, id="forums.many")


def acts():
    """Give the acts."""
    return [
        Act("forums.lock", N_("Lock"), "topic", "forums.moderate", _turned(locked=True),
            lambda _values: _("They can be read, but take no more answers."), undo=_back, order=10),
        Act("forums.unlock", N_("Open again"), "topic", "forums.moderate", _turned(locked=False),
            lambda _values: _("They take answers again."), undo=_back, order=20),
        Act("forums.move", N_("Move to a category"), "topic", "forums.moderate", _move, lambda values: _(
            "They go to “%(place)s”; who may read them follows it.",
            place=getattr(reading.place_at(values.get("place", "")), "title", "")), form=_form, undo=_move_back,
            order=30),
        Act("forums.hide", N_("Hide"), "topic", "forums.moderate", _turned(hidden=True),
            lambda _values: _("Only your team sees them."), undo=_back, order=40)]
