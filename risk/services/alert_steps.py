"""How far an alert has come: issued, signed for, verified, confirmed, filed, handed over; in time or late. Lists filter by it, overviews count it: the same words, the same rows.

An alert goes by its own task and the verdict in force on it; what an assisting office did counts there. All of it as of a moment: what was signed, reported or
corrected later is left out. Where a task stands today is the one thing no row keeps a history of: a report that was returned since counts as not handed in.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, and_, case, or_, select

from risk.domain.authority import Scope
from risk.domain.tasks import AWAITING
from risk.services.scoping import tasks_inside, verdicts_inside
from risk.storage import tables as t

TASK_STEPS = ("issued", "signed", "reported", "in_time", "late_done", "late")
"""Of its own task. ``late``: the report is due and not handed in, and the clock runs; ``late_done``: it was handed in after its due."""

CONFIRMED, PARTLY, UNFOUNDED = ("10", "11", "12", "13", "14"), ("20",), ("30", "31")
"""As in reports (`risk.services.situation`, which a list need not load; a test holds the two together)."""

VERDICT_STEPS: dict[str, tuple[str, ...]] = {
    "told": (*CONFIRMED, *PARTLY, *UNFOUNDED),
    "confirmed": (*CONFIRMED, *PARTLY),
    "unfounded": UNFOUNDED,
    "filed": ("10",),
    "transferred": ("13", "14"),
}
"""Of the verdict in force, by codes of ``verdicts.toml``; ``told`` is what says yes or no at all."""

STEPS = (*TASK_STEPS, *VERDICT_STEPS)


def of_task(task: FromClause, at: datetime) -> dict[str, ColumnElement[bool]]:
    """The steps as conditions on rows of ``tasks``."""
    c = task.c
    awaiting = c.state.in_([state.value for state in AWAITING])
    later = select(t.verdicts.c.task_id).where(t.verdicts.c.reported_at > at).correlate(None)  # none, as of now: an index says so at once
    handed_in = and_(c.reported_at <= at, ~awaiting)
    return {
        "issued": c.id.is_not(None),
        "signed": c.signed_at <= at,
        "reported": handed_in,
        "in_time": and_(handed_in, c.reported_at <= c.report_due),
        "late_done": and_(handed_in, c.reported_at > c.report_due),
        "late": and_(c.report_due < at, c.paused_at.is_(None), or_(awaiting, and_(c.reported_at > at, c.id.in_(later)))),
    }


def in_force(at: datetime) -> ColumnElement[bool]:
    """Verdicts that had been reported by then and that no later one had taken the place of."""
    v, newer = t.verdicts.c, t.verdicts.alias("later_verdicts")
    # a short list made once, by the one index that finds what corrects anything; looked up for each verdict it may take minutes on SQLite
    known = case((newer.c.reported_at <= at, newer.c.supersedes), else_=-1)
    return and_(v.reported_at <= at, v.id.not_in(select(known).where(newer.c.supersedes > 0).correlate(None)))


def reached(step: str, at: datetime, scope: Scope) -> ColumnElement[bool]:
    """The condition on ``alerts`` that they have come to a step, as far as that lies inside the scope."""
    a, v = t.alerts.c, t.verdicts.c
    if step in VERDICT_STEPS:
        found = select(v.id).where(v.alert_id == a.id, v.code.in_(VERDICT_STEPS[step]), in_force(at), verdicts_inside(scope))
        return found.correlate(t.alerts).exists()
    inside = (of_task(t.tasks, at)[step], tasks_inside(scope))
    if step == "late":  # few
        return a.id.in_(select(t.tasks.c.alert_id).where(t.tasks.c.alert_id.is_not(None), *inside).correlate(None))
    return select(t.tasks.c.id).where(t.tasks.c.alert_id == a.id, *inside).correlate(t.alerts).exists()
