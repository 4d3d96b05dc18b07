"""What staff does to many documents at once: move and share them, give them a last day, remove them."""

from parlour import N_, Act, find, forms, people
from parlour import gettext as _

from . import folders, service, sharing


def _form(**fields):
    return forms.load({"type": "object", "properties": forms.custom(fields)}, id="documents.many")


def _row(row, action="edit"):
    return find("document", row.number, action)


def folder_form():
    """Ask for a folder."""
    return _form(folder=folders.field(_("Folder")))


def _move(row, values):
    document, key = _row(row), folders.key_of(values["folder"])
    if document.folder == key:
        return None
    service.change(document, folder=key)
    return {"folder": document.folder}


def _move_back(row, before):
    service.change(_row(row), folder=before["folder"])


def share_form():
    """Ask who may see them."""
    companies = {row.identifier: row.name for row in people.companies()}
    more = {"companies": {"type": "several", "label": _("Companies"), "options": companies, "required": True,
                          "if": {"wanted": "company"}}} if companies else {}
    person = {"type": "email", "label": _("Whose"), "required": True, "if": {"wanted": "person"}}
    wanted = {"type": "choice", "label": _("Who can see it?"), "options": sharing.choices(), "required": True}
    return _form(wanted=wanted, person=person, **more)


def _share(row, values):
    document = _row(row)
    before = sharing.of(document)
    choice = sharing.chosen(dict(values))
    del choice["expires"]
    if before | choice == before:
        return None
    service.change(document, choice)
    return before


def _share_back(row, before):
    service.change(_row(row), dict(before))


def _share_says(values):
    who = _("From now on those who may see them: %(who)s. Nobody is told.",
            who=sharing.choices().get(values["wanted"], ""))
    return f"{who} {sharing.kept_inside()}"


def until_form():
    """Ask for a last day."""
    return _form(until={"type": "date", "label": _("Last day")})


def _until(row, values):
    document = _row(row)
    expires = sharing.until(values.get("until"))
    if expires == document.expires:
        return None
    service.change(document, {"expires": expires})
    return {"expires": document.expires}


def _until_back(row, before):
    service.change(_row(row), dict(before))


def _until_says(values):
    if values.get("until"):
        return _("After %(day)s only your team sees them.", day=values["until"])
    return _("They stay for as long as you like.")


def _gone(row, _values):
    service.remove(_row(row, "remove"))


def acts():
    """Give the acts of the list."""
    return [
        Act("documents.move", N_("Move to a folder"), "document", "documents.edit", _move,
            lambda values: _("They stand in %(folder)s.", folder=folders.named(folders.shelves()).get(
                values["folder"]) or _("no folder")), form=folder_form, undo=_move_back, order=10),
        Act("documents.share", N_("Say who can see them"), "document", "documents.edit", _share, _share_says,
            form=share_form, undo=_share_back, order=20),
        Act("documents.until", N_("Give them a last day"), "document", "documents.edit", _until, _until_says,
            form=until_form, undo=_until_back, order=30),
        Act("documents.gone", N_("Remove for good"), "document", "documents.remove", _gone,
            lambda _values: _("They are removed with all their versions. This cannot be undone."), order=90)]
