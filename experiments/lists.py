"""How long does a list page wait for its filter? ``python -m experiments.lists --home FOLDER [--alerts 100000] [--database sqlite|postgres]``

A copy of a demo's home (``risk demo`` makes one), so that there are verdicts, events and tasks of every state, is multiplied to 100,000 alerts; its rows are carried into a
new store of either kind first. Then a real server is asked over HTTP for every filter of the lists of alerts, tasks, signals and subjects, alone with each order and with each other filter, for
the whole province and for one city; and for the counts beside them. The result goes to ``experiments/results/lists.json``.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine, insert, select, text

from experiments.contact_sheet import tokens
from experiments.databases import KINDS, databases
from experiments.load.client import quantile
from experiments.load.world import COPIED, multiply
from experiments.record import RESULTS, heading, store_json
from experiments.serving import Server
from risk.storage import migrate
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction

RESULT = RESULTS / "lists.json"
GOAL = 300.0
"""Milliseconds for a page of any list, whatever is filtered."""

TABLES = (*COPIED, t.verdicts)
LEFT_OUT = {
    "audit",
    "audit_head",
    "outbox",
    "push_deliveries",
    "push_attempts",
    "labels",
    "shadow_scores",
    "shadow_hits",
    "repair_tasks",
    "verdict_events",
}
OF_EVIDENCE = "id IN (SELECT assessment_id FROM alert_evidence WHERE id < 1000000)"
ONLY = {
    "assessments": OF_EVIDENCE,
    "signals": f"id IN (SELECT signal_id FROM assessments WHERE {OF_EVIDENCE})",
    "candidates": "alert_id IS NOT NULL",
}
WHOLE, CITY = "lixiang", "zhangwei"
"""An analyst of the province and an officer of its capital, of the demo's accounts."""

Filters = Mapping[str, tuple[str, ...]]
Answers = list[tuple[float, float]]
STEPS = ("issued", "signed", "reported", "in_time", "late_done", "late", "told", "confirmed", "unfounded", "filed", "transferred")
LISTS: dict[str, tuple[Filters, tuple[str, ...]]] = {
    "alerts": (
        {
            "model": ("illegal_drug_sales",),
            "grade": ("red", "blue"),
            "region": ("420100", "429021"),
            "status": ("open", "tasked", "closed"),
            "subject": ("SUBJECT",),
            "source": ("SOURCE", "none of them"),
            "office": ("OFFICE",),
            "opened_from": ("2026-10-20T00:00:00+08:00",),
            "opened_to": ("2026-09-01T00:00:00+08:00",),
            "text": ("医疗", "nowhere to be found"),
            "has_verdict": ("true", "false"),
            "origin": ("run", "manual"),
            "step": STEPS,
        },
        ("newest", "gravest", "probability", "updated"),
    ),
    "tasks": (
        {
            "office": ("OFFICE",),
            "state": ("issued", "signed", "reported", "closed"),
            "grade": ("red", "blue"),
            "model": ("illegal_drug_sales",),
            "overdue": ("true",),
            "kind": ("alert", "assist"),
            "officer": ("OFFICER",),
            "mine": ("true",),
            "escalated": ("true",),
            "paused": ("true",),
            "extension_asked": ("true",),
            "region": ("420100", "429021"),
            "waiting": ("true",),
            "due_soon": ("true",),
        },
        ("due", "-due", "grade", "issued", "-issued", "updated", "-updated"),
    ),
    "signals": (
        {
            "source": ("SOURCE", "none of them"),
            "region": ("420100", "429021"),
            "subject": ("NAME",),
            "since": ("2026-10-20T00:00:00+08:00",),
            "until": ("2026-09-01T00:00:00+08:00",),
            "channel": ("CHANNEL", "none of them"),
            "kind": ("report", "warning"),
            "text": ("医疗", "nowhere to be found"),
            "judged": ("true", "false"),
        },
        ("",),
    ),
    "subjects": ({"q": ("NAME", "no such name"), "region": ("420100", "429021"), "alerted": ("true",)}, ("",)),
    "alerts/counts": (
        {"grade": ("red",), "region": ("420100",), "status": ("tasked",), "has_verdict": ("true",), "step": STEPS, "text": ("医疗",)},
        ("",),
    ),
    "tasks/counts": ({"mine": ("true",), "office": ("OFFICE",)}, ("",)),
}


