"""Models-from-code: what an MLflow client runs to score with a registered model. Needs our wheel installed and nothing else of ours.

The folder of the bundle is an artifact of the model; rules and lists come from the wheel. Input: a table with a column ``text`` (one row a unit) or, for
firms, the columns of ``features.tabular``. Output: probability, grade, rules that fired.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def load(folder: Path) -> Any:
    """A scorer with the one learner of the bundle; the key tells which."""
    from risk.scoring.learners import learner_of
    from risk.scoring.scorer import Scorer

    key, learner = learner_of(folder)
    return key, Scorer({key: learner})


def predict(loaded: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """Probability, grade and fired rules of each row, in order."""
    import pandas as pd

    from risk.domain.grades import Grade
    from risk.scoring.firms import judge_firms
    from risk.scoring.keys import FIRM_KEY

    key, scorer = loaded
    judged = judge_firms(scorer, frame) if key == FIRM_KEY else scorer.judge(scorer.read([str(text) for text in frame["text"]]), key)
    return pd.DataFrame(
        {
            "probability": judged.probability,
            "grade": [Grade(int(rank)).code for rank in judged.ranks],
            "rules": ["|".join(rule.id for rule in judged.hits.fired_rules(row)) for row in range(len(frame))],
        }
    )
