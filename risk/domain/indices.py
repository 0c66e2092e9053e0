"""The risk index (风险评估指标体系) of a place or a subject: which indicators there are, how values become scores, how scores become one number and a grade.

An index is a weighted mean of scores from 0 to 100, higher is more risk. Values become scores between two *fixed* points of reference, not between the least and
the greatest of the day: within a peer group the worst place would always have 100 and the best 0, and no month could be compared with another. What is not
known stays unknown: its weight goes to what is known, and :class:`Composite` says so (``coverage``, ``missing``); with too little known there is no index.

The definitions are data (``index.toml``), all ours; no article of law sets an index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.domain.signals import digest

Kind = Literal["region", "subject"]
KINDS: tuple[Kind, ...] = ("region", "subject")
Reference = tuple[float, float]

register(
    {
        "index_kind": ("指标体系应为 region 或 subject：{kind}", "a system of indicators is region or subject: {kind}"),
        "index_weights": (
            "权重须覆盖全部指标、不为负且不全为零：{name}",
            "weights are of every indicator, not negative, not all zero: {name}",
        ),
        "index_reference": ("参考点须由低到高：{name}", "a reference goes from low to high: {name}"),
    }
)


@dataclass(frozen=True, slots=True)
class Dimension:
    """A group of indicators. ``compare``: pair comparisons of its indicators, the part above the diagonal."""

    code: str
    zh: str
    en: str
    note_zh: str
    note_en: str
    compare: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator. ``up``: higher is more risk; ``reference``: the values of scores 0 and 100, ``None`` where they are measured when a version is made."""

    code: str
    dimension: str
    zh: str
    en: str
    unit_zh: str
    unit_en: str
    up: bool
    reference: Reference | None
    days: int
    least: int
    definition_zh: str
    definition_en: str
    query: str
    law_zh: str
    law_en: str


@dataclass(frozen=True, slots=True)
class System:
    """The indicators of a kind by group. ``compare``: pair comparisons of the groups; ``hash``: of all definitions."""

    kind: Kind
    dimensions: tuple[Dimension, ...]
    indicators: tuple[Indicator, ...]
    compare: tuple[tuple[float, ...], ...]
    hash: str

    def codes(self, dimension: str | None = None) -> tuple[str, ...]:
        """The indicators of a group, or all."""
        return tuple(one.code for one in self.indicators if dimension in (None, one.dimension))


@dataclass(frozen=True, slots=True)
class Part:
    """What one indicator adds. ``used``: its weight after that of unknown ones was shared out; ``contribution``: ``used`` × ``score``."""

    code: str
    weight: float
    used: float
    score: float | None
    contribution: float | None


