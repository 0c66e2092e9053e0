"""Runs as people look for them, and one with its balance: every candidate and what became of it, what was cut off listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.scoring.keys import title as model_title
from risk.services.alerts import run_balance
from risk.services.paging import Page, page_by_id, unpack_id
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
    """One run whole. ``counted`` is the balance counted anew from the stored candidates."""

    run: RunRow
    versions: dict[str, Any]
    cursor: int
    counted: dict[str, int]
    over_capacity: tuple[LeftOut, ...]
    failed: tuple[LeftOut, ...]


def list_runs(
    conn: Connection, *, model: str | None = None, status: str | None = None, limit: int = 50, cursor: str | None = None
) -> Page[RunRow]:
    """Runs, the newest first."""
    r = t.runs.c
    query = select(t.runs).order_by(r.id.desc())
    if model:
        query = query.where(r.model == model)
    if status:
        query = query.where(r.status == status)
    if cursor:
        query = query.where(r.id < unpack_id(cursor))
    return page_by_id(conn, query, limit, run_row)


def get_run(conn: Connection, run_id: int) -> RunView:
    """One run; ``NotFoundError`` (``run_not_found``)."""
    row = conn.execute(select(t.runs).where(t.runs.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFoundError("run_not_found", id=run_id)
    counted = run_balance(conn, run_id)
    return RunView(
        run=run_row(row),
        versions=dict(row.versions),
        cursor=row.cursor,
        counted=counted.as_dict() | {"candidates": counted.candidates},
        over_capacity=_left(conn, run_id, "over_capacity"),
        failed=_left(conn, run_id, "failed"),
    )


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


def _left(conn: Connection, run_id: int, outcome: str) -> tuple[LeftOut, ...]:
    c = t.candidates.c
    query = select(c.signal_id, c.assessment_id, c.reason).where(c.run_id == run_id, c.outcome == outcome).order_by(c.id).limit(LISTED)
    return tuple(LeftOut(*row) for row in conn.execute(query))
