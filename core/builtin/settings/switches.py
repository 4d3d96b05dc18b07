"""Which features a form switches, and what goes along: what a feature needs comes with it, what needs it goes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from parlour import FieldError, Invalid, configuration, current, directory, ngettext, notify, session
from parlour import gettext as _

drafting = configuration.drafting


@dataclass(frozen=True)
class Switch:
    """One feature as a row of the page. `was` is what the form was drawn with, `on` what stands there now."""

    id: str
    title: str
    summary: str
    needs: str
    on: bool
    was: bool
    source: str
    error: str = ""
    effects: tuple[tuple[str, str], ...] = ()
    changed: bool = False
    page: str = ""


@dataclass(frozen=True)
class Plan:
    """The switches that change, by plugin, and what of that the person did not ask for themselves."""

    changes: Mapping[str, bool]
    along: tuple[str, ...] = ()


def title(feature: str) -> str:
    """Give what people call a feature."""
    return _(current().registry.manifests[feature].title)


def known() -> list[str]:
    """List the features that can be switched, by title."""
    manifests = current().registry.manifests
    return sorted((key for key, found in manifests.items() if not found.builtin), key=title)


def effective() -> dict[str, bool]:
    """Say which features are on for this tenant, with what is collected."""
    return {key: drafting.wanted().features[key].enabled for key in known()}


def rows(asked: Mapping[str, bool] | None = None, errors: Mapping[str, str] | None = None) -> list[Switch]:
    """Draw one row per feature; `asked` is what somebody chose but is not saved."""
    manifests, is_on, errors = current().registry.manifests, effective(), errors or {}
    now, does = current().settings.features, effects()
    return [Switch(
        key, title(key), _(manifests[key].summary) if manifests[key].summary else "",
        _("Needs %(names)s.", names=", ".join(map(title, manifests[key].needs))) if manifests[key].needs else "",
        (asked or is_on).get(key, is_on[key]), is_on[key],
        configuration.setting(f"features.{key}.enabled").source, errors.get(key, ""),
        does[key], is_on[key] != now[key].enabled, _page(key)) for key in known()]


def _page(feature: str) -> str:
    found = drafting.everything().page(f"features/{feature}")
    return f"/settings/{found.id}" if found and found.nodes else ""


def effects() -> dict[str, tuple[tuple[str, str], ...]]:
    """Say of every feature what flipping its switch does: ("off" or "on", a sentence)."""
    features = current().settings.features
    is_on = {key: features[key].enabled for key in known()}
    still_open, waiting = directory.still_open(), notify.waiting()
    found = {}
    for key, on in is_on.items():
        people = directory.how_many_use(key, directory.roles_that_use(key))
        others = _needed_by(key) if on else _needs(key) | _resting(key)
        along = [title(other) for other in others if is_on[other] == on]
        lines = _off(key, people, still_open, waiting.get(key, 0)) if on else [ngettext(
            "%(num)s person gets it.", "%(num)s people get it.", people)]
        if along:
            names = ", ".join(along)
            lines.append(_("Goes off too: %(names)s.", names=names) if on else
                         _("Comes on too: %(names)s.", names=names))
        found[key] = tuple(("off" if on else "on", line) for line in lines)
    return found


def _off(feature: str, people: int, still_open: Mapping[str, int], waiting: int) -> list[str]:
    registry = current().registry
    lines = [ngettext("%(num)s person loses it at once.", "%(num)s people lose it at once.", people)]
    for name, kind in registry.kinds.items():
        if kind.plugin == feature and still_open.get(name):
            lines.append(ngettext("%(what)s: one is still open. It stays, and nobody sees it.",
                                  "%(what)s: %(num)s are still open. They stay, and nobody sees them.",
                                  still_open[name], what=_(kind.titles or kind.title)))
    turns = sum(job.plugin == feature for job in registry.jobs)
    if waiting:
        lines.append(ngettext("%(num)s mail or job waits until it is on again.",
                              "%(num)s mails and jobs wait until it is on again.", waiting))
    elif turns or any(notice.plugin == feature for notice in registry.notices):
        lines.append(_("Its mails and jobs wait until it is on again."))
    return lines


def plan(on: Collection[str], was: Collection[str]) -> Plan:
    """Work out what a form changes: what it was drawn with (`was`) and what is chosen (`on`), by plugin.

    Raises Invalid where somebody switches a feature on and what it needs off.
    """
    chosen = {key: key in on for key in known() if (key in on) != (key in was)}
    changes, is_on = dict(chosen), effective()
    for key, wanted in chosen.items():
        for other in _needs(key) if wanted else _needed_by(key):
            if chosen.get(other, wanted) != wanted:
                first, second = (key, other) if wanted else (other, key)
                raise Invalid([FieldError(first, _("%(name)s needs %(other)s. Switch both on, or both off.",
                                                   name=title(first), other=title(second)), "needs")])
            if is_on[other] != wanted:
                changes[other] = wanted
    return Plan(changes, tuple(key for key in changes if key not in chosen))


def _needs(feature: str) -> set[str]:
    manifests, found, waiting = current().registry.manifests, set[str](), [feature]
    while waiting:
        for need in manifests[waiting.pop()].needs:
            if need in manifests and not manifests[need].builtin and need not in found:
                found.add(need)
                waiting.append(need)
    return found


def _needed_by(feature: str) -> set[str]:
    return {key for key in known() if feature in _needs(key)}


def _resting(feature: str) -> set[str]:
    """Name the features that are on by themselves, and rest because this one, which they need, is off."""
    manifests, rest = current().registry.manifests, {key for key, on in effective().items() if not on} - {feature}
    return {key for key in _needed_by(feature)
            if manifests[key].default and unsaid(key) and not (_needs(key) & rest)}


def unsaid(feature: str) -> bool:
    """Say whether no file switches a feature: without what it needs it rests, and is back as soon as that is."""
    return bool(drafting.wanted().origin(f"features.{feature}.enabled").layer == "default")


def tell(made: Plan) -> None:
    """Say on the next page what went along."""
    session.flash(told(made))


def told(made: Plan) -> str:
    """Say what was done, naming what went along."""
    text = ngettext("%(num)s feature was switched.", "%(num)s features were switched.", len(made.changes))
    for wanted, sentence in ((True, _("Needed for it, and on too: %(names)s.", names="{}")),
                             (False, _("Off too, because it needs what is off: %(names)s.", names="{}"))):
        names = ", ".join(title(key) for key in made.along if made.changes[key] is wanted)
        text += " " + sentence.format(names) if names else ""
    return text
