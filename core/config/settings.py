"""One value, its layers, where it came from: defaults, then the installation, then the tenant."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import urlsplit

from core.config.loader import Document, Path
from core.config.mistakes import fit, resolve
from core.config.schemas import portal_schema
from core.parts import Manifest

T = TypeVar("T")

ROOT = "portal.yaml"
DEFAULT = "default"
INSTALLATION = ""
"""The slug of the settings that belong to nobody: only they know `installation`."""
_serials = itertools.count()
_OWN = ("url", "hosts", "tenants", "installation")
"""Keys a tenant does not inherit: an address belongs to one tenant."""


@dataclass(frozen=True)
class Origin:
    """Where a value comes from. `layer` is default, installation or tenant; `line` counts from 1."""

    layer: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class FeatureSetting:
    """A feature of one tenant: its switch, and the plugin's own settings with defaults filled in."""

    enabled: bool
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Override:
    """What one company has otherwise. `features` holds only what is mentioned; `theme` likewise.

    `status` is what holds for it: its own, else what `access.companies` says of all. `panels` are the cards of
    its people's home page in their order, none: those of the tenant.
    """

    features: Mapping[str, bool]
    theme: Mapping[str, str]
    status: str = "active"
    visible_since: str = "all"
    panels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layer:
    """One document's say: `data` in full form, `prefix` where it stands in the document."""

    name: str
    document: Document
    prefix: Path
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Frame:
    """What all tenants of one snapshot share: manifests, schema, its defaults, the root document."""

    manifests: Mapping[str, Manifest]
    schema: Mapping[str, Any]
    defaults: Mapping[str, Any]
    root: Document


