"""Figures of each link of the chain, read from the database: what came in, what was judged, alerted, issued, found, pushed, and whether jobs run.

They are of the whole store, whichever process is asked; figures of one process (its requests) are kept by the process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select

from risk.domain.grades import Grade
from risk.domain.tasks import AWAITING
from risk.storage import tables as t
from risk.storage.engine import reading

FRESH_SECONDS = 15.0
"""How long figures are taken as they were last read."""

OUTCOMES = ("new", "merged", "suppressed", "below_grade", "over_capacity", "failed")


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: values by the values of its labels. ``counter`` only grows; a ``gauge`` may fall."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...]
    values: tuple[tuple[tuple[str, ...], float], ...]


def read(conn: Connection, now: datetime) -> tuple[Family, ...]:
    """Every family, as of one moment."""
    return tuple(family for part in (_intake, _runs, _cases, _push, _jobs, _audit) for family in part(conn, now))


class Cache:
    """Figures no older than :data:`FRESH_SECONDS`; one thread reads while others wait for it."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock
        self._lock = threading.Lock()
        self._held: tuple[float, tuple[Family, ...]] | None = None

    def get(self) -> tuple[Family, ...]:
        """The figures."""
        with self._lock:
            if self._held is None or time.monotonic() - self._held[0] > FRESH_SECONDS:
                with reading(self._engine) as conn:
                    self._held = (time.monotonic(), read(conn, self._clock()))
            return self._held[1]


def _intake(conn: Connection, _now: datetime) -> Iterable[Family]:
    i = t.imports.c
    row = conn.execute(select(func.sum(i.accepted), func.sum(i.duplicates), func.sum(i.quarantined))).one()
    values = zip(("accepted", "duplicate", "quarantined"), row, strict=True)
    yield Family(
        "risk_signals_taken",
        "counter",
        "rows taken in, by what became of them",
        ("outcome",),
        tuple(((k,), float(v or 0)) for k, v in values),
    )
    yield _grouped(conn, "risk_quarantine_rows", "quarantined rows by state", ("state",), _counted(t.quarantine.c.status))


def _runs(conn: Connection, _now: datetime) -> Iterable[Family]:
    r = t.runs.c
    yield _grouped(conn, "risk_runs", "runs by model and state", ("model", "state"), _counted(r.model, r.status))
    sums = [func.sum(func.coalesce(r.balance[name].as_integer(), 0)) for name in OUTCOMES]
    rows = conn.execute(select(r.model, func.sum(r.candidates), *sums).group_by(r.model).order_by(r.model)).all()
    balance = tuple(((row[0], name), float(row[2 + i] or 0)) for row in rows for i, name in enumerate(OUTCOMES))
    yield Family("risk_run_candidates", "counter", "candidates of runs, by model and outcome", ("model", "outcome"), balance)
    gaps = tuple(((row[0],), float(row[1] or 0) - sum(float(one or 0) for one in row[2:])) for row in rows)
    yield Family("risk_run_balance_gap", "gauge", "candidates that no outcome accounts for; anything but 0 is a defect", ("model",), gaps)


def _cases(conn: Connection, now: datetime) -> Iterable[Family]:
    a, k, v = t.alerts.c, t.tasks.c, t.verdicts.c
    rows = conn.execute(_counted(a.model, a.grade, a.status)).all()
    alerts = tuple(((row[0], Grade(row[1]).code, row[2]), float(row[3])) for row in rows)
    yield Family("risk_alerts", "gauge", "alerts by model, grade and state", ("model", "grade", "state"), alerts)
    yield _grouped(conn, "risk_tasks", "tasks by state", ("state",), _counted(k.state))
    late = conn.scalar(select(func.count()).select_from(t.tasks).where(k.state.in_([s.value for s in AWAITING]), k.report_due < now))
    yield Family("risk_tasks_overdue", "gauge", "tasks past their deadline that await an office", (), (((), float(late or 0)),))
    yield _grouped(conn, "risk_verdicts", "verdicts by code", ("code",), _counted(v.code))
    yield _grouped(conn, "risk_labels", "labels by model and source", ("model", "source"), _counted(t.labels.c.model, t.labels.c.source))


def _push(conn: Connection, now: datetime) -> Iterable[Family]:
    d, o = t.push_deliveries.c, t.outbox.c
    yield _grouped(conn, "risk_push_deliveries", "deliveries by state; dead ones wait for a person", ("state",), _counted(d.state))
    oldest = conn.scalar(select(func.min(d.created_at)).where(d.state.in_(("pending", "failed"))))
    age = (now - oldest).total_seconds() if oldest else 0.0
    yield Family("risk_push_oldest_seconds", "gauge", "age of the oldest delivery that has not arrived", (), (((), max(0.0, age)),))
    yield Family("risk_events", "counter", "events written to the outbox", (), (((), float(conn.scalar(select(func.max(o.id))) or 0)),))


def _jobs(conn: Connection, now: datetime) -> Iterable[Family]:
    r = t.job_runs.c
    yield _grouped(conn, "risk_job_runs", "slots of jobs by how they ended", ("job", "status"), _counted(r.job, r.status))
    last = conn.execute(select(r.job, func.max(r.ended_at)).where(r.status == "done").group_by(r.job).order_by(r.job)).all()
    ages = tuple(((job,), max(0.0, (now - at).total_seconds())) for job, at in last if at)
    yield Family("risk_job_last_done_seconds", "gauge", "how long ago a job ended well", ("job",), ages)


def _audit(conn: Connection, _now: datetime) -> Iterable[Family]:
    length = conn.scalar(select(t.audit_head.c.length)) or 0
    yield Family("risk_audit_rows", "counter", "length of the audit's chain", (), (((), float(length)),))
    sent = conn.execute(select(t.audit_targets.c.target, t.audit_targets.c.place)).all()
    waiting = tuple(((target,), float(length - place)) for target, place in sent)
    yield Family("risk_audit_unsent", "gauge", "rows that a log host has not had", ("target",), waiting)


def _counted(*columns: Any) -> Select[Any]:
    return select(*columns, func.count()).group_by(*columns).order_by(*columns)


def _grouped(conn: Connection, name: str, text: str, labels: tuple[str, ...], query: Select[Any]) -> Family:
    rows = conn.execute(query).all()
    return Family(name, "gauge", text, labels, tuple((tuple(str(value) for value in row[:-1]), float(row[-1])) for row in rows))
