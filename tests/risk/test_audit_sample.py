"""The random sample of un-alerted units: drawn once, the same again, at its rate whatever the score; its tasks are like others but no alerts; its labels weigh."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, NotFoundError
from risk.domain.tasks import State
from risk.services import audit_sample, labels, runs, tasks
from risk.services.alerts import run_balance
from risk.services.dispatch import issued_this_week, load_directory
from risk.services.task_views import TaskFilter, get_task, list_tasks
from risk.services.views_verdicts import VerdictFilter, list_verdicts
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.run_world import CURE, MED, NOW, PLAIN, REPORT, SCHEME, URGE, count, put, scorer, set_capacity

RATES = {"rate": 0.3, "over_capacity_rate": 0.8, "most_per_run": 1000, "most_weight": 10.0}


@pytest.fixture(autouse=True)
def _rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rates under which a small world has something to draw."""
    monkeypatch.setitem(read_toml("health.toml"), "audit", RATES)


def _judged(engine: Engine, *, cures: int = 4, plain: int = 60, capacity: int = 2) -> int:
    """A run with alerts, alarms over capacity, and units below."""
    set_capacity(engine, capacity)
    with transaction(engine) as conn:
        put(conn, [f"{CURE}{i}" for i in range(cures)], tag="c")
        put(conn, [f"{(URGE, PLAIN)[i % 2]}{i}" for i in range(plain)], tag="p")
    (one,) = runs.run(engine, scorer(), [MED], as_of=NOW, now=NOW, actor="测试")
    return one.id


def _draw(engine: Engine, run: int) -> Mapping[str, Any]:
    with transaction(engine) as conn:
        return audit_sample.draw(conn, run, now=NOW, actor="测试")


def test_a_run_is_drawn_from_once_and_its_balance_stays(engine: Engine) -> None:
    run = _judged(engine)
    with reading(engine) as conn:
        before, room = run_balance(conn, run), issued_this_week(conn, NOW)
    frame = _draw(engine, run)
    assert (frame["over_capacity"]["units"], frame["rest"]["units"]) == (32, 30)  # 34 alarms, room for two
    assert 0 < frame["rest"]["drawn"] < 30
    rows = count(engine, t.audit_samples)
    assert rows == frame["rest"]["drawn"] + frame["over_capacity"]["drawn"] == count(engine, t.tasks, t.tasks.c.kind == "audit")
    assert _draw(engine, run) == frame
    assert count(engine, t.audit_samples) == rows
    with reading(engine) as conn:
        assert run_balance(conn, run) == before
        assert issued_this_week(conn, NOW) == room  # audits take no room from alerts
        alerted = set(conn.scalars(select(t.alert_evidence.c.assessment_id)))
        drawn = conn.execute(select(t.audit_samples)).all()
    assert count(engine, t.alerts) == 2
    assert not alerted & {row.assessment_id for row in drawn}
    assert all(row.probability == (0.3 if row.stratum == "rest" else 0.8) for row in drawn)


def test_who_is_drawn_depends_on_run_and_identity_alone(engine: Engine) -> None:
    """Not on ids, scores or the database: whoever has the run's key and the units can draw again, and finds the same."""
    run = _judged(engine)
    _draw(engine, run)
    a, s = t.assessments.c, t.signals.c
    with reading(engine) as conn:
        key = conn.scalar(select(t.runs.c.key).where(t.runs.c.id == run))
        below = conn.execute(select(s.identity).join_from(t.assessments, t.signals, a.signal_id == s.id).where(a.grade == 0)).scalars()
        wanted = {identity for identity in below if audit_sample.lot(str(key), identity) < 0.3}
        query = select(s.identity).join_from(t.audit_samples, t.signals).where(t.audit_samples.c.stratum == "rest")
        assert set(conn.scalars(query)) == wanted


def test_the_lot_is_fair_and_knows_no_score() -> None:
    lots = [audit_sample.lot("run", f"unit {i}") for i in range(4000)]
    assert abs(sum(lot < 0.1 for lot in lots) / 4000 - 0.1) < 4 * (0.09 / 4000) ** 0.5
    assert audit_sample.rate_of(MED, "rest", 10_000_000) == pytest.approx(1000 / 10_000_000)
    assert audit_sample.rate_of(MED, "over_capacity", 0) == 0.8


def test_rates_of_a_model_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(read_toml("health.toml"), "audit", RATES | {"models": {MED: {"rate": 0.05}}})
    assert audit_sample.rate_of(MED, "rest", 10) == 0.05
    assert audit_sample.rate_of(REPORT, "rest", 10) == 0.3
    assert audit_sample.rate_of(MED, "over_capacity", 10) == 0.8


def test_refusals(sqlite_engine: Engine) -> None:
    run = _judged(sqlite_engine)
    with transaction(sqlite_engine) as conn:
        with pytest.raises(NotFoundError, match="no run"):
            audit_sample.draw(conn, 99, now=NOW, actor="测试")
        conn.execute(update(t.runs).values(status="running"))
        with pytest.raises(ConflictError, match="not done"):
            audit_sample.draw(conn, run, now=NOW, actor="测试")
        assert audit_sample.draw_waiting(conn, now=NOW, actor="测试") == {}
        conn.execute(update(t.runs).values(status="done"))
        first = audit_sample.draw_waiting(conn, now=NOW, actor="测试")
        assert list(first) == [run]
        assert audit_sample.draw_waiting(conn, now=NOW, actor="测试") == {}


