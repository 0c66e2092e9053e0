"""The index in a report: by its period and cut-off, so that a report made again says the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from risk.domain import periods
from risk.domain.authority import Grant
from risk.services import index_versions, report_index
from risk.services.bulk import insert_rows
from risk.storage import tables as t
from risk.storage.engine import transaction

OCTOBER = periods.month("2026-10")
CUTOFF = datetime(2026, 11, 1, 8, tzinfo=UTC)


def put(conn: Connection, period: str, values: dict[str, float | None], computed: datetime) -> None:
    version = index_versions.ensure(conn, "region", computed).id
    common = {"version_id": version, "level": "city", "period": period, "as_of": OCTOBER.end, "coverage": 0.8, "parts": {}, "actor": "test"}
    insert_rows(
        conn,
        t.index_results,
        [{**common, "region": r, "value": v, "grade": "orange" if v else None, "computed_at": computed} for r, v in values.items()],
    )


def test_the_places_of_the_period_by_the_cut_off(engine: Engine) -> None:
    whole = Grant("", "")
    with transaction(engine) as conn:
        assert report_index.of_period(conn, OCTOBER, CUTOFF, whole) is None
        put(conn, "2026-09", {"420100": 40.0, "420500": 60.0}, CUTOFF - timedelta(days=30))
        put(conn, "2026-10", {"420100": 70.0, "420500": 61.5, "420600": None}, CUTOFF - timedelta(hours=1))
        put(conn, "2026-10", {"420900": 99.0}, CUTOFF + timedelta(hours=1))
        found = report_index.of_period(conn, OCTOBER, CUTOFF, whole)
        assert found is not None
        assert [(row["key"], row["rank"], row["change"], row["moved"]) for row in found["rows"]] == [
            ("420100", 1, 30.0, 1),
            ("420500", 2, 1.5, -1),
            ("420600", None, None, None),
        ]  # what was computed after the cut-off is not seen
        assert report_index.of_period(conn, OCTOBER, CUTOFF, Grant("420500", "")) is None  # of its counties nothing was computed
        assert report_index.of_period(conn, OCTOBER, CUTOFF, Grant("", "market_supervision")) is None
