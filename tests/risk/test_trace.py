"""A signal is followed to its verdict, and what lies outside of the scope is not told."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from risk.domain.authority import Grant, Scope
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.tracing import tracing
from risk.services import following, outbox, tasks
from risk.services.alerts import settle
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.disposal_world import NOW, new_candidates, new_run, new_subjects


@pytest.fixture
def signal(engine: Engine) -> int:
    """A signal whose alert has a task that was signed for."""
    with tracing("a" * 32), transaction(engine) as conn:
        run, (subject,) = new_run(conn), new_subjects(conn, 1)
        settle(conn, run, new_candidates(conn, run, [(subject, Grade.ORANGE, 0.75)]), NOW)
    with tracing("b" * 32), transaction(engine) as conn:
        task = conn.scalars(select(t.tasks.c.id)).one()
        tasks.sign(conn, task, actor="张三", now=NOW)
        outbox.emit(conn, "task.signed", f"task:{task}", {}, NOW, once="test")
        return int(conn.scalars(select(t.signals.c.id)).one())


def test_the_chain_of_a_signal(engine: Engine, signal: int) -> None:
    with reading(engine) as conn:
        found = following.follow(conn, f"signal:{signal}")
        task = conn.scalars(select(t.tasks.c.id)).one()
    assert found.complete
    whats = [step.what for step in found.steps]
    for what in ("taken", "judged", "alerted", "task.issue", "task.sign", "audit.task.sign", "event"):
        assert what in whats, whats
    traces = {step.what: step.trace_id for step in found.steps}
    assert (traces["alerted"], traces["task.sign"], traces["audit.task.sign"]) == ("a" * 32, "b" * 32, "b" * 32)
    assert [step.at for step in found.steps] == sorted(step.at for step in found.steps)
    with reading(engine) as conn:
        assert {step.what for step in following.follow(conn, f"task:{task}").steps} == set(whats)


def test_outside_is_not_found(engine: Engine, signal: int) -> None:
    away = Scope((Grant("429004", "finance_lead"),))
    with reading(engine) as conn:
        for what in (f"signal:{signal}", "signal:999", "alert:1", "task:1"):
            with pytest.raises(NotFoundError):
                following.follow(conn, what, scope=away)


@pytest.mark.parametrize("what", ["", "signal", "signal:x", "verdict:1", "signal:-1", "signal:" + "9" * 30])
def test_what_cannot_be_followed(sqlite_engine: Engine, what: str) -> None:
    with reading(sqlite_engine) as conn, pytest.raises(InvalidInputError):
        following.follow(conn, what)
