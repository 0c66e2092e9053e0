"""The own measuring set is what its README says. Messages name ids, never texts: rule authors run these tests too."""

from __future__ import annotations

from collections import Counter

import pytest

from experiments.own_set import HITS, KEYS, LOOKALIKES, Sample, load
from models.neardup import near_duplicate_groups
from risk.domain.channels import CHANNELS
from rules.nodes import Text
from rules.pack import load_packs

each_model = pytest.mark.parametrize("key", KEYS)


def _short(samples: tuple[Sample, ...]) -> int:
    return sum(len(one.text) < 20 for one in samples)


@each_model
def test_enough_of_every_kind(key: str) -> None:
    samples = load(key)
    counts = Counter(one.kind for one in samples if one.label)
    assert set(counts) == set(HITS)
    assert min(counts.values()) >= 16
    assert sum(counts.values()) >= 48
    lookalikes = Counter(one.kind for one in samples if not one.label)
    assert set(lookalikes) <= set(LOOKALIKES)
    assert sum(lookalikes.values()) >= 48
    assert len(lookalikes) >= 10


@each_model
def test_every_row_is_whole(key: str) -> None:
    samples = load(key)
    codes = {code for code, _ in CHANNELS}
    assert [one.id for one in samples if one.label not in (0, 1) or bool(one.label) != (one.kind in HITS)] == []
    assert [one.id for one in samples if not 8 <= len(one.text) <= 250 or one.text != one.text.strip()] == []
    assert [one.id for one in samples if one.channel not in codes] == []
    assert [one.id for one in samples if not one.note.strip()] == []
    assert [one.id for one in samples if one.also and (one.also not in KEYS or one.also == key)] == []


@each_model
def test_lengths_and_channels_differ(key: str) -> None:
    samples = load(key)
    assert _short(samples) >= 5
    assert sum(len(one.text) >= 120 for one in samples) >= 6
    assert len({one.channel for one in samples}) >= 8


@each_model
def test_no_text_is_nearly_another_of_its_file(key: str) -> None:
    samples = load(key)
    group = near_duplicate_groups([one.text for one in samples]).tolist()
    seen = Counter(group)
    assert [one.id for one, g in zip(samples, group, strict=True) if seen[g] > 1] == []


def test_no_text_stands_in_two_files_and_ids_are_unique() -> None:
    samples = [one for key in KEYS for one in load(key)]
    texts = Counter(one.text for one in samples)
    assert [one.id for one in samples if texts[one.text] > 1] == []
    assert len({one.id for one in samples}) == len(samples)


def test_no_text_is_nearly_an_example_of_a_rule() -> None:
    """A sentence that an author of rules has seen measures nothing: it must be replaced here."""
    samples = [one for key in KEYS for one in load(key)]
    examples = [text.value for pack in load_packs() for rule in pack.rules for text in (*rule.hits, *rule.misses) if isinstance(text, Text)]
    assert len(examples) > 100
    group = near_duplicate_groups([*(one.text for one in samples), *examples]).tolist()
    known = set(group[len(samples) :])
    assert [one.id for one, g in zip(samples, group[: len(samples)], strict=True) if g in known] == []


def test_a_sample_does_not_tell_its_text() -> None:
    told = [one.id for key in KEYS for one in load(key) if one.text in repr(one) or one.note in repr(one)]
    assert told == []


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(KeyError, match="no own set"):
        load("illegal_fundraising")
