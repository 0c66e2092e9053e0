"""Attacks for measuring: repeatable, as strong as asked, and none of their tables is one that training sees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.attacks import KINDS, OWN, Kind, attack
from experiments.text_learner import _difference, _share
from models.augment import _BETWEEN, _sounds, _stand_ins

OFFER = "祖传秘方根治高血压，稳赚保本月息三分，电话13800001111"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=OFFER, max_size=40), st.sampled_from(KINDS), st.floats(0.01, 1.0), st.integers(0, 2**31))
def test_the_same_seed_gives_the_same_attack_and_digits_stay(raw: str, kind: Kind, share: float, seed: int) -> None:
    made = attack(raw, kind, np.random.default_rng(seed), share)
    assert made == attack(raw, kind, np.random.default_rng(seed), share)
    assert [c for c in made if c in "0123456789"] == [c for c in raw if c.isdigit()]


@pytest.mark.parametrize("kind", KINDS)
def test_at_least_one_sign_is_attacked_and_more_when_more_is_asked(kind: Kind) -> None:
    def changed(share: float) -> int:
        made = attack(OFFER, kind, np.random.default_rng(1), share)
        return len(made) - len(OFFER) if kind == "separator" else len(set(OFFER) - set(made)) + len(made) - len(OFFER)

    assert attack(OFFER, kind, np.random.default_rng(1), 0.0) == OFFER
    assert 1 <= changed(0.001) < changed(1.0)


def test_only_the_words_aimed_at_are_touched() -> None:
    made = attack(OFFER, "sound", np.random.default_rng(2), 1.0, aim=["保本"])
    before, after = OFFER.split("保本")
    assert made.startswith(before)
    assert made.endswith(after)
    assert made != OFFER


def test_training_sees_other_symbols_and_other_look_alikes() -> None:
    assert set(OWN.between).isdisjoint(_BETWEEN)
    ours = {(sign, other) for sign, others in OWN.look.items() for other in others}
    theirs = {(sign, other) for sign, others in _stand_ins().items() for other in others}
    assert len(ours & theirs) < len(ours) / 4
    heard = {(sign, other) for sign, others in OWN.sound.items() for other in others}
    known = {(sign, other) for sign, others in _sounds().items() for other in others}
    assert len(heard & known) < len(heard) / 2  # what sounds alike is a fact, so some are the same


def test_differences_are_paired_and_draw_whole_groups() -> None:
    one, other = np.array([True] * 40 + [False] * 10), np.array([True] * 30 + [False] * 20)
    apart, together = _difference(one, other, np.arange(50)), _difference(one, other, np.repeat(np.arange(5), 10))
    assert apart[0] == together[0] == 0.2
    assert together[2] - together[1] > apart[2] - apart[1] > 0
    assert _difference(one, one, np.arange(50)) == [0.0, 0.0, 0.0]
    assert _share(one)[0] == 0.8
