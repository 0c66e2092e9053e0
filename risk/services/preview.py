"""Judge texts that are not stored, as a run would: the same scorer, rules and grades, with nothing known around the text but what is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from risk.domain.clues import Clue, clues_of
from risk.domain.grades import Grade
from risk.scoring.keys import title as model_title
from risk.services.views_assessments import GroundView, Share, grounds_of, shares_of

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer


@dataclass(frozen=True, slots=True)
class Preview:
    """What one model says of a text. A clue, never a finding."""

    model: str
    model_zh: str
    model_en: str
    probability: float
    grade: str
    title_zh: str
    title_en: str
    reasons_zh: tuple[str, ...]
    reasons_en: tuple[str, ...]
    clues: tuple[Clue, ...]
    grounds: tuple[GroundView, ...]
    contributions: tuple[Share, ...]
    model_version: str
    rules_version: str


def preview(
    scorer: Scorer, text: str, *, on: date, models: Sequence[str] = (), kind: str | None = None, channel: str | None = None
) -> tuple[Preview, ...]:
    """What each model says, the gravest first. ``models``: keys or names (``unknown_model`` for others); all of them where none is given."""
    from features.context import Context
    from risk.scoring.keys import key_of, text_keys
    from risk.scoring.reasons import evidence
    from risk.services.judging import titles

    keys = tuple(dict.fromkeys(key_of(name) for name in models)) or text_keys(in_use=True)
    read = scorer.read([text], Context([channel], [kind]))
    found = []
    for key in keys:
        judged = scorer.judge(read, key, on=on)
        told = evidence(scorer, read, judged, [0])[0]
        title = titles(key, told) if judged.ranks[0] else ("", "")
        found.append(
            Preview(
                model=key,
                model_zh=model_title(key, "zh"),
                model_en=model_title(key, "en"),
                probability=float(judged.probability[0]),
                grade=Grade(int(judged.ranks[0])).code,
                title_zh=title[0],
                title_en=title[1],
                reasons_zh=tuple(told["zh"]),
                reasons_en=tuple(told["en"]),
                clues=clues_of(told),
                grounds=grounds_of(told),
                contributions=shares_of(told),
                model_version=judged.learner.version,
                rules_version=judged.rules_version,
            )
        )
    return tuple(sorted(found, key=lambda one: (-int(Grade.parse(one.grade)), -one.probability)))
