"""Drift: known values of the index, no alarm where nothing changed (however many columns, however few rows), an alarm where something did; health by probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from models import drift, health


def test_the_index_of_known_shares() -> None:
    """Half and half against one to three: (0.25 ln 1.5 + ...) by hand: (.75-.5)ln(.75/.5) + (.25-.5)ln(.25/.5) = 0.27465."""
    before, now = ["a"] * 50_000 + ["b"] * 50_000, ["a"] * 75_000 + ["b"] * 25_000
    assert drift.psi(before, now) == pytest.approx(0.274653, abs=1e-4)
    assert drift.psi([1.0] * 50_000 + [2.0] * 50_000, [1.0] * 75_000 + [2.0] * 25_000) == pytest.approx(0.274653, abs=1e-4)


def test_kolmogorov_smirnov_and_what_is_unknown() -> None:
    rng = np.random.default_rng(0)
    then = {"shifted": rng.normal(size=400), "gone": rng.normal(size=400), "same": rng.normal(size=400)}
    gone = rng.normal(size=300)
    gone[:200] = np.nan
    now = {"shifted": rng.normal(size=300) + 1, "gone": gone, "same": rng.normal(size=300), "new": rng.normal(size=300)}
    found = {one.name: one for one in drift.compare(then, now)}
    assert set(found) == {"shifted", "gone", "same"}
    assert [name for name, one in found.items() if one.moved(0.25, 0.01)] == ["gone", "shifted"]
    assert found["shifted"].ks == pytest.approx(0.38, abs=0.08)  # 2Φ(1/2) - 1
    assert found["gone"].ks is not None
    assert found["gone"].ks < 0.2  # what is known has not moved: what is unknown has
    assert found["gone"].unknown_before == 0.0
    assert found["gone"].unknown_now == pytest.approx(2 / 3)
    assert found["same"].p_holm >= found["same"].p


@pytest.mark.parametrize("rows", [(12, 9), (60, 60), (800, 500)])
def test_nothing_changed_means_no_alarm(rows: tuple[int, int]) -> None:
    """40 columns, 15 pairs of windows of one distribution: hardly ever is one of them said to have moved."""
    rng, alarms = np.random.default_rng(1), 0
    for _ in range(15):
        windows: list[dict[str, Any]] = []
        for n in rows:
            window: dict[str, Any] = {f"number{i}": np.where(rng.random(n) < 0.1, np.nan, rng.lognormal(size=n)) for i in range(15)}
            window |= {f"count{i}": rng.poisson(1.0, n).astype(float) for i in range(15)}
            window |= {
                f"name{i}": rng.choice(np.array(["a", "b", "c", None], dtype=object), n, p=[0.6, 0.3, 0.08, 0.02]).tolist()
                for i in range(10)
            }
            windows.append(window)
        alarms += any(one.moved(0.25, 0.01) for one in drift.compare(windows[0], windows[1]))
    assert alarms <= 2


def test_the_noise_of_the_index_is_what_nothing_makes() -> None:
    rng = np.random.default_rng(2)
    over = []
    for _ in range(120):
        (one,) = drift.compare({"x": rng.normal(size=300)}, {"x": rng.normal(size=200)})
        over.append(one.psi > one.noise)
    assert np.mean(over) < 0.12  # about one in twenty


def test_edges() -> None:
    assert drift.compare({"x": []}, {"x": [1.0]})[0].p == 1.0
    nothing: list[float] = [float("nan")] * 30
    (one,) = drift.compare({"x": nothing}, {"x": [1.0] * 30})
    assert one.moved(0.25, 0.01)  # all unknown, then all known
    (one,) = drift.compare({"x": [3.0] * 40}, {"x": [3.0] * 50})
    assert (one.psi, one.p) == (0.0, 1.0)
    (one,) = drift.compare({"x": ["a"] * 60 + [f"only {i}" for i in range(3)]}, {"x": ["a"] * 60 + ["never seen"] * 60})
    assert one.moved(0.25, 0.01)  # what the reference never saw is *other*
    assert drift.holm([]) == []


def test_estimates_without_labels_hold_where_the_model_is_right() -> None:
    rng, covered = np.random.default_rng(3), {"precision": 0, "recall": 0}
    for _ in range(200):
        p = rng.beta(0.5, 2.0, 600)
        truth, flagged = rng.random(600) < p, p >= 0.4
        told = health.estimate_without_labels(p, flagged)
        real = {"precision": truth[flagged].mean(), "recall": truth[flagged].sum() / truth.sum()}
        for name, value in real.items():
            low, high = told[name]["low"], told[name]["high"]
            assert low is not None
            assert high is not None
            covered[name] += low <= value <= high
    assert all(count >= 0.9 * 200 for count in covered.values())
    with pytest.raises(ValueError, match="between 0 and 1"):
        health.estimate_without_labels([1.2], [True])


def test_a_model_that_promises_too_much_is_seen() -> None:
    rng = np.random.default_rng(4)
    p = rng.beta(2, 2, 800)
    honest = health.calibration(p, rng.random(800) < p)
    assert honest["p_gap"] > 0.01
    assert honest["p_spiegelhalter"] > 0.01
    boaster = health.calibration(p, rng.random(800) < p**2)
    assert boaster["gap"]["low"] > 0.05
    assert boaster["p_gap"] < 1e-6
    timid = health.calibration(p, rng.random(800) < np.where(p > 0.5, 0.95, 0.05))  # right on average, wrong on the scale
    assert abs(timid["gap"]["value"]) < 0.06
    assert timid["p_spiegelhalter"] < 1e-6
    half = health.calibration([0.5, 0.5], [0.5, float("nan")])
    assert (half["n"], half["observed"]["value"]) == (1, 1.0)  # partly confirmed counts as confirmed, unknown not at all
    assert health.calibration([], [])["p_gap"] is None
    assert health.calibration([1.0, 1.0], [0, 0])["p_gap"] == 0.0


def test_causes_name_what_speaks_in_wrong_alerts() -> None:
    wrong = [frozenset({"news", "price"})] * 12 + [frozenset({"price"})] * 3
    right = [frozenset({"cure", "price"})] * 25 + [frozenset({"rare"})]
    rows = health.causes(wrong, right)
    assert rows[0]["name"] == "news"
    assert "rare" not in {row["name"] for row in rows}
    news = rows[0]
    assert (news["wrong"], news["right"], news["confirmed"]["value"]) == (12, 0, 0.0)
    assert news["p_holm"] < 0.001
    price = next(row for row in rows if row["name"] == "price")
    assert price["p_holm"] > 0.05
    assert health.causes([], []) == []


def test_the_median_with_its_interval() -> None:
    assert health.median_interval([]) == {"value": None, "low": None, "high": None}
    assert health.median_interval([3.0, 1.0]) == {"value": 2.0, "low": 1.0, "high": 3.0}
    rng, held = np.random.default_rng(5), 0
    for _ in range(300):
        told = health.median_interval(rng.exponential(size=15))
        assert told["low"] is not None
        assert told["high"] is not None
        held += told["low"] <= np.log(2) <= told["high"]
    assert held >= 0.92 * 300
