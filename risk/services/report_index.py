"""The risk index in a report: what was computed of its period by its cut-off, so that a report made again says the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from risk.domain import regions
from risk.domain.authority import Grant
from risk.domain.indices_sensitivity import ranked
from risk.domain.periods import Period
from risk.storage import tables as t


def of_period(conn: Connection, period: Period, cutoff: datetime, of: Grant) -> dict[str, Any] | None:
    """The places right below the report's, most risk first, by the newest version that had computed them by ``cutoff``; nothing where none had.

    Only of a whole place: the index of a division counts what all departments do there.
    """
    places = regions.children(of.division or regions.PROVINCE)
    if of.department or not places:
        return None
    r = t.index_results.c
    known = (r.region.in_(places), r.computed_at <= cutoff)
    version = conn.scalar(select(r.version_id).where(r.period == period.name, *known).order_by(r.version_id.desc()).limit(1))
    if version is None:
        return None
    query = select(r.region, r.period, r.as_of, r.value, r.grade, r.coverage).where(r.version_id == version, *known)
    rows = conn.execute(query.where(r.period.in_((period.name, period.previous.name)))).all()
    now = {row.region: row for row in rows if row.period == period.name}
    before = {row.region: row.value for row in rows if row.period == period.previous.name}
    ranks, earlier = ranked({place: row.value for place, row in now.items()}), ranked(before)
    listed = [
        {
            "key": place,
            "rank": ranks.get(place),
            "value": None if row.value is None else round(row.value, 2),
            "grade": row.grade,
            "change": None if row.value is None or before.get(place) is None else round(row.value - before[place], 2),
            "moved": earlier[place] - ranks[place] if place in earlier and place in ranks else None,
            "coverage": round(row.coverage, 4),
        }
        for place, row in now.items()
    ]
    listed.sort(key=lambda row: (row["rank"] is None, row["rank"] or 0, row["key"]))
    return {"version": version, "as_of": max(row.as_of for row in now.values()).isoformat(), "rows": listed}
