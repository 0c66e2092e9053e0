"""One line of a result: who judged what, and how well. Numbers are rounded, nothing else is done to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SHOWN = ("precision", "recall", "f1", "best_f1", "average_precision", "roc_auc", "brier_skill", "ece", "alarm_rate")
Line = dict[str, Any]


def lines(who: str, on: str, found: dict[str, Any], commands: Sequence[str] = (), slices: Sequence[str] | None = None) -> list[Line]:
    """The overall line, then one for each slice (all of them, or those asked for).

    >>> one = {"n": 2, "positives": 1, "ignored": 0, "metrics": {"recall": {"value": 0.98765, "low": 0.5, "high": 1.0}}}
    >>> [(x["on"], x["metrics"]) for x in lines("rules", "posts", {"overall": one, "by": {"zh": one}})]
    [('posts', {'recall': [0.9877, 0.5, 1.0]}), ('posts, zh', {'recall': [0.9877, 0.5, 1.0]})]
    """
    parts = [(on, found["overall"])]
    parts += [(f"{on}, {name}", part) for name, part in found.get("by", {}).items() if slices is None or name in slices]
    told = [_line(who, where, part) for where, part in parts]
    told[0]["commands"] = list(commands)
    return told


def _line(who: str, on: str, part: dict[str, Any]) -> Line:
    return {
        "who": who,
        "on": on,
        "n": part["n"],
        "positives": part["positives"],
        "ignored": part["ignored"],
        "metrics": {name: _rounded(part["metrics"][name]) for name in SHOWN if part["metrics"].get(name)},
    }


def _rounded(figure: dict[str, Any]) -> list[float | None]:
    """Value, low, high."""
    return [None if figure[k] is None else round(float(figure[k]), 4) for k in ("value", "low", "high")]
