"""How much is missed: recall, prevalence and precision from alerts and the random sample, and which confirmed complaints had been flagged before they came.

Everything is as known at ``as_of``: runs ended, units drawn, evidence added, labels matured by then. A unit counts as *positive* where its label is above zero
(partly confirmed counts). Two recalls are told: of the model (units at or above blue) and of the loop (units that an alert carries; what capacity cut off is missed).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, and_, case, func, select

from models import audit
from models.grades import wilson
from models.health import median_interval
from risk.domain.calendar import SHANGHAI
from risk.domain.datafiles import read_toml
from risk.domain.grades import ALARM
from risk.domain.routing import base_model
from risk.services import labels
from risk.services.audit_sample import OVER_CAPACITY, REST
from risk.services.bulk import select_in
from risk.storage import tables as t


class _Cell(NamedTuple):
    """Units of one run that are alike for the design."""

    run_id: int
    alarm: bool
    alerted: bool
    over: bool


def recall(conn: Connection, model: str, since: datetime, until: datetime, as_of: datetime) -> dict[str, Any]:
    """The estimates of a model (with its lens) over runs that judged up to a moment in (``since``, ``until``] and were drawn from.

    ``figures``: precision, recall, prevalence of the model; ``loop``: the same with *alerted* for *flagged*; ``counts``: how many units, alarms, alerts, drawn,
    verified. Values are None where nothing speaks for them.
    """
    draws = _draws(conn, model, since, until, as_of)
    cells = _cells(conn, list(draws), as_of)
    rows = _verified(conn, model, list(draws), as_of)
    design = _design(draws, cells, rows)
    counts = {
        "runs": len(draws),
        "units": sum(cells.values()),
        "alarms": sum(n for cell, n in cells.items() if cell.alarm),
        "alerted": sum(n for cell, n in cells.items() if cell.alerted),
        "over_capacity": sum(n for cell, n in cells.items() if cell.over and not cell.alerted),
        "drawn": sum(int(one["drawn"]) for frame in draws.values() for one in frame.values()),
        "verified_alerted": sum(cell.alerted for cell, _ in rows),
        "verified_drawn": sum(not cell.alerted for cell, _ in rows),
        "missed_found": sum(value > 0 for cell, value in rows if not cell.alarm),
    }
    return {
        "model": model,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "as_of": as_of.isoformat(),
        "counts": counts,
        "figures": _estimate(design, "alarm"),
        "loop": _estimate(design, "alerted"),
    }


def _draws(conn: Connection, model: str, since: datetime, until: datetime, as_of: datetime) -> dict[int, Mapping[str, Any]]:
    r, d = t.runs.c, t.audit_draws.c
    query = (
        select(r.id, d.frame)
        .join_from(t.runs, t.audit_draws, d.run_id == r.id)
        .where(r.model == model, r.as_of > since, r.as_of <= until, r.ended_at <= as_of, d.drawn_at <= as_of)
        .order_by(r.id)
    )
    return {row.id: row.frame for row in conn.execute(query)}


def _cells(conn: Connection, runs: Sequence[int], as_of: datetime) -> dict[_Cell, int]:
    """How many units of each kind each run judged."""
    a, k = t.assessments.c, t.candidates.c
    alarm = case((a.grade >= int(ALARM), 1), else_=0)
    over = case((k.outcome == OVER_CAPACITY, 1), else_=0)
    alerted = case((_alerted(as_of), 1), else_=0)
    units = (
        select(a.run_id, alarm.label("alarm"), alerted.label("alerted"), over.label("over"))
        .join_from(t.assessments, t.candidates, and_(k.run_id == a.run_id, k.assessment_id == a.id), isouter=True)
        .where(a.run_id.in_(runs))
        .subquery()
    )
    c = units.c
    query = select(c.run_id, c.alarm, c.alerted, c.over, func.count()).group_by(c.run_id, c.alarm, c.alerted, c.over)
    return {_Cell(row[0], bool(row[1]), bool(row[2]), bool(row[3])): int(row[4]) for row in conn.execute(query)} if runs else {}


def _alerted(as_of: datetime) -> Any:
    e = t.alert_evidence.c
    return select(e.id).where(e.assessment_id == t.assessments.c.id, e.added_at <= as_of).exists()


def _verified(conn: Connection, model: str, runs: Sequence[int], as_of: datetime) -> list[tuple[_Cell, float]]:
    """The labelled units of the runs that an alert carries or the lot drew, with their label; of those that came by another way the chance is not known."""
    known = {(one.signal_id, one.subject_id if one.signal_id is None else None): one.value for one in labels.matured(conn, model, as_of)}
    if not known or not runs:
        return []
    a, k, d = t.assessments.c, t.candidates.c, t.audit_samples.c
    query = (
        select(a.run_id, a.signal_id, a.subject_id, a.grade, k.outcome, d.id.label("drawn"), _alerted(as_of).label("alerted"))
        .join_from(t.assessments, t.candidates, and_(k.run_id == a.run_id, k.assessment_id == a.id), isouter=True)
        .join(t.audit_samples, d.assessment_id == a.id, isouter=True)
        .where(a.model == model, a.run_id.in_(runs))
    )
    rows = select_in(conn, query, a.signal_id, [signal for signal, _ in known if signal is not None])
    rows += select_in(conn, query.where(a.signal_id.is_(None)), a.subject_id, [subject for signal, subject in known if signal is None])
    found = []
    for row in sorted(rows, key=lambda row: (row.run_id, row.signal_id or 0, row.subject_id or 0)):
        unit = (row.signal_id, row.subject_id if row.signal_id is None else None)
        if unit in known and (row.alerted or row.drawn is not None):
            cell = _Cell(row.run_id, row.grade >= int(ALARM), bool(row.alerted), row.outcome == OVER_CAPACITY)
            found.append((cell, 1.0 if known[unit] > 0 else 0.0))
    return found


def _design(
    draws: Mapping[int, Mapping[str, Any]], cells: Mapping[_Cell, int], rows: Sequence[tuple[_Cell, float]]
) -> dict[str, npt.NDArray[Any]]:
    """The rows of the estimate: one a verified unit, one for all units of a cell that nobody looked at. A stratum whose rate is nought has no chance and is left out."""
    left = dict(cells)
    for cell, _ in rows:
        left[cell] -= 1
    every = [(value, cell, 1) for cell, value in rows] + [(float("nan"), cell, n) for cell, n in left.items() if n > 0]
    parts = [(value, cell, n, chance) for value, cell, n in every if (chance := _chance(draws[cell.run_id], cell)) is not None]
    return {
        "truth": np.array([value for value, _, _, _ in parts], dtype=np.float64),
        "chance": np.array([chance for _, _, _, chance in parts], dtype=np.float64),
        "alarm": np.array([cell.alarm for _, cell, _, _ in parts], dtype=bool),
        "alerted": np.array([cell.alerted for _, cell, _, _ in parts], dtype=bool),
        "times": np.array([n for _, _, n, _ in parts], dtype=np.float64),
    }


def _estimate(design: Mapping[str, npt.NDArray[Any]], flagged: str) -> dict[str, audit.Figure]:
    """The estimate with the units of each side counted, not inferred from the lot."""
    flag, times = design[flagged], design["times"]
    totals = float(times[flag].sum()), float(times[~flag].sum())
    return audit.estimate(design["truth"], design["chance"], flag, times=times, totals=totals)


def _chance(frame: Mapping[str, Any], cell: _Cell) -> float | None:
    if cell.alerted:
        return 1.0
    rate = float(frame.get(OVER_CAPACITY if cell.over else REST, {}).get("rate", 0.0))
    return rate if rate > 0 else None


def complaints(conn: Connection, model: str, since: datetime, until: datetime, as_of: datetime) -> dict[str, Any]:
    """Of the complaints (signals of the kind ``report``) received in (``since``, ``until``] and confirmed: how many had been flagged before they came.

    *Flagged before*: an alert of the model on the same subject, opened before the complaint was received, at most ``history_days`` earlier, on evidence that was no
    complaint itself. ``months`` by month of receipt; ``lead_days``: the median of days gained. Complaints without a subject are counted, not judged.
    """
    base = base_model(model)
    confirmed = {one.signal_id for one in labels.matured(conn, base, as_of) if one.signal_id is not None and one.value > 0}
    s = t.signals.c
    query = select(s.id, s.subject_id, s.received_at).where(s.kind == "report", s.received_at > since, s.received_at <= min(until, as_of))
    rows = sorted(select_in(conn, query, s.id, confirmed), key=lambda row: (row.received_at, row.id))
    linked = [row for row in rows if row.subject_id is not None]
    first = _flagged(conn, base, {row.subject_id for row in linked}, as_of)
    reach = timedelta(days=int(read_toml("health.toml")["window"]["history_days"]))
    months: dict[str, list[float | None]] = {}
    for row in linked:
        opened = [at for at in first.get(row.subject_id, ()) if row.received_at - reach <= at < row.received_at]
        lead = (row.received_at - min(opened)).total_seconds() / 86_400 if opened else None
        months.setdefault(f"{row.received_at.astimezone(SHANGHAI):%Y-%m}", []).append(lead)
    every = [lead for month in months.values() for lead in month]
    return {
        "model": model,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "as_of": as_of.isoformat(),
        "confirmed": len(rows),
        "without_subject": len(rows) - len(linked),
        **_told(every),
        "months": [{"month": name, **_told(months[name])} for name in sorted(months)],
    }


def _told(leads: Sequence[float | None]) -> dict[str, Any]:
    gained = [lead for lead in leads if lead is not None]
    low, high = wilson(len(gained), len(leads))
    share = {"value": len(gained) / len(leads) if leads else None, "low": low, "high": high}
    return {"complaints": len(leads), "flagged": len(gained), "share": share, "lead_days": median_interval(gained)}


def _flagged(conn: Connection, base: str, subjects: set[int], as_of: datetime) -> dict[int, list[datetime]]:
    """When alerts on these subjects gained their first evidence that was no complaint."""
    a, e, x, s = t.alerts.c, t.alert_evidence.c, t.assessments.c, t.signals.c
    query = (
        select(a.subject_id, func.min(e.added_at).label("at"))
        .join_from(t.alerts, t.alert_evidence, e.alert_id == a.id)
        .join(t.assessments, x.id == e.assessment_id)
        .join(t.signals, s.id == x.signal_id, isouter=True)
        .where(a.model == base, a.opened_at <= as_of, e.added_at <= as_of, func.coalesce(s.kind, "") != "report")
        .group_by(a.id, a.subject_id)
    )
    found: dict[int, list[datetime]] = {}
    for row in select_in(conn, query, a.subject_id, subjects):
        found.setdefault(row.subject_id, []).append(row.at)
    return found
