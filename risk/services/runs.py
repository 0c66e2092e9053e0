"""Runs: stored signals are judged by every model, candidates settled, tasks issued. Idempotent, in chunks, resumable.

Chunks are judged ahead, by worker processes where there is enough to do, and settled one after the other in the order of their signals, so that it makes no
difference how many judge. One chunk is one transaction: its assessments, candidates, alerts, tasks and the cursors of all runs in it are committed together or not at all.
So a run that is killed goes on where its cursor stands, and a run that is repeated changes nothing.

A run judges what its model has not judged before: signals observed and received up to its ``as_of``. What an earlier run had to leave over capacity
is offered again in the first chunk, and only there (see ``settling.over_capacity``).

Several processes may run at once. Chunks are settled one at a time; whoever finds its chunk settled by another goes on where that one stands, and a signal that
another run of the model has judged meanwhile is not judged twice.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from risk import __version__
from risk.domain.balance import Balance, BalanceError
from risk.domain.messages import register
from risk.domain.signals import digest
from risk.services import alerts, auditing, live_rules, outbox, passing, rule_desk, run_pace, settling
from risk.services.chunks import Step
from risk.services.dispatch import load_directory
from risk.services.garbage import ByHand
from risk.services.passing import Passed, kinds_of
from risk.services.settling import OpenRun
from risk.services.standing import Standings, last_judged
from risk.services.steps import next_step
from risk.services.workers import Answer, JudgedBy, Judges, judges
from risk.storage import tables as t
from risk.storage.engine import reading, serialise, transaction

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

CHUNK = 2_000
_WORTH_IT = 5
"""So many chunks left, and it pays to start other processes: that takes them seconds."""

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


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: signals read of those that it began with. ``of`` counts by numbers, so it may be somewhat too high."""

    read: int
    of: int


def run(
    engine: Engine,
    scorer: Scorer,
    keys: Sequence[str],
    *,
    as_of: datetime,
    now: datetime,
    actor: str,
    chunk: int = CHUNK,
    workers: int = 1,
    progress: Callable[[Progress], None] | None = None,
    judged_by: JudgedBy | None = None,
) -> list[RunResult]:
    """Judge everything new up to ``as_of`` by the models of ``keys``. Runs left unfinished with the same versions are finished first.

    ``now`` is when alerts open and tasks are issued. The same call again returns the stored runs. ``workers`` processes judge, where there are so many
    chunks that it pays to start them; ``progress`` is told after each chunk. ``judged_by``: who judges instead (`risk.services.spark_run`).
    """
    as_of = as_of.astimezone(UTC)  # the key of a run is made of it: the same moment must be written the same way
    results: dict[int, RunResult] = {}
    for moment, mine in [*_unfinished(engine, scorer, keys, now), (as_of, tuple(keys))]:
        open_runs = _start(engine, scorer, mine, moment, now, actor)
        if open_runs:
            _go_on(engine, scorer, open_runs, now, actor, chunk, workers, progress, judged_by)
        for found in _results(engine, scorer, mine, moment):
            results[found.id] = found
    return list(results.values())


def _go_on(
    engine: Engine,
    scorer: Scorer,
    open_runs: list[OpenRun],
    now: datetime,
    actor: str,
    chunk: int,
    workers: int,
    progress: Callable[[Progress], None] | None,
    judged_by: JudgedBy | None,
) -> None:
    """Judge chunk after chunk until nothing is left, and close the runs."""
    left = _left(engine, open_runs, now)
    settler = _Settler(engine, scorer, now, actor, left, progress)
    near = judges(engine, scorer, workers if left >= _WORTH_IT * chunk else 1)
    with ByHand() as settler.garbage, near if judged_by is None else judged_by(engine, scorer) as those:
        while not _through(settler, those, open_runs, chunk):
            open_runs = _reload(engine, open_runs)
    for one in open_runs:
        _finish(engine, one, now)


class _Settler:
    """What one process keeps while it settles the chunks of runs."""

    def __init__(
        self, engine: Engine, scorer: Scorer, now: datetime, actor: str, left: int, progress: Callable[[Progress], None] | None
    ) -> None:
        self.engine, self.scorer, self.now, self.actor = engine, scorer, now, actor
        self.garbage = ByHand()
        self._standings: dict[str, Standings] = {}
        self._judged: int | None = None
        self._versions: dict[str, dict[str, Any]] = {}
        self._left, self._read, self._progress = left, 0, progress

    def versions(self, key: str) -> dict[str, Any]:
        """As of :func:`versions`, looked up once."""
        if key not in self._versions:
            self._versions[key] = versions(self.scorer, key)
        return self._versions[key]

    def standings(self, conn: Connection) -> dict[str, Standings]:
        """By model, as they were left by the chunk before; new ones where somebody else has judged since."""
        if self._judged != last_judged(conn):
            self._standings = defaultdict(Standings)
        return self._standings

    def written(self, conn: Connection) -> None:
        """To be called when a chunk is written: what comes after it is somebody else's."""
        self._judged = last_judged(conn)

    def settled(self, read: int) -> None:
        """Tidy up, and tell how far it is."""
        self.garbage.sweep()
        self._read += read
        if self._progress and read:
            self._progress(Progress(self._read, max(self._left, self._read)))


