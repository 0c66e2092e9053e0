"""One clue that no run judged first becomes an alert: what a person entered, what another system warned of.

It has a run of its own (one candidate, balanced), an assessment of its own (lens ``person`` or ``warning``, so that no model's figures are touched by it)
and then goes the way of every candidate: merged or new, routed, tasked. The models judge the signal in their next run and add what they find.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from risk import __version__
from risk.domain.balance import Outcome
from risk.domain.candidates import Candidate
from risk.domain.errors import ConflictError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.routing import base_model, first_place
from risk.domain.signals import Signal, digest
from risk.services import alerts
from risk.services.signal_store import archived_month, store
from risk.storage import tables as t

register(
    {
        "signal_not_found": ("没有编号为 {id} 的信号", "no signal with the number {id}"),
        "alert_not_found": ("没有编号为 {id} 的预警", "no alert with the number {id}"),
        "signal_archived": ("同一信号已归档（{month}）", "the same signal came before and is archived ({month})"),
        "signal_archived.hint": (
            "先由系统管理员调回该月：risk archive restore --month {month}",
            "let the month be brought back first: risk archive restore --month {month}",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a signal, and by whom: ``origin`` is ``manual`` or ``warning``, ``lens`` ``person`` or ``warning``."""

    model: str
    lens: str
    origin: str
    grade: Grade
    titles: tuple[str, str]
    evidence: Mapping[str, Any]
    probability: float = 0.0  # of the models, where they were asked
    model_version: str = ""
    rules_version: str = ""
    versions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of it."""

    run_id: int
    assessment_id: int
    outcome: str
    alert_id: int | None


def keep_signal(conn: Connection, signal: Signal, now: datetime) -> int:
    """Store a signal, or find the one that is the same; returns its number."""
    store(conn, [signal], now=now)
    found = conn.scalar(select(t.signals.c.id).where(t.signals.c.identity == signal.identity))
    if found is None:  # it came years ago: an alert rests on rows that can be looked at
        raise ConflictError("signal_archived", month=archived_month(conn, signal.identity))
    return int(found)


def signal_row(conn: Connection, signal_id: int) -> Row[Any]:
    """A signal with its subject's key, name and region; ``NotFoundError`` (``signal_not_found``)."""
    sub = t.subjects.c
    query = select(t.signals, sub.key.label("subject_key"), sub.name.label("subject_name"), sub.region.label("subject_region"))
    row = conn.execute(
        query.join_from(t.signals, t.subjects, t.signals.c.subject_id == sub.id, isouter=True).where(t.signals.c.id == signal_id)
    ).first()
    if row is None:
        raise NotFoundError("signal_not_found", id=signal_id)
    return row


def settle_one(conn: Connection, key: str, signal_id: int, said: Said, *, actor: str, now: datetime) -> Settled:
    """Store the run, the assessment and the candidate, and settle it: all in the caller's transaction."""
    row = signal_row(conn, signal_id)
    model = f"{base_model(said.model)}.{said.lens}"
    versions = {"rules": said.rules_version, "model": said.model_version or said.lens, "code": __version__, **said.versions}
    common = {"status": "done", "cursor": signal_id, "judged": 1, "candidates": 1, "actor": actor, "started_at": now, "ended_at": now}
    run = {"key": key, "model": model, "as_of": now, "versions": versions, "balance": {}, **common}
    run_id = int(conn.execute(insert(t.runs).values(run).returning(t.runs.c.id)).scalar_one())
    evidence = dict(said.evidence)
    assessment = {
        "run_id": run_id,
        "signal_id": signal_id,
        "subject_id": row.subject_id,
        "model": model,
        "probability": said.probability,
        "grade": int(said.grade),
        "model_version": said.model_version or said.lens,
        "rules_version": said.rules_version,
        "as_of": now,
        "evidence": evidence,
        "evidence_hash": digest(evidence),
    }
    assessment_id = int(conn.execute(insert(t.assessments).values(assessment).returning(t.assessments.c.id)).scalar_one())
    place = first_place(registration=row.subject_region, act=row.region)[0]
    candidate = Candidate(
        assessment_id, signal_id, row.subject_id, base_model(said.model), place, said.probability, said.grade, *said.titles, row.observed_at,
        origin=said.origin,
    )  # fmt: skip
    balance = alerts.settle(conn, run_id, [candidate], now, actor=actor)
    conn.execute(t.runs.update().where(t.runs.c.id == run_id).values(balance=balance.as_dict()))
    c = t.candidates.c
    found = conn.execute(select(c.outcome, c.alert_id).where(c.run_id == run_id)).one()
    return Settled(run_id, assessment_id, Outcome(found.outcome).value, found.alert_id)
