"""What reports say of a month is the same before it is archived, while it is on its way, when it is archived, and when it is back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from risk.domain import periods
from risk.domain.authority import EVERYWHERE, Grant, Scope
from risk.domain.errors import ConflictError
from risk.domain.report_kinds import kind_of
from risk.services import archiving, archiving_moves, index_facts, overview_counts, report_numbers, situation, views_loop, views_runs
from risk.services.archiving_folder import use_folder
from risk.services.overview_asked import Chosen, Stretch
from risk.storage import tables as t
from risk.storage.engine import reading
from tests.risk.archive_world import MONTH, NOW, THEN, clock, fill, killed, ready

REPORTS = (
    (MONTH, NOW, Grant()),
    (MONTH, NOW, Grant("420100", "market_supervision")),
    (MONTH, THEN + timedelta(minutes=30), Grant("420100")),
    ("2023-03-10", THEN + timedelta(days=9), Grant("420500")),
)
"""Period, cut-off, place."""


def _overview(conn: Connection, region: str | None, scope: Scope) -> overview_counts.Counted:
    month = periods.month(MONTH)
    stretch = Stretch(MONTH, month.start, month.end)
    return overview_counts.count(conn, Chosen(NOW, stretch, None, region, None), stretch, scope)


def told(conn: Connection) -> dict[str, Any]:
    """Everything that counts signals, judgements or candidates."""
    found: dict[str, Any] = {
        f"{name} {cutoff} {of}": situation.numbers(conn, periods.parse(name), cutoff, of) for name, cutoff, of in REPORTS
    }
    found["monthly"] = report_numbers.numbers(conn, kind_of("monthly"), ("", ""), periods.month(MONTH), NOW, Grant())
    for scope, region in ((EVERYWHERE, None), (EVERYWHERE, "武汉市"), (Scope((Grant("420100"),)), None), (Scope((Grant("420500"),)), None)):
        found[f"overview {region} {scope}"] = _overview(conn, region, scope)
    found["index"] = index_facts.of_places(conn, THEN + timedelta(days=5))
    found["loop"] = views_loop.loop(conn, NOW).counts
    for run_id in conn.scalars(select(t.runs.c.id)):
        found[f"run {run_id}"] = views_runs.get_run(conn, run_id, now=NOW).counted
    return found


def test_reports_say_the_same_before_meanwhile_after_and_again(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(engine, tmp_path, monkeypatch)
    fill(engine)
    with reading(engine) as conn:
        before = told(conn)
    assert before[f"{MONTH} {NOW} {Grant()}"]["headline"]["signals"] == 11
    assert before[f"{MONTH} {THEN + timedelta(minutes=30)} {Grant('420100')}"]["headline"]["signals"] == 10
    with killed(monkeypatch, archiving_moves, "take_out", call=2):
        archiving.run(engine, actor="张三", clock=clock, month=MONTH)
    with reading(engine) as conn:
        assert told(conn) == before
    (made,) = archiving.run(engine, actor="张三", clock=clock, month=MONTH)
    assert made.signals >= 8
    with reading(engine) as conn:
        assert told(conn) == before


def test_without_its_file_a_report_is_refused_and_not_smaller(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(sqlite_engine, tmp_path, monkeypatch)
    fill(sqlite_engine)
    archiving.run(sqlite_engine, actor="张三", clock=clock)
    (tmp_path / "archive" / MONTH / "01" / "signals.parquet").unlink()
    with reading(sqlite_engine) as conn:
        situation.numbers(conn, periods.month("2026-09"), NOW)  # which touches no archive
        with pytest.raises(ConflictError) as refused:
            situation.numbers(conn, periods.month(MONTH), NOW)
    assert refused.value.code == "archive_missing"
    use_folder(sqlite_engine, tmp_path / "elsewhere")
    with reading(sqlite_engine) as conn, pytest.raises(ConflictError, match=r"signals\.parquet"):
        situation.numbers(conn, periods.month(MONTH), NOW)
