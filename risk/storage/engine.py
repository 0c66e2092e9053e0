"""Engines and transactions: writers take the lock when they begin, readers see one moment, and the two cannot be confused.

SQLite runs in WAL mode and writers say ``BEGIN IMMEDIATE``: a transaction that reads first and writes later would otherwise fail at once with
*database is locked*, whatever the busy timeout. PostgreSQL readers are ``REPEATABLE READ, READ ONLY``, so that on both databases one
``reading`` sees one moment.

Not ok: ``engine.begin()`` or ``engine.connect()`` elsewhere. On SQLite those are deferred transactions that fail under load.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

import risk.domain.store_messages  # noqa: F401 - registers the texts
from risk.domain.errors import InvalidInputError
from risk.storage.lengths import BoundedColumns, most_of

BUSY_MS = 30_000
"""How long a SQLite writer waits for another one."""

CACHE_KB = 64_000
"""Pages a SQLite connection keeps. Digests are random keys: with the default of 2 MB every insert into their indexes reads from disk."""

CHECKPOINT_PAGES = 50_000
"""Pages (200 MB) after which the write-ahead log is copied back. A chunk of an intake touches thousands of index pages; at the default of 1,000
every chunk would write them twice."""

_TOO_LONG, _DEADLOCK = "22001", "40P01"  # SQLSTATE: string_data_right_truncation, deadlock_detected
_WRITING = "risk_writing"
_LATE = "risk_at_the_end"
_MARKS = "risk_at_the_end_marks"
_Gathered = dict[Callable[[Connection, list[Any]], None], list[Any]]
_LOCK_SPACE = 0x5249534B  # "RISK": first key of our PostgreSQL advisory locks


def open_engine(url: str | URL) -> Engine:
    """An engine for SQLite or PostgreSQL, set up as this project needs it; nothing is connected yet.

    >>> open_engine("mysql://localhost/x")
    Traceback (most recent call last):
    risk.domain.errors.InvalidInputError: this kind of database is not supported: mysql
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise InvalidInputError("database_unsupported", name=str(url)[:40]) from error
    backend = address.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise InvalidInputError("database_unsupported", name=backend)
    try:
        if backend == "sqlite":
            return _open_sqlite(address)
        return _open_postgresql(address)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise InvalidInputError("database_driver_missing", driver=getattr(error, "name", None) or str(error)) from error


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A write transaction: committed at the end, rolled back on any exception.

    ``RISK_TRACE_TRANSACTIONS=<file>`` appends ``pid monotonic begin|commit|rollback`` per transaction, from which a kill test learns where
    its SIGKILL landed.
    """
    with engine.connect() as connection:
        connection.execution_options(**{_WRITING: True})
        with connection.begin() as running:
            _trace("begin")
            gathered: _Gathered = {}
            connection.info[_LATE] = gathered
            try:
                yield connection
                for act, items in gathered.items():
                    act(connection, items)
            except BaseException:
                running.rollback()
                _trace("rollback")
                raise
            finally:
                connection.info.pop(_LATE, None)
                connection.info.pop(_MARKS, None)
            running.commit()
            _trace("commit")


def at_the_end(connection: Connection, act: Callable[[Connection, list[Any]], None], items: Sequence[Any]) -> None:
    """Let ``act`` do something with all ``items`` given to it, as the last thing before the commit; at once on a connection that is not of ``transaction``.

    What takes a lock that everybody wants belongs here: it is held for the length of the commit, and whoever holds it waits for nothing else, so that
    no circle of waiting can arise. Items given within a savepoint go when it is rolled back.
    """
    gathered = connection.info.get(_LATE)
    if gathered is None:
        act(connection, list(items))
    else:
        gathered.setdefault(act, []).extend(items)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A read transaction that sees one moment; anything written in it is refused (PostgreSQL, SQLite alike)."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection
            return
        raw: Any = (
            connection.connection.driver_connection
        )  # asked of SQLAlchemy each would cost as much as many a question, and begin a transaction
        raw.execute("PRAGMA query_only = ON")
        try:
            yield connection
        finally:
            connection.rollback()
            raw.execute("PRAGMA query_only = OFF")


def serialise(connection: Connection, what: int) -> None:
    """Let the writers of one thing pass one at a time, until this transaction ends. SQLite's writers do so anyway.

    Those who write signals use it, so that ids become visible in ascending order and a run's cursor passes none that is still being written.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:space, :what)"), {"space": _LOCK_SPACE, "what": what})


