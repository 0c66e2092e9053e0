"""How the champions do on families that were written last and never trained on, beside the rules alone. Says nothing about the real world."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from risk.demo.story import as_cases
from risk.domain.banks import passages
from risk.scoring.keys import TEXT_KEYS
from risk.scoring.scorer import Scorer
from risk.services.cases import Case

TOO_EASY = 0.99
"""An average precision above this on held-out families means that the banks are too easy."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One model on the held-out families: average precision and recall of alarms, with false alarms, by champion and by rules."""

    key: str
    positives: int
    negatives: int
    champion: dict[str, Any]
    rules: dict[str, Any]


def held_out(seed: int) -> list[Case]:
    """The held-out passages, plain and disguised."""
    return as_cases([p for p in passages() if p.held], seed)


def evaluate(scorer: Scorer, cases: Sequence[Case]) -> list[HeldOut]:
    """Every text model on the cases; families are drawn whole for the intervals."""
    reading = scorer.read([case.text for case in cases])
    groups = [case.scheme for case in cases]
    found = []
    for key in TEXT_KEYS:
        labels = np.array([case.labels.get(key, np.nan) for case in cases])
        figures = [_figures(scorer, reading, key, labels, groups, rules_only=alone) for alone in (False, True)]
        found.append(HeldOut(key, int((labels == 1).sum()), int((labels == 0).sum()), *figures))
    return found


def _figures(scorer: Scorer, reading: Any, key: str, labels: Any, groups: Sequence[str], *, rules_only: bool) -> dict[str, Any]:
    from models.grades import wilson
    from models.measure import measure

    judged = scorer.judge(reading, key, rules_only=rules_only)
    alarm, up = judged.ranks > 0, int((labels == 1).sum())
    hit, false = int((alarm & (labels == 1)).sum()), int((alarm & (labels == 0)).sum())
    ranking = measure(judged.probability, labels, groups=groups, replicates=200)["metrics"]["average_precision"]
    return {
        "average_precision": ranking,
        "recall": {"value": hit / max(up, 1), "interval": wilson(hit, up)},
        "false_alarms": {"value": false / max(int((labels == 0).sum()), 1), "interval": wilson(false, int((labels == 0).sum()))},
    }


def write(cases: Sequence[Case], path: Path) -> None:
    """The held-out passages as a file that ``risk evaluate`` reads: text, codes (model keys joined by ``|``), scheme."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "codes", "scheme"))
        for case in cases:
            writer.writerow((case.text, "|".join(sorted(k for k, v in case.labels.items() if v)) or "-", case.scheme))
