"""Grades as persons set them: asked without a trace, put in force by a named act, used by the next run, returned; and judged only by what was known."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, insert, select, update

from features.context import EVENT_KINDS
from models.uncertainty import learn
from risk.bootstrap import open_scorer
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.grading import Escalator, Policy, default_policy
from risk.scoring.scorer import Learner, Scorer
from risk.services import grade_desk, grade_reliability, runs
from risk.services.desk import Desk
from risk.services.dispatch import seed_offices
from risk.services.grade_desk import Asked
from risk.services.scorer_cache import ScorerCache
from risk.services.task_views import TaskFilter, get_task, list_tasks
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.cli_world import risk
from tests.risk.disposal_world import new_candidates, new_run, new_subjects
from tests.risk.run_world import MED, NOW, count, packs, put, set_capacity

FAR = NOW + timedelta(days=60)
FLOORS = {"red": 0.8, "orange": 0.6, "yellow": 0.4, "blue": 0.2}


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", "sqlite://")


def fill(engine: Engine, n: int = 400, *, known: datetime = NOW, audit: float = 0.0, seed: int = 0) -> None:
    """Cases of four weeks, a subject each, with verdicts on what was blue or graver, and on a random share of the rest."""
    rng = np.random.default_rng(seed)
    p = np.round(rng.beta(0.8, 1.2, n), 4)
    y = rng.random(n) < p
    with transaction(engine) as conn:
        seed_offices(conn)
        subjects = new_subjects(conn, n)
        run = new_run(conn)
        for week in range(4):
            mine = [i for i in range(n) if i % 4 == week]
            specs = [(subjects[i], Grade(int(np.searchsorted([0.4, 0.55, 0.7, 0.85], p[i], side="right"))), float(p[i])) for i in mine]
            made = new_candidates(conn, run, specs, observed=NOW - timedelta(days=7 * week + 1), tag=f"w{week}")
            labels = []
            for i, one in zip(mine, made, strict=True):
                drawn = p[i] < 0.4 and rng.random() < audit
                if p[i] >= 0.4 or drawn:
                    source, weight = ("audit_sample", 1 / audit) if drawn else ("verdict", 1.0)
                    labels.append(
                        {
                            "model": MED, "signal_id": one.signal_id, "subject_id": None, "verdict_id": None, "value": float(y[i]),
                            "weight": weight, "source": source, "known_at": known, "matures_at": known + timedelta(days=7),
                        }
                    )  # fmt: skip
            conn.execute(insert(t.labels), labels)
        conn.execute(update(t.signals).values(region="420102"))


def asked(**more: Any) -> Asked:
    return Asked(FAR, since=NOW - timedelta(days=40), until=NOW + timedelta(days=1), **more)


def everything(engine: Engine) -> int:
    return sum(count(engine, table) for table in (t.grade_settings, t.audit, t.offices, t.tasks, t.alerts))


def test_asking_leaves_no_trace_and_the_solution_keeps_its_promise(engine: Engine, home: Settings) -> None:
    fill(engine, audit=0.3)
    desk, before = Desk(engine), everything(engine)
    found = desk.read(grade_desk.solve, home, MED, asked(floors=FLOORS))
    assert everything(engine) == before
    assert (found.now.source, found.solved.source) == ("fixed", "solved")
    cuts = [found.solved.cutoffs[c] for c in ("red", "orange", "yellow", "blue")]
    assert cuts == sorted(cuts, reverse=True)
    for code, floor in FLOORS.items():
        one = found.solved.expected["grades"][code]
        assert one["alerts"] == 0 or one["precision"]["low"] >= floor - 1e-9
    assert found.solved.expected["recall_is"] == "of_all"
    assert found.now.expected["cases"] == 400
    again = desk.read(grade_desk.solve, home, MED, asked(floors=FLOORS))
    assert again == found


def test_labels_that_had_not_matured_are_not_seen(engine: Engine, home: Settings) -> None:
    fill(engine, 80, known=NOW)
    desk = Desk(engine)
    early = desk.read(grade_desk.what_if, home, MED, replace(asked(), as_of=NOW + timedelta(days=6)))
    late = desk.read(grade_desk.what_if, home, MED, asked())
    assert early.labelled == 0
    assert early.expected["by_cutoffs"]["precision"]["value"] is None
    assert late.labelled > 0
    assert early.expected["by_cutoffs"]["alerts"] == late.expected["by_cutoffs"]["alerts"]
    assert late.expected["recall_is"] == "among_verified"
    nothing = desk.read(grade_desk.what_if, home, MED, replace(asked(), as_of=NOW - timedelta(days=1)))
    assert nothing.expected["cases"] == 0  # judged at NOW: not yet


def test_capacity_lists_what_it_cuts_off(engine: Engine, home: Settings) -> None:
    fill(engine, 200)
    desk = Desk(engine)
    wide = desk.read(grade_desk.what_if, home, MED, asked())
    office = wide.offices[0].office
    tight = desk.read(grade_desk.what_if, home, MED, asked(capacity={office: 1}))
    assert wide.expected["by_cutoffs"] == tight.expected["by_cutoffs"]
    assert tight.cut_total == len(tight.cut) > wide.cut_total
    assert all(row.grade != "red" for row in tight.cut)
    told = tight.expected
    assert told["with_capacity"]["alerts"] + tight.cut_total == told["by_cutoffs"]["alerts"]
    assert sum(load.issued for load in tight.offices) == told["with_capacity"]["alerts"]


def test_a_setting_is_a_named_act_that_the_next_run_uses_and_that_can_be_returned(engine: Engine, home: Settings) -> None:
    fill(engine, 40)
    desk = Desk(engine)
    cache = ScorerCache(home, lambda settings, engine: open_scorer(settings, [], engine=engine), engine)
    first = cache()
    assert first.cutoffs(MED).source == "fixed"
    made = desk.act(
        grade_desk.apply,
        home,
        MED,
        asked(cutoffs={"red": 0.95, "blue": 0.5}, capacity={"420102-market_supervision": 7}),
        actor="张三",
        reason="试行",
        now=NOW,
    )
    assert (made.version, made.cutoffs) == (1, {"red": 0.95, "orange": 0.7, "yellow": 0.55, "blue": 0.5})
    second = cache()
    assert second is not first
    assert (second.cutoffs(MED).red, second.cutoffs(MED).source) == (0.95, "set")
    assert runs.versions(first, MED) != runs.versions(second, MED)
    with reading(engine) as conn:
        audit = conn.execute(select(t.audit).order_by(t.audit.c.id.desc()).limit(1)).one()
        room = conn.scalar(select(t.offices.c.weekly_capacity).where(t.offices.c.code == "420102-market_supervision"))
    assert (audit.actor, audit.action, audit.object) == ("张三", "grades.apply", f"grades:{MED}")
    assert (audit.detail["old"], audit.detail["new"]["red"], audit.detail["reason"]) == (None, 0.95, "试行")
    assert room == 7
    view = desk.read(grade_desk.show, home, MED)
    assert (view.source, view.setting, view.stale) == ("set", made, False)
    assert made.basis["expected"]["cases"] == 40

    back = desk.act(grade_desk.revert, MED, to=None, actor="李四", reason="任务过多", now=NOW)
    assert (back.version, back.cutoffs, back.reverts) == (2, None, 0)
    assert back.capacity == {"420102-market_supervision": made.capacity["420102-market_supervision"][::-1]}
    assert cache().cutoffs(MED).source == "fixed"
    forth = desk.act(grade_desk.revert, MED, to=1, actor="张三", reason="恢复", now=NOW)
    assert forth.cutoffs == made.cutoffs
    assert [one.version for one in desk.read(grade_desk.show, home, MED).history] == [3, 2, 1]


@pytest.mark.parametrize(
    ("question", "actor", "reason", "code"),
    [
        ({"cutoffs": {"red": 0.3}}, "张三", "因", "grades_cutoffs_order"),
        ({"cutoffs": {"violet": 0.3}}, "张三", "因", "grades_grade"),
        ({"floors": {"red": 1.0}}, "张三", "因", "grades_floor"),
        ({"floors": {"blue": 0.99}}, "张三", "因", "grades_floor_order"),
        ({"capacity": {"nowhere": 3}}, "张三", "因", "grades_no_office"),
        ({"capacity": {"420102-market_supervision": -1}}, "张三", "因", "grades_capacity"),
        ({"cutoffs": {"red": 0.9}}, " ", "因", "grades_actor"),
        ({"cutoffs": {"red": 0.9}}, "张三", " ", "grades_reason"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(
    sqlite_engine: Engine, home: Settings, question: dict[str, Any], actor: str, reason: str, code: str
) -> None:
    with transaction(sqlite_engine) as conn:
        seed_offices(conn)
    with pytest.raises(InvalidInputError) as refused:
        Desk(sqlite_engine).act(grade_desk.apply, home, MED, asked(**question), actor=actor, reason=reason, now=NOW)
    assert refused.value.code == code
    assert refused.value.text("zh") != refused.value.text("en")
    assert count(sqlite_engine, t.grade_settings) == count(sqlite_engine, t.audit) == 0


def test_the_same_again_and_versions_that_are_not_there_are_refused(sqlite_engine: Engine, home: Settings) -> None:
    desk = Desk(sqlite_engine)
    with pytest.raises(NotFoundError):
        desk.act(grade_desk.revert, MED, to=None, actor="张三", reason="因", now=NOW)
    desk.act(grade_desk.apply, home, MED, asked(cutoffs={"red": 0.9}), actor="张三", reason="因", now=NOW)
    with pytest.raises(ConflictError):
        desk.act(grade_desk.apply, home, MED, asked(cutoffs={"red": 0.9}), actor="张三", reason="因", now=NOW)
    with pytest.raises(NotFoundError):
        desk.act(grade_desk.revert, MED, to=5, actor="张三", reason="因", now=NOW)
    with pytest.raises(InvalidInputError):
        desk.read(grade_desk.what_if, home, MED, Asked(NOW, since=NOW + timedelta(days=1)))
    assert count(sqlite_engine, t.grade_settings) == 1


def test_reliability_of_live_verdicts_by_place_and_grade(engine: Engine) -> None:
    fill(engine, 300, audit=0.5)
    found = Desk(engine).read(grade_reliability.reliability, MED, since=NOW - timedelta(days=40), until=FAR, as_of=FAR)
    assert found.audited
    assert found.overall["calibrated"]
    assert found.by_region["420100"]["n"] == found.overall["n"] == sum(one["n"] for one in found.by_grade.values())
    assert next(iter(found.by_grade)) == "red"
    assert {grade: one["n"] for grade, one in found.by_region_and_grade["420100"].items()} == {
        g: one["n"] for g, one in found.by_grade.items()
    }
    nothing = Desk(engine).read(grade_reliability.reliability, MED, since=NOW - timedelta(days=40), until=FAR, as_of=NOW)
    assert (nothing.overall["n"], nothing.recalibration["better"]) == (0, None)


def test_the_command_line_asks_acts_and_returns_in_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    told = risk("grades", "what-if", MED, "--cutoff", "red=0.9", "--capacity", "420102-market_supervision=3", "--format", "json")
    assert (told.code, json.loads(told.out)["cutoffs"]["red"]) == (0, 0.9)
    assert "没有人工设置" in risk("grades", "show", MED).out
    assert risk("grades", "apply", MED, "--cutoff", "red=0.9", "--actor", "张三", "--reason", "试行").code == 0
    assert risk("grades", "apply", MED, "--cutoff", "red=0.9", "--actor", "张三", "--reason", "试行").code == 1
    monkeypatch.setenv("RISK_LANG", "en")
    shown = risk("grades", "show", MED).out
    assert "set by a person" in shown
    assert "because: 试行" in shown
    assert "back to 0" in risk("grades", "revert", MED, "--actor", "张三", "--reason", "x").out
    assert "error[grades_pair]" in risk("grades", "solve", MED, "--floor", "red").err
    assert "too few verdicts" in risk("grades", "solve", MED, "--since", "2026-09-01", "--until", "2026-09-30").out
    assert "0 matured verdicts" in risk("grades", "reliability", MED).out


def test_shipped_escalators_name_lists_and_models_that_are_there() -> None:
    shipped = Scorer()
    lists = {one.name for pack in shipped.packs.values() for one in pack.lists}
    for one in default_policy().escalators:
        assert set(one.lists) <= lists, one.code
        assert set(one.models) <= set(shipped.packs), one.code
        assert not one.stream or one.stream in EVENT_KINDS, one.code


# --- runs ------------------------------------------------------------------------------------------------------------


class Said:
    """A learner that says what the text says: a probability."""

    def predict(self, frame: Any, rules: Any, weights: Any) -> Any:
        return np.array([float(one.original.split("：")[0]) for one in frame.texts])

    def contributions(self, frame: Any, rules: Any, rows: Any, weights: Any, top: Any) -> Any:
        return [[] for _ in rows]


def says(policy: Policy | None = None, more: dict[str, Any] | None = None) -> Scorer:
    return Scorer({MED: Learner(Said(), "v1", more=more or {})}, packs=packs(), policy=policy)


def judged(engine: Engine) -> list[tuple[int, dict[str, Any] | None]]:
    a = t.assessments.c
    with reading(engine) as conn:
        return [(row.grade, row.evidence) for row in conn.execute(select(a.grade, a.evidence).where(a.model == MED).order_by(a.signal_id))]


def go(engine: Engine, scorer: Scorer, texts: list[str], *, shops: list[str] | None = None, hours: float = 0.0, **more: Any) -> None:
    moment = NOW + timedelta(hours=hours)
    with transaction(engine) as conn:
        put(conn, texts, shops=shops, at=moment - timedelta(minutes=5), tag=f"h{hours}", **more)
    (result,) = runs.run(engine, scorer, [MED], as_of=moment, now=moment, actor="测试", chunk=2)
    assert result.balance.candidates == result.balance.total


def test_a_subjects_grade_holds_within_the_margin_over_runs_and_chunks(engine: Engine) -> None:
    set_capacity(engine, 100)
    scorer = says(Policy(margin=0.05, judgements=3))
    texts = ["0.56：a", "0.53：b", "0.57：c", "0.52：d", "0.53：e", "0.51：f"]
    go(engine, scorer, texts[:3], shops=["甲"] * 3)
    go(engine, scorer, texts[3:], shops=["甲"] * 3, hours=1)
    assert [grade for grade, _ in judged(engine)] == [2, 2, 2, 2, 2, 1]  # the third in a row below falls
    held = judged(engine)[1][1]
    assert held is not None
    assert (held["grading"]["judged"], held["grading"]["standing"], held["grading"]["held"]) == ("blue", "yellow", 1)
    assert any("维持" in line for line in held["zh"])
    assert any("kept at" in line for line in held["en"])
    go(engine, scorer, ["0.38：g", "0.20：h", "0.39：i"], shops=["甲"] * 3, hours=2)
    assert [grade for grade, _ in judged(engine)][-3:] == [1, 0, 0]  # held at blue with its reasons, then gone, then not made anew
    assert judged(engine)[-3][1] is not None
    assert judged(engine)[-1][1] is None
    go(engine, scorer, ["0.53：j"], shops=["乙"], hours=3)
    assert judged(engine)[-1][0] == 1  # another subject owes nothing to the first


def test_escalators_raise_and_say_so_with_their_basis(engine: Engine) -> None:
    set_capacity(engine, 100)
    minors = Escalator(
        "minors",
        (MED,),
        "words",
        1,
        "面向未成年人：“{quote}”",
        "aimed at minors: {quote}",
        "因",
        "why",
        (("广告法", "40"),),
        words=("儿童",),
    )
    busy = Escalator(
        "busy", (MED,), "speed", 2, "近30天{n}起", "{n} in 30 days", "因", "why", stream="signal", days=30, at_least=2, times=2.0
    )
    go(
        engine,
        says(Policy(escalators=(minors, busy))),
        ["0.60：儿童增高", "0.30：儿童", "0.60：成人", "0.60：再来"],
        shops=["甲", "乙", "丙", "丙"],
    )
    go(engine, says(Policy(escalators=(minors, busy))), ["0.60：三来"], shops=["丙"], hours=1)
    grades = [grade for grade, _ in judged(engine)]
    assert grades == [3, 0, 2, 2, 3]
    told = judged(engine)[0][1]
    assert told is not None
    assert told["grading"]["raised_by"] == ["minors"]
    assert told["notes"][0]["basis"] == [{"law": "广告法", "article": "40"}]
    with reading(engine) as conn:
        task = conn.scalar(select(t.tasks.c.id).where(t.tasks.c.grade == 3).order_by(t.tasks.c.id).limit(1))
        assert task is not None
        clues = get_task(conn, task, NOW).evidence[0].clues
    assert any("由黄色升为橙色" in clue.zh and clue.basis == ("《广告法》40",) for clue in clues)


def test_what_the_model_is_unsure_of_goes_to_a_person_first(engine: Engine) -> None:
    set_capacity(engine, 2)
    rng = np.random.default_rng(0)
    p = np.concatenate([rng.uniform(0.45, 0.5, 200), rng.uniform(0, 0.2, 100), rng.uniform(0.6, 1, 100)])
    y = np.concatenate([rng.random(200) < 0.5, np.zeros(100), np.ones(100)])
    more = {"uncertainty": learn(p, y).plain()}
    scorer = says(Policy(), more)
    go(engine, scorer, ["0.65：甲", "0.62：乙", "0.475：丙", "0.67：丁"])
    stored = [(evidence or {}).get("uncertainty", {}).get("unsure") for _, evidence in judged(engine)]
    assert stored == [False, False, True, False]
    go(engine, scorer, ["0.48：戊", "0.53：己", "0.475：庚"], hours=24 * 7)
    with reading(engine) as conn:
        page = list_tasks(conn, TaskFilter(), NOW, limit=100)
        assert [row.person_first for row in page.items if row.grade == "blue"][:1] == [True]
        first = list_tasks(conn, TaskFilter(), NOW, limit=1)
        rest = list_tasks(conn, TaskFilter(), NOW, limit=100, cursor=first.cursor)
    assert [row.id for row in (*first.items, *rest.items)] == [row.id for row in page.items]
    with pytest.raises(InvalidInputError):
        list_tasks_bad_cursor(engine)


def list_tasks_bad_cursor(engine: Engine) -> None:
    with reading(engine) as conn:
        list_tasks(conn, TaskFilter(), NOW, cursor="2026-10-12T00:00:00+00:00~5")
