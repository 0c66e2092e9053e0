"""A report made again from what is stored, and compared number by number with what was frozen: the same result, or what changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from risk.domain import periods
from risk.domain.authority import EVERYWHERE, Grant, Scope
from risk.domain.errors import NotFoundError
from risk.domain.report_kinds import SITUATION, kind_of
from risk.domain.signals import digest
from risk.services import report_numbers, situation
from risk.services.report_views import Comparison, Difference
from risk.services.scoping import reports_inside
from risk.storage import tables as t

MOST = 200


def compare(conn: Connection, report_id: int, *, scope: Scope = EVERYWHERE) -> Comparison:
    """Make the numbers again for the same kind, period, cut-off and place. ``report_missing``."""
    row = conn.execute(select(t.reports).where(t.reports.c.id == report_id, reports_inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("report_missing", id=report_id)
    frozen = situation.canonical(row.numbers)
    of = Grant(row.region, row.department)
    if row.kind == SITUATION:
        now = situation.numbers(conn, _stretch(frozen["period"]), row.cutoff, of)
    else:
        what, _, name = row.about.partition(":")
        now = report_numbers.numbers(conn, kind_of(row.kind), (what, name), periods.parse(row.period), row.cutoff, of)
    found = list(differences(frozen, situation.canonical(now)))
    now_hash = digest(now)
    return Comparison(report_id, not found, digest(frozen) == row.numbers_hash, row.numbers_hash, now_hash, len(found), tuple(found[:MOST]))


def _stretch(period: dict[str, str]) -> periods.Period:
    return periods.Period(period["name"], datetime.fromisoformat(period["start"]), datetime.fromisoformat(period["end"]))


def differences(frozen: Any, now: Any, path: str = "") -> Iterator[Difference]:
    """Where two values differ, the deepest places first named.

    >>> [(d.path, d.frozen, d.now) for d in differences({"a": 1, "b": [1, 2]}, {"a": 2, "b": [1], "c": 0})]
    [('a', 1, 2), ('b.1', 2, None), ('c', None, 0)]
    """
    if isinstance(frozen, dict) and isinstance(now, dict):
        for name in sorted({*frozen, *now}):
            yield from differences(frozen.get(name), now.get(name), f"{path}.{name}" if path else name)
    elif isinstance(frozen, list) and isinstance(now, list):
        for i in range(max(len(frozen), len(now))):
            was, is_now = (side[i] if i < len(side) else None for side in (frozen, now))
            yield from differences(was, is_now, f"{path}.{i}" if path else str(i))
    elif frozen != now:
        yield Difference(path, frozen, now)
