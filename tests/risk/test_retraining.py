"""Retraining over stored labels: what is learnt from, what is promoted, tried in shadow, dropped, taken back; killed, repeated and doubled it ends the same."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, insert, select

from risk.domain.errors import ConflictError
from risk.domain.learning import Live, Shadow
from risk.services import (
    live_watch,
    model_laws,
    model_tasks,
    retraining,
    retraining_challenge,
    retraining_data,
    retraining_registry,
    retraining_round,
    retraining_triggers,
    shadow_scoring,
    training_views,
)
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.learning_world import AT_ONCE, BEGIN, Shelf, history, judged, label, scorer, set_text, settings, trainings
from tests.risk.run_world import MED

DAY = timedelta(days=1)


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    return Shelf().install(monkeypatch)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is trained: the challenger says what ``Said`` says."""
    monkeypatch.setattr(retraining_challenge, "_train", lambda _s, data, cases, _a, seed: Said(data, cases, seed))
    monkeypatch.setattr(model_laws, "broken", lambda *_, **__: [])
    monkeypatch.setattr(retraining_challenge, "REPLICATES", 60)


class Said:
    """A trained model that reads the truth off the text, less well for a small ``worth``."""

    worth: float = 1.0

    def __init__(self, data: Any, cases: Any, seed: int) -> None:
        from models.grades import FIXED_CUTOFFS
        from risk.scoring.scorer import Learner

        self.key, self.cutoffs, self.fitted, self.seed = data.key, FIXED_CUTOFFS, self, seed
        self.model = self
        self.learnt = sorted(c.signal_id for c in cases)
        self.learner = Learner(self, "unsaved")
        self.mine = Said.worth

    def predict(self, frame: Any, rules: Any, weights: Any = None) -> Any:
        rng = np.random.default_rng(0)
        truth = np.array([float(any(w in text.original for w in WORDS)) for text in frame.texts])
        z = self.mine * (2 * truth - 1) * 2 + rng.normal(size=len(truth)) + 1.0
        return 1 / (1 + np.exp(-z))


WORDS = ("根治", "永不复发", "保证治愈", "无效退款", "祖传秘方", "一次见效")


def _retrain(engine: Engine, shelf: Shelf, tmp_path: Path, at: datetime, **more: Any) -> retraining.Retrained:
    how: dict[str, Any] = {"as_of": at, "now": at, "actor": "训练员", "policy": AT_ONCE, **more}
    return retraining.retrain(engine, settings(tmp_path, engine), how.pop("scorer", None) or shelf.scorer(), MED, **how)


# --- what is learnt from ---------------------------------------------------------------------------------------------


