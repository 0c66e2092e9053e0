"""Do three schedulers on one database run each slot once, and how soon does another take over? ``python -m experiments.schedulers [--minutes 5]``

Three real workers share one PostgreSQL and one job that is due every minute and works for some seconds, writing a row when it begins and one when it ends.
Again and again the worker that is at work is killed with SIGKILL; the time until another worker begins the same slot anew is the fail-over. In the end every
slot must be done once: no slot without an end, none with two. The result goes to ``experiments/results/schedulers.json``.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine, create_engine, delete, insert, select, text
from sqlalchemy.pool import NullPool

from experiments.databases import databases
from experiments.record import RESULTS, heading, store_json
from risk.scheduling import jobs
from risk.scheduling.use_cases import USE_CASES, Tools
from risk.scheduling.worker import Worker
from risk.settings import Settings
from risk.storage import migrate
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction

RESULT = RESULTS / "schedulers.json"
WORK_SECONDS = 12.0
GOAL_SECONDS = 10.0


def slow_use_case(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Write that it begins, work for a while, write that it ended."""
    _mark(tools.engine, "begin")
    time.sleep(float(arguments["seconds"]))
    _mark(tools.engine, "end")
    return {"process": os.getpid()}


def _mark(engine: Engine, what: str) -> None:
    with transaction(engine) as conn:
        conn.execute(text("INSERT INTO marks (process, what, at) VALUES (:p, :w, :a)"), {"p": os.getpid(), "w": what, "a": time.time()})


def serve_as_worker(address: str) -> None:
    """What each of the three processes does: be a worker, whose table has one job."""
    engine = open_engine(address)
    USE_CASES["slow"] = slow_use_case

    def no_scorer() -> Any:
        raise AssertionError("this experiment judges nothing")

    Worker(Tools(engine, Settings(Path(), address), no_scorer)).start()
    while True:
        time.sleep(1)


def prepare(address: str) -> None:
    """An upgraded database with one job, every minute, and a table of marks."""
    migrate.upgrade(address)
    engine = open_engine(address)
    with transaction(engine) as conn:
        jobs.seed(conn)
        conn.execute(t.jobs.update().values(enabled=False))
        conn.execute(delete(t.jobs).where(t.jobs.c.name == "slow"))
        row = {"name": "slow", "use_case": "slow", "cron": "* * * * *", "arguments": {"seconds": WORK_SECONDS}, "enabled": True}
        conn.execute(insert(t.jobs).values(row))
        conn.execute(text("CREATE TABLE marks (process INTEGER, what VARCHAR(10), at DOUBLE PRECISION)"))
    engine.dispose()


def begin_worker(address: str) -> subprocess.Popen[bytes]:
    """One worker as a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "experiments.schedulers", "--serve", address], stderr=subprocess.DEVNULL)


def run(address: str, minutes: float, seed: int) -> dict[str, Any]:
    """Let three work for so many minutes and kill whoever is at work, once a slot."""
    rng = random.Random(seed)
    asking = create_engine(address, poolclass=NullPool)
    processes = [begin_worker(address) for _ in range(3)]
    failovers: list[float] = []
    end = time.time() + minutes * 60
    seen = 0.0
    try:
        while time.time() < end:
            begun = _newest_begin(asking, seen)
            if begun is None:
                time.sleep(0.05)
                continue
            process, seen = begun
            time.sleep(rng.uniform(0.2, WORK_SECONDS * 0.8))
            mine = next((one for one in processes if one.pid == process), None)
            if mine is None:
                continue
            killed = time.time()
            mine.send_signal(signal.SIGKILL)
            mine.wait()
            processes = [one for one in processes if one is not mine] + [begin_worker(address)]
            again = _wait_for_begin(asking, killed, 60.0)
            failovers.append(again[1] - killed)
            seen = again[1]
            _wait_for_end(asking, again[0], again[1])
        time.sleep(75.0)  # the last slot ends, nothing is killed any more
    finally:
        for one in processes:
            one.send_signal(signal.SIGTERM)
            one.wait()
    return _told(asking, failovers)


def _newest_begin(engine: Engine, after: float) -> tuple[int, float] | None:
    with engine.connect() as conn:
        row = conn.execute(text("SELECT process, at FROM marks WHERE what = 'begin' AND at > :a ORDER BY at LIMIT 1"), {"a": after}).first()
    return (int(row.process), float(row.at)) if row else None


def _wait_for_begin(engine: Engine, after: float, longest: float) -> tuple[int, float]:
    deadline = time.time() + longest
    while time.time() < deadline:
        found = _newest_begin(engine, after)
        if found:
            return found
        time.sleep(0.02)
    raise RuntimeError("nobody took over")


def _wait_for_end(engine: Engine, process: int, after: float) -> None:
    deadline = time.time() + WORK_SECONDS * 3
    while time.time() < deadline:
        with engine.connect() as conn:
            query = text("SELECT 1 FROM marks WHERE what = 'end' AND process = :p AND at > :a")
            if conn.execute(query, {"p": process, "a": after}).first():
                return
        time.sleep(0.05)


def _told(engine: Engine, failovers: list[float]) -> dict[str, Any]:
    with engine.connect() as conn:
        rows = conn.execute(select(t.job_runs.c.slot, t.job_runs.c.status).where(t.job_runs.c.job == "slow")).all()
        begins = conn.execute(text("SELECT count(*) FROM marks WHERE what = 'begin'")).scalar()
        ends = conn.execute(text("SELECT count(*) FROM marks WHERE what = 'end'")).scalar()
    states = Counter(row.status for row in rows)
    slots = sorted(row.slot for row in rows)
    gaps = [str(b) for a, b in pairwise(slots) if b - a != timedelta(minutes=1)]
    return {
        "slots": len(rows),
        "states": dict(states),
        "slots_twice": len(slots) - len(set(slots)),
        "slots_missing_before": gaps,
        "kills": len(failovers),
        "begins": begins,
        "ends": ends,
        "failover_seconds": {
            "all": [round(one, 2) for one in failovers],
            "median": round(median(failovers), 2) if failovers else None,
            "longest": round(max(failovers), 2) if failovers else None,
        },
    }


def main() -> None:
    """Run, judge, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--serve", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve_as_worker(options.serve)
    with tempfile.TemporaryDirectory() as folder, databases("postgres", Path(folder)) as made:
        address = made.new()
        prepare(address)
        started = datetime.now(UTC)
        told = run(address, options.minutes, options.seed)
    result: dict[str, Any] = {
        **heading(f"python -m experiments.schedulers --minutes {options.minutes:g} --seed {options.seed}"),
        "seconds": round((datetime.now(UTC) - started).total_seconds()),
        "goal_failover_seconds": GOAL_SECONDS,
        **told,
    }
    # a worker that was killed began a slot that another ended: every slot ends exactly once
    result["passed"] = (
        told["states"] == {"done": told["slots"]}
        and told["slots_twice"] == 0
        and not told["slots_missing_before"]
        and told["ends"] == told["slots"]
        and told["begins"] == told["slots"] + told["kills"]
        and told["kills"] >= 3
        and told["failover_seconds"]["longest"] <= GOAL_SECONDS
    )
    store_json(RESULT, result)
    print(result)
    if not result["passed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
