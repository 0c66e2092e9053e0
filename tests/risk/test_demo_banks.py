"""The phrase banks: many, distinct, held families apart, nothing from the development data; the tricks of the sellers are repeatable."""

from __future__ import annotations

import csv
import os
import random
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from risk.demo.evasion import disguise
from risk.demo.names import company_name, person, uscc
from risk.domain.banks import MODEL_KEYS, parse_bank, passages
from risk.domain.channels import CHANNELS
from risk.domain.slots import SLOTS, fill_slots
from risk.domain.uscc import checks
from risk.scoring.keys import TEXT_KEYS


def _same(text: str) -> str:
    """What makes two passages the same: letters and digits, slots left out."""
    return re.sub(r"\W+", "", re.sub(r"\{\w+\}", "", text)).lower()


@pytest.mark.parametrize("key", MODEL_KEYS)
def test_each_model_has_many_distinct_hits_and_as_many_misses(key: str) -> None:
    hits = {_same(p.text) for p in passages() if p.bank == f"{key}.hits"}
    misses = {_same(p.text) for p in passages() if p.bank == f"{key}.misses"}
    assert len(hits) >= 150
    assert len(misses) >= 150
    assert not hits & misses
    kinds = Counter(p.kind for p in passages() if p.bank == f"{key}.misses")
    assert len(kinds) >= 5


def test_no_passage_twice_and_held_families_are_held_everywhere() -> None:
    twice = {text: n for text, n in Counter(_same(p.text) for p in passages()).items() if n > 1}
    assert twice == {}
    splits = defaultdict(set)
    for p in passages():
        splits[p.family].add(p.held)
    assert all(len(found) == 1 for found in splits.values())
    assert set(MODEL_KEYS) == set(TEXT_KEYS)
    for key in MODEL_KEYS:
        held = [p for p in passages() if p.held and p.bank.startswith(key)]
        assert any(p.positive_of for p in held)
        assert any(not p.positive_of for p in held)


def test_channels_slots_and_positives_are_known() -> None:
    rng = random.Random(1)
    for p in passages():
        assert p.channel in {name for name, _ in CHANNELS}
        assert p.positive_of <= set(MODEL_KEYS)
        filled = fill_slots(p.text, rng, "江岸区", "店1")
        assert "{" not in filled
        assert "}" not in filled
    assert "city" in SLOTS


@pytest.mark.parametrize("source", ["药", "== id: a | kind: k\n药", "== id: a | kind: k | channel: sms | split: train\n药 {nobody}"])
def test_bad_banks_are_refused_with_the_line(source: str) -> None:
    with pytest.raises(ValueError, match=r"^x\.hits:\d"):
        parse_bank("x.hits", source)


def test_disguises_repeat_and_change() -> None:
    texts = [p.text for p in passages() if p.positive_of][:200]
    first = [disguise(text, random.Random(i)) for i, text in enumerate(texts)]
    assert first == [disguise(text, random.Random(i)) for i, text in enumerate(texts)]
    assert sum(a != b for a, b in zip(first, texts, strict=True)) > 190


def test_names_and_codes() -> None:
    rng = random.Random(1)
    codes = [uscc(rng, "420102", number, wrong=number % 2 == 1) for number in range(200)]
    assert len(set(codes)) == 200
    assert all(checks(code) is (number % 2 == 0) for number, code in enumerate(codes))
    assert person(random.Random(3)) == person(random.Random(3))
    assert company_name(random.Random(3), "clinic", "江岸区").startswith("江岸区")


def test_no_passage_is_a_text_of_the_development_data() -> None:
    folder = os.environ.get("RISK_DATA_DIR")
    if not folder or not Path(folder).is_dir():
        pytest.skip("RISK_DATA_DIR does not name the folder of the development data")
    csv.field_size_limit(10_000_000)
    mine = {_same(p.text): p.text for p in passages() if len(_same(p.text)) >= 8}
    for path in sorted(Path(folder).rglob("*.csv")):
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            for row in csv.reader(file):
                for cell in row:
                    assert _same(cell) not in mine, f"{path.name}: {cell[:60]}"
