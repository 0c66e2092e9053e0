"""Goals of speed are judged as they are measured, and the README says what the stored results say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.bench import goals, pipeline, prose, readme, words
from experiments.bench.__main__ import RACES
from experiments.record import RESULTS


def raced(what: str, *rivals: tuple[str, float]) -> dict[str, Any]:
    return {"what": what, "rivals": [{"name": name, "ratio": ratio, "wall": [ratio, 9 * ratio, ratio / 2]} for name, ratio in rivals]}


def test_goals_are_met_or_not_and_never_rounded_up() -> None:
    races = [
        raced("words and TF-IDF, equal tokens", ("features.text (rjieba)", 1.0), ("TfidfVectorizer with jieba", 6.99)),
        raced("whole pipeline: texts", ("the project's parts, each", 1.0), ("the best libraries strung", 0.8)),
        raced("start of the server", ("risk serve", 3.5), ("a bare FastAPI", 0.5)),
    ]
    told = {(one.beside, one.measured): one.met for one in goals.judged(races) if one.met is not None}
    assert told == {
        ("TfidfVectorizer with jieba", "7.0×"): False,
        ("the best libraries in a script, not durable", "80%"): True,
        ("at most 4 s", "3.50 s"): True,
    }
    assert sum(one.measured is None for one in goals.judged(races)) == len(goals.GOALS) - 3


def test_every_goal_finds_its_race_in_the_stored_results() -> None:
    path = RESULTS / "bench.json"
    races = json.loads(path.read_text(encoding="utf-8"))["races"]
    ran = {one.get("name") for one in races}
    if ran >= set(RACES):
        assert not [one for one in goals.judged(races) if one.measured is None]


def test_the_readme_says_what_the_results_say() -> None:
    text = readme.README.read_text(encoding="utf-8")
    assert readme.with_block(text, readme.block()) == text, "python -m experiments.bench.readme"


def test_a_table_of_nothing_says_that_nothing_was_measured(tmp_path: Path) -> None:
    made = readme.block(tmp_path)
    assert made.count("not measured") == len(goals.GOALS) + 10
    with pytest.raises(ValueError, match="no place"):
        readme.with_block("a README without marks", made)


def test_long_runs_are_told_by_their_medians(tmp_path: Path) -> None:
    turns = [{"signals": 10**6, "seconds": seconds, "peak_mb": 1900} for seconds in (300.0, 366.0, 361.0)]
    told = {"workers": 2, "turns": turns, "growth": [{"to": 10**6, "seconds": 11.9}]}
    (tmp_path / "million_sqlite.json").write_text(json.dumps(told))
    (tmp_path / "spark.json").write_text(json.dumps({"rows": 10**6, "ratio": 1.6, "goal_ratio": 1.5}))
    made = readme.block(tmp_path)
    assert "| 2 cores | ≤ 6 min | 6.0 min | not met |" in made
    assert "| peak memory of its processes, shared pages once | ≤ 2 GB | 1.90 GB | met |" in made
    assert "| growth from 100,000 signals | ≤ 12× | 11.9× | met |" in made
    assert "| one worker | ≥ 1.5× | 1.60× | met |" in made


def test_words_and_their_weights_are_those_of_scikit_learn() -> None:
    given = ["保本保息，年化收益", "年化收益高，保本", "今天天气好", "天气好，收益高"]
    made, theirs = words.learner(given), words.vectorizer(words.jieba_words()).fit(given)
    mine, plain = words.rows(made, given), theirs.transform(given)[:, words.columns(made, theirs)]
    assert mine.nnz == plain.nnz > 5
    np.testing.assert_allclose(mine.toarray(), plain.toarray(), atol=1e-12)


def test_alerts_of_rivals_are_compared_in_all_they_say() -> None:
    reasons = np.array([0.1, -0.5, 0.2, 1.0])
    kept = pipeline.evidence("三个疗程根治", ["r1"], [(4, 6, "list 1")], reasons)
    assert kept["quotes"] == [{"start": 4, "end": 6, "quote": "根治", "list": "list 1"}]
    assert [one["column"] for one in kept["reasons"]] == [1, 2, 0]
    pipeline.alike({1: (0.5, kept)}, {1: (0.5 + 1e-12, kept)}, "same")
    for other in (
        {},
        {1: (0.6, kept)},
        {1: (0.5, {**kept, "rules": []})},
        {1: (0.5, {**kept, "reasons": [{"column": 1, "log_odds": -0.5}]})},
    ):
        with pytest.raises(AssertionError, match="not the same"):
            pipeline.alike({1: (0.5, kept)}, other, "other")


def test_a_rule_is_a_lambda_of_the_row() -> None:
    rule = pipeline._rule('(amount_1 > 2.0) and (region in ["region_1"]) and (not has_link)')
    row = {"amount_1": 3.0, "region": "region_1", "has_link": False}
    assert rule(row)
    assert not rule({**row, "region": "region_2"})


def test_plain_texts_keep_their_places() -> None:
    one = prose.as_plain("根治,无效退款")
    assert one.dense is one.plain
    assert one.quote(*one.plain.span(0, 2)) == "根治"
