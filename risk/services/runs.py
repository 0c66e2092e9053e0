"""Runs: stored signals are judged by every model, candidates settled, tasks issued. Idempotent, in chunks, resumable.

One chunk is one transaction: its assessments, candidates, alerts, tasks and the cursors of all runs in it are committed together or not at all.
So a run that is killed goes on where its cursor stands, and a run that is repeated changes nothing.

A run judges what its model has not judged before: signals observed and received up to its ``as_of``. What an earlier run had to leave over capacity
is offered again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, Engine, Row, exists, func, insert, select, update

from risk import __version__
from risk.domain.balance import Balance
from risk.domain.candidates import Candidate
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.routing import first_place
from risk.domain.signals import digest
from risk.services import alerts, judging, units
from risk.services.bulk import insert_rows, select_in
from risk.services.dispatch import Directory, load_directory
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

CHUNK = 2_000

KINDS = {"illegal_fundraising.solicitation": ("content", "warning"), "illegal_fundraising.report": ("report",)}
"""Which kinds of signals a model judges; all others judge every kind."""
ALL_KINDS = ("content", "report", "warning")

register(
    {
        "run_done": (
            "{model}：研判 {judged} 条，候选 {candidates}（新 {new}、并入 {merged}、抑制 {suppressed}、未达等级 {below_grade}、超出能力 {over_capacity}、失败 {failed}）",
            "{model}: judged {judged}, candidates {candidates} (new {new}, merged {merged}, suppressed {suppressed}, below grade {below_grade}, "
            "over capacity {over_capacity}, failed {failed})",
        ),
        "run_failed_row": ("研判失败：{error}", "judging failed: {error}"),
    }
)


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run as stored."""

    id: int
    key: str
    as_of: datetime
    judged: int
    balance: Balance


@dataclass(slots=True)
class _Run:
    id: int
    key: str
    as_of: datetime
    cursor: int
    leftovers: list[int]


def run(
    engine: Engine,
    scorer: Scorer,
    keys: Sequence[str],
    *,
    as_of: datetime,
    now: datetime,
    actor: str,
    chunk: int = CHUNK,
    progress: Callable[[int], None] | None = None,
) -> list[RunResult]:
    """Judge everything new up to ``as_of`` by the models of ``keys``. Runs left unfinished with the same versions are finished first.

    ``now`` is when alerts open and tasks are issued. The same call again returns the stored runs.
    """
    results: dict[int, RunResult] = {}
    for moment in [*_unfinished(engine, scorer, keys), as_of]:
        started = [_start(engine, scorer, key, moment, now, actor) for key in keys]
        open_runs = [r for r in started if r is not None]
        while open_runs:
            step = _next_ids(engine, open_runs, chunk)
            if step is None:
                break
            wanted, upto = step
            done = _chunk(engine, scorer, open_runs, wanted, upto, now, actor)
            if progress and done:
                progress(done)
        for one in open_runs:
            _finish(engine, one, now)
        for found in _results(engine, scorer, keys, moment):
            results[found.id] = found
    return list(results.values())


def versions(scorer: Scorer, key: str) -> dict[str, Any]:
    """What a judgement depends on besides the signals: rules, learner, cut-offs, code."""
    from risk.scoring.keys import split_key
    from risk.scoring.scorer import Learner

    pack = scorer.packs.get(split_key(key)[0])
    learner = scorer.learners.get(key) or Learner(None, "rules")
    cuts = learner.cutoffs
    return {
        "rules": pack.version if pack else "",
        "model": learner.version,
        "cutoffs": {"red": cuts.red, "orange": cuts.orange, "yellow": cuts.yellow, "blue": cuts.blue},
        "code": __version__,
    }


def _run_key(scorer: Scorer, key: str, as_of: datetime) -> str:
    return digest([key, as_of.isoformat(), versions(scorer, key)])


def _unfinished(engine: Engine, scorer: Scorer, keys: Sequence[str]) -> list[datetime]:
    """The moments of runs that were cut off, with the versions still in use; runs of other versions are closed as they stand."""
    moments: set[datetime] = set()
    with transaction(engine) as conn:
        c = t.runs.c
        rows = conn.execute(select(c.id, c.key, c.model, c.as_of).where(c.status == "running", c.model.in_(list(keys)))).all()
        for row in rows:
            if row.key == _run_key(scorer, row.model, row.as_of):
                moments.add(row.as_of)
            else:
                conn.execute(update(t.runs).where(c.id == row.id).values(status="superseded"))
    return sorted(moments)


