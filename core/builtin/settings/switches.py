"""Which features a form switches, and what goes along: what a feature needs comes with it, what needs it goes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from parlour import FieldError, Invalid, configuration, current, ngettext, session
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
    effects: tuple[str, ...] = ()
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
    now = current().settings.features
    return [Switch(
        key, title(key), _(manifests[key].summary) if manifests[key].summary else "",
        _("Needs %(names)s.", names=", ".join(map(title, manifests[key].needs))) if manifests[key].needs else "",
        (asked or is_on).get(key, is_on[key]), is_on[key],
        configuration.setting(f"features.{key}.enabled").source, errors.get(key, ""),
        changed=is_on[key] != now[key].enabled) for key in known()]


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
