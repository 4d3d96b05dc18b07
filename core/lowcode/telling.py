"""Who is told of what happens to a module's records, and in which words: as its YAML says, else as usual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.config.flow import one_text
from core.look.i18n import N_
from core.lowcode.module import Module
from core.parts import Notice

USUAL: Mapping[str, Mapping[str, Any]] = {
    "opened": {"title": N_("New: %(number)s %(title)s"), "to": ("staff",), "label": N_("Something new arrives")},
    "replied": {"title": N_("New reply on %(number)s: %(title)s"), "to": ("followers",),
                "label": N_("Somebody answers")},
    "noted": {"title": N_("New note on %(number)s: %(title)s"), "to": ("staff",), "mail": False,
              "label": N_("A colleague writes a note")},
}
"""Who is told of what where a module does not say it; steps tell the requester and who wrote."""

LABELS: Mapping[str, str] = {**{moment: said["label"] for moment, said in USUAL.items()},
                             "changed": N_("Something is changed")}


def told(module: Module) -> dict[str, Mapping[str, Any]]:
    """Give what is said of which moment."""
    moved = {step.event: {"title": "%(number)s: " + one_text(module.states[step.to][0]).replace("%", "%%"),
                          "to": ("requester", "followers")} for step in module.transitions.values()}
    return {**USUAL, **moved, **module.notices}


def words(module: Module, moment: str) -> dict[str, str]:
    """Give the words of a moment for its mail: one line, and what stands below it; untranslated, with gaps."""
    said = told(module).get(moment)
    found = {"says": str(said["title"]), "text": str(said.get("text", ""))} if said else {}
    return {key: value for key, value in found.items() if value}


def notices(module: Module) -> list[Notice]:
    """Give who is told of what."""
    ends = {step.event: one_text(module.states[step.to][0]) for step in module.transitions.values()}
    return [Notice(f"{module.plugin}.{module.name}_{moment}", said["title"], tuple(said["to"]),
                   template="module/mail/told" if said.get("mail", True) else "", staff_only=moment == "noted",
                   label=said.get("label") or LABELS.get(moment) or ends.get(moment, ""))
            for moment, said in told(module).items()]
