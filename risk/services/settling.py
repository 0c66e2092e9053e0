"""One run's share of a chunk, in the chunk's transaction: assessments, candidates, what was over capacity before, the balance."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select, update

from risk.domain.balance import Balance
from risk.domain.candidates import Candidate
from risk.domain.grades import ALARM, Grade
from risk.domain.grading import Policy, default_policy
from risk.domain.routing import first_place
from risk.services import alerts, evidence_pieces, judging, provenance, rule_shadow, standing, units
from risk.services.bulk import select_in
from risk.services.dispatch import Directory
from risk.services.passing import Passed
from risk.storage import tables as t
from risk.storage.many import insert_columns

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
    passed: Passed


@dataclass(frozen=True, slots=True)
class _Found:
    """A candidate on its way: the row it is of, and what was said of it."""

    row: units.Seen
    probability: float
    grade: Grade
    told: Mapping[str, Any] | None = None
    error: str | None = None


def settle(
    conn: Connection,
    one: OpenRun,
    parts: Sequence[judging.Told],
    again: Sequence[Candidate],
    seen: Sequence[units.Seen],
    version: Mapping[str, Any],
    now: datetime,
    actor: str,
    directory: Directory,
    policy: Policy | None = None,
    others: Collection[int] = (),
    standings: standing.Standings | None = None,
    ledger: alerts.Ledger | None = None,
) -> None:
    """Store what a run's model said of a chunk, settle its candidates and those offered ``again``, and bring the run's balance up to date.

    ``others`` are signals that another run of the model has judged since the chunk was read (`judged_elsewhere`): they are left to that run.
    ``standings`` are those of the model, kept from the chunk before; ``ledger`` is that of the transaction.
    """
    table: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    found: list[_Found] = []
    grades = standing.graded(conn, one.key, one.as_of, parts, seen, policy or default_policy(), others, standings)
    for part in parts:
        mine = [(k, seen[i], i) for k, i in enumerate(part.positions) if seen[i].id not in others]
        if part.said is None:
            found += [_Found(row, 0.0, Grade.NONE, error=part.error or "?") for _, row, _ in mine]
            continue
        probability, fired = part.said.probability.tolist(), part.said.fired.tolist()
        graded = [grades.get(i, _NOTHING) for _, _, i in mine]
        stored = [told | provenance.seen(row) if told else None for (_, row, _), (_, told) in zip(mine, graded, strict=True)]
        table["signal_id"] += [row.id for _, row, _ in mine]
        table["subject_id"] += [row.subject_id for _, row, _ in mine]
        table["probability"] += [probability[k] for k, _, _ in mine]
        table["grade"] += [int(grade) for grade, _ in graded]
        table["evidence"] += [evidence_pieces.stored(each) if each else None for each in stored]
        table["evidence_hash"] += [evidence_pieces.hashed(each) if each else None for each in stored]
        found += [
            _Found(row, probability[k], grade, told)
            for (k, row, _), (grade, told) in zip(mine, graded, strict=True)
            if fired[k] or grade >= ALARM or row.kind in ("warning", "report")
        ]
    insert_columns(conn, t.assessments, table, _same(one, version))
    asides = [(seen[aside.row].id, aside) for part in parts for aside in part.asides]
    rule_shadow.record(conn, one.id, one.key, one.as_of, asides, others)
    candidates = [*_candidates(conn, one, found), *again]
    balance = alerts.settle(conn, one.id, candidates, now, actor=actor, directory=directory, ledger=ledger)
    c = t.runs.c
    stored_run = conn.execute(select(c.balance, c.candidates, c.judged).where(c.id == one.id)).one()
    total = balance + Balance.of_counts(stored_run.balance, candidates=stored_run.candidates)
    judged = stored_run.judged + len(table["signal_id"])
    conn.execute(update(t.runs).where(c.id == one.id).values(balance=total.as_dict(), candidates=total.candidates, judged=judged))


_NOTHING: tuple[Grade, None] = (Grade.NONE, None)
_COLUMNS = ("signal_id", "subject_id", "probability", "grade", "evidence", "evidence_hash")


def _same(one: OpenRun, version: Mapping[str, Any]) -> dict[str, Any]:
    """What all assessments of a run have in common."""
    return {"run_id": one.id, "model": one.key, "model_version": version["model"], "rules_version": version["rules"], "as_of": one.as_of}


def judged(conn: Connection, numbers: Sequence[int]) -> dict[str, set[int]]:
    """Model → which of the signals (ids, rising) have an assessment by it."""
    if not numbers:
        return {}
    a = t.assessments.c
    query = select(a.model, a.signal_id)  # not by model: SQLite would go through all that the models ever judged
    if numbers[-1] - numbers[0] < 20 * len(numbers):
        rows: Sequence[Any] = conn.execute(query.where(a.signal_id.between(numbers[0], numbers[-1]))).all()
    else:
        rows = select_in(conn, query, a.signal_id, numbers)
    found: dict[str, set[int]] = {}
    for model, number in rows:
        found.setdefault(model, set()).add(number)
    return found


def judged_elsewhere(conn: Connection, wanted: Mapping[str, Sequence[int]]) -> dict[str, set[int]]:
    """By model, the signals of a chunk that have an assessment by it already: another run was faster."""
    there = judged(conn, sorted({number for numbers in wanted.values() for number in numbers}))
    return {key: there.get(key, set()) for key in wanted}


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


def _candidates(conn: Connection, one: OpenRun, found: Sequence[_Found]) -> list[Candidate]:
    """With the assessments that were just stored."""
    a = t.assessments.c
    query = select(a.signal_id, a.id).where(a.run_id == one.id)
    ids: dict[int, int] = dict(map(tuple, select_in(conn, query, a.signal_id, [f.row.id for f in found])))
    nothing = judging.titles(one.key, None)
    return [_candidate(one, f, ids.get(f.row.id), nothing if f.told is None else judging.titles(one.key, f.told)) for f in found]


def _candidate(one: OpenRun, found: _Found, assessment: int | None, title: tuple[str, str]) -> Candidate:
    row = found.row
    return Candidate(
        assessment_id=assessment,
        signal_id=row.id,
        subject_id=row.subject_id,
        model=one.key,
        region=first_place(registration=row.subject_region, act=row.region)[0],
        probability=found.probability,
        grade=found.grade,
        title_zh=title[0],
        title_en=title[1],
        observed_at=row.observed_at,
        error=found.error,
        unsure=judging.unsure(found.told),
    )
