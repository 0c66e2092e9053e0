"""What is learnt and what is measured: development labels beside the project's own library; nothing near-identical to a measured text is learnt."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from experiments import own_set
from experiments.real.parts import Part as Table
from experiments.real.parts import read, sampled
from experiments.real.texts import TASKS
from models.labels import parse
from models.neardup import near_duplicate_groups
from models.split import grouped_folds
from risk.scoring.keys import TEXT_KEYS
from risk.scoring.scorer import Scorer
from risk.services.training_sets import LOOK_ALIKES, TEXTS, Part, TrainingSet, case_library, joined

LEARNT_OF = {"news_title": 500, "medical_dialogue": 900, "drug_instruction": 400, "pharmacy_listing": 64, "registered_health_food": 57}
"""So many look-alikes of each source are learnt, all from the half that is not measured."""
MEASURED_OF = 1_800
"""So many look-alikes of each source are measured, of the other half: all of the small sources."""
MESSAGES = 1_200
"""So many everyday and so many promotional messages."""
NEWS = 4_000
NEAR_EVENTS = ("涉嫌传销", "涉嫌欺诈", "提现困难", "失联跑路", "涉嫌违法", "投诉维权", "产品违规", "资金账户风险")
"""Events that may or may not be of a scheme: such news says nothing unless it says 涉嫌非法集资 too."""
DRUGS, RX, REPORT = "illegal_drug_sales", "illegal_prescription_drug_sales", "illegal_fundraising.report"


@dataclass(frozen=True, eq=False)
class Measured:
    """Texts with labels that no training sees: 1, 0 or nan a model."""

    name: str
    texts: list[str]
    labels: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]
    channels: list[str | None]
    slices: list[str]
    groups: np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Development:
    """The tables that may be learnt from."""

    lookalikes: Table
    messages: Table
    posts: Table
    news: Table


def labelled_messages(data: Path) -> Measured:
    """Real messages that two readers judged alike, by the mapping of LABELS.md."""
    table = read(data / "labelled_messages.csv")
    labels = {task.key: parse(task.positive, task.ignore).labels(table["codes"]) for task in TASKS}
    return _measured("labelled_messages", table["text"].tolist(), labels, [None] * len(table), table["stratum"].tolist())


def own(key: str) -> Measured:
    """The project's own set for one model."""
    samples = own_set.load(key)
    labels = {key: np.array([float(one.label) for one in samples])}
    return _measured("own_set", [s.text for s in samples], labels, [s.channel or None for s in samples], [s.kind for s in samples])


def split_lookalikes(data: Path, seed: int) -> tuple[Table, Measured]:
    """(half to learn from, half to measure): near-copies on one side."""
    table = read(data / "lookalike_negatives.csv")
    groups = near_duplicate_groups(table["text"].tolist())
    away = grouped_folds(groups, np.zeros(len(table)), 2, seed) == 0
    rest = _some(table[away], dict.fromkeys(LEARNT_OF, MEASURED_OF), seed)
    zeros = {key: np.zeros(len(rest)) for key in TEXT_KEYS}
    return table[~away].reset_index(drop=True), _measured(
        "lookalikes", rest["text"].tolist(), zeros, [None] * len(rest), rest["source"].tolist()
    )


def development(data: Path, lookalikes: Table, seed: int) -> Development:
    """Samples of the development tables, by seed."""
    messages = read(data / "short_messages.csv")
    kinds = [sampled(messages[messages["kind"] == kind], MESSAGES, seed) for kind in ("ham", "spam")]
    return Development(
        _some(lookalikes, LEARNT_OF, seed),
        pd.concat(kinds, ignore_index=True),
        read(data / "illicit_drug_posts.csv"),
        sampled(read(data / "finance_news_events.csv"), NEWS, seed),
    )


def _some(lookalikes: Table, most: Mapping[str, int], seed: int) -> Table:
    return pd.concat([sampled(lookalikes[lookalikes["source"] == source], n, seed) for source, n in most.items()], ignore_index=True)


def training_set(scorer: Scorer, key: str, told: Development | None, measured: Sequence[str], seed: int) -> TrainingSet:
    """The library, with development labels where there are any, without what is nearly a measured text."""
    apart = Part(TEXTS, "measured", tuple(measured), (math.nan,) * len(measured))
    return joined([apart, *([] if told is None else _parts(scorer, key, told)), case_library(key, seed)])


def _parts(scorer: Scorer, key: str, told: Development) -> list[Part]:
    texts = [*told.lookalikes["text"], *told.messages["text"]]
    promotional = np.array([False] * len(told.lookalikes) + (told.messages["kind"] == "spam").tolist())
    fired = scorer.judge(scorer.read(texts), key, rules_only=True).hits.fired.any(axis=1)
    quiet = ~(promotional & fired)  # a promotion that a rule fires at may be unlawful: nobody has judged it
    parts = [Part(LOOK_ALIKES, LOOK_ALIKES, tuple(texts), tuple(np.where(quiet, 0.0, math.nan).tolist()))]
    if key in (DRUGS, RX):
        labels = told.posts["label"].astype(float)
        kept = labels if key == DRUGS else labels.where(labels == 0)  # a forbidden drug may or may not be one on prescription
        parts.append(Part(TEXTS, "illicit_drug_posts.csv", tuple(told.posts["text"]), tuple(kept.tolist())))
    if key == REPORT:
        parts.append(Part(TEXTS, "finance_news_events.csv", tuple(told.news["text"]), tuple(map(_news, told.news["event_types"]))))
    return parts


def _news(events: str) -> float:
    if "涉嫌非法集资" in events:
        return 1.0
    return math.nan if any(near in events for near in NEAR_EVENTS) else 0.0


def _measured(
    name: str,
    texts: list[str],
    labels: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]],
    channels: Sequence[str | None],
    slices: list[str],
) -> Measured:
    return Measured(name, texts, labels, list(channels), slices, near_duplicate_groups(texts))