def test_an_audit_task_goes_the_whole_way_and_its_label_weighs(engine: Engine) -> None:
    run = _judged(engine)
    _draw(engine, run)
    later = NOW + timedelta(days=3)
    with transaction(engine) as conn:
        page = list_tasks(conn, TaskFilter(model=MED), NOW, limit=100)
        audits = [row for row in page.items if row.kind == "audit"]
        assert len(audits) == count(engine, t.audit_samples)
        assert all(
            row.alert_id is None and row.grade == "none" and row.region == "420102" and "双随机抽查" in row.title_zh for row in audits
        )
        office = load_directory(conn).route(MED, "420102", NOW).office_code
        assert {row.office for row in audits} == {office}
        view = get_task(conn, audits[0].id, NOW)
        assert [piece.probability for piece in view.evidence] == [None]  # who verifies is not told the score
        assert view.evidence[0].text
        alerted = next(row for row in page.items if row.kind == "alert")
        for row in (audits[0], alerted):
            tasks.sign(conn, row.id, actor="张三", now=later)
            tasks.report(conn, row.id, actor="张三", code="10", facts="查实", officers=["张三", "李四"], now=later)
            assert tasks.accept(conn, row.id, actor="科长", now=later, close_too=True) == 1
        stored = {row.source: row for row in conn.execute(select(t.labels))}
        chance = conn.scalar(select(t.audit_samples.c.probability).where(t.audit_samples.c.task_id == audits[0].id))
        assert chance is not None
        assert stored["audit_sample"].weight == pytest.approx(1 / chance)
        assert stored["verdict"].weight == 1.0
        mature = labels.matured(conn, MED, later + timedelta(days=7))
        weights = {one.signal_id: one.weight for one in mature}
        assert sum(weights.values()) == pytest.approx(2.0)  # of mean 1
        assert weights[stored["audit_sample"].signal_id] == pytest.approx(weights[stored["verdict"].signal_id] / chance)
        told = list_verdicts(conn, VerdictFilter(model=MED)).items
        assert {one.alert_id for one in told} == {None, alerted.alert_id}


def test_a_corrected_audit_teaches_no_more_and_cannot_be_merged(engine: Engine) -> None:
    run = _judged(engine)
    _draw(engine, run)
    with transaction(engine) as conn:
        one, other = list(conn.scalars(select(t.tasks.c.id).where(t.tasks.c.kind == "audit").order_by(t.tasks.c.id)))[:2]
        alert = conn.scalar(select(t.tasks.c.id).where(t.tasks.c.kind == "alert"))
        tasks.sign(conn, one, actor="张三", now=NOW)
        with pytest.raises(ConflictError, match="merged"):
            tasks.merge(conn, one, other, actor="张三", reason="重复", now=NOW)
        with pytest.raises(ConflictError, match="merged"):
            tasks.merge(conn, one, int(alert or 0), actor="张三", reason="重复", now=NOW)
        tasks.report(conn, one, actor="张三", code="10", facts="查实", officers=["张三", "李四"], now=NOW)
        assert tasks.accept(conn, one, actor="科长", now=NOW) == 1
        tasks.correct(
            conn, one, actor="张三", code="60", facts="查无此人", officers=["张三", "李四"], reason="看错", now=NOW + timedelta(days=20)
        )
        assert len(labels.matured(conn, MED, NOW + timedelta(days=19))) == 1
        assert labels.matured(conn, MED, NOW + timedelta(days=20)) == []
        assert tasks.transfer_back(conn, other, actor="张三", reason="不属本辖区", now=NOW, to="420000-market_supervision") is State.ISSUED


def test_weights_are_bounded_in_training(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(read_toml("health.toml"), "audit", RATES | {"most_weight": 2.0})
    run = _judged(sqlite_engine)
    _draw(sqlite_engine, run)
    with transaction(sqlite_engine) as conn:
        for number in list(conn.scalars(select(t.tasks.c.id))):
            tasks.sign(conn, number, actor="张三", now=NOW)
            tasks.report(
                conn, number, actor="张三", code="30", sub_reason="context_misread", facts="无", officers=["张三", "李四"], now=NOW
            )
            tasks.accept(conn, number, actor="科长", now=NOW)
        weights = sorted({round(one.weight, 9) for one in labels.matured(conn, MED, NOW + timedelta(days=8))})
        raw = conn.scalar(select(func.max(t.labels.c.weight)))
    assert raw == pytest.approx(1 / 0.3)
    assert weights[-1] / weights[0] == pytest.approx(2.0)


def test_every_lens_is_found_by_its_model(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        put(conn, [f"{PLAIN}{i}" for i in range(20)] + [SCHEME], tag="r", kind="report")
    (one,) = runs.run(sqlite_engine, scorer(), [REPORT], as_of=NOW, now=NOW, actor="测试")
    _draw(sqlite_engine, one.id)
    with reading(sqlite_engine) as conn:
        rows = [row for row in list_tasks(conn, TaskFilter(model="illegal_fundraising"), NOW).items if row.kind == "audit"]
    assert rows
    assert {row.model for row in rows} == {REPORT}
