"""Writers wait for each other, readers see one moment, and the trace tells what happened."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from risk.domain.errors import InvalidInputError
from risk.services.desk import Desk
from risk.storage.engine import open_engine, reading, serialise, transaction
from risk.storage.many import insert_many
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


def test_a_text_that_no_column_takes_is_refused_by_a_code(engine: Engine) -> None:
    """Whichever way it comes; what just fits is taken, counted in characters and not in bytes."""
    most = job_runs.c.job.type.length  # type: ignore[attr-defined]
    long = {**note(1), "job": "字" * (most + 1)}

    def one(connection: Connection) -> None:
        connection.execute(insert(job_runs), long)

    def several(connection: Connection) -> None:
        connection.execute(insert(job_runs), [note(2), long])

    def many(connection: Connection) -> None:
        insert_many(connection, job_runs, list(long), [list(long.values())])

    def changed(connection: Connection) -> None:
        connection.execute(insert(job_runs), note(3))
        connection.execute(update(job_runs).values(job=long["job"]))

    for way in (one, several, changed, many):
        with pytest.raises(InvalidInputError) as refused, transaction(engine) as connection:
            way(connection)
        assert (refused.value.code, refused.value.facts["most"]) == ("column_too_long", most), way.__name__
    with transaction(engine) as connection:
        connection.execute(insert(job_runs), {**long, "job": "字" * most})
    with reading(engine) as connection:
        assert connection.scalars(select(job_runs.c.job)).all() == ["字" * most]
        assert connection.scalar(select(func.count()).where(job_runs.c.job == long["job"])) == 0  # a question may be as long as it likes


def test_two_acts_that_wait_for_each_other_are_both_done(engine: Engine) -> None:
    """One of them is given up by PostgreSQL and done again; on SQLite there is one writer at a time."""
    both = threading.Barrier(2)
    begun: list[int] = []
    with transaction(engine) as connection:
        connection.execute(insert(job_runs), [note(1), note(2)])

    def act(connection: Connection, first: int, then: int) -> None:
        begun.append(first)
        connection.execute(update(job_runs).where(job_runs.c.job == str(first)).values(worker=f"w{first}"))
        if engine.dialect.name == "postgresql" and len(begun) <= 2:
            both.wait(10)
        connection.execute(update(job_runs).where(job_runs.c.job == str(then)).values(status="b"))

    desk = Desk(engine)
    threads = [threading.Thread(target=desk.act, args=(act, *pair)) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        stored = connection.execute(select(job_runs.c.worker, job_runs.c.status).order_by(job_runs.c.job)).all()
    assert [tuple(row) for row in stored] == [("w1", "b"), ("w2", "b")]
    assert len(begun) == (3 if engine.dialect.name == "postgresql" else 2)
