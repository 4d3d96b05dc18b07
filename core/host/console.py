"""What all commands share: the portal's folder, JSON or text, exit codes, the tenant."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from peewee import DatabaseError, InterfaceError, OperationalError

from core.data import scope
from core.data.scope import Scope
from core.data.soundness import Unsound
from core.errors import ConfigError, ParlourError
from core.host.portal import Portal

F = TypeVar("F", bound=Callable[..., Any])


def say(value: Any, as_json: bool) -> None:
    """Print a result: for people, or as one JSON document for programs."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, default=str))
    elif isinstance(value, list):
        for row in value:
            click.echo("  ".join(str(v) for v in row.values()) if isinstance(row, dict) else str(row))
    elif isinstance(value, dict):
        for key, inner in value.items():
            click.echo(f"{key}: {inner}")
    else:
        click.echo(value)


def portal_option(command: F) -> F:
    """Add `--portal DIR`, and turn expected failures into exit codes: 1 refused, 3 configuration, 4 database."""

    @click.option("--portal", "folder", type=click.Path(path_type=Path), default=None,
                  help="The portal's folder (default: this one).")
    @wraps(command)
    def run(folder: Path | None, *args: Any, **kwargs: Any) -> Any:
        try:
            return command((folder or Path.cwd()).resolve(), *args, **kwargs)
        except ConfigError as error:
            click.echo(str(error), err=True)
            sys.exit(3)
        except (DatabaseError, InterfaceError) as error:
            away = isinstance(error, OperationalError | InterfaceError)
            click.echo(f"The database {'does not answer' if away else 'is damaged'}: {error}", err=True)
            sys.exit(4)
        except Unsound as error:
            click.echo(f"{error}\n{error.hint}", err=True)
            sys.exit(4)
        except ParlourError as error:
            click.echo(f"{error} {error.hint}".strip() or error.code, err=True)
            sys.exit(1)

    return run  # type: ignore[return-value]


def json_option(command: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(command)


def in_tenant(portal: Portal, slug: str | None) -> AbstractContextManager[Scope]:
    """Enter the scope of a tenant as a command of the operator; the only one where none is named."""
    slugs = list(portal.snapshot().tenants)
    chosen = slug or (slugs[0] if len(slugs) == 1 else None)
    if chosen is None or chosen not in slugs:
        raise click.UsageError(f"Name a tenant with --tenant: {', '.join(slugs)}.")
    return scope.enter(portal.scope(chosen, channel="command", system="operator"))
