"""Runs as people look for them, and one with its balance: every candidate and what became of it, what was cut off listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.scoring.keys import title as model_title
from risk.services import run_pace
from risk.services.alerts import run_balance
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.scoping import assessments_inside, candidates_inside, runs_inside
from risk.storage import tables as t

register({"run_not_found": ("没有编号为 {id} 的研判运行", "no run with the number {id}")})

LISTED = 200
"""How many cut-off or failed candidates the single view lists."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of a list. ``balanced``: candidates = the sum of outcomes."""

    id: int
    model: str
    model_zh: str
    model_en: str
    as_of: datetime
    status: str
    judged: int
    candidates: int
    balance: dict[str, int]
    balanced: bool
    model_version: str
    actor: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate that was cut off by capacity or failed: office, week and limit, or the error."""

    signal_id: int | None
    assessment_id: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class RunView:
    """One run whole. ``counted`` is the balance counted anew from the stored candidates.

    ``read`` signals of about ``of``, and the seconds that the rest will take: None where it is not known, and for those who see a part of the province only.
    """

    run: RunRow
    versions: dict[str, Any]
    cursor: int
    counted: dict[str, int]
    over_capacity: tuple[LeftOut, ...]
    failed: tuple[LeftOut, ...]
    read: int | None = None
    of: int | None = None
    seconds_left: int | None = None


def list_runs(
    conn: Connection,
    *,
    model: str | None = None,
    status: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
    scope: Scope = EVERYWHERE,
) -> Page[RunRow]:
    """Runs that judged something inside the scope, the newest first, with what they judged inside."""
    r = t.runs.c
    query = select(t.runs).where(runs_inside(scope)).order_by(r.id.desc())
    if model:
        query = query.where(r.model == model)
    if status:
        query = query.where(r.status == status)
    if cursor:
        query = query.where(r.id < unpack_id(cursor))
    page = page_by_id(conn, query, limit, run_row)
    return page if scope.whole else Page(counted_inside(conn, page.items, scope), page.cursor)


def get_run(conn: Connection, run_id: int, now: datetime, *, scope: Scope = EVERYWHERE) -> RunView:
    """One run as it stands ``now``, counted inside the scope; ``NotFoundError`` (``run_not_found``)."""
    row = conn.execute(select(t.runs).where(t.runs.c.id == run_id, runs_inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("run_not_found", id=run_id)
    counted = run_balance(conn, run_id, candidates_inside(scope))
    pace = run_pace.pace(row, now) if scope.whole else run_pace.Pace()
    return RunView(
        run=counted_inside(conn, [run_row(row)], scope)[0],
        versions=dict(row.versions),
        cursor=row.cursor if scope.whole else _last_inside(conn, run_id, scope),
        counted=counted.as_dict() | {"candidates": counted.candidates},
        over_capacity=_left(conn, run_id, "over_capacity", scope),
        failed=_left(conn, run_id, "failed", scope),
        read=pace.read,
        of=pace.of,
        seconds_left=pace.seconds_left,
    )


def counted_inside(conn: Connection, rows: Sequence[RunRow], scope: Scope) -> tuple[RunRow, ...]:
    """The same runs with what they judged, and what became of it, counted inside the scope."""
    if scope.whole:
        return tuple(rows)
    ids, c = [row.id for row in rows], t.candidates.c
    judged = {run: int(n) for run, n in conn.execute(_judged(ids, scope))}
    outcomes: dict[int, dict[str, int]] = {}
    query = select(c.run_id, c.outcome, func.count().label("n")).where(c.run_id.in_(ids), candidates_inside(scope))
    for row in conn.execute(query.group_by(c.run_id, c.outcome).order_by(c.run_id, c.outcome)):
        outcomes.setdefault(row.run_id, {})[row.outcome] = int(row.n)
    return tuple(_with(row, judged.get(row.id, 0), outcomes.get(row.id, {})) for row in rows)


def _judged(ids: Sequence[int], scope: Scope) -> Select[Any]:
    a = t.assessments.c
    return select(a.run_id, func.count()).where(a.run_id.in_(ids), assessments_inside(scope)).group_by(a.run_id)


def judged_inside(conn: Connection, scope: Scope) -> tuple[int, int]:
    """(judged, candidates) of all runs, counted inside the scope."""
    if scope.whole:
        judged, candidates = conn.execute(select(func.sum(t.runs.c.judged), func.sum(t.runs.c.candidates))).one()
    else:
        judged = conn.scalar(select(func.count()).select_from(t.assessments).where(assessments_inside(scope)))
        candidates = conn.scalar(select(func.count()).select_from(t.candidates).where(candidates_inside(scope)))
    return int(judged or 0), int(candidates or 0)


def _with(row: RunRow, judged: int, outcomes: Mapping[str, int]) -> RunRow:
    balance = {name: outcomes.get(name, 0) for name in (*row.balance, *(set(outcomes) - set(row.balance)))}
    return replace(row, judged=judged, candidates=sum(outcomes.values()), balance=balance, balanced=row.balanced)


def _last_inside(conn: Connection, run_id: int, scope: Scope) -> int:
    """The last signal inside that the run judged."""
    a = t.assessments.c
    return int(conn.scalar(select(func.max(a.signal_id)).where(a.run_id == run_id, assessments_inside(scope))) or 0)


def run_row(row: Row[Any]) -> RunRow:
    """A row of the table as a line of a list."""
    balance = {name: int(count) for name, count in row.balance.items()}
    return RunRow(
        id=row.id,
        model=row.model,
        model_zh=model_title(row.model, "zh"),
        model_en=model_title(row.model, "en"),
        as_of=row.as_of,
        status=row.status,
        judged=row.judged,
        candidates=row.candidates,
        balance=balance,
        balanced=row.candidates == sum(balance.values()),
        model_version=str(row.versions.get("model", "")),
        actor=row.actor,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _left(conn: Connection, run_id: int, outcome: str, scope: Scope) -> tuple[LeftOut, ...]:
    c = t.candidates.c
    query = (
        select(c.signal_id, c.assessment_id, c.reason)
        .where(c.run_id == run_id, c.outcome == outcome, candidates_inside(scope))
        .order_by(c.id)
        .limit(LISTED)
    )
    return tuple(LeftOut(*row) for row in conn.execute(query))
