"""The laws of design §6 on a trained model as it would serve: its own features and rules, its own bundle on disk, its own training once more."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.context import Context
from risk.services import training

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

SAMPLE = 60
"""Units that the laws are tried on."""
AFFORDABLE = 600
"""Labels up to which a model is trained once more to see that the seed repeats it; where there are more, so many of them are trained on twice."""


def broken(
    scorer: Scorer,
    trained: training.Trained,
    texts: Sequence[str],
    *,
    around: Context | None = None,
    again: Callable[[], tuple[Any, Any]] | None = None,
) -> list[str]:
    """What is broken, as ``law: what is wrong``; empty for a model that may be promoted.

    ``again`` gives two models of one training and seed (the first may be the trained one itself).
    """
    from models import bundle
    from models.laws import Case, failures

    sample = list(texts[:SAMPLE])
    reading = scorer.read(sample, around)
    _, rules = scorer.rules(reading, trained.key, None)

    def reload(_model: Any) -> Any:
        with tempfile.TemporaryDirectory(prefix="risk-law-") as scratch:
            folder = Path(scratch) / "bundle"
            training.save(trained, folder, sources={})
            return bundle.load(folder).model

    error = trained.fitted.report.get("out_of_fold", {}).get("metrics", {}).get("ece")
    case = Case(
        model=trained.fitted.model,
        frame=reading.frame,
        rules=rules,
        take=lambda frame, rows: frame.take(rows),
        columns=lambda frame: frame.columns,
        with_columns=lambda frame, columns: replace(frame, given=columns),
        weights=scorer.weights(trained.key),
        calibration_error=float(error["value"]) if error else None,
        reload=reload,
    )
    return [*failures(case), *(_repeats(case, again) if again is not None else ())]


def some(labels: Sequence[float], most: int = AFFORDABLE) -> list[int]:
    """At most ``most`` rows in their order, of each class at most half of that, spread evenly.

    >>> some([1.0, 0.0, 0.0, 0.0, 1.0, 0.0], 4)
    [0, 1, 3, 4]
    """
    if len(labels) <= most:
        return list(range(len(labels)))
    classes = [[i for i, v in enumerate(labels) if (v > 0) is up] for up in (True, False)]
    return sorted(rows[k * len(rows) // n] for rows in classes if (n := min(len(rows), most // 2)) for k in range(n))


def _repeats(case: Any, again: Callable[[], tuple[Any, Any]]) -> list[str]:
    from models.laws import seeding_repeats

    first, second = again()
    problem = seeding_repeats(replace(case, model=first, retrain=lambda: second))
    return [f"{seeding_repeats.__name__}: {problem}"] if problem else []
