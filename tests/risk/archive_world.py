"""A month of long ago, judged and reported on, for the tests of archives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from risk.domain.retention import retention
from risk.services import runs
from risk.services.archiving_folder import use_folder
from risk.services.archiving_reach import Reach
from risk.services.archiving_rows import GOES, line
from risk.storage.engine import reading, transaction
from tests.risk.run_world import CURE, KEYS, PLAIN, SCHEME, URGE, put, scorer, set_capacity

THEN = datetime(2023, 3, 10, 4, 0, tzinfo=UTC)
NOW = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)
MONTH = "2023-03"
LOOKED = Reach(90.0, 730.0)


def clock() -> datetime:
    """The day on which the month is archived."""
    return NOW


def ready(engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch, *, at_once: int = 3) -> None:
    """Archives of a few signals at once; how far judging looks back is told, for to read all rules takes seconds."""
    use_folder(engine, folder / "archive")
    changed = replace(retention(), signals_at_once=at_once)
    monkeypatch.setattr("risk.services.archiving.reach", lambda _conn: LOOKED)
    monkeypatch.setattr("risk.services.archiving.retention", lambda: changed)


def fill(engine: Engine) -> list[int]:
    """Eight signals of nothing, one that only urges, one of an alert, one complaint; judged then, and a later month of which nothing goes."""
    set_capacity(engine, 500)
    with transaction(engine) as conn:
        ids = put(conn, [PLAIN] * 8 + [URGE, CURE], at=THEN, tag="old")
        ids += put(conn, [SCHEME], at=THEN + timedelta(hours=1), tag="told", kind="report", channel="complaint")
    judge(engine, THEN + timedelta(hours=2))
    with transaction(engine) as conn:
        put(conn, [PLAIN, URGE], at=NOW - timedelta(days=40), tag="new")
    judge(engine, NOW - timedelta(days=39))
    return ids


def judge(engine: Engine, at: datetime) -> None:
    """A run of all models."""
    runs.run(engine, scorer(), KEYS, as_of=at, now=at, actor="测试")


def stored(engine: Engine) -> dict[str, list[Any]]:
    """Everything that archives may move, as files would say it."""
    with reading(engine) as conn:
        return {table.name: sorted(line(table, row) for row in conn.execute(select(table))) for table in GOES}


class Killed(BaseException):
    """A process that is gone: nothing catches it."""


@contextmanager
def killed(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, *, call: int = 1, after: bool = False) -> Iterator[None]:
    """The process ends at the ``call``-th call of a function, before or ``after`` what it does."""
    real, calls = getattr(where, name), [0]

    def function(*args: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] == call and not after:
            raise Killed
        found = real(*args, **named)
        if calls[0] == call:
            raise Killed
        return found

    with monkeypatch.context() as patch:
        patch.setattr(where, name, function)
        with pytest.raises(Killed):
            yield
