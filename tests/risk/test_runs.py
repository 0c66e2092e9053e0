"""Runs: idempotent, resumable at every chunk boundary, nothing doubled, nothing lost; one bad text or model stops nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, select, update

from models.grades import FIXED_CUTOFFS
from risk.domain.calendar import SHANGHAI
from risk.scoring.scorer import Learner, Scorer
from risk.services import runs, settling
from risk.services.runs import RunResult
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.run_world import (
    CURE,
    DRUG,
    DRUGS,
    KEYS,
    MED,
    NOW,
    PLAIN,
    REPORT,
    SCHEME,
    URGE,
    count,
    packs,
    put,
    scorer,
    set_capacity,
    world,
)

MIX = [CURE, PLAIN, URGE, DRUGS, PLAIN, CURE + DRUGS, PLAIN]


def run(
    engine: Engine, *, chunk: int = 3, hours: float = 0.0, keys: Sequence[str] = KEYS, by: Scorer | None = None, **more: Any
) -> list[RunResult]:
    moment = NOW + timedelta(hours=hours)
    return runs.run(engine, by or scorer(), keys, as_of=moment, now=moment, actor="测试", chunk=chunk, **more)


def fill(engine: Engine, texts: Sequence[str] = MIX * 3, *, capacity: int = 500) -> list[int]:
    set_capacity(engine, capacity)
    with transaction(engine) as conn:
        return put(conn, texts) + put(conn, [SCHEME, PLAIN], tag="r", kind="report")


def test_every_signal_once_by_every_model_and_the_same_run_again_changes_nothing(engine: Engine) -> None:
    fill(engine)
    first = {one.key: one for one in run(engine)}
    assert (first[MED].judged, first[DRUG].judged, first[REPORT].judged) == (23, 23, 2)
    assert (first[MED].balance.candidates, first[MED].balance.new, first[MED].balance.below_grade) == (11, 9, 2)
    assert (first[DRUG].balance.new, first[REPORT].balance.new, first[REPORT].balance.below_grade) == (6, 1, 1)
    before = world(engine)
    assert {one.key: one for one in run(engine, chunk=100)} == first
    assert world(engine) == before
    assert all(one.judged == 0 for one in run(engine, hours=1))
    assert count(engine, t.alerts) == count(engine, t.tasks) == 16


@pytest.mark.parametrize("chunk", [1, 4, 1000])
def test_chunks_do_not_change_what_comes_out(sqlite_engine: Engine, chunk: int) -> None:
    ids = fill(sqlite_engine, MIX)
    run(sqlite_engine, chunk=chunk)
    graded = {(s, m, g) for s, m, _, g, _ in world(sqlite_engine)["assessments"]}
    assert {(ids[0], MED, 3), (ids[1], MED, 0), (ids[3], DRUG, 1), (ids[-2], REPORT, 1)} <= graded
    assert len(graded) == 20


class StopError(Exception):
    """What a kill is inside the test's process."""


def _killed_before(monkeypatch: pytest.MonkeyPatch, name: str, calls: int) -> Callable[[], None]:
    """Make the service fail at the nth call of one of its steps, once."""
    real, seen = getattr(runs, name), [0]

    def step(*args: Any, **kwargs: Any) -> Any:
        seen[0] += 1
        if seen[0] == calls:
            raise StopError
        return real(*args, **kwargs)

    monkeypatch.setattr(runs, name, step)
    return lambda: monkeypatch.setattr(runs, name, real)


@pytest.mark.parametrize(("step", "calls"), [("_chunk", 1), ("_chunk", 2), ("_chunk", 4), ("_finish", 1), ("_finish", 2)])
def test_cut_off_at_any_step_and_taken_up_again(engine: Engine, monkeypatch: pytest.MonkeyPatch, step: str, calls: int) -> None:
    fill(engine, MIX, capacity=3)
    restore = _killed_before(monkeypatch, step, calls)
    with pytest.raises(StopError):
        run(engine, chunk=2)
    restore()
    results = run(engine, hours=1, chunk=2)  # a later moment: what was cut off is finished first
    assert {one.as_of for one in results} == {NOW, NOW + timedelta(hours=1)}
    assert count(engine, t.runs, t.runs.c.status != "done") == 0
    for model, wanted in ((MED, 9), (DRUG, 9), (REPORT, 2)):
        assert count(engine, t.assessments, t.assessments.c.model == model) == wanted
    assert count(engine, t.alerts) == count(engine, t.tasks) == 4  # three of market supervision, one of the finance office
    with reading(engine) as conn:
        assert conn.scalar(select(func.sum(t.runs.c.candidates))) == count(engine, t.candidates)


