"""The index of five dimensions: how far a firm departs from what is usual, as points that facts add, with what is unknown kept unknown.

The dimensions are those of the published *smoke index* (冒烟指数: 合规度、传播力、利诱性、投诉率、特征词命中率) and of the *dolphin index* (domain notes §2.1);
each runs from 0 to 100, higher is worse, and the total is their plain mean, weights equal until somebody calibrates them. That facts have points which add up is
the way of the published 26-indicator system of the same notes. **The points themselves are this project's own starting values**: no law and no published
index sets them, neither does any publication that could be verified set cut-offs of the total or what is to be done at which, so none are given here.

Unknown is not zero: a dimension of which no fact is known is NaN and stays out of the total; ``index_known`` says how many are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

Dimension = Literal["compliance", "reach", "enticement", "complaints", "marker"]
DIMENSIONS: Mapping[Dimension, tuple[str, str]] = {
    "compliance": ("合规性", "compliance"),
    "reach": ("传播力", "reach"),
    "enticement": ("利诱性", "enticement"),
    "complaints": ("投诉与负面", "complaints"),
    "marker": ("特征词", "marker words"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a table tells of a firm: ``points`` at ``full`` of a column, none at ``zero``, in between in proportion."""

    dimension: Dimension
    column: str
    points: float
    zero: float
    full: float
    zh: str
    en: str
    percent: bool = False

    def of(self, values: Any) -> Any:
        """Points of each value; NaN where unknown."""
        return np.clip((values - self.zero) / (self.full - self.zero), 0.0, 1.0) * self.points

    def said(self, value: float) -> tuple[str, str]:
        """The fact in Chinese and English."""
        shown = f"{value:.0%}" if self.percent else f"{value:.10g}"
        return self.zh.format(shown), self.en.format(shown)


FACTS: tuple[Fact, ...] = (
    Fact("compliance", "tax_late_share", 40, 0, 0.5, "滞纳金占纳税记录{}", "fees for late payment are {} of tax records", percent=True),
    Fact("compliance", "report_gap_years", 30, 0, 2, "年报中断{}年", "{} years without an annual report in between"),
    Fact("compliance", "report_last_state_open", 20, 1, 0, "末份年报未填开业状态", "the last report does not say open for business"),
    Fact(
        "compliance",
        "report_last_pubstate",
        10,
        1,
        3,
        "末份年报公示程度{}（1全部，2部分，3不公示）",
        "last report published: {} (1 in full, 2 in part, 3 not)",
    ),
    Fact(
        "compliance", "base_capital_paid_share", 15, 1, 0, "实缴资本占注册资本{}", "{} of the registered capital is paid in", percent=True
    ),
    Fact("reach", "news_count", 50, 0, 50, "新闻{}条", "{} news items"),
    Fact("reach", "news_recent", 20, 0, 10, "近一年新闻{}条", "{} news items within a year"),
    Fact("reach", "report_last_websitsign", 15, 2, 1, "末份年报填有网站或网店", "the last report tells of a web site or shop"),
    Fact("reach", "report_last_forinvestsign", 25, 2, 1, "末份年报填有对外投资", "the last report tells of investments in other firms"),
    Fact("enticement", "base_scope_invest", 35, 0, 3, "经营范围含投资、股权、基金类词{}处", "investment words in the scope: {}"),
    Fact("enticement", "base_scope_pension", 30, 0, 1, "经营范围含养老类词{}处", "elderly-care words in the scope: {}"),
    Fact("enticement", "base_scope_farm", 20, 0, 2, "经营范围含种养类词{}处", "farming words in the scope: {}"),
    Fact("enticement", "base_scope_health", 20, 0, 2, "经营范围含保健类词{}处", "health-care words in the scope: {}"),
    Fact("enticement", "base_scope_travel", 15, 0, 2, "经营范围含旅游会展类词{}处", "travel and event words in the scope: {}"),
    Fact("complaints", "news_negative", 40, 0, 5, "负面新闻{}条", "{} bad news items"),
    Fact("complaints", "news_negative_share", 30, 0, 0.5, "负面新闻占{}", "{} of the news is bad", percent=True),
    Fact("complaints", "other_legal_judgment", 40, 0, 20, "裁判文书{}份", "{} court judgments"),
    Fact("marker", "base_scope_finance", 50, 0, 2, "经营范围含金融、理财、财富类词{}处", "finance words in the scope: {}"),
    Fact("marker", "base_scope_exchange", 50, 0, 1, "经营范围含交易场所、众筹类词{}处", "exchange or crowd-funding words in the scope: {}"),
    Fact("marker", "base_scope_coin", 50, 0, 1, "经营范围含虚拟货币类词{}处", "virtual-currency words in the scope: {}"),
    Fact("marker", "base_scope_loan", 25, 0, 2, "经营范围含借贷、担保、租赁类词{}处", "lending words in the scope: {}"),
)
"""What raises the index. The marker words are those that 防范和处置非法集资条例 Art. 9 keeps for licensed firms; a scope that has them may be lawful."""

