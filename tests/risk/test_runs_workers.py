"""Other processes judge ahead, and nothing else is different: the same store, also when a run is cut off or a worker is ended from outside."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from risk.services import runs, workers
from risk.services.runs import Progress
from risk.storage import tables as t
from risk.storage.engine import open_engine, reading, transaction
from tests.risk.run_world import CURE, DRUGS, KEYS, NOW, PLAIN, SCHEME, URGE, put, scorer, set_capacity, world

TEXTS = [CURE, PLAIN, URGE, DRUGS, PLAIN, CURE + DRUGS, PLAIN] * 3


class StopError(Exception):
    """What a kill is inside the test's process."""


def _run(url: str, many: int, seen: list[Progress] | None = None) -> None:
    engine = open_engine(url)
    try:
        runs.run(
            engine, scorer(), KEYS, as_of=NOW, now=NOW, actor="测试", chunk=3, workers=many, progress=None if seen is None else seen.append
        )
    finally:
        engine.dispose()


def _fill(url: str) -> None:
    engine = open_engine(url)
    set_capacity(engine, 4)
    with transaction(engine) as conn:
        put(conn, TEXTS, shops=[f"店{i % 4}" for i in range(len(TEXTS))])
        put(conn, [SCHEME, PLAIN], tag="r", kind="report")
    engine.dispose()


def test_two_workers_leave_the_store_that_one_process_leaves(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, shared = (f"sqlite:///{shutil.copy(sqlite_template, tmp_path / name)}" for name in ("one.db", "other.db"))
    _fill(alone)
    _fill(shared)
    _run(alone, 1)
    seen: list[Progress] = []
    real, calls = runs._chunk, [0]

    def chunk(*args: Any) -> Any:
        calls[0] += 1
        if calls[0] == 3:
            raise StopError
        return real(*args)

    monkeypatch.setattr(runs, "_chunk", chunk)
    with pytest.raises(StopError):
        _run(shared, 1)
    monkeypatch.setattr(runs, "_chunk", real)

    started: list[Any] = []
    begin = workers.Judges.begin

    def ended_from_outside(self: workers.Judges, step: Any) -> Any:
        answer = begin(self, step)
        if not started and self._pool is not None:
            started.append(self._pool)
            answer()
            for number in list(self._pool._processes):
                os.kill(number, signal.SIGKILL)
        return answer

    monkeypatch.setattr(workers.Judges, "begin", ended_from_outside)
    _run(shared, 2, seen)
    assert started
    assert (seen[-1].read, [one.read for one in seen]) == (17, sorted(one.read for one in seen))
    one, other = open_engine(alone), open_engine(shared)
    assert world(one) == world(other)
    with reading(one) as conn, reading(other) as beside:
        query = select(t.assessments.c.evidence).where(t.assessments.c.grade > 0).order_by(t.assessments.c.model, t.assessments.c.signal_id)
        assert conn.scalars(query).all() == beside.scalars(query).all() != []
    one.dispose()
    other.dispose()