def _start(engine: Engine, scorer: Scorer, key: str, as_of: datetime, now: datetime, actor: str) -> _Run | None:
    """The run of this key and moment, begun or taken up again; None when it is done."""
    run_key = _run_key(scorer, key, as_of)
    with transaction(engine) as conn:
        found = conn.execute(select(t.runs).where(t.runs.c.key == run_key)).first()
        if found is None:
            values = {
                "key": run_key,
                "model": key,
                "as_of": as_of,
                "status": "running",
                "versions": versions(scorer, key),
                "cursor": 0,
                "judged": 0,
                "candidates": 0,
                "balance": Balance().as_dict(),
                "actor": actor,
                "started_at": now,
            }
            conn.execute(insert(t.runs).values(values))
            found = conn.execute(select(t.runs).where(t.runs.c.key == run_key)).one()
        if found.status != "running":
            return None
        return _Run(found.id, key, as_of, found.cursor, _over_capacity(conn, key, found.id) if found.cursor == 0 else [])


def _over_capacity(conn: Connection, key: str, run_id: int) -> list[int]:
    """Signals that the model's run before this one had to leave over capacity."""
    c = t.runs.c
    before = conn.execute(select(c.id).where(c.model == key, c.id < run_id, c.status == "done").order_by(c.id.desc())).scalar()
    if before is None:
        return []
    k = t.candidates.c
    return list(conn.scalars(select(k.signal_id).where(k.run_id == before, k.outcome == "over_capacity", k.signal_id.is_not(None))))


def _next_ids(engine: Engine, runs: Sequence[_Run], chunk: int) -> tuple[dict[str, list[int]], int] | None:
    """The next signals of each run, up to one common id, so that one reading serves all models; None when nothing is left."""
    found: dict[str, list[int]] = {}
    s, a = t.signals.c, t.assessments.c
    with reading(engine) as conn:
        for one in runs:
            judged = exists().where(a.signal_id == s.id, a.model == one.key)
            query = (
                select(s.id)
                .where(s.id > one.cursor, s.observed_at <= one.as_of, s.received_at <= one.as_of)
                .where(s.kind.in_(KINDS.get(one.key, ALL_KINDS)), ~judged)
                .order_by(s.id)
                .limit(chunk)
            )
            found[one.key] = list(conn.scalars(query))
    full = [ids[-1] for ids in found.values() if len(ids) == chunk]
    upto = min(full) if full else max((ids[-1] for ids in found.values() if ids), default=0)
    wanted = {key: [i for i in ids if i <= upto] for key, ids in found.items()}
    if not any(wanted.values()) and not any(one.leftovers for one in runs):
        return None
    return wanted, upto


def _chunk(
    engine: Engine, scorer: Scorer, runs: Sequence[_Run], wanted: Mapping[str, Sequence[int]], upto: int, now: datetime, actor: str
) -> int:
    """Judge and settle one chunk in one transaction. Returns how many signals were read."""
    every = sorted({i for ids in wanted.values() for i in ids})
    as_of = runs[0].as_of
    with reading(engine) as conn:
        loaded = units.load(conn, every, as_of)
    judged = judging.judge(scorer, loaded, wanted, as_of)
    with transaction(engine) as conn:
        directory = load_directory(conn)
        for one in runs:
            moved = conn.execute(
                update(t.runs).where(t.runs.c.id == one.id, t.runs.c.cursor == one.cursor, t.runs.c.status == "running").values(cursor=upto)
            )
            if moved.rowcount != 1:  # another worker has settled this chunk: take up where it stands
                conn.rollback()
                _reload(engine, runs)
                return 0
            _settle(conn, scorer, one, judged[one.key], loaded, now, actor, directory)
    for one in runs:
        one.cursor, one.leftovers = max(one.cursor, upto), []
    return len(every)


def _reload(engine: Engine, runs: Sequence[_Run]) -> None:
    with reading(engine) as conn:
        for one in runs:
            one.cursor, one.leftovers = int(conn.scalar(select(t.runs.c.cursor).where(t.runs.c.id == one.id)) or 0), []


