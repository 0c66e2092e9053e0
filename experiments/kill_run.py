"""Does ``risk run`` lose or double anything when it is killed? ``python -m experiments.kill_run [--database postgres] [--times 42]``

Half of the kills come at any time, half at a random moment after a transaction began: most of a run's time goes into judging, outside of transactions, where a
kill proves little. A small demo province is taken in once; the store is judged once undisturbed and once with SIGKILLs; then both must hold the same: every signal judged once by
every model, the same candidates, alerts and tasks, and a balance that adds up. The result goes to ``experiments/results/kill_run.json``,
of PostgreSQL to ``kill_run_postgres.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from experiments.databases import KINDS, databases
from experiments.killing import Kills, finish, last_event, start
from experiments.record import RESULTS, heading, store_json
from risk.bootstrap import open_store
from risk.demo.files import write_week
from risk.demo.province import build
from risk.services import intake
from risk.settings import Settings
from risk.storage import migrate

END = date(2026, 11, 1)
AS_OF = "2026-10-31"
QUESTIONS = {
    "runs": "SELECT model, as_of, status, cursor, judged, candidates, balance FROM runs",
    "assessments": "SELECT signal_id, model, probability, grade, evidence_hash, evidence FROM assessments",
    "candidates": "SELECT r.model, c.signal_id, c.outcome, c.reason, a.merge_key FROM candidates c JOIN runs r ON r.id = c.run_id "
    "LEFT JOIN alerts a ON a.id = c.alert_id",
    "alerts": "SELECT merge_key, model, subject_id, region, grade, probability, status, title_zh, title_en FROM alerts",
    "evidence": "SELECT a.merge_key, s.signal_id, s.model FROM alert_evidence e JOIN alerts a ON a.id = e.alert_id JOIN assessments s ON s.id = e.assessment_id",
    "tasks": "SELECT a.merge_key, t.office_code, t.state, t.grade, t.version FROM tasks t JOIN alerts a ON a.id = t.alert_id",
    "events": "SELECT a.merge_key, e.event, e.from_state, e.to_state FROM task_events e JOIN tasks t ON t.id = e.task_id JOIN alerts a ON a.id = t.alert_id",
}
BALANCED = "SELECT count(*) FROM runs r WHERE r.candidates = (SELECT count(*) FROM candidates c WHERE c.run_id = r.id)"


def take_in(home: Path, address: str, signals: int, seed: int) -> None:
    """A store with signals of a small province, nothing judged yet."""
    migrate.upgrade(address)
    engine = open_store(Settings.from_environment({"RISK_HOME": str(home), "RISK_DATABASE": address}))
    province = build(seed=seed, end=END, subjects=max(signals // 3, 200), signals=signals)
    now = datetime(END.year, END.month, END.day, tzinfo=UTC) - timedelta(hours=9)
    for source, path in write_week(home / "incoming", 1, province.observed):
        intake.take(engine, path, source=source, actor="experiment", now=now)
    engine.dispose()


def kill_often(arguments: Sequence[str], surroundings: Mapping[str, str], trace: Path, *, times: int, longest: float, seed: int) -> Kills:
    """Start the command ``times`` times and kill it, every other time as soon as a transaction has begun and a random moment has passed."""
    rng = random.Random(seed)
    result = Kills()
    for number in range(times):
        process = start(arguments, surroundings, trace)
        if rng.random() < 0.05:
            time.sleep(rng.uniform(0.0, 1.0))
        else:
            _wait(process, trace, ("begin", "commit"))
            time.sleep(rng.uniform(0.0, longest))
            if number % 2:
                _wait(process, trace, ("commit",))
                _wait(process, trace, ("begin",))
                time.sleep(rng.uniform(0.0, 0.05))
        if process.poll() is not None:
            process.communicate()
            result.finished_first += 1
            break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        last = last_event(trace, process.pid)
        result.kills += 1
        result.inside += last == "begin"
        result.before_first_transaction += last is None
    return result


def _wait(process: subprocess.Popen[bytes], trace: Path, events: tuple[str, ...]) -> None:
    while process.poll() is None and last_event(trace, process.pid) not in events:
        time.sleep(0.001)


def contents(address: str, questions: Mapping[str, str] = QUESTIONS) -> dict[str, list[Any]]:
    """What a store answers, in an order of its own: neither ids nor times of ours are asked for."""
    engine = create_engine(address, poolclass=NullPool)
    with engine.connect() as conn:
        if engine.dialect.name == "sqlite":
            assert conn.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        found = {name: sorted((_plain(row) for row in conn.execute(text(asked))), key=repr) for name, asked in questions.items()}
    engine.dispose()
    return found


def _plain(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row whose JSON is text on either database."""
    return tuple(json.dumps(value, sort_keys=True, ensure_ascii=False) if isinstance(value, dict | list) else value for value in row)


