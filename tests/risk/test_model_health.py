"""Health of models: numbers by hand, the future changes nothing, twice is once, what crosses opens one task and recovers."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from risk.domain import learning
from risk.domain.datafiles import read_toml
from risk.domain.errors import NotFoundError
from risk.domain.grades import Grade
from risk.services import audit_sample, health_figures, health_windows, model_health, model_tasks, runs, selection_bias, tasks
from risk.services.health_verdicts import VerifiedAlert, false_alarms, rates, verified
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.backtest_world import history, verify
from tests.risk.reviewing import review_all
from tests.risk.run_world import CURE, MED, NOW, PLAIN, URGE, count, put, scorer, set_capacity

OFFICERS = ["张三", "李四"]
WINDOW = {"current_days": 14, "reference_days": 28, "history_days": 365, "least": 10, "most_units": 200}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and rates under which a small world says something."""
    data = read_toml("health.toml")
    monkeypatch.setitem(data, "window", WINDOW)
    monkeypatch.setitem(data, "audit", {"rate": 0.5, "over_capacity_rate": 1.0, "most_per_run": 1000, "most_weight": 10.0})
    monkeypatch.setitem(data, "limits", data["limits"] | {"least_verdicts": 5})


def _alert(
    i: int, *, right: bool, grade: Grade = Grade.BLUE, p: float = 0.5, rules: frozenset[str] = frozenset(), city: str = "420102"
) -> VerifiedAlert:
    sub = None if right else "context_misread"
    return VerifiedAlert(
        i, city, grade, p, "7", right, "10" if right else "30", sub, NOW, NOW, rules, frozenset({"length"} if right else ())
    )


def _settle(engine: Engine, texts_true: dict[int, bool], at: datetime) -> None:
    """Report and accept every open task by the truth of its signals."""
    with transaction(engine) as conn:
        evidence = select(t.alert_evidence.c.alert_id, t.assessments.c.signal_id).join_from(t.alert_evidence, t.assessments)
        of_alert = {row.alert_id: row.signal_id for row in conn.execute(evidence)}
        of_task = {row.task_id: row.signal_id for row in conn.execute(select(t.audit_samples.c.task_id, t.audit_samples.c.signal_id))}
        for row in conn.execute(select(t.tasks.c.id, t.tasks.c.alert_id).where(t.tasks.c.state == "issued").order_by(t.tasks.c.id)).all():
            signal = of_task[row.id] if row.alert_id is None else of_alert[row.alert_id]
            said: dict[str, Any] = {"code": "10"} if texts_true[signal] else {"code": "30", "sub_reason": "context_misread"}
            tasks.sign(conn, row.id, actor="张三", now=at)
            tasks.report(conn, row.id, actor="张三", facts="查明", officers=OFFICERS, now=at, **said)
            tasks.accept(conn, row.id, actor="科长", now=at, close_too=True)
        review_all(conn, at)