@dataclass(frozen=True, slots=True)
class Composite:
    """An index; ``value`` is None where less than ``least_coverage`` of the weight is known."""

    value: float | None
    coverage: float
    parts: tuple[Part, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Indicators that are not known and have a weight."""
        return tuple(part.code for part in self.parts if part.score is None and part.weight > 0)


@cache
def system(kind: str) -> System:
    """The indicators of ``region`` or ``subject``; ``InvalidInputError`` (``index_kind``).

    >>> [one.code for one in system("region").dimensions]
    ['pressure', 'state', 'structure', 'reaction', 'response']
    >>> system("region").codes("reaction")
    ('complaint_density', 'complaint_growth')
    """
    known = {one: one for one in KINDS}
    if kind not in known:
        raise InvalidInputError("index_kind", kind=kind[:40])
    data = read_toml("index.toml")[kind]
    dimensions = tuple(
        Dimension(d["code"], d["zh"], d["en"], d.get("note_zh", ""), d.get("note_en", ""), _rows(d["compare"])) for d in data["dimension"]
    )
    indicators = tuple(_indicator(row) for row in data["indicator"])
    return System(known[kind], dimensions, indicators, _rows(data["compare"]), digest(data))


def score(value: float | None, reference: Reference | None, *, up: bool) -> float | None:
    """A value as 0 to 100 between two points of reference, higher is more risk; unknown stays unknown.

    >>> score(0.75, (0.5, 1.0), up=True), score(0.75, (0.5, 1.0), up=False), score(9.0, (0.0, 3.0), up=True), score(None, (0.0, 1.0), up=True)
    (50.0, 50.0, 100.0, None)
    """
    if value is None or reference is None:
        return None
    low, high = reference
    if not low < high:
        raise InvalidInputError("index_reference", name=f"{low}–{high}")
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return 100.0 * (share if up else 1.0 - share)


def compose(weights: Mapping[str, float], scores: Mapping[str, float | None], *, least_coverage: float | None = None) -> Composite:
    """The weighted mean of the scores that are known. The weight of the others is shared out in proportion.

    >>> found = compose({"a": 0.5, "b": 0.3, "c": 0.2}, {"a": 80.0, "b": 40.0, "c": None})
    >>> found.value, found.coverage, found.missing, [round(part.used, 3) for part in found.parts]
    (65.0, 0.8, ('c',), [0.625, 0.375, 0.0])
    >>> compose({"a": 0.4, "b": 0.6}, {"a": 80.0}).value is None
    True
    """
    checked_weights(weights)
    least = float(rules()["least_coverage"]) if least_coverage is None else least_coverage
    total = sum(weights.values())
    known = sum(weight for code, weight in weights.items() if scores.get(code) is not None)
    parts = []
    for code, weight in weights.items():
        found = scores.get(code)
        used = 0.0 if found is None or known <= 0 else weight / known
        parts.append(Part(code, weight / total, used, found, None if found is None else used * found))
    coverage = known / total
    enough = known > 0 and coverage >= least - 1e-9
    value = sum(part.contribution for part in parts if part.contribution is not None) if enough else None
    return Composite(value, coverage, tuple(parts))


def grade_of(value: float | None) -> str | None:
    """The grade (等级) of an index: red, orange, yellow, blue; None of an unknown one.

    >>> grade_of(71.0), grade_of(55.0), grade_of(0.0), grade_of(None)
    ('red', 'orange', 'blue', None)
    """
    if value is None:
        return None
    return next(grade for grade, least in sorted(cutoffs().items(), key=lambda one: -one[1]) if value >= least - 1e-9)


def cutoffs() -> dict[str, float]:
    """Grade → the least index that has it."""
    return {name: float(least) for name, least in read_toml("index.toml")["grades"].items()}


def rules() -> Mapping[str, Any]:
    """Coverage, percentiles of reference, change of the sensitivity, consistency."""
    found: Mapping[str, Any] = read_toml("index.toml")["rules"]
    return found


def checked_weights(weights: Mapping[str, float]) -> None:
    """``InvalidInputError`` (``index_weights``) for a negative weight, for none above zero."""
    wrong = next((code for code, weight in weights.items() if not 0 <= weight < float("inf")), None)
    if wrong is not None or not any(weights.values()):
        raise InvalidInputError("index_weights", name=wrong or "-")


def sensitive(industry: str | None) -> bool | None:
    """Whether an industry (``2017:7212``) is among the sensitive ones; None where it is not known.

    >>> sensitive("2017:7212"), sensitive("2017:0111"), sensitive(None), sensitive("")
    (True, False, None, None)
    """
    return industry in read_toml("index.toml")["industries"]["sensitive"] if industry else None


def _indicator(row: Mapping[str, Any]) -> Indicator:
    reference = None if row["reference"] == "observed" else (float(row["reference"][0]), float(row["reference"][1]))
    ours = ("本系统设定，非法定", "ours; no law sets it")
    return Indicator(
        code=row["code"],
        dimension=row["dimension"],
        zh=row["zh"],
        en=row["en"],
        unit_zh=row["unit_zh"],
        unit_en=row["unit_en"],
        up=row["direction"] == "up",
        reference=reference,
        days=int(row["days"]),
        least=int(row["least"]),
        definition_zh=row["definition_zh"],
        definition_en=row["definition_en"],
        query=row["query"],
        law_zh=row.get("law_zh", ours[0]),
        law_en=row.get("law_en", ours[1]),
    )


def _rows(given: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(one) for one in row) for row in given)
