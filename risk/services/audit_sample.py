"""The random sample of un-alerted units: of each run a few are drawn and verified too, so that what was missed can be estimated and learnt from.

A unit is drawn by a hash of its run and identity, never by its score: drawn again, the same come out. Strata are what capacity cut off and the rest; the rate of
each is data (``health.toml``), lowered where a run is large, and stored with the number of units, so that the chance of *every* unit is known. A draw issues
tasks of the kind ``audit``: routed like others, with the longest time limit, outside the capacity ledger, since they ride on 双随机 inspections
(国发〔2019〕5号: persons and objects drawn at random). They are no alerts and no candidates: the balance of the run is untouched.
Each unit of a run is drawn once at most: what is offered again by later runs was in the draw of the run that judged it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select

from risk.domain.clocks import has_ceiling
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.routing import base_model, first_place
from risk.domain.signals import digest
from risk.domain.tasks import Event, State
from risk.services import auditing
from risk.services.bulk import insert_rows, select_in
from risk.services.dispatch import Directory, load_directory
from risk.storage import tables as t
from risk.storage.engine import serialise

REST, OVER_CAPACITY = "rest", "over_capacity"
STRATA = (REST, OVER_CAPACITY)
KIND = "audit"
_ALERTED = ("new", "merged")
_LOCK = 3  # of serialise: the lock of settlements, since the same tables are written

register(
    {
        "audit_run_not_found": ("没有编号为 {run} 的研判", "no run with the number {run}"),
        "audit_run_not_done": ("研判 {run} 尚未结束，不能抽样", "run {run} is not done: nothing can be drawn from it yet"),
        "audit_run_not_done.hint": ("下一次 risk run 会接着完成它", "the next risk run goes on with it"),
    }
)


def draw(conn: Connection, run_id: int, *, now: datetime, actor: str, directory: Directory | None = None) -> dict[str, dict[str, Any]]:
    """Draw from a finished run and issue the tasks; returns the frame, stratum → ``{"units", "rate", "drawn"}``. Again, it returns what is stored.

    Errors: ``audit_run_not_found``, ``audit_run_not_done``.
    """
    serialise(conn, _LOCK)
    stored = conn.scalar(select(t.audit_draws.c.frame).where(t.audit_draws.c.run_id == run_id))
    if stored is not None:
        return dict(stored)
    run = conn.execute(select(t.runs.c.id, t.runs.c.key, t.runs.c.model, t.runs.c.status).where(t.runs.c.id == run_id)).one_or_none()
    if run is None:
        raise NotFoundError("audit_run_not_found", run=run_id)
    if run.status != "done":
        raise ConflictError("audit_run_not_done", run=run_id)
    units = _units(conn, run_id)
    frame: dict[str, dict[str, Any]] = {}
    chosen: list[tuple[Row[Any], str, float]] = []
    for stratum in STRATA:
        mine = [unit for unit in units if _stratum(unit) == stratum]
        rate = rate_of(run.model, stratum, len(mine))
        taken = [unit for unit in mine if lot(run.key, unit.identity or f"subject:{unit.subject_id}") < rate]
        frame[stratum] = {"units": len(mine), "rate": rate, "drawn": len(taken)}
        chosen += [(unit, stratum, rate) for unit in taken]
    values = {"run_id": run_id, "model": run.model, "frame": frame, "actor": actor, "drawn_at": now}
    number = int(conn.execute(insert(t.audit_draws).values(values).returning(t.audit_draws.c.id)).scalar_one())
    if chosen:
        _issue(conn, number, run.model, chosen, now, actor, directory or load_directory(conn))
    auditing.record(conn, actor, "audit.draw", f"run:{run_id}", {"model": run.model, **frame}, now)
    return frame


def draw_waiting(conn: Connection, *, now: datetime, actor: str, limit: int = 100) -> dict[int, int]:
    """Draw from finished runs that have not been drawn from, the oldest first; returns how many units of each."""
    r, d = t.runs.c, t.audit_draws.c
    query = select(r.id).join_from(t.runs, t.audit_draws, d.run_id == r.id, isouter=True)
    waiting = list(conn.scalars(query.where(r.status == "done", d.id.is_(None), r.ended_at <= now).order_by(r.id).limit(limit)))
    directory = load_directory(conn) if waiting else None
    return {
        run: sum(one["drawn"] for one in draw(conn, run, now=now, actor=actor, directory=directory).values()) for run in waiting
    }  # fmt: skip


def rate_of(model: str, stratum: str, units: int) -> float:
    """The chance of each unit of a stratum: that of ``health.toml``, of the model where it has its own, lowered so that no more than ``most_per_run`` are expected.

    >>> rate_of("illegal_drug_sales", "rest", 100), rate_of("illegal_drug_sales", "rest", 100_000)
    (0.005, 0.0002)
    """
    said = read_toml("health.toml")["audit"]
    own: Mapping[str, Any] = said.get("models", {}).get(model, {})
    name = "rate" if stratum == REST else "over_capacity_rate"
    rate = float(own.get(name, said[name]))
    most = float(own.get("most_per_run", said["most_per_run"]))
    return min(rate, most / units) if units else rate


def lot(run_key: str, unit: str) -> float:
    """The lot of a unit in a run, in [0, 1): the same on every machine, and of no use to who does not know the run.

    >>> 0 <= lot("r", "s") < 1 and lot("r", "s") == lot("r", "s") != lot("r2", "s")
    True
    """
    return int(digest(["audit", run_key, unit])[:13], 16) / 16**13


def _units(conn: Connection, run_id: int) -> list[Row[Any]]:
    """What the run judged and no alert carries, with how it ended."""
    a, k, s = t.assessments.c, t.candidates.c, t.signals.c
    query = (
        select(a.id, a.signal_id, a.subject_id, s.identity, k.outcome)
        .join_from(t.assessments, t.candidates, and_(k.run_id == run_id, k.assessment_id == a.id), isouter=True)
        .join(t.signals, s.id == a.signal_id, isouter=True)
        .where(a.run_id == run_id)
        .order_by(a.id)
    )
    rows: list[Any] = list(conn.execute(query))
    return [row for row in rows if row.outcome not in _ALERTED]


def _stratum(unit: Row[Any]) -> str:
    return OVER_CAPACITY if unit.outcome == OVER_CAPACITY else REST


def _issue(
    conn: Connection,
    draw_id: int,
    model: str,
    chosen: Sequence[tuple[Row[Any], str, float]],
    now: datetime,
    actor: str,
    directory: Directory,
) -> None:
    """A task for each unit, with its first event, and the record that links them."""
    places = _places(conn, chosen)
    tasks, details = [], []
    for unit, _, _ in chosen:
        routing = directory.route(base_model(model), places[unit.id], now)
        due = directory.deadlines(Grade.BLUE, now, routing.office_code)
        tasks.append(
            {
                "kind": KIND,
                "alert_id": None,
                "office_code": routing.office_code,
                "routed_by": routing.as_dict(),
                "state": State.ISSUED.value,
                "grade": int(Grade.NONE),
                "issued_at": now,
                "ceiling_from": now if has_ceiling(directory.department(routing.office_code)) else None,
                "sign_due": due.sign_due,
                "report_due": due.report_due,
            }
        )
        details.append({"office": routing.office_code, "fallback": routing.fallback, "kind": KIND, "provisional": due.provisional})
        details[-1] |= {"sign_due": due.sign_due.isoformat(), "report_due": due.report_due.isoformat()}
    made = conn.execute(insert(t.tasks).returning(t.tasks.c.id, sort_by_parameter_order=True), tasks)
    numbers = [int(row[0]) for row in made]
    event = {"event": Event.ISSUE.value, "from_state": None, "to_state": State.ISSUED.value, "actor": actor, "reason": None, "at": now}
    insert_rows(conn, t.task_events, [{**event, "task_id": n, "detail": d} for n, d in zip(numbers, details, strict=True)])
    samples = [
        {
            "draw_id": draw_id,
            "model": model,
            "assessment_id": unit.id,
            "signal_id": unit.signal_id,
            "subject_id": unit.subject_id,
            "stratum": stratum,
            "probability": rate,
            "task_id": number,
        }
        for number, (unit, stratum, rate) in zip(numbers, chosen, strict=True)
    ]
    insert_rows(conn, t.audit_samples, samples)


def _places(conn: Connection, chosen: Sequence[tuple[Row[Any], str, float]]) -> dict[int, str | None]:
    """The place that counts for each assessment drawn, as for alerts."""
    a, s, sub = t.assessments.c, t.signals.c, t.subjects.c
    query = select(a.id, s.region, sub.region.label("registered")).join_from(t.assessments, t.signals, a.signal_id == s.id, isouter=True)
    query = query.join(t.subjects, a.subject_id == sub.id, isouter=True)
    rows = select_in(conn, query, a.id, [unit.id for unit, _, _ in chosen])
    return {row.id: first_place(registration=row.registered, act=row.region)[0] for row in rows}