def _open_postgresql(address: URL) -> Engine:
    engine = create_engine(address, json_serializer=_to_json, json_deserializer=orjson.loads, pool_pre_ping=True)
    _follow_savepoints(engine)
    event.listen(engine, "handle_error", _say_too_long)
    return engine


def _say_too_long(context: ExceptionContext) -> None:
    """A text that no column takes is the sender's mistake, whichever check let it through: a refusal with a code, not a fault of ours."""
    refuse_too_long(context.original_exception)


def refuse_too_long(error: BaseException) -> None:
    """`InvalidInputError` (``column_too_long``) where that is what a database complains of."""
    if getattr(error, "sqlstate", None) == _TOO_LONG:
        found = re.search(r"\((\d+)\)", str(error))
        raise InvalidInputError("column_too_long", most=int(found[1]) if found else "?") from error
    if (most := most_of(error)) is not None:
        raise InvalidInputError("column_too_long", most=most) from error


def is_deadlock(error: BaseException) -> bool:
    """Whether PostgreSQL ended this transaction because two waited for each other: nothing of it happened, and it may simply be done again."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) == _DEADLOCK


def _open_sqlite(address: URL) -> Engine:
    if address.database and address.database != ":memory:" and not address.database.startswith("file:"):
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        address,
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        connect_args={"timeout": BUSY_MS / 1000, "isolation_level": None, "check_same_thread": False},
    )
    engine.dialect.ddl_compiler = BoundedColumns
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "handle_error", _say_too_long)
    event.listen(engine, "begin", _begin_sqlite)
    _follow_savepoints(engine)
    return engine


def _follow_savepoints(engine: Engine) -> None:
    """What was gathered for the end within a savepoint is forgotten when it is rolled back."""

    def mark(connection: Connection, _name: str | None) -> None:
        gathered: _Gathered = connection.info.get(_LATE, {})
        connection.info.setdefault(_MARKS, []).append({act: len(items) for act, items in gathered.items()})

    def forget(connection: Connection, _name: str, _context: object) -> None:
        lengths = connection.info[_MARKS].pop()
        for act, items in connection.info.get(_LATE, {}).items():
            del items[lengths.get(act, 0) :]

    def keep(connection: Connection, _name: str, _context: object) -> None:
        connection.info[_MARKS].pop()

    event.listen(engine, "savepoint", mark)
    event.listen(engine, "release_savepoint", keep)
    event.listen(engine, "rollback_savepoint", forget)


def _set_up_sqlite(raw: sqlite3.Connection, _record: object) -> None:
    """Per connection: no implicit BEGIN by the driver, WAL, foreign keys."""
    raw.isolation_level = None
    cursor = raw.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    cursor.execute(f"PRAGMA journal_size_limit = {64 << 20}")
    _use_wal(cursor)
    cursor.close()


def _use_wal(cursor: sqlite3.Cursor) -> None:
    """Switch to WAL. Two processes that create one file at once meet here, and SQLite's busy timeout does not cover the switch."""
    deadline = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _to_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _trace(event_name: str) -> None:
    path = os.environ.get("RISK_TRACE_TRANSACTIONS")
    if not path:
        return
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, f"{os.getpid()} {time.monotonic():.6f} {event_name}\n".encode())
    finally:
        os.close(handle)