def _settle(
    conn: Connection,
    scorer: Scorer,
    one: _Run,
    parts: Sequence[judging.Part],
    loaded: units.Units,
    now: datetime,
    actor: str,
    directory: Directory,
) -> None:
    version = versions(scorer, one.key)
    rows: list[dict[str, Any]] = []
    candidates: list[tuple[int, float, Grade, dict[str, Any] | None, str | None]] = []
    for part in parts:
        if part.judged is None:
            candidates += [(i, 0.0, Grade.NONE, None, part.error) for i in part.positions]
            continue
        probability, ranks = part.judged.probability.tolist(), part.judged.ranks.tolist()
        fired = np.asarray(part.judged.hits.fired).any(axis=1).tolist()
        for k, i in enumerate(part.positions):
            told = part.evidence.get(i)
            stored = told | judging.seen(loaded.rows[i]) if told else None
            rows.append(
                {
                    "run_id": one.id,
                    "signal_id": loaded.rows[i].id,
                    "subject_id": loaded.rows[i].subject_id,
                    "model": one.key,
                    "probability": probability[k],
                    "grade": ranks[k],
                    "model_version": version["model"],
                    "rules_version": version["rules"],
                    "as_of": one.as_of,
                    "evidence": stored,
                    "evidence_hash": digest(stored) if stored else None,
                }
            )
            if ranks[k] >= int(Grade.BLUE) or fired[k] or loaded.rows[i].kind in ("warning",) or one.key == "illegal_fundraising.report":
                candidates.append((i, probability[k], Grade(ranks[k]), told, None))
    insert_rows(conn, t.assessments, rows)
    wanted = [_candidate(one, loaded.rows[i], p, g, told, error) for i, p, g, told, error in candidates]
    wanted = _with_assessments(conn, one, wanted) + _again(conn, one)
    balance = alerts.settle(conn, one.id, wanted, now, actor=actor, directory=directory)
    stored_balance = conn.execute(select(t.runs.c.balance, t.runs.c.candidates, t.runs.c.judged).where(t.runs.c.id == one.id)).one()
    total = balance + Balance.of_counts(stored_balance.balance, candidates=stored_balance.candidates)
    conn.execute(
        update(t.runs)
        .where(t.runs.c.id == one.id)
        .values(balance=total.as_dict(), candidates=total.candidates, judged=stored_balance.judged + len(rows))
    )


def _candidate(one: _Run, row: Row[Any], p: float, grade: Grade, told: dict[str, Any] | None, error: str | None) -> Candidate:
    zh, en = judging.titles(one.key, told)
    return Candidate(
        assessment_id=None,
        signal_id=row.id,
        subject_id=row.subject_id,
        model=one.key,
        region=first_place(registration=row.subject_region, act=row.region)[0],
        probability=p,
        grade=grade,
        title_zh=zh,
        title_en=en,
        observed_at=row.observed_at,
        error=error,
    )


def _with_assessments(conn: Connection, one: _Run, wanted: list[Candidate]) -> list[Candidate]:
    a = t.assessments.c
    query = select(a.id, a.signal_id).where(a.run_id == one.id)
    ids = {row.signal_id: row.id for row in select_in(conn, query, a.signal_id, [c.signal_id for c in wanted])}
    return [replace(c, assessment_id=ids.get(c.signal_id)) for c in wanted]


def _again(conn: Connection, one: _Run) -> list[Candidate]:
    """What was over capacity last time, with the assessment it had then."""
    if not one.leftovers:
        return []
    a, s, sub = t.assessments.c, t.signals.c, t.subjects.c
    query = (
        select(
            a.id, a.signal_id, a.subject_id, a.probability, a.grade, a.evidence, s.observed_at, s.region, sub.region.label("subject_region")
        )
        .join_from(t.assessments, t.signals, a.signal_id == s.id)
        .join(t.subjects, a.subject_id == sub.id, isouter=True)
        .where(a.model == one.key, a.grade >= int(Grade.BLUE))
    )
    newest = {row.signal_id: row for row in sorted(select_in(conn, query, a.signal_id, one.leftovers), key=lambda row: row.id)}
    found = []
    for row in newest.values():
        zh, en = judging.titles(one.key, row.evidence)
        found.append(
            Candidate(
                row.id,
                row.signal_id,
                row.subject_id,
                one.key,
                first_place(registration=row.subject_region, act=row.region)[0],
                row.probability,
                Grade(row.grade),
                zh,
                en,
                row.observed_at,
            )
        )
    return found


def _finish(engine: Engine, one: _Run, now: datetime) -> None:
    """Close the run after its balance was counted once more from what is stored."""
    with transaction(engine) as conn:
        stored = conn.execute(select(t.runs.c.balance, t.runs.c.candidates).where(t.runs.c.id == one.id)).one()
        counted = alerts.run_balance(conn, one.id)
        if counted != Balance.of_counts(stored.balance, candidates=stored.candidates):
            from risk.domain.balance import BalanceError

            raise BalanceError("balance_broken", candidates=stored.candidates, total=counted.total)
        conn.execute(update(t.runs).where(t.runs.c.id == one.id, t.runs.c.status == "running").values(status="done", ended_at=now))


def _results(engine: Engine, scorer: Scorer, keys: Sequence[str], as_of: datetime) -> list[RunResult]:
    with reading(engine) as conn:
        rows = conn.execute(
            select(t.runs).where(t.runs.c.key.in_([_run_key(scorer, key, as_of) for key in keys])).order_by(t.runs.c.id)
        ).all()
    return [RunResult(r.id, r.model, r.as_of, r.judged, Balance.of_counts(r.balance, candidates=r.candidates)) for r in rows]


def pending(conn: Connection, as_of: datetime) -> int:
    """How many signals no model has judged yet."""
    s, a = t.signals.c, t.assessments.c
    return int(conn.scalar(select(func.count()).where(s.observed_at <= as_of, s.kind != "case", ~exists().where(a.signal_id == s.id))) or 0)
