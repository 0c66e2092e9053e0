"""``risk rules`` as an analyst uses it: from a file to a rule in force, in both languages, and every command on files and on what is stored."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from risk.cli.rule_files import COMMANDS
from risk.services import live_rules
from rules.pack import pack_from_texts
from tests.risk.cli_world import check_golden, good, risk
from tests.risk.rule_world import AUTHOR, GOLD, GOLD_TEXT, OTHER, SHARED_TEXT, WHEN
from tests.risk.run_world import MED, MED_PACK


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RISK_DATABASE", raising=False)
    monkeypatch.setenv("RISK_LANG", "en")
    monkeypatch.chdir(tmp_path)
    packs = (pack_from_texts({"shared/words.rules": SHARED_TEXT, f"{MED}/own.rules": MED_PACK}, MED),)
    monkeypatch.setattr(live_rules, "shipped", lambda: packs)
    Path("gold.rules").write_text("# 新规则\n" + GOLD, encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    assert f"Usage: risk rules {name}" in good("rules", name, "--help")


STEPS: tuple[tuple[str, ...], ...] = (
    ("new", "broken.rules", "--actor", AUTHOR),
    ("check", "--stored", "gold"),
    ("test", "--stored", "gold", "--actor", AUTHOR),
    ("submit", "gold", "--actor", AUTHOR),
    ("edit", "gold", "gold.rules", "--actor", AUTHOR, "--note", "改正"),
    ("new", "gold.rules", "--actor", OTHER),
    ("test", "--stored", "gold", "--actor", AUTHOR),
    ("submit", "gold", "--actor", AUTHOR, "--revision", "2"),
    ("submit", "gold", "--actor", AUTHOR, "--revision", "4"),
    ("approve", "gold", "--actor", AUTHOR),
    ("reject", "gold", "--actor", OTHER, "--reason", "例子太少"),
    ("edit", "gold@1", "gold.rules", "--actor", AUTHOR),
    ("test", "--stored", "gold@1", "--actor", AUTHOR),
    ("submit", "gold", "--actor", AUTHOR),
    ("approve", "gold", "--actor", OTHER, "--backtest", "7"),
    ("approve", "gold", "--actor", OTHER),
    ("shadow", "gold", "--actor", OTHER, "--reason", "观察"),
    ("shadow-hits", "gold"),
    ("activate", "gold", "--actor", OTHER, "--reason", "启用", "--percent", "30"),
    ("roll-out", "gold", "--actor", OTHER, "--reason", "放量", "--percent", "100"),
    ("list", "--kind", "rule"),
    ("explain", "--text", GOLD_TEXT),
    ("explain", "--stored", "gold", "--text", "祖传老宅"),
    ("pause", "gold", "--actor", AUTHOR, "--reason", "误报"),
    ("resume", "gold", "--actor", OTHER, "--reason", "恢复"),
    ("new", "next.rules", "--actor", AUTHOR),
    ("diff", "--stored", "gold"),
    ("translate", "--stored", "gold@1", "--to", "en"),
    ("retire", "gold", "--actor", AUTHOR, "--reason", "不要了"),
    ("restore", "gold@1", "--actor", AUTHOR),
    ("pause", "urge", "--actor", OTHER, "--reason", "误报"),
    ("show", "urge", "--as", "en"),
    ("lists", "change", "病名", "--add", "哮喘", "--actor", AUTHOR, "--note", "监测中出现"),
    ("lists", "accept", "病名", "--actor", AUTHOR, "--reason", "同意"),
    ("lists", "accept", "病名", "--actor", OTHER, "--reason", "同意"),
    ("lists", "show", "病名"),
    ("show", "nothing"),
    ("show", "gold@9"),
    ("history", "gold"),
)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_from_a_file_to_a_rule_in_force(monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    monkeypatch.setenv("RISK_LANG", lang)
    Path("broken.rules").write_text(GOLD.replace("含任一", "含一", 1), encoding="utf-8")
    Path("next.rules").write_text(GOLD.replace(WHEN, f"{WHEN} 且 非 有微信").replace("严重度 高", "严重度 中"), encoding="utf-8")
    told = []
    for step in STEPS:
        done = risk("rules", *step)
        told.append(f"$ risk rules {' '.join(step)}\n{done.out}{done.err}→ {done.code}\n")
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-10-12 10:00", "\n".join(told))
    check_golden(f"cli_rules.{lang}.txt", text)


def test_files_are_laid_out_and_translated_and_nothing_is_lost() -> None:
    path = Path("gold.rules")
    assert risk("rules", "format", "--check", "gold.rules").code == 1
    assert good("rules", "format", "--write", "gold.rules") == "gold.rules: written anew\n"
    assert good("rules", "format", "--check", "gold.rules") == ""
    written = path.read_text("utf-8")
    assert written.startswith("# 新规则\n规则 gold")
    english = good("rules", "translate", "gold.rules", "--to", "en")
    assert 'text has any of "祖传" and text has any of "金方"' in english
    assert english.startswith("# 新规则\nrule gold")
    path.write_text(english, encoding="utf-8")
    assert good("rules", "translate", "gold.rules", "--to", "zh") == written
    path.write_text(written.replace("  严重度", "  # 为何如此\n  严重度"), encoding="utf-8")
    done = risk("rules", "format", "--write", "gold.rules")
    assert (done.code, done.out, done.err) == (0, "", "gold.rules: gold left as written (comments inside, or unreadable)\n")


def test_files_are_compared_by_their_parts() -> None:
    Path("new.rules").write_text(GOLD.replace('"金方"', '"金方", "秘方"', 1) + '词表 甲 包含 "乙"\n', encoding="utf-8")
    assert risk("rules", "diff", "gold.rules", "gold.rules").out == "they say the same\n"
    done = risk("rules", "diff", "gold.rules", "new.rules")
    assert done.code == 1
    assert done.out.splitlines() == ["rule gold", '+ when: "秘方"   (text has any of "金方", "秘方")', "only in the second: list 甲"]
    told = json.loads(risk("rules", "diff", "gold.rules", "new.rules", "--format", "json").out)
    assert (told["added"], told["removed"], [one["new_zh"] for one in told["changed"]["rule gold"]]) == (["list 甲"], [], ['"秘方"'])


def test_a_text_is_explained_by_a_file() -> None:
    out = good("rules", "explain", "gold.rules", "--text", GOLD_TEXT)
    assert out.splitlines()[:4] == ["gold: fires", '  claims "祖传": suspected false claim', "  “祖传” 0-2", "  “金方” 2-4"]
    assert "✓ text has any of" in out
    assert "no rule fires (of 1; --all tells why not)" in good("rules", "explain", "gold.rules", "--text", "本店营业")
    assert "✗" in good("rules", "explain", "gold.rules", "--text", "本店营业", "--all")
    assert "explain_what" in risk("rules", "explain", "gold.rules").err
    assert "rules_files_or_stored" in risk("rules", "explain", "gold.rules", "--stored", "gold", "--text", "x").err


def test_lists_and_versions_as_json() -> None:
    good("rules", "new", "gold.rules", "--actor", AUTHOR)
    listed = json.loads(good("rules", "list", "--state", "draft", "--format", "json"))
    assert [(row["name"], row["in_force"], row["state"]) for row in listed["items"]] == [("gold", None, "draft")]
    told = json.loads(good("rules", "show", "gold", "--format", "json"))
    assert (told["version"]["row"]["revision"], told["version"]["source"].startswith("# 新规则")) == (1, True)
    assert [row["event"] for row in json.loads(good("rules", "history", "gold", "--format", "json"))] == ["create"]


def test_only_the_parts_that_decided_are_told() -> None:
    text = GOLD.replace(WHEN, f"{WHEN} 且 (非 (有电话 或 有价格) 或 有微信)")
    Path("gold.rules").write_text(text, encoding="utf-8")
    short = good("rules", "explain", "gold.rules", "--text", GOLD_TEXT)
    assert "✗ has_phone or has_price" in short
    assert "✗ has_phone\n" not in short
    assert "· has_wechat" not in short
    whole = good("rules", "explain", "gold.rules", "--text", GOLD_TEXT, "--full")
    assert "✗ has_phone\n" in whole
    assert "· has_wechat\n" in whole
    excluded = good("rules", "explain", "gold.rules", "--text", GOLD_TEXT + "，电话13800138000，价格5元", "--all")
    assert "✓ has_phone" in excluded  # what excluded it is told


@pytest.mark.parametrize(
    "command", [("check",), ("test",), ("format",), ("diff", "gold.rules"), ("explain", "--text", "x"), ("translate", "--to", "en")]
)
@pytest.mark.parametrize(
    ("file", "code"),
    [("none.rules", "rules_no_file"), (".", "rules_no_file"), ("empty.rules", "rules_nothing"), ("gb.rules", "rules_not_utf8")],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_files_that_are_none_are_refused(
    monkeypatch: pytest.MonkeyPatch, lang: str, file: str, code: str, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("RISK_LANG", lang)
    Path("empty.rules").write_text("# 只有注释\n\n", encoding="utf-8")
    Path("gb.rules").write_text(GOLD, encoding="gb18030")
    done = risk("rules", *command, file)
    assert (done.code, done.out) == (1, "")
    assert f"[{code}]" in done.err
    assert done.err.startswith("错误" if lang == "zh" else "error")


@pytest.mark.parametrize("command", [("format",), ("translate", "--to", "en")])
def test_nothing_to_write_anew_is_refused(command: tuple[str, ...]) -> None:
    done = risk("rules", *command)
    assert (done.code, done.err) == (1, "error[rules_source_missing]: give rule files, or --stored NAME\n")


def test_a_language_that_is_not_spoken_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_LANG", "fr")
    done = risk("rules", "check", "gold.rules")
    assert done.code == 1
    assert "setting_wrong" in done.err
    assert "RISK_LANG" in done.err
