"""Why a record was not taken, or not sent: in the shape in which every quarantine of ours keeps reasons, so that one page shows them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from risk.domain.errors import RiskError
from risk.domain.messages import Told
from risk.domain.mistakes import MistakesError
from risk.domain.problems import Problem


def kept(problem: Problem) -> dict[str, Any]:
    """A reason as it is kept."""
    return problem.record() | {"facts": _plain(dict(problem.facts))}


def reasons_of(error: RiskError) -> list[dict[str, Any]]:
    """The reasons of a refusal, as they are kept: in the shape of ``Problem.record``."""
    if isinstance(error, MistakesError):
        return [
            {**_reason(one.code, one.place, one.facts), "zh": one.text("zh"), "en": one.text("en"), "hint_zh": "", "hint_en": ""}
            for one in error.mistakes
        ]
    told = {"zh": error.text("zh"), "en": error.text("en"), "hint_zh": error.hint("zh"), "hint_en": error.hint("en")}
    return [_reason(error.code, "", error.facts) | told]


def _reason(code: str, column: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    plain = _plain(facts)
    return {"code": code, "column": column, "value": str(plain.pop("value", "")), "facts": plain}


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts that JSON keeps; words in two languages as the Chinese."""
    return {
        name: fact.zh if isinstance(fact, Told) else fact if isinstance(fact, (str, int, float)) else str(fact)
        for name, fact in facts.items()
    }
