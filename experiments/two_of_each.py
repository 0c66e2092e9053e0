"""Do two servers and two workers on one PostgreSQL behave as one service? ``python -m experiments.two_of_each [--minutes 3]``

Two ``risk serve`` and two ``risk worker`` share a database and a home; a round-robin proxy stands before the servers and gives every connection to the next one, the
worst case of all: no request may rely on the one before it having come to the same process. Asked of it, as a browser would: a session begun at one server holds at the other and ends
at both; a repeated Idempotency-Key is done once, also where the repeats come at the same moment; how much a caller may ask; an import sent to one server is followed at the
other; each slot of each job runs once, on both workers; one server is stopped, and nobody is signed out. The result goes to ``experiments/results/two_of_each.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, select, text, update
from sqlalchemy.pool import NullPool

from experiments.databases import databases
from experiments.killing import start
from experiments.record import RESULTS, heading, store_json
from experiments.serving import Server, free_port
from risk.scheduling import jobs
from risk.services import accounts
from risk.services.accounts import NewAccount
from risk.services.dispatch import seed_offices
from risk.services.secrets_passwords import Passwords
from risk.settings import Settings
from risk.storage import migrate
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction

RESULT = RESULTS / "two_of_each.json"
RATE = 60
PASSWORD = "蓝色 信号 9 号 台阶"
FREQUENT = ("judge", "assign", "audit_out", "take_files")
"""Jobs that are due every minute here."""


class Proxy:
    """A TCP proxy in a thread of its own: each connection goes to the next server that takes it, whole and untouched."""

    def __init__(self, ports: list[int]) -> None:
        self.ports = ports
        self.port = free_port()
        self.taken: Counter[int] = Counter()
        self._next = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in self.ports:
            port = self.ports[self._next % len(self.ports)]
            self._next += 1
            try:
                there, back = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue  # stopped: the next one
            self.taken[port] += 1
            await asyncio.gather(_pipe(reader, back), _pipe(there, writer))
            return
        writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def ask(
    port: int, method: str, path: str, body: Any = None, *, cookie: str = "", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], Any]:
    """One request over a connection of its own: status, headers, JSON."""
    sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    told = {"Content-Type": "application/json", **({"Cookie": cookie} if cookie else {}), **(headers or {})}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, sent, told)
        answer = connection.getresponse()
        raw = answer.read()
    finally:
        connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, json.loads(raw) if raw[:1] in (b"{", b"[") else raw.decode()


def sign_in(port: int, name: str) -> str:
    """The cookie of a new session."""
    status, headers, told = ask(port, "POST", "/api/v1/auth/sign-in", {"name": name, "password": PASSWORD})
    assert status == 200, told
    return headers["set-cookie"].partition(";")[0]


def prepare(address: str, home: Path) -> None:
    """A database with offices, people, and jobs that are due every minute."""
    migrate.upgrade(address)
    settings = Settings.from_environment({"RISK_HOME": str(home), "RISK_DATABASE": address})
    digest, now = Passwords(settings).digest(PASSWORD), datetime.now(UTC)
    engine = open_engine(address)
    with transaction(engine) as conn:
        seed_offices(conn)
        jobs.seed(conn)
        conn.execute(update(t.jobs).values(enabled=t.jobs.c.name.in_(FREQUENT)))
        conn.execute(update(t.jobs).where(t.jobs.c.name.in_(FREQUENT)).values(cron="* * * * *"))
        for number, name in enumerate(("ann", "bea", "cyd")):
            make = accounts.create if number else accounts.create_first
            roles = ("analyst",) if number else ("security_admin",)
            make(conn, NewAccount(name, roles, None, (("", ""),)), digest=digest, must_change=False, actor="experiment", now=now)
    engine.dispose()


def sessions_hold(proxy: Proxy, direct: list[int]) -> dict[str, Any]:
    """Signed in once, known everywhere; signed out once, known nowhere."""
    cookie = sign_in(proxy.port, "bea")
    before = Counter(proxy.taken)
    names = Counter(ask(proxy.port, "GET", "/api/v1/auth/me", cookie=cookie)[2].get("name") for _ in range(12))
    answered = {port: proxy.taken[port] - before[port] for port in direct}
    out = ask(direct[0], "POST", "/api/v1/auth/sign-out", cookie=cookie)[0]
    after = [ask(port, "GET", "/api/v1/auth/me", cookie=cookie)[0] for port in direct]
    fine = names == {"bea": 12} and min(answered.values()) == 6 and out == 204 and after == [401, 401]
    return {"answered_by_each": sorted(answered.values()), "after_signing_out": after, "passed": fine}


def done_once(proxy: Proxy, direct: list[int], engine: Engine) -> dict[str, Any]:
    """One key at one server, then at the other; another key many times at one moment. One thing a key."""
    cookie = sign_in(proxy.port, "bea")
    body = {
        "title": "一个案卷", "model": "false_medical_advertising", "places": ["420500"], "lead_office": "420500-market_supervision", "owner": "王五", "cause": "多名消费者投诉",
    }  # fmt: skip

    def send(port: int, key: str) -> tuple[int, bool, Any]:
        status, headers, told = ask(port, "POST", "/api/v1/case-files", body, cookie=cookie, headers={"Idempotency-Key": key})
        return status, headers.get("idempotency-replayed") == "true", told.get("id") or told.get("code")

    first, second = send(direct[0], "key-0001"), send(direct[1], "key-0001")
    with ThreadPoolExecutor(8) as pool:
        many = list(pool.map(lambda _: send(proxy.port, "key-0002"), range(8)))
    after = send(proxy.port, "key-0002")
    with engine.connect() as conn:
        rows = int(conn.execute(text("SELECT count(*) FROM case_files")).scalar_one())
    did = [one for one in many if one[0] == 201 and not one[1]]
    fine = first[:2] == (201, False) and second == (201, True, first[2]) and rows == 2 and len(did) == 1 and after == (201, True, did[0][2])
    return {
        "repeated_at_the_other": "replayed" if second[1] else str(second),
        "at_one_moment": dict(Counter(f"{status}{' replayed' if replayed else ''}" for status, replayed, _ in many)),
        "things_made": rows,
        "passed": fine,
    }


def rates_bound(proxy: Proxy) -> dict[str, Any]:
    """Each server counts what comes to it: one caller gets at most twice the rate of two servers, and is then told when to come again."""
    cookie = sign_in(proxy.port, "cyd")
    answers = [ask(proxy.port, "GET", "/api/v1/auth/me", cookie=cookie)[:2] for _ in range(2 * RATE + 12)]
    statuses = Counter(status for status, _ in answers)
    told = [headers.get("retry-after") for status, headers in answers if status == 429]
    fine = RATE <= statuses[200] <= 2 * RATE and bool(told) and all(told)
    return {"rate": f"{RATE}/minute", "answered": statuses[200], "refused": statuses[429], "passed": fine}


def progress_is_followed(proxy: Proxy, direct: list[int]) -> dict[str, Any]:
    """A file sent to one server, followed at the other, the stream cut and taken up at the first with what was seen last."""
    cookie = sign_in(proxy.port, "bea")
    rows = "".join(
        json.dumps(
            {"text": f"三个疗程根治糖尿病，第{n}号", "time": "2026-11-20 10:00", "region": "420502", "id": str(n)}, ensure_ascii=False
        )
        + "\n"
        for n in range(3_000)
    )
    status, _, job = ask(
        direct[0],
        "POST",
        "/api/v1/imports?source=two&file=a.ndjson",
        rows.encode(),
        cookie=cookie,
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert status == 202, job
    seen = _follow(direct[1], job["id"], cookie, most=1)
    rest = _follow(direct[0], job["id"], cookie, last=seen[-1][1] if seen else "")
    ended = ask(proxy.port, "GET", f"/api/v1/imports/{job['id']}", cookie=cookie)[2]
    again = {mark for _, mark in seen} & {mark for event, mark in rest if event == "progress"}
    fine = bool(seen) and bool(rest) and rest[-1][0] == "end" and ended["status"] == "done" and ended["rows_done"] == 3_000 and not again
    return {"rows": ended["rows_done"], "events_at_each": [len(seen), len(rest)], "told_twice": len(again), "passed": fine}


def _follow(port: int, job: int, cookie: str, *, last: str = "", most: int = 1_000) -> list[tuple[str, str]]:
    """Events of an import as (name, id) until its end, or ``most`` of them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    found: list[tuple[str, str]] = []
    try:
        connection.request("GET", f"/api/v1/imports/{job}/events", headers={"Cookie": cookie, **({"Last-Event-ID": last} if last else {})})
        answer = connection.getresponse()
        name = mark = ""
        while len(found) < most and (line := answer.readline()):
            field, _, value = line.decode().rstrip("\r\n").partition(": ")
            if field == "event":
                name = value
            elif field == "id":
                mark = value
            elif not field and name:
                found.append((name, mark))
                if name == "end":
                    break
                name = ""
    finally:
        connection.close()
    return found


