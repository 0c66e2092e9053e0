"""What would have to be otherwise for a grade to be lower: of a text that is not stored, and of an assessment as it was judged.

An assessment is judged again with the rules and the model of now, on what was known at its moment. Where these are not the ones that judged it, that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError
from risk.domain.messages import register
from risk.services.views_assessments import get_assessment

if TYPE_CHECKING:
    from risk.scoring.counterfactuals import Counterfactual
    from risk.scoring.scorer import Scorer

register(
    {
        "no_text_to_change": (
            "研判 {id} 的对象不是文本，不能逐句改判",
            "assessment {id} is not of a text: there is no wording to leave out",
        ),
        "no_text_to_change.hint": ("企业研判请看其理由", "for a firm see its reasons"),
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One change and what it makes of the unit. ``removed``: the words it takes away, each with its place in the original."""

    zh: str
    en: str
    probability: float
    grade: str
    lower: bool
    removed: tuple[tuple[str, int, int], ...]
    licence: str | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answers, those that lower the grade first. ``same_versions``: judged by the very rules and model that judged the unit then."""

    model: str
    model_version: str
    rules_version: str
    same_versions: bool
    answers: tuple[Answer, ...]


def of_text(scorer: Scorer, text: str, *, model: str, on: date, kind: str | None = None, channel: str | None = None) -> WhatIf:
    """Of a text that is not stored; nothing is known around it but what is given. ``InvalidInputError`` (``unknown_model``)."""
    from features.context import Context
    from risk.scoring.counterfactuals import counterfactuals
    from risk.scoring.keys import key_of

    key = key_of(model)
    found = counterfactuals(scorer, key, text, around=Context([channel], [kind]), on=on)
    return WhatIf(key, *_versions(scorer, key), same_versions=True, answers=_answers(text, found))


def of_assessment(conn: Connection, scorer: Scorer, assessment_id: int, *, scope: Scope = EVERYWHERE) -> WhatIf:
    """Of a stored assessment, as of its moment; ``NotFoundError`` (``assessment_not_found``), ``ConflictError`` (``no_text_to_change``) for a firm."""
    from risk.scoring.counterfactuals import counterfactuals
    from risk.services import units

    then = get_assessment(conn, assessment_id, scope=scope).assessment
    if then.signal_id is None:
        raise ConflictError("no_text_to_change", id=assessment_id)
    loaded = units.load(conn, [then.signal_id], then.as_of)
    found = counterfactuals(scorer, then.model, loaded.texts[0], around=loaded.around, on=units.judged_day(then.as_of))
    now = _versions(scorer, then.model)
    return WhatIf(then.model, *now, same_versions=now == (then.model_version, then.rules_version), answers=_answers(loaded.texts[0], found))


def _versions(scorer: Scorer, key: str) -> tuple[str, str]:
    from risk.scoring.keys import split_key

    pack = scorer.packs.get(split_key(key)[0])
    return scorer.learners[key].version if key in scorer.learners else "rules", pack.version if pack and pack.rules else ""


def _answers(text: str, found: list[Counterfactual]) -> tuple[Answer, ...]:
    return tuple(
        Answer(one.zh, one.en, one.probability, one.grade.code, one.lower, tuple((text[i:j], i, j) for i, j in one.removed), one.licence)
        for one in found
    )
