"""Which texts of laws are held, whether they are believed to be in force, and what they threaten: data, with a source and a date.

The facts are condensed from the texts of the laws as held in November 2026; amounts are yuan, multiples are of what ``of`` names. How grave that makes a
breach (``severity``) is our reading, not the law's: it says which severities a rule that cites the article may have. Where somebody still has to compare
the words, ``verified`` is false.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from risk.domain.datafiles import read_text

_OF = {
    "fee": ("广告费用", "the advertising fee"),
    "value": ("货值金额", "the value of the goods"),
    "gains": ("违法所得", "the unlawful gains"),
    "amount": ("集资金额", "the money raised"),
}


@dataclass(frozen=True, slots=True)
class Penalty:
    """What a penalty article threatens for a breach of the articles it covers; ``per`` names the article of another law that it refers to."""

    article: str
    covers: tuple[str, ...]
    severity: tuple[str, str]
    yuan: tuple[float, float] | None = None
    times: tuple[float, float] | None = None
    of: str = ""
    serious_yuan: tuple[float, float] | None = None
    serious_times: tuple[float, float] | None = None
    licence: bool = False
    per: str = ""
    verified: bool = True

    @property
    def zh(self) -> str:
        """The band in Chinese.

        >>> Penalty("59", ("8",), ("low", "medium"), yuan=(0, 100_000)).zh
        '10万元以下'
        """
        parts = [_band(self.yuan, self.times, _OF[self.of][0] if self.of else "", zh=True)]
        serious = _band(self.serious_yuan, self.serious_times, _OF[self.of][0] if self.of else "", zh=True)
        parts += [f"情节严重{serious}"] if serious else []
        parts += ["可吊销许可证或执照"] if self.licence else []
        parts += [f"依{self.per}条"] if self.per else []
        return "，".join(part for part in parts if part)

    @property
    def en(self) -> str:
        """The band in English.

        >>> Penalty("115", ("51",), ("high", "critical"), times=(15, 30), of="value").en
        '15-30 times the value of the goods'
        """
        parts = [_band(self.yuan, self.times, _OF[self.of][1] if self.of else "", zh=False)]
        serious = _band(self.serious_yuan, self.serious_times, _OF[self.of][1] if self.of else "", zh=False)
        parts += [f"{serious} where serious"] if serious else []
        parts += ["licences may be revoked"] if self.licence else []
        parts += [f"as {self.per}"] if self.per else []
        return ", ".join(part for part in parts if part)


def _band(yuan: tuple[float, float] | None, times: tuple[float, float] | None, of: str, *, zh: bool) -> str:
    said = []
    if times:
        low, high = (f"{value:g}" for value in times)
        said.append(f"{of}{low}至{high}倍" if zh else f"{low}-{high} times {of}")
    if yuan:
        low, high = (f"{value / 10_000:g}万元" if zh else f"{value:,.0f}" for value in yuan)
        above = yuan[0] > 0
        said.append((f"{low}至{high}" if above else f"{high}以下") if zh else f"{low}-{high} yuan" if above else f"up to {high} yuan")
    return ("或" if zh else " or ").join(said)


@dataclass(frozen=True, slots=True)
class Law:
    """One text of a law: ``status`` is in_force, superseded, to_be_checked or not_held (then ``dated`` may be None)."""

    name: str
    status: str
    dated: date | None = None
    in_force_from: date | None = None
    also: tuple[str, ...] = ()
    replaced_by: str = ""
    articles: int = 0
    penalties: tuple[Penalty, ...] = ()


@cache
def laws() -> tuple[Law, ...]:
    """Every text on record.

    >>> [(law.dated.isoformat(), law.status) for law in laws() if law.name == "广告法"]
    [('2021-04-29', 'in_force')]
    """
    return tuple(_law(row) for row in json.loads(read_text("statutes.json")))


def _law(row: dict[str, Any]) -> Law:
    return Law(
        name=row["name"],
        status=row["status"],
        dated=_day(row.get("dated")),
        in_force_from=_day(row.get("in_force_from")),
        also=tuple(row.get("also", ())),
        replaced_by=row.get("replaced_by", ""),
        articles=row.get("articles", 0),
        penalties=tuple(_penalty(item) for item in row.get("penalties", ())),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _penalty(row: dict[str, Any]) -> Penalty:
    bands = {key: tuple(row[key]) if key in row else None for key in ("yuan", "times", "serious_yuan", "serious_times")}
    least, most = row["severity"]
    return Penalty(
        article=row["article"],
        covers=tuple(row["covers"]),
        severity=(least, most),
        of=row.get("of", ""),
        licence=row.get("licence", False),
        per=row.get("per", ""),
        verified=row.get("verified", True),
        **bands,
    )
