"""Firms: the folder of tables as it is, with a list of labels or of ids, with and without the register."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.tabular import BASE_NUMBERS
from tests.risk.cli_world import firms, good, risk

FIRM = ("illegal_fundraising", "--lens", "firm", "--firms")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of 80 firms and a model trained on them, as folder and as champion."""
    found = tmp_path_factory.mktemp("cli_firms")
    firms(found / "firms")
    with pytest.MonkeyPatch.context() as patch:
        _enter(patch, found)
        assert "registered as version 1 (champion)" in good("train", *FIRM, "firms", "--output", "mdl", "--register")
    return found


def _enter(patch: pytest.MonkeyPatch, place: Path) -> None:
    patch.setenv("RISK_HOME", str(place / "home"))
    patch.setenv("RISK_LANG", "en")
    patch.chdir(place)


@pytest.fixture(autouse=True)
def _here(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _enter(monkeypatch, place)


def _score(folder: str, *more: str) -> pd.DataFrame:
    good("score", *FIRM, folder, "--output", "o.csv", *more)
    return pd.read_csv("o.csv", keep_default_na=False, dtype={"id": str})


@pytest.mark.parametrize("more", [(), ("--rules-only",), ("--using", "mdl")])
def test_one_row_a_firm_in_the_order_of_the_list(more: tuple[str, ...]) -> None:
    scored = _score("firms", *more)
    assert list(scored)[:5] == ["id", "probability", "grade", "rules", "reasons"]
    assert {"reasons_en", "index_total", "index_compliance", "index_marker", "index_unknown", "index_facts", "index_facts_en"} <= set(
        scored
    )
    assert scored["id"].tolist() == pd.read_csv("firms/labels.csv", dtype={"id": str})["id"].tolist()


def test_a_list_of_ids_scores_as_a_list_of_labels(place: Path) -> None:
    firms(place / "ids")
    listed = pd.read_csv("ids/labels.csv", dtype=str)
    listed[["id"]].to_csv("ids/ids.csv", index=False)
    Path("ids/labels.csv").unlink()
    pd.testing.assert_frame_equal(_score("ids"), _score("firms"))


def test_the_register_is_read_where_it_is(place: Path) -> None:
    firms(place / "register")
    ids = pd.read_csv("register/labels.csv", dtype=str)["id"].tolist()
    base: dict[str, Any] = {
        **dict.fromkeys(BASE_NUMBERS, 1.0),
        **dict.fromkeys(("industryphy", "dom", "opto", "opform", "ptbusscope"), "A"),
    }
    base |= {"id": ids, "regcap": 500.0, "reccap": 1.0, "opfrom": "2017-01-01", "opscope": "投资理财，资产管理，养老咨询"}
    pd.DataFrame(base).to_csv("register/base_info.csv", index=False)
    changes = {"id": ids[:10] * 3, "bgxmdm": "1", "bgq": "甲", "bgh": "乙", "bgrq": "2018-01-01"}
    pd.DataFrame(changes).to_csv("register/change_info.csv", index=False)
    with_, without = _score("register", "--rules-only"), _score("firms", "--rules-only")
    assert with_["id"].tolist() == without["id"].tolist()
    assert (with_["rules"] != without["rules"]).any()


def test_figures_of_firms() -> None:
    told = json.loads(good("evaluate", *FIRM, "firms"))
    assert told["model"] == "illegal_fundraising.firm"
    assert told["overall"]["n"] == 80
    assert all(f is None or f["low"] <= f["high"] for f in told["overall"]["metrics"].values())
    assert told["overall"]["metrics"]["average_precision"]["value"] > 0.4


def test_labels_do_not_move_scores(place: Path) -> None:
    firms(place / "relabelled")
    frame = pd.read_csv("relabelled/labels.csv", dtype=str)
    frame["label"] = frame["label"].to_numpy()[::-1]
    frame.to_csv("relabelled/labels.csv", index=False)
    pd.testing.assert_frame_equal(_score("relabelled"), _score("firms"))


def test_the_index_stands_beside_the_probability_and_unknown_is_not_zero() -> None:
    scored = _score("firms", "--using", "mdl").set_index("id")
    assert set(scored["index_unknown"]) <= {"enticement|marker"}
    assert set(scored["index_enticement"]) == {""}
    assert scored["index_compliance"].astype(float).between(0, 100).all()
    assert scored["index_facts"].str.contains("【投诉与负面】负面新闻").any()
    assert scored["index_facts_en"].str.contains("fees for late payment are 100% of tax records").any()
    told = scored.loc[scored["reasons"] != "", ["reasons", "reasons_en"]]
    assert len(told)
    assert not told["reasons_en"].str.contains("[一-鿿]").any()


def test_columns_that_a_table_lacks_are_unknown_and_a_table_without_id_is_refused(place: Path) -> None:
    firms(place / "bare")
    pd.read_csv("bare/annual_report_info.csv", dtype=str)[["id", "ANCHEYEAR"]].to_csv("bare/annual_report_info.csv", index=False)
    pd.DataFrame({"id": ["f000"]}).to_csv("bare/base_info.csv", index=False)
    assert len(_score("bare", "--using", "mdl")) == 80
    pd.DataFrame({"firm": ["f000"]}).to_csv("bare/base_info.csv", index=False)
    done = risk("score", *FIRM, "bare", "--output", "o.csv")
    assert done.code != 0
    assert "the firm tables in bare lack the column `id`" in done.err
