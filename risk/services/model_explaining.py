"""What a version's dossier says of what it goes by: `risk.scoring.importance` over a sample of the rows it was trained on, made when it is stored."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from models.text import Fitted
    from risk.scoring.scorer import Learner, Reading, Scorer


def of(scorer: Scorer, key: str, reading: Reading, fitted: Fitted, learner: Learner, seed: int) -> dict[str, Any]:
    """Topics ``importance`` and ``counterfactuals`` of a bundle. Rows: half with the highest probability out of fold, half drawn from the rest."""
    from risk.scoring import importance

    judging = copy(scorer)
    judging.learners = {**scorer.learners, key: learner}
    rows = _sample(fitted, seed)
    judged = judging.judge(reading, key)
    return {
        "importance": importance.importance(judging, reading, judged, rows),
        "counterfactuals": {"examples": importance.examples(judging, key)},
    }


def _sample(fitted: Fitted, seed: int) -> list[int]:
    from risk.scoring.importance import ROWS

    order = np.argsort(-fitted.out_of_fold, kind="stable")
    top, rest = order[: ROWS // 2], order[ROWS // 2 :]
    drawn = np.random.default_rng(seed).permutation(rest)[: ROWS - len(top)]
    return sorted(int(row) for row in fitted.rows[np.concatenate([top, drawn])])
