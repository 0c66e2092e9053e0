"""Frozen reports as people look for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from risk.domain import regions
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.domain.report_kinds import SITUATION
from risk.services import report_scope
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.places import code_of
from risk.services.scoping import reports_inside
from risk.storage import tables as t

register(
    {
        "report_not_found": ("没有这一期的报告：{period}", "no report of this period: {period}"),
        "report_not_found.hint": (
            "先生成：risk report --period {period}，或 POST /api/v1/reports",
            "make it first: risk report --period {period}, or POST /api/v1/reports",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One frozen report; ``numbers_hash`` is what makes it the same report again."""

    id: int
    period: str
    cutoff: datetime
    created_at: datetime
    actor: str
    numbers_hash: str
    region: str
    department: str
    kind: str
    about: str
    edition: int
    state: str
    number: str | None
    title_zh: str | None
    title_en: str | None
    changed_at: datetime
    version: int


def list_reports(
    conn: Connection,
    *,
    period: str | None = None,
    kind: str | None = None,
    state: str | None = None,
    region: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
    scope: Scope = EVERYWHERE,
) -> Page[ReportRow]:
    """Reports of places inside the scope, the newest first; ``region`` is that place itself. ``region_not_known``."""
    r = t.reports.c
    columns = [r[name] for name in ReportRow.__slots__]
    query = select(*columns).where(reports_inside(scope)).order_by(r.id.desc())
    for column, value in ((r.period, period), (r.kind, kind), (r.state, state)):
        if value:
            query = query.where(column == value)
    if region:
        code = code_of(region)
        query = query.where(r.region == ("" if code == regions.PROVINCE else code))
    if cursor:
        query = query.where(r.id < unpack_id(cursor))
    return page_by_id(conn, query, limit, _row)


def get_numbers(
    conn: Connection, period: str, *, region: str | None = None, department: str | None = None, scope: Scope = EVERYWHERE
) -> dict[str, Any]:
    """The numbers of the newest report of a period, of a place as `report_scope.chosen` understands it; ``latest`` is the newest of all.

    ``NotFoundError`` (``report_not_found``, ``report_place_outside``).
    """
    r, of = t.reports.c, report_scope.chosen(scope, region, department)
    query = select(r.numbers).where(r.kind == SITUATION, r.region == of.division, r.department == of.department, reports_inside(scope))
    query = query.order_by(r.cutoff.desc(), r.id.desc()).limit(1)
    if period != "latest":
        query = query.where(r.period == period)
    found = conn.execute(query).scalar()
    if found is None:
        raise NotFoundError("report_not_found", period=period[:80])
    return dict(found)


def _row(row: Row[Any]) -> ReportRow:
    return ReportRow(**{name: getattr(row, name) for name in ReportRow.__slots__})
