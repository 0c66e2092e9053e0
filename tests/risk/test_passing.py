"""What a model has passed: a later run looks at nothing twice, and misses nothing, whatever comes late, fails, or is asked of an earlier moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, event, exists, select

from risk.services import passing, runs
from risk.services.chunks import Chunk, Step
from risk.services.judging import Told
from risk.services.passing import Passed, kinds_of
from risk.services.workers import Judges
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.run_world import CURE, DRUG, KEYS, MED, NOW, PLAIN, REPORT, put, scorer, world

HOURS = st.integers(-3, 6)
ARRIVALS = st.lists(st.tuples(HOURS, HOURS, st.sampled_from(["content", "report", "case"])), max_size=6)
ASKED = st.lists(
    st.tuples(ARRIVALS, HOURS, st.sets(st.sampled_from(KEYS), min_size=1), st.integers(1, 4), st.booleans()), min_size=1, max_size=5
)


def _hour(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


def _unjudged(engine: Engine, key: str, as_of: datetime | None = None) -> list[int]:
    """By the definition: no assessment by the model."""
    s, a = t.signals.c, t.assessments.c
    query = select(s.id).where(s.kind.in_(kinds_of(key)), ~exists().where(a.signal_id == s.id, a.model == key)).order_by(s.id)
    if as_of is not None:
        query = query.where(s.observed_at <= as_of, s.received_at <= as_of)
    with reading(engine) as conn:
        return list(conn.scalars(query))


class _Failing(Judges):
    """Judges that fail on every third signal while they are told to."""

    failing = False

    def begin(self, step: Step) -> Any:
        answer = super().begin(step)
        return lambda: self._spoilt(answer())

    def _spoilt(self, chunk: Chunk) -> Chunk:
        if not self.failing:
            return chunk
        return Chunk(
            chunk.rows, {key: [_part(chunk, part, i) for part in parts for i in part.positions] for key, parts in chunk.told.items()}
        )


def _part(chunk: Chunk, part: Told, i: int) -> Told:
    from dataclasses import replace

    if part.said is None or chunk.rows[i].id % 3 == 0:
        return Told([i], None, {}, "坏的", (), {}, {})
    k = part.positions.index(i)
    said = part.said
    floors, caps = (None if one is None else one[k : k + 1] for one in (said.floors, said.caps))
    narrow = replace(
        said, probability=said.probability[k : k + 1], ranks=said.ranks[k : k + 1], fired=said.fired[k : k + 1], floors=floors, caps=caps
    )
    return Told(
        [i], narrow, {n: e for n, e in part.evidence.items() if n == i}, None, (), {n: r for n, r in part.raises.items() if n == i}, {}
    )


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ASKED)
def test_whatever_comes_when_every_run_judges_all_that_is_for_it_and_passes_nothing_unjudged(sqlite_engine: Engine, asked: Any) -> None:
    with transaction(sqlite_engine) as conn:
        for table in (t.alert_evidence, t.candidates, t.task_events, t.tasks, t.alerts, t.assessments, t.runs, t.signals):
            conn.execute(delete(table))
    for turn, (arrivals, hours, keys, chunk, failing) in enumerate(asked):
        with transaction(sqlite_engine) as conn:
            for n, (at, received, kind) in enumerate(arrivals):
                put(conn, [PLAIN], tag=f"{turn}-{n}-", at=_hour(at), received=_hour(max(at, received)), kind=kind)
        as_of, mine = _hour(hours) + timedelta(minutes=turn), [key for key in KEYS if key in keys]
        those = _Failing(sqlite_engine, scorer())
        those.failing = failing
        before = {key: _unjudged(sqlite_engine, key, as_of) for key in mine}

        class Opened:
            def __enter__(self, those: _Failing = those) -> _Failing:
                return those

            def __exit__(self, *_: object) -> None: ...

        runs.run(sqlite_engine, scorer(), mine, as_of=as_of, now=as_of, actor="测试", chunk=chunk, judged_by=lambda *_: Opened())
        for key in mine:
            failed = [i for i in before[key] if failing and i % 3 == 0]
            assert _unjudged(sqlite_engine, key, as_of) == failed
        with reading(sqlite_engine) as conn:
            told = {key: passing.furthest(conn, key) for key in KEYS}
            waiting = passing.unjudged(conn, as_of)
            s, a = t.signals.c, t.assessments.c
            query = select(s.id).where(s.observed_at <= as_of, s.kind != "case", ~exists().where(a.signal_id == s.id))
            assert waiting == len(conn.scalars(query).all())
        for key, passed in told.items():
            assert {i for i in _unjudged(sqlite_engine, key) if i <= passed.upto} <= set(passed.left)


def test_a_run_that_finds_nothing_new_looks_at_no_signal_that_was_passed(engine: Engine) -> None:
    with transaction(engine) as conn:
        put(conn, [CURE, PLAIN] * 10)
        put(conn, [CURE], tag="late", received=NOW + timedelta(hours=5))
    _run(engine, 0)
    rows: list[int] = []

    def seen(cursor: Any, statement: str) -> None:
        if "FROM signals" in statement and "LIMIT" in statement:
            rows.append(1)

    event.listen(engine, "after_cursor_execute", lambda _c, cursor, statement, *_: seen(cursor, statement))
    looked: list[Step] = []
    real = runs._next

    def step(*args: Any) -> Any:
        found = real(*args)
        if found is not None:
            looked.append(found)
        return found

    runs._next, before = step, world(engine)  # type: ignore[assignment]
    try:
        _run(engine, 1)
        assert [(one.ids, {key: list(ids) for key, ids in one.waiting.items()}) for one in looked] == [
            ([], {MED: [21], DRUG: [21], REPORT: []})
        ]
        _run(engine, 6)
    finally:
        runs._next = real
    assert looked[-1].ids == [21]
    assert len(world(engine)["assessments"]) == len(before["assessments"]) + 2
    assert len(rows) <= 4


def _run(engine: Engine, hours: int) -> None:
    runs.run(engine, scorer(), KEYS, as_of=_hour(hours), now=_hour(hours), actor="测试", chunk=5)


def test_more_left_than_is_kept_passes_less_and_loses_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing, "MOST_LEFT", 3)
    with transaction(engine) as conn:
        put(conn, [PLAIN] * 2)
        put(conn, [PLAIN] * 5, tag="late", received=_hour(2))
        put(conn, [PLAIN] * 2, tag="then")
    _run(engine, 0)
    with reading(engine) as conn:
        assert passing.furthest(conn, MED) == Passed(5, (3, 4, 5))
    _run(engine, 1)
    _run(engine, 3)
    with reading(engine) as conn:
        assert (passing.furthest(conn, MED), passing.unjudged(conn, _hour(3))) == (Passed(9, ()), 0)
    assert _unjudged(engine, MED) == []


def test_what_was_passed_by_other_kinds_does_not_count(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction(engine) as conn:
        put(conn, [PLAIN])
        put(conn, [PLAIN], tag="r", kind="report")
    _run(engine, 0)
    monkeypatch.setitem(passing.KINDS, REPORT, ("content", "report"))
    _run(engine, 1)
    assert _unjudged(engine, REPORT) == []
