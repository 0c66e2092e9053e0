"""The demo's sources as files, one of each format and with the warts of real ones: GB18030, Chinese headers, gaps, broken rows."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from risk.demo.province import AD_MONITOR, COMPLAINTS, LISTINGS, POSTS, Observed

NAMES = {AD_MONITOR: "ad_monitor.csv", LISTINGS: "listings.ndjson", POSTS: "posts.parquet", COMPLAINTS: "complaints.csv"}


def write_week(folder: Path, week: int, observed: Sequence[Observed]) -> list[tuple[str, Path]]:
    """Write what was observed in a week, a file a source; returns (source, path) of what is not empty."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for source, name in NAMES.items():
        rows = [o.row for o in observed if o.source == source]
        if rows:
            path = folder / f"w{week:02d}-{name}"
            _WRITERS[source](path, rows)
            written.append((source, path))
    return written


def _gb18030(path: Path, rows: list[dict[str, Any]]) -> None:
    _csv(path, rows, "gb18030")


def _utf8(path: Path, rows: list[dict[str, Any]]) -> None:
    _csv(path, rows, "utf-8-sig")


def _csv(path: Path, rows: list[dict[str, Any]], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _ndjson(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


def _parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(rows), path)


_WRITERS = {AD_MONITOR: _gb18030, LISTINGS: _ndjson, POSTS: _parquet, COMPLAINTS: _utf8}
