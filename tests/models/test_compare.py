"""The gate's comparison: it knows noise, selection, slices, calibration and capacity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import gate
from models.compare import MIN_CLASS, at_capacity, common_support, compare


def _world(n: int, worth: float, better: float, seed: int) -> tuple[Any, Any, Any]:
    truth, old, new, _ = gate.draw(gate.Setting("sample", n, 0.2, worth, 0.7, better=better), np.random.default_rng(seed))
    return truth, old, new


def test_better_beyond_noise_is_promoted_and_worse_is_not() -> None:
    y, old, new = _world(1200, 1.5, 1.2, 1)
    told = compare(old, new, y, replicates=80)
    assert (told["decision"], told["worse"]) == ("promote", [])
    assert compare(new, old, y, replicates=80)["reason"] == "average precision is lower beyond noise"
    assert compare(old, old, y, replicates=40)["decision"] == "keep"


def test_a_handful_decides_nothing() -> None:
    y, old, new = _world(1200, 1.5, 1.2, 1)
    rows = [*np.flatnonzero(y > 0)[: MIN_CLASS - 1].tolist(), *np.flatnonzero(y <= 0).tolist()]
    assert "at least 20" in compare(old[rows], new[rows], y[rows])["reason"]
    rows = [*np.flatnonzero(y > 0).tolist(), *np.flatnonzero(y <= 0)[: MIN_CLASS - 1].tolist()]
    assert compare(old[rows], new[rows], y[rows])["differences"] == {}


def test_a_slice_that_is_much_worse_vetoes_and_a_small_one_cannot() -> None:
    y, old, new = _world(2000, 1.5, 1.2, 2)
    rng = np.random.default_rng(0)
    region = np.where(np.arange(2000) < 300, "4202", "4201")
    bad = new.copy()
    bad[:300] = rng.permutation(bad[:300])
    told = compare(old, bad, y, slices={"region": region.tolist()}, replicates=80)
    assert (told["decision"], told["worse"]) == ("keep", ["region=4202"])
    assert told["reason"] == "it ranks better, but is worse beyond noise: region=4202"
    assert told["slices"]["region"]["4201"]["worse"] is False
    few = new.copy()
    few[:12] = 1 - few[:12]
    told = compare(old, few, y, slices={"region": np.where(np.arange(2000) < 12, "4202", "4201").tolist()}, replicates=80)
    assert (told["decision"], told["slices"]["region"]["4202"]["figure"]) == ("promote", None)


def test_a_slice_of_look_alikes_vetoes_by_its_alarms() -> None:
    y, old, new = _world(2000, 1.5, 1.2, 3)
    honest = np.flatnonzero(y <= 0)[:100]
    kind = np.full(2000, "posts", dtype=object)
    kind[honest] = "warnings"
    loud = new.copy()
    loud[honest[:40]] = np.maximum(loud[honest[:40]], 0.45)
    told = compare(old, loud, y, slices={"kind": kind.tolist()}, replicates=80)
    assert "kind=warnings" in told["worse"]
    assert told["slices"]["kind"]["warnings"]["figure"] == "alarm_rate"


def test_probabilities_that_lie_veto() -> None:
    y, old, new = _world(2000, 1.5, 1.2, 4)
    told = compare(old, new**0.2, y, replicates=80)
    assert told["decision"] == "keep"
    assert {"brier_skill", "ece"} <= set(told["worse"])


def test_precision_at_capacity_vetoes() -> None:
    y, old, new = _world(3000, 2.0, 1.0, 5)
    turned = new.copy()
    turned[np.flatnonzero(y <= 0)[:12]] = 1.0  # some of the very first places, which the offices verify, go to honest shops
    told = compare(old, turned, y, capacity=40, replicates=80)
    assert told["differences"]["average_precision"]["low"] > 0
    assert "precision_at_capacity" in told["worse"]
    assert told["decision"] == "keep"


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.booleans(), st.integers(1, 3)), min_size=2, max_size=30), st.integers(1, 40))
@settings(max_examples=60)
def test_precision_at_capacity_does_not_hang_on_the_order_of_ties(rows: list[tuple[float, bool, int]], capacity: int) -> None:
    p, y, w = (np.array([float(r[k]) for r in rows]) for k in range(3))
    turned = np.arange(len(rows))[::-1]
    one, other = at_capacity(p, y, w, capacity), at_capacity(p[turned], y[turned], w[turned], capacity)
    assert one == pytest.approx(other)
    assert 0 <= one <= 1
    assert at_capacity(p, y, w, float(w.sum())) == pytest.approx(float((w * y).sum() / w.sum()))


def test_where_only_alerts_are_known_both_must_have_alerted() -> None:
    old, new = np.array([0.9, 0.95, 0.5, 0.9]), np.array([0.95, 0.3, 0.9, 0.95])
    assert common_support(old, new, [True, True, True, False]).tolist() == [True, False, False, False]
    assert not common_support(old, new, [False] * 4).any()


def test_an_equal_challenger_is_seldom_promoted_and_selection_would_favour_it() -> None:
    """A small echo of ``experiments/results/gate.json``, which has the figures."""
    naive = gate.Setting("alerts, as if a sample", 1500, 0.1, 2.5, 0.7)
    audited = gate.Setting("alerts and audit", 1500, 0.1, 2.5, 0.7, audit=0.2)
    promoted = [sum(gate.once(setting, seed, 60, 0.98)["better"] for seed in range(40)) for setting in (naive, audited)]
    assert promoted[1] <= 4
    assert promoted[0] > promoted[1]
