"""What a report says of the period before: nothing where nobody watched then, and one sentence for all places that moved one way."""

from __future__ import annotations

from typing import Any

import pytest

from risk.reports import chapters
from risk.reports.chapters_base import Source
from risk.reports.document import Paragraph, Table

WATCHED = {"signals": 90, "alerts": 40, "verdicts": 3, "verified_rate": None}
SILENT = {"signals": 0, "alerts": 0, "verdicts": 0, "verified_rate": None}


def _numbers(before: dict[str, Any]) -> dict[str, Any]:
    quiet = not before["alerts"]
    rows = [("420100", 60, 30), ("420500", 30, 5), ("420600", 2, 15), ("421300", 4, 4)]
    places = [
        {"key": key, "alerts": now, "before": 0 if quiet else then, "grave": 1, "told": 0, "confirmed": 0, "rate": None}
        for key, now, then in rows
    ]
    period = {"name": "2026-10", "start": "2026-10-01T00:00:00+08:00", "end": "2026-11-01T00:00:00+08:00"}
    scope = {"region": None, "department": None}
    return {"before": before, "headline": {**WATCHED, "alerts": 96}, "places": places, "period": period, "scope": scope}


def _outlook(before: dict[str, Any], lang: str) -> list[str]:
    return [block.text for block in chapters.outlook(Source(_numbers(before), lang)) if isinstance(block, Paragraph)]


def _ranking(before: dict[str, Any]) -> list[tuple[str, str]]:
    (table,) = [block for block in chapters.places(Source(_numbers(before), "zh")) if isinstance(block, Table)]
    then, moved = table.columns.index("上期"), table.columns.index("名次变化")
    return [tuple(cell if isinstance(cell, str) else cell.shown for cell in (row[then], row[moved])) for row in table.rows]  # type: ignore[misc]


def test_places_that_moved_one_way_share_a_sentence() -> None:
    assert _outlook(WATCHED, "zh") == [
        "2个地区的预警比上期明显上升，超出随机波动：武汉市60条（上期30条）、宜昌市30条（上期5条）。",
        "1个地区的预警比上期明显下降，超出随机波动：襄阳市2条（上期15条）。",
    ]


@pytest.mark.parametrize(("lang", "said"), [("zh", "上期没有监测数据，无从比较。"), ("en", "Nothing was monitored in the period before")])
def test_nothing_has_risen_where_nobody_watched_before(lang: str, said: str) -> None:
    (only,) = _outlook(SILENT, lang)
    assert only.startswith(said)


def test_a_rank_before_is_unknown_where_nobody_watched_then() -> None:
    assert _ranking(SILENT) == [("—", "—")] * 4
    assert _ranking(WATCHED) == [("30", "0"), ("5", "1"), ("15", "-2"), ("4", "1")]
