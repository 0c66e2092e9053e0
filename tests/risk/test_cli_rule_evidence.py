"""``risk rules backtest`` and ``risk rules health`` as a person calls them: over a file without a store, over the store, stopped and gone on with."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from risk.services import backtest_tally
from risk.services.backtest_plan import reached
from rules.items import WordList
from rules.pack import load_pack
from tests.risk.cli_world import good, labelled, risk

RULE = """
规则 mine "自己的" / "mine"
  模型 false_medical_advertising
  严重度 高
  当 文本 含任一 "根治", "治好" 断言 且 文本 含任一 @疾病
  理由 中 "宣称“{hit}”，涉嫌断言疗效" 英 "claims \\"{hit}\\": suspected assertion"
"""


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RISK_DATABASE", raising=False)
    monkeypatch.setenv("RISK_LANG", "en")
    monkeypatch.chdir(tmp_path)
    Path("mine.rules").write_text(RULE, encoding="utf-8")
    return tmp_path


def _store() -> None:
    texts = labelled()["text"].tolist()[:24]
    frame = pd.DataFrame({"编号": [f"A{i}" for i in range(24)], "正文": texts, "发布时间": "2026-10-01 08:00", "地区": "420102"})
    frame.to_csv("ads.csv", index=False)
    good("intake", "ads.csv")


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_over_a_file_without_a_store(here: Path, name: str) -> None:
    table = labelled()
    match name.rpartition(".")[2]:
        case "csv":
            table.to_csv(name, index=False)
        case "ndjson":
            table.to_json(name, orient="records", lines=True, force_ascii=False)
        case _:
            table.to_parquet(name)
    told = json.loads(good("rules", "backtest", "mine.rules", "--data", name, "--label", "label", "--format", "json"))
    (one,) = told["rules"]
    assert (told["units"], one["hits"] + one["misses"] + one["unknown"], one["standing"]) == (96, 96, "new")
    assert one["labels"]["positives"] == 48
    assert one["labels"]["precision"]["value"] == 1.0
    assert not (here / "home").exists()
    text = good("rules", "backtest", "mine.rules", "--data", name, "--label", "label")
    assert text.startswith("mine [mine]  False medical advertising (new)\n")


def test_over_the_store_with_progress_beside(here: Path) -> None:
    _store()
    done = risk("rules", "backtest", "mine.rules", "--format", "json", "--rules-only")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["units"], told["source"]["kind"]) == (24, "store")
    assert done.err == "back-test 1\n24 of 24 read\n"
    assert json.loads(good("rules", "backtest", "--show", "1", "--format", "json")) == told
    assert json.loads(good("rules", "backtest", "--resume", "1", "--format", "json")) == told
    early = risk("rules", "backtest", "mine.rules", "--until", "2026-10-02")
    assert "error[backtest_period]" in early.err  # observed before, received today: nobody could have judged it then
    good("rules", "backtest", "--model", "false_medical_advertising", "--rule", "guaranteed_cure", "--output", "deep/r.txt")
    assert "[guaranteed_cure]" in Path("deep/r.txt").read_text(encoding="utf-8")


def test_health_of_what_is_in_service() -> None:
    _store()
    assert "no back-test of the rules in service" in risk("rules", "health", "--stored").err
    out = good("rules", "health", "--model", "false_medical_advertising", "--rules-only")
    assert out.endswith("a person decides, nothing is changed\n")
    (report,) = json.loads(good("rules", "health", "--stored", "--format", "json"))
    assert (report["model"], report["units"]) == ("false_medical_advertising", 24)


def test_stopped_by_hand_and_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    _store()
    whole = json.loads(good("rules", "backtest", "mine.rules", "--format", "json", "--rules-only"))

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(backtest_tally, "add", stopped)
        done = risk("rules", "backtest", "mine.rules", "--rules-only")
    assert (done.code, done.err) == (130, "back-test 2\nstopped; to go on: risk rules backtest --resume 2\n")
    assert "is not finished (cancelled, 0 of 24)" in risk("rules", "backtest", "--show", "2").err
    again = json.loads(good("rules", "backtest", "--resume", "2", "--format", "json", "--rules-only"))
    assert again["rules"] == whole["rules"]


def test_a_stored_version_by_name() -> None:
    _store()
    told = json.loads(good("rules", "backtest", "--stored", "guaranteed_cure@0", "--format", "json", "--rules-only"))
    assert [(one["rule"], one["standing"]) for one in told["rules"]] == [("guaranteed_cure", "live")]
    pack = load_pack("false_medical_advertising")
    name = next(item.name for item in reached(pack.rule_by_id["guaranteed_cure"], pack) if isinstance(item, WordList))
    words = json.loads(
        good(
            "rules",
            "backtest",
            "--stored",
            name,
            "--kind",
            "list",
            "--model",
            "false_medical_advertising",
            "--format",
            "json",
            "--rules-only",
        )
    )
    assert "guaranteed_cure" in [one["rule"] for one in words["rules"]]
    labelled().to_csv("x.csv", index=False)
    offline = json.loads(good("rules", "backtest", "--stored", "guaranteed_cure", "--data", "x.csv", "--format", "json", "--rules-only"))
    assert offline["source"] == {"kind": "file", "name": "x.csv"}


def test_refusals_are_told() -> None:
    assert (
        risk("rules", "backtest", "mine.rules").err.splitlines()[0]
        == "error[backtest_empty_store]: the store holds no signals: there is no history to test on"
    )
    Path("gb.rules").write_bytes("规则".encode("gb18030"))
    assert "error[rules_not_utf8]" in risk("rules", "backtest", "gb.rules").err
    Path("broken.rules").write_text('rule a "x"\n  model false_medical_advertising\n  severity low\n', encoding="utf-8")
    assert "error[backtest_rules_broken]" in risk("rules", "backtest", "broken.rules").err
    assert "error[unknown_model]" in risk("rules", "backtest", "mine.rules", "--model", "nope").err
    assert "error[rules_no_file]" in risk("rules", "backtest", "nowhere.rules").err
