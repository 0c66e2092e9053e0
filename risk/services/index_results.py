"""The index of places, computed once for a moment and stored by version, so that leaderboards and histories are quick and say tomorrow what they said today.

A moment is the end of a month (``2026-10``) or of a day (``2026-10-12``), in Hubei. Indicators look back the same number of days from it, so that a February
compares with a March. Outside the whole province nobody is ranked against places they may not see: ranks count what lies inside the scope.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from risk.domain import regions
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.indices import compose, grade_of, system
from risk.domain.indices_sensitivity import Sensitivity, ranked, sensitivity
from risk.domain.indices_trend import Trend, trend
from risk.domain.messages import register
from risk.domain.periods import month
from risk.services import auditing, index_versions
from risk.services.bulk import insert_rows
from risk.services.index_facts import of_places
from risk.services.index_versions import WeightsVersion, scores_of
from risk.services.places import code_of, stem_of
from risk.services.scoping import region_inside
from risk.storage import tables as t
from risk.storage.engine import serialise

LEVELS = ("city", "county", "province")
_LOCK = 42  # of serialise: a moment is computed once

register(
    {
        "index_period": ("时点应为 2026-10 这样的月份或 2026-10-12 这样的日期：{period}", "a moment is a month such as 2026-10 or a day such as 2026-10-12: {period}"),
        "index_period_open": ("{period} 尚未结束，不能计算", "{period} has not ended yet"),
        "index_period_open.hint": ("可计算 {last} 及以前", "compute {last} or earlier"),
        "index_not_computed": ("该时点没有已计算的指数：{period}", "no index is computed for this moment: {period}"),
        "index_not_computed.hint": ("risk index compute，或等每日作业", "risk index compute, or wait for the daily job"),
        "index_place_unknown": ("没有该地的指数：{region}", "no index of this place: {region}"),
        "index_level": ("层级应为 city、county 或 province：{level}", "a level is city, county or province: {level}"),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Computed:
    """What a computation did. ``again``: the moment was there already and stays as it is."""

    period: str
    as_of: datetime
    version_id: int
    places: int
    known: int
    again: bool


@dataclass(frozen=True, slots=True)
class IndexPart:
    """One indicator of a place: ``n``: its denominator; ``used``: its weight after that of unknown ones was shared out."""

    code: str
    value: float | None
    n: float
    score: float | None
    weight: float
    used: float
    contribution: float | None


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A place on the leaderboard; rank 1 has most risk. ``moved``: ranks won (towards 1) since the moment before; ``change``: points."""

    region: str
    zh: str
    en: str
    value: float | None
    grade: str | None
    coverage: float
    missing: tuple[str, ...]
    rank: int | None
    moved: int | None
    change: float | None
    trend: Trend
    history: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard: of what moment, by which version, since which moment ``moved`` and ``change`` count; ``periods``: of ``history``."""

    period: str
    as_of: datetime
    version_id: int
    version: int
    level: str
    before: str | None
    periods: tuple[str, ...]
    rows: tuple[BoardRow, ...]


@dataclass(frozen=True, slots=True)
class IndexMoment:
    """A stored moment."""

    period: str
    as_of: datetime
    places: int


@dataclass(frozen=True, slots=True)
class IndexPoint:
    """The index of a place at one moment."""

    period: str
    as_of: datetime
    value: float | None
    grade: str | None
    coverage: float


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place in detail: what each indicator and group adds, and its history by the same version."""

    region: str
    zh: str
    en: str
    level: str
    period: str
    as_of: datetime
    version_id: int
    value: float | None
    grade: str | None
    coverage: float
    missing: tuple[str, ...]
    dimensions: dict[str, float]
    parts: tuple[IndexPart, ...]
    trend: Trend
    history: tuple[IndexPoint, ...]


@dataclass(frozen=True, slots=True)
class Robustness:
    """How the ranking of a moment depends on the weights."""

    period: str
    version_id: int
    level: str
    result: Sensitivity


def end_of(period: str) -> datetime:
    """The moment of a period: the end of a month or of a day in Hubei. ``index_period``.

    >>> end_of("2026-10").isoformat(), end_of("2026-10-12").isoformat()
    ('2026-11-01T00:00:00+08:00', '2026-10-13T00:00:00+08:00')
    """
    try:
        if re.fullmatch(r"\d{4}-\d{2}", period, re.ASCII):
            return month(period).end
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", period, re.ASCII):
            day = date.fromisoformat(period) + timedelta(days=1)
            return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    except (ValueError, OverflowError, InvalidInputError):
        pass
    raise InvalidInputError("index_period", period=period[:40])