def carry(source: Engine, target: Engine) -> None:
    """The rows that the lists read, from one store to a new one."""
    tables = [table for table in t.metadata.sorted_tables if table.name not in LEFT_OUT]
    with source.connect() as old, transaction(target) as new:
        for table in reversed(tables):
            new.execute(table.delete())
        for table in tables:
            wanted = select(table)
            if table.name in ("assessments", "candidates"):  # most stand behind no alert
                wanted = wanted.where(text(ONLY[table.name]))
            for rows in old.execute(wanted).mappings().partitions(5_000):
                new.execute(insert(table), [dict(row) for row in rows])
            if new.dialect.name == "postgresql" and "id" in table.c and table.c.id.autoincrement is True:
                newest = f"(SELECT coalesce(max(id), 1) FROM {table.name})"
                new.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {newest})"))


def facts(engine: Engine) -> dict[str, str]:
    """Values that occur, for the placeholders of `LISTS`: of the commonest each."""
    asked = {
        "SOURCE": "SELECT source FROM signals GROUP BY source ORDER BY count(*) DESC LIMIT 1",
        "CHANNEL": "SELECT channel FROM signals WHERE channel IS NOT NULL GROUP BY channel ORDER BY count(*) DESC LIMIT 1",
        "OFFICE": "SELECT office_code FROM tasks GROUP BY office_code ORDER BY count(*) DESC LIMIT 1",
        "OFFICER": "SELECT officer FROM tasks WHERE officer IS NOT NULL GROUP BY officer ORDER BY count(*) DESC LIMIT 1",
        "SUBJECT": "SELECT subject_id FROM alerts WHERE subject_id IS NOT NULL GROUP BY subject_id ORDER BY count(*) DESC LIMIT 1",
        "NAME": "SELECT name FROM subjects WHERE id = (SELECT max(subject_id) FROM alerts)",
    }
    with engine.connect() as conn:
        return {name: str(conn.scalar(text(query))) for name, query in asked.items()}


