"""A read replica answers what may be old, while it keeps up; everything else, and everything when it does not, is asked of the primary."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError

from risk.bootstrap import open_replica
from risk.services.desk import Desk
from risk.services.replica import LOOK_EVERY, REST, Replica, seconds_behind
from risk.settings import Settings
from risk.storage import migrate
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction
from tests.risk.run_world import put


class Time:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Engine, Engine]]:
    """A primary with one signal more than its replica."""
    engines = tuple(open_engine(f"sqlite:///{tmp_path / name}.db") for name in ("primary", "replica"))
    for engine in engines:
        migrate.upgrade(engine)
    with transaction(engines[0]) as conn:
        put(conn, ["一条"])
    yield engines[0], engines[1]
    for engine in engines:
        engine.dispose()


def signals(conn: object) -> int:
    """How many there are."""
    return int(conn.scalar(select(func.count()).select_from(t.signals)))  # type: ignore[attr-defined]


def test_what_may_be_old_is_asked_of_the_replica_and_nothing_else(both: tuple[Engine, Engine]) -> None:
    desk = Desk(both[0], replica=Replica(both[1], 5.0))
    assert (desk.look(signals), desk.read(signals)) == (0, 1)
    assert Desk(both[0]).look(signals) == 1


@pytest.mark.parametrize(("behind", "told"), [(0.0, 0), (5.0, 0), (5.1, 1), (float("inf"), 1)])
def test_one_that_is_further_behind_than_the_bound_is_not_asked(both: tuple[Engine, Engine], behind: float, told: int) -> None:
    assert Desk(both[0], replica=Replica(both[1], 5.0, behind=lambda _: behind)).look(signals) == told


def test_it_is_looked_at_once_a_second_and_asked_again_when_it_has_caught_up(both: tuple[Engine, Engine]) -> None:
    clock, told, looks = Time(), [9.0], []

    def behind(_: Engine) -> float:
        looks.append(clock.now)
        return told[0]

    desk = Desk(both[0], replica=Replica(both[1], 5.0, behind=behind, clock=clock))
    assert [desk.look(signals) for _ in range(3)] == [1, 1, 1]
    told[0] = 1.0
    assert desk.look(signals) == 1
    clock.now += LOOK_EVERY
    assert [desk.look(signals) for _ in range(3)] == [0, 0, 0]
    assert len(looks) == 2


def test_one_that_fails_is_left_alone_for_a_while(both: tuple[Engine, Engine]) -> None:
    clock, asked = Time(), []
    desk = Desk(both[0], replica=Replica(both[1], 5.0, clock=clock))

    def breaking(conn: object) -> int:
        asked.append(str(conn.engine.url))  # type: ignore[attr-defined]
        if "replica" in asked[-1]:
            raise OperationalError("SELECT 1", {}, Exception("canceling statement due to conflict with recovery"))
        return signals(conn)

    assert desk.look(breaking) == 1
    assert len(asked) == 2
    assert desk.look(breaking) == 1
    assert len(asked) == 3
    clock.now += REST
    assert desk.look(signals) == 0


def test_one_that_is_not_there_or_of_another_revision_is_not_asked(both: tuple[Engine, Engine], tmp_path: Path) -> None:
    empty = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    assert Desk(both[0], replica=Replica(empty, 5.0)).look(signals) == 1
    empty.dispose()
    away = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")
    assert Desk(both[0], replica=Replica(away, 5.0)).look(signals) == 1
    away.dispose()


def test_it_is_named_by_the_settings(tmp_path: Path) -> None:
    assert open_replica(Settings.from_environment({"RISK_HOME": str(tmp_path)})) is None
    named = Settings.from_environment(
        {"RISK_HOME": str(tmp_path), "RISK_DATABASE_READ": "postgresql+psycopg://risk@far/risk", "RISK_READ_LAG": "0"}
    )
    found = open_replica(named)
    assert found is not None
    assert found.engine.url.host == "far"
    found.engine.dispose()


def test_a_server_that_is_no_standby_tells_no_lag(engine: Engine) -> None:
    """The question itself, on both databases."""
    assert seconds_behind(engine) == 0.0
