"""A file of one's own from intake to report, by the commands of the README, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.risk.cli_world import check_golden, good, labelled, risk


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RISK_DATABASE", raising=False)
    monkeypatch.setenv("RISK_LANG", "en")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _ads() -> None:
    texts = labelled()["text"].tolist()[:24]
    frame = pd.DataFrame({"编号": [f"A{i}" for i in range(24)], "正文": texts, "发布时间": "2026-10-01 08:00", "地区": "420102"})
    frame["企业名称"] = [f"某公司{i}" for i in range(24)]
    frame.loc[3, "正文"], frame.loc[5, "发布时间"] = "", "明天"
    frame.to_csv("ads.csv", index=False)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_from_intake_to_report(monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    monkeypatch.setenv("RISK_LANG", lang)
    _ads()
    steps: list[tuple[str, ...]] = [
        ("intake", "ads.csv", "--source", "广告监测"),
        ("quarantine", "list"),
        ("quarantine", "repair", "2", "--set", "发布时间=2026-10-02"),
        ("quarantine", "resubmit", "--all"),
        ("quarantine", "dismiss", "1", "--reason", "空"),
        ("quarantine", "dismiss", "1", "--reason", "空"),
        ("quarantine", "list", "--status", "all"),
        ("run", "--rules-only", "--model", "illegal_drug_sales"),
        ("tasks", "list", "--state", "closed"),
        ("tasks", "sign", "99", "--actor", "张三"),
    ]
    told = [f"$ risk {' '.join(step)}\n{(done := risk(*step)).out}{done.err}→ {done.code}\n" for step in steps]
    check_golden(f"cli_loop.{lang}.txt", "\n".join(told))


def test_again_changes_nothing(here: Path) -> None:
    _ads()
    good("intake", "ads.csv")
    assert "nothing is new" in good("intake", "ads.csv")
    good("run", "--rules-only")
    issued = json.loads(good("tasks", "list", "--format", "json", "--limit", "500"))["items"]
    assert issued
    for line in good("run", "--rules-only").splitlines():
        assert ": judged 0, " in line, line
    assert [t["id"] for t in json.loads(good("tasks", "list", "--format", "json", "--limit", "500"))["items"]] == [t["id"] for t in issued]
    number = str(issued[0]["id"])
    good("tasks", "sign", number, "--actor", "张三")
    two = ("--officer", "张三", "--officer", "李四")
    good("tasks", "report", number, "--actor", "张三", *two, "--code", "10", "--facts", "属实")
    assert "labels written: " in good("tasks", "accept", number, "--actor", "王五")
    assert good("report", "--period", "latest").startswith("the report is written: ")
    assert [p.suffixes for p in (here / "home" / "reports").iterdir()] == [[".en", ".html"]]
    numbers = good("report", "--period", "latest", "--format", "json")
    assert good("report", "--period", "latest", "--format", "json") == numbers
    assert json.loads(numbers)["alerts"]["by_grade"]
    good("report", "--period", "2026-10", "--format", "json", "--output", "deep/r.json")
    assert json.loads(Path("deep/r.json").read_text(encoding="utf-8"))["period"]["name"] == "2026-10"


def test_rules_of_ones_own() -> None:
    Path("own.rules").write_text('rule a "x"\n  when text has any of "神药"\n', encoding="utf-8")
    assert "R030" in risk("rules", "check", "own.rules").out  # without severity, basis, advice and examples: told, each with its place
    Path("broken.rules").write_text('rule a "x" when text hass any of "甲"\n', encoding="utf-8")
    for what in ("check", "test"):
        done = risk("rules", what, "broken.rules")
        assert done.code == 1, what
        assert "R001" in done.out
    assert good("rules", "test").endswith(" 0 failed\n")
    assert ": 0 errors, " in good("rules", "check").splitlines()[-1]


def test_jobs_by_hand() -> None:
    assert "judge" in good("jobs", "list")
    assert good("jobs", "disable", "remind") == "remind: off\n"
    assert good("jobs", "enable", "remind") == "remind: on\n"
    assert good("worker", "--once", "remind") == 'remind: done {"reminders": {}}\n'
    assert "done" in next(line for line in good("jobs", "list").splitlines() if line.startswith("remind"))
    done = risk("jobs", "run", "report_daily")
    assert (done.code, done.err.startswith("error[job_failed]: the job report_daily did not end well (failed): ")) == (1, True)
