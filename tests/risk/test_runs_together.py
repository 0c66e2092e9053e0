"""Several processes at once: the same run, runs of other moments, runs of other versions. Nothing twice, nobody waits for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from models.grades import Cutoffs
from risk.scoring.scorer import Learner, Scorer
from risk.services import runs
from risk.services.runs import RunResult
from risk.storage import tables as t
from risk.storage.engine import open_engine, reading, transaction
from tests.risk.run_world import CURE, DRUGS, KEYS, MED, NOW, PLAIN, URGE, packs, put, scorer, set_capacity
from tests.risk.test_runs import Constant


def _work(url: URL, minutes: int, by: Scorer) -> list[RunResult]:
    engine = open_engine(url)
    moment = NOW + timedelta(minutes=minutes)
    try:
        return runs.run(engine, by, KEYS, as_of=moment, now=moment, actor="测试", chunk=2)
    finally:
        engine.dispose()


@pytest.mark.parametrize("minutes", [(0, 0, 0), (0, 1, 2)], ids=["same run", "other moments"])
def test_each_signal_is_judged_once_and_every_balance_holds(engine_url: URL, minutes: tuple[int, ...]) -> None:
    engine = open_engine(engine_url)
    set_capacity(engine, 3)
    with transaction(engine) as conn:
        put(conn, [CURE, PLAIN, URGE, DRUGS] * 4)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda m: _work(engine_url, m, scorer()), minutes))
    with reading(engine) as conn:
        a, c = t.assessments.c, t.candidates.c
        assert conn.execute(select(func.count(), func.count(a.signal_id.distinct())).where(a.model == MED)).one() == (16, 16)
        assert set(conn.scalars(select(t.runs.c.status))) == {"done"}
        assert conn.scalar(select(func.sum(t.runs.c.candidates))) == conn.scalar(select(func.count()).select_from(t.candidates))
        assert conn.scalar(select(func.count()).select_from(t.tasks)) == conn.scalar(select(func.count()).select_from(t.alerts)) == 3
        offered = conn.scalar(select(func.count(c.assessment_id.distinct())).where(c.outcome.in_(("new", "over_capacity"))))
    assert offered == 12
    engine.dispose()


def test_runs_of_other_versions_close_each_other_and_both_end(engine_url: URL) -> None:
    engine = open_engine(engine_url)
    set_capacity(engine, 500)
    with transaction(engine) as conn:
        put(conn, [CURE, PLAIN] * 6)
    other = Scorer({MED: Learner(Constant(0.9), "v2", Cutoffs(0.85, 0.7, 0.55, 0.4))}, packs())
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda by: _work(engine_url, 0, by), (scorer(), other)))
    _work(engine_url, 1, scorer())
    with reading(engine) as conn:
        a = t.assessments.c
        assert conn.execute(select(func.count(), func.count(a.signal_id.distinct())).where(a.model == MED)).one() == (12, 12)
        assert set(conn.scalars(select(t.runs.c.status))) <= {"done", "superseded"}
        assert conn.scalar(select(func.sum(t.runs.c.candidates))) == conn.scalar(select(func.count()).select_from(t.candidates))
    engine.dispose()