_LOGGED = frozenset({"news_count", "news_recent", "news_negative", "other_legal_judgment"})
"""Counts in which the first ones say most: points follow log(1 + count)."""


def dimensions(frame: pd.DataFrame) -> pd.DataFrame:
    """``index_<dimension>`` from 0 to 100, ``index_total`` (mean of the known) and ``index_known`` (how many of the five are), one row a firm.

    >>> d = dimensions(pd.DataFrame({"news_negative": [1.0, np.nan], "news_negative_share": [0.25, np.nan]}))
    >>> d["index_complaints"].round(1).tolist(), d["index_compliance"].tolist(), d["index_known"].tolist()
    ([30.5, nan], [nan, nan], [1.0, 0.0])
    """
    points = {fact.column: _points(fact, frame) for fact in FACTS}
    told = {}
    for name in DIMENSIONS:
        mine = pd.DataFrame({fact.column: points[fact.column] for fact in FACTS if fact.dimension == name}, index=frame.index)
        told[f"index_{name}"] = mine.sum(axis=1, min_count=1).clip(0, 100)
    out = pd.DataFrame(told, index=frame.index)
    known = out.notna().sum(axis=1).astype("float64")
    return out.assign(index_total=out.mean(axis=1), index_known=known)


@dataclass(frozen=True, slots=True)
class Raised:
    """A fact that raised a dimension of one firm, by how many points, in words."""

    fact: Fact
    points: float
    zh: str
    en: str


def raised_by(frame: pd.DataFrame, rows: Sequence[int]) -> list[list[Raised]]:
    """The facts that raised the index of each of the firms asked for, most points first."""
    chosen = frame.iloc[list(rows)]
    told: list[list[Raised]] = [[] for _ in range(len(chosen))]
    for fact in FACTS:
        points = _points(fact, chosen).to_numpy(dtype=np.float64)
        for row in np.flatnonzero(points > 0).tolist():
            told[row].append(Raised(fact, float(points[row]), *fact.said(float(chosen[fact.column].iloc[row]))))
    return [sorted(facts, key=lambda found: -found.points) for facts in told]


def unknown_of(frame: pd.DataFrame, row: int) -> list[Dimension]:
    """The dimensions of a firm that nothing is known of."""
    return [name for name in DIMENSIONS if not frame[f"index_{name}"].notna().iloc[row]]


def _points(fact: Fact, frame: pd.DataFrame) -> pd.Series[Any]:
    if fact.column not in frame:
        return pd.Series(np.nan, index=frame.index)
    values = frame[fact.column].astype("float64")
    if fact.column not in _LOGGED:
        return pd.Series(fact.of(values), index=frame.index)
    scaled = np.log1p(values.clip(lower=0)) / np.log1p(fact.full)
    return pd.Series(scaled.clip(0, 1) * fact.points, index=frame.index)
