"""Parts, tables and the whole way through on a few made rows; the real material only where it is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments import real_data
from experiments.real import baselines, intake, page, parts, texts
from experiments.real.workshop import Workshop, environment
from models.neardup import near_duplicate_groups

SEED = 7


def shop_of(tmp_path: Path, home: Path | None = None) -> Workshop:
    (tmp_path / "data").mkdir()
    (tmp_path / "work").mkdir()
    return Workshop(tmp_path / "data", tmp_path / "work", home, SEED, 0)


def some_texts(n: int) -> list[str]:
    """Half are copies of the other half but for digits."""
    rng = np.random.default_rng(SEED)
    letters = [chr(c) for c in range(0x4E00, 0x4E00 + 800)]
    base = ["".join(rng.choice(letters, 20)) for _ in range(n // 2)]
    return [f"{one}{k}" for one in base for k in (1, 2)]


def test_near_copies_stay_on_one_side() -> None:
    rows = some_texts(80)
    labels = np.array([i % 8 < 2 for i in range(80)], dtype=float)
    away = parts.held_out(rows, labels, SEED)
    groups = near_duplicate_groups(rows)
    assert not set(groups[away]) & set(groups[~away])
    assert 15 <= away.sum() <= 25
    assert 4 <= labels[away].sum() <= 6
    assert np.array_equal(away, parts.held_out(rows, labels, SEED))


def test_first_of_kind_and_unseen() -> None:
    rows = some_texts(10)
    assert parts.first_of_kind(rows) == [True, False] * 5
    assert parts.unseen(rows, rows[4:5]) == [True] * 4 + [False] * 2 + [True] * 4


def test_a_sample_keeps_the_order() -> None:
    table = pd.DataFrame({"text": [str(i) for i in range(50)]})
    drawn = parts.sampled(table, 10, SEED)["text"].astype(int).tolist()
    assert len(drawn) == 10
    assert drawn == sorted(drawn)
    assert parts.sampled(table, 0, SEED) is table


def test_a_firm_folder_holds_some_labels_and_whole_tables(tmp_path: Path) -> None:
    source = tmp_path / "firms"
    source.mkdir()
    (source / "tax_info.csv").write_text("id,TAX_AMOUNT\na,1\nb,2\n")
    made = parts.firm_folder(source, tmp_path / "part", pd.DataFrame({"id": ["a"], "label": ["1"]}))
    assert (made / "tax_info.csv").read_text().count("\n") == 3
    assert (made / "labels.csv").read_text() == "id,label\na,1\n"


def test_shown_commands_name_no_place(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, tmp_path / "home")
    told = shop.shown(["evaluate", "m", "--texts", str(shop.work / "a.csv"), "--using", str(tmp_path / "home" / "x"), str(shop.data / "b")])
    assert told == "risk evaluate m --texts WORK/a.csv --using HOME/x DATA/b"


def test_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_LANG", "zh")
    monkeypatch.delenv("RISK_DATABASE", raising=False)
    with environment(RISK_LANG="en", RISK_DATABASE="sqlite:///x"):
        assert (os.environ["RISK_LANG"], os.environ["RISK_DATABASE"]) == ("en", "sqlite:///x")
    assert os.environ["RISK_LANG"] == "zh"
    assert "RISK_DATABASE" not in os.environ


def test_keyword_lists_are_twenty_words() -> None:
    assert {task.key for task in texts.TASKS} == set(baselines.KEYWORDS)
    assert all(18 <= len(set(words)) == len(words) <= 20 for words in baselines.KEYWORDS.values())


def test_ngrams_learn_something() -> None:
    rows = ["月息三分保本保息", "今天天气真不错"] * 10
    labels = np.array([1.0, 0.0] * 9 + [np.nan, 0.0])
    p = baselines.ngrams(rows, labels)(["保本保息月息五分", "天气不错"])
    assert p[0] > 0.5 > p[1]


def test_tables() -> None:
    told = page.table(["a", "b"], [["1|2", "x"]])
    assert told.splitlines() == ["| a | b |", "|---|---|", "| 1\\|2 | x |"]
    assert (page.cell(None), page.cell([0.5, None, None]), page.cell([0.5, 0.25, 0.75])) == ("-", "0.500", "0.500 [0.25, 0.75]")
    line = {"who": "rules", "on": "ham", "n": 4, "positives": 0, "metrics": {"alarm_rate": [0.25, 0.1, 0.5]}}
    assert page.alarm_table([line]).splitlines()[-1] == "| rules | 25.00% [10.0%, 50.0%] |"


def test_results_of_other_parts_stay() -> None:
    assert list(real_data.merged({"firms": {"a": 1}, "intake": {"b": 1}}, {"labelled_messages": {}, "firms": {"a": 2}}).items()) == [
        ("labelled_messages", {}),
        ("firms", {"a": 2}),
        ("intake", {"b": 1}),
    ]


def test_labelled_messages_go_through_the_commands(tmp_path: Path) -> None:
    """The whole way, from rows to page, through ``risk evaluate``."""
    data = tmp_path / "data"
    data.mkdir()
    rows = [
        ("三个疗程根治糖尿病，永不复发，治愈率99%", "MED2"),
        ("明天下午三点开会，请准时参加", "-"),
        ("本店眼镜八折", "MED1"),
        ("周末去爬山吗", "-"),
    ]
    pd.DataFrame([(f"{text}{k}", codes) for text, codes in rows for k in range(6)], columns=["text", "codes"]).to_csv(
        data / "labelled_messages.csv", index=False
    )
    output = tmp_path / "out" / "real_data.json"
    real_data.main(["--data", str(data), "--only", "labelled_messages", "--output", str(output)])
    told = json.loads(output.read_text(encoding="utf-8"))
    lines = told["experiments"]["labelled_messages"]["lines"]
    first = lines[0]
    assert (first["who"], first["n"], first["positives"], first["ignored"]) == ("false_medical_advertising: rules only", 18, 6, 6)
    assert (lines[1]["on"], lines[1]["n"]) == ("near-copies once", 3)
    assert first["metrics"]["recall"][0] == 1.0
    assert first["commands"][0].startswith("risk evaluate false_medical_advertising --texts WORK/")
    assert "根治糖尿病" not in output.read_text(encoding="utf-8") + output.with_suffix(".md").read_text(encoding="utf-8")
    assert "false_medical_advertising: rules only" in output.with_suffix(".md").read_text(encoding="utf-8")


def test_intake_adds_up(tmp_path: Path) -> None:
    shop = shop_of(tmp_path)
    for name in intake.FILES:
        (shop.data / f"{name}.csv").write_text(f"text,label\n{name} 三个疗程根治糖尿病,1\n{name} 早上好,0\n,0\n", encoding="utf-8")
    told = intake.intake(shop)
    assert all(row["balanced"] and row["rows"] == 3 and row["quarantined"] == 1 for row in told["intake"])
    judged = {row["model"]: row["judged"] for row in told["runs"]}
    assert judged["illegal_drug_sales"] == 10
    assert judged["illegal_fundraising.report"] == 2  # only the news came in as a report
    assert all(row["balanced"] for row in told["runs"])
    assert "yes" in page.intake_tables(told)[0]


@pytest.mark.slow
@pytest.mark.skipif("RISK_DATA_DIR" not in os.environ, reason="the real material is not here: set RISK_DATA_DIR to its folder")
def test_real_material(tmp_path: Path) -> None:
    output = tmp_path / "real_data.json"
    real_data.main(["--only", "labelled_messages", "--output", str(output)])
    lines = json.loads(output.read_text(encoding="utf-8"))["experiments"]["labelled_messages"]["lines"]
    assert {line["n"] + line["ignored"] for line in lines if line["on"] == "all rows"} == {363}
