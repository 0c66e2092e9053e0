"""Does retraining lose or double anything when it is killed? ``python -m experiments.kill_retrain [--database postgres] [--times 50]``

A small demo province lives through some weeks, so that there are labels and champions. Then ``risk retrain run … --always`` is started again and again and
killed with SIGKILL: half of the kills at any time, half as soon as a transaction has begun. In the end an undisturbed start finishes what is left, and then

- no training is unfinished, and none was written twice,
- every training that made a version has it in the registry, and no training has two,
- the champion of the registry is the one that the trainings say, and it loads and scores,
- no label, verdict or alert has changed.

The result goes to ``experiments/results/kill_retrain_<database>.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from experiments.databases import KINDS, databases
from experiments.kill_run import contents
from experiments.killing import Kills, finish, last_event, start
from experiments.record import RESULTS, heading, store_json
from risk.bootstrap import open_store
from risk.settings import Settings
from risk.storage import migrate

MODELS = ("false_medical_advertising", "illegal_drug_sales")
UNTOUCHED = {
    "labels": "SELECT model, signal_id, verdict_id, value, weight, source FROM labels",
    "verdicts": "SELECT task_id, code, sub_reason, facts FROM verdicts",
    "alerts": "SELECT merge_key, model, grade, status FROM alerts",
}


def live_some_weeks(home: Path, address: str, days: int, seed: int) -> Settings:
    """A province with labels and champions."""
    from risk.demo import story

    migrate.upgrade(address)
    settings = Settings.from_environment({"RISK_HOME": str(home), "RISK_DATABASE": address})
    engine = open_store(settings)
    story.tell(engine, settings, days=days, seed=seed, say=lambda _line: None)
    engine.dispose()
    return settings


def kill_often(surroundings: Mapping[str, str], trace: Path, *, times: int, longest: float, seed: int) -> Kills:
    """Start the retraining of two models and kill it, again and again; one that ended by itself first counts as no kill."""
    rng, result = random.Random(seed), Kills()
    while result.kills < times:
        process = start(["retrain", "run", *MODELS, "--always", "--actor", "experiment"], surroundings, trace)
        wanted = time.monotonic() + 8.0 + rng.uniform(0.0, longest)  # some eight seconds go into starting
        while process.poll() is None and time.monotonic() < wanted:
            time.sleep(0.01)
        if result.kills % 2:
            before = _lines(trace)
            while process.poll() is None and not (_lines(trace) > before and last_event(trace, process.pid) == "begin"):
                time.sleep(0.0005)
        if process.poll() is not None:
            process.communicate()
            result.finished_first += 1
            if process.returncode != 0:
                raise RuntimeError("retraining failed by itself")
            continue
        _kill(process)
        last = last_event(trace, process.pid)
        result.kills += 1
        result.inside += last == "begin"
        result.before_first_transaction += last is None
    return result


def _lines(trace: Path) -> int:
    return trace.stat().st_size if trace.exists() else 0


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def look(settings: Settings) -> dict[str, Any]:
    """What stands in the database and in the registry, and whether they agree."""
    from models.registry import Registry
    from risk.bootstrap import open_scorer
    from risk.services.retraining_registry import RUN, champion

    engine = create_engine(settings.database_url, poolclass=NullPool)
    with engine.connect() as conn:
        asked = "SELECT key, model, status, decision, challenger, id FROM trainings ORDER BY id"
        trainings = [row._asdict() for row in conn.execute(text(asked))]
    engine.dispose()
    registry = Registry(settings.registry_dir)
    made: Counter[str] = Counter()
    versions: dict[str, set[str]] = {}
    for model in MODELS:
        for one in registry.versions(model, ""):
            made[json.loads(one.tags.get("risk.dossier", "{}")).get(RUN, "")] += 1
            versions.setdefault(model, set()).add(str(one.version))
    crowned = {}
    for model in MODELS:
        won = [row for row in trainings if row["model"] == model and row["decision"] in ("first", "promoted")]
        crowned[model] = [str(won[-1]["challenger"]) if won else None, champion(settings, model)]
    scorer = open_scorer(settings)
    wanted = [row for row in trainings if row["model"] in MODELS and row["challenger"] is not None]
    return {
        "trainings": len(trainings),
        "unfinished": sum(row["status"] in ("running", "decided") for row in trainings),
        "twice": len(trainings) - len({row["key"] for row in trainings}),
        "versions_of_one_training": max(made.values(), default=0),
        "versions_missing": sum(str(row["challenger"]) not in versions.get(row["model"], set()) for row in wanted),
        "champions": crowned,
        "loads": all(model in scorer.learners for model in MODELS),
    }


def measure(kind: str, *, times: int, days: int, longest: float, seed: int) -> dict[str, Any]:
    """Kill retrainings on one kind of database; what was found."""
    with tempfile.TemporaryDirectory() as name, databases(kind, Path(name)) as made:
        home, address = Path(name) / "home", made.new()
        settings = live_some_weeks(home, address, days, seed)
        before = contents(address, UNTOUCHED)
        surroundings = {"RISK_HOME": str(home), "RISK_DATABASE": address}
        kills = kill_often(surroundings, Path(name) / "trace.txt", times=times, longest=longest, seed=seed)
        if kind == "postgres":
            time.sleep(8.0)  # the lease of the last one that was killed
        finish(["retrain", "run", *MODELS, "--actor", "experiment"], surroundings)
        found = look(settings)
        same = before == contents(address, UNTOUCHED)
    passed = (
        not (found["unfinished"] or found["twice"] or found["versions_missing"])
        and found["versions_of_one_training"] == 1
        and all(said == held for said, held in found["champions"].values())
        and found["loads"]
        and same
        and kills.inside * 3 >= kills.kills
    )
    return {
        "database": kind,
        **kills.record(),
        "share_inside": round(kills.inside / max(kills.kills, 1), 3),
        **found,
        "labels_verdicts_alerts_untouched": same,
        "passed": passed,
    }


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--longest", type=float, default=15.0)
    parser.add_argument("--seed", type=int, default=7)
    given = vars(parser.parse_args())
    started = datetime.now(UTC)
    found = measure(str(given["database"]), **{name: value for name, value in given.items() if name != "database"})
    command = "python -m experiments.kill_retrain " + " ".join(f"--{name} {value}" for name, value in given.items())
    found["seconds"] = round((datetime.now(UTC) - started).total_seconds())
    store_json(RESULTS / f"kill_retrain_{given['database']}.json", {**heading(command), **found})
    print(json.dumps(found, indent=2))
    if not found["passed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
