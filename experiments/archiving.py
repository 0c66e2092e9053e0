"""How small do archives keep the tables, and what does it cost? ``python -m experiments.archiving [--signals 40000] [--database sqlite|postgres] --work DIR``

A made-up crowd with a past of alerts is judged by the shipped rules; four years later its three months are archived, read by a report, verified and brought back. Asserted:
the report says the same before and after, and what comes back is what went. Bytes of the database are those after ``VACUUM``; time is that of the processor (children
left out). The result goes to ``experiments/results/archiving-<database>.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select, text, update

from experiments.bench.crowd import AS_OF, Crowd
from experiments.bench.million import fill
from experiments.databases import databases
from experiments.record import RESULTS, heading, store_json
from risk.domain import periods
from risk.scoring.keys import text_keys
from risk.scoring.scorer import Scorer
from risk.services import archiving, runs, situation
from risk.services.archiving_folder import folder_of, use_folder
from risk.services.archiving_rows import GOES, line
from risk.storage import migrate
from risk.storage import tables as t
from risk.storage.engine import open_engine, reading, transaction

LATER = AS_OF + timedelta(days=4 * 366)


def size(engine: Engine) -> int:
    """Bytes of the database, free pages given back."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("VACUUM FULL"))
            return int(conn.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    path = Path(str(engine.url.database))
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("VACUUM")
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def stored(engine: Engine) -> tuple[dict[str, int], str]:
    """Rows of each table that archives move, and a digest of all of them."""
    digest, counts = hashlib.sha256(), {}
    with reading(engine) as conn:
        for table in GOES:
            keys = list(table.primary_key)
            counts[table.name] = int(conn.scalar(select(func.count()).select_from(table)) or 0)
            for row in conn.execute(select(table).order_by(*keys).execution_options(yield_per=5_000)):
                digest.update(repr(line(table, row)).encode())
    return counts, digest.hexdigest()


def timed(what: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and its seconds of the processor."""
    began = time.process_time()
    return what(), round(time.process_time() - began, 2)


def reports(engine: Engine) -> list[dict[str, Any]]:
    """The situation of each month, without the order of the work."""
    with reading(engine) as conn:
        return [situation.numbers(conn, periods.month(name), LATER) for name in ("2026-08", "2026-09", "2026-10")]


def measure(engine: Engine, signals: int) -> dict[str, Any]:
    """Everything, in order."""
    fill(engine, Crowd(signals))
    runs.run(engine, Scorer(), list(text_keys()), as_of=AS_OF, now=AS_OF, actor="experiment")
    with transaction(engine) as conn:
        conn.execute(update(t.alerts).values(status="closed"))  # as they are after four years
    before, rows, said = size(engine), stored(engine), timed(lambda: reports(engine))
    with reading(engine) as conn:
        planned = archiving.plan(conn, LATER)
    made, archive_seconds = timed(lambda: archiving.run(engine, actor="experiment", clock=lambda: LATER))
    after, left, told = size(engine), stored(engine), timed(lambda: reports(engine))
    assert told[0] == said[0], "a report changed"
    checked, verify_seconds = timed(lambda: archiving.verify(engine))
    assert not any(one.faults for one in checked)
    gone = sum(one.rows[t.signals.name] for one in made)
    files = {path.name: 0 for path in folder_of(engine).rglob("*.parquet")}
    for path in folder_of(engine).rglob("*.parquet"):
        files[path.name] += path.stat().st_size
    months = sorted({one.month for one in made})
    _, restore_seconds = timed(lambda: [archiving.restore(engine, month, actor="experiment", clock=lambda: LATER) for month in months])
    assert stored(engine) == rows, "what came back is not what went"
    return {
        "signals": signals,
        "archived": gone,
        "share_archived": round(gone / signals, 4),
        "stay": [{"month": one.month, "signals": one.signals, "free": one.free, "held": one.held} for one in planned],
        "rows": {"before": rows[0], "after": left[0]},
        "bytes_of_the_database": {"before": before, "after": after, "a_signal_archived": round((before - after) / gone)},
        "bytes_of_the_files": {**files, "all": sum(files.values()), "a_signal": round(sum(files.values()) / gone)},
        "microseconds_a_signal": {
            "archive": round(archive_seconds / gone * 1e6),
            "verify": round(verify_seconds / gone * 1e6),
            "restore": round(restore_seconds / gone * 1e6),
        },
        "seconds_of_three_reports": {"from_the_tables": said[1], "from_the_files": told[1]},
        "load_average": [round(one, 1) for one in os.getloadavg()],
    }


def main() -> None:
    """Measure on a new store and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=40_000)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--work", type=Path, required=True, help="an empty folder")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    with databases(options.database, options.work) as those:
        address = those.new()
        migrate.upgrade(address)
        engine = open_engine(address)
        use_folder(engine, options.work / "archive")
        try:
            result = measure(engine, options.signals)
        finally:
            engine.dispose()
    command = f"python -m experiments.archiving --signals {options.signals} --database {options.database} --work DIR"
    store_json(RESULTS / f"archiving-{options.database}.json", heading(command) | result)
    print(result)


if __name__ == "__main__":
    main()
