"""`parlour plugin new NAME`: a plugin that works, is tested and speaks three languages, to build on."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import yaml
from babel.messages.pofile import read_po, write_po

from core.config.manifests import ID, RESERVED
from core.hookspecs import FACE
from core.host.console import portal_option
from core.look import catalogues

SEEDS = Path(__file__).with_name("seeds")
LANGUAGES = ("de", "ar")
NOT_SHIPPED = ("tests", "pyproject.toml", "README.md", ".github")


@click.command("new")
@portal_option
@click.argument("identity")
@click.option("--title", default="", help="What people read (default: from the id).")
@click.option("--into", type=click.Path(path_type=Path), default=None, help="Folder (default: plugins).")
@click.option("--yaml", "as_yaml", is_flag=True, help="A module without Python: one plugin.yaml.")
def new(folder: Path, identity: str, title: str, into: Path | None, as_yaml: bool) -> None:
    """Make a new plugin: pages, conversation, card, notices, tests, translations, CI; all of it runs."""
    if not re.match(ID, identity) or identity in RESERVED:
        raise click.UsageError("An id is small letters, digits and _, at least two, a letter first: my_plugin. "
                               f"{', '.join(RESERVED)} are the host's own.")
    home = (into or folder / "plugins") / identity
    if home.exists():
        click.echo(f"{home} is there already.", err=True)
        sys.exit(1)
    make(home, identity, title or identity.replace("_", " ").capitalize(), as_yaml=as_yaml)
    click.echo(f"{home}\nRun `parlour reload`, switch it on with `features: {{{identity}: on}}`; its page is "
               f"/{identity}.\nRun `parlour plugin check {home}`; docs/plugins says what it can do.")


def make(home: Path, identity: str, title: str, *, as_yaml: bool = False) -> None:
    """Write a plugin's folder. `home` must not be there yet."""
    source = SEEDS / ("yaml" if as_yaml else "python")
    words = _words(identity, title)
    for seed in sorted(source.rglob("*.seed")):
        name = _filled(seed.relative_to(source).as_posix().removesuffix(".seed"), words)
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(_filled(seed.read_text(encoding="utf-8"), words), encoding="utf-8")
    _translate(home)
    shipped = sorted(one.name for one in home.iterdir() if one.name not in NOT_SHIPPED)
    project = home / "pyproject.toml"
    project.write_text(_filled(project.read_text(encoding="utf-8"), {"files": json.dumps(shipped)}),
                       encoding="utf-8")


def _words(identity: str, title: str) -> Mapping[str, str]:
    """Give what stands for the gaps of the seeds."""
    one = identity[:-1] if identity.endswith("s") and len(identity) > 3 else f"{identity}_item"
    quoted = json.dumps(title, ensure_ascii=False)
    return {"id": identity, "kind": one, "prefix": identity.replace("_", "").upper()[:4], "icon": "inbox",
            "title": quoted, "Title": quoted[1:-1],
            "about": json.dumps(f"{title}, a plugin for Parlour.", ensure_ascii=False),
            "words": identity.replace("_", " "),
            "One": one.replace("_", " ").capitalize(),
            "one": json.dumps(one.replace("_", " ").capitalize()), "dashed": identity.replace("_", "-"),
            "face": str(FACE)}


def _filled(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"__(id|kind|prefix|icon|title|Title|about|words|One|one|dashed|face|files)__",
                  lambda match: words.get(match[1], match[0]), text)


def _translate(home: Path) -> None:
    """Begin the catalogues, with what the seeds say filled in; names stay as they are."""
    known = yaml.safe_load((SEEDS / "translations.yaml").read_text(encoding="utf-8"))
    catalogues.update(home, LANGUAGES)
    for place, language in enumerate(LANGUAGES):
        path = catalogues.po_file(home / "locale", language)
        with path.open("rb") as stream:
            catalog = read_po(stream, locale=language)
        for message in catalog:
            if message.id:
                message.string = known[message.id][place] if message.id in known else message.id
        with path.open("wb") as out:
            write_po(out, catalog, width=100)
