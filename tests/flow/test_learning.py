"""A model's life with a real registry: its first version, a challenger in shadow, its promotion, its roll-back; then what a person sees of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select

from models.registry import Registry
from risk.cli import cli
from risk.domain.learning import Shadow
from risk.scoring.learners import champions
from risk.services import live_watch, model_tasks, retraining, retraining_challenge, retraining_registry, retraining_round, shadow_scoring
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.learning_world import AT_ONCE, history, judged, scorer, settings, trainings
from tests.risk.run_world import MED

DAY = timedelta(days=1)


def test_from_the_first_version_to_a_roll_back(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = settings(tmp_path, sqlite_engine)
    at = history(sqlite_engine, weeks=3)
    policy = replace(AT_ONCE, shadow=Shadow(days=3, verdicts=20, most_days=30))
    how: dict[str, Any] = {"actor": "作业", "policy": policy}

    def opened() -> Any:
        return scorer(**champions(home.registry_dir, [MED]))

    (first,) = retraining_round.look(sqlite_engine, home, opened, [MED], now=at, **how)
    assert first.trained is not None
    assert (first.trained.decision, retraining_registry.champion(home, MED)) == ("first", "1")
    registry = Registry(home.registry_dir)
    dossier = registry.dossier(MED, 1)
    with reading(sqlite_engine) as conn:
        assert dossier["data_set"] == trainings(conn)[0].detail["data_set"]

    # a challenger passes the gate (patched: two models of one truth do not differ beyond noise) and goes into shadow
    whole = retraining_challenge.gate
    monkeypatch.setattr(retraining_challenge, "gate", lambda *given, **named: whole(*given, **named) | {"better": True})
    later = at + 7 * DAY
    with transaction(sqlite_engine) as conn:
        judged(conn, [1.0, 0.0] * 20, at=at + DAY, tag="more", version="1")
    done = retraining.retrain(sqlite_engine, home, opened(), MED, as_of=later, now=later, seed=1, **how)
    assert (done.decision, done.champion, done.challenger) == ("shadow", "1", "2")
    assert [one.version for one in registry.versions(MED) if "shadow" in one.aliases] == [2]
    assert retraining_registry.champion(home, MED) == "1"
    with transaction(sqlite_engine) as conn:
        judged(conn, [1.0, 0.0] * 12, at=later + DAY, tag="mean", version="1", probability=[0.6] * 24)
    assert shadow_scoring.follow(sqlite_engine, home, opened()) == {MED: 24}
    concluded = shadow_scoring.conclude(sqlite_engine, home, MED, now=later + 5 * DAY, **how)
    assert concluded is not None
    assert (concluded.decision, retraining_registry.champion(home, MED)) == ("promoted", "2")

    # its warnings turn out to be wrong
    with transaction(sqlite_engine) as conn:
        judged(conn, [0.0] * 25, at=later + 6 * DAY, tag="wrong", version="2")
    found = live_watch.watch(sqlite_engine, home, MED, now=later + 20 * DAY, **how)
    assert found is not None
    assert (found.back_to, retraining_registry.champion(home, MED)) == ("1", "1")
    with reading(sqlite_engine) as conn:
        acts = list(conn.scalars(select(t.audit.c.action).where(t.audit.c.action.like("training.%")).order_by(t.audit.c.id)))
        (task,) = model_tasks.list_tasks(conn).items
    assert acts == ["training.begin", "training.first", "training.begin", "training.shadow", "training.promoted", "training.rolled_back"]
    assert (task.kind, task.detail["back_to"]) == ("rolled_back", "1")

    # what a person sees
    monkeypatch.setenv("RISK_HOME", str(home.home))
    monkeypatch.setenv("RISK_DATABASE", home.database_url)
    monkeypatch.setenv("RISK_LANG", "zh")
    told = _said("retrain", "history", MED).splitlines()
    assert ["已回退" in told[0], "晋级" in told[1], "首个版本上线" in told[2]] == [True, True, True]
    assert "虚假医疗广告：冠军 1" in _said("retrain", "status", MED)
    assert "数据集与记录一致" in _said("retrain", "show", "1", "--verify")
    monkeypatch.setenv("RISK_LANG", "en")
    assert "rolled back" in _said("retrain", "history")
    assert "champion 1" in _said("retrain", "due", MED)


def _said(*arguments: str) -> str:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exit_code == 0, done.output
    return done.output
