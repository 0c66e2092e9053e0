"""No feature, label or split sees later than its as-of: a world is learnt from at a moment, its future is rewritten, and everything learnt is the same to the bit."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from models import bundle
from risk.scoring.scorer import Learner, Scorer
from risk.services import live_rules, live_watch, register, retraining_challenge, retraining_data, retraining_triggers, training, units
from risk.services.retraining_data import DataSet
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.learning_world import AT_ONCE, BEGIN, history, judged, label, text_of
from tests.risk.run_world import MED, packs, put

DAY = timedelta(days=1)
CLINIC = "医疗机构执业许可证"


def _past(engine: Engine) -> datetime:
    """Subjects with histories, three weeks of judged and verified units, a figure of health; the moment as of which is learnt."""
    with transaction(engine) as conn:
        register.load_subjects(
            conn,
            [
                {"key": f"a{i}", "name": f"主体{i}", "region": "420102", "registered_on": date(2020, 1, 1 + i), "address": f"中山大道{i % 2}号", "aliases": [f"shop:商城/w0901-{w}店{i}" for w in range(3)]}
                for i in range(8)
            ],
            now=BEGIN - 60 * DAY,
        )  # fmt: skip
        licences = [
            {"subject_key": f"a{i}", "kind": CLINIC, "number": f"L{i}", "valid_from": date(2021, 1, 1), "valid_to": None} for i in range(4)
        ]
        register.load_licences(conn, licences, source="测试", now=BEGIN - 60 * DAY)
        fines = [{"subject_key": f"a{i}", "kind": "罚款", "amount": 5.0 + i, "at": BEGIN - (20 + i) * DAY} for i in range(4)]
        register.load_penalties(conn, fines, source="测试", now=BEGIN - 10 * DAY)
    at = history(engine, weeks=3, each=44)
    with transaction(engine) as conn:
        judged(conn, [0.0] * 6, at=BEGIN + DAY, tag="audit", source="audit_sample", weight=20.0, probability=[0.1] * 6)
        put(conn, ["投诉本店"] * 4, shops=[f"w0901-0店{i}" for i in range(4)], at=BEGIN + 3 * DAY, tag="complaint", kind="report")
        figure = {"model": MED, "as_of": at - DAY, "name": "score_psi", "part": "", "value": 0.3, "n": 9, "crossed": True, "detail": {}}
        conn.execute(insert(t.health_figures), [figure])
    return at


def _learnt(engine: Engine, at: datetime, scorer: Scorer, model: training.Trained | None = None) -> dict[str, Any]:
    """Everything that learning as of a moment comes to, as text: equal means equal to the bit."""
    with reading(engine) as conn:
        data = retraining_data.collect(conn, MED, at)
        due = retraining_triggers.due(conn, MED, at, champion="1", policy=AT_ONCE)
        rates = live_watch.live(conn, MED, "rules", at, AT_ONCE.live)
        ids = [case.signal_id for case in data.cases]
        loaded = units.load(conn, ids, at)
    around = retraining_data.read(engine, data.train)
    read = scorer.read([case.text for case in data.train], around)
    _, rules = scorer.rules(read, MED, at.date())
    trained = retraining_challenge._train(scorer, data, data.train, around, 7) if model is None else model
    scored = _scored(engine, scorer, data, trained)
    compared = retraining_challenge.gate(scored, seed=3)
    return {
        "cases": repr(data.cases),
        "split": repr(([c.signal_id for c in data.train], [c.signal_id for c in data.later], data.excluded)),
        "record": repr(data.record()),
        "features": read.frame.columns.to_numpy(dtype=float).tobytes(),
        "rules": rules.to_numpy(dtype=float).tobytes(),
        "as_of_features": scorer.read(loaded.texts, loaded.around).frame.columns.to_numpy(dtype=float).tobytes(),
        "scores": (scored.old.tobytes(), scored.new.tobytes()),
        "model": repr(trained.fitted.model.state()[0]) + repr({k: v.tobytes() for k, v in trained.fitted.model.state()[1].items()}),
        "trees": repr(trained.fitted.model.state()[2]),
        "out_of_fold": trained.fitted.out_of_fold.tobytes(),
        "cutoffs": repr(trained.cutoffs),
        "gate": repr(compared),
        "promised": repr(retraining_challenge.promised(scored.new, data.later, trained.cutoffs)),
        "due": repr((due.codes, due.new_labels)),
        "live": repr(rates),
    }


def _scored(engine: Engine, scorer: Scorer, data: DataSet, trained: training.Trained) -> retraining_challenge.Scored:
    champion = Learner(_Fixed(), "1")
    return retraining_challenge.score(engine, scorer, MED, data.later, champion, retraining_challenge.Learned(trained, data))


class _Fixed:
    """A champion that goes by every feature it is given, so that a feature that moved would be seen."""

    def predict(self, frame: Any, rules: Any, weights: Any = None) -> Any:
        numbers = np.nan_to_num(frame.columns.to_numpy(dtype=float))
        share = np.tanh(numbers @ np.linspace(0.1, 1.0, numbers.shape[1]) / 50) / 3
        return 0.6 + share + 0.01 * np.nan_to_num(rules.to_numpy(dtype=float)).sum(axis=1)


def _rewrite(conn: Connection, at: datetime, seed: int) -> None:
    """The future, another one for every seed: whatever can be known only after ``at`` is added, turned round or replaced."""
    rng = random.Random(seed)
    later = at + timedelta(hours=rng.randint(1, 1500))
    shops = [f"w0901-{rng.randint(0, 2)}店{i}" for i in range(8)]
    # later signals of the same subjects, then with other texts; and early ones that come in late
    ids = put(
        conn,
        [text_of(rng.random() < 0.5, rng) for _ in shops],
        shops=shops,
        at=later,
        tag=f"f{seed}",
        kind=rng.choice(["content", "report"]),
    )
    for i in ids[::2]:
        conn.execute(update(t.signals).where(t.signals.c.id == i).values(text=text_of(1.0, rng), kind="report"))
    put(conn, ["迟到的投诉"] * 8, shops=shops, at=BEGIN + DAY, received=later, tag=f"l{seed}", kind="report")
    # later judgements of old units by a later run, with other probabilities; one of them looks back
    judged_then = select(t.assessments.c.signal_id).distinct().where(t.assessments.c.as_of < at)
    old = list(conn.scalars(judged_then.order_by(t.assessments.c.signal_id)))
    for back, as_of in enumerate((later, at - 2 * DAY)):
        run = {
            "key": f"again{seed}{back}",
            "model": MED,
            "as_of": as_of,
            "status": "done",
            "versions": {},
            "actor": "x",
            "started_at": later,
        }
        number = conn.execute(insert(t.runs).values(run).returning(t.runs.c.id)).scalar_one()
        rows = [
            {"run_id": number, "signal_id": i, "model": MED, "probability": rng.random(), "grade": rng.randint(0, 4), "model_version": "9", "rules_version": "", "as_of": as_of}
            for i in old
        ]  # fmt: skip
        conn.execute(insert(t.assessments), rows)
    # later labels: new units, and old units with the opposite answer; labels known but not mature
    label(conn, ids, [float(rng.random() < 0.5) for _ in ids], at=later)
    flipped = rng.sample(old, 30)
    label(
        conn,
        flipped,
        [float(rng.random() < 0.5) for _ in flipped],
        at=later,
        source=rng.choice(["verdict", "audit_sample"]),
        weight=rng.uniform(1, 50),
    )
    judged(conn, [1.0, 0.0] * 10, at=later, tag=f"new{seed}", version="rules")
    # corrections of verdicts that the old labels rest on
    _correct(conn, later)
    # registers: subjects move, licences, fines and changes of long ago that become known only now
    moved = [
        {"key": f"a{i}", "name": f"改名{i}", "region": "420103", "address": f"中山大道{rng.randint(0, 1)}号", "phone": "13800138000"}
        for i in range(8)
    ]
    register.load_subjects(conn, moved, now=later)
    licences = [
        {
            "subject_key": f"a{rng.randint(0, 7)}",
            "kind": CLINIC,
            "number": f"L{i}",
            "valid_from": date(2019, 1, 1),
            "valid_to": date(2020, 1, 1),
        }
        for i in range(4)
    ]
    register.load_licences(conn, licences, source="测试", now=later)
    events = [{"subject_key": f"a{i}", "kind": f"f{seed}", "amount": 99.0, "at": BEGIN - (i + 1) * DAY} for i in range(8)]
    register.load_penalties(conn, events, source="测试", now=later)
    register.load_changes(conn, events, source="测试", now=later)
    # figures of health
    figure = {"model": MED, "as_of": later, "name": "score_psi", "part": "", "value": 0.0, "n": 9, "crossed": False, "detail": {}}
    conn.execute(insert(t.health_figures), [figure, {**figure, "name": "calibration_gap", "crossed": True}])


def _correct(conn: Connection, at: datetime) -> None:
    """Every verdict that labels rest on is corrected at ``at``."""
    v = t.verdicts.c
    for row in conn.execute(select(t.verdicts).where(v.supersedes.is_(None)).order_by(v.id)).all():
        values = {name: value for name, value in row._mapping.items() if name != "id"}
        conn.execute(insert(t.verdicts).values({**values, "code": "30", "reported_at": at, "supersedes": row.id}))


def _verdicts(conn: Connection) -> None:
    """Old labels rest on verdicts of tasks, as in the field, so that they can be corrected."""
    run = conn.scalar(select(t.runs.c.id).order_by(t.runs.c.id).limit(1))
    rows = conn.execute(
        select(t.labels.c.id, t.labels.c.signal_id, t.labels.c.known_at).where(t.labels.c.source == "verdict").order_by(t.labels.c.id)
    ).all()
    for row in rows[::4]:
        alert = {
            "merge_key": f"m{row.id}",
            "model": MED,
            "grade": 4,
            "probability": 0.9,
            "status": "closed",
            "title_zh": "x",
            "title_en": "x",
            "run_id": run,
        }
        moments = dict.fromkeys(("opened_at", "window_end", "updated_at"), row.known_at)
        number = conn.execute(insert(t.alerts).values({**alert, **moments}).returning(t.alerts.c.id)).scalar_one()
        task = {"alert_id": number, "office_code": "x", "routed_by": [], "state": "closed", "grade": 4, "issued_at": row.known_at}
        task |= {"sign_due": row.known_at, "report_due": row.known_at}
        of = conn.execute(insert(t.tasks).values(task).returning(t.tasks.c.id)).scalar_one()
        verdict = {"task_id": of, "alert_id": number, "code": "10", "facts": "x", "officers": [], "actor": "x", "reported_at": row.known_at}
        made = conn.execute(insert(t.verdicts).values(verdict).returning(t.verdicts.c.id)).scalar_one()
        conn.execute(update(t.labels).where(t.labels.c.id == row.id).values(verdict_id=made))


def test_rewriting_the_future_changes_nothing_that_was_learnt(engine: Engine) -> None:
    at, scorer = _past(engine), Scorer(packs=packs())
    with transaction(engine) as conn:
        _verdicts(conn)
    before = _learnt(engine, at, scorer)
    trained_on = before["split"]
    for seed in range(3):
        with transaction(engine) as conn:
            _rewrite(conn, at, seed)
        after = _learnt(engine, at, scorer)
        assert {name for name in before if before[name] != after[name]} == set()
    with reading(engine) as conn:
        now = retraining_data.collect(conn, MED, at + 100 * DAY)
        verified = retraining_data.verified(conn, MED, at + 100 * DAY)
    assert verified == {case.signal_id: case.value for case in now.cases if case.source == "verdict"} != {}
    assert repr(([c.signal_id for c in now.train], [c.signal_id for c in now.later], now.excluded)) != trained_on
    assert now.excluded["corrected"] > 0


@pytest.mark.parametrize("leak", ["known_at", "matures_at", "received_at", "started_at"])
def test_the_proof_would_see_a_leak(sqlite_engine: Engine, leak: str) -> None:
    """What is rewritten reaches what is learnt as soon as it is dated before the moment: the proof is no proof of nothing."""
    at, scorer = _past(sqlite_engine), Scorer(packs=packs())
    before = _learnt(sqlite_engine, at, scorer)
    trained = _Kept.of(before)
    with transaction(sqlite_engine) as conn:
        _rewrite(conn, at, 0)
        early = at - 3 * DAY
        if leak in ("known_at", "matures_at"):
            conn.execute(update(t.labels).where(t.labels.c.known_at > at).values(known_at=early, matures_at=early))
        elif leak == "received_at":
            conn.execute(update(t.signals).where(t.signals.c.received_at > at).values(received_at=early))
        else:
            conn.execute(update(t.runs).where(t.runs.c.started_at > at, t.runs.c.as_of <= at).values(started_at=early))
    with reading(sqlite_engine) as conn:
        data = retraining_data.collect(conn, MED, at)
        loaded = units.load(conn, [case.signal_id for case in data.cases], at)
    features = scorer.read(loaded.texts, loaded.around).frame.columns.to_numpy(dtype=float).tobytes()
    assert (repr(data.cases), features) != trained


class _Kept:
    @staticmethod
    def of(told: dict[str, Any]) -> tuple[str, bytes]:
        return told["cases"], told["as_of_features"]


def test_rules_changed_later_do_not_change_what_was_learnt(sqlite_engine: Engine) -> None:
    """Lists and rules change too: those in force then are kept with the run, and give the very same outcomes."""
    from dataclasses import replace

    at, scorer = _past(sqlite_engine), Scorer(packs=packs())
    with transaction(sqlite_engine) as conn:
        version = live_rules.keep(conn, scorer.packs[MED], at)
    before = _learnt(sqlite_engine, at, scorer)
    changed = Scorer(packs=[replace(pack, rules=pack.rules[1:]) if pack.name == MED else pack for pack in packs()])
    assert _learnt(sqlite_engine, at, changed)["rules"] != before["rules"]
    with reading(sqlite_engine) as conn:
        kept = live_rules.kept(conn, version)
    again = Scorer(packs=[kept if pack.name == MED else pack for pack in packs()])
    assert _learnt(sqlite_engine, at, again) == before


def test_the_stored_model_of_an_old_moment_is_made_again_to_the_byte(sqlite_engine: Engine, tmp_path: Path) -> None:
    at, scorer = _past(sqlite_engine), Scorer(packs=packs())
    found = []
    for seed in (0, 1):
        with reading(sqlite_engine) as conn:
            data = retraining_data.collect(conn, MED, at)
        trained = retraining_challenge._train(scorer, data, data.train, retraining_data.read(sqlite_engine, data.train), 7)
        training.save(trained, tmp_path / str(seed), sources=data.sources())
        found.append(bundle.checksum(tmp_path / str(seed)))
        with transaction(sqlite_engine) as conn:
            _rewrite(conn, at, seed)
    assert found[0] == found[1]