def compute(conn: Connection, period: str, *, actor: str, now: datetime) -> Computed:
    """Compute and store the index of every division at a moment that is over, by the version that counts. Again, it changes nothing.

    Errors: ``index_period``, ``index_period_open``.
    """
    as_of = end_of(period)
    if as_of > now:
        raise InvalidInputError("index_period_open", period=period, last=f"{now.astimezone(SHANGHAI).date() - timedelta(days=1)}")
    version = index_versions.ensure(conn, "region", now)
    serialise(conn, _LOCK)
    r = t.index_results.c
    query = select(func.count(), func.count(r.value)).where(r.version_id == version.id, r.period == period)
    places, known = conn.execute(query).one()
    if places:
        return Computed(period, as_of, version.id, int(places), int(known), again=True)
    rows = _results(conn, version, period, as_of, actor, now)
    insert_rows(conn, t.index_results, rows)
    found = Computed(period, as_of, version.id, len(rows), sum(row["value"] is not None for row in rows), again=False)
    detail = {"version": version.id, "places": found.places, "known": found.known}
    auditing.record(conn, actor, "index.compute", f"index:{period}", detail, now)
    return found


def compute_due(conn: Connection, *, actor: str, now: datetime, months: int = 12) -> tuple[str, ...]:
    """Compute yesterday and the months that have ended and hold signals or subjects, ``months`` back; returns what was new. Of a store without subjects: nothing."""
    s = t.subjects.c
    first = conn.scalar(select(func.min(s.created_at)))
    if first is None:
        return ()
    today = now.astimezone(SHANGHAI).date()
    wanted, start = [(today - timedelta(days=1)).isoformat()], today.replace(day=1)
    for _ in range(months):
        start = (start - timedelta(days=1)).replace(day=1)
        if end_of(f"{start:%Y-%m}") <= first:
            break
        wanted.append(f"{start:%Y-%m}")
    return tuple(period for period in sorted(wanted) if not compute(conn, period, actor=actor, now=now).again)


def moments(conn: Connection, *, version_id: int | None = None, limit: int = 60, scope: Scope = EVERYWHERE) -> tuple[IndexMoment, ...]:
    """The stored moments of a version (the one that counts where none is given), the newest first; ``places``: those inside the scope.

    None where no version counts yet; ``index_version_not_found`` for one that does not exist.
    """
    if version_id is None and not index_versions.any_approved(conn, "region"):
        return ()
    version = _version(conn, version_id)
    r = t.index_results.c
    query = select(r.period, r.as_of, func.count()).where(r.version_id == version, region_inside(scope, r.region))
    rows = conn.execute(query.group_by(r.period, r.as_of).order_by(r.as_of.desc(), r.period).limit(limit))
    return tuple(IndexMoment(period, as_of, int(n)) for period, as_of, n in rows)


def board(
    conn: Connection,
    *,
    period: str | None = None,
    level: str = "city",
    within: str | None = None,
    version_id: int | None = None,
    scope: Scope = EVERYWHERE,
) -> Board:
    """The leaderboard of the 17 divisions, or of the counties (``within`` one of them), at a moment (the newest where none is given).

    ``index_not_computed``, ``index_level``, ``index_version_none``, ``region_not_known``.
    """
    if level not in LEVELS:
        raise InvalidInputError("index_level", level=level[:20])
    number = _version(conn, version_id)
    stored = moments(conn, version_id=number, limit=400, scope=scope)
    chosen = _chosen(stored, period)
    series = _series(stored, chosen)
    rows = _read(conn, number, [one.period for one in series], level, within, scope)
    by_place: dict[str, dict[str, Row[Any]]] = {}
    for row in rows:
        by_place.setdefault(row.region, {})[row.period] = row
    names = tuple(one.period for one in series)
    before = names[-2] if len(names) > 1 else None
    ranks = {name: ranked({place: found[name].value for place, found in by_place.items() if name in found}) for name in names[-2:]}
    shown = [
        _board_row(place, found, names, before, ranks) for place, found in by_place.items() if chosen.period in found
    ]  # fmt: skip
    shown.sort(key=lambda one: (one.rank is None, one.rank or 0, one.region))
    kept = index_versions.show(conn, number)
    return Board(chosen.period, chosen.as_of, number, kept.version, level, before, names, tuple(shown))


def place(
    conn: Connection, region: str, *, period: str | None = None, version_id: int | None = None, scope: Scope = EVERYWHERE
) -> PlaceView:  # fmt: skip
    """One place in detail, at a moment. ``index_place_unknown`` also for one outside the scope; ``region_not_known``, ``index_not_computed``."""
    code, number = code_of(region), _version(conn, version_id)
    if not scope.at(code):
        raise NotFoundError("index_place_unknown", region=code)
    stored = moments(conn, version_id=number, limit=400, scope=scope)
    chosen = _chosen(stored, period)
    r = t.index_results.c
    query = select(t.index_results).where(r.version_id == number, r.region == code, region_inside(scope, r.region))
    rows = {row.period: row for row in conn.execute(query)}
    row = rows.get(chosen.period)
    if row is None:
        raise NotFoundError("index_place_unknown", region=code)
    series = [rows[one.period] for one in _series(stored, chosen, most=36) if one.period in rows]
    parts = tuple(IndexPart(code=name, **one) for name, one in row.parts.items())
    told = system("region")
    groups = {
        d.code: sum(p.contribution for p in parts if p.contribution is not None and p.code in told.codes(d.code)) for d in told.dimensions
    }
    return PlaceView(
        region=code,
        zh=regions.name(code, "zh", full=True),
        en=regions.name(code, "en", full=True),
        level=row.level,
        period=row.period,
        as_of=row.as_of,
        version_id=number,
        value=row.value,
        grade=row.grade,
        coverage=row.coverage,
        missing=_missing(row),
        dimensions=groups,
        parts=parts,
        trend=trend([one.value for one in series]),
        history=tuple(IndexPoint(one.period, one.as_of, one.value, one.grade, one.coverage) for one in series),
    )


