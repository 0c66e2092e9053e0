"""The highest rate of a real mix of requests that the service answers well. ``python -m experiments.load [--alerts 100000] [--minutes 5]``

PostgreSQL with 100,000 alerts, two server processes, and the client that asks, all on this machine. The mix is what officers, analysts and other systems do:
lists and their filters, pages of alerts and tasks, signing and reporting, small imports, all with accounts and scopes. The rate is raised step by step;
the highest one with p99 ≤ 300 ms and no error is then held for five minutes. The result goes to ``experiments/results/load.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from experiments.databases import databases
from experiments.load.client import Measured, Request, drive, quantile
from experiments.load.world import build
from experiments.record import RESULTS, heading, store_json
from experiments.serving import Server
from risk.services import accounts, sessions
from risk.services.accounts import NewAccount
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction

RESULT = RESULTS / "load.json"
GOAL_RATE, GOAL_P99 = 200.0, 300.0
RATES = (25, 50, 75, 100, 125, 150, 175, 200, 250, 300)
CITIES = ("420100", "420500", "420900", "421000", "420600")
SHARES = {"list": 0.50, "page": 0.33, "act": 0.12, "import": 0.05}


def people(address: str) -> dict[str, str]:
    """Cookies: officers and heads of cities, an analyst of the province."""
    engine, now, found = open_engine(address), datetime.now(UTC), {}
    wanted: list[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]] = [("analyst", ("analyst",), (("", ""),))]
    wanted += [(f"city_{city}", ("office_head", "officer"), ((city, ""),)) for city in CITIES]
    for name, roles, grants in wanted:
        new = NewAccount(name, roles, None, grants)
        with transaction(engine) as conn:
            make = accounts.create if accounts.exist(conn) else accounts.create_first
            account = make(conn, new, digest=None, must_change=False, actor="experiment", now=now)
            token = sessions.open_session(conn, account, how="password", second_factor=True, now=now, client="experiment")
        found[name] = f"Cookie: risk_session={token}\r\n"
    engine.dispose()
    return found


class Mix:
    """Makes requests in the shares of the mix; tasks move on, each step once."""

    def __init__(self, address: str, cookies: dict[str, str], seed: int) -> None:
        engine = open_engine(address)
        with engine.connect() as conn:
            rows = conn.execute(select(t.tasks.c.id, t.tasks.c.alert_id, t.tasks.c.office_code).where(t.tasks.c.state == "issued")).all()
        engine.dispose()
        self._tasks = {city: [row for row in rows if row.office_code.startswith(city[:4])] for city in CITIES}
        self._waiting: list[tuple[str, int, str]] = []
        self._cookies, self._rng, self._made = cookies, random.Random(seed), 0
        for city in CITIES:
            self._rng.shuffle(self._tasks[city])
        self._fresh = {city: iter(self._tasks[city][: len(self._tasks[city]) // 2]) for city in CITIES}

    def make(self, rng: random.Random) -> Request:
        """The next request."""
        kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
        made: dict[str, Callable[[random.Random], Request]] = {
            "list": self._list,
            "page": self._page,
            "act": self._act,
            "import": self._import,
        }
        return made[kind](rng)

    def _list(self, rng: random.Random) -> Request:
        city = rng.choice(CITIES)
        who = self._cookies[f"city_{city}"] if rng.random() < 0.7 else self._cookies["analyst"]
        path = rng.choice(
            (
                "/api/v1/alerts?limit=50",
                "/api/v1/alerts?limit=50&grade=red",
                "/api/v1/alerts?limit=50&model=false_medical_advertising&grade=yellow",
                f"/api/v1/alerts?limit=50&region={city}",
                "/api/v1/tasks?limit=50",
                "/api/v1/tasks?limit=50&overdue=true",
                "/api/v1/tasks?limit=50&state=issued&grade=orange",
            )
        )
        return Request("list " + path.split("?")[0].rsplit("/", 1)[1], "GET", path, who)

    def _page(self, rng: random.Random) -> Request:
        city = rng.choice([one for one in CITIES if self._tasks[one]])
        row = rng.choice(self._tasks[city])
        path = f"/api/v1/alerts/{row.alert_id}" if rng.random() < 0.5 else f"/api/v1/tasks/{row.id}"
        return Request("page " + path.split("/")[3], "GET", path, self._cookies[f"city_{city}"])

    def _act(self, rng: random.Random) -> Request:
        if self._waiting and rng.random() < 0.6:
            city, task, step = self._waiting.pop(0)
        else:
            city = rng.choice([one for one in CITIES if self._tasks[one]])
            row = next(self._fresh[city], None)
            if row is None:
                return self._page(rng)
            task, step = row.id, "sign"
        body: dict[str, Any] = {}
        who = self._cookies[f"city_{city}"]
        then: Callable[[], None] | None = None
        if step == "sign":
            then = partial(self._waiting.append, (city, task, "report"))
        elif step == "report":
            names = [f"city_{city}", "李四"]
            body = {"code": "30", "sub_reason": "context_misread", "facts": "科普文章，未见推销", "officers": names}
        return Request(f"act {step}", "POST", f"/api/v1/tasks/{task}/{step}", who, json.dumps(body).encode(), then=then)

    def _import(self, rng: random.Random) -> Request:
        self._made += 1
        rows = [{"text": f"测试信号 {self._made}-{n}-{rng.random()}", "region": rng.choice(CITIES)} for n in range(5)]
        body = json.dumps({"source": "负载", "signals": rows}).encode()
        return Request("import", "POST", "/api/v1/signals", self._cookies["analyst"], body)


def told(measured: Measured, seconds: float) -> dict[str, Any]:
    """Rate, quantiles in milliseconds, errors."""
    kinds = {
        kind: {"n": len(values), "p50": round(quantile(values, 0.5), 1), "p99": round(quantile(values, 0.99), 1)}
        for kind, values in sorted(measured.latencies.items())
    }
    every = measured.all
    return {
        "answered_a_second": round(len(every) / seconds, 1),
        "p50": round(quantile(every, 0.5), 1),
        "p95": round(quantile(every, 0.95), 1),
        "p99": round(quantile(every, 0.99), 1),
        "errors": dict(measured.errors),
        "kinds": kinds,
    }


def main() -> None:
    """Build, search, hold, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--step-seconds", type=float, default=20.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--start", type=int, default=RATES[0])
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, databases("postgres", Path(name)) as made:
        home, address = Path(name) / "home", made.new()
        began = time.perf_counter()
        rows = build(home, address, options.alerts, seed=options.seed)
        print(f"{rows} in {time.perf_counter() - began:.0f} s", flush=True)
        cookies = people(address)
        server = Server({"RISK_HOME": str(home), "RISK_DATABASE": address}, "--workers", str(options.workers))
        server.start()
        mix = Mix(address, cookies, options.seed)

        def ask(rate: float, seconds: float, seed: int) -> dict[str, Any]:
            found = told(
                asyncio.run(drive(server.port, mix.make, rate=rate, seconds=seconds, connections=options.connections, seed=seed)), seconds
            )
            print(rate, json.dumps(found, ensure_ascii=False), flush=True)
            return found

        try:
            ask(10.0, 10.0, 1)  # warm
            steps: dict[str, Any] = {}
            best = 0.0
            for rate in (one for one in RATES if one >= options.start):
                steps[str(rate)] = found = ask(rate, options.step_seconds, rate)
                if found["errors"] or found["p99"] > GOAL_P99:
                    break
                best = float(rate)
            held: dict[str, Any] = {}
            while best > 0:
                held = {"rate": best, **ask(best, options.minutes * 60, 99)}
                if not held["errors"] and held["p99"] <= GOAL_P99:
                    break
                best -= 12.5
        finally:
            server.stop()
    result = {
        **heading(
            f"python -m experiments.load --alerts {options.alerts} --minutes {options.minutes:g} --workers {options.workers} --seed {options.seed}"
        ),
        "rows": rows,
        "shares": SHARES,
        "goal": {"rate": GOAL_RATE, "p99": GOAL_P99},
        "steps": steps,
        "held": held,
        "reached": bool(held) and held["rate"] >= GOAL_RATE,
    }
    store_json(RESULT, result)
    print(json.dumps(result["held"], indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
