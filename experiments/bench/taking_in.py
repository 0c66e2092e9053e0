"""Rows into SQLite: ``risk intake``'s service against a plain loop of csv and executemany.

The plain loop checks nothing, links nothing, cannot resume and does not know a repeated row: it is the floor, not a rival.
"""

from __future__ import annotations

import csv
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.bench.material import texts
from experiments.bench.timing import Rival, race, same
from risk.bootstrap import open_store
from risk.services.intake import take
from risk.settings import Settings

ROWS = 50_000
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def run() -> list[dict[str, Any]]:
    """One race, two turns, each into a store of its own."""
    with tempfile.TemporaryDirectory(prefix="risk-bench-") as name:
        folder = Path(name)
        file = folder / "rows.csv"
        make(file, ROWS)
        counters = {"ours": 0, "plain": 0}
        databases: dict[str, Path] = {}

        def ours() -> None:
            counters["ours"] += 1
            home = folder / f"home{counters['ours']}"
            engine = open_store(Settings.from_environment({"RISK_HOME": str(home)}))
            take(engine, file, source="bench", actor="bench", now=NOW)
            engine.dispose()
            databases["ours"] = home / "risk.db"

        def plain() -> None:
            counters["plain"] += 1
            databases["plain"] = folder / f"plain{counters['plain']}.db"
            with closing(sqlite3.connect(databases["plain"])) as connection, file.open(encoding="utf-8", newline="") as lines:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("CREATE TABLE signals (source_id TEXT, text TEXT, time TEXT, region TEXT, platform TEXT, shop TEXT)")
                rows = csv.reader(lines)
                next(rows)
                connection.executemany("INSERT INTO signals VALUES (?, ?, ?, ?, ?, ?)", rows)
                connection.commit()

        result = race(
            f"intake: CSV of {ROWS:,} rows into SQLite",
            "rows/s",
            ROWS,
            [Rival("risk intake (checked, linked, resumable)", ours), Rival("csv + executemany (unchecked)", plain)],
            turns=2,
            note="ours creates and upgrades its database inside the time",
        )
        same("intake", *(_stored(databases[which]) for which in ("ours", "plain")))
        return [result]


def make(path: Path, rows_wanted: int) -> None:
    """A file of so many rows as a source sends them."""
    some = texts(2_000)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["编号", "正文", "发布时间", "地区", "平台", "店铺"])
        for number in range(rows_wanted):
            rows.writerow(
                [
                    number,
                    f"{some[number % len(some)]} 第{number}条",
                    "2026-09-14 08:00",
                    "420102",
                    f"商城{number % 3}",
                    f"店{number % 5_000}",
                ]
            )


def _stored(database: Path) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return sorted(connection.execute("SELECT source_id, text FROM signals").fetchall())