def questions(name: str, known: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Of one list: each order alone and with each value of each filter, then every two filters together, the first values of both."""
    filters, orders = LISTS[name]
    told = {key: [known.get(value, value) for value in values] for key, values in filters.items()}
    for order in orders:
        sort = {"sort": order} if order else {}
        yield sort
        for key, values in told.items():
            for value in values:
                yield {**sort, key: value}
    for one, other in combinations(told, 2):
        yield {one: told[one][0], other: told[other][0]}


def ask(
    server: Server, cookies: Mapping[str, str], known: Mapping[str, str], repeats: int, behind: list[int]
) -> dict[str, dict[str, Answers]]:
    """List → question → (milliseconds on the clock, of the processor: the server's own and that of the processes ``behind`` it), so many times by each of two accounts."""
    assert server.process is not None
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    found: dict[str, dict[str, Answers]] = {}
    for name in LISTS:
        limit = {} if name.endswith("counts") else {"limit": "30"}
        found[name] = collected = defaultdict[str, Answers](list)
        asked = [(who, question) for who in (WHOLE, CITY) for question in questions(name, known)]
        for who, question in [*asked[:3], *asked * repeats]:  # the first of a list loads what it needs
            path = f"/api/v1/{name}?{urlencode({**question, **limit})}"
            processes, began = [server.process.pid, *behind], time.perf_counter()
            before = sum(map(processor, processes))
            line.request("GET", path, headers={"Cookie": f"risk_session={cookies[who]}"})
            answer = line.getresponse()
            answer.read()
            took, spent = time.perf_counter() - began, sum(map(processor, processes)) - before
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")
            collected[f"{who}?{urlencode(question, safe=':+')}"].append((took * 1000, spent * 1000))
        for label in [f"{who}?{urlencode(question, safe=':+')}" for who, question in asked[:3]]:
            collected[label].pop(0)
    return found


def processor(pid: int) -> float:
    """Seconds of processor that a process has used (of Linux: every process has a clock)."""
    return time.clock_gettime((~pid << 3) | 2)


def backends(address: str) -> list[int]:
    """The processes of PostgreSQL that serve others than us."""
    engine = open_engine(address)
    with engine.connect() as conn:
        found = conn.scalars(text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")).all()
    engine.dispose()
    return [int(pid) for pid in found]


def told(found: Mapping[str, Answers]) -> dict[str, Any]:
    """Of one list, over its questions: quantiles of the middle answer of each, on the clock and of the processor, and the slowest ones."""
    clock = {question: statistics.median(one for one, _ in answers) for question, answers in found.items()}
    spent = {question: statistics.median(one for _, one in answers) for question, answers in found.items()}
    slowest = sorted(spent, key=lambda question: -spent[question])[:8]
    shares = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return {
        "questions": len(clock),
        "clock": {name: round(quantile(list(clock.values()), share), 1) for name, share in shares.items()},
        "processor": {name: round(quantile(list(spent.values()), share), 1) for name, share in shares.items()},
        "beyond_the_goal": {"clock": sum(one > GOAL for one in clock.values()), "processor": sum(one > GOAL for one in spent.values())},
        "slowest": {question: {"processor": round(spent[question], 1), "clock": round(clock[question], 1)} for question in slowest},
    }


def measure(kind: str, demo: Path, alerts: int, repeats: int) -> dict[str, Any]:
    """Build, serve, ask: on one kind of database."""
    with tempfile.TemporaryDirectory() as name, databases(kind, Path(name)) as made:
        home = Path(name) / "home"
        shutil.copytree(demo, home)
        cookies = tokens(home)
        source, address = open_engine(f"sqlite:///{home / 'risk.db'}"), made.new()
        migrate.upgrade(address)  # with the indexes of today, whenever the demo was made
        engine = open_engine(address)
        carry(source, engine)
        source.dispose()
        rows = multiply(engine, alerts, TABLES, ONLY, tidy=kind != "sqlite")  # nobody analyses an embedded store
        known = facts(engine)
        engine.dispose()
        print(kind, rows, flush=True)
        server = Server({"RISK_HOME": str(home), "RISK_DATABASE": address})
        server.start(900.0)
        before = os.getloadavg()[0]
        try:
            server.ask("GET", "/api/v1/alerts?limit=1", headers={"Cookie": f"risk_session={cookies[WHOLE]}"})
            found = ask(server, cookies, known, repeats, [] if kind == "sqlite" else backends(address))
        finally:
            server.stop()
    return {
        "rows": rows,
        "load_average": [round(before, 1), round(os.getloadavg()[0], 1)],
        "lists": {one: told(values) for one, values in found.items()},
    }


def main() -> None:
    """Measure, tell, store; what was measured of the other database before stays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="RISK_HOME of a demo")
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--database", choices=KINDS, action="append", default=[])
    options = parser.parse_args()
    kinds = options.database or list(KINDS)
    kept = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.is_file() else {}
    for kind in kinds:
        kept[kind] = measure(kind, options.home, options.alerts, options.repeats)
        print(json.dumps(kept[kind], ensure_ascii=False, indent=1), flush=True)
    command = f"python -m experiments.lists --home HOME --alerts {options.alerts} --repeats {options.repeats}"
    store_json(RESULT, {**heading(command), "goal_milliseconds": GOAL, **{kind: kept[kind] for kind in KINDS if kind in kept}})


if __name__ == "__main__":
    main()
