"""Is a verdict lost or doubled when the server is killed? ``python -m experiments.kill_verdicts [--database postgres] [--times 50]``

Officers (one client) work through the tasks of a small demo province over HTTP: sign, report, accept and close, each request with an Idempotency-Key and
repeated until it is answered. The server is killed with SIGKILL at random moments, half of them as soon as a transaction has begun, and started again. In
the end every task must be closed by one verdict, with each step once, one label where the verdict teaches, each event of the outbox once, and a chain of
audit entries that verifies. The result goes to ``experiments/results/kill_verdicts_<database>.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.databases import KINDS, databases
from experiments.kill_run import AS_OF, contents, take_in
from experiments.killing import Kills, finish
from experiments.record import RESULTS, heading, store_json
from experiments.serving import Server

VERDICTS = (("10", None), ("12", None), ("30", "context_misread"), ("31", None))
STEPS = ("sign", "report", "accept")
QUESTIONS = {
    "tasks": "SELECT id, state FROM tasks",
    "verdicts": "SELECT task_id, code FROM verdicts",
    "events": "SELECT task_id, event, count(*) FROM task_events WHERE event IN ('sign', 'start', 'report', 'accept', 'close') GROUP BY task_id, event",
    "labels": "SELECT verdict_id, model, signal_id FROM labels WHERE verdict_id IS NOT NULL",
    "outbox": "SELECT event, object, count(*) FROM outbox WHERE object LIKE 'task:%' OR object LIKE 'verdict:%' GROUP BY event, object",
    "audit": "SELECT object, action, count(*) FROM audit WHERE action IN ('task.sign', 'task.report', 'task.close') GROUP BY object, action",
}


class Officers(threading.Thread):
    """One client that gives no rest: every step is repeated until the server has said yes."""

    def __init__(self, server: Server, tasks: list[int], seed: int) -> None:
        super().__init__(daemon=True)
        self.server, self.tasks, self.rng = server, tasks, random.Random(seed)
        self.acknowledged: dict[int, str] = {}
        self.repeats = 0
        self.strange: list[str] = []

    def run(self) -> None:
        """Work through the tasks in order."""
        for task in self.tasks:
            code, sub = self.rng.choice(VERDICTS)
            facts = {"code": code, "sub_reason": sub, "facts": f"experiment {task}", "officers": ["张三", "李四"]}
            for step in STEPS:
                self._insist(task, step, facts if step == "report" else {"close": True} if step == "accept" else {})
            self.acknowledged[task] = code

    def _insist(self, task: int, step: str, body: dict[str, Any]) -> None:
        headers = {"X-Actor": "experiment" if step != "accept" else "head", "Idempotency-Key": f"{task}-{step}"}
        while True:
            try:
                status, said = self.server.ask("POST", f"/api/v1/tasks/{task}/{step}", body, headers)
            except OSError:
                self.repeats += 1
                time.sleep(0.02)
                continue
            if status == 200 or (status == 409 and said["code"] == "idempotency_answer_gone"):
                return
            if not (status == 409 and said["code"] == "idempotency_running") and status < 500:
                self.strange.append(f"{task} {step}: {status} {said}"[:300])
                return
            self.repeats += 1
            time.sleep(0.05)


def kill_often(server: Server, trace: Path, officers: Officers, *, times: int, longest: float, seed: int) -> Kills:
    """Kill and start the server again while the officers work."""
    rng, result = random.Random(seed), Kills()
    while result.kills < times and officers.is_alive():
        time.sleep(rng.uniform(0.0, longest))
        if result.kills % 2:
            before = trace.stat().st_size if trace.exists() else 0
            _wait_for_begin(trace, before, officers)
        server.kill()
        last = _last(trace)
        result.kills += 1
        result.inside += last == "begin"
        trace.unlink(missing_ok=True)
        server.start()
    return result


def _last(trace: Path) -> str | None:
    lines = trace.read_text().splitlines() if trace.exists() else []
    return lines[-1].split()[2] if lines else None


def _wait_for_begin(trace: Path, before: int, officers: Officers) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and officers.is_alive():
        if trace.exists() and trace.stat().st_size > before and _last(trace) == "begin":
            return
        time.sleep(0.0005)


def measure(kind: str, *, times: int, signals: int, longest: float, seed: int) -> dict[str, Any]:
    """Verdicts under kills on one kind of database; what was found."""
    with tempfile.TemporaryDirectory() as name, databases(kind, Path(name)) as made:
        home, address, trace = Path(name) / "home", made.new(), Path(name) / "trace.txt"
        take_in(home, address, signals, seed)
        surroundings = {"RISK_HOME": str(home), "RISK_DATABASE": address, "RISK_LANG": "en"}
        finish(["run", "--rules-only", "--as-of", AS_OF, "--actor", "experiment"], surroundings)
        tasks = [row[0] for row in contents(address, {"tasks": "SELECT id FROM tasks"})["tasks"]]
        server = Server(surroundings, trace=trace)
        server.start()
        officers = Officers(server, tasks, seed)
        officers.start()
        kills = kill_often(server, trace, officers, times=times, longest=longest, seed=seed)
        officers.join(600)
        server.stop()
        found = contents(address, QUESTIONS)
        verified = "intact" if _chain_holds(surroundings) else "broken"
    return {"database": kind, **kills.record(), **judge(kills, officers, found), "audit_chain": verified} | {
        "share_inside": round(kills.inside / max(kills.kills, 1), 3)
    }


def judge(kills: Kills, officers: Officers, found: dict[str, list[Any]]) -> dict[str, Any]:
    """What holds."""
    verdicts = Counter(task for task, _ in found["verdicts"])
    codes = dict(found["verdicts"])
    steps = {(task, event): count for task, event, count in found["events"]}
    wanted = [(task, event) for task in officers.tasks for event in ("sign", "start", "report", "accept", "close")]
    told = {
        "tasks": len(officers.tasks),
        "repeated_requests": officers.repeats,
        "strange_answers": officers.strange[:5],
        "acknowledged": len(officers.acknowledged),
        "lost": sum(codes.get(task) != code for task, code in officers.acknowledged.items()),
        "verdicts_doubled": sum(count > 1 for count in verdicts.values()),
        "steps_missing": sum(step not in steps for step in wanted),
        "steps_doubled": sum(count > 1 for count in steps.values()),
        "labels": len(found["labels"]),
        "labels_doubled": len(found["labels"]) - len(set(found["labels"])),
        "events_of_outbox": len(found["outbox"]),
        "audit_doubled": sum(count > 1 for *_, count in found["audit"]),
        "audit_missing": 3 * len(officers.tasks) - len(found["audit"]),
    }
    bad = ("lost", "verdicts_doubled", "steps_missing", "steps_doubled", "labels_doubled", "audit_doubled", "audit_missing")
    told["passed"] = (
        not any(told[name] for name in bad)
        and not officers.strange
        and told["acknowledged"] == told["tasks"]
        and all(state == "closed" for _, state in found["tasks"])
        and kills.inside * 3 >= kills.kills
    )
    return told


def _chain_holds(surroundings: dict[str, str]) -> bool:
    try:
        finish(["audit", "verify"], surroundings)
    except RuntimeError:
        return False
    return True


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--signals", type=int, default=6_000)
    parser.add_argument("--longest", type=float, default=0.6)
    parser.add_argument("--seed", type=int, default=7)
    given = vars(parser.parse_args())
    started = datetime.now(UTC)
    found = measure(str(given["database"]), **{name: value for name, value in given.items() if name != "database"})
    found["passed"] = found["passed"] and found["kills"] == given["times"] and found["audit_chain"] == "intact"
    found["seconds"] = round((datetime.now(UTC) - started).total_seconds())
    command = "python -m experiments.kill_verdicts " + " ".join(f"--{name} {value}" for name, value in given.items())
    store_json(RESULTS / f"kill_verdicts_{given['database']}.json", {**heading(command), **found})
    print(json.dumps(found, indent=2, ensure_ascii=False))
    if not found["passed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
