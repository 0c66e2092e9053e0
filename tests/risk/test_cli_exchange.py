"""``risk exchange`` as its user meets it: what is printed, in both languages, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from risk.cli.exchange import exchange
from tests.risk.exchange_world import GOLDEN, golden


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RISK_LANG", "zh")
    return tmp_path / "home"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(exchange, arguments)


def test_records_are_listed_described_and_checked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not home.exists()
    listed = run("records").output
    assert "taskInfo" in listed
    assert "导出 / 接收" in listed
    assert "| `levelId` | 任务等级 | 代码 | 2 | 是 | level | C5 |" in run("describe", "task_create").output
    inspection = run("describe", "inspection").output
    assert "| `party_nature` | 行政相对人性质 | 代码 |  | 是 | 公民、法人、其他组织 | C2 |" in inspection
    assert "`reported_on` ≥ `inspected_on`" in inspection
    checked = run("check", str(GOLDEN / "in_mistakes.xml"))
    assert checked.exit_code == 1
    assert "第 2 条 taskStatusNotice taskCode：缺少必填项“taskCode”" in checked.output
    assert "记录 4 条，有问题的 3 条" in checked.output
    monkeypatch.setenv("RISK_LANG", "en")
    assert "1 record(s), 0 with problems" in run("check", str(GOLDEN / "in_signal.xml")).output
    assert "4 record(s), 3 with problems" in run("check", str(GOLDEN / "in_mistakes.xml")).output


def test_a_warning_comes_in_a_task_goes_out(home: Path, tmp_path: Path) -> None:
    assert "记录 1：接收 1，重复 0，隔离 0" in run("import", str(GOLDEN / "in_signal.xml"), "--actor", "张三").output
    assert run("import", str(GOLDEN / "in_signal.xml"), "--actor", "张三").output.startswith("此文件已接收过；")
    out = tmp_path / "out"
    sent = run("export", "--record", "taskInfo", "--folder", str(out), "--actor", "张三")
    assert "task_info i1" in sent.output
    (file,) = out.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "涉嫌虚假医疗广告" in file.read_text(encoding="utf-8")
    batch = file.stem
    shown = run("show", batch)
    assert shown.output_bytes == file.read_bytes()
    assert "没有变化" in run("export", "--record", "taskInfo").output
    assert f"→  {batch}  default  task_info i1" in run("batches").output
    assert home.exists()


@pytest.mark.usefixtures("home")
def test_what_waits_is_repaired_and_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "f.json"
    file.write_bytes(golden("in_opinion.json").replace("中度".encode(), "很重".encode()))
    assert "隔离 1" in run("import", str(file), "--source", "舆情").output
    assert "eventLevel" in run("received").output
    assert run("repair", "1", "--set", "eventLevel").exit_code == 1
    assert "已修复" in run("repair", "1", "--set", "eventLevel=重度").output
    assert "接收 1，重复 0，仍有问题 0" in run("resubmit").output
    assert "signal:1" in run("received", "--state", "resubmitted").output
    assert run("received").output.strip() == "没有"
    created = run("import", str(GOLDEN / "in_created.json"), "--source", "某省", "--domain", "riskWarning=illegal_drug_sales")
    assert "接收 1" in created.output
    assert "隔离 1" in run("import", str(GOLDEN / "in_created.json"), "--source", "他省").output
    assert "忽略" in run("dismiss", "3", "--reason", "测试").output


def test_a_folder_is_a_source(home: Path) -> None:
    added = run("sources", "add", "省厅", "--kind", "folder", "--actor", "张三")
    assert "文件放入" in added.output
    (home / "exchange" / "in" / "省厅" / "1.xml").write_bytes(golden("in_signal.xml"))
    assert "省厅：取得 1，接收 1，重复 0，隔离 0" in run("sources", "poll").output
    assert run("sources", "disable", "省厅").exit_code == 0
    assert "省厅  folder  off  接收 1" in run("sources", "list").output
    options = home / "o.toml"
    options.write_text("url = ", encoding="utf-8")
    refused = run("sources", "add", "x", "--kind", "http", "--options", str(options))
    assert refused.exit_code == 1
    assert "无法读取来源选项" in str(getattr(refused.exception, "text", lambda _: "")("zh"))
