"""A million stored signals, judged by all models with history and stored: how long, how much memory, and does it grow by more than the signals do?

``python -m experiments.bench.million --signals 1000000 --database sqlite|postgres [--workers N] [--turns 3] [--work DIR]``; ``--signals`` may be repeated.

Each turn fills a new database (signals, subjects with licences and what they share, past alerts with verdicts: untimed) and times ``runs.run`` by every text model. ``--on-the-fly N`` judges
N signals block by block without a store: what reading and judging alone cost at a size that no store here would hold. ``--work`` keeps the trained learners there.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, create_engine, func, insert, make_url, select, text
from sqlalchemy.pool import NullPool

from experiments.bench.crowd import AS_OF, DAYS, Crowd, Said
from experiments.bench.watching import Watch
from experiments.databases import KINDS, databases
from experiments.record import RESULTS, heading, store_json
from risk.cli.progress import Teller
from risk.domain.candidates import merge_key, window_of
from risk.domain.grades import Grade
from risk.domain.signals import digest
from risk.scoring.keys import TEXT_KEYS
from risk.scoring.learners import learner_of
from risk.scoring.scorer import Learner, Scorer
from risk.services import dispatch, runs, training
from risk.storage import migrate
from risk.storage import tables as t
from risk.storage.engine import open_engine, reading, transaction
from risk.storage.many import insert_many

LABELLED = 1_500
PAST = 0.002
"""Signals that a run of long ago made an alert of."""
SUBJECT_COLUMNS = ("key", "uscc", "name", "region", "kind", "industry", "registered_on")
LICENCE_COLUMNS = ("subject_id", "kind", "number", "number_key", "valid_from", "valid_to")
LINK_COLUMNS = ("subject_id", "relation", "value_key")
SIGNAL_COLUMNS = (
    "identity", "content_hash", "source", "source_id", "kind", "channel", "region", "text", "observed_at", "received_at", "subject_id", "linked_by",
)  # fmt: skip


def learners(work: Path) -> tuple[dict[str, Learner], dict[str, str]]:
    """A champion for each text model and what it is: read from ``work``, or trained on a small crowd of its own and kept there."""
    if not all((work / key).is_dir() for key in TEXT_KEYS):
        _train(work)
    found = dict(learner_of(work / key, key=key) for key in TEXT_KEYS)
    return found, {key: _size(one) for key, one in found.items()}


def _train(work: Path) -> None:
    said = [one for block in Crowd(LABELLED, seed=11, suspected=0.3).blocks() for one in block]
    scorer, sources = Scorer(), {"cases": LABELLED}
    for key in TEXT_KEYS:
        labels = np.array([float(key in one.positive_of) for one in said])
        trained = training.train_texts(scorer, key, [one.signal.text for one in said], labels, sources=sources)
        training.save(trained, work / key, sources=sources)


def _size(learner: Learner) -> str:
    boosted = getattr(learner.model, "trees", None)
    if boosted is None:
        return "linear over words and characters, no trees"
    told = boosted.text
    leaves = max((int(line.partition("=")[2]) for line in told.splitlines() if line.startswith("num_leaves=")), default=0)
    return f"linear over words and characters; {told.count('Tree=')} trees of at most {leaves} leaves"


def fill(engine: Engine, crowd: Crowd) -> dict[str, int]:
    """Signals, subjects with licences and what they share, and a past, straight into the tables; how many rows each got."""
    with transaction(engine) as conn:
        dispatch.seed_offices(conn)
        insert_many(conn, t.subjects, SUBJECT_COLUMNS, list(crowd.subject_rows()), {"facts": {}, "created_at": AS_OF - timedelta(days=400)})
        first = int(conn.scalar(select(func.min(t.subjects.c.id))) or 1)
        known = {"known_from": AS_OF - timedelta(days=300)}
        licences, links = list(crowd.licence_rows(first)), list(crowd.link_rows(first))
        insert_many(conn, t.licences, LICENCE_COLUMNS, licences, {"source": "register", **known})
        insert_many(conn, t.subject_links, LINK_COLUMNS, links, known)
    for block in crowd.blocks():
        rows = [_signal_row(one, first) for one in block]
        with transaction(engine) as conn:
            insert_many(conn, t.signals, SIGNAL_COLUMNS, rows, {"fields": {}, "warnings": [], "time_given": True})
    past = _past(engine, crowd)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("VACUUM ANALYZE"))
    return {
        "signals": crowd.signals, "subjects": crowd.subjects, "past_alerts": past, "licences": len(licences), "shared": len(links),
    }  # fmt: skip


def _filled(address: str, signals: int) -> dict[str, int]:
    migrate.upgrade(address)
    engine = open_engine(address)
    try:
        return fill(engine, Crowd(signals))
    finally:
        engine.dispose()


def _signal_row(one: Said, first: int) -> tuple[Any, ...]:
    s = one.signal
    identity, content = s.hashes
    subject = None if one.subject is None else first + one.subject
    linked = None if one.subject is None else "shop"
    return (
        identity, content, s.source, s.source_id, s.kind, s.channel, s.region, s.text, s.observed_at, s.observed_at + timedelta(minutes=9), subject, linked,
    )  # fmt: skip


def _past(engine: Engine, crowd: Crowd) -> int:
    """Alerts of a run two months ago, most with a verdict: what windows, standings and merging meet."""
    rng, now = random.Random(crowd.seed), AS_OF - timedelta(days=60)
    s = t.signals.c
    with transaction(engine) as conn:
        directory = dispatch.load_directory(conn)
        until = AS_OF - timedelta(days=DAYS - 25)
        rows = conn.execute(
            select(s.id, s.subject_id, s.region, s.observed_at).where(s.observed_at < until, s.subject_id.is_not(None)).order_by(s.id)
        ).all()
        chosen = rng.sample(rows, min(int(crowd.signals * PAST), len(rows)))
        models = [key for key in TEXT_KEYS if "." not in key]
        for place, model in enumerate(models):
            _past_of(conn, model, chosen[place :: len(models)], now, directory, rng)
    return len(chosen)


def _past_of(conn: Any, model: str, rows: Sequence[Any], now: Any, directory: dispatch.Directory, rng: random.Random) -> None:
    run = {
        "key": digest(["past", model]), "model": model, "as_of": now, "status": "done", "versions": {}, "cursor": 0, "judged": len(rows),
        "candidates": 0, "balance": {}, "actor": "past", "started_at": now, "ended_at": now,
    }  # fmt: skip
    run_id = conn.execute(insert(t.runs).values(run).returning(t.runs.c.id)).scalar_one()
    told: dict[str, Any] = {"zh": [], "en": [], "rules": []}
    names = ("signal_id", "subject_id", "probability", "grade")
    same = {
        "run_id": run_id, "model": model, "model_version": "past", "rules_version": "past", "as_of": now, "evidence": told, "evidence_hash": digest(told),
    }  # fmt: skip
    insert_many(conn, t.assessments, names, [(row.id, row.subject_id, 0.7, 2) for row in rows], same)
    a = t.assessments.c
    assessed = {row.signal_id: row.id for row in conn.execute(select(a.id, a.signal_id).where(a.run_id == run_id))}
    alerts: dict[str, tuple[Any, ...]] = {}
    for row in rows:
        unique = merge_key(f"subject:{row.subject_id}", model, window_of(row.observed_at)[0])
        alerts.setdefault(
            unique, (unique, row.subject_id, row.region, "closed" if rng.random() < 0.7 else "tasked", window_of(row.observed_at)[1])
        )
    same = {
        "model": model, "grade": 2, "probability": 0.7, "title_zh": "涉嫌", "title_en": "suspected", "opened_at": now, "updated_at": now,
        "run_id": run_id, "origin": "run", "trace_id": None,
    }  # fmt: skip
    insert_many(conn, t.alerts, ("merge_key", "subject_id", "region", "status", "window_end"), list(alerts.values()), same)
    stored = {row.merge_key: row for row in conn.execute(select(t.alerts).where(t.alerts.c.run_id == run_id))}
    linked = [(stored[merge_key(f"subject:{row.subject_id}", model, window_of(row.observed_at)[0])].id, assessed[row.id]) for row in rows]
    insert_many(conn, t.alert_evidence, ("alert_id", "assessment_id"), linked, {"added_at": now})
    orders = [dispatch.TaskOrder(row.id, Grade.YELLOW, directory.route(model, row.region, now)) for row in stored.values()]
    tasks = dispatch.issue(conn, orders, now, directory)
    verdicts = [
        {
            "task_id": tasks[row.id], "alert_id": row.id, "code": rng.choice(("10", "11", "30", "31")), "facts": "核查", "officers": [], "actor": "past",
            "reported_at": now + timedelta(days=9),
        }
        for row in stored.values()
        if row.status == "closed"
    ]  # fmt: skip
    if verdicts:
        conn.execute(insert(t.verdicts), verdicts)


@dataclass(frozen=True, slots=True)
class Turn:
    """One database, filled and judged."""

    told: dict[str, Any]
    chunks: list[float]


def judge(engine: Engine, scorer: Scorer, crowd: Crowd, workers: int, chunk: int, server: int | None) -> Turn:
    """Judge all that is stored and look at what it took; the balance is counted from what is stored."""
    marks: list[tuple[int, float]] = []
    began = time.perf_counter()
    with Watch() as mine, Watch(server or os.getpid()) as theirs:
        results = runs.run(
            engine, scorer, TEXT_KEYS, as_of=AS_OF, now=AS_OF, actor="experiment", chunk=chunk, workers=workers, progress=_told(marks, began),
        )  # fmt: skip
    wall = time.perf_counter() - began
    with reading(engine) as conn:
        counts = {name: int(conn.scalar(select(func.count()).select_from(t.metadata.tables[name])) or 0) for name in COUNTED}
    for one in results:
        if one.balance.candidates != one.balance.total:
            raise AssertionError(f"run {one.id}: the balance does not add up")
    told = {
        "signals": crowd.signals, "seconds": round(wall, 1), "cpu_seconds": round(mine.cpu, 1), "signals_per_second": round(crowd.signals / wall),
        "cpu_us_per_signal": round(mine.cpu / crowd.signals * 1e6), "peak_mb": round(mine.peak_mb), "peak_mb_shared_counted_once": round(mine.peak_pss_mb), "processes": mine.processes, "rows": counts,
        "judged": {one.key: one.judged for one in results}, "balance": {one.key: one.balance.as_dict() for one in results},
    }  # fmt: skip
    if server:
        told |= {"server_cpu_seconds": round(theirs.cpu, 1), "server_peak_mb_shared_counted_each": round(theirs.peak_mb)}
    return Turn(told, _per_signal(marks))


def _told(marks: list[tuple[int, float]], began: float) -> Callable[[runs.Progress], None]:
    """Notes how far the run is, and says so now and then on the error stream."""
    tell = Teller()

    def note(seen: runs.Progress) -> None:
        marks.append((seen.read, time.perf_counter() - began))
        tell(seen.read, seen.of)

    return note


COUNTED = ("signals", "assessments", "candidates", "alerts", "alert_evidence", "tasks")


def _per_signal(marks: Sequence[tuple[int, float]]) -> list[float]:
    """Microseconds a signal in each tenth of the run."""
    if len(marks) < 11:
        return []
    cuts = [marks[min(len(marks) - 1, round(i * (len(marks) - 1) / 10))] for i in range(11)]
    return [round((b[1] - a[1]) / max(b[0] - a[0], 1) * 1e6) for a, b in pairwise(cuts)]


def on_the_fly(scorer: Scorer, signals: int, chunk: int) -> dict[str, Any]:
    """Read and judge so many signals that are never stored, in this process."""
    crowd, done, busy, marks = Crowd(signals), 0, 0.0, [(0, 0.0)]
    with Watch() as watch:
        for block in crowd.blocks():
            texts = [one.signal.text for one in block]
            for first in range(0, len(texts), chunk):
                part = texts[first : first + chunk]
                began = time.process_time()
                read = scorer.read(part)
                for key in TEXT_KEYS:
                    scorer.judge(read, key, on=AS_OF.date())
                busy += time.process_time() - began
                done += len(part)
            marks.append((done, busy))
    return {
        "signals": done, "cpu_seconds": round(busy, 1), "cpu_us_per_signal": round(busy / done * 1e6), "cpu_us_per_signal_by_tenth": _per_signal(marks),
        "peak_mb": round(watch.peak_mb),
    }  # fmt: skip


def _server(engine: Engine) -> int | None:
    """The process that all of PostgreSQL's are below; none for SQLite, which works in ours."""
    if engine.dialect.name == "sqlite":
        return None
    with reading(engine) as conn:
        return int((Path(str(conn.scalar(text("SHOW data_directory")))) / "postmaster.pid").read_text().split()[0])


