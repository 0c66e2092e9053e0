"""How grades hold and rise: hysteresis over a subject's judgements, escalators by configuration (``data/grading.toml``). Pure.

A grade rises at once. It falls when the probability lies a margin below its cut-off, or at the k-th judgement in a row below it: a shop whose posts score
0.56, 0.54, 0.57 does not change its colour three times. What weak evidence caps stays capped, before and after both.

An escalator raises a *warning* (blue and above) and never makes one: a quiet day stays quiet. All of them together raise by ``most_steps`` at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from risk.domain.datafiles import read_toml
from risk.domain.grades import ALARM, Grade
from risk.domain.messages import register

register(
    {
        "grade_held": (
            "等级维持{grade}：概率{probability}低于分界{cutoff}不足{margin}（第{held}次）",
            "kept at {grade}: probability {probability} lies less than {margin} below its cut-off {cutoff} (time {held})",
        ),
        "grade_raised": ("由{before}升为{after}：{why}", "raised from {before} to {after}: {why}"),
        "grade_person_first": (
            "先人工核实：模型对此没有把握（概率区间 {low}–{high}）",
            "person first: the model is unsure (probability {low} to {high})",
        ),
    }
)

KINDS = ("history", "speed", "lists", "words")


@dataclass(frozen=True, slots=True)
class Escalator:
    """One reason to raise a warning, with its legal basis and why. Unused parts are empty."""

    code: str
    models: tuple[str, ...]
    kind: str
    steps: int
    zh: str
    en: str
    why_zh: str
    why_en: str
    basis: tuple[tuple[str, str], ...] = ()
    stream: str = ""
    days: int = 0
    at_least: int = 1
    times: float = 1.0
    lists: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def covers(self, key: str) -> bool:
        """Whether it is meant for a model key; a model without a lens covers all of its lenses."""
        return key in self.models or key.partition(".")[0] in self.models


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole configuration."""

    margin: float = 0.05
    judgements: int = 3
    most_steps: int = 1
    escalators: tuple[Escalator, ...] = ()

    def plain(self) -> dict[str, Any]:
        """What a run's judgement depends on, for its versions."""
        return {
            "margin": self.margin,
            "judgements": self.judgements,
            "most_steps": self.most_steps,
            "escalators": [[e.code, e.kind, e.steps, e.stream, e.days, e.at_least, e.times, *e.lists, *e.words] for e in self.escalators],
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """A subject's grade by a model after a judgement, before escalators; ``held``: judgements in a row that it was only kept."""

    grade: Grade
    held: int = 0


@dataclass(frozen=True, slots=True)
class Raise:
    """An escalator that holds for a unit, in words."""

    code: str
    steps: int
    zh: str
    en: str
    basis: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Graded:
    """What became of a judged grade: the standing, the escalators that counted, the final grade."""

    judged: Grade
    standing: Standing
    grade: Grade
    raises: tuple[Raise, ...] = field(default=())


def held(
    judged: Grade,
    probability: float,
    cutoffs: Mapping[str, float],
    before: Standing | None,
    policy: Policy,
    cap: Grade = Grade.RED,
) -> Standing:
    """The standing after a judgement that gave ``judged``. ``cutoffs``: smallest probability of each grade by its code.

    >>> cuts = {"red": 0.85, "orange": 0.70, "yellow": 0.55, "blue": 0.40}
    >>> held(Grade.BLUE, 0.52, cuts, Standing(Grade.YELLOW), Policy())
    Standing(grade=<Grade.YELLOW: 2>, held=1)
    >>> held(Grade.BLUE, 0.52, cuts, Standing(Grade.YELLOW, 2), Policy()).grade, held(Grade.BLUE, 0.49, cuts, Standing(Grade.YELLOW), Policy()).grade
    (<Grade.BLUE: 1>, <Grade.BLUE: 1>)
    """
    if before is None or before.grade <= judged:
        return Standing(judged)
    for grade in sorted(Grade, reverse=True):
        if not judged < grade <= min(before.grade, cap):
            continue
        cut = cutoffs[grade.code]
        if cut - policy.margin <= probability < cut <= 1:
            times = before.held + 1 if grade is before.grade else 1
            if times < policy.judgements:
                return Standing(grade, times)
    return Standing(judged)


def escalated(grade: Grade, raises: Iterable[Raise], policy: Policy, cap: Grade = Grade.RED) -> tuple[Grade, tuple[Raise, ...]]:
    """The grade after the escalators that hold, and those of them that moved it (all, when any did).

    >>> escalated(Grade.BLUE, [Raise("a", 1, "", ""), Raise("b", 1, "", "")], Policy())[0], escalated(Grade.NONE, [Raise("a", 1, "", "")], Policy())[0]
    (<Grade.YELLOW: 2>, <Grade.NONE: 0>)
    """
    found = tuple(raises)
    if grade < ALARM or not found:
        return grade, ()
    steps = min(policy.most_steps, sum(one.steps for one in found))
    after = max(grade, min(Grade(min(int(grade) + steps, int(Grade.RED))), cap))
    return after, (found if after > grade else ())


def graded(
    judged: Grade,
    probability: float,
    cutoffs: Mapping[str, float],
    before: Standing | None,
    raises: Iterable[Raise],
    policy: Policy,
    cap: Grade = Grade.RED,
) -> Graded:
    """Hysteresis first, then the escalators: what is only kept counts as that grade, what was raised is never kept."""
    standing = held(judged, probability, cutoffs, before, policy, cap)
    grade, counted = escalated(standing.grade, raises, policy, cap)
    return Graded(judged, standing, grade, counted)


@cache
def default_policy() -> Policy:
    """The shipped configuration.

    >>> default_policy().judgements, {e.kind for e in default_policy().escalators} == set(KINDS)
    (3, True)
    """
    return policy_of(read_toml("grading.toml"))


def policy_of(table: Mapping[str, Any]) -> Policy:
    """From a table like ``grading.toml``; ``ValueError`` for what makes no sense."""
    hysteresis, most = table.get("hysteresis", {}), int(table.get("escalation", {}).get("most_steps", 1))
    policy = Policy(
        float(hysteresis.get("margin", 0.05)), int(hysteresis.get("judgements", 3)), most, tuple(_escalator(row) for row in table.get("escalator", ()))
    )  # fmt: skip
    if not 0 <= policy.margin < 0.2 or policy.judgements < 1 or not 0 <= policy.most_steps <= len(Grade):
        raise ValueError("grading: margin 0 to 0.2, judgements from 1, most_steps 0 to 4")
    return policy


def _escalator(row: Mapping[str, Any]) -> Escalator:
    basis = tuple((str(b["law"]), str(b["article"])) for b in row.get("basis", ()))
    more = {name: row[name] for name in ("stream", "days", "at_least", "times") if name in row}
    one = Escalator(
        row["code"], tuple(row["models"]), row["kind"], int(row["steps"]), row["zh"], row["en"], row["why_zh"], row["why_en"], basis,
        lists=tuple(row.get("lists", ())), words=tuple(row.get("words", ())), **more,
    )  # fmt: skip
    needs = {"history": one.stream and one.days, "speed": one.stream and one.days, "lists": one.lists, "words": one.words}
    if one.kind not in KINDS or one.steps < 1 or not needs[one.kind]:
        raise ValueError(f"grading: the escalator {one.code} is not complete")
    return one
