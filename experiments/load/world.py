"""A store with as many alerts as a province has: a small demo province is judged for real, then what stands in the tables is multiplied inside PostgreSQL."""

from __future__ import annotations

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
    with transaction(engine) as conn:
        have = int(conn.scalar(select(func.count()).select_from(t.alerts)) or 0)
        for copy in range(1, -(-alerts // have)):
            for table in COPIED:
                _copy(conn, table, copy)
        for table in COPIED:
            conn.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM {table.name}))"))
    _tidy(engine)
    with engine.connect() as conn:
        counts = {table.name: int(conn.scalar(select(func.count()).select_from(table)) or 0) for table in COPIED}
    engine.dispose()
    return counts


OFFSET = 1_000_000


def _copy(conn: Connection, table: Table, copy: int) -> None:
    """Once more all rows of the first copy, with keys and references of their own."""
    names = [column.name for column in table.columns]
    values = ", ".join(_value(column, copy) for column in table.columns)
    listed = ", ".join(names)
    conn.execute(text(f"INSERT INTO {table.name} ({listed}) SELECT {values} FROM {table.name} WHERE id < {OFFSET}"))


def _value(column: Column[object], copy: int) -> str:
    shifted = {f"{one.name}.id" for one in COPIED}
    if column.primary_key or any(key.target_fullname in shifted for key in column.foreign_keys):
        return f"{column.name} + {copy * OFFSET}"
    if column.unique and column.table.name in ("signals", "alerts"):
        return f"md5({column.name} || '{copy}')"
    if column.name in ("opened_at", "issued_at", "updated_at", "observed_at", "received_at"):
        return f"{column.name} - interval '{copy * 37} minutes'"
    return column.name


def _tidy(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE"))