def _drop(address: str) -> None:
    """Make room: a million signals with all that is said of them take gigabytes."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        for part in Path(str(url.database)).parent.iterdir():
            part.unlink()
        return
    engine = create_engine(url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(f"DROP DATABASE {url.database}"))
    engine.dispose()


def growth(turns: Mapping[int, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """How the medians grow from each size to the next: seconds on the clock and of processors."""
    found = []
    sizes = sorted(turns)
    for small, large in pairwise(sizes):
        ratio = {
            what: round(statistics.median(one[what] for one in turns[large]) / statistics.median(one[what] for one in turns[small]), 2)
            for what in ("seconds", "cpu_seconds")
        }
        found.append({"from": small, "to": large, "signals": round(large / small, 2), **ratio})
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill, judge, store, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, action="append")
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--chunk", type=int, default=runs.CHUNK)
    parser.add_argument("--rules-only", action="store_true")
    parser.add_argument("--on-the-fly", type=int)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        trained, sizes = ({}, {}) if options.rules_only else learners(options.work or Path(scratch))
    scorer = Scorer(trained)
    output = options.output or RESULTS / (f"million_{options.database}.json" if not options.on_the_fly else "million_on_the_fly.json")
    shown = [f"--signals {n}" for n in options.signals or []] + [f"--database {options.database}", f"--turns {options.turns}"]
    shown = [f"--on-the-fly {options.on_the_fly}"] if options.on_the_fly else shown
    result: dict[str, Any] = {
        **heading(f"python -m experiments.bench.million {' '.join(shown)}"),
        "learners": sizes or "rules only",
        "load_when_begun": round(os.getloadavg()[0], 1),
    }
    if options.on_the_fly:
        result["on_the_fly"] = on_the_fly(scorer, options.on_the_fly, options.chunk)
    else:
        result |= _stored(options, scorer)
    store_json(output, result)
    print(output.read_text(encoding="utf-8"))


def _stored(options: argparse.Namespace, scorer: Scorer) -> dict[str, Any]:
    turns: dict[int, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder, databases(options.database, Path(folder)) as made:
        for turn in range(options.turns):
            for signals in sorted(options.signals or [10_000]):
                crowd, address, began = Crowd(signals), made.new(), time.perf_counter()
                with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:  # what it takes is not the run's memory
                    rows = other.submit(_filled, address, signals).result()
                filled, engine = round(time.perf_counter() - began, 1), open_engine(address)
                one = judge(engine, scorer, crowd, options.workers, options.chunk, _server(engine))
                engine.dispose()
                _drop(address)
                told = {"turn": turn, "filled_seconds": filled, "made": rows, **one.told, "us_per_signal_by_tenth": one.chunks}
                print(told, flush=True)
                turns.setdefault(signals, []).append(told)
    return {
        "busiest_subject_share": round(Crowd(max(turns)).busiest(), 4),
        "chunk": options.chunk,
        "workers": options.workers,
        "turns": [one for size in sorted(turns) for one in turns[size]],
        "growth": growth(turns),
    }


if __name__ == "__main__":
    main()
