"""The peers of the hot path do the same work: read once, read again for each model, one text at a time."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.bench import hot_path
from experiments.bench.crowd import Crowd
from risk.scoring.keys import TEXT_KEYS
from risk.scoring.scorer import Scorer
from rules.pack import load_packs


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    """One pack is enough: a rule pack of one model, and none for the others."""
    return Scorer(packs=[pack for pack in load_packs() if pack.name in ("illegal_drug_sales", "shared")])


def test_all_ways_judge_alike_and_only_what_may_be_an_alert_is_explained(scorer: Scorer) -> None:
    texts = [one.signal.text for one in Crowd(40, suspected=0.6).block(0, 40)]
    ours = hot_path.together(scorer, texts)
    hot_path.assert_equal(ours, hot_path.again_for_each(scorer, texts))
    hot_path.assert_equal(ours, hot_path.singly(scorer, texts[:6]))
    seconds, explained = hot_path.steps(scorer, texts)
    ranks = np.array([one[1] for one in ours])
    assert 0 < (ranks > 0).sum() <= explained < len(texts) * len(TEXT_KEYS)
    assert "evidence, where an alert is possible" in seconds


def test_a_difference_is_no_race(scorer: Scorer) -> None:
    told = hot_path.together(scorer, ["加微信abc123，曲马多现货"])
    wrong = [([p + 1e-6 for p in probability], ranks) for probability, ranks in told]
    with pytest.raises(AssertionError, match="probabilities"):
        hot_path.assert_equal(told, wrong)
