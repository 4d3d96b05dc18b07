"""The command `parlour import`: what it reads, what became of every row, how far it is."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from core.data import audit, dump
from core.data.db import sparing
from core.errors import ParlourError
from core.host.console import in_tenant, json_option, portal_option, say
from core.host.portal import HOST_MIGRATIONS, Portal, assemble, migration_folders
from core.work.imports import Run

WORDS = ("read", "created", "updated", "skipped", "failed")
SHOWN = 200
"""Rows that are listed for people; `--json` lists up to LISTED of the failed and as many of those left out."""

LISTED = 20_000


@click.command("import")
@portal_option
@click.option("--tenant", help="Whose data it is; needed where there are several.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing at all.")
@click.argument("mapping", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@json_option
def import_(folder: Path, tenant: str | None, dry_run: bool, mapping: Path, files: tuple[Path, ...],
            as_json: bool) -> None:
    """Import CSV or JSONL files as a mapping says.

    FILES are files or folders; without any, those beside the MAPPING count. Every row is accounted for: created,
    updated, skipped with the reason, or failed with file and line. Doing it again doubles nothing.
    """
    began = time.monotonic()
    portal = assemble(folder)
    sparing()
    report = perform(portal, tenant, mapping, files, dry_run=dry_run,
                     progress=_Progress() if sys.stderr.isatty() else None)
    if as_json:
        say(report, True)
    else:
        _print(report, time.monotonic() - began)
    if report["failed"]:
        sys.exit(1)


def perform(portal: Portal, tenant: str | None, mapping: Path, files: Sequence[Path], *, dry_run: bool = False,
            progress: Callable[[str, int, float], None] | None = None) -> dict[str, Any]:
    """Import `files` as `mapping` says and give the report: counts, failures, what was left out.

    Raises ConfigError with every mistake of the mapping, ParlourError for files that cannot be used at all.
    """
    try:
        content = mapping.read_bytes()
    except OSError as error:
        raise ParlourError(f"{mapping} cannot be read: {error.strerror}.") from error
    with _scratch(portal) if dry_run else nullcontext(), in_tenant(portal, tenant) as who:
        run = Run(content, mapping, files, who.registry.imports, progress)
        try:
            run.go()
            return _report(run, dry_run)
        finally:
            audit.record_act("import.run", mapping.name, **_totals(run))
            run.close()


@contextmanager
def _scratch(portal: Portal) -> Iterator[None]:
    """Work on a copy of the database that is thrown away: a dry run cannot write, not even a number."""
    folders = migration_folders(portal.plugins.manifests)
    with tempfile.TemporaryDirectory(prefix="parlour-dry-run-") as folder, \
            dump.copied(Path(folder) / "portal.db", HOST_MIGRATIONS, folders):
        yield


def _totals(run: Run) -> dict[str, int]:
    return {word: sum(getattr(counts, word) for counts in run.counts.values()) for word in WORDS}


def _report(run: Run, dry_run: bool) -> dict[str, Any]:
    steps = [{"step": counts.step, **{word: getattr(counts, word) for word in (*WORDS, "unchanged")}}
             for counts in run.counts.values()]
    notes = {"failed": "failures", "skipped": "left_out"}
    listed = {name: [{"step": step, "file": file, "line": line, "column": column, "reason": reason}
                     for step, file, line, column, reason in run.spill.notes(outcome, LISTED)]
              for outcome, name in notes.items()}
    return {"title": run.map.title, "dry_run": dry_run, **_totals(run), "steps": steps, **listed}


def _print(report: dict[str, Any], took: float) -> None:
    left_out: dict[tuple[str, str], list[str]] = {}
    for row in report["left_out"]:
        left_out.setdefault((row["step"], row["reason"]), []).append(f"{row['file']}:{row['line']}")
    for (step, reason), places in left_out.items():
        more = f" and {len(places) - 5:,} more (--json lists them)" if len(places) > 5 else ""
        click.echo(f"{step}: {len(places):,} skipped: {reason} {', '.join(places[:5])}{more}")
    for row in report["failures"][:SHOWN]:
        where = f", column {row['column']}" if row["column"] else ""
        click.echo(f"{row['file']}:{row['line']}{where}: {row['reason']}")
    if len(report["failures"]) > SHOWN:
        click.echo(f"... and {len(report['failures']) - SHOWN:,} more; --json lists them.")
    for step in report["steps"]:
        unchanged = f" ({step['unchanged']:,} of them unchanged)" if step["unchanged"] else ""
        click.echo(f"{step['step']}: " + ", ".join(f"{step[word]:,} {word}" for word in WORDS) + unchanged)
    rate = report["read"] / took if took > 0 else 0
    totals = ", ".join(f"{report[word]:,} {word}" for word in WORDS)
    click.echo(f"{'Dry run, nothing was written' if report['dry_run'] else 'Done'}: {totals} in {took:.1f} s "
               f"({rate:,.0f} rows/s).")


class _Progress:
    """One line on the terminal that says how far it is and how fast."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.shown = 0.0

    def __call__(self, step: str, rows: int, share: float) -> None:
        moment = time.monotonic()
        if moment - self.shown < 0.1 and share < 1:
            return
        self.shown = moment
        rate = rows / max(0.001, moment - self.began)
        end = "\n" if share >= 1 else ""
        sys.stderr.write(f"\r{step}: {rows:,} rows, {share:4.0%}, {rate:,.0f} rows/s   {end}")
        sys.stderr.flush()
        if share >= 1:
            self.began = moment
