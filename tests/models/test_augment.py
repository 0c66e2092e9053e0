"""Disguised copies: made by a seed, learnt from in the fold of their original, never measured, never on two sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import augment, linear
from models.augment import KINDS, Plan, copies, disguised
from models.text import train_text

from .conftest import Frame, Made, frame_of, make


def reader(seen: list[tuple[list[str], Any]]) -> Any:
    def read(texts: list[str], rows: Any) -> tuple[Frame, pd.DataFrame]:
        seen.append((list(texts), rows))
        return frame_of(texts), pd.DataFrame({"rule:cure": [float("根治" in t) for t in texts]})

    return read


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="根治糖尿病保本高收益abc123，。", max_size=30), st.sampled_from(KINDS), st.floats(0.01, 1.0), st.integers(0, 2**31))
def test_a_disguise_keeps_digits_and_is_the_same_again(raw: str, kind: augment.Kind, share: float, seed: int) -> None:
    made = disguised(raw, kind, share, np.random.default_rng(seed))
    assert made == disguised(raw, kind, share, np.random.default_rng(seed))
    assert [c for c in made if c.isdigit()] == [c for c in raw if c.isdigit()]
    assert len(made) >= len(raw)


def test_more_is_changed_when_more_is_asked() -> None:
    sign = "三个疗程根治糖尿病永不复发"
    changed = [
        sum(a != b for a, b in zip(sign, disguised(sign, "look", share, np.random.default_rng(3)), strict=True)) for share in (0.1, 1.0)
    ]
    assert changed[0] == 1
    assert changed[1] >= 12


def test_every_kind_changes_something() -> None:
    for kind in KINDS:
        assert disguised("三个疗程根治糖尿病", kind, 0.3, np.random.default_rng(0)) != "三个疗程根治糖尿病"
    assert disguised("12345", "look", 1.0, np.random.default_rng(0)) == "12345"


def test_plans_that_make_no_sense_are_refused() -> None:
    for wrong in ({"share": 0.0}, {"least": 0.5, "most": 0.2}, {"weight": 0.0}, {"kinds": ()}):
        with pytest.raises(ValueError, match="augment"):
            Plan(**wrong)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.floats(0.1, 1.0), st.integers(0, 2**31))
def test_copies_name_the_row_they_were_made_from(n: int, share: float, seed: int) -> None:
    texts = make(n, seed % 1000).frame.texts
    made = copies([t.original for t in texts], Plan(share=share), np.arange(n), seed)
    assert len(made.texts) == len(made.origin) <= round(share * n)
    assert len(set(made.origin.tolist())) == len(made.origin)
    for copy, row in zip(made.texts, made.origin.tolist(), strict=True):
        assert copy != texts[row].original
        assert len(copy) >= len(texts[row].original)


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 1000))
def test_a_copy_is_never_on_the_other_side_of_its_original(seed: int) -> None:
    """What `linear.fit` and `trees.fit` are handed: the fold of a copy is that of its original, and near-copies of it share that fold."""
    made = make(120, seed)
    handed: dict[str, Any] = {}

    def spy(dense: Any, words: Any, y: Any, w: Any, fold: Any, *rest: Any) -> Any:
        handed.update(dense=dense, y=y, w=w, fold=fold, measured=rest[1])
        return real(dense, words, y, w, fold, *rest)

    real = linear.fit
    asked: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "fit", spy)
        fitted = train_text(made.frame, made.rules, made.labels, seed=seed, augment=Plan(share=0.6, weight=0.25), read=reader(asked))
    [(texts, rows)] = asked
    n = len(made.labels)
    assert handed["measured"].tolist() == [True] * n + [False] * len(texts)
    assert handed["dense"][n:] == [t.lower() for t in texts]
    assert handed["fold"][n:].tolist() == handed["fold"][rows].tolist()
    assert handed["y"][n:].tolist() == made.labels[rows].tolist()
    assert handed["w"][n:].tolist() == [0.25] * len(texts)
    assert len(fitted.out_of_fold) == len(fitted.labels) == fitted.report["n"] == n
    assert fitted.report["copies"] == len(texts) > 0


def test_figures_are_of_the_given_rows_alone(made: Made) -> None:
    """Copies that teach nonsense of their own change the model, not the rows that are measured, nor how many there are."""
    plain = train_text(made.frame, made.rules, made.labels, seed=3)
    taught = train_text(made.frame, made.rules, made.labels, seed=3, augment=Plan(), read=reader([]))
    again = train_text(made.frame, made.rules, made.labels, seed=3, augment=Plan(), read=reader([]))
    assert taught.rows.tolist() == plain.rows.tolist()
    assert taught.report["out_of_fold"]["n"] == plain.report["out_of_fold"]["n"] == 400
    assert np.array_equal(taught.out_of_fold, again.out_of_fold)
    assert not np.array_equal(taught.out_of_fold, plain.out_of_fold)


def test_only_labelled_rows_are_copied(made: Made) -> None:
    labels = made.labels.copy()
    labels[:100] = np.nan
    asked: list[Any] = []
    train_text(made.frame, made.rules, labels, augment=Plan(share=0.3), read=reader(asked))
    assert asked[0][1].min() >= 100


def test_without_a_way_to_read_copies_there_are_none(made: Made) -> None:
    with pytest.raises(ValueError, match="no way to read"):
        train_text(made.frame, made.rules, made.labels, augment=Plan())
