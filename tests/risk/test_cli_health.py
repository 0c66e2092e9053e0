"""``risk health`` as a person calls it: draw, check, show, recall, complaints, tasks; both languages, JSON beside the text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import insert

from risk.bootstrap import open_store
from risk.domain.datafiles import read_toml
from risk.services import model_tasks, runs
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.cli_world import MODEL, good, risk
from tests.risk.run_world import CURE, NOW, PLAIN, put, scorer, set_capacity


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one run, in a folder of its own; every unit below is drawn."""
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    monkeypatch.setenv("RISK_LANG", "en")
    monkeypatch.delenv("RISK_DATABASE_URL", raising=False)
    rates = {"rate": 1.0, "over_capacity_rate": 1.0, "most_per_run": 1000, "most_weight": 10.0}
    monkeypatch.setitem(read_toml("health.toml"), "audit", rates)
    engine = open_store(Settings.from_environment())
    set_capacity(engine, 5)
    with transaction(engine) as conn:
        put(conn, [CURE, *[f"{PLAIN}{i}" for i in range(4)]])
    runs.run(engine, scorer(), [MODEL], as_of=NOW, now=NOW, actor="测试")
    engine.dispose()
    return tmp_path


def test_the_whole_way(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home.is_dir()
    period = ("--since", "2026-10-01", "--until", "2026-10-31")
    assert "without risk health draw" in good("health", "recall", MODEL, *period)
    assert good("health", "draw", "--actor", "张三") == "run 1: 4 drawn\n"
    assert good("health", "draw", "--actor", "张三") == "no run waits to be drawn from\n"
    listed = good("tasks", "list")
    assert listed.count("random check of a unit without an alert: False medical advertising") == 4
    number = next(line.split()[0] for line in listed.splitlines() if "random check" in line)
    shown = good("tasks", "show", number)
    assert "drawn at random" in shown
    assert "probability" not in shown  # who verifies is not told
    told = good("health", "recall", MODEL, *period)
    assert "5 judged, 1 alarms, 1 in alerts, 0 over capacity; 4 drawn" in told
    assert "recall of the model: unknown (" in told
    assert json.loads(good("health", "recall", MODEL, *period, "--format", "json"))["counts"]["drawn"] == 4
    assert "in all: 0 of 0 flagged before, unknown" in good("health", "complaints", MODEL, *period)
    checked = good("health", "check", MODEL, "--actor", "张三")
    assert "drift of scores (PSI)" in checked
    assert good("health", "show", MODEL) == checked
    monkeypatch.setenv("RISK_LANG", "zh")
    chinese = good("health", "show", MODEL)
    assert "评分漂移（PSI）" in chinese
    assert "未知" in chinese
    assert len(chinese.splitlines()) == len(checked.splitlines())
    figures = json.loads(good("health", "show", MODEL, "--format", "json"))["figures"]
    assert {"recall", "precision", "complaints_flagged"} <= {one["name"] for one in figures}
    assert "召回率（模型）" in good("health", "trend", MODEL, "recall")
    assert "双随机抽查（未预警样本）：虚假医疗广告" in good("tasks", "list")


def test_tasks_of_owners(home: Path) -> None:
    assert home.is_dir()
    assert good("health", "tasks") == "no internal tasks\n"
    engine = open_store(Settings.from_environment())
    with transaction(engine) as conn:
        number = model_tasks.open_task(conn, MODEL, "score_drift", {}, now=NOW, actor="作业")
        common = {"model": MODEL, "as_of": NOW, "n": 200, "limit_value": 0.25, "crossed": True}
        row = {**common, "name": "score_drift", "part": "420100", "value": 0.4, "low": None, "high": None}
        conn.execute(
            insert(t.health_figures), [row, row | {"name": "verified_rate", "part": "red 420100", "value": 0.3, "low": 0.2, "high": 0.4}]
        )
    engine.dispose()
    shown = good("health", "show", MODEL)
    assert "Wuhan City: 0.400, n=200, limit 0.250  !! beyond its limit" in shown
    assert "red Wuhan City: 30.0% (20.0%–40.0%), n=200, limit 25.0%  !! beyond its limit" in shown
    assert "scores have drifted beyond the limit" in shown
    closed = good("health", "close", str(number), "--reason", "retrained", "--actor", "李四")
    assert "done" in closed
    assert "李四: retrained" in closed
    assert good("health", "tasks", "--state", "open") == "no internal tasks\n"
    refused = risk("health", "close", str(number), "--reason", "again", "--actor", "李四")
    assert refused.code == 1
    assert "error[model_task_done]" in refused.err
    unknown = risk("health", "show", "illegal_drug_sales")
    assert "error[health_not_checked]" in unknown.err
    assert "risk health check illegal_drug_sales" in unknown.err