def test_recall_is_counted_by_the_design(engine: Engine) -> None:
    """6 alerts (4 true); 40 below, of which 10 are true and about half were drawn: what is missed is what was drawn, times two."""
    set_capacity(engine, 100)
    with transaction(engine) as conn:
        cures = put(conn, [f"{CURE}{i}" for i in range(6)], tag="c")
        plain = put(conn, [f"{PLAIN}{i}" for i in range(40)], tag="p")
    truth = {signal: i < 4 for i, signal in enumerate(cures)} | {signal: i < 10 for i, signal in enumerate(plain)}
    (run,) = runs.run(engine, scorer(), [MED], as_of=NOW, now=NOW, actor="测试")
    later, since = NOW + timedelta(days=2), NOW - timedelta(days=30)
    with reading(engine) as conn:
        before = selection_bias.recall(conn, MED, since, NOW, later)
    assert before["counts"]["runs"] == 0  # nothing drawn: nothing known
    assert before["figures"]["recall"]["value"] is None
    with transaction(engine) as conn:
        frame = audit_sample.draw(conn, run.id, now=NOW, actor="测试")
    _settle(engine, truth, later)
    mature = later + timedelta(days=8)
    with reading(engine) as conn:
        drawn = list(conn.scalars(select(t.audit_samples.c.signal_id)))
        told = selection_bias.recall(conn, MED, since, NOW, mature)
        early = selection_bias.recall(conn, MED, since, NOW, later)
        other = selection_bias.recall(conn, MED, NOW, mature, mature)
    found = sum(truth[signal] for signal in drawn)
    missed = found / len(drawn) * 40
    assert 0 < found < 10
    assert told["counts"] == {
        "runs": 1, "units": 46, "alarms": 6, "alerted": 6, "over_capacity": 0, "drawn": frame["rest"]["drawn"],
        "verified_alerted": 6, "verified_drawn": len(drawn), "missed_found": found,
    }  # fmt: skip
    assert told["figures"]["precision"]["value"] == pytest.approx(4 / 6)
    assert told["figures"]["recall"]["value"] == pytest.approx(4 / (4 + missed))
    assert told["figures"]["prevalence"]["value"] == pytest.approx((4 + missed) / 46)
    low, high = told["figures"]["recall"]["low"], told["figures"]["recall"]["high"]
    assert low < 4 / 14 < high  # the truth
    assert early["counts"]["verified_drawn"] == 0  # labels have not matured
    assert other["counts"]["runs"] == 0


def test_what_capacity_cut_off_is_missed_by_the_loop_not_by_the_model(engine: Engine) -> None:
    set_capacity(engine, 3)
    with transaction(engine) as conn:
        cures = put(conn, [f"{CURE}{i}" for i in range(9)], tag="c")
        plain = put(conn, [f"{PLAIN}{i}" for i in range(20)], tag="p")
    (run,) = runs.run(engine, scorer(), [MED], as_of=NOW, now=NOW, actor="测试")
    with transaction(engine) as conn:
        audit_sample.draw(conn, run.id, now=NOW, actor="测试")
    _settle(engine, dict.fromkeys(cures, True) | dict.fromkeys(plain, False), NOW)
    with reading(engine) as conn:
        told = selection_bias.recall(conn, MED, NOW - timedelta(days=9), NOW, NOW + timedelta(days=9))
    assert (told["counts"]["alarms"], told["counts"]["alerted"], told["counts"]["over_capacity"]) == (9, 3, 6)
    assert told["figures"]["recall"]["value"] == 1.0
    assert told["loop"]["recall"]["value"] == pytest.approx(3 / 9)
    assert told["loop"]["recall"]["low"] < 3 / 9 < told["loop"]["recall"]["high"]


def test_complaints_that_had_been_flagged(engine: Engine) -> None:
    """Three shops are alerted on; two of them, and another one, are complained of later, all rightly; one complaint has no subject."""
    set_capacity(engine, 100)
    with transaction(engine) as conn:
        early = put(conn, [f"{CURE}{i}" for i in range(3)], shops=["甲", "乙", "丙"], tag="e")
    runs.run(engine, scorer(), [MED], as_of=NOW, now=NOW, actor="测试")
    came = NOW + timedelta(days=20)
    with transaction(engine) as conn:
        late = put(conn, [f"{CURE}投诉{i}" for i in range(4)], shops=["甲", "乙", "丁", None], tag="l", at=came, kind="report")
        again = put(conn, [f"{CURE}再投诉"], shops=["丁"], tag="m", at=came + timedelta(days=30), kind="report")
    for at in (came, came + timedelta(days=30)):
        runs.run(engine, scorer(), [MED], as_of=at, now=at, actor="测试")
    done = came + timedelta(days=31)
    _settle(engine, dict.fromkeys((*early, *late, *again), True), done)
    with reading(engine) as conn:
        told = selection_bias.complaints(conn, MED, NOW, done, done + timedelta(days=8))
        unripe = selection_bias.complaints(conn, MED, NOW, done, done + timedelta(days=6))
    assert (told["confirmed"], told["without_subject"], told["complaints"], told["flagged"]) == (5, 1, 4, 2)
    assert told["share"]["value"] == 0.5  # an alert on an earlier complaint is no detection of ours
    assert told["lead_days"]["value"] == pytest.approx(20)
    assert [(m["month"], m["complaints"], m["flagged"]) for m in told["months"]] == [("2026-11", 3, 2), ("2026-12", 1, 0)]
    assert unripe["confirmed"] == 0
    assert unripe["share"]["value"] is None