def test_models_begin_together_or_not_at_all(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """One model that went ahead alone would be given the capacity that calm runs share out chunk by chunk."""
    fill(engine, capacity=4)
    restore = _killed_before(monkeypatch, "_begin", 2)
    with pytest.raises(StopError):
        run(engine)
    restore()
    assert count(engine, t.runs) == 0
    cut = {one.key: one.balance for one in run(engine)}
    assert all(balance.over_capacity for balance in (cut[MED], cut[DRUG]))  # both had their share of what there was


def test_a_crash_inside_the_transaction_leaves_nothing_of_the_chunk(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(engine)
    real, seen = settling.settle, [0]

    def settle(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        seen[0] += 1
        if seen[0] == 2:  # the second model of the first chunk
            raise StopError

    monkeypatch.setattr(settling, "settle", settle)
    with pytest.raises(StopError):
        run(engine)
    assert count(engine, t.assessments) == count(engine, t.candidates) == count(engine, t.alerts) == 0
    monkeypatch.undo()
    assert sum(one.judged for one in run(engine)) == 48


def test_over_capacity_is_offered_again_once_and_never_lost(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    set_capacity(engine, 2)
    with transaction(engine) as conn:
        put(conn, [CURE] * 7)
    (first,) = run(engine, keys=[MED])
    assert (first.balance.new, first.balance.over_capacity) == (2, 5)
    restore = _killed_before(monkeypatch, "_finish", 1)  # nothing new: the only chunk holds leftovers alone
    with pytest.raises(StopError):
        run(engine, keys=[MED], hours=1)
    restore()
    second, third = run(engine, keys=[MED], hours=2)
    assert [(one.judged, one.balance.over_capacity, one.balance.new) for one in (second, third)] == [(0, 5, 0)] * 2
    set_capacity(engine, 4)
    (fourth,) = run(engine, keys=[MED], hours=3)
    assert (fourth.balance.new, fourth.balance.over_capacity) == (2, 3)
    (fifth,) = run(engine, keys=[MED], hours=24 * 7)
    assert (fifth.balance.candidates, fifth.balance.new) == (3, 3)
    (sixth,) = run(engine, keys=[MED], hours=24 * 8)
    assert sixth.balance.candidates == 0
    assert count(engine, t.alerts) == count(engine, t.tasks) == count(engine, t.alert_evidence) == 7


def test_other_versions_close_an_unfinished_run_and_its_leftovers_go_on(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    set_capacity(engine, 1)
    with transaction(engine) as conn:
        put(conn, [CURE] * 6)
    restore = _killed_before(monkeypatch, "_chunk", 2)
    with pytest.raises(StopError):
        run(engine, keys=[MED])
    restore()
    set_capacity(engine, 10)
    other = Scorer({MED: Learner(Constant(0.9), "v2")}, packs())
    (found,) = run(engine, keys=[MED], hours=1, by=other)
    assert (found.judged, found.balance.new) == (3, 5)  # three unjudged, two that had been over capacity
    with reading(engine) as conn:
        assert conn.scalars(select(t.runs.c.status).order_by(t.runs.c.id)).all() == ["superseded", "done"]
        assert conn.scalars(select(t.runs.c.ended_at)).all()[0] is not None
    assert count(engine, t.alerts) == 6


class Constant:
    """A learner that always says the same, or raises, or says no number, where a text holds a word."""

    def __init__(self, value: float, *, raises: str = "", broken: str = "") -> None:
        self.value, self.raises, self.broken = value, raises, broken

    def predict(self, frame: Any, rules: Any, weights: Any = None) -> Any:
        texts = [one.original for one in frame.texts]
        if self.raises and any(self.raises in text for text in texts):
            raise RuntimeError(f"cannot judge \x00{self.raises}\ud800")
        return np.array([np.nan if self.broken and self.broken in text else self.value for text in texts])

    def contributions(self, frame: Any, rules: Any, rows: Any = None, weights: Any = None, top: Any = None) -> list[list[Any]]:
        return [[] for _ in rows]


@pytest.mark.parametrize("how", ["raises", "broken"])
def test_a_row_that_a_model_fails_on_ends_as_failed_and_is_tried_again(engine: Engine, how: str) -> None:
    with transaction(engine) as conn:
        put(conn, [PLAIN, "坏的", PLAIN, CURE, "也坏的"] * 4)
    bad = Constant(0.5, raises="坏") if how == "raises" else Constant(0.5, broken="坏")
    first = {one.key: one for one in run(engine, chunk=8, by=Scorer({MED: Learner(bad, "v1", FIXED_CUTOFFS)}, packs()))}
    assert (first[MED].judged, first[MED].balance.failed, first[MED].balance.candidates) == (12, 8, 20)
    assert (first[DRUG].judged, first[DRUG].balance.failed) == (20, 0)
    with reading(engine) as conn:
        reason = conn.scalars(select(t.candidates.c.reason).where(t.candidates.c.outcome == "failed")).first()
    assert str(reason).startswith(("RuntimeError: cannot judge", "ValueError: the model gave what is no probability"))
    again = {one.key: one for one in run(engine, hours=1)}
    assert (again[MED].judged, again[MED].balance.failed) == (8, 0)


def test_a_text_that_cannot_be_read_fails_alone_and_a_broken_model_fails_quickly(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    set_capacity(engine, 500)
    with transaction(engine) as conn:
        put(conn, [PLAIN] * 60 + ["毒"] + [CURE] * 60)
    mine, calls = Scorer({DRUG: Learner(Constant(0.5, raises="本"), "v1")}, packs()), [0]
    real = mine.read

    def read(texts: Sequence[str], around: Any = None) -> Any:
        calls[0] += 1
        if "毒" in texts:
            raise ValueError("unreadable")
        return real([*texts], around)

    monkeypatch.setattr(mine, "read", read)
    found = {one.key: one for one in run(engine, chunk=500, by=mine)}
    assert (found[MED].judged, found[MED].balance.failed, found[MED].balance.new) == (120, 1, 60)
    assert (found[DRUG].judged, found[DRUG].balance.failed) == (60, 61)
    assert calls[0] < 200


def test_late_and_future_signals_wait_for_the_run_that_may_know_them(engine: Engine) -> None:
    with transaction(engine) as conn:
        put(conn, [CURE], tag="a")
        put(conn, [CURE], tag="late", received=NOW + timedelta(hours=2))
        put(conn, [CURE], tag="future", at=NOW + timedelta(hours=3), received=NOW)
    assert [one.judged for hours in (0, 1, 2, 3, 4) for one in run(engine, keys=[MED], hours=hours)] == [1, 0, 1, 1, 0]


def test_a_moment_is_one_moment_in_any_zone(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(engine)
    restore = _killed_before(monkeypatch, "_chunk", 3)
    local = NOW.astimezone(SHANGHAI)
    with pytest.raises(StopError):
        runs.run(engine, scorer(), KEYS, as_of=local, now=local, actor="测试", chunk=3)
    restore()
    assert [one.judged for one in runs.run(engine, scorer(), KEYS, as_of=local, now=local, actor="测试", chunk=3)] == [23, 23, 2]
    assert count(engine, t.runs) == 3


def test_what_a_run_opens_does_not_change_what_it_judges_next(engine: Engine) -> None:
    with transaction(engine) as conn:
        put(conn, [CURE, PLAIN, PLAIN], shops=["甲"] * 3)
    for chunk, model in ((1, MED),):
        runs.run(engine, scorer(), [model], as_of=NOW + timedelta(days=2), now=NOW, actor="测试", chunk=chunk)
    assert [row[3] for row in world(engine)["assessments"]] == [3, 0, 0]  # `warned` does not see the alert of this very run


def test_unfinished_models_only_are_taken_up(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(engine)
    restore = _killed_before(monkeypatch, "_chunk", 2)
    with pytest.raises(StopError):
        run(engine, keys=[MED])
    restore()
    results = run(engine, hours=1)
    assert sorted((one.key, one.as_of) for one in results) == sorted([(MED, NOW), *((key, NOW + timedelta(hours=1)) for key in KEYS)])


def test_a_balance_that_does_not_hold_is_never_closed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(engine)
    restore = _killed_before(monkeypatch, "_finish", 1)
    with pytest.raises(StopError):
        run(engine, keys=[MED])
    restore()
    with transaction(engine) as conn:
        conn.execute(update(t.candidates).where(t.candidates.c.outcome == "new").values(outcome="merged"))
    with pytest.raises(Exception, match=r"balance|不平"):
        run(engine, keys=[MED])
    assert count(engine, t.runs, t.runs.c.status == "running") == 1
