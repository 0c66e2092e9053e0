"""One run's share of a chunk, in the chunk's transaction: assessments, candidates, what was over capacity before, the balance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, exists, select, update

from risk.domain.balance import Balance
from risk.domain.candidates import Candidate
from risk.domain.grades import ALARM, Grade
from risk.domain.grading import Policy, default_policy
from risk.domain.routing import first_place
from risk.domain.signals import digest
from risk.services import alerts, judging, rule_shadow, standing, units
from risk.services.bulk import insert_rows, select_in
from risk.services.dispatch import Directory
from risk.services.provenance import seen
from risk.storage import tables as t

_LOOK_BACK = 50
"""How many of a model's runs are searched for what is still over capacity. Each run offers all of it again, so it never lies further back than the runs
that were under way at once."""


@dataclass(slots=True)
class OpenRun:
    """A run that goes on from its cursor."""

    id: int
    key: str
    as_of: datetime
    started_at: datetime
    cursor: int


@dataclass(frozen=True, slots=True)
class _Found:
    """A candidate on its way: the row it is of, and what was said of it."""

    row: Row[Any]
    probability: float
    grade: Grade
    told: Mapping[str, Any] | None = None
    error: str | None = None


def settle(
    conn: Connection,
    one: OpenRun,
    parts: Sequence[judging.Part],
    again: Sequence[Candidate],
    loaded: units.Units,
    version: Mapping[str, Any],
    now: datetime,
    actor: str,
    directory: Directory,
    policy: Policy | None = None,
) -> None:
    """Store what a run's model said of a chunk, settle its candidates and those offered ``again``, and bring the run's balance up to date.

    What another run of the model has judged since the chunk was read is left to that run.
    """
    others = _judged_elsewhere(conn, one, [loaded.rows[i].id for part in parts for i in part.positions])
    rows: list[dict[str, Any]] = []
    found: list[_Found] = []
    grades = standing.graded(conn, one.key, one.as_of, parts, loaded, policy or default_policy(), others)
    for part in parts:
        if part.judged is None:
            found += [
                _Found(loaded.rows[i], 0.0, Grade.NONE, error=part.error or "?") for i in part.positions if loaded.rows[i].id not in others
            ]
            continue
        probability = part.judged.probability.tolist()
        firing = set(np.flatnonzero(np.asarray(part.judged.hits.fired).any(axis=1)).tolist())
        for k, i in enumerate(part.positions):
            row = loaded.rows[i]
            if row.id in others:
                continue
            grade, told = grades[i]
            rows.append(_assessment(one, row, probability[k], int(grade), told, version))
            if grade >= ALARM or k in firing or row.kind in ("warning", "report"):
                found.append(_Found(row, probability[k], grade, told))
    insert_rows(conn, t.assessments, rows)
    rule_shadow.record(
        conn, one.id, one.key, one.as_of, [(loaded.rows[aside.row].id, aside) for part in parts for aside in part.asides], others
    )
    candidates = [*_with_assessments(conn, one, [_candidate(one, f) for f in found]), *again]
    balance = alerts.settle(conn, one.id, candidates, now, actor=actor, directory=directory)
    c = t.runs.c
    stored = conn.execute(select(c.balance, c.candidates, c.judged).where(c.id == one.id)).one()
    total = balance + Balance.of_counts(stored.balance, candidates=stored.candidates)
    conn.execute(
        update(t.runs).where(c.id == one.id).values(balance=total.as_dict(), candidates=total.candidates, judged=stored.judged + len(rows))
    )


def over_capacity(conn: Connection, one: OpenRun) -> list[Candidate]:
    """What earlier runs of the model had to leave over capacity and no run has taken up since, with the assessments it had then."""
    r, k, later = t.runs.c, t.candidates.c, t.candidates.alias("later")
    before = select(r.id).where(r.model == one.key, r.id != one.id).order_by(r.id.desc()).limit(_LOOK_BACK)
    taken_up = exists().where(later.c.assessment_id == k.assessment_id, later.c.id > k.id)
    left = select(k.assessment_id).where(k.run_id.in_(list(conn.scalars(before))), k.outcome == "over_capacity", ~taken_up)
    a, s, sub = t.assessments.c, t.signals.c, t.subjects.c
    query = (
        select(
            a.id, a.signal_id, a.subject_id, a.probability, a.grade, a.evidence, s.observed_at, s.region, sub.region.label("subject_region")
        )
        .join_from(t.assessments, t.signals, a.signal_id == s.id)
        .join(t.subjects, a.subject_id == sub.id, isouter=True)
    )
    found = []
    for row in sorted(select_in(conn, query, a.id, conn.scalars(left)), key=lambda row: row.id):
        zh, en = judging.titles(one.key, row.evidence)
        place = first_place(registration=row.subject_region, act=row.region)[0]
        found.append(
            Candidate(
                row.id, row.signal_id, row.subject_id, one.key, place, row.probability, Grade(row.grade), zh, en, row.observed_at,
                unsure=judging.unsure(row.evidence),
            )
        )  # fmt: skip
    return found


def _judged_elsewhere(conn: Connection, one: OpenRun, signal_ids: Sequence[int]) -> set[int]:
    a = t.assessments.c
    return {row.signal_id for row in select_in(conn, select(a.signal_id).where(a.model == one.key), a.signal_id, signal_ids)}


def _assessment(
    one: OpenRun, row: Row[Any], probability: float, rank: int, told: Mapping[str, Any] | None, version: Mapping[str, Any]
) -> dict[str, Any]:
    stored = dict(told) | seen(row) if told else None
    return {
        "run_id": one.id,
        "signal_id": row.id,
        "subject_id": row.subject_id,
        "model": one.key,
        "probability": probability,
        "grade": rank,
        "model_version": version["model"],
        "rules_version": version["rules"],
        "as_of": one.as_of,
        "evidence": stored,
        "evidence_hash": digest(stored) if stored else None,
    }


def _candidate(one: OpenRun, found: _Found) -> Candidate:
    zh, en = judging.titles(one.key, found.told)
    row = found.row
    return Candidate(
        assessment_id=None,
        signal_id=row.id,
        subject_id=row.subject_id,
        model=one.key,
        region=first_place(registration=row.subject_region, act=row.region)[0],
        probability=found.probability,
        grade=found.grade,
        title_zh=zh,
        title_en=en,
        observed_at=row.observed_at,
        error=found.error,
        unsure=judging.unsure(found.told),
    )


def _with_assessments(conn: Connection, one: OpenRun, wanted: Sequence[Candidate]) -> list[Candidate]:
    a = t.assessments.c
    query = select(a.id, a.signal_id).where(a.run_id == one.id)
    ids = {row.signal_id: row.id for row in select_in(conn, query, a.signal_id, [c.signal_id for c in wanted])}
    return [replace(c, assessment_id=ids.get(c.signal_id)) for c in wanted]