def slots_once(engine: Engine, names: set[str]) -> dict[str, Any]:
    """What the table of slots says when all have stopped."""
    with engine.connect() as conn:
        rows = conn.execute(
            select(t.job_runs.c.job, t.job_runs.c.slot, t.job_runs.c.status, t.job_runs.c.worker, t.job_runs.c.detail)
        ).all()
        alerts = conn.execute(text("SELECT count(*), count(DISTINCT merge_key) FROM alerts")).one()
        assessed = conn.execute(text("SELECT count(*), count(DISTINCT (signal_id, model)) FROM assessments")).one()
        running = conn.execute(text("SELECT count(*) FROM runs WHERE status <> 'done'")).scalar_one()
    planned = [row for row in rows if row.job in names]
    slots = Counter((row.job, row.slot) for row in planned)
    states = Counter(row.status for row in planned)
    workers = Counter(row.worker for row in planned)
    at_work = [row for row in planned if row.status == "skipped" and (row.detail or {}).get("held_by")]  # a server takes sent files in too
    fine = (
        states["done"] + len(at_work) == len(planned)
        and states["done"] > 0
        and max(slots.values()) == 1
        and len(workers) >= 2
        and alerts[0] == alerts[1] > 0
        and assessed[0] == assessed[1] > 0
        and not running
    )
    return {
        "slots": len(planned),
        "states": dict(states),
        "skipped_as_another_was_at_it": len(at_work),
        "slots_twice": sum(count > 1 for count in slots.values()),
        "by_worker": sorted(workers.values()),
        "assessments": assessed[0],
        "alerts": alerts[0],
        "passed": fine,
    }


