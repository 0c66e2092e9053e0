"""How often warnings proved right, and why they did not: numbers of verdicts for metrics, pages and reports."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.review import Standing
from risk.domain.verdicts import day_of, label_of
from risk.services.alert_steps import in_force
from risk.services.scoping import verdicts_inside
from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class Verified:
    """Final verdicts in force. ``rate``: confirmed (partly: half) among those that decide anything; nothing where there is none. ``low``, ``high``: Wilson, 95 %."""

    final: int
    deciding: int
    confirmed: float
    rate: float | None
    low: float | None
    high: float | None
    codes: dict[str, int]
    reasons: dict[str, int]
    waiting: dict[str, int]


def verified(
    conn: Connection, until: datetime, *, model: str | None = None, since: datetime | None = None, scope: Scope = EVERYWHERE
) -> Verified:
    """The numbers of verdicts reported in (``since``, ``until``], of one model and its lenses or of all.

    Verdicts that a later one took the place of do not count. ``waiting``: how many stand in each state before final.
    """
    v = t.verdicts.c
    which = func.coalesce(t.alerts.c.model, t.audit_samples.c.model)
    query = (
        select(v.code, v.sub_reason, v.state, v.reported_at)
        .join_from(t.verdicts, t.alerts, v.alert_id == t.alerts.c.id, isouter=True)
        .join(t.audit_samples, t.audit_samples.c.task_id == v.task_id, isouter=True)
        .where(in_force(until), verdicts_inside(scope))
    )
    if since:
        query = query.where(v.reported_at > since)
    if model:
        query = query.where(or_(which == model, which.startswith(f"{model}.", autoescape=True)))
    rows = conn.execute(query).all()
    final = [row for row in rows if row.state == Standing.FINAL]
    values = [label for row in final if (label := label_of(row.code, row.sub_reason, day_of(row.reported_at))) is not None]
    low, high = _interval(sum(values), len(values))
    return Verified(
        final=len(final),
        deciding=len(values),
        confirmed=sum(values),
        rate=sum(values) / len(values) if values else None,
        low=low,
        high=high,
        codes=dict(sorted(Counter(row.code for row in final).items())),
        reasons=dict(sorted(Counter(row.sub_reason for row in final if row.sub_reason).items())),
        waiting=dict(sorted(Counter(row.state for row in rows if row.state != Standing.FINAL).items())),
    )


def _interval(confirmed: float, n: int) -> tuple[float | None, float | None]:
    if not n:
        return None, None
    from models.grades import wilson

    low, high = wilson(confirmed, n)
    return float(low), float(high)