def _world(engine: Engine) -> datetime:
    """Six weeks with verdicts, drawn from; the moment when the labels of all have matured."""
    history(engine, weeks=6)
    with transaction(engine) as conn:
        audit_sample.draw_waiting(conn, now=NOW - timedelta(days=6), actor="测试")
    verify(engine, NOW - timedelta(days=6), random.Random(1))
    return NOW + timedelta(days=2)


def _figures(engine: Engine, as_of: datetime) -> str:
    with reading(engine) as conn:
        return json.dumps([asdict(one) for one in health_figures.figures(conn, scorer(), MED, as_of)], ensure_ascii=False, sort_keys=True)


def test_nothing_that_comes_later_is_read(engine: Engine) -> None:
    as_of = _world(engine)
    before = _figures(engine, as_of)
    told = {(one["name"], one["part"]): one for one in json.loads(before)}
    assert told["verified_rate", "blue"]["n"] > 0
    assert told["recall", ""]["n"] > 0
    assert told["score_drift", ""]["value"] is not None
    assert told["features_moved", ""]["n"] > 100
    later = as_of + timedelta(days=1)
    with transaction(
        engine
    ) as conn:  # the future is another one: other texts, other shops, every verdict overturned, every later row different
        put(conn, [f"{(CURE, URGE)[i % 2]}不同{i}" for i in range(40)], shops=[f"a店{i % 6}" for i in range(40)], at=later, tag="z")
        for task in list(conn.scalars(select(t.verdicts.c.task_id))):
            tasks.correct(conn, task, actor="李四", code="60", facts="查无", officers=OFFICERS, reason="更正", now=later)
            tasks.accept(conn, task, actor="科长", now=later)
    runs.run(engine, scorer(), [MED], as_of=later, now=later, actor="测试")
    with transaction(engine) as conn:
        audit_sample.draw_waiting(conn, now=later, actor="测试")
        conn.execute(update(t.subjects).values(region="421300"))
        conn.execute(update(t.alerts).values(grade=4, probability=0.99, status="closed"))
        conn.execute(insert(t.labels), [
            {"model": MED, "signal_id": 1, "value": 1.0, "weight": 9.0, "source": "verdict", "known_at": later, "matures_at": later}
        ])  # fmt: skip
    assert _figures(engine, as_of) == before
    assert _figures(engine, later + timedelta(days=8)) != before


def test_twice_is_once(engine: Engine) -> None:
    as_of = _world(engine)
    first = model_health.check(engine, scorer(), MED, as_of=as_of, now=as_of, actor="作业")
    rows, opened = count(engine, t.health_figures), count(engine, t.model_tasks)
    again = model_health.check(engine, scorer(), MED, as_of=as_of, now=as_of + timedelta(days=1), actor="作业")
    assert again == first
    assert (count(engine, t.health_figures), count(engine, t.model_tasks)) == (rows, opened)
    assert count(engine, t.audit, t.audit.c.action == "model.health") == 1
    assert rows == len(first.figures)
    with reading(engine) as conn:
        with pytest.raises(NotFoundError, match="not been checked"):
            model_health.show(conn, MED, as_of - timedelta(days=1))
        assert model_health.show(conn, MED, as_of + timedelta(days=1)) == first
        assert model_health.trend(conn, MED, "recall")[0].as_of == as_of


def _weeks(engine: Engine, first: datetime, weeks: int, texts: list[str], tag: str) -> None:
    for week in range(weeks):
        at = first + timedelta(days=7 * week)
        with transaction(engine) as conn:
            put(conn, [f"{texts[i % len(texts)]}{tag}{week}{i}" for i in range(30)], at=at, tag=f"{tag}{week}")
        runs.run(engine, scorer(), [MED], as_of=at, now=at, actor="测试")


