"""Commands for translators and authors: collect texts, bring the translators' files up to date, check them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any

import click

from core.errors import ConfigError, Problem
from core.host.console import json_option, say
from core.look import catalogues, proofread
from core.look.language import PSEUDO, SOURCE, tag

translations = click.Group("translations", help="Texts in other languages: for translators and authors.")


def _folder(command: Callable[..., None]) -> Callable[..., None]:
    """Take PATH, a plugin's folder, and leave with exit code 3 where a file in it cannot be read."""

    @click.argument("path", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
    @wraps(command)
    def run(path: Path, **options: Any) -> None:
        try:
            command(path, **options)
        except ConfigError as error:
            for problem in error.problems:
                click.echo(_shown(path, problem), err=True)
            sys.exit(3)

    return run


def _tags(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Check language tags as they are typed."""
    for one in given:
        if not tag(one):
            raise click.BadParameter(f"'{one}' is no language tag such as de or pt-BR.")
        if tag(one) in (SOURCE, PSEUDO):
            raise click.BadParameter(f"'{one}' needs no file: it comes from the texts themselves.")
    return tuple(tag(one) for one in given)


_languages = click.option("--language", "-l", "wanted", multiple=True, callback=_tags,
                          help="A language, such as de; may be repeated (default: all that have a file).")


def _shown(path: Path, problem: Problem) -> str:
    """Write a problem the way editors and compilers do: file, line, what is wrong, what to do."""
    place = (path / problem.file).as_posix()
    return f"{place}:{problem.line}: {problem.message} {problem.hint}".rstrip()


@translations.command()
@_folder
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path),
              help="Where to write (default: PATH/locale/messages.pot).")
def extract(path: Path, output: Path | None) -> None:
    """Collect all texts below PATH into a template for translators' tools."""
    target = output or path / "locale" / "messages.pot"
    count = catalogues.write_template(path, target)
    click.echo(f"{target.as_posix()}: {count} texts" if count != 1 else f"{target.as_posix()}: 1 text")


@translations.command()
@_folder
@_languages
def update(path: Path, wanted: tuple[str, ...]) -> None:
    """Bring the translators' files below PATH/locale up to date; a language named anew gets one."""
    chosen = wanted or tuple(catalogues.languages(path))
    if not chosen:
        raise click.UsageError("There is no language here yet. Begin one: --language de")
    changed = catalogues.update(path, chosen)
    problems = proofread.check(path, chosen)
    for language in chosen:
        file = catalogues.po_file(path / "locale", language)
        left = sum(problem.file == file.relative_to(path).as_posix() for problem in problems)
        state = "updated" if file in changed else "as it was"
        click.echo(f"{file.as_posix()}: {state}, {f'{left} to do' if left else 'complete'}")


@translations.command()
@_folder
@_languages
@json_option
def check(path: Path, wanted: tuple[str, ...], as_json: bool) -> None:
    """Name what is missing, unsure, unused or broken in the translators' files below PATH/locale.

    Exit code 0: nothing is. 1: something is. 3: a file with texts cannot be read.
    """
    problems = proofread.check(path, wanted)
    if as_json:
        say({"ok": not problems, "problems": [asdict(problem) | {"text": _shown(path, problem)}
                                              for problem in problems]}, True)
    else:
        for problem in problems:
            click.echo(_shown(path, problem))
        checked = len(wanted or catalogues.languages(path))
        click.echo(f"{len(problems)} to do." if problems else
                   f"Every text has its translations in {checked} language{'s' if checked != 1 else ''}.")
    sys.exit(1 if problems else 0)
