"""Alerts into a database: the project's way to write by the thousand beside SQLAlchemy's and the driver's own; SQLite and PostgreSQL.

A row has fifteen columns, two of them JSON with quotations. The driver with everything ready is the limit: no way of writing beats it.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import JSON, Boolean, Column, Engine, Float, Integer, MetaData, String, Table, create_engine, func, insert, select
from sqlalchemy.orm import Session, registry

from experiments.bench.timing import Rival, processor, race
from experiments.databases import databases
from risk.storage.engine import open_engine, transaction
from risk.storage.many import insert_many
from risk.storage.tables import UtcDateTime

ROWS, SLOW = 20_000, 0.2
NAMES = (
    "id", "number", "model", "grade", "probability", "region", "office", "subject", "title_zh", "title_en", "evidence", "reasons", "opened_at", "due_at", "open",
)  # fmt: skip
_metadata = MetaData()
ALERTS = Table(
    "bench_alerts",
    _metadata,
    Column("id", Integer, primary_key=True),
    *(Column(name, String(200)) for name in ("number", "model", "grade")),
    Column("probability", Float),
    *(Column(name, String(200)) for name in ("region", "office", "subject", "title_zh", "title_en")),
    Column("evidence", JSON),
    Column("reasons", JSON),
    Column("opened_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("open", Boolean),
)


class Alert:
    """The table as an object, for whoever adds objects."""


registry(metadata=_metadata).map_imperatively(Alert, ALERTS)


def alerts(count: int) -> list[tuple[Any, ...]]:
    """So many alerts."""
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    made: list[tuple[Any, ...]] = []
    for at in range(count):
        quotes = [
            {"quote": "三个疗程根治糖尿病", "start": at % 90 + n, "end": at % 90 + n + 9, "term": "根治", "list": "疗效保证"}
            for n in range(3)
        ]
        evidence = {
            "rules": ["asserts_cure", "no_approval_number"],
            "quotes": quotes,
            "zh": ["称可根治，未见批准文号"],
            "en": ["claims a cure"],
        }
        reasons = [{"feature": f"column_{n}", "log_odds": 0.1 * n + at % 7} for n in range(6)]
        opened = begin + timedelta(seconds=at)
        said = ("涉嫌虚假医疗广告：断言疗效", "Suspected: false medical advertising")
        office = ("420102", "420102-market_supervision", f"同济大药房{at % 500}")
        row = (at + 1, f"A{at:08}", "false_medical_advertising", "orange", 0.71, *office, *said, evidence, reasons, opened, opened, True)
        made.append(row)
    return made


def run() -> list[dict[str, Any]]:
    """On SQLite, then on PostgreSQL where it can be started."""
    told = []
    for kind in ("sqlite", "postgres"):
        with tempfile.TemporaryDirectory(prefix="risk-bench-") as name, databases(kind, Path(name)) as made:
            told.append(_race(kind, made.new()))
    return told


def _race(kind: str, address: str) -> dict[str, Any]:
    rows = alerts(ROWS)
    few = rows[: int(ROWS * SLOW)]
    as_dicts, few_dicts = ([dict(zip(NAMES, row, strict=True)) for row in some] for some in (rows, few))
    engine = open_engine(address)
    stock = create_engine(address)  # as it comes: json.dumps
    with transaction(engine) as conn:
        _metadata.create_all(conn)
    ways: dict[str, tuple[Callable[[], object], int]] = {
        "risk.storage.many": (lambda: _many(engine, rows), len(rows)),
        "SQLAlchemy Core, as it comes": (lambda: _core(stock, as_dicts), len(rows)),
        "SQLAlchemy ORM, an object each": (lambda: _orm(stock, few_dicts), len(few)),
    }
    if kind == "sqlite":
        ready = [_as_text(row) for row in rows]
        path = str(engine.url.database)
        ways["sqlite3 executemany, everything ready (the limit)"] = (lambda: _driver(path, ready), len(rows))
    stored = []
    for run_once, count in ways.values():
        _empty(engine)
        run_once()
        stored.append(_stored(engine, len(few)))
        with engine.connect() as conn:
            assert conn.scalar(select(func.count()).select_from(ALERTS)) == count, "alerts: not all were written"
    assert all(one == stored[0] for one in stored[1:]), "alerts: not the same rows"
    rivals = [Rival(name, _fresh(engine, way, kind == "sqlite"), count / len(rows), own_clock=True) for name, (way, count) in ways.items()]
    note = "" if kind == "sqlite" else "times on the wall: the server is a process of its own"
    result = race(f"alerts into {'SQLite' if kind == 'sqlite' else 'PostgreSQL'}", "rows/s", ROWS, rivals, note=note)
    engine.dispose()
    stock.dispose()
    return result


def _fresh(engine: Engine, way: Callable[[], object], own: bool) -> Callable[[], float]:
    """One turn on an empty table; emptying it is not timed."""
    clock = processor if own else time.perf_counter

    def turn() -> float:
        _empty(engine)
        began = clock()
        way()
        return clock() - began

    return turn


def _many(engine: Engine, rows: Sequence[tuple[Any, ...]]) -> None:
    with transaction(engine) as conn:
        insert_many(conn, ALERTS, NAMES, rows)


def _core(engine: Engine, rows: list[dict[str, Any]]) -> None:
    with engine.begin() as conn:
        conn.execute(insert(ALERTS), rows)


def _orm(engine: Engine, rows: list[dict[str, Any]]) -> None:
    with Session(engine) as session:
        for row in rows:
            one = Alert()
            for name, value in row.items():
                setattr(one, name, value)
            session.add(one)
        session.commit()


def _driver(path: str, rows: list[tuple[Any, ...]]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = NORMAL")
        places = ", ".join("?" * len(NAMES))
        connection.executemany(f"INSERT INTO bench_alerts ({', '.join(NAMES)}) VALUES ({places})", rows)
        connection.commit()


def _as_text(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """As SQLite keeps it."""

    def kept(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.replace(tzinfo=None).isoformat(" ", "microseconds")
        return orjson.dumps(value).decode() if isinstance(value, dict | list) else value

    return tuple(map(kept, row))


def _empty(engine: Engine) -> None:
    with transaction(engine) as conn:
        conn.execute(ALERTS.delete())


def _stored(engine: Engine, count: int) -> list[tuple[Any, ...]]:
    with engine.connect() as conn:
        return [tuple(row) for row in conn.execute(select(ALERTS).order_by(ALERTS.c.id).limit(count))]
