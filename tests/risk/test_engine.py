"""Writers wait for each other, readers see one moment, and the trace tells what happened."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import DBAPIError

from risk.domain.errors import InvalidInputError
from risk.storage.engine import open_engine, reading, serialise, transaction
from risk.storage.tables import job_runs

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def note(number: int) -> dict[str, object]:
    return {"job": str(number), "slot": NOW, "status": "a", "worker": "b", "started_at": NOW, "detail": {"n": number}}


def test_writers_that_read_first_wait_for_each_other(engine: Engine) -> None:
    """Read, then write what was read plus one, from four threads: nothing lost, no *database is locked*."""

    def work() -> None:
        for _ in range(10):
            with transaction(engine) as connection:
                serialise(connection, 99)
                seen = connection.scalar(select(func.count()).select_from(job_runs))
                connection.execute(insert(job_runs), note(int(seen or 0)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        objects = connection.scalars(select(job_runs.c.job)).all()
    assert sorted(map(int, objects)) == list(range(40))


def test_a_reader_sees_one_moment(engine: Engine) -> None:
    with reading(engine) as reader:
        before = reader.scalar(select(func.count()).select_from(job_runs))
        with transaction(engine) as writer:
            writer.execute(insert(job_runs), note(1))
        assert reader.scalar(select(func.count()).select_from(job_runs)) == before


def test_a_reader_cannot_write(engine: Engine) -> None:
    with pytest.raises(DBAPIError), reading(engine) as connection:
        connection.execute(insert(job_runs), note(1))
    with transaction(engine) as connection:  # and the connection is as good as before
        connection.execute(insert(job_runs), note(2))


def test_json_comes_back(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(insert(job_runs), {**note(1), "detail": {"字": [1, None, "值"]}})
    with reading(engine) as connection:
        row = connection.execute(select(job_runs)).one()
    assert row.detail == {"字": [1, None, "值"]}
    assert row.started_at == NOW


def test_trace_of_transactions(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "trace.txt"
    monkeypatch.setenv("RISK_TRACE_TRANSACTIONS", str(log))
    with transaction(sqlite_engine) as connection:
        connection.execute(insert(job_runs), note(1))
    with pytest.raises(ZeroDivisionError), transaction(sqlite_engine) as connection:
        connection.execute(insert(job_runs), note(2 // 0))
    assert [line.split()[2] for line in log.read_text().splitlines()] == ["begin", "commit", "begin", "rollback"]
    with reading(sqlite_engine) as connection:
        assert connection.scalar(select(func.count()).select_from(job_runs)) == 1


def test_other_databases_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="not supported: mysql"):
        open_engine("mysql://localhost/x")
