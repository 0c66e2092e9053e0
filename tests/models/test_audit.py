"""Selection bias undone: unbiased on average, the interval holds the truth when little was found, and unknown stays unknown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.audit_coverage import SETTINGS, population
from models.audit import estimate, inverse_weights
from models.grades import wilson


def test_everything_verified_is_plain_counting() -> None:
    truth, flagged = [1, 1, 1, 0, 1, 0, 0, 0], [True] * 4 + [False] * 4
    told = estimate(truth, [1.0] * 8, flagged)
    assert told["precision"]["value"] == 0.75
    assert told["recall"]["value"] == 0.75
    assert told["prevalence"]["value"] == 0.5
    assert (told["precision"]["low"], told["precision"]["high"]) == pytest.approx(wilson(3, 4), abs=1e-6)


def test_verified_units_alone_and_with_all_units_agree() -> None:
    """200 alerts; of 1,000 others every fiftieth was drawn: sizes by inverse probability are those by counting, where the draw came out even."""
    truth = [1] * 150 + [0] * 50 + [1] * 2 + [0] * 18
    flagged, p = [True] * 200 + [False] * 20, [1.0] * 200 + [0.02] * 20
    alone = estimate(truth, p, flagged)
    every = estimate([*truth, *[np.nan] * 980], [*p, *[0.02] * 980], [*flagged, *[False] * 980])
    assert all(alone[name] == pytest.approx(every[name]) for name in ("precision", "recall", "prevalence"))
    assert alone["recall"]["value"] == pytest.approx(150 / 250)
    assert estimate(truth, p, flagged, totals=(200, 2000))["recall"]["value"] == pytest.approx(150 / 350)


def test_alike_units_may_be_told_by_their_number() -> None:
    truth, p, flag = [1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.1, 0.1], [True, True, False, False]
    every = estimate([*truth, *[np.nan] * 30], [*p, *[0.1] * 30], [*flag, *[False] * 30])
    assert estimate([*truth, np.nan], [*p, 0.1], [*flag, False], times=[1, 1, 1, 1, 30]) == every
    with pytest.raises(ValueError, match="times"):
        estimate(truth, p, flag, times=[1, 2, 1, 1])


def test_what_capacity_cut_off_counts_by_its_own_probability() -> None:
    """100 alerts verified, 80 true; 100 over capacity, of which 10 were drawn and 5 true: 130 of 200."""
    truth = [1] * 80 + [0] * 20 + [1] * 5 + [0] * 5 + [np.nan] * 90
    told = estimate(truth, [1.0] * 100 + [0.1] * 100, [True] * 200)["precision"]
    assert told["value"] == pytest.approx(0.65)
    assert told["low"] is not None
    assert told["low"] < wilson(130, 200)[0]  # ten rows that stand for a hundred know less than a hundred rows


def test_what_nobody_looked_at_is_unknown() -> None:
    told = estimate([1, 1, 0, np.nan, np.nan], [1, 1, 1, 0.1, 0.1], [True] * 3 + [False] * 2)
    assert told["precision"]["value"] == pytest.approx(2 / 3)
    assert told["recall"]["value"] is None
    assert told["recall"]["high"] == 1.0
    assert estimate([], [], [])["recall"] == {"value": None, "low": 0.0, "high": 1.0}
    nothing = estimate([0, 0], [1.0, 0.5], [True, False])["recall"]
    assert nothing["value"] is None  # no positive anywhere: recall of nothing


def test_no_missed_one_found_is_not_none_missed() -> None:
    widths = []
    for audited in (10, 50, 400):
        told = estimate([1] * 60 + [0] * audited, [1.0] * 60 + [0.05] * audited, [True] * 60 + [False] * audited, totals=(60, 2000))[
            "recall"
        ]
        assert told["value"] == told["high"] == 1.0
        assert told["low"] is not None
        widths.append(1 - told["low"])
    assert widths[0] > widths[1] > widths[2] > 0.05


@pytest.mark.parametrize(
    "one", [s for s in SETTINGS if s.name in ("few missed, 2 % audit", "half over capacity", "many missed, 2 % audit")]
)
def test_estimates_are_right_on_average_and_intervals_hold(one) -> None:  # type: ignore[no-untyped-def]
    rng, covered, parts = np.random.default_rng(7), 0, []
    true = one.flagged * one.precision / (one.flagged * one.precision + one.others * one.missed)
    for k in range(120):
        drawn = population(one, rng)
        told = estimate(drawn["truth"], drawn["probability"], drawn["flagged"], draws=1500, seed=k)
        low, high = told["recall"]["low"], told["recall"]["high"]
        assert low is not None
        assert high is not None
        covered += low <= true <= high
        parts.append((told["prevalence"]["value"], told["precision"]["value"]))
    prevalence = (one.flagged * one.precision + one.others * one.missed) / (one.flagged + one.others)
    mean = np.array(parts, dtype=float).mean(axis=0)
    error = np.array(parts, dtype=float).std(axis=0) / np.sqrt(len(parts))
    assert abs(mean[0] - prevalence) < 4 * error[0]
    assert abs(mean[1] - one.precision) < 4 * error[1]
    assert covered >= 0.93 * 120


@pytest.mark.parametrize("bad", [[0.0, 1.0], [1.2, 1.0], [float("nan"), 1.0], [-0.1, 1.0]])
def test_probabilities_that_are_none_are_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="probability"):
        estimate([1, 0], bad, [True, False])
    with pytest.raises(ValueError, match="probability"):
        inverse_weights(bad)


def test_a_truth_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="truth"):
        estimate([0.5], [1.0], [True])
    with pytest.raises(ValueError, match="length"):
        estimate([1, 0], [1.0], [True])


@given(st.lists(st.floats(1e-4, 1.0), min_size=1, max_size=60))
def test_weights_for_learning_are_bounded_and_of_mean_one(p: list[float]) -> None:
    weight = inverse_weights(p)
    assert weight.mean() == pytest.approx(1.0)
    order = np.argsort(p, kind="stable")
    assert (np.diff(weight[order]) <= 1e-9).all()  # the less likely, the more it stands for
    raw = 1 / np.array(p)
    assert weight.max() <= raw.max() / raw.min() + 1e-9
    assert weight.max() <= len(p) + 1e-9