def doubled(rows: list[Any], *columns: int) -> int:
    """How many rows repeat others in these columns."""
    keys = [tuple(row[column] for column in columns) for row in rows]
    return len(keys) - len(set(keys))


def measure(kind: str, *, times: int, signals: int, chunk: int, longest: float, seed: int) -> dict[str, Any]:
    """Judge calmly and under kills on one kind of database; what was found."""
    arguments = ["run", "--rules-only", "--as-of", AS_OF, "--actor", "experiment", "--chunk", str(chunk)]
    with tempfile.TemporaryDirectory() as name, databases(kind, Path(name)) as made:
        folder, calm_store = Path(name), made.new()
        homes = {"calm": folder / "calm", "killed": folder / "killed"}
        take_in(homes["calm"], calm_store, signals, seed)
        stores = {"calm": calm_store, "killed": made.copy(calm_store)}
        surroundings = {one: {"RISK_HOME": str(homes[one]), "RISK_DATABASE": stores[one]} for one in homes}
        kills = kill_often(arguments, surroundings["killed"], folder / "trace.txt", times=times, longest=longest, seed=seed)
        for one in homes:
            finish(arguments, surroundings[one])
        calm, killed = (contents(stores[one], QUESTIONS | {"balanced runs": BALANCED}) for one in ("calm", "killed"))
    same = {name: calm[name] == killed[name] for name in calm}
    double = {
        "assessments": doubled(killed["assessments"], 0, 1),
        "candidates": doubled(killed["candidates"], 0, 1),
        "alerts": doubled(killed["alerts"], 0),
        "tasks": doubled(killed["tasks"], 0),
    }
    balanced = killed["balanced runs"] == [(len(killed["runs"]),)] and all(
        row[5] == sum(json.loads(row[6]).values()) and row[2] == "done" for row in killed["runs"]
    )
    return {
        "database": kind,
        **kills.record(),
        "share_inside": round(kills.inside / max(kills.kills, 1), 3),
        "same": same,
        "doubled": double,
        "balanced": balanced,
        "counts": {name: len(killed[name]) for name in QUESTIONS},
        "passed": all(same.values()) and not any(double.values()) and balanced and kills.kills == times and kills.inside * 3 >= kills.kills,
    }


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--times", type=int, default=42)
    parser.add_argument("--signals", type=int, default=4_000)
    parser.add_argument("--chunk", type=int, default=15)
    parser.add_argument("--longest", type=float, default=1.5)
    parser.add_argument("--seed", type=int, default=7)
    given = vars(parser.parse_args())
    kind = str(given["database"])
    found = measure(kind, **{name: value for name, value in given.items() if name != "database"})
    command = "python -m experiments.kill_run " + " ".join(f"--{name} {value}" for name, value in given.items())
    store_json(RESULTS / ("kill_run.json" if kind == "sqlite" else f"kill_run_{kind}.json"), {**heading(command), **found})
    print(json.dumps(found, indent=2))
    if not found["passed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
