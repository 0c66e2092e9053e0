"""The promise of a prediction set holds on simulated data; intervals narrow with labels; what is stored reads back; reliability knows chance from error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from models import calibrate, uncertainty
from models.calibrate import sigmoid
from models.reliability import equal_mass, recalibration, reliability


def drawn(rng: np.random.Generator, n: int, spread: float = 2.0, bend: float = 1.0) -> tuple[Any, Any]:
    """Probabilities and labels; with ``bend`` other than 1 the probabilities are wrong, which no coverage may depend on."""
    z = rng.normal(-1.0, spread, n)
    return sigmoid(z * bend), (rng.random(n) < sigmoid(z)).astype(float)


@pytest.mark.parametrize(("alpha", "bend"), [(0.1, 1.0), (0.1, 3.0), (0.2, 0.3)])
def test_each_class_is_covered_as_promised(alpha: float, bend: float) -> None:
    rng = np.random.default_rng(7)
    held, missed_yes, missed_no, yes_seen, no_seen = 60, 0, 0, 0, 0
    for _ in range(150):
        p, y = drawn(rng, 400, bend=bend)
        told = uncertainty.learn(p[:-held], y[:-held], alpha=alpha)
        yes, no = told.sets(p[-held:])
        up = y[-held:] > 0
        # one new unit of each class from each world: more would share their threshold, and the binomial bound would not hold
        if up.any():
            yes_seen, missed_yes = yes_seen + 1, missed_yes + int(not yes[up][0])
        if (~up).any():
            no_seen, missed_no = no_seen + 1, missed_no + int(not no[~up][0])
    assert yes_seen == no_seen == 150
    assert missed_yes <= binom.ppf(0.999, yes_seen, alpha)
    assert missed_no <= binom.ppf(0.999, no_seen, alpha)
    assert missed_yes + missed_no >= binom.ppf(0.001, 300, alpha * 0.8)  # nor is the set simply everything


def test_the_interval_holds_the_truth_where_the_model_is_wrong_and_narrows_with_labels() -> None:
    rng = np.random.default_rng(3)
    widths = []
    for n in (100, 1_000, 10_000):
        p, y = drawn(rng, n, bend=0.5)
        low, high = uncertainty.learn(p, y).interval(np.array([0.2, 0.5, 0.8]))
        assert (low <= high).all()
        widths.append(float((high - low).mean()))
    assert widths[0] > widths[1] > widths[2]
    truth = sigmoid(np.log(np.array([0.2, 0.5, 0.8]) / np.array([0.8, 0.5, 0.2])) / 0.5)
    assert (np.abs((low + high) / 2 - truth) < 0.06).all()


def test_a_handful_makes_everything_unsure_and_copies_are_no_evidence() -> None:
    assert uncertainty.learn([0.99, 0.98, 0.01], [1, 1, 0]).unsure(np.linspace(0, 1, 21)).all()
    rng = np.random.default_rng(1)
    p, y = drawn(rng, 8)
    p[:2], y[:2] = (0.9, 0.1), (1, 0)
    copied = uncertainty.learn(np.repeat(p, 50), np.repeat(y, 50), groups=np.repeat(np.arange(8), 50))
    assert copied.unsure(np.linspace(0.01, 0.99, 21)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.02, 0.3))
def test_what_is_stored_reads_back_and_sets_grow_with_the_promise(seed: int, alpha: float) -> None:
    rng = np.random.default_rng(seed)
    p, y = drawn(rng, 120)
    told = uncertainty.learn(p, y, weights=rng.uniform(1, 5, 120), alpha=alpha)
    again = uncertainty.Uncertainty.of(told.plain())
    at = rng.random(50)
    assert (again.unsure(at) == told.unsure(at)).mean() > 0.9  # the table is rounded, the thresholds are not
    assert again.sets(at)[0].tolist() == told.sets(at)[0].tolist()
    stricter = uncertainty.learn(p, y, alpha=alpha / 2)
    looser = uncertainty.learn(p, y, alpha=alpha)
    assert stricter.yes_from <= looser.yes_from
    assert stricter.no_upto >= looser.no_upto
    low, high = told.interval(np.sort(at))
    assert (np.diff(low) >= -1e-9).all()
    assert (np.diff(high) >= -1e-9).all()


@pytest.mark.parametrize("given_", [{}, {"alpha": 0.1}, {**uncertainty.learn([0.1, 0.9], [0, 1]).plain(), "low": [0.1]}])
def test_what_is_no_uncertainty_is_refused(given_: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no uncertainty"):
        uncertainty.Uncertainty.of(given_)


def test_chance_is_no_error_and_error_is_no_chance() -> None:
    rng = np.random.default_rng(5)
    called = 0
    for seed in range(20):
        p, y = drawn(rng, 300)
        called += not reliability(p, y, replicates=60, seed=seed)["calibrated"]
    assert called <= binom.ppf(0.999, 20, 0.1)
    p, y = drawn(rng, 3_000, bend=2.5)
    told = reliability(p, y, replicates=60)
    assert not told["calibrated"]
    assert told["ece"]["low"] > told["noise"]
    assert sum(row["n"] for row in told["bins"]) == 3_000
    assert max(row["n"] for row in told["bins"]) - min(row["n"] for row in told["bins"]) <= 2


def test_small_regions_are_shrunk_and_the_smallest_say_nothing() -> None:
    rng = np.random.default_rng(9)
    p, y = drawn(rng, 1_080)
    region = np.repeat(["a", "b", "c", "d"], [500, 500, 70, 10])
    y[region == "b"] = rng.random(500) < 0.9 * p[region == "b"] ** 2  # the model is far too high there
    told = reliability(p, y, slices=list(region), replicates=20)["by"]
    assert [name for name, one in told.items() if one["too_few"]] == ["d"]
    assert "gap" not in told["d"]
    assert told["b"]["gap"] < -0.05
    whole = reliability(p, y, replicates=1)
    centre = float(np.mean(y - p))
    assert whole["n"] == 1_080
    for name in ("a", "b", "c"):
        gap, shrunk = told[name]["gap"], told[name]["shrunk_gap"]
        assert min(gap, centre) - 1e-12 <= shrunk <= max(gap, centre) + 1e-12
    assert abs(told["c"]["shrunk_gap"] - told["c"]["gap"]) > abs(told["b"]["shrunk_gap"] - told["b"]["gap"])


def test_later_labels_ask_for_a_new_calibration_only_beyond_noise() -> None:
    rng = np.random.default_rng(11)
    p, y = drawn(rng, 800, bend=2.5)
    assert recalibration(p, y, list(range(800)))["better"] is True
    asked = sum(bool(recalibration(*drawn(rng, 300), list(range(300)), seed=s, replicates=60)["better"]) for s in range(20))
    assert asked <= binom.ppf(0.999, 20, 0.05)
    future = y.copy()
    future[600:] = 1 - future[600:]
    early = recalibration(p, y, list(range(800)))["state"]
    assert recalibration(p, future, list(range(800)))["state"] == early  # what judges is not what fits


def test_equal_probabilities_share_a_bin() -> None:
    which = equal_mass(np.array([0.2] * 50 + [0.4] * 30 + [0.9] * 20), np.ones(100), 10)
    assert [len(set(which[a:b].tolist())) for a, b in ((0, 50), (50, 80), (80, 100))] == [1, 1, 1]
    assert (np.diff(which) >= 0).all()


def test_rows_out_of_fold_stand_for_new_units_of_the_whole_model() -> None:
    """Cross-conformal: calibrated on models of four fifths, used with the model of all; the promise holds within the slack of the folds."""
    rng = np.random.default_rng(21)
    missed = {0: 0, 1: 0}
    seen = {0: 0, 1: 0}
    for _ in range(80):
        z = rng.normal(-0.5, 2.0, 202)
        y = (rng.random(202) < sigmoid(0.8 * z)).astype(float)
        fold, w = np.arange(200) % 5, np.ones(200)
        p = calibrate.cross_fitted(z[:200], y[:200], w, fold, calibrate.fit_sigmoid)
        told = uncertainty.learn(p, y[:200])
        final = calibrate.fit_sigmoid(z[:200], y[:200], w)
        yes, no = told.sets(final(z[200:]))
        for k in range(2):
            label = int(y[200 + k])
            seen[label] += 1
            missed[label] += not (yes[k] if label else no[k])
    for label in (0, 1):
        assert missed[label] <= binom.ppf(0.999, seen[label], 0.12)
