"""What a model goes by as a whole: the mean weight of each matter, how the weight of a column follows its value, and a few worked answers to
"what if not". Numbers and our own passages only: a text that a model learnt from is never told.

Weights are contributions in log-odds (for trees: TreeSHAP, Lundberg et al. 2020, exact), put together by matter (`grounds`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.text import LINEAR
from risk.domain.grades import Grade
from risk.scoring.ground_words import columns_of, title
from risk.scoring.grounds import NOTABLE, grounds
from rules.items import Bilingual

if TYPE_CHECKING:
    from models.explain import Contribution
    from risk.scoring.scorer import Judged, Reading, Scorer

ROWS = 200
"""The most rows that are looked at; enough for the mean of what weighs at all."""

MATTERS, COLUMNS, BINS, EXAMPLES = 25, 8, 6, 3
"""The most matters, columns, bins of a column and worked examples that are kept."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Weights of matters, n units × m matters in log-odds; what was seen of each (nan: nothing); their names; the base of each unit."""

    weights: npt.NDArray[np.float64]
    seen: npt.NDArray[np.float64]
    names: Sequence[str]
    base: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Silent:
    """A rule that fired, without its quotations."""

    rule: str
    because: Bilingual
    evidence: tuple[Any, ...] = ()


def importance(scorer: Scorer, reading: Reading, judged: Judged, rows: Sequence[int]) -> dict[str, Any]:
    """Matters by mean absolute weight, and the dependence of the heaviest columns, over these rows."""
    shares = scorer.contributions(reading, judged, rows, top=None)
    by_row, names = _by_matter(scorer, reading, judged, rows, shares)
    totals: dict[str, list[float]] = defaultdict(list)
    for of_row in by_row:
        for topic, weight in of_row.items():
            totals[topic].append(weight)
    found = [
        {
            "topic": topic,
            "zh": names[topic][0],
            "en": names[topic][1],
            "mean_abs": float(np.abs(values).sum()) / len(rows),
            "mean": float(np.sum(values)) / len(rows),
            "share": sum(abs(value) >= NOTABLE for value in values) / len(rows),
        }
        for topic, values in totals.items()
    ]
    found.sort(key=lambda one: (-float(str(one["mean_abs"])), str(one["topic"])))
    return {"n": len(rows), "matters": found[:MATTERS], "dependence": _dependence(shares)}


def _by_matter(
    scorer: Scorer, reading: Reading, judged: Judged, rows: Sequence[int], shares: Sequence[Sequence[Contribution]]
) -> tuple[list[dict[str, float]], dict[str, tuple[str, str]]]:
    """The weight of each matter in each row (all wording is one), and what the matters are called."""
    weights, names = scorer.weights(judged.key), dict[str, tuple[str, str]]()
    told = []
    for row, parts in zip(rows, shares, strict=True):
        fired = [_Silent(rule.id, Bilingual(rule.title_zh, rule.title_en)) for rule in judged.hits.fired_rules(int(row))]
        of_row: dict[str, float] = defaultdict(float)
        for ground in grounds(parts, fired, weights, reading.frame, int(row)):
            topic = "wording" if ground.topic == "phrase" else ground.topic
            of_row[topic] += ground.log_odds
            names.setdefault(topic, (ground.zh, ground.en) if topic.startswith("rule:") else title(topic))
        told.append(dict(of_row))
    return told, names


def matrix(scorer: Scorer, reading: Reading, judged: Judged, rows: Sequence[int], lang: str) -> Matrix:
    """Matters as columns for plots: weights, and what was seen (the largest value of a matter's columns; 1 for a rule that fired)."""
    shares = scorer.contributions(reading, judged, rows, top=None)
    by_row, names = _by_matter(scorer, reading, judged, rows, shares)
    topics = sorted(names)
    weights = np.array([[of_row.get(topic, 0.0) for topic in topics] for of_row in by_row]).reshape(len(rows), len(topics))
    seen = np.column_stack([_seen(reading, topic, rows, weights[:, k]) for k, topic in enumerate(topics)]) if topics else weights
    base = np.array([sum(share.log_odds for share in parts if share.kind == "base") for parts in shares])
    return Matrix(weights, seen, [names[topic][0 if lang == "zh" else 1] for topic in topics], base)


