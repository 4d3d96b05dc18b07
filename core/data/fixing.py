"""What is written once and never changes: the database itself refuses, whoever asks and by whatever way.

A plugin's migration fixes columns of its tables (an issued invoice, a payment). The rows go with their
tenant only: neither they nor their records are removed before.
"""

from __future__ import annotations

from typing import Any

from core.data.db import db, is_sqlite

REFUSAL = "what is fixed is never changed"
RECORD = "SELECT 1 FROM record WHERE id = OLD.record_id"
TENANT = "SELECT 1 FROM tenant WHERE id = OLD.tenant_id"


def _names(model: Any, columns: tuple[str, ...]) -> tuple[str, list[str]]:
    fields = model._meta.fields
    return model._meta.table_name, [fields[name].column_name for name in columns]


def _sqlite(table: str, columns: list[str], kind: str) -> list[str]:
    changed = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in columns)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    made = [f'CREATE TRIGGER "{table}_fixed" BEFORE UPDATE ON "{table}" WHEN {changed} {refuse}',
            f'CREATE TRIGGER "{table}_stays" BEFORE DELETE ON "{table}" '
            f"WHEN EXISTS ({RECORD}) {refuse}"]
    return made if not kind else [
        *made, f'CREATE TRIGGER "{table}_record" BEFORE DELETE ON record WHEN OLD.kind = \'{kind}\' '
               f"AND EXISTS ({TENANT}) {refuse}"]


def _postgres(table: str, columns: list[str], kind: str) -> list[str]:
    changed = " OR ".join(f'NEW."{name}"::text IS DISTINCT FROM OLD."{name}"::text' for name in columns)
    made = [f'CREATE FUNCTION "{table}_fixed"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
            "IF TG_OP = 'DELETE' THEN "
            f"IF NOT EXISTS ({RECORD}) THEN RETURN OLD; END IF; "
            f"ELSIF NOT ({changed}) THEN RETURN NEW; END IF; RAISE EXCEPTION '{REFUSAL}'; END $$",
            f'CREATE TRIGGER "{table}_fixed" BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW '
            f'EXECUTE FUNCTION "{table}_fixed"()']
    return made if not kind else [
        *made,
        f'CREATE FUNCTION "{table}_record"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
        f"IF NOT EXISTS ({TENANT}) THEN RETURN OLD; END IF; "
        f"RAISE EXCEPTION '{REFUSAL}'; END $$",
        f'CREATE TRIGGER "{table}_record" BEFORE DELETE ON record FOR EACH ROW WHEN (OLD.kind = \'{kind}\') '
        f'EXECUTE FUNCTION "{table}_record"()']


def fix(model: Any, *columns: str, kind: str = "") -> None:
    """Fix columns (by the names of their fields) of a plugin's table, in the migration that makes it.

    Rows are not removed as long as their record is there; with `kind`, nor are records of that kind as long as
    their tenant is.
    """
    table, names = _names(model, columns)
    for statement in (_sqlite if is_sqlite() else _postgres)(table, names, kind):
        db.execute_sql(statement)


def loosen(model: Any, kind: str = "") -> None:
    """Take away what `fix` has made, before the table is dropped."""
    table = model._meta.table_name
    if is_sqlite():
        for end in ("fixed", "stays", *(("record",) if kind else ())):
            db.execute_sql(f'DROP TRIGGER IF EXISTS "{table}_{end}"')
        return
    for end in ("fixed", *(("record",) if kind else ())):
        db.execute_sql(f'DROP FUNCTION IF EXISTS "{table}_{end}"() CASCADE')
