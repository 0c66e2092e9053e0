"""``risk alerts``, ``suppressions``, ``duties`` and ``officers`` as a person uses them, in both languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from risk.cli.alerts import alerts
from risk.cli.duties import duties
from risk.cli.officers import officers
from risk.cli.suppressions import suppressions
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.services.alerts import settle
from risk.services.dispatch import seed_offices
from risk.storage.engine import transaction
from tests.risk.disposal_world import EVIDENCE, NOW, new_candidates, new_run, new_subjects

OFFICE, CITY = "420102-market_supervision", "420100-market_supervision"
WHO = ("--actor", "王五")


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    with transaction(sqlite_engine) as conn:
        seed_offices(conn)
        run, subjects = new_run(conn), new_subjects(conn, 2)
        settle(conn, run, new_candidates(conn, run, [(subjects[0], Grade.ORANGE, 0.75), (subjects[1], Grade.BLUE, 0.42)]), NOW)
        assert EVIDENCE
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    monkeypatch.setenv("RISK_DATABASE", sqlite_engine.url.render_as_string())
    monkeypatch.setenv("RISK_LANG", request.param)
    return str(request.param)


def _run(command: click.Command, *arguments: str) -> str:
    found: Result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    return found.output


def test_alerts_from_list_to_replay(lang: str, tmp_path: Path) -> None:
    listed = _run(alerts, "list", "--sort", "gravest")
    assert listed.splitlines()[0].startswith("1  " + ("橙色" if lang == "zh" else "orange"))
    assert json.loads(_run(alerts, "list", "--grade", "blue", "--format", "json"))["items"][0]["id"] == 2
    assert "--cursor" in _run(alerts, "list", "--limit", "1")
    assert _run(alerts, "list", "--status", "closed").strip() in ("没有符合条件的预警", "no alerts match")
    assert "2" in _run(alerts, "counts", "--region", "武汉市").splitlines()[0]
    shown = _run(alerts, "show", "1")
    assert ("不是违法认定" if lang == "zh" else "not a finding") in shown
    assert "guaranteed_cure" in shown
    assert ("《广告法》16" if lang == "zh" else "广告法 16") in shown
    assert OFFICE in shown
    again = _run(alerts, "replay", "1")
    assert ("结果有变化" if lang == "zh" else "changed:") in again
    assert ("规则版本 r1" if lang == "zh" else "the version r1") in again
    path = tmp_path / "out.csv"
    assert "2" in _run(alerts, "export", str(path), *WHO)
    assert len(path.read_text(encoding="utf-8-sig").splitlines()) == 3
    with pytest.raises(NotFoundError):
        _run(alerts, "show", "99")


def test_a_clue_is_entered_once(lang: str) -> None:
    given = (
        "add",
        "--key",
        "k",
        "--model",
        "false_medical_advertising",
        "--reason",
        "来电",
        "--text",
        "某诊所宣称包治",
        "--region",
        "宜昌市",
    )
    first = _run(alerts, *given, "--no-judge", *WHO)
    assert ("新预警" if lang == "zh" else "a new alert") in first
    assert ("此前已登记" if lang == "zh" else "entered before") in _run(alerts, *given, "--no-judge", *WHO)
    assert ("由人员登记" if lang == "zh" else "entered by a person") in _run(alerts, "show", "3")
    with pytest.raises(InvalidInputError, match="between"):
        _run(alerts, *given[:2], "other", *given[3:], "--no-judge", "--grade", "red", *WHO)


def test_suppressions_from_trial_to_end(lang: str) -> None:
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    tried = _run(suppressions, "try", "--when", "source=测试源", "--since", "2026-10-01", "--until", "2026-10-31")
    assert ("覆盖 2" if lang == "zh" else "2 covered") in tried
    added = _run(suppressions, "add", "--when", "source=测试源", "--until", until, "--dry-run", "--reason", "样例", *WHO)
    assert added.strip() == ("抑制 1（第 1 版）：试运行（只计数）" if lang == "zh" else "suppression 1 (version 1): dry run (counts only)")
    assert ("第 2 版" if lang == "zh" else "version 2") in _run(
        suppressions, "revise", "1", "--until", until, "--active", "--reason", "核实", *WHO
    )
    assert "source=测试源" in _run(suppressions, "list", "--state", "active")
    assert ("已结束" if lang == "zh" else "ended") in _run(suppressions, "end", "2", "--reason", "不需要", *WHO)
    with pytest.raises(ConflictError):
        _run(suppressions, "end", "2", "--reason", "x", *WHO)
    with pytest.raises(InvalidInputError):
        _run(suppressions, "add", "--when", "region=武汉市", "--until", until, "--reason", "x", *WHO)


def test_duties_are_shown_tried_changed_and_come_as_csv(lang: str, tmp_path: Path) -> None:
    order = ("--model", "false_medical_advertising", "--region", "武汉市", "--level", "county", "--office", CITY, "--from", "2100-01-01")
    tried = _run(duties, "try", *order, "--since", "2026-10-01", "--until", "2026-10-31")
    assert f"{OFFICE} → {CITY}" in tried
    assert ("第 1 版" if lang == "zh" else "version 1") in _run(duties, "change", *order, "--reason", "上收", *WHO)
    assert "上收" in _run(duties, "history")
    assert CITY in _run(duties, "offices", "--region", "武汉市")
    assert ("职责表第 1 版" if lang == "zh" else "duty table, version 1") in _run(
        duties, "show", "--region", "江岸区", "--on", "2100-01-01"
    )
    path = tmp_path / "duties.csv"
    _run(duties, "export", str(path))
    path.write_text(path.read_text(encoding="utf-8") + "moon,420102,,,2100-01-01,\n", encoding="utf-8")
    refused = CliRunner().invoke(duties, ["import", str(path), "--reason", "x", *WHO])
    assert refused.exit_code == 1
    assert "moon" in refused.output
    assert ("第 2 版" if lang == "zh" else "version 2") in _run(duties, "fallback", "--office", CITY, "--reason", "更换", *WHO)
    assert _run(duties, "unroutable").strip() in ("没有无职责可循的任务", "no task is without a duty")


def test_officers_take_tasks_and_go_on_leave(lang: str) -> None:
    assert ("领取" if lang == "zh" else "taken by officers") in _run(officers, "list", "--office", OFFICE)
    _run(officers, "put", "--office", OFFICE, "--name", "甲", *WHO)
    _run(officers, "put", "--office", OFFICE, "--name", "乙", "--capacity", "3", *WHO)
    assert "甲" in _run(officers, "assign", "1", "--officer", "1", *WHO)
    moved = _run(officers, "leave", "1", "--from", "2020-01-01", "--to", "2100-01-01", "--reason", "年休假", *WHO)
    assert "1" in moved
    listed = _run(officers, "list", "--office", OFFICE)
    assert ("休假 2020-01-01" if lang == "zh" else "on leave 2020-01-01") in listed
    assert ("结束" if lang == "zh" else "ended") in _run(officers, "end-leave", "1", "--reason", "返岗", *WHO)
    assert ("自动分派" if lang == "zh" else "automatically") in _run(officers, "mode", "--office", OFFICE, "--how", "automatic", *WHO)
    with pytest.raises(NotFoundError):
        _run(officers, "list", "--office", "moon")