def _through(settler: _Settler, those: Judges, open_runs: Sequence[OpenRun], chunk: int) -> bool:
    """Judge ahead and settle in order, until nothing is left; False where the runs no longer stand where this process left them."""
    planned, ready, more = [replace(one) for one in open_runs], deque[tuple[Step, Answer]](), True
    while True:
        while more and len(ready) < those.depth:
            step = _next(settler.engine, planned, chunk)
            more = step is not None
            if step is not None:
                ready.append((step, those.begin(step)))
                _advance(planned, step.upto)
        if not ready:
            return True
        step, answer = ready.popleft()
        done = _chunk(settler, open_runs, step, answer)
        if done is None:  # another process was faster, or closed the runs: take up where they stand
            return False
        settler.settled(done)


def _advance(runs: Iterable[OpenRun], upto: int) -> None:
    for one in runs:
        one.cursor = max(one.cursor, upto)


def _left(engine: Engine, runs: Sequence[OpenRun], now: datetime) -> int:
    """About how many signals the runs have left: by their numbers, for to count them takes as long as to read them."""
    with transaction(engine) as conn:
        return run_pace.begin(conn, runs, now)


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
            "passed": passing.furthest(conn, key).plain(kinds_of(key)),
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
    if found.status != "running":
        return None
    return OpenRun(found.id, key, as_of, found.started_at, found.cursor, _passed(found))


def _passed(row: Row[Any]) -> Passed:
    """What a run has passed; one that was begun before such was told passes nothing more."""
    return Passed.of(row.passed, kinds_of(row.model)) or Passed(whole=row.cursor == _NOT_BEGUN)


def _next(engine: Engine, runs: Sequence[OpenRun], chunk: int) -> Step | None:
    """The next step of the runs; None when nothing is left."""
    with reading(engine) as conn:
        return next_step(conn, runs, chunk, begin=any(one.cursor == _NOT_BEGUN for one in runs))


def _chunk(settler: _Settler, runs: Sequence[OpenRun], step: Step, answer: Answer) -> int | None:
    """Settle one chunk in one transaction. Returns how many signals were read, or None when the runs do not stand where they stood."""
    chunk, now, actor, scorer = answer(), settler.now, settler.actor, settler.scorer
    with transaction(settler.engine) as conn:
        serialise(conn, _LOCK)
        stand = {row.id: row for row in _rows(conn, runs)}
        if any(stand[one.id].status != "running" or stand[one.id].cursor != one.cursor for one in runs):
            return None
        directory, others = load_directory(conn), settling.judged_elsewhere(conn, step.wanted)
        standings, ledger = settler.standings(conn), alerts.Ledger()
        for one in runs:
            again = settling.over_capacity(conn, one) if one.cursor == _NOT_BEGUN else []
            settling.settle(
                conn, one, chunk.told[one.key], again, chunk.rows, settler.versions(one.key), now, actor, directory, scorer.policy,
                others[one.key], standings[one.key], ledger,
            )  # fmt: skip
            for version_id, error in {v: e for part in chunk.told[one.key] for v, e in part.stumbles.items()}.items():
                rule_desk.stumbled(conn, version_id, actor=actor, now=now, run_id=one.id, error=error)
            one.passed = one.passed.on(one.cursor, step.upto, [*step.waiting.get(one.key, ()), *chunk.failed(one.key, others[one.key])])
            now_at = {"cursor": max(one.cursor, step.upto), "passed": one.passed.plain(kinds_of(one.key))}
            conn.execute(update(t.runs).where(t.runs.c.id == one.id).values(now_at))
        settler.written(conn)
    _advance(runs, step.upto)
    return len(chunk.rows)


def _rows(conn: Connection, runs: Iterable[OpenRun]) -> list[Row[Any]]:
    c = t.runs.c
    return list(conn.execute(select(c.id, c.model, c.status, c.cursor, c.passed).where(c.id.in_([one.id for one in runs])).order_by(c.id)))


def _reload(engine: Engine, runs: Sequence[OpenRun]) -> list[OpenRun]:
    """The runs that are still open, as they stand now."""
    with reading(engine) as conn:
        stored = {row.id: row for row in _rows(conn, runs) if row.status == "running"}
    for one in runs:
        if one.id in stored:
            one.cursor, one.passed = int(stored[one.id].cursor), _passed(stored[one.id])
    return [one for one in runs if one.id in stored]


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
    return passing.unjudged(conn, as_of)
