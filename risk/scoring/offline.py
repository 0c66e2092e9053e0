"""Scoring and evaluating tables of texts: one row out for each row in, in input order. No database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models.measure import measure
from models.neardup import near_duplicate_groups
from risk.domain.grades import Grade
from risk.scoring.reasons import explained, said
from risk.scoring.scorer import Judged, Reading, Scorer, doubt_columns

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 4_000


def score_texts(scorer: Scorer, key: str, texts: Sequence[str], *, rules_only: bool = False, explain: bool = True) -> pd.DataFrame:
    """One row a text: id (the row's number, from 1), probability, grade, rules that fired (joined by ``|``), top reasons in Chinese (unless not asked for)."""
    import pandas as pd

    parts = []
    for start in range(0, max(len(texts), 1), CHUNK):
        part = list(texts[start : start + CHUNK])
        reading = scorer.read(part)
        judged = scorer.judge(reading, key, rules_only=rules_only)
        parts.append(
            pd.DataFrame(
                {
                    "id": np.arange(start + 1, start + 1 + len(part)),
                    "probability": judged.probability.round(6),
                    "grade": [Grade(int(rank)).code for rank in judged.ranks],
                    "rules": ["|".join(rule.id for rule in judged.hits.fired_rules(row)) for row in range(len(part))],
                    "reasons": _reasons(scorer, reading, judged) if explain else "",
                    **doubt_columns(judged),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _reasons(scorer: Scorer, reading: Reading, judged: Judged) -> list[str]:
    """The reasons of candidates, from blue upwards or with a rule fired; nothing is said of the rest."""
    told = [""] * reading.frame.n
    rows = judged.candidates.tolist()
    for row, (fired, _, found) in zip(rows, explained(scorer, reading, judged, rows), strict=True):
        told[row] = "；".join(said(fired, found, most=4)[0])
    return told


def evaluate_scores(
    table: pd.DataFrame,
    labels: Any,
    texts: Sequence[str] | None,
    *,
    threshold: float | None,
    slices: Sequence[str] | None,
) -> dict[str, Any]:
    """The figures of a scored table against labels (1, 0, nan = ignored), overall and by slice, each with an interval.

    Alarms are grades of blue and above, floors and caps included. With a threshold they are probabilities at or above it.
    Intervals draw whole groups of near-duplicate texts, so that copies do not count as evidence twice.
    """
    probability = table["probability"].to_numpy(dtype=np.float64)
    if threshold is None:  # an alarm by grade is told to `measure` as a probability on the right side of one half
        alarm = table["grade"].ne("none").to_numpy()
        shown, cut = _ranked(probability, alarm), 0.5
    else:
        shown, cut = probability, threshold
    groups = near_duplicate_groups(list(texts)) if texts is not None else None
    result: dict[str, Any] = {"overall": _told(shown, probability, labels, cut, groups)}
    if slices is not None:
        names = np.array([str(s) for s in slices])
        result["by"] = {}
        for name in sorted(set(names.tolist())):
            rows = np.flatnonzero(names == name)
            mine = None if groups is None else groups[rows]
            result["by"][name] = _told(shown[rows], probability[rows], np.asarray(labels)[rows], cut, mine)
    result["alarms"] = int((shown >= cut).sum())
    return result


def _ranked(probability: Any, alarm: Any) -> Any:
    """Probabilities moved to [0.5, 1] for alarms and [0, 0.5) for the rest, their order kept on either side: only for counting alarms."""
    return np.where(alarm, 0.5 + probability / 2, probability / 2.0001)


def _told(shown: Any, probability: Any, labels: Any, cut: float, groups: Any) -> dict[str, Any]:
    """Alarm figures by the grade, ranking and calibration figures by the probability itself."""
    by_grade = measure(shown, labels, threshold=cut, groups=groups)
    if cut != 0.5 or np.array_equal(shown, probability):
        return by_grade
    by_probability = measure(probability, labels, groups=groups)
    for name in ("best_f1", "average_precision", "roc_auc", "brier_skill", "ece"):
        by_grade["metrics"][name] = by_probability["metrics"][name]
    by_grade["threshold"] = "blue"
    return by_grade
