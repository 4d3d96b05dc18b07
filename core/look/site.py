"""A tenant's face: its theme resolved once per configuration, and what every page and mail shows of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from core.config.settings import Settings
from core.errors import Problem
from core.look.kept import Kept
from core.look.language import LANGUAGES
from core.look.theme import Asset, Theme, chain, layer_of

log = logging.getLogger("parlour.look")
FOLLOW_EVERY = 1.0
"""Seconds after which a look asks again whether its files have changed."""
MOST_LOOKS = 512
MOST_TRIALS = 16
MOST_ASKED = 50
"""Companies whose logos are looked through for one that a mail shows."""


class Chain(tuple[Path, ...]):
    """Folders of templates as one resolved look has them: resolved anew, it is another chain, compiled anew."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        """Be equal to nothing but itself."""
        return self is other


@dataclass
class _Look:
    """A resolved look, the files it was made from as they were, and when that was last compared."""

    theme: Theme
    site: Site
    marks: Mapping[Path, tuple[int, int]]
    checked: float


def _marks(paths: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    found = {}
    for path in paths:
        try:
            stat = path.stat()
            found[path] = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            found[path] = (0, 0)
    return found


@dataclass(frozen=True)
class Layout:
    """How the frame is laid out."""

    header: str = "fixed"
    footer: str = "shown"
    logo: str = "start"


@dataclass(frozen=True)
class Site:
    """What pages, mails and documents show of a tenant. Addresses are paths below its public address."""

    name: str
    logo: str | None
    favicon: str | None
    css_url: str
    custom_css_url: str | None
    layout: Layout
    legal: tuple[tuple[str, str], ...]
    languages: tuple[tuple[str, str], ...]
    contact: str = ""


class Looks:
    """The looks of all tenants and companies of a process; each is resolved when first asked for.

    A look follows its files: once a second at most it is asked whether one of them has changed.
    """

    def __init__(self, folder: Path, roots: Sequence[Path]) -> None:
        """Take the portal's folder and the folders that hold themes, its own first."""
        self.folder, self.roots = folder, tuple(roots)
        self._known: WeakKeyDictionary[Settings, dict[str, _Look]] = WeakKeyDictionary()  # gone with a version
        self._former: dict[tuple[str, str], Asset] = {}
        self._told: set[Problem] = set()
        self._lock = threading.Lock()
        self._trials: Kept[_Look] = Kept(MOST_TRIALS)

    def theme(self, settings: Settings, company: str = "") -> Theme:
        """Give the theme of a tenant, or of one of its companies, as its files are now."""
        return self._look(settings, company).theme

    def site(self, settings: Settings, company: str = "") -> Site:
        """Give what pages show of a tenant, or of one of its companies."""
        return self._look(settings, company).site

    def problems(self, settings: Settings) -> tuple[Problem, ...]:
        """Say what is wrong with a tenant's look and was passed over."""
        return self.theme(settings).problems

    def trial(self, settings: Settings, mark: str, company: str = "") -> tuple[Theme, Site]:
        """Give a look that somebody only tries: kept apart, so that nobody else can ask for a file of it.

        `mark` tells one trial of a tenant, or of one of its companies, from another.
        """
        found = self._trials.made((settings.slug, mark), lambda: self._resolve(settings, company))
        return found.theme, found.site

    def _look(self, settings: Settings, company: str) -> _Look:
        company = company if settings.company(company).theme else ""
        known = self._known.get(settings, {}).get(company)
        moment = monotonic()
        if known is not None and (moment - known.checked < FOLLOW_EVERY or _marks(known.marks) == known.marks):
            if moment - known.checked >= FOLLOW_EVERY:
                known.checked = moment
            return known
        fresh = self._resolve(settings, company)
        with self._lock:
            self._keep(settings, company, fresh)
        return fresh

    def _keep(self, settings: Settings, company: str, fresh: _Look) -> None:
        """Keep a look just resolved, and let go of what was kept longest; one thread at a time."""
        slug = settings.slug
        if sum(map(len, list(self._known.values()))) >= MOST_LOOKS:
            self._known.clear()
        self._known.setdefault(settings, {})[company] = fresh
        for name, asset in fresh.theme.assets.items():
            self._former.pop((slug, name), None)
            self._former[slug, name] = asset
        while len(self._former) > MOST_LOOKS:
            del self._former[next(iter(self._former))]
        for problem in fresh.theme.problems:
            if problem not in self._told:
                self._told.add(problem)
                log.warning("%s: theme: %s", slug, problem)

    def _resolve(self, settings: Settings, company: str) -> _Look:
        own: dict[str, Any] = dict(settings.value("theme") or {})
        sources = chain(str(own.get("base") or "default"), self.roots)
        layers = [layer_of(own, self.folder)]
        if company:
            layers.append(layer_of(dict(settings.company(company).theme), self.folder))
        paths: list[Path] = []
        for source in sources:
            paths += sorted(source.folder.rglob("*"))[:500] if source.folder else ()
            paths += [source.folder] if source.folder else [root / source.name for root in self.roots]
        for layer in layers:
            paths += [p for p in (layer.logo, layer.favicon, layer.css) if isinstance(p, Path)]
        theme = Theme.resolve(sources, *layers)
        theme = replace(theme, templates=Chain(theme.templates)) if theme.templates else theme
        return _Look(theme, self._site(settings, theme), _marks(dict.fromkeys(paths)), monotonic())

    @staticmethod
    def _site(settings: Settings, theme: Theme) -> Site:
        contact = settings.value("contact") or {}
        return Site(
            name=settings.name, logo=_url(theme.logo.name if theme.logo else None),
            favicon=_url(theme.favicon.name if theme.favicon else None), css_url=f"/theme/{theme.css_name}",
            custom_css_url=_url(theme.custom_css_name),
            layout=Layout(*(theme.layout[part] for part in ("header", "footer", "logo"))),
            legal=tuple((entry["title"], entry["href"]) for entry in settings.value("theme.legal") or ()),
            languages=tuple((code, LANGUAGES.get(code, code)) for code in settings.value("languages.offered")),
            contact=str(contact.get("email") or "") if hasattr(contact, "get") else str(contact))

    def asset(self, settings: Settings, company: str, name: str) -> Asset | None:
        """Give a file of the look of a tenant or company by its hashed name, or None."""
        for look in (self._look(settings, company), self._look(settings, "")):
            if name in look.theme.assets:
                return look.theme.assets[name]
        # A page that was sent a moment ago may still ask for the look it was drawn with.
        return self._former.get((settings.slug, name)) or self._of_companies(settings, name)

    def _of_companies(self, settings: Settings, name: str) -> Asset | None:
        """Give a logo of some company by its hashed name: mail programs ask for it, and nobody knows for whom."""
        if not name.startswith("logo."):
            return None
        logos = {key: str((one.get("theme") or {}).get("logo") or "")
                 for key, one in (settings.value("companies") or {}).items()}
        named = [key for key, logo in logos.items() if logo]
        likely = sorted(named, key=lambda key: not logos[key].endswith(name))
        looks = (self._look(settings, key) for key in likely[:MOST_ASKED])
        return next((look.theme.assets[name] for look in looks if name in look.theme.assets), None)


def _url(name: str | None) -> str | None:
    return f"/theme/{name}" if name else None
