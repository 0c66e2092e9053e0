"""Runs: stored signals are judged by every model, candidates settled, tasks issued. Idempotent, in chunks, resumable.

One chunk is one transaction: its assessments, candidates, alerts, tasks and the cursors of all runs in it are committed together or not at all.
So a run that is killed goes on where its cursor stands, and a run that is repeated changes nothing.

A run judges what its model has not judged before: signals observed and received up to its ``as_of``. What an earlier run had to leave over capacity
is offered again in the first chunk, and only there (see ``settling.over_capacity``).

Several processes may run at once. Chunks are settled one at a time; whoever finds its chunk settled by another goes on where that one stands, and a signal that
another run of the model has judged meanwhile is not judged twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Row, exists, func, insert, select, update

from risk import __version__
from risk.domain.balance import Balance, BalanceError
from risk.domain.messages import register
from risk.domain.signals import digest
from risk.services import alerts, auditing, judging, live_rules, outbox, rule_desk, settling, units
from risk.services.dispatch import load_directory
from risk.services.settling import OpenRun
from risk.storage import tables as t
from risk.storage.engine import reading, serialise, transaction

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

CHUNK = 2_000

KINDS = {"illegal_fundraising.solicitation": ("content", "warning"), "illegal_fundraising.report": ("report",)}
"""Which kinds of signals a model judges; all others judge every kind."""
ALL_KINDS = ("content", "report", "warning")

_LOCK = 3  # of serialise: one chunk at a time; 1 is the migrations', 2 those who write signals or settle
_NOT_BEGUN = -1  # the cursor before the first chunk, which also offers again what was over capacity

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
    as_of = as_of.astimezone(UTC)  # the key of a run is made of it: the same moment must be written the same way
    results: dict[int, RunResult] = {}
    for moment, mine in [*_unfinished(engine, scorer, keys, now), (as_of, tuple(keys))]:
        open_runs = _start(engine, scorer, mine, moment, now, actor)
        while open_runs:
            step = _next_ids(engine, open_runs, chunk)
            if step is None:
                break
            done = _chunk(engine, scorer, open_runs, *step, now, actor)
            if done is None:  # another process was faster, or closed the runs: take up where they stand
                open_runs = _reload(engine, open_runs)
            elif progress and done:
                progress(done)
        for one in open_runs:
            _finish(engine, one, now)
        for found in _results(engine, scorer, mine, moment):
            results[found.id] = found
    return list(results.values())


def versions(scorer: Scorer, key: str) -> dict[str, Any]:
    """What a judgement depends on besides the signals: rules, how far they are rolled out, learner, cut-offs, how grades hold and rise, code."""
    from risk.scoring.keys import split_key
    from risk.scoring.scorer import Learner

    model = split_key(key)[0]
    pack = scorer.packs.get(model)
    shares = scorer.aside.percents(model) if scorer.aside is not None else {}
    learner = scorer.learners.get(key) or Learner(None, "rules")
    cuts = scorer.cutoffs(key)
    return {
        "rules": pack.version if pack else "",
        "model": learner.version,
        "cutoffs": {"red": cuts.red, "orange": cuts.orange, "yellow": cuts.yellow, "blue": cuts.blue},
        "grading": digest(scorer.policy.plain()),
        "code": __version__,
        **({"roll_out": shares} if shares else {}),
    }


def _beside(scorer: Scorer, key: str) -> dict[str, Any]:
    """What a run tells besides: the stored versions that it watches, and those that cannot be read. They change no judgement, so they are no part of its key."""
    from risk.scoring.keys import split_key

    if scorer.aside is None:
        return {}
    told = {"shadow": scorer.aside.watches(split_key(key)[0]), "unreadable": list(scorer.aside.unreadable)}
    return {name: found for name, found in told.items() if found}


def _run_key(scorer: Scorer, key: str, as_of: datetime) -> str:
    return digest([key, as_of.isoformat(), versions(scorer, key)])


def _unfinished(engine: Engine, scorer: Scorer, keys: Sequence[str], now: datetime) -> list[tuple[datetime, tuple[str, ...]]]:
    """The moments of runs that were cut off, with their models, where the versions are still in use; runs of other versions are closed as they stand."""
    moments: dict[datetime, list[str]] = {}
    with transaction(engine) as conn:
        c = t.runs.c
        rows = conn.execute(select(c.id, c.key, c.model, c.as_of).where(c.status == "running", c.model.in_(list(keys)))).all()
        for row in rows:
            if row.key == _run_key(scorer, row.model, row.as_of):
                moments.setdefault(row.as_of, []).append(row.model)
            else:
                conn.execute(update(t.runs).where(c.id == row.id, c.status == "running").values(status="superseded", ended_at=now))
    return [(moment, tuple(key for key in keys if key in moments[moment])) for moment in sorted(moments)]


def _start(engine: Engine, scorer: Scorer, keys: Sequence[str], as_of: datetime, now: datetime, actor: str) -> list[OpenRun]:
    """The runs of these keys and this moment, begun or taken up again, without those that are done.

    All begin in one transaction: whenever the process ends, the models go through the chunks side by side, so that the capacity of an office is given to the same
    candidates as if nothing had happened.
    """
    with transaction(engine) as conn:
        serialise(conn, _LOCK)
        begun = [_begin(conn, scorer, key, as_of, now, actor) for key in keys]
    return [one for one in begun if one is not None]


def _begin(conn: Connection, scorer: Scorer, key: str, as_of: datetime, now: datetime, actor: str) -> OpenRun | None:
    from risk.scoring.keys import split_key

    run_key = _run_key(scorer, key, as_of)
    found = conn.execute(select(t.runs).where(t.runs.c.key == run_key)).first()
    if found is None:
        values = {
            "key": run_key,
            "model": key,
            "as_of": as_of,
            "status": "running",
            "versions": {**versions(scorer, key), **_beside(scorer, key)},
            "cursor": _NOT_BEGUN,
            "judged": 0,
            "candidates": 0,
            "balance": Balance().as_dict(),
            "actor": actor,
            "started_at": now,
        }
        conn.execute(insert(t.runs).values(values))
        pack = scorer.packs.get(split_key(key)[0])
        if pack is not None:
            live_rules.keep(conn, pack, now)
        found = conn.execute(select(t.runs).where(t.runs.c.key == run_key)).one()
        auditing.record(conn, actor, "run.begin", f"run:{found.id}", {"model": key, "as_of": as_of}, now)
    return OpenRun(found.id, key, as_of, found.started_at, found.cursor) if found.status == "running" else None


def _next_ids(engine: Engine, runs: Sequence[OpenRun], chunk: int) -> tuple[dict[str, list[int]], int] | None:
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
    if not any(wanted.values()) and not any(one.cursor == _NOT_BEGUN for one in runs):
        return None
    return wanted, upto


def _chunk(
    engine: Engine, scorer: Scorer, runs: Sequence[OpenRun], wanted: Mapping[str, Sequence[int]], upto: int, now: datetime, actor: str
) -> int | None:
    """Judge and settle one chunk in one transaction. Returns how many signals were read, or None when the runs do not stand where they stood."""
    every = sorted({i for ids in wanted.values() for i in ids})
    as_of = runs[0].as_of
    with reading(engine) as conn:
        loaded = units.load(conn, every, as_of, known=min(as_of, *(one.started_at for one in runs)))
    judged = judging.judge(scorer, loaded, wanted, as_of)
    with transaction(engine) as conn:
        serialise(conn, _LOCK)
        stand = {row.id: row for row in _rows(conn, runs)}
        if any(stand[one.id].status != "running" or stand[one.id].cursor != one.cursor for one in runs):
            return None
        directory = load_directory(conn)
        for one in runs:
            again = settling.over_capacity(conn, one) if one.cursor == _NOT_BEGUN else []
            settling.settle(conn, one, judged[one.key], again, loaded, versions(scorer, one.key), now, actor, directory, scorer.policy)
            for version_id, error in {v: e for part in judged[one.key] for v, e in part.stumbles.items()}.items():
                rule_desk.stumbled(conn, version_id, actor=actor, now=now, run_id=one.id, error=error)
            conn.execute(update(t.runs).where(t.runs.c.id == one.id).values(cursor=max(one.cursor, upto)))
    for one in runs:
        one.cursor = max(one.cursor, upto)
    return len(every)


def _rows(conn: Connection, runs: Iterable[OpenRun]) -> list[Row[Any]]:
    c = t.runs.c
    return list(conn.execute(select(c.id, c.status, c.cursor).where(c.id.in_([one.id for one in runs])).order_by(c.id)))


def _reload(engine: Engine, runs: Sequence[OpenRun]) -> list[OpenRun]:
    """The runs that are still open, at the cursors stored now."""
    with reading(engine) as conn:
        cursors = {row.id: int(row.cursor) for row in _rows(conn, runs) if row.status == "running"}
    for one in runs:
        one.cursor = cursors.get(one.id, one.cursor)
    return [one for one in runs if one.id in cursors]


def _finish(engine: Engine, one: OpenRun, now: datetime) -> None:
    """Close the run after its balance was counted once more from what is stored."""
    with transaction(engine) as conn:
        serialise(conn, _LOCK)
        columns = (t.runs.c.balance, t.runs.c.candidates, t.runs.c.model, t.runs.c.judged)
        stored = conn.execute(select(*columns).where(t.runs.c.id == one.id)).one()
        counted = alerts.run_balance(conn, one.id)
        if counted != Balance.of_counts(stored.balance, candidates=stored.candidates):
            raise BalanceError("balance_broken", candidates=stored.candidates, total=counted.total)
        conn.execute(update(t.runs).where(t.runs.c.id == one.id, t.runs.c.status == "running").values(status="done", ended_at=now))
        data = {"model": stored.model, "judged": stored.judged, "alerts": counted.as_dict().get("new", 0), "balance": counted.as_dict()}
        outbox.emit(conn, "run.done", f"run:{one.id}", data, now, once="done")


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
