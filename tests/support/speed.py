"""What every portal in this process would make anew is made once; nothing it writes has to outlive a power cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import BaseLoader, BytecodeCache, Environment
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from core.data import db
from core.host import discover
from core.look.compose import Composer
from core.parts import Manifest
from support import needs

_codes: dict[tuple[type, str, str], CodeType | None] = {}
_builders: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}
_manifests: dict[tuple[Path, bytes], Manifest] = {}
_used: Counter[tuple[Any, ...]] = Counter()
_prepared, _remember, _compile_builder = Composer._prepared, Composer.remember, Rule._compile_builder
_read, _sqlite, _same = discover.read, db._sqlite, db._same
ALWAYS = 4


class Codes(BytecodeCache):
    """Compiled templates by file and content; a sandbox has its own."""

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = _codes.get((type(bucket.environment), bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        _codes[type(bucket.environment), bucket.key, bucket.checksum] = bucket.code


def _with_codes(make: type[Environment], loaders: list[BaseLoader]) -> Environment:
    environment = _prepared(make, loaders)
    environment.bytecode_cache = Codes()
    return environment


def _kept_builder(rule: Rule, append_unknown: bool = True) -> Any:
    key = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


def _kept_manifest(folder: Path) -> Manifest:
    key = (folder, (folder / "plugin.yaml").read_bytes())
    if key not in _manifests:
        _manifests[key] = _read(folder)
    return _manifests[key]


def _hasty(path: str, _synchronous: str) -> db.Sqlite:
    return _sqlite(path, "off")


def _remembered(composer: Composer, folder: Path) -> None:
    """Leave the templates of a portal where `_with_codes` keeps them, in memory, instead of a folder for each."""
    if folder.parts[-3:] != ("var", "run", "templates"):
        _remember(composer, folder)


def _now_and_then(shape: tuple[Any, ...], build: Callable[[], Any], sql: str, params: list[Any]) -> None:
    """Compare a kept statement with one written anew at its first uses, then at one of four."""
    _used[shape] += 1
    if needs.LONG or _used[shape] < ALWAYS or _used[shape] % ALWAYS == 0:
        _same(shape, build, sql, params)


def install() -> None:
    """Keep them from now on."""
    db._same = _now_and_then
    Composer.remember = _remembered  # type: ignore[method-assign]
    discover.read = _kept_manifest
    db._sqlite = _hasty
    Composer._prepared = staticmethod(_with_codes)  # type: ignore[assignment]
    Rule._compile_builder = _kept_builder  # type: ignore[method-assign,assignment]