def _seen(reading: Reading, topic: str, rows: Sequence[int], weights: Any) -> Any:
    columns = [name for name in columns_of(topic) if name in reading.frame.columns.columns]
    if not columns:
        return (weights != 0).astype(np.float64)
    values = reading.frame.columns[columns].iloc[list(rows)].astype(np.float64)
    return values.max(axis=1, skipna=True).to_numpy()


def _dependence(shares: Sequence[Sequence[Contribution]]) -> list[dict[str, Any]]:
    """For the heaviest columns: bins of the value with the mean weight and its tenth and ninetieth percentile; unknown is a bin of its own."""
    seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for parts in shares:
        for share in parts:
            if share.kind == "column" and share.feature != LINEAR and share.words is None:
                seen[share.feature].append((np.nan if share.value is None else float(share.value), share.log_odds))
    heaviest = sorted(seen, key=lambda name: (-sum(abs(weight) for _, weight in seen[name]), name))[:COLUMNS]
    return [{"column": name, "zh": title(name)[0], "en": title(name)[1], "bins": _bins(np.array(seen[name]))} for name in heaviest]


def _bins(pairs: Any) -> list[dict[str, Any]]:
    """Bins of about equal size; equal values are never parted.

    >>> [(b["low"], b["high"], b["n"], b["mean"]) for b in _bins(np.array([[0, -1.0], [0, -1.0], [3, 2.0], [np.nan, 0.5]]))]
    [(0.0, 0.0, 2, -1.0), (3.0, 3.0, 1, 2.0), (None, None, 1, 0.5)]
    """
    value, weight = pairs[:, 0], pairs[:, 1]
    known = ~np.isnan(value)
    edges = np.unique(np.quantile(value[known], np.linspace(0, 1, BINS + 1), method="nearest")) if known.any() else np.zeros(0)
    place = np.searchsorted(edges, value[known], side="left")
    told = [_bin(value[known][place == k], weight[known][place == k]) for k in np.unique(place)]
    if not known.all():
        told.append({**_bin(np.zeros(1), weight[~known]), "low": None, "high": None})
    return told


def _bin(value: Any, weight: Any) -> dict[str, Any]:
    low, high = np.quantile(weight, [0.1, 0.9])
    return {
        "low": float(value.min()),
        "high": float(value.max()),
        "n": len(weight),
        "mean": float(weight.mean()),
        "p10": float(low),
        "p90": float(high),
    }


def examples(scorer: Scorer, key: str) -> list[dict[str, Any]]:
    """Worked counterfactuals of passages of the project's own case library; none for a model that has no bank there."""
    from risk.domain.banks import MODEL_KEYS, passages
    from risk.scoring.counterfactuals import counterfactuals

    if key not in MODEL_KEYS:
        return []
    texts = list({one.family: one.text for one in passages() if key in one.positive_of and "{" not in one.text}.values())
    if not texts:
        return []
    judged = scorer.judge(scorer.read(texts), key)
    chosen = [k for k in np.argsort(-judged.probability, kind="stable").tolist() if judged.ranks[k] >= int(Grade.BLUE)]
    told: list[dict[str, Any]] = []
    for k in _spread(chosen, 4 * EXAMPLES):
        answers = counterfactuals(scorer, key, texts[k])[:3]
        if answers and answers[0].lower and len(told) < EXAMPLES:
            told.append(
                {
                    "text": texts[k],
                    "grade": Grade(int(judged.ranks[k])).code,
                    "probability": float(judged.probability[k]),
                    "answers": [{"zh": one.zh, "en": one.en, "grade": one.grade.code, "probability": one.probability} for one in answers],
                }
            )
    return told


def _spread(chosen: Sequence[int], n: int) -> list[int]:
    """The first, the last and those between: examples of every strength. Those that nothing lowers are left out by the caller.

    >>> _spread([5, 6, 7, 8, 9], 3), _spread([5], 3)
    ([5, 7, 9], [5])
    """
    if not chosen:
        return []
    places = np.unique(np.linspace(0, len(chosen) - 1, n).round().astype(int))
    return [chosen[int(k)] for k in places]
