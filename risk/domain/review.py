"""Which verdicts are looked at a second time, and where a verdict stands: states and the table of allowed steps. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.domain.money import fen_of
from risk.domain.signals import digest

RANDOM = "random_share"


class Standing(StrEnum):
    """Where a verdict stands. Only a final one teaches, and only it is told to the sender of the clue."""

    REPORTED = "reported"
    ACCEPTED = "accepted"
    UNDER_REVIEW = "under_review"
    FINAL = "final"
    SENT_BACK = "sent_back"

    def word(self, lang: str) -> str:
        """The word a person reads.

        >>> Standing.UNDER_REVIEW.word("zh")
        '复核中'
        """
        return say(f"verdict_state_{self.value}", lang)


STEPS: MappingProxyType[tuple[Standing, str], Standing] = MappingProxyType(
    {
        (Standing.REPORTED, "accept"): Standing.ACCEPTED,
        (Standing.ACCEPTED, "ask_review"): Standing.UNDER_REVIEW,
        (Standing.ACCEPTED, "finalise"): Standing.FINAL,
        (Standing.UNDER_REVIEW, "pass"): Standing.FINAL,
        (Standing.UNDER_REVIEW, "send_back"): Standing.SENT_BACK,
    }
)
"""(state, event) → state. What is not here does not happen: a verdict that is wrong is followed by another, it is never opened again."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the conditions look at. ``fen``: fined and confiscated together; ``severities``: of the rules behind the alert; ``audit``: a unit of the
    random sample, which was drawn by lot already."""

    task_id: int
    code: str
    grade: Grade
    fen: int = 0
    severities: frozenset[str] = frozenset()
    audit: bool = False


def after(state: Standing, event: str) -> Standing:
    """The state after an event; ``ConflictError`` (``verdict_step``).

    >>> after(Standing.UNDER_REVIEW, "pass").value
    'final'
    """
    found = STEPS.get((state, event))
    if found is None:
        raise ConflictError("verdict_step", state=state.value, event=event)
    return found


def reasons(facts: Facts) -> tuple[str, ...]:
    """The names of the conditions that ask for a second review; none: the verdict is final once accepted.

    >>> reasons(Facts(1, "14", Grade.RED, fen=10_000_000))
    ('red_grade', 'police', 'large_amount')
    >>> reasons(Facts(1, "30", Grade.BLUE, severities=frozenset({"critical"})))
    ('gravest_rules_unfounded',)
    """
    rule = read_toml("review.toml")
    met = tuple(one["name"] for one in rule["condition"] if _holds(one, facts))
    if met or facts.audit:
        return met
    return (RANDOM,) if drawn(facts.task_id, rule["share"], rule["seed"]) else ()


def drawn(task_id: int, share: float, seed: str) -> bool:
    """Whether a task falls into the random share: a fixed function of the task and the seed.

    >>> 350 < sum(drawn(number, 0.05, "2026") for number in range(8000)) < 450
    True
    """
    return int(str(digest(["review", seed, task_id]))[:8], 16) < share * 2**32


def reason_words(names: Sequence[str], lang: str) -> tuple[str, ...]:
    """The conditions in words; a name that no longer is in the file stands for itself."""
    known: dict[str, dict[str, Any]] = {one["name"]: one for one in read_toml("review.toml")["condition"]}
    return tuple(known[name][lang] if name in known else say("review_random", lang) if name == RANDOM else name for name in names)


def _holds(condition: dict[str, Any], facts: Facts) -> bool:
    asked = [
        facts.code in condition["codes"] if "codes" in condition else None,
        facts.grade >= Grade.parse(condition["grade"]) if "grade" in condition else None,
        facts.fen >= fen_of(condition["amount_yuan"]) if "amount_yuan" in condition else None,
        condition["severity"] in facts.severities if "severity" in condition else None,
    ]
    given = [one for one in asked if one is not None]
    return bool(given) and all(given)


register(
    {
        "verdict_state_reported": ("已反馈", "reported"),
        "verdict_state_accepted": ("已审核", "accepted"),
        "verdict_state_under_review": ("复核中", "under review"),
        "verdict_state_final": ("已生效", "final"),
        "verdict_state_sent_back": ("复核退回", "sent back"),
        "verdict_step": ("结论状态为“{state}”，不能进行“{event}”", 'a verdict in the state "{state}" does not take the step "{event}"'),
        "review_random": ("随机复核", "drawn at random"),
    }
)
