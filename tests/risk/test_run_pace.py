"""How far a run is: told by the store, from the first chunk on, after a kill from where it was taken up, and unknown rather than wrong."""

from __future__ import annotations

import gc
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update

from risk.domain.authority import Grant, Scope
from risk.services import runs
from risk.services.garbage import ByHand
from risk.services.views_runs import RunView, get_run
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.run_world import CURE, MED, NOW, PLAIN, put, scorer


class StopError(Exception):
    """What a kill is inside the test's process."""


def _run(engine: Engine, minutes: int = 0, stop: int = 0) -> None:
    """Up to a number of chunks of five, or to the end."""
    chunks = [0]

    def told(_: runs.Progress) -> None:
        chunks[0] += 1
        if chunks[0] == stop:
            raise StopError

    runs.run(engine, scorer(), [MED], as_of=NOW, now=NOW + timedelta(minutes=minutes), actor="测试", chunk=5, progress=told)


def _seen(engine: Engine, minutes: int, **more: Any) -> tuple[int | None, int | None, int | None]:
    with reading(engine) as conn:
        view: RunView = get_run(conn, 1, NOW + timedelta(minutes=minutes), **more)
    return view.read, view.of, view.seconds_left


def test_a_run_tells_how_far_it_is_and_how_long_it_will_take(engine: Engine) -> None:
    with transaction(engine) as conn:
        put(conn, [CURE, PLAIN] * 10)
    with pytest.raises(StopError):
        _run(engine, stop=1)
    assert _seen(engine, 2) == (5, 20, 360)
    assert _seen(engine, 0) == (5, 20, None)  # no time has gone: no pace
    with pytest.raises(StopError):
        _run(engine, minutes=100, stop=1)
    assert _seen(engine, 101) == (10, 20, 120)  # at the pace since it was taken up
    assert _seen(engine, 101, scope=Scope((Grant("420100"),))) == (None, None, None)  # how much there is elsewhere is not for everybody
    _run(engine, minutes=200)
    assert _seen(engine, 300) == (20, 20, None)
    with transaction(engine) as conn:
        conn.execute(update(t.runs).values(span=None))
    assert _seen(engine, 300) == (None, None, None)


def test_the_next_run_counts_from_where_nothing_is_left(engine: Engine) -> None:
    with transaction(engine) as conn:
        put(conn, [PLAIN] * 12)
    _run(engine)
    with transaction(engine) as conn:
        put(conn, [PLAIN] * 3, tag="new")
    told: list[runs.Progress] = []
    later = NOW + timedelta(hours=1)
    runs.run(engine, scorer(), [MED], as_of=later, now=later, actor="测试", progress=told.append)
    assert [(one.read, one.of) for one in told] == [(3, 3)]


def test_garbage_is_collected_by_hand_for_the_length_of_a_run_only(engine: Engine) -> None:
    with transaction(engine) as conn:
        put(conn, [PLAIN])
    on: list[bool] = []
    runs.run(engine, scorer(), [MED], as_of=NOW, now=NOW, actor="测试", progress=lambda _: on.append(gc.isenabled()))
    assert (on, gc.isenabled(), gc.get_freeze_count()) == ([False], True, 0)
    with pytest.raises(StopError), ByHand():
        raise StopError
    assert gc.isenabled()
