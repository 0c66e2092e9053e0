"""Nothing nearly the same on two sides."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.neardup import near_duplicate_groups
from models.split import grouped_folds, time_split


def made_up(count: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(chr(c) for c in rng.integers(0x4E00, 0x9F00, rng.integers(40, 80))) for _ in range(count)]


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 8), st.integers(0, 2**31))
def test_near_duplicates_share_a_group_and_a_fold(n: int, seed: int) -> None:
    bases = made_up(n, seed)
    copies = [b + "，电话1380000" + str(seed % 9973) for b in bases]
    spaced = [" ".join(b) for b in bases]
    texts = [*bases, *copies, *spaced]
    groups = near_duplicate_groups(texts)
    for i in range(n):
        assert groups[i] == groups[i + n] == groups[i + 2 * n]
    folds = grouped_folds(groups, np.arange(len(texts)) % 2, 3, seed)
    for g in set(groups.tolist()):
        assert len(set(folds[groups == g].tolist())) == 1


def test_different_texts_stay_apart() -> None:
    rng = np.random.default_rng(0)
    texts = ["".join(chr(c) for c in rng.integers(0x4E00, 0x9F00, 30)) for _ in range(500)]
    assert len(set(near_duplicate_groups(texts).tolist())) == 500


def test_groups_are_the_same_again() -> None:
    texts = ["", "a", "短", "根治糖尿病永不复发无效退款一", "根治糖尿病永不复发无效退款二", ""]
    first = near_duplicate_groups(texts)
    assert first.tolist() == near_duplicate_groups(texts).tolist() == [0, 1, 2, 3, 3, 0]
    assert near_duplicate_groups([]).tolist() == []


def test_folds_are_stratified() -> None:
    labels = np.array([1.0] * 50 + [0.0] * 450)
    folds = grouped_folds(np.arange(500), labels, 5, seed=1)
    assert [int(labels[folds == f].sum()) for f in range(5)] == [10] * 5
    assert [int((folds == f).sum()) for f in range(5)] == [100] * 5


def test_time_split_keeps_groups_apart() -> None:
    times = np.array(["2024-01-01", "2024-02-01", "2024-06-01", "2024-07-01", "NaT"], dtype="datetime64[D]")
    parts = time_split(times, [0, 1, 1, 2, 3], np.datetime64("2024-03-01"))
    assert (parts.train.tolist(), parts.test.tolist(), parts.dropped.tolist()) == ([0, 1], [3], [2, 4])