def copy(value: Any) -> Any:
    """Copy dicts and lists deeply, so that nobody changes what others read."""
    if isinstance(value, Mapping):
        return {key: copy(inner) for key, inner in value.items()}
    return [copy(inner) for inner in value] if isinstance(value, list) else value


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `over` on `under`: groups key by key, everything else as a whole."""
    merged = dict(under)
    for key, value in over.items():
        below_it = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(below_it, Mapping)
        merged[key] = merge(below_it, value) if both else value  # type: ignore[arg-type]
    return merged


def defaults(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Any:
    """Collect the defaults a schema states, as one value; {} for a group that states none."""
    root = schema if root is None else root
    schema = resolve(schema, root)
    if "default" in schema:
        return schema["default"]
    inner = {key: defaults(value, root) for key, value in schema.get("properties", {}).items()}
    known = {key: value for key, value in inner.items() if value is not None}
    return known if schema.get("type", "object" if "properties" in schema else "") == "object" else None


def _steps(path: str | Path) -> Path:
    return (tuple(path.split(".")) if path else ()) if isinstance(path, str) else path


def _inside(found: Any, step: str | int) -> Any:
    if isinstance(found, Mapping):
        return found.get(str(step))
    return found[step] if isinstance(found, list) and isinstance(step, int) and 0 <= step < len(found) else None


class Settings:
    """The configuration of one tenant in one version. Cheap to make; layers are merged at first use."""

    def __init__(self, slug: str, frame: Frame, own: Document, prefix: Path) -> None:
        self.slug, self._frame, self._own, self._prefix = slug, frame, own, prefix
        self._made: dict[Any, Any] = {}
        self.serial = next(_serials)
        """Tells these from all other settings of the process: a key that keeps none of them alive."""

    def once(self, make: Callable[..., T], *more: Hashable) -> T:
        """Give make(these settings, *more), made at the first call and kept for as long as these settings are.

        What is made must follow from them and from `more` alone; a newer version of them makes its own.
        """
        key = (make, more)
        if key not in self._made:
            self._made[key] = make(self, *more)
        found: T = self._made[key]
        return found

    @functools.cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The documents that speak for this tenant, weakest first."""
        schema, root = self._frame.schema, self._frame.root
        base = Layer("installation", root, (), fit(root.data, schema))
        if self._own is root and not self._prefix:
            return (base,)
        inherited = {key: value for key, value in base.data.items() if key not in _OWN}
        tenant = fit(inside(self._own, self._prefix), schema["$defs"]["tenant"], schema)
        return (Layer("installation", root, (), inherited),
                Layer("tenant", self._own, self._prefix, tenant))

    @property
    def own(self) -> Layer:
        """The document's part that this tenant's admins may change."""
        return self.layers[-1]

    def proposed(self, own: Mapping[str, Any]) -> Settings:
        """Give these settings as they would be with this for their own part, in full form; nothing is changed."""
        made = Settings(self.slug, self._frame, self._own, self._prefix)
        made.__dict__["layers"] = (*self.layers[:-1], replace(self.own, data=own))
        return made

    def trying(self, manifest: Manifest) -> Settings:
        """Give these settings as they would be with one more plugin, switched on; nothing is changed."""
        frame = replace(self._frame, manifests={**self._frame.manifests, manifest.id: manifest})
        made = Settings(self.slug, frame, self._own, self._prefix)
        on = merge(self.own.data, {"features": {manifest.id: {"enabled": True}}})
        made.__dict__["layers"] = (*self.layers[:-1], replace(self.own, data=on))
        return made

    @functools.cached_property
    def _merged(self) -> Mapping[str, Any]:
        merged: dict[str, Any] = dict(self._frame.defaults)
        for layer in self.layers:
            merged = merge(merged, layer.data)
        merged |= {"url": self.url, "hosts": list(self.hosts)}
        if self.slug != INSTALLATION:
            # Database, mail and the other tenants are nobody's business here.
            merged = {key: value for key, value in merged.items() if key not in ("installation", "tenants")}
        return merged

    def value(self, path: str | Path, default: Any = None) -> Any:
        """Give the value at a dotted path, `default` where neither a document nor the schema says anything.

        A path of steps (keys that hold dots, places in lists) is fine too.
        `features.<id>` and `access.registration` are always in their full form. Groups and lists are copies.
        """
        found: Any = self._merged
        for step in _steps(path):
            found = _inside(found, step)
            if found is None:
                return default
        return copy(found)

    def origin(self, path: str | Path) -> Origin:
        """Tell which layer decides the value at a dotted path, and the line that says so."""
        steps = _steps(path)
        for layer in reversed(self.layers):
            found: Any = layer.data
            for step in steps:
                found = _inside(found, step)
            if found is not None:
                return Origin(layer.name, layer.document.name, layer.document.mark(layer.prefix + steps)[0])
        return Origin("default")

    @property
    def name(self) -> str:
        """What the portal is called."""
        return str(self.value("name"))

    @functools.cached_property
    def url(self) -> str:
        """The public address, without a slash at the end."""
        return address(self.slug, self._frame.root, inside(self._own, self._prefix),
                       alone=self._own is self._frame.root and not self._prefix)[0]

    @functools.cached_property
    def hosts(self) -> tuple[str, ...]:
        """Host names it answers to, in canonical form."""
        return address(self.slug, self._frame.root, inside(self._own, self._prefix),
                       alone=self._own is self._frame.root and not self._prefix)[1]

    @property
    def status(self) -> str:
        """Either active, maintenance or disabled."""
        return str(self.value("status"))

    @functools.cached_property
    def features(self) -> Mapping[str, FeatureSetting]:
        """Every plugin's switch and settings. Unmentioned ones follow their manifest, if their needs are on.

        An unmentioned one is on, too, where something that is switched on by name needs it.
        """
        given = self._merged.get("features", {})
        switches: dict[str, bool] = {}
        known = self._frame.manifests  # what is away, or cannot be read, stands there as it was typed
        named = {key for layer in self.layers for key, said in (layer.data.get("features") or {}).items()
                 if key in known and "enabled" in said}
        needed = {need for key in named if given[key]["enabled"] is True for need in known[key].needs} - named

        def is_on(key: str) -> bool:
            if key not in switches:
                switches[key] = False  # ends a circle of needs
                manifest = self._frame.manifests.get(key)
                if manifest is not None:
                    asked = manifest.builtin or key in needed or given.get(key, {}).get(
                        "enabled", manifest.default) is True
                    switches[key] = asked and all(is_on(need) for need in manifest.needs)
            return switches[key]

        return MappingProxyType({
            key: FeatureSetting(is_on(key), MappingProxyType(
                {name: value for name, value in given.get(key, {}).items() if name != "enabled"}))
            for key in self._frame.manifests})

    def manifest(self, feature: str) -> Manifest:
        """Give what a plugin says about itself."""
        return self._frame.manifests[feature]

    @functools.cached_property
    def roles(self) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
        """What the documents say about how far roles reach: role to plugin to action to extent, mostly nothing."""
        said: dict[str, Any] = {}
        for layer in self.layers:
            said = merge(said, layer.data.get("roles") or {})
        return MappingProxyType(said)

    def needs(self, feature: str) -> tuple[str, ...]:
        """Name the plugins a feature needs to be on."""
        return self._frame.manifests[feature].needs

    @functools.cached_property
    def _only_chosen(self) -> bool:
        return bool(self.value("access.companies") == "chosen")

    def company(self, identifier: str) -> Override:
        """Give what the company with this identifier has otherwise; an empty override if nothing."""
        given = self._merged.get("companies", {}).get(identifier) or {}
        given = fit(given, self._frame.schema["$defs"]["company"], self._frame.schema)
        usual = "disabled" if self._only_chosen else "active"
        return Override(MappingProxyType(given.get("features", {})), MappingProxyType(given.get("theme", {})),
                        given.get("status") or usual, given.get("visible_since", "all"),
                        tuple(given.get("home", {}).get("panels", ())))


