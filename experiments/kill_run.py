"""Does ``risk run`` lose or double anything when it is killed? ``python -m experiments.kill_run [--times 42]``

Half of the kills come at any time, half at a random moment after a transaction began: most of a run's time goes into judging, outside of transactions, where a
kill proves little. A small demo province is taken in once; the store is judged once undisturbed and once with SIGKILLs; then both must hold the same: every signal judged once by
every model, the same candidates, alerts and tasks, and a balance that adds up. The result goes to ``experiments/results/kill_run.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from experiments.killing import Kills, finish, last_event, start
from risk.bootstrap import open_store
from risk.demo.files import write_week
from risk.demo.province import build
from risk.services import intake
from risk.settings import Settings

RESULT = Path(__file__).parent / "results" / "kill_run.json"
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


def take_in(home: Path, signals: int, seed: int) -> None:
    """A store with signals of a small province, nothing judged yet."""
    engine = open_store(Settings.from_environment({"RISK_HOME": str(home)}))
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


def contents(database: Path) -> dict[str, list[Any]]:
    """What a store holds of judging and disposal, without ids of its own and times."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = {name: sorted(connection.execute(question).fetchall(), key=repr) for name, question in QUESTIONS.items()}
        found["balanced runs"] = connection.execute(BALANCED).fetchall()
        return found


def doubled(rows: list[Any], *columns: int) -> int:
    """How many rows repeat others in these columns."""
    keys = [tuple(row[column] for column in columns) for row in rows]
    return len(keys) - len(set(keys))


def main() -> None:
    """Run both, compare, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=42)
    parser.add_argument("--signals", type=int, default=4_000)
    parser.add_argument("--chunk", type=int, default=15)
    parser.add_argument("--longest", type=float, default=1.5)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    arguments = ["run", "--rules-only", "--as-of", AS_OF, "--actor", "experiment", "--chunk", str(options.chunk)]
    with tempfile.TemporaryDirectory() as folder:
        homes = {name: Path(folder) / name for name in ("calm", "killed")}
        take_in(homes["calm"], options.signals, options.seed)
        shutil.copytree(homes["calm"], homes["killed"])
        surroundings = {name: {"RISK_HOME": str(home), "RISK_DATABASE": f"sqlite:///{home / 'risk.db'}"} for name, home in homes.items()}
        trace = Path(folder) / "trace.txt"
        kills = kill_often(arguments, surroundings["killed"], trace, times=options.times, longest=options.longest, seed=options.seed)
        finish(arguments, surroundings["killed"])
        finish(arguments, surroundings["calm"])
        calm, killed = (contents(homes[name] / "risk.db") for name in ("calm", "killed"))
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
    result = {
        "command": "python -m experiments.kill_run " + " ".join(f"--{name} {value}" for name, value in vars(options).items()),
        **kills.record(),
        "share_inside": round(kills.inside / max(kills.kills, 1), 3),
        "same": same,
        "doubled": double,
        "balanced": balanced,
        "counts": {name: len(killed[name]) for name in QUESTIONS},
        "passed": all(same.values())
        and not any(double.values())
        and balanced
        and kills.kills == options.times
        and kills.inside * 3 >= kills.kills,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
    if not result["passed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
