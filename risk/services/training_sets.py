"""What a text model learns from: labelled texts of several sources in one table, and the project's own case library, which needs nothing but the wheel.

Every training set holds look-alikes: lawful instructions, licensed listings, doctors' answers, news, warnings, everyday messages. A model that has only seen
what a labelled file happens to hold alarms on the rest of the world. Sources are given in the order of their authority: a text that is nearly the same as one
of an earlier source is left out, so that nothing is learnt twice, or as its own opposite.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from risk.domain.banks import MODEL_KEYS, Passage, passages
from risk.domain.datafiles import read_toml
from risk.domain.slots import fill_slots

Floats = npt.NDArray[np.float64]

CASES, LOOK_ALIKES, TEXTS = "case_library", "look_alikes", "texts"
"""Sources, as ``training.toml`` weighs them. Look-alikes beside a labelled file do not lessen the trust in it (``fusion.trust_of``), cases do."""

_PLACE, _SHOP = "江城", "店000000"


@dataclass(frozen=True, slots=True)
class Part:
    """Labelled texts of one source: 1, 0 or nan; ``schemes`` name what may not be parted between fitting and checking (empty: nothing known)."""

    source: str
    name: str
    """What the dossier calls it."""
    texts: tuple[str, ...]
    labels: tuple[float, ...]
    schemes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """The joined table, a row a text that has a label."""

    texts: list[str]
    labels: Floats
    weights: Floats
    groups: list[str]
    representative: npt.NDArray[np.bool_]
    """Rows whose mix is that of the field: the labelled file's, not the library's."""
    names: list[str]
    """The name of each row's source."""

    @property
    def sources(self) -> dict[str, int]:
        """How many rows came from where."""
        return {name: self.names.count(name) for name in dict.fromkeys(self.names)}


def weight_of(source: str) -> float:
    """What one label of a source counts.

    >>> weight_of("verdict"), weight_of("look_alikes")
    (1.0, 0.5)
    """
    return float(read_toml("training.toml")["weights"][source])


def known_at() -> datetime:
    """Since when the case library of this release can be known."""
    found: datetime = read_toml("training.toml")["library"]["known_at"]
    return found


def label_of(passage: Passage, key: str) -> float:
    """What a passage of the library says of a model: where two models overlap by law and it names one only, nothing of the other.

    >>> hit = next(p for p in passages() if p.positive_of == {"illegal_drug_sales"})
    >>> [label_of(hit, key) for key in ("illegal_drug_sales", "illegal_prescription_drug_sales", "false_medical_advertising")]
    [1.0, nan, 0.0]
    """
    overlapping = any(
        key in pair["models"] and passage.positive_of & set(pair["models"]) for pair in read_toml("training.toml")["overlaps"]
    )
    return math.nan if overlapping and key not in passage.positive_of else passage.label(key)


def labels_of(passage: Passage) -> dict[str, float]:
    """The same for all models, without those that it says nothing of."""
    said = {key: label_of(passage, key) for key in MODEL_KEYS}
    return {key: value for key, value in said.items() if not math.isnan(value)}


def case_library(key: str, seed: int = 0) -> Part:
    """The library for one model: hits, look-alikes and what belongs to other models; held families are never in it.

    >>> part = case_library("illegal_medical_device_sales")
    >>> len(part.texts) > 2000, set(part.labels) == {0.0, 1.0}, part.source
    (True, True, 'case_library')
    """
    return _part(CASES, key, [p for p in passages() if not p.held], seed)


def look_alikes(key: str, seed: int = 0) -> Part:
    """What must not alarm: the passages that are a hit of no model, and are sure to be none of this one.

    >>> set(look_alikes("false_medical_advertising").labels)
    {0.0}
    """
    return _part(LOOK_ALIKES, key, [p for p in passages() if not p.held and not p.positive_of], seed)


def held_out(key: str, seed: int = 0) -> Part:
    """The families that were written last and are trained on by nobody: to choose and to check with."""
    return _part("held_out", key, [p for p in passages() if p.held], seed)


def _part(source: str, key: str, chosen: Sequence[Passage], seed: int) -> Part:
    rows = [(_filled(p.text, seed), label_of(p, key), p.family) for p in chosen]
    rows = [row for row in rows if not math.isnan(row[1])]
    texts, labels, schemes = zip(*rows, strict=True)
    return Part(source, source, texts, labels, schemes)


def _filled(text: str, seed: int) -> str:
    """Made-up names and numbers of its own for each passage, so that it is the same text in every part."""
    return fill_slots(text, random.Random(f"{seed} {text}"), _PLACE, _SHOP)


def joined(parts: Sequence[Part]) -> TrainingSet:
    """One table of several sources, the most trusted first.

    >>> given = Part("texts", "posts.csv", ("三个疗程根治糖尿病永不复发", "早上好", "听说了"), (1.0, 0.0, math.nan))
    >>> ours = Part("look_alikes", "look_alikes", ("三个疗程根治糖尿病永不复发！", "明早九点社区义诊"), (0.0, 0.0), ("a", "b"))
    >>> both = joined([given, ours])
    >>> both.texts, both.weights.tolist(), both.sources
    (['三个疗程根治糖尿病永不复发', '早上好', '明早九点社区义诊'], [1.0, 1.0, 0.5], {'posts.csv': 2, 'look_alikes': 1})
    """
    texts = [text for part in parts for text in part.texts]
    rank = np.repeat(np.arange(len(parts)), [len(part.texts) for part in parts])
    labels = np.array([label for part in parts for label in part.labels], dtype=np.float64)
    schemes = [scheme for part in parts for scheme in (part.schemes or ("",) * len(part.texts))]
    near = _near(texts)
    first = np.full(int(near.max(initial=-1)) + 1, len(parts))
    np.minimum.at(first, near, rank)
    kept = np.flatnonzero((rank == first[near]) & ~np.isnan(labels)).tolist()
    groups = groups_of(schemes, near)
    return TrainingSet(
        [texts[i] for i in kept],
        labels[kept],
        np.array([weight_of(parts[rank[i]].source) for i in kept]),
        [groups[i] for i in kept],
        np.array([parts[rank[i]].source not in (CASES, LOOK_ALIKES) for i in kept], dtype=bool),
        [parts[rank[i]].name for i in kept],
    )


def groups_of(schemes: Sequence[str], near: Any) -> list[str]:
    """What may not be parted between fitting and checking: a scheme with near-copies of its texts; else near-copies.

    >>> groups_of(["a", "", ""], [0, 0, 1])
    ['a', 'a', 'near-copies 1']
    """
    numbers = list(near)
    scheme = {group: name for name, group in zip(schemes, numbers, strict=True) if name}
    return [name or scheme.get(group) or f"near-copies {group}" for name, group in zip(schemes, numbers, strict=True)]


def _near(texts: Sequence[str]) -> Any:
    from models.neardup import near_duplicate_groups

    return near_duplicate_groups(texts)