@contextmanager
def running(home: Path, address: str) -> Iterator[tuple[list[Server], list[subprocess.Popen[bytes]]]]:
    """Two servers and two workers, stopped at the end."""
    surroundings = {"RISK_HOME": str(home), "RISK_DATABASE": address, "RISK_LANG": "en", "RISK_RATE": f"{RATE}/minute"}
    servers = [Server(surroundings) for _ in range(2)]
    workers: list[subprocess.Popen[bytes]] = []
    try:
        for one in servers:
            one.start(600)
        workers = [start(["worker"], surroundings) for _ in range(2)]
        yield servers, workers
    finally:
        for one in servers:
            one.stop()
        for process in workers:
            process.send_signal(signal.SIGTERM)
            process.communicate()


def run(minutes: float) -> dict[str, Any]:
    """Everything, in order; what was found."""
    with tempfile.TemporaryDirectory() as folder, databases("postgres", Path(folder)) as made:
        home, address = Path(folder) / "home", made.new()
        home.mkdir()
        prepare(address, home)
        asking = create_engine(address, poolclass=NullPool)
        with running(home, address) as (servers, workers):
            began = time.monotonic()
            direct = [one.port for one in servers]
            with Proxy(direct) as proxy:
                told = {
                    "sessions": sessions_hold(proxy, direct),
                    "idempotency": done_once(proxy, direct, asking),
                    "progress": progress_is_followed(proxy, direct),
                    "rates": rates_bound(proxy),
                }
                cookie = sign_in(proxy.port, "ann")
                servers[0].stop()
                names = [ask(proxy.port, "GET", "/api/v1/auth/me", cookie=cookie)[2].get("name") for _ in range(4)]
                told["one_server_stopped"] = {"answered": len(names), "passed": names == ["ann"] * 4}
                time.sleep(max(0.0, minutes * 60 - (time.monotonic() - began)))
            alive = [process.poll() is None for process in workers]
        told["jobs"] = {**slots_once(asking, set(FREQUENT)), "workers_alive": alive.count(True)}
        asking.dispose()
    return told


def main() -> None:
    """Run, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0, help="how long the workers work")
    options = parser.parse_args()
    busy, began = os.getloadavg()[0], time.monotonic()
    told = run(options.minutes)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = {
        **heading(f"python -m experiments.two_of_each --minutes {options.minutes:g}"),
        "seconds": round(time.monotonic() - began),
        "processor_seconds": round(used.ru_utime + used.ru_stime),
        "load_when_it_began": round(busy, 1),
        **told,
        "passed": all(one["passed"] for one in told.values()),
    }
    print(json.dumps(told, indent=2))
    store_json(RESULT, result)
    if not result["passed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