class Tenants(Mapping[str, Settings]):
    """All tenants by slug; each is built when somebody asks for it."""

    def __init__(self, frame: Frame, homes: Mapping[str, tuple[Document, Path]]) -> None:
        self._frame, self._homes = frame, homes
        self._built: dict[str, Settings] = {}

    def __getitem__(self, slug: str) -> Settings:
        document, prefix = self._homes[slug]
        # Two threads may both build it; they build the same.
        return self._built.setdefault(slug, Settings(slug, self._frame, document, prefix))

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)

    def home(self, slug: str) -> tuple[Document, Path]:
        """Give the document that holds a tenant, and where in it."""
        return self._homes[slug]

    @functools.cached_property
    def installation(self) -> Settings:
        """The settings of the installation itself, with `installation.database` and the rest."""
        return Settings(INSTALLATION, self._frame, self._frame.root, ())

    @functools.cached_property
    def hosts(self) -> Mapping[str, tuple[str, ...]]:
        """Every answered host, in canonical form, with the slugs that claim it (one, if all is well)."""
        claims: dict[str, tuple[str, ...]] = {}
        for slug, (document, prefix) in self._homes.items():
            alone = document is self._frame.root and not prefix
            for host in address(slug, self._frame.root, inside(document, prefix), alone=alone)[1]:
                claims[host] = (*claims.get(host, ()), slug)
        return claims


def tenants(documents: Mapping[str, Document], manifests: Mapping[str, Manifest]) -> Tenants:
    """Give all tenants of these documents, keyed by their names (portal.yaml, tenants/x.yaml, db:x).

    The documents have been checked; a slug that two of them claim belongs to the first (`collisions` tells).
    """
    root = documents[ROOT]
    schema = portal_schema(manifests)
    # Tenants inherit nothing from `tenants`, and their defaults are the root's.
    frame = Frame(manifests, schema, defaults(schema), root)
    homes: dict[str, tuple[Document, Path]] = {}
    for slug in root.data.get("tenants") or {}:
        homes[slug] = (root, ("tenants", slug))
    for name, document in documents.items():
        if name != ROOT:
            homes.setdefault(slug_of(name), (document, ()))
    return Tenants(frame, homes or {DEFAULT: (root, ())})


def slug_of(document: str) -> str:
    """Tell which tenant a document of its own describes: `tenants/acme.yaml` and `db:acme` both are acme."""
    return document.removeprefix("db:").removeprefix("tenants/").removesuffix(".yaml")


def canonical(host: str) -> str:
    """Write a host name in the one form that is compared: lower case, no final dot, IDNA in ASCII."""
    plain = host.strip().rstrip(".").lower()
    try:
        return plain.encode("idna").decode("ascii") if not plain.isascii() else plain
    except UnicodeError:
        return plain


def address(slug: str, root: Document, own: Mapping[str, Any], *, alone: bool) -> tuple[str, tuple[str, ...]]:
    """Give the public address (no slash at the end) and the answered hosts of a tenant.

    A tenant that states no `url` is a subdomain of the installation's: acme.localhost:8000.
    """
    url = own.get("url")
    if not isinstance(url, str):
        base = root.data.get("url")
        base = base if isinstance(base, str) else "http://localhost:8000"
        scheme, _, rest = base.partition("://")
        url = base if alone else f"{scheme}://{slug}.{rest}"
    url = url.rstrip("/")
    hosts = own.get("hosts")
    names = [host for host in hosts if isinstance(host, str)] if isinstance(hosts, list) else []
    return url, tuple(dict.fromkeys(canonical(host) for host in names or [_host_of(url)]))


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def inside(document: Document, prefix: Path) -> Mapping[str, Any]:
    """Give the group that stands at `prefix`, {} for anything else."""
    found: Any = document.data
    for step in prefix:
        found = found[step]
    return found if isinstance(found, Mapping) else {}