def test_the_latest_verdicts_compare_and_nothing_of_theirs_teaches(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        old = judged(conn, [1.0, 0.0] * 10, at=BEGIN, tag="old", shops=["店甲", *(f"老店{i}" for i in range(19))])
        new = judged(conn, [1.0, 0.0] * 5, at=BEGIN + 7 * DAY, tag="new", shops=["店甲", *(f"新店{i}" for i in range(9))])
        late = judged(conn, [1.0], at=BEGIN + 8 * DAY, tag="late", known_at=BEGIN + 30 * DAY)
        copy = conn.scalar(select(t.signals.c.text).where(t.signals.c.id == new[3]))
        set_text(conn, old[5], f"{copy}！")
    with reading(sqlite_engine) as conn:
        data = retraining_data.collect(conn, MED, BEGIN + 12 * DAY)
    assert {c.signal_id for c in data.later} == set(new)
    taught = {c.signal_id for c in data.train}
    assert taught == set(old) - {old[0], old[5]}
    assert data.excluded == {"subject_is_compared": 1, "copy_is_compared": 1}
    assert not taught & set(late)
    record = data.record()
    assert (record["labels"], record["positives"], record["sources"]) == (30, 15, {"verdict": 30})
    assert record["train"]["to"] < record["later"]["from"]


def test_a_case_that_came_after_the_verdicts_is_no_way_around_the_hold_out(sqlite_engine: Engine) -> None:
    from risk.services import cases

    with transaction(sqlite_engine) as conn:
        judged(conn, [1.0, 0.0] * 10, at=BEGIN, tag="old")
        new = judged(conn, [1.0, 0.0] * 5, at=BEGIN + 7 * DAY, tag="new")
        texts = [str(conn.scalar(select(t.signals.c.text).where(t.signals.c.id == i))) for i in new[:2]]
        for text, when in zip(texts, (BEGIN - DAY, BEGIN + 11 * DAY), strict=True):
            cases.add(conn, [cases.Case(text, {MED: 1.0}, "骗局")], known_at=when, now=when)
    with reading(sqlite_engine) as conn:
        data = retraining_data.collect(conn, MED, BEGIN + 12 * DAY)
    assert [c.text for c in data.train if c.source == "case_library"] == texts[:1]
    assert data.excluded == {"copy_is_compared": 1}


def test_labels_that_are_corrected_or_not_mature_are_told_and_left_out(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        judged(conn, [1.0, 0.0] * 3, at=BEGIN, tag="a")
        judged(conn, [1.0] * 4, at=BEGIN, tag="b", known_at=BEGIN + 5 * DAY)
    with reading(sqlite_engine) as conn:
        assert retraining_data.collect(conn, MED, BEGIN + 5 * DAY + DAY / 2).excluded == {"not_yet_mature": 4}
        assert retraining_data.collect(conn, MED, BEGIN + 6 * DAY).excluded == {}


# --- decisions -------------------------------------------------------------------------------------------------------


def test_a_real_training_repeats_and_holds_the_laws(sqlite_engine: Engine, shelf: Shelf, tmp_path: Path) -> None:
    at = history(sqlite_engine, weeks=3)
    one = _retrain(sqlite_engine, shelf, tmp_path, at)
    assert (one.decision, one.challenger, one.labels, shelf.champions) == ("first", "1", 120, ["1"])
    again = _retrain(sqlite_engine, shelf, tmp_path, at, scorer=scorer())
    assert (again.decision, again.challenger, len(shelf.versions)) == ("first", "1", 1)
    with reading(sqlite_engine) as conn:
        (row,) = trainings(conn)
        assert training_views.repeatable(conn, row.id)
        acts = conn.execute(
            select(t.audit.c.action, t.audit.c.actor).where(t.audit.c.object == f"training:{row.id}").order_by(t.audit.c.id)
        )
        assert [tuple(act) for act in acts] == [("training.begin", "训练员"), ("training.first", "训练员")]
    with transaction(sqlite_engine) as conn:
        set_text(conn, 1, "改了")
        label(conn, [2], [1.0], at=at - 2 * DAY)
    with reading(sqlite_engine) as conn:
        assert not training_views.repeatable(conn, row.id)


def test_too_few_labels_and_broken_laws_promote_nothing(sqlite_engine: Engine, shelf: Shelf, tmp_path: Path, monkeypatch: Any) -> None:
    at = history(sqlite_engine, weeks=1, each=10)
    assert _retrain(sqlite_engine, shelf, tmp_path, at).decision == "too_few_labels"
    history(sqlite_engine, weeks=2, begin=BEGIN + 30 * DAY)
    monkeypatch.setattr(model_laws, "broken", lambda *_, **__: ["calibrated: no"])
    monkeypatch.setattr(retraining_challenge, "_train", lambda _s, data, cases, _a, seed: Said(data, cases, seed))
    assert _retrain(sqlite_engine, shelf, tmp_path, BEGIN + 60 * DAY).decision == "laws_failed"
    assert (shelf.champions, shelf.versions) == ([], {})
    with reading(sqlite_engine) as conn:
        assert [task.kind for task in model_tasks.list_tasks(conn).items] == ["laws_failed"]


def test_better_is_promoted_equal_is_not(sqlite_engine: Engine, shelf: Shelf, tmp_path: Path, quick: None, monkeypatch: Any) -> None:
    at = history(sqlite_engine, weeks=6)
    monkeypatch.setattr(Said, "worth", 0.15)
    assert _retrain(sqlite_engine, shelf, tmp_path, at - 14 * DAY).decision == "first"
    same = _retrain(sqlite_engine, shelf, tmp_path, at - 13 * DAY)
    assert (same.decision, shelf.champions) == ("kept", ["1"])
    monkeypatch.setattr(Said, "worth", 1.5)
    monkeypatch.setattr(retraining_challenge, "MIN_AUDIT", 0)
    better = _retrain(sqlite_engine, shelf, tmp_path, at)
    assert (better.decision, better.champion, better.challenger, shelf.champions) == ("promoted", "1", "3", ["1", "3"])
    with reading(sqlite_engine) as conn:
        gate = trainings(conn)[-1].detail["gate"]
    assert gate["compared"] == "alerts_and_audit"
    assert set(gate["promised"]) <= {"red", "orange", "yellow", "blue"}
    assert {"region", "channel", "kind", "source"} == set(gate["slices"])


def test_verdicts_of_alerts_alone_are_compared_where_both_alert(
    sqlite_engine: Engine, shelf: Shelf, tmp_path: Path, quick: None, monkeypatch: Any
) -> None:
    at = history(sqlite_engine, weeks=4)
    _retrain(sqlite_engine, shelf, tmp_path, at - 7 * DAY)
    _retrain(sqlite_engine, shelf, tmp_path, at)
    with reading(sqlite_engine) as conn:
        gate = trainings(conn)[-1].detail["gate"]
    assert gate["compared"] == "alerts_of_both"
    assert gate["n"] < gate["held_out"]


def test_where_a_person_must_approve_the_challenger_waits(
    sqlite_engine: Engine, shelf: Shelf, tmp_path: Path, quick: None, monkeypatch: Any
) -> None:
    at = history(sqlite_engine, weeks=3)
    monkeypatch.setattr(retraining_registry, "promote", lambda *_, **__: "awaiting_approval")
    assert _retrain(sqlite_engine, shelf, tmp_path, at).decision == "awaiting_approval"
    with reading(sqlite_engine) as conn:
        (task,) = model_tasks.list_tasks(conn).items
    assert (task.kind, task.detail["command"], shelf.champions) == ("approve_challenger", f"risk models approve {MED} 1", [])


# --- shadow ----------------------------------------------------------------------------------------------------------


def _in_shadow(engine: Engine, shelf: Shelf, tmp_path: Path, monkeypatch: Any, after: float) -> tuple[datetime, Any]:
    """A champion, a better challenger in shadow, and a week of units judged meanwhile; the moment and the policy."""
    policy = replace(AT_ONCE, shadow=Shadow(days=14, verdicts=40, most_days=60))
    at = history(engine, weeks=6)
    monkeypatch.setattr(Said, "worth", 0.15)
    _retrain(engine, shelf, tmp_path, at - 14 * DAY)
    monkeypatch.setattr(Said, "worth", 1.5)
    monkeypatch.setattr(retraining_challenge, "MIN_AUDIT", 0)
    done = _retrain(engine, shelf, tmp_path, at, policy=policy)
    assert (done.decision, shelf.champions, shelf.shadows) == ("shadow", ["1"], ["2"])
    shelf.versions["2"].mine = after
    with transaction(engine) as conn:
        judged(conn, [1.0, 0.0] * 30, at=at + 2 * DAY, tag="mean", version="1", probability=[0.6] * 60 if after > 1 else [0.9, 0.1] * 30)
    return at, policy


@pytest.mark.parametrize(("after", "wanted"), [(3.0, "promoted"), (-1.0, "dropped")])
def test_a_shadow_scores_beside_and_then_takes_the_place_or_goes(
    sqlite_engine: Engine, shelf: Shelf, tmp_path: Path, quick: None, monkeypatch: Any, after: float, wanted: str
) -> None:
    at, policy = _in_shadow(sqlite_engine, shelf, tmp_path, monkeypatch, after)
    home = settings(tmp_path, sqlite_engine)
    with reading(sqlite_engine) as conn:
        before = [conn.scalar(select(func.count()).select_from(table)) for table in (t.assessments, t.candidates, t.alerts, t.tasks)]
    assert shadow_scoring.follow(sqlite_engine, home, shelf.scorer(), chunk=17) == {MED: 60}
    assert shadow_scoring.follow(sqlite_engine, home, shelf.scorer()) == {MED: 0}
    with reading(sqlite_engine) as conn:
        assert before == [
            conn.scalar(select(func.count()).select_from(table)) for table in (t.assessments, t.candidates, t.alerts, t.tasks)
        ]
        (row,) = shadow_scoring.in_shadow(conn)
        assert shadow_scoring.counts(conn, row.id)["units"] == 60
    assert retraining_round.due(sqlite_engine, home, MED, at + 10 * DAY, policy=policy).held_back[-1].code == "shadow"
    how: dict[str, Any] = {"actor": "训练员", "policy": policy}
    assert shadow_scoring.conclude(sqlite_engine, home, MED, now=at + 13 * DAY, **how) is None
    done = shadow_scoring.conclude(sqlite_engine, home, MED, now=at + 14 * DAY, **how)
    assert done is not None
    assert (done.decision, shelf.champions) == (wanted, ["1", "2"] if wanted == "promoted" else ["1"])
    assert shadow_scoring.conclude(sqlite_engine, home, MED, now=at + 15 * DAY, **how) is None
    with reading(sqlite_engine) as conn:
        told = trainings(conn)[-1]
    assert (told.status, told.detail["shadow"]["verdicts"]) == ("done", 60)


def test_a_shadow_without_verdicts_waits_and_at_last_is_dropped(
    sqlite_engine: Engine, shelf: Shelf, tmp_path: Path, quick: None, monkeypatch: Any
) -> None:
    at, policy = _in_shadow(sqlite_engine, shelf, tmp_path, monkeypatch, 1.5)
    how: dict[str, Any] = {"actor": "训练员", "policy": policy}
    home = settings(tmp_path, sqlite_engine)
    assert shadow_scoring.conclude(sqlite_engine, home, MED, now=at + 59 * DAY, **how) is None
    done = shadow_scoring.conclude(sqlite_engine, home, MED, now=at + 60 * DAY, **how)
    assert done is not None
    assert (done.decision, shelf.champions) == ("dropped", ["1"])


# --- triggers --------------------------------------------------------------------------------------------------------


def test_what_makes_a_model_due_and_what_holds_it_back(sqlite_engine: Engine, shelf: Shelf, tmp_path: Path, quick: None) -> None:
    at, home = history(sqlite_engine, weeks=2), settings(tmp_path, sqlite_engine)

    def due(when: datetime) -> tuple[tuple[str, ...], list[str], bool]:
        found = retraining_round.due(sqlite_engine, home, MED, when, policy=AT_ONCE)
        return found.codes, [one.code for one in found.held_back], found.now

    assert due(BEGIN) == ((), [], False)
    assert due(at) == (("first",), [], True)
    _retrain(sqlite_engine, shelf, tmp_path, at, reasons=("first",))
    assert due(at + DAY) == ((), ["cool_down"], False)
    with transaction(sqlite_engine) as conn:
        judged(conn, [1.0, 0.0] * 5, at=at + DAY, tag="few")
        conn.execute(
            insert(t.health_figures),
            [
                {"model": MED, "as_of": at + DAY, "name": name, "part": "", "value": 1.0, "n": 9, "crossed": True, "detail": {}}
                for name in ("score_psi", "calibration_gap", "recall")
            ],
        )
    assert due(at + 5 * DAY) == (("drift", "calibration"), ["cool_down"], False)
    assert due(at + 7 * DAY) == (("drift", "calibration"), [], True)
    with transaction(sqlite_engine) as conn:
        figure = {"model": MED, "as_of": at + 8 * DAY, "part": "", "value": 0.0, "n": 9, "crossed": False, "detail": {}}
        conn.execute(insert(t.health_figures), [{**figure, "name": name} for name in ("score_psi", "calibration_gap")])
    assert due(at + 8 * DAY) == ((), [], False)
    assert due(at + 30 * DAY) == (("schedule",), [], True)
    with transaction(sqlite_engine) as conn:
        judged(conn, [1.0, 0.0] * 5, at=at + 9 * DAY, tag="more")
    assert due(at + 12 * DAY) == (("labels",), [], True)
    with reading(sqlite_engine) as conn:
        assert retraining_triggers.new_labels(conn, MED, at, at + 12 * DAY) == 20
        assert trainings(conn)[-1].detail["reasons"] == ["first"]


def test_the_daily_look_trains_what_is_due_once(sqlite_engine: Engine, shelf: Shelf, tmp_path: Path, quick: None) -> None:
    at, home = history(sqlite_engine, weeks=3), settings(tmp_path, sqlite_engine)
    how: dict[str, Any] = {"actor": "作业", "policy": AT_ONCE}
    (one,) = retraining_round.look(sqlite_engine, home, shelf.scorer, [MED], now=at, **how)
    assert one.as_dict() | {"due": ["first"], "decision": "first", "challenger": "1", "busy": False} == one.as_dict()
    (two,) = retraining_round.look(sqlite_engine, home, shelf.scorer, [MED], now=at + DAY, **how)
    assert (two.trained, two.due.now) == (None, False)
    with reading(sqlite_engine) as conn:
        assert len(trainings(conn)) == 1


# --- roll-back -------------------------------------------------------------------------------------------------------


def _two_champions(engine: Engine, shelf: Shelf, tmp_path: Path) -> datetime:
    at = history(engine, weeks=3)
    _retrain(engine, shelf, tmp_path, at)
    shelf.versions["2"] = shelf.versions["1"]
    shelf.champions.append("2")
    return at


def test_a_champion_that_is_too_seldom_right_is_taken_back_once(sqlite_engine: Engine, shelf: Shelf, tmp_path: Path, quick: None) -> None:
    at, home = _two_champions(sqlite_engine, shelf, tmp_path), settings(tmp_path, sqlite_engine)
    how: dict[str, Any] = {"actor": "作业", "policy": AT_ONCE}
    with transaction(sqlite_engine) as conn:
        judged(conn, [1.0] * 18 + [0.0] * 6, at=at + DAY, tag="fair", version="2")
    found = live_watch.watch(sqlite_engine, home, MED, now=at + 10 * DAY, **how)
    assert found is not None
    assert [(one.grade, one.out) for one in found.grades] == [("red", False)]  # 18 of 24: the interval reaches 85 %
    with transaction(sqlite_engine) as conn:
        judged(conn, [0.0] * 20, at=at + 11 * DAY, tag="bad", version="2")
    found = live_watch.watch(sqlite_engine, home, MED, now=at + 20 * DAY, **how)
    assert found is not None
    assert (found.version, found.back_to, shelf.champions) == ("2", "1", ["1"])
    with reading(sqlite_engine) as conn:
        row = trainings(conn)[-1]
        (task,) = model_tasks.list_tasks(conn).items
        assert (row.decision, row.champion, row.detail["back_to"], task.kind) == ("rolled_back", "2", "1", "rolled_back")
        assert conn.scalar(select(func.count()).where(t.audit.c.action == "training.rolled_back")) == 1
    shelf.champions.append("2")  # a person insists: it is not taken back again by itself, a person is asked
    found = live_watch.watch(sqlite_engine, home, MED, now=at + 21 * DAY, **how)
    assert found is not None
    assert (found.back_to, found.task is not None, shelf.champions) == (None, True, ["1", "2"])
    shelf.champions.append("3")
    with transaction(sqlite_engine) as conn:
        judged(conn, [0.0] * 30, at=at + 22 * DAY, tag="worse", version="3")
    assert [_back(sqlite_engine, home, at + days * DAY, how) for days in (40, 51)] == [None, "2"]


def _back(engine: Engine, home: Any, now: datetime, how: dict[str, Any]) -> str | None:
    found = live_watch.watch(engine, home, MED, now=now, **how)
    return None if found is None else found.back_to


def test_noise_and_a_first_champion_are_not_taken_back(sqlite_engine: Engine, shelf: Shelf, tmp_path: Path, quick: None) -> None:
    at, home = history(sqlite_engine, weeks=3), settings(tmp_path, sqlite_engine)
    how: dict[str, Any] = {"actor": "作业", "policy": replace(AT_ONCE, live=Live(verdicts=20, certainty=0.99, cool_down_days=30))}
    assert live_watch.watch(sqlite_engine, home, MED, now=at, **how) is None
    _retrain(sqlite_engine, shelf, tmp_path, at)
    with transaction(sqlite_engine) as conn:
        judged(conn, [0.0] * 19, at=at + DAY, tag="few", version="1")
    found = live_watch.watch(sqlite_engine, home, MED, now=at + 10 * DAY, **how)
    assert found is not None
    assert [one.out for one in found.grades] == [False]
    with transaction(sqlite_engine) as conn:
        judged(conn, [0.0] * 19, at=at + 2 * DAY, tag="many", version="1")
    found = live_watch.watch(sqlite_engine, home, MED, now=at + 10 * DAY, **how)
    assert found is not None
    assert (found.back_to, shelf.champions) == (None, ["1"])
    with reading(sqlite_engine) as conn:
        assert [task.kind for task in model_tasks.list_tasks(conn).items] == ["live_precision"]
        assert trainings(conn)[-1].decision == "no_earlier"


# --- kills and doubles -----------------------------------------------------------------------------------------------


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("where", ["keep", "promote", "close"])
def test_killed_and_started_again_it_ends_the_same(
    engine: Engine, shelf: Shelf, tmp_path: Path, quick: None, monkeypatch: Any, where: str
) -> None:
    at, home = history(engine, weeks=3), settings(tmp_path, engine)
    module = retraining if where == "close" else retraining_registry
    whole = getattr(module, where)

    def killed(*given: Any, **named: Any) -> Any:
        if where == "keep":
            whole(*given, **named)
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(module, where, killed)
        with pytest.raises(KilledError):
            _retrain(engine, shelf, tmp_path, at)
    with reading(engine) as conn:
        assert trainings(conn)[0].status == ("running" if where == "keep" else "decided")
    later = at + timedelta(hours=3)
    (one,) = retraining_round.look(engine, home, shelf.scorer, [MED], now=later, actor="作业", policy=AT_ONCE)
    assert one.trained is not None
    assert (one.trained.decision, one.trained.challenger, shelf.champions, len(shelf.versions)) == ("first", "1", ["1"], 1)
    with reading(engine) as conn:
        assert [(row.status, row.decision, row.as_of) for row in trainings(conn)] == [("done", "first", at)]


def test_a_process_that_slept_too_long_writes_nothing(
    sqlite_engine: Engine, shelf: Shelf, tmp_path: Path, quick: None, monkeypatch: Any
) -> None:
    """Its lease ran out and another process trained meanwhile: what the sleeper finds is not written, and changes no champion."""
    at, slow = history(sqlite_engine, weeks=3), retraining_challenge._train

    def train(*given: Any) -> Any:
        if at not in woken:
            woken.append(at)
            assert _retrain(sqlite_engine, shelf, tmp_path, at + DAY).decision == "first"
        return slow(*given)

    woken: list[datetime] = []
    monkeypatch.setattr(retraining_challenge, "_train", train)
    with pytest.raises(ConflictError, match="is being trained"):
        _retrain(sqlite_engine, shelf, tmp_path, at, scorer=scorer())
    assert shelf.champions == ["1"]


def test_two_workers_do_not_both_promote(engine: Engine, shelf: Shelf, tmp_path: Path, quick: None, monkeypatch: Any) -> None:
    at = history(engine, weeks=3)
    soon = at + timedelta(seconds=3)
    began, go_on = threading.Event(), threading.Event()
    slow = retraining_challenge._train

    def train(*given: Any) -> Any:
        began.set()
        go_on.wait(30)
        return slow(*given)

    monkeypatch.setattr(retraining_challenge, "_train", train)
    told: list[Any] = []
    stale = shelf.scorer()
    first = threading.Thread(target=lambda: told.append(_retrain(engine, shelf, tmp_path, at, scorer=stale)))
    first.start()
    assert began.wait(30)
    with pytest.raises(ConflictError, match="is being trained by"):
        _retrain(engine, shelf, tmp_path, soon, scorer=stale)
    go_on.set()
    first.join(30)
    assert told[0].decision == "first"
    with pytest.raises(ConflictError, match="is version 1 by now"):
        _retrain(engine, shelf, tmp_path, soon, scorer=stale)
    assert shelf.champions == ["1"]


def test_a_champion_set_by_a_person_meanwhile_is_not_overwritten(
    sqlite_engine: Engine, shelf: Shelf, tmp_path: Path, quick: None, monkeypatch: Any
) -> None:
    at = history(sqlite_engine, weeks=3)
    whole = retraining_registry.keep

    def keep(*given: Any, **named: Any) -> str:
        shelf.champions.append("9")
        return str(whole(*given, **named))

    monkeypatch.setattr(retraining_registry, "keep", keep)
    assert _retrain(sqlite_engine, shelf, tmp_path, at).decision == "outdated"
    assert shelf.champions == ["9"]
