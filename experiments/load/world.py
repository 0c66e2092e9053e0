"""A store with as many alerts as a province has: a small demo province is judged for real, then what stands in the tables is multiplied inside the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, Table, func, select, text

from experiments.kill_run import AS_OF, take_in
from experiments.killing import finish
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction

COPIED = (t.signals, t.assessments, t.alerts, t.candidates, t.alert_evidence, t.tasks, t.task_events)
"""In the order of their references; what they refer to besides (runs, subjects, imports) is shared by all copies."""


def build(home: Path, address: str, alerts: int, *, signals: int = 12_000, seed: int = 7) -> dict[str, int]:
    """Fill the database at ``address`` until it has so many alerts; how many rows each table has."""
    take_in(home, address, signals, seed)
    surroundings = {"RISK_HOME": str(home), "RISK_DATABASE": address, "RISK_LANG": "en"}
    finish(["run", "--rules-only", "--as-of", AS_OF, "--actor", "experiment"], surroundings)
    engine = open_engine(address)
    counts = multiply(engine, alerts)
    engine.dispose()
    return counts


OFFSET = 1_000_000
POINTING = ("about_alert_id", "supersedes")
"""Columns that name a row of a copied table without saying so to the database."""


def multiply(
    engine: Engine, alerts: int, tables: Sequence[Table] = COPIED, only: Mapping[str, str] | None = None, *, tidy: bool = True
) -> dict[str, int]:
    """Copy all rows of the tables (of some, those that a condition in ``only`` names) until there are so many alerts; how many rows each has then."""
    with transaction(engine) as conn:
        have = int(conn.scalar(select(func.count()).select_from(t.alerts)) or 0)
        for copy in range(1, -(-alerts // have)):
            for table in tables:
                _copy(conn, table, copy, {one.name for one in tables}, (only or {}).get(table.name, "true"))
        if engine.dialect.name == "postgresql":
            for table in tables:
                conn.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM {table.name}))"))
    if tidy:
        _tidy(engine)
    with engine.connect() as conn:
        return {table.name: int(conn.scalar(select(func.count()).select_from(table)) or 0) for table in tables}


def _copy(conn: Connection, table: Table, copy: int, tables: set[str], only: str) -> None:
    """Once more all rows of the first copy, with keys and references of their own."""
    names = [column.name for column in table.columns]
    values = ", ".join(_value(column, copy, tables, conn.dialect.name) for column in table.columns)
    listed = ", ".join(names)
    conn.execute(text(f"INSERT INTO {table.name} ({listed}) SELECT {values} FROM {table.name} WHERE id < {OFFSET} AND {only}"))


def _value(column: Column[object], copy: int, tables: set[str], dialect: str) -> str:
    name, lite = column.name, dialect == "sqlite"
    shifted = any(key.target_fullname.removesuffix(".id") in tables for key in column.foreign_keys)
    if column.primary_key or shifted or name in POINTING:
        return f"{name} + {copy * OFFSET}"
    if column.unique and column.table.name in ("signals", "alerts"):
        return f"substr({name}, 1, 56) || '-{copy}'" if lite else f"md5({name} || '{copy}')"
    if name in ("opened_at", "issued_at", "updated_at", "observed_at", "received_at"):
        minutes = copy * 37
        return f"strftime('%Y-%m-%d %H:%M:%S.000000', {name}, '-{minutes} minutes')" if lite else f"{name} - interval '{minutes} minutes'"
    return name


def _tidy(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE"))
