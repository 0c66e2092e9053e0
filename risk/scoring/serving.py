"""Models-from-code: what an MLflow client runs to score with a registered model. Needs our wheel installed and nothing else of ours.

The folder of the bundle is an artifact of the model; rules and lists come from the wheel. Input: a table with a column ``text`` (one row a unit) or, for
firms, the columns of ``features.tabular`` (any may be missing). Output: probability, grade, rules that fired. An outside model is wrapped alike: texts in,
the columns it asked for made by us, its probability out, with a grade; its code runs only if the registry that the client asks holds an approval of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def firm_inputs() -> tuple[str, ...]:
    """The columns of firms that rules read, and those that say which tables a firm is in: part of the signature of a model of firms."""
    from risk.scoring.firm_fields import FIRM_FIELDS

    stems = ("base", "change", "report", "tax", "news", "other")
    return tuple(dict.fromkeys([*(field.name for field in FIRM_FIELDS), *(f"{stem}_present" for stem in stems)]))


def load(folder: Path) -> Any:
    """A scorer with the one learner of the bundle; the key tells which."""
    from models.bundle import checksum, verify
    from models.outside import KIND
    from risk.scoring.learners import learner_of, outside_learner
    from risk.scoring.scorer import Scorer

    manifest = verify(folder)
    if manifest["kind"] == KIND:  # `models.registry.serve` has made sure that this checksum was approved
        key = str(manifest["name"])
        return key, Scorer({key: outside_learner(folder, key=key, version="served", expected=checksum(folder))})
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
