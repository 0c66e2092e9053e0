"""Figures agree with scikit-learn, intervals with common sense; grades keep their promise; a comparison knows noise."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import calibrate
from models.compare import compare
from models.grades import CODES, FIXED_CUTOFFS, Cutoffs, grade, solve, wilson
from models.measure import by_slice, measure


def scores(n: int, seed: int, spread: float = 1.5) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    z = rng.normal(-2, spread, n)
    p = 1 / (1 + np.exp(-z))
    return np.round(p, 3), (rng.random(n) < p).astype(float)


def test_agrees_with_sklearn() -> None:
    from sklearn import metrics

    p, y = scores(800, 0)
    w = np.random.default_rng(1).random(800) + 0.1
    told = measure(p, y, weights=w, replicates=0)["metrics"]
    alarm = p >= 0.4
    assert told["average_precision"]["value"] == pytest.approx(metrics.average_precision_score(y, p, sample_weight=w))
    assert told["roc_auc"]["value"] == pytest.approx(metrics.roc_auc_score(y, p, sample_weight=w))
    assert told["f1"]["value"] == pytest.approx(metrics.f1_score(y, alarm, sample_weight=w))
    assert told["precision"]["value"] == pytest.approx(metrics.precision_score(y, alarm, sample_weight=w))
    assert told["recall"]["value"] == pytest.approx(metrics.recall_score(y, alarm, sample_weight=w))
    base = np.average(y, weights=w)
    assert told["brier_skill"]["value"] == pytest.approx(1 - metrics.brier_score_loss(y, p, sample_weight=w) / (base * (1 - base)))


def test_fast_enough_and_covers() -> None:
    p, y = scores(15_000, 2)
    begin = time.process_time()
    told = measure(p, y, replicates=500)
    assert time.process_time() - begin < 30
    for name in ("f1", "best_f1", "average_precision", "roc_auc", "brier_skill"):
        m = told["metrics"][name]
        assert m["low"] < m["value"] < m["high"]
    assert told["metrics"]["ece"]["value"] < 0.02


def test_one_class_and_empty_slices() -> None:
    told = by_slice([0.9, 0.1, 0.2, 0.8], [0, 0, 0, 1], ["pharmacy", "pharmacy", "pharmacy", "posts"])
    assert [k for k, v in told["pharmacy"]["metrics"].items() if v is not None] == ["alarm_rate"]
    assert told["posts"]["metrics"]["precision"] is None
    assert measure([], [])["n"] == 0
    assert measure([0.5, 0.2, 0.1], [np.nan, 1, 0], replicates=5)["ignored"] == 1


def test_whole_groups_are_drawn() -> None:
    p, y = scores(200, 3)
    wide = measure(np.repeat(p, 20), np.repeat(y, 20), groups=np.repeat(np.arange(200), 20), replicates=100)["metrics"]["average_precision"]
    narrow = measure(np.repeat(p, 20), np.repeat(y, 20), replicates=100)["metrics"]["average_precision"]
    assert wide["high"] - wide["low"] > 2 * (narrow["high"] - narrow["low"])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.3, 3))
def test_cutoffs_fall_and_keep_the_promise(seed: int, spread: float) -> None:
    p, y = scores(1500, seed, spread)
    cut = solve(p, y, floors={"red": 0.85, "orange": 0.7, "yellow": 0.5, "blue": 0.3})
    assert cut.red >= cut.orange >= cut.yellow >= cut.blue
    if cut.source == "solved":
        upper = 2.0
        for code, floor in zip(CODES, (0.85, 0.7, 0.5, 0.3), strict=True):
            limit = getattr(cut, code)
            inside = (p >= limit) & (p < upper)
            if inside.any():
                assert wilson(float(y[inside].sum()), float(inside.sum()))[0] >= floor - 1e-9
            upper = min(upper, limit)


@given(st.floats(0, 1), st.floats(0, 1))
def test_grade_is_monotone(a: float, b: float) -> None:
    order = ["none", *reversed(CODES)]
    low, high = sorted((a, b))
    assert order.index(grade(low)) <= order.index(grade(high))


def test_few_labels_keep_fixed_cutoffs() -> None:
    cut = solve([0.9] * 10, [1] * 10)
    assert (cut.red, cut.blue, cut.source) == (FIXED_CUTOFFS.red, FIXED_CUTOFFS.blue, "fixed")
    assert Cutoffs.of(cut.plain()) == cut
    with pytest.raises(ValueError, match="must fall"):
        Cutoffs(0.5, 0.6, 0.4, 0.3)
    with pytest.raises(ValueError, match="no such grade"):
        grade(0.5, cap="violet")


@pytest.mark.parametrize("make", [calibrate.fit_sigmoid, calibrate.fit_steps])
def test_calibrators_are_monotone_and_honest(make: Any) -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(0, 3, 5000)
    y = (rng.random(5000) < calibrate.sigmoid(0.5 * z - 1)).astype(float)
    fitted = make(z, y, np.ones(5000))
    grid = np.linspace(-15, 15, 500)
    p = fitted(grid)
    assert (np.diff(p) > 0).all()
    assert 0 < p.min() < p.max() < 1
    assert measure(fitted(z), y, replicates=0)["metrics"]["ece"]["value"] < 0.02
    assert np.array_equal(calibrate.from_state(fitted.state())(grid), p)


def test_compare_knows_noise() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(2000) < 0.2).astype(float)
    weak = calibrate.sigmoid(2 * y - 1 + rng.normal(0, 2, 2000))
    strong = calibrate.sigmoid(4 * y - 3 + rng.normal(0, 1, 2000))
    assert compare(weak, strong, y, replicates=100)["decision"] == "promote"
    assert compare(strong, weak, y, replicates=100)["reason"] == "average precision is lower beyond noise"
    assert compare(weak, weak, y, replicates=50)["decision"] == "keep"
    assert compare(weak[:30], strong[:30], y[:30])["reason"].endswith("at least 20 are needed")