def test_drift_opens_one_task_and_recovers_by_itself(sqlite_engine: Engine) -> None:
    engine, start = sqlite_engine, NOW - timedelta(days=100)
    set_capacity(engine, 1)
    _weeks(engine, start, 6, [PLAIN, PLAIN, CURE], "旧")
    _weeks(engine, start + timedelta(days=42), 2, [URGE, CURE, CURE], "换")
    _weeks(engine, start + timedelta(days=56), 3, [PLAIN, PLAIN, CURE], "回")

    def look(day: int) -> model_health.HealthView:
        moment = start + timedelta(days=day)
        return model_health.check(engine, scorer(), MED, as_of=moment, now=moment, actor="作业")

    kinds = ("score_drift", "feature_drift")
    quiet = look(41)
    assert [one.kind for one in quiet.tasks if one.kind in kinds] == []
    assert [one.value is not None for one in quiet.figures if one.name == "score_drift" and not one.part] == [True]
    loud = look(50)
    open_now = {one.kind: one for one in loud.tasks}
    assert set(kinds) <= set(open_now)
    crossed = {one.part for one in loud.figures if one.name == "feature_drift" and one.crossed}
    assert "rule:urge" in crossed
    assert open_now["score_drift"].detail["command"] == f"risk health show {MED}"
    assert open_now["score_drift"].detail["figures"][0]["value"] > 0.25
    assert {one.id for one in look(51).tasks if one.kind in kinds} == {open_now[kind].id for kind in kinds}
    late = model_health.check(engine, scorer(), MED, as_of=start + timedelta(days=40), now=NOW, actor="作业")  # a moment before the newest
    assert set(kinds) <= {one.kind for one in late.tasks}  # changes no task
    calm = look(76)
    assert [one.kind for one in calm.tasks if one.kind in kinds] == []
    with reading(engine) as conn:
        done = model_tasks.list_tasks(conn, state="done").items
        points = model_health.trend(conn, MED, "score_drift")
    assert {one.kind for one in done} >= set(kinds)
    assert [(point.as_of - start).days for point in points] == [40, 41, 50, 51, 76]
    assert [point.crossed for point in points] == [False, False, True, True, False]


def test_too_little_says_nothing(sqlite_engine: Engine) -> None:
    empty = model_health.check(sqlite_engine, scorer(), MED, as_of=NOW, now=NOW, actor="作业")
    assert not [one for one in empty.figures if one.crossed]
    assert {one.name: one.value for one in empty.figures if not one.part}["recall"] is None
    set_capacity(sqlite_engine, 5)
    _weeks(sqlite_engine, NOW - timedelta(days=60), 1, [PLAIN], "少")
    with reading(sqlite_engine) as conn:
        spans = health_windows.windows(conn, MED, NOW, current_days=14, reference_days=28)
        assert spans is not None
        found = {one.name: one for one in health_figures.figures(conn, scorer(), MED, NOW) if not one.part}
    assert found["score_drift"].value is None
    assert found["score_drift"].detail["before"] == 30
    assert found["estimated_precision"].value is None
    assert not found["estimated_precision"].crossed


def test_windows_follow_the_version_in_use(sqlite_engine: Engine) -> None:
    """Scores are compared within one version; features with what came before the version was in use."""
    start = NOW - timedelta(days=100)
    set_capacity(sqlite_engine, 5)
    _weeks(sqlite_engine, start, 10, [PLAIN], "旧")
    with transaction(sqlite_engine) as conn:
        conn.execute(update(t.assessments).where(t.assessments.c.as_of >= start + timedelta(days=35)).values(model_version="7"))
    with reading(sqlite_engine) as conn:
        spans = health_windows.windows(conn, MED, start + timedelta(days=70), current_days=14, reference_days=28)
    assert spans is not None
    first, just = start + timedelta(days=35), timedelta(microseconds=1)
    assert spans.version == "7"
    assert spans.scores_before == (first - just, first + timedelta(days=21))  # cut where the current window begins
    assert spans.features_before == (first - timedelta(days=28), first - just)


