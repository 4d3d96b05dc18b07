"""A tenant's face: its theme resolved once per configuration, and what every page and mail shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.config.settings import Settings
from core.look.language import LANGUAGES
from core.look.theme import Asset, Theme, chain, layer_of


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
    """The looks of all tenants and companies of a process; each is resolved when first asked for."""

    def __init__(self, folder: Path, roots: Sequence[Path]) -> None:
        """Take the portal's folder and the folders that hold themes, its own first."""
        self.folder, self.roots = folder, tuple(roots)
        self.theme = lru_cache(maxsize=512)(self._theme)
        self.site = lru_cache(maxsize=512)(self._site)

    def _theme(self, settings: Settings, company: str = "") -> Theme:
        """Resolve the theme of a tenant, or of one of its companies."""
        own: dict[str, Any] = dict(settings.value("theme") or {})
        sources = chain(str(own.get("base") or "default"), self.roots)
        layers = [layer_of(own, self.folder)]
        if company:
            layers.append(layer_of(dict(settings.company(company).theme), self.folder))
        return Theme.resolve(sources, *layers)

    def _site(self, settings: Settings, company: str = "") -> Site:
        theme = self.theme(settings, company)
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
        return self.theme(settings, company).assets.get(name) or self.theme(settings).assets.get(name)


def _url(name: str | None) -> str | None:
    return f"/theme/{name}" if name else None
