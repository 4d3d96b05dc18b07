"""A module without code as the plugin that a programmer would go on with: the same pages, ready to be changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from core.config import files, loader, manifests
from core.errors import Refused
from core.host import discover
from core.host.eject_code import WIDTH, Kind, init, models, plain, readme, service, tests, views
from core.lowcode import pages
from core.parts import Manifest, Nav

MODULE = Path(pages.__file__).parent.parent / "web" / "templates" / "module"
def eject(folder: Path, target: Path) -> list[Path]:
    """Write the plugin that a module is into a folder, which may be the module's own; give what was written.

    Raises Refused where there is nothing to eject or something in the way, ConfigError for a module with mistakes.
    """
    manifest = discover.read(folder)
    if not manifest.records or (folder / "__init__.py").exists():
        raise Refused(f"{folder} is no module without code: there is nothing to eject.")
    own = target.resolve() == folder.resolve()
    if not own and target.exists() and any(target.iterdir()):
        raise Refused(f"{target} is there already and holds something.")
    pages.hooks(manifest)  # a module with mistakes stays what it is
    written = texts(manifest)
    _same(manifest, written["plugin.yaml"])
    if own:
        written["plugin.yaml.before"] = (folder / "plugin.yaml").read_text(encoding="utf-8")
    for name in sorted(written, key=lambda one: one == "plugin.yaml"):  # last: until then it is a module
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        files.replace(place, name, written[name])
    copied = [] if own else _beside(folder, target)
    return [target / name for name in sorted({*written, *copied})]


def _beside(folder: Path, target: Path) -> list[str]:
    """Take along what lies beside plugin.yaml, such as translations."""
    found = [one for one in sorted(folder.iterdir()) if one.name != "plugin.yaml" and not one.name.startswith(".")]
    for one in found:
        if one.is_dir():
            shutil.copytree(one, target / one.name, dirs_exist_ok=True)
        elif not (target / one.name).exists():
            shutil.copy2(one, target / one.name)
    return [one.name for one in found]


def _same(before: Manifest, text: str) -> None:
    """Make sure that the plugin.yaml to be written says what the module did. Raises Refused."""
    after = manifests.manifest(loader.read(text, "plugin.yaml", {}), before.path, builtin=before.builtin)
    if replace(before, records={}) != after:
        raise Refused(f"What '{before.id}' says about itself cannot be written out; it stays as it is.")


def texts(manifest: Manifest) -> dict[str, str]:
    """Give the text of each file by its place in the folder."""
    kinds = [Kind(name, said) for name, said in manifest.records.items()]
    made = {"plugin.yaml": _manifest(manifest), "__init__.py": init(manifest),
            "models.py": models(manifest, kinds), "service.py": service(manifest, kinds),
            "views.py": views(manifest, kinds), f"tests/test_{manifest.id}.py": tests(manifest, kinds),
            "README.md": readme(manifest, kinds)}
    for kind in kinds:
        for place, fields in _forms(kind):
            made[f"forms/{place}.yaml"] = _yaml(fields)
    for template in sorted(MODULE.glob("*.html")):
        made[f"templates/{manifest.id}/{template.name}"] = template.read_text(encoding="utf-8").replace(
            '"module/', f'"{manifest.id}/')
    return made


def _forms(kind: Kind) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Give the fields of a kind and of each of its steps, by the name of their file."""
    if kind.said.get("fields"):
        yield kind.name, kind.said["fields"]
    for name, step in kind.steps.items():
        if step.get("fields"):
            yield f"{kind.name}_{name}", step["fields"]


class _Plain(yaml.SafeDumper):
    """Writes YAML without references from one place to another."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True


def _yaml(data: Any) -> str:
    # A `${` in a text is a reference to the environment: doubled it stands for itself.
    text: str = yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=WIDTH)
    return text.replace("${", "$${")


def _manifest(manifest: Manifest) -> str:
    given: dict[str, Any] = {
        "id": manifest.id, "title": manifest.title, "summary": manifest.summary, "version": manifest.version,
        "face": manifest.face, "needs": list(manifest.needs), "requires": list(manifest.requires),
        "default": manifest.default}
    given = {key: value for key, value in given.items() if value}
    labels = {action: {"label": label} for action, label in manifest.acts.items()}
    given["permissions"] = {action: {**labels.get(action, {}), **roles, **_limits(manifest, action)}
                            for action, roles in manifest.permissions.items()}
    if manifest.settings:
        given["settings"] = plain(manifest.settings)
    if manifest.events:
        given["events"] = plain(manifest.events)
    given["navigation"] = [_nav(one) for one in manifest.navigation]
    return _yaml(given)


def _limits(manifest: Manifest, action: str) -> dict[str, Any]:
    limits = {"at_least": manifest.at_least, "up_to": manifest.up_to}
    return {name: dict(said[action]) for name, said in limits.items() if action in said}


def _nav(nav: Nav) -> dict[str, Any]:
    usual = {"icon": "circle", "area": "portal", "order": 50}
    own = {key: getattr(nav, key) for key, value in usual.items() if getattr(nav, key) != value}
    return {"title": nav.title, "path": nav.path, "permission": nav.permission, **own}
