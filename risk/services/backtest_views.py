"""Back-tests as people look for them, and one whole; cancelled from here too. Nothing heavy is imported: a server lists them without loading a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from risk.domain.errors import ConflictError, NotFoundError
from risk.domain.messages import register
from risk.services import auditing
from risk.services.paging import Page, page_by_id, unpack_id
from risk.storage import tables as t

register(
    {
        "backtest_not_found": ("没有编号为 {id} 的回测", "no back-test with the number {id}"),
        "backtest_over": ("回测 {id} 已结束（{status}）", "back-test {id} has ended ({status})"),
    }
)

OPEN = ("queued", "running", "cancelling")
"""Not ended yet."""


@dataclass(frozen=True, slots=True)
class BacktestRow:
    """One line of a list."""

    id: int
    model: str
    rules: tuple[str, ...]
    hash: str
    since: datetime
    until: datetime
    status: str
    units: int
    done: int
    actor: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    error: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class BacktestView:
    """One back-test whole; ``result`` once it is done."""

    backtest: BacktestRow
    sources: dict[str, str]
    result: dict[str, Any] | None


def cancel(conn: Connection, number: int, *, actor: str, now: datetime, gone: bool = False) -> BacktestRow:
    """Ask a back-test to stop after its chunk; one that has not begun, or whose process is ``gone``, is cancelled at once.

    ``ConflictError`` (``backtest_over``) where it has ended.
    """
    row = row_of(conn, number)
    if row.status not in OPEN:
        raise ConflictError("backtest_over", id=number, status=row.status)
    values: dict[str, Any] = {"status": "cancelling"}
    if gone or row.status == "queued":
        values = {"status": "cancelled", "ended_at": now}
    conn.execute(update(t.backtests).where(t.backtests.c.id == number).values(values))
    auditing.record(conn, actor, "backtest.cancel", f"backtest:{number}", {}, now)
    return _line(row_of(conn, number))


def get_backtest(conn: Connection, number: int) -> BacktestView:
    """One back-test; ``NotFoundError`` (``backtest_not_found``)."""
    row = row_of(conn, number)
    return BacktestView(_line(row), dict(row.sources), dict(row.result) if row.result else None)


def list_backtests(
    conn: Connection,
    *,
    model: str | None = None,
    status: str | None = None,
    hash_: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[BacktestRow]:
    """Back-tests, the newest first."""
    c = t.backtests.c
    query = select(t.backtests).order_by(c.id.desc())
    for column, wanted in ((c.model, model), (c.status, status), (c.hash, hash_)):
        if wanted:
            query = query.where(column == wanted)
    if cursor:
        query = query.where(c.id < unpack_id(cursor))
    return page_by_id(conn, query, limit, _line)


def latest(conn: Connection, rule: str, hash_: str, *, live_only: bool = False) -> Mapping[str, Any] | None:
    """The figures of one rule in the newest finished back-test that looked at exactly this version of it, with the number and period of the back-test."""
    c = t.backtests.c
    for row in conn.execute(select(t.backtests).where(c.status == "done").order_by(c.id.desc())):
        if rule in row.rules and (not live_only or not row.sources):
            for one in row.result["rules"]:
                if one["rule"] == rule and one["hash"] == hash_:
                    return {**one, "backtest": row.id, "period": row.result["period"]}
    return None


def row_of(conn: Connection, number: int) -> Row[Any]:
    """The stored row; ``NotFoundError`` (``backtest_not_found``)."""
    row = conn.execute(select(t.backtests).where(t.backtests.c.id == number)).one_or_none()
    if row is None:
        raise NotFoundError("backtest_not_found", id=number)
    return row


def _line(row: Row[Any]) -> BacktestRow:
    return BacktestRow(
        row.id, row.model, tuple(row.rules), row.hash, row.since, row.until, row.status, row.units, row.done, row.actor, row.asked_at,
        row.started_at, row.ended_at, dict(row.error) if row.error else None,
    )  # fmt: skip
