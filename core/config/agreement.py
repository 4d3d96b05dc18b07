"""What documents say against each other: a host or a slug claimed twice, a feature without its needs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from core.config.loader import Document, show
from core.config.mistakes import check
from core.config.schemas import SLUG, portal_schema
from core.config.settings import ROOT, Settings, Tenants, inside, slug_of, tenants
from core.errors import Problem
from core.parts import Manifest


def review(documents: Mapping[str, Document], manifests: Mapping[str, Manifest],
           only: Collection[str] | None = None, away: Collection[str] = ()) -> list[Problem]:
    """Find every mistake of these documents, each alone and all together.

    `only` names the documents that changed: the others were checked before and are just looked at for what
    they have in common (with ten thousand tenants this is the difference between a moment and a minute).
    `away` are ids of plugins that exist but cannot be used now: nothing is said about them.
    """
    schema = portal_schema(manifests, away)
    tenant = {**schema["$defs"]["tenant"], "$defs": schema["$defs"]}
    names = [name for name in documents if only is None or name in only]
    problems = [problem for name in names
                for problem in check(documents[name], schema if name == ROOT else tenant)]
    problems += [_bad_slug(name) for name in names if name != ROOT and not re.search(SLUG, slug_of(name))]
    if problems or ROOT not in documents:
        return problems
    everyone = tenants(documents, manifests)
    problems += collisions(documents, everyone)
    for slug in everyone:
        home = everyone.home(slug)[0].name
        if home in names or (ROOT in names and not home.startswith("db:")):
            problems += contradictions(everyone[slug], away)
    return list(dict.fromkeys(problems))


def _bad_slug(name: str) -> Problem:
    return Problem(name, 0, 0, "", "The name of this file is no tenant's slug.",
                   "Use a-z, 0-9 and - only, such as tenants/acme.yaml.")


def collisions(documents: Mapping[str, Document], everyone: Tenants) -> list[Problem]:
    """Find tenants that stand in two documents and hosts that two tenants answer."""
    problems = []
    for name, document in documents.items():
        if name == ROOT:
            continue
        home, prefix = everyone.home(slug_of(name))
        if home is not document:
            line = home.mark(prefix, key=True)[0]
            problems.append(Problem(name, 0, 0, "", f"The tenant '{slug_of(name)}' already stands in "
                                    f"{home.name}, line {line}.", "Keep one of them."))
    for host, slugs in everyone.hosts.items():
        for slug in slugs[1:]:
            document, prefix = everyone.home(slug)
            path = (*prefix, "hosts" if "hosts" in inside(document, prefix) else "url")
            line, column = document.mark(path)
            problems.append(Problem(document.name, line, column, show(path),
                                    f"The tenant '{slugs[0]}' already answers the host {host}.",
                                    "Give each tenant a host of its own."))
    return problems


def contradictions(settings: Settings, away: Collection[str] = ()) -> list[Problem]:
    """Find what one tenant's layers say against each other: a feature without what it needs."""
    problems = []
    for key, feature in settings.features.items():
        wanted = settings.origin(f"features.{key}.enabled")
        if feature.enabled or wanted.layer == "default" or not settings.value(f"features.{key}.enabled"):
            continue
        layer = next(layer for layer in settings.layers if layer.name == wanted.layer)
        path = (*layer.prefix, "features", key)
        off = [need for need in settings.needs(key) if need not in away
               and (need not in settings.features or not settings.features[need].enabled)]
        if not off:
            continue
        line, column = layer.document.mark(path)
        problems.append(Problem(layer.document.name, line, column, show(path),
                                f"It needs {', '.join(off)}, which is off for '{settings.slug}'.",
                                f"Switch {', '.join(off)} on too, or {key} off."))
    offered, default = settings.value("languages.offered", []), settings.value("languages.default")
    if default not in offered:
        decided = settings.origin("languages.default").layer
        layer = next((one for one in settings.layers if one.name == decided), settings.layers[-1])
        line, column = layer.document.mark((*layer.prefix, "languages", "default"))
        message = f"'{default}' is not among the offered languages ({', '.join(offered)})."
        problems.append(Problem(layer.document.name, line, column, "languages.default", message,
                                "Add it to languages.offered."))
    return problems
