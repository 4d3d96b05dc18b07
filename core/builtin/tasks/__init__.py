"""Tasks that staff gives customers, on any record; the box is drawn by `tasks.html`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    N_,
    Invalid,
    NotFound,
    Notice,
    current,
    find,
    forms,
    hook,
    links,
    publish,
    redirect,
    requires,
    tasks,
    transaction,
)
from parlour import gettext as _

blueprint = Blueprint("tasks", __name__)
FORM = forms.load(Path(__file__).parent / "forms" / "task.yaml", id="tasks.task")


def _back(record: Any, message: str = "") -> Response:
    return redirect(f"{links.of(record)}#tasks", message=message)


@blueprint.post("/tasks/<kind>/<number>")
@requires("tasks.give")
def give(kind: str, number: str) -> Response:
    """Give the people of a record something to do. Raises NotFound, Refused."""
    if kind not in current().registry.kinds:
        raise NotFound
    record = find(kind, number)
    try:
        values = FORM.clean(request.form)
    except Invalid as error:
        wrong = " ".join(one.message for one in error.errors)
        return redirect(f"{links.of(record)}#tasks", message=wrong, kind="bad")
    with transaction():
        made = tasks.give(record, values["text"], values["due"] or "")
        publish("tasks.given", record, task=made.public_id, what=made.text)
    return _back(record, _("They find it here and on their home page."))


@blueprint.post("/tasks/<identity>/done")
@requires("tasks.do")
def done(identity: str) -> Response:
    """Mark a task as done. Raises NotFound."""
    with transaction():
        task, record = tasks.mark(identity, done=True)
        if task.done is None:
            publish("tasks.done", record, task=task.public_id, what=task.text)
    return redirect("/", message=_("Done. Thank you!")) if request.form.get("from") == "home" else _back(
        record, _("Done. Thank you!"))


@blueprint.post("/tasks/<identity>/open")
@requires("tasks.do")
def reopen(identity: str) -> Response:
    """Say that a task is not done after all. Raises NotFound."""
    return _back(tasks.mark(identity, done=False)[1])


@blueprint.post("/tasks/<identity>/remove")
@requires("tasks.give")
def remove(identity: str) -> Response:
    """Take a task away. Raises NotFound, Refused."""
    return _back(tasks.remove(identity), _("The task is gone."))


@hook
def routes() -> Blueprint:
    """Give the acts on tasks."""
    return blueprint


@hook
def notices() -> Iterable[Notice]:
    """Say who is told of what."""
    return [Notice("tasks.given", N_("Please do something for %(number)s: %(what)s"), ("requester",),
                   template="tasks/mail/given", label=N_("We ask you to do something"),
                   values={"what": N_("Please send us the serial number")}),
            Notice("tasks.done", N_("%(actor)s did what you asked on %(number)s: %(what)s"), ("assignee", "team"),
                   label=N_("A customer did what was asked"))]
