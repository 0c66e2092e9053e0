"""Each slot runs once over any number of workers, and a dead worker's slot is taken up."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, update

from risk.domain.errors import ConflictError, InvalidInputError
from risk.scheduling import firing, jobs
from risk.scheduling.background import Background
from risk.scheduling.jobs import Job
from risk.scheduling.use_cases import USE_CASES, Tools
from risk.scheduling.worker import Worker
from risk.services import lease
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

NOW = datetime(2026, 10, 12, 2, 0, 31, tzinfo=UTC)
SLOT = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)
COUNT = Job("count", "*/10 * * * *", "count", {"by": 1})


class Clock:
    """A clock that tests move."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tools(engine: Engine, tmp_path: Path, clock: Clock) -> Tools:
    def no_scorer() -> Any:
        raise AssertionError("no scorer here")

    return Tools(engine, Settings(tmp_path, "sqlite://"), no_scorer, clock)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, Any]]:
    done: list[Mapping[str, Any]] = []

    def count(_tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
        done.append(arguments)
        return {"calls": len(done)}

    def breaks(_tools: Tools, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        raise InvalidInputError("cron_invalid", cron="x")

    def defect(_tools: Tools, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        raise RuntimeError("secret")

    for name, function in (("count", count), ("breaks", breaks), ("defect", defect)):
        monkeypatch.setitem(USE_CASES, name, function)
    return done


def test_two_workers_share_one_slot(tools: Tools, calls: list[Any]) -> None:
    start = threading.Barrier(4)
    results: list[Any] = []

    def work(name: str) -> None:
        worker = Worker(tools, name)
        start.wait()
        results.append(worker.fire_due(COUNT))

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    (row,) = [one for one in results if one is not None]
    assert (row.slot, row.status, row.detail["result"]) == (SLOT, "done", {"calls": 1})


def test_the_next_slot_is_another(tools: Tools, clock: Clock, calls: list[Any]) -> None:
    worker = Worker(tools, "w")
    assert worker.fire_due(COUNT)
    assert worker.fire_due(COUNT) is None
    clock.now += timedelta(minutes=10)
    assert worker.fire_due(COUNT)
    assert len(calls) == 2


def test_errors_end_the_run_and_not_the_worker(tools: Tools, calls: list[Any]) -> None:
    refused = firing.fire(tools, Job("a", "* * * * *", "breaks"), SLOT, "w")
    broken = firing.fire(tools, Job("b", "* * * * *", "defect"), SLOT, "w")
    unknown = firing.fire(tools, Job("c", "* * * * *", "nonsense"), SLOT, "w")
    assert refused is not None
    assert refused.detail["zh"] == "无法识别的时间表：x"
    assert broken is not None
    assert broken.detail["error"] == "RuntimeError"
    assert unknown is not None
    assert unknown.detail["error"] == "use_case_unknown"
    assert {refused.status, broken.status, unknown.status} == {"failed"}


def test_a_busy_use_case_skips_the_slot(tools: Tools, calls: list[Any]) -> None:
    with lease.held(tools.engine, "use_case:count", "other", tools.clock) as held:
        assert held
        row = firing.fire(tools, COUNT, SLOT, "w")
    assert row is not None
    assert (row.status, row.detail["held_by"], calls) == ("skipped", "other", [])


def test_a_lease_fails_over_when_its_time_has_run_out(engine: Engine) -> None:
    life, moment = lease.ttl_of(engine), timedelta(seconds=1)
    renewed = NOW + life / 2
    with transaction(engine) as conn:
        first = lease.acquire(conn, "x", "a", NOW)
        assert first
        assert lease.acquire(conn, "x", "b", NOW + life - moment) is None
        assert lease.holder(conn, "x", NOW) == "a"
        assert lease.renew(conn, first, renewed)
        assert lease.acquire(conn, "x", "b", renewed + life - moment) is None
        second = lease.acquire(conn, "x", "b", renewed + life)
        assert second
        assert second.token == first.token + 1
        after = renewed + life + moment
        assert not lease.renew(conn, first, after)
        lease.release(conn, first, after)
        assert lease.holder(conn, "x", after) == "b"


def test_on_one_machine_a_holder_that_is_gone_is_seen_at_once(engine: Engine) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with transaction(engine) as conn:
        assert lease.acquire(conn, "x", f"{socket.gethostname()}:{process.pid}:abc", NOW)
        taken = lease.acquire(conn, "x", "b", NOW)
    assert bool(taken) is (
        engine.dialect.name == "sqlite"
    )  # PostgreSQL's clients may be of other machines that bear the same name: time decides


def test_what_a_dead_worker_left_is_taken_up(tools: Tools, clock: Clock, calls: list[Any]) -> None:
    with transaction(tools.engine) as conn:
        lease.acquire(conn, "use_case:count", "dead", NOW)
    run = firing.claim(tools, COUNT, SLOT, "dead")
    assert run
    worker = Worker(tools, "alive")
    clock.now += lease.ttl_of(tools.engine) - timedelta(seconds=1)
    worker.take_up()
    assert calls == []
    clock.now += timedelta(seconds=2)
    worker.take_up()
    worker.take_up()
    assert calls == [{"by": 1}]
    with reading(tools.engine) as conn:
        row = firing.get_run(conn, run)
    assert (row.status, row.worker) == ("done", "alive")


def test_what_was_left_long_ago_is_lost(tools: Tools, clock: Clock, calls: list[Any]) -> None:
    run = firing.claim(tools, COUNT, SLOT, "dead")
    assert run
    clock.now += timedelta(days=2)
    firing.take_up_lost(tools, "alive")
    with reading(tools.engine) as conn:
        assert firing.get_run(conn, run).status == "lost"
    assert calls == []


def test_by_hand_one_at_a_time(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    go, begun = threading.Event(), threading.Event()

    def slow(_tools: Tools, _arguments: Mapping[str, Any]) -> dict[str, Any]:
        begun.set()
        assert go.wait(20)
        return {}

    monkeypatch.setitem(USE_CASES, "slow", slow)
    background = Background(tools)
    first = background.start(Job("by_hand", "", "slow"))
    assert begun.wait(20)
    with pytest.raises(ConflictError, match="already running"):
        background.start(Job("by_hand", "", "slow"))
    go.set()
    assert background.wait(20)
    with reading(tools.engine) as conn:
        assert firing.get_run(conn, first.id).status == "done"


def test_default_jobs_are_seeded_once_and_stay_the_operators(engine: Engine) -> None:
    with transaction(engine) as conn:
        assert jobs.seed(conn) == len(jobs.DEFAULTS)
        jobs.switch(conn, "judge", on=False, actor="张三", now=NOW)
        conn.execute(update(t.jobs).where(t.jobs.c.name == "remind").values(cron="0 9 * * *"))
        assert jobs.seed(conn) == 0
        stored = {job.name: job for job in jobs.load(conn)}
    assert (stored["judge"].enabled, stored["remind"].cron) == (False, "0 9 * * *")
    assert {job.use_case for job, _, _ in jobs.DEFAULTS} <= set(USE_CASES)


def test_a_worker_follows_the_table(tools: Tools) -> None:
    worker = Worker(tools, "w")
    worker.start()
    try:
        assert set(worker._planned) == {job.name for job, _, _ in jobs.DEFAULTS if job.enabled}
        with transaction(tools.engine) as conn:
            jobs.switch(conn, "judge", on=False, actor="x", now=NOW)
            conn.execute(insert(t.jobs).values(name="new", use_case="remind", cron="0 9 * * *", arguments={}, enabled=True))
        worker.follow()
        assert "judge" not in worker._planned
        assert "new" in worker._planned
    finally:
        worker.stop()


def test_reminders_are_noted_once(engine: Engine) -> None:
    from risk.domain.grades import Grade
    from risk.services import reminders
    from risk.services.alerts import settle
    from tests.risk.disposal_world import new_candidates, new_run

    with transaction(engine) as conn:
        run = new_run(conn)
        settle(conn, run, new_candidates(conn, run, [(None, Grade.RED, 0.99)]), NOW)
        due = conn.execute(select(t.tasks.c.sign_due)).scalar_one()
        assert reminders.scan(conn, NOW) == {}
        assert reminders.scan(conn, due) == {"due": 1}
        assert reminders.scan(conn, due) == {}
        assert reminders.scan(conn, due + timedelta(minutes=5)) == {}
        assert reminders.scan(conn, due + timedelta(days=1)) == {"escalate": 1}
        assert list(conn.scalars(select(t.task_events.c.event).where(t.task_events.c.actor == "system"))) == ["issue", "remind", "escalate"]
        assert set(conn.scalars(select(t.outbox.c.event))) >= {"task.reminded", "task.escalated"}
    with transaction(engine) as conn:
        assert conn.execute(select(func.count()).select_from(t.audit).where(t.audit.c.action.startswith("task.remind."))).scalar() == 2
