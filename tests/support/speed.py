"""What every portal in this process would make anew is made once: compiled templates, compiled routes."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from jinja2 import BaseLoader, BytecodeCache, Environment
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from core.look.compose import Composer

_codes: dict[tuple[type, str, str], CodeType | None] = {}
_builders: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}
_prepared, _compile_builder = Composer._prepared, Rule._compile_builder


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


def install() -> None:
    """Keep them from now on."""
    Composer._prepared = staticmethod(_with_codes)  # type: ignore[assignment]
    Rule._compile_builder = _kept_builder  # type: ignore[method-assign,assignment]
