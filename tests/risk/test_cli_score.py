"""``risk score``: one row out for each row in, in input order, whatever stands in a cell and whatever the file is."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from risk.domain.errors import InvalidInputError
from risk.scoring import aside
from risk.scoring.tables import read_table
from tests.risk.cli_world import MODEL, good, labelled, risk

COLUMNS = ["id", "probability", "grade", "rules", "reasons", "low", "high", "unsure"]
TEXTS = ["根治糖尿病，签协议\n无效退款", "", '引号"和,逗号', "  ", "NA", "null", "根治白癜风，无效退款", "社区健康讲座"]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RISK_LANG", "en")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(name: str, texts: list[str]) -> None:
    frame = pd.DataFrame({"编号": range(len(texts)), "正文": texts})
    match Path(name).suffix:
        case ".ndjson":
            Path(name).write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in frame.to_dict("records")), encoding="utf-8")
        case ".parquet":
            frame.to_parquet(name)
        case ".xlsx":
            frame.to_excel(name, index=False)
        case _:
            frame.to_csv(name, index=False, encoding="gb18030" if "gb" in name else "utf-8")


def _rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["a.csv", "gb.csv", "a.ndjson", "a.parquet", "a.xlsx"])
def test_one_row_out_for_each_row_in(name: str) -> None:
    _write(name, TEXTS)
    told = good("score", MODEL, "--texts", name, "--text", "正文", "--output", "out/deep/o.csv", "--rules-only")
    rows = _rows("out/deep/o.csv")
    assert told == f"{len(TEXTS)} rows scored (model rules), {sum(r['grade'] != 'none' for r in rows)} alarms: out/deep/o.csv\n"
    assert list(rows[0]) == COLUMNS
    assert [r["id"] for r in rows] == [str(n + 1) for n in range(len(TEXTS))]
    assert [bool(r["rules"]) for r in rows] == [True, False, False, False, False, False, True, False]
    assert all(bool(r["reasons"]) == bool(r["rules"]) for r in rows)
    assert all(0 <= float(r["probability"]) <= 1 for r in rows)


def test_the_order_is_that_of_the_file() -> None:
    texts = labelled()["text"].tolist()
    _write("a.csv", texts)
    _write("b.csv", texts[::-1])
    for name in ("a", "b"):
        good("score", MODEL, "--texts", f"{name}.csv", "--text", "正文", "--output", f"{name}.out.csv", "--rules-only")
    forth, back = (pd.read_csv(f"{n}.out.csv").drop(columns="id") for n in ("a", "b"))
    pd.testing.assert_frame_equal(forth, back.iloc[::-1].reset_index(drop=True))


def test_a_header_alone_scores_nothing() -> None:
    Path("a.csv").write_text("id,text\n")
    good("score", MODEL, "--texts", "a.csv", "--text", "text", "--output", "o.csv", "--rules-only")
    assert Path("o.csv").read_text() == ",".join(COLUMNS) + "\n"


def test_labels_are_told_as_they_were_written() -> None:
    """A column 1, 0, nothing became 1.0 in Parquet and NDJSON: no label matched, and every positive counted as a negative."""
    frame = pd.DataFrame({"text": ["甲", "NA", "乙"], "label": [1, 0, None], "created_at": ["2026-10-01", "x", "2026-10-02"]})
    frame.to_parquet("a.parquet")
    frame.to_excel("a.xlsx", index=False)
    frame.to_json("a.ndjson", orient="records", lines=True, force_ascii=False)
    for name in ("a.parquet", "a.xlsx", "a.ndjson"):
        table = read_table(Path(name))
        assert table.to_numpy().tolist() == [["甲", "1", "2026-10-01"], ["NA", "0", "x"], ["乙", "", "2026-10-02"]], name


@pytest.mark.parametrize("text", ["id,text\n1,甲,\n2,乙,\n", "id,text\n1,甲,余\n2,乙,余\n"])
def test_a_longer_row_is_no_row_name(text: str) -> None:
    """pandas takes the first column for row names where every row is longer than the header: all cells move by one, without a word."""
    Path("a.csv").write_text(text, encoding="utf-8")
    assert risk("score", MODEL, "--texts", "a.csv", "--text", "text", "--output", "o.csv").err.startswith("error[wide_table]")


@pytest.mark.parametrize(
    ("name", "content", "code", "line"),
    [
        ("a.csv", 'id,text\n1,"根治糖尿病，\n无效退款"\n2,b,c\n\n3\n4,社区健康讲座\n', "row_too_long", "4"),
        ("a.ndjson", '{"text": "根治糖尿病，\\n无效退款"}\n["b"]\n{"id": 3}\n{"text": "社区健康讲座"}\n', "bad_line", "2"),
    ],
)
def test_a_row_that_does_not_fit_is_set_aside_and_the_others_are_scored(name: str, content: str, code: str, line: str) -> None:
    """As on Spark: its number is kept, and the others are scored as if it were not there."""
    Path(name).write_text(content, encoding="utf-8")
    told = risk("score", MODEL, "--texts", name, "--text", "text", "--output", "out/o.csv", "--rules-only")
    assert told.code == 3
    assert told.out.splitlines()[-1] == "1 rows were not scored; why is told in out/o.quarantine.csv"
    (left,) = _rows("out/o.quarantine.csv")
    assert (left["id"], left["line"], left["code"]) == ("2", line, code)
    assert left["hint"]
    assert "b" in left["text"]
    rows = _rows("out/o.csv")
    assert [row["id"] for row in rows] == ["1", "3", "4"]
    _write("plain.csv", ["根治糖尿病，\n无效退款", "", "社区健康讲座"])
    good("score", MODEL, "--texts", "plain.csv", "--text", "正文", "--output", "out/o.csv", "--rules-only")
    assert [{**row, "id": ""} for row in _rows("out/o.csv")] == [{**row, "id": ""} for row in rows]
    assert not Path("out/o.quarantine.csv").exists(), "of an earlier time"


def _hurt(texts: Sequence[str]) -> pd.DataFrame:
    """Scores nothing that has a 坏 in it."""
    if any("坏" in text for text in texts):
        raise ValueError("not this one")
    return pd.DataFrame({"id": range(1, len(texts) + 1), "length": [len(text) for text in texts]})


@pytest.mark.parametrize("at_once", [1, 3, 100])
@pytest.mark.parametrize("bad", [(), (0,), (3, 4, 9), tuple(range(10))])
def test_a_text_that_breaks_the_features_leaves_the_others(bad: tuple[int, ...], at_once: int) -> None:
    texts = [("坏" if at in bad else "") + "x" * at for at in range(10)]
    earlier = aside.Aside(0, InvalidInputError("row_failed", error="earlier"), "")
    numbers = [2 * at + 1 for at in range(10)]
    table, left = aside.score_rows(_hurt, aside.Rows(texts, numbers, [earlier]), at_once=at_once)
    assert [one.row for one in left] == [0, *(numbers[at] for at in bad)]
    assert {one.error.code for one in left} == {"row_failed"}
    assert [one.text for one in left[1:]] == [texts[at] for at in bad]
    assert table["id"].tolist() == [numbers[at] for at in range(10) if at not in bad]
    assert table["length"].tolist() == [at for at in range(10) if at not in bad]
    assert list(table.columns) == ["id", "length"]


def test_a_broken_scorer_is_no_fault_of_the_rows() -> None:
    def broken(texts: Sequence[str]) -> pd.DataFrame:
        raise ZeroDivisionError(len(texts))

    with pytest.raises(ZeroDivisionError):
        aside.score_rows(broken, aside.Rows(["a", "b"], [1, 2], []))


@pytest.mark.parametrize("content", ['id,text\n1,a\n2,b,c\n3,"d\n', "id,text\n1,a,b\n", "id,other\n1,a\n2,b,c\n"])
def test_refused_input_writes_nothing(content: str) -> None:
    """A quote that is never closed, no row that fits, no such column: which rows were meant cannot be said."""
    Path("a.csv").write_text(content)
    assert risk("score", MODEL, "--texts", "a.csv", "--text", "text", "--output", "o.csv", "--rules-only").code == 1
    assert not Path("o.csv").exists()
    assert not Path("o.quarantine.csv").exists()
