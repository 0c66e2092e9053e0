"""Nothing disappears: every candidate of a run ends as exactly one outcome, and the counts add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from risk.domain.errors import RiskError
from risk.domain.messages import register

register(
    {
        "balance_broken": (
            "候选与去向不平：候选 {candidates}，去向合计 {total}",
            "candidates and outcomes do not balance: {candidates} candidates, {total} outcomes",
        ),
        "balance_broken.hint": (
            "这是程序缺陷：本批次不会提交，请报告运行编号",
            "this is a defect: the chunk is not committed; report the run's id",
        ),
    }
)


class Outcome(StrEnum):
    """What became of a candidate."""

    NEW = "new"
    MERGED = "merged"
    SUPPRESSED = "suppressed"
    BELOW_GRADE = "below_grade"
    OVER_CAPACITY = "over_capacity"
    FAILED = "failed"


class BalanceError(RiskError):
    """Candidates and outcomes differ: a defect, never a matter of input."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Candidates of a run or chunk and how they ended; balances of chunks add up to the run's.

    >>> a = Balance.of([Outcome.NEW, Outcome.MERGED, Outcome.NEW], candidates=3)
    >>> (a + a).as_dict()["new"]
    4
    >>> Balance.of([Outcome.NEW], candidates=2)
    Traceback (most recent call last):
        ...
    risk.domain.balance.BalanceError: candidates and outcomes do not balance: 2 candidates, 1 outcomes
    """

    candidates: int = 0
    new: int = 0
    merged: int = 0
    suppressed: int = 0
    below_grade: int = 0
    over_capacity: int = 0
    failed: int = 0

    @classmethod
    def of(cls, outcomes: Iterable[Outcome | str], *, candidates: int) -> Balance:
        """The balance of listed outcomes, checked; ``ValueError`` for a word that is no outcome."""
        counts = dict.fromkeys(Outcome, 0)
        for outcome in outcomes:
            counts[Outcome(outcome)] += 1
        return cls(candidates, **{outcome.value: count for outcome, count in counts.items()}).check()

    @classmethod
    def of_counts(cls, counts: Mapping[str, int], *, candidates: int) -> Balance:
        """The balance of counts by outcome, checked."""
        return cls(candidates, **{Outcome(code).value: count for code, count in counts.items()}).check()

    @property
    def total(self) -> int:
        """The sum over outcomes."""
        return self.new + self.merged + self.suppressed + self.below_grade + self.over_capacity + self.failed

    def check(self) -> Balance:
        """Itself, or ``BalanceError`` if candidates and outcomes differ."""
        if self.candidates != self.total:
            raise BalanceError("balance_broken", candidates=self.candidates, total=self.total)
        return self

    def __add__(self, other: Balance) -> Balance:
        mine, theirs = self.as_dict(), other.as_dict()
        return Balance(self.candidates + other.candidates, **{code: mine[code] + theirs[code] for code in mine})

    def as_dict(self) -> dict[str, int]:
        """The outcomes as ``runs.balance`` stores them."""
        return {outcome.value: int(getattr(self, outcome.value)) for outcome in Outcome}