def robustness(
    conn: Connection, *, period: str | None = None, level: str = "city", within: str | None = None, version_id: int | None = None
) -> Robustness:
    """The ranking of a moment with each weight a fifth up and down. Of the whole province: a rank tells of the others."""
    if level not in LEVELS:
        raise InvalidInputError("index_level", level=level[:20])
    number = _version(conn, version_id)
    chosen = _chosen(moments(conn, version_id=number, limit=400), period)
    rows = _read(conn, number, [chosen.period], level, within, EVERYWHERE)
    scores = {row.region: {code: one["score"] for code, one in row.parts.items()} for row in rows}
    return Robustness(chosen.period, number, level, sensitivity(index_versions.show(conn, number).weights, scores))


def _results(
    conn: Connection, version: WeightsVersion, period: str, as_of: datetime, actor: str, now: datetime
) -> list[dict[str, Any]]:  # fmt: skip
    told, facts = system("region"), of_places(conn, as_of)
    rows = []
    for division in regions.DIVISIONS.values():
        if not division.statutory or not any(division.code in one for one in facts.values()):
            continue
        scores = scores_of(told, facts, version.refs, division.code)
        found = compose(version.weights, scores)
        parts = {}
        for part in found.parts:
            known = facts[part.code].get(division.code)
            measured = {"value": known.value if known else None, "n": known.n if known else 0}
            parts[part.code] = measured | {name: value for name, value in asdict(part).items() if name != "code"}
        rows.append(
            {
                "version_id": version.id,
                "region": division.code,
                "level": _level(division.code, division.level),
                "period": period,
                "as_of": as_of,
                "value": found.value,
                "grade": grade_of(found.value),
                "coverage": found.coverage,
                "parts": parts,
                "actor": actor,
                "computed_at": now,
            }
        )
    return rows


def _level(code: str, level: str) -> str:
    """Those directly under the province (仙桃, 潜江, 天门, 神农架) stand among the 17.

    >>> _level("429004", "county"), _level("420102", "county"), _level("420000", "province")
    ('city', 'county', 'province')
    """
    return "city" if code in regions.children(regions.PROVINCE) else level


def _version(conn: Connection, version_id: int | None) -> int:
    return index_versions.current(conn, "region").id if version_id is None else index_versions.show(conn, version_id).id


def _chosen(stored: Sequence[IndexMoment], period: str | None) -> IndexMoment:
    """The moment asked for; without one the newest."""
    if period is not None:
        end_of(period)
    found = next((one for one in stored if period in (None, one.period)), None)
    if found is None:
        raise NotFoundError("index_not_computed", period=period or "-")
    return found


def _series(stored: Sequence[IndexMoment], chosen: IndexMoment, most: int = 12) -> list[IndexMoment]:
    """The months that ended before a moment, and it: one moment a month, so that trends and movements are of like steps; the oldest first."""
    months = [one for one in stored if len(one.period) == 7 and one.as_of < chosen.as_of]
    return [*sorted(months, key=lambda one: one.as_of)[-(most - 1) :], chosen]


def _read(conn: Connection, version: int, periods: Sequence[str], level: str, within: str | None, scope: Scope) -> list[Row[Any]]:
    r = t.index_results.c
    query = select(t.index_results).where(r.version_id == version, r.period.in_(periods), r.level == level, region_inside(scope, r.region))
    if within:
        query = query.where(r.region.startswith(stem_of(code_of(within)), autoescape=True))
    return list(conn.execute(query.order_by(r.region, r.as_of)))


def _board_row(
    code: str, found: Mapping[str, Row[Any]], names: Sequence[str], before: str | None, ranks: Mapping[str, Mapping[str, int]]
) -> BoardRow:
    row, values = found[names[-1]], [found[name].value if name in found else None for name in names]
    rank, earlier = ranks[names[-1]].get(code), ranks[before].get(code) if before else None
    last = values[-2] if before else None
    return BoardRow(
        region=code,
        zh=regions.name(code, "zh"),
        en=regions.name(code, "en"),
        value=row.value,
        grade=row.grade,
        coverage=row.coverage,
        missing=_missing(row),
        rank=rank,
        moved=None if rank is None or earlier is None else earlier - rank,
        change=None if row.value is None or last is None else row.value - last,
        trend=trend(values),
        history=tuple(values),
    )


def _missing(row: Row[Any]) -> tuple[str, ...]:
    return tuple(code for code, one in row.parts.items() if one["score"] is None and one["weight"] > 0)