def test_each_figure_crosses_by_its_own_rule() -> None:
    limits = read_toml("health.toml")["limits"]
    good = [_alert(i, right=i % 10 < 8, p=0.8, grade=Grade.RED) for i in range(60)]
    bad = [_alert(i, right=i % 10 < 3, p=0.8, grade=Grade.RED, rules=frozenset({"news"} if i % 10 >= 3 else {"cure"})) for i in range(60)]
    few = bad[:4]

    def crossed(alerts: list[VerifiedAlert]) -> set[tuple[str, str]]:
        found = [*health_figures._of_calibration(alerts, limits), *health_figures._of_rates(alerts, limits)]
        found += health_figures._of_false_alarms(alerts, limits)
        return {(one.name, one.part) for one in found if one.crossed}

    assert crossed(good) == set()
    assert crossed(bad) == {
        ("calibration", ""), ("calibration", "420100"), ("verified_rate", "red"), ("verified_rate", "red 420100"), ("false_alarm_rule", "news"),
    }  # fmt: skip
    assert crossed(few) == set()
    assert crossed([]) == set()
    said = {one["part"]: (one["value"], one["n"]) for one in rates(bad)}
    assert said == {"red": (0.3, 60), "420100": (0.3, 60), "red 420100": (0.3, 60)}
    causes = false_alarms(bad)
    assert [row["name"] for row in causes["rules"]] == ["news", "cure"]
    assert causes["reasons"] == [
        {"code": "context_misread", "zh": causes["reasons"][0]["zh"], "en": causes["reasons"][0]["en"], "alerts": 42}
    ]


def test_a_model_of_rules_alone_promises_no_probability(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its severities are no probabilities: wrong as they are, no task is opened; a version that promises them is held to it, by its own limit."""
    as_of = _world(sqlite_engine)
    with transaction(sqlite_engine) as conn:
        conn.execute(update(t.assessments).where(t.assessments.c.grade > 0).values(probability=0.999))
        rules = {one.name: one for one in health_figures.figures(conn, scorer(), MED, as_of)}
        assert (rules["calibration"].value, rules["calibration"].crossed) == (None, False)
        conn.execute(update(t.assessments).values(model_version="7"))
        (learnt,) = [one for one in health_figures.figures(conn, scorer(), MED, as_of) if (one.name, one.part) == ("calibration", "")]
        assert learnt.crossed
        monkeypatch.setitem(read_toml("health.toml"), "limits", health_figures.limits_of(MED) | {"models": {MED: {"calibration_gap": 0.9}}})
        (own,) = [one for one in health_figures.figures(conn, scorer(), MED, as_of) if (one.name, one.part) == ("calibration", "")]
        assert (own.limit, own.crossed, own.value) == (0.9, False, learnt.value)


def test_what_asks_for_a_training_is_a_figure_of_health() -> None:
    policy = learning.policy_of(MED).triggers
    assert {*policy.drift, *policy.calibration} <= set(model_health.KINDS)


def test_verified_alerts_are_those_in_force(engine: Engine) -> None:
    as_of = _world(engine)
    with reading(engine) as conn:
        found = verified(conn, MED, NOW - timedelta(days=400), as_of)
        codes = {row.alert_id: row.code for row in conn.execute(select(t.verdicts)) if row.alert_id is not None}
        fired = {rule for one in found for rule in one.rules}
        early = verified(conn, MED, NOW - timedelta(days=400), NOW - timedelta(days=38))
    assert {one.id: one.code for one in found} == codes
    assert all(one.confirmed == (one.code == "10") for one in found)
    assert {one.version for one in found} == {"rules"}
    assert "cure" in fired
    assert 0 < len(early) < len(found)
    assert all(one.reported_at <= NOW - timedelta(days=38) for one in early)
