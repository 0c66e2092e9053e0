"""What verification can find: the taxonomy as data, what a report must contain, and what each result teaches.

Codes are ours (no official list is published); where the law names the next step, the entry cites it. A warning is a clue, never a finding: only a verdict
says whether it was so. ``label`` is 1 (confirmed), 0 (unfounded), 0.5 (partly) or ``None``: "wrong data" must not teach a model that the act was lawful.

The taxonomy has editions: a row may stand from a day on and to a day. What was reported is read by the edition of its day; where no day is given, the newest
edition is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from risk.domain.calendar import SHANGHAI
from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SubReason:
    """Why a warning was wrong, what that teaches, and who repairs it."""

    code: str
    zh: str
    en: str
    label: float | None
    repair: str | None


@dataclass(frozen=True, slots=True)
class VerdictKind:
    """One result of the taxonomy."""

    code: str
    zh: str
    en: str
    label: float | None
    next_step: str
    next_zh: str
    next_en: str
    basis: str
    final: bool
    sub_reason_required: bool
    suggestion_required: bool
    sub_reasons: MappingProxyType[str, SubReason]
    needs: tuple[str, ...] = ()
    tell: str = ""
    filing: bool = False

    def title(self, lang: str) -> str:
        """The result in words."""
        return self.zh if lang == "zh" else self.en


def taxonomy(on: date | None = None) -> MappingProxyType[str, VerdictKind]:
    """Every result by its code, as of a day (in Shanghai); without one, of the newest edition.

    >>> {code: kind.label for code, kind in taxonomy().items() if kind.label is not None}
    {'10': 1.0, '11': 1.0, '12': 1.0, '13': 1.0, '14': 1.0, '20': 0.5, '30': 0.0}
    >>> "law_misapplied" in taxonomy(date(2026, 10, 31))["30"].sub_reasons, "law_misapplied" in taxonomy(date(2026, 11, 1))["30"].sub_reasons
    (False, True)
    """
    return _edition(edition_of(on))


def edition_of(on: date | None = None) -> date | None:
    """The first day of the edition that holds on a day; ``None`` for the one before any dated change.

    >>> edition_of(date(2026, 10, 12)), edition_of(date(2026, 11, 22)).isoformat()
    (None, '2026-11-01')
    """
    return max((day for day in editions() if on is None or day <= on), default=None)


@cache
def editions() -> tuple[date, ...]:
    """The days on which an edition began, in order."""
    return starts_of(read_toml("verdicts.toml")["verdict"])


def starts_of(rows: Sequence[dict[str, Any]]) -> tuple[date, ...]:
    """The days on which anything in these rows begins, or has ended the day before."""
    every = [part for row in rows for part in (row, *row.get("sub_reason", ()))]
    days = {part["from"] for part in every if "from" in part} | {part["to"] + _DAY for part in every if "to" in part}
    return tuple(sorted(days))


def kinds_on(rows: Sequence[dict[str, Any]], on: date | None) -> MappingProxyType[str, VerdictKind]:
    """The results that stand on a day; before any dated change where it is ``None``.

    >>> rows = [{"code": "x", "zh": "一", "en": "one", "next_step": "", "next_zh": "", "next_en": "", "to": date(2026, 1, 31)}]
    >>> list(kinds_on(rows, date(2026, 1, 31))), list(kinds_on(rows, date(2026, 2, 1)))
    (['x'], [])
    """
    return MappingProxyType({row["code"]: _kind(row, on) for row in rows if _stands(row, on)})


@lru_cache(maxsize=64)
def _edition(start: date | None) -> MappingProxyType[str, VerdictKind]:
    return kinds_on(read_toml("verdicts.toml")["verdict"], start)


def _stands(row: dict[str, Any], on: date | None) -> bool:
    if on is None:
        return "from" not in row
    return bool(row.get("from", on) <= on <= row.get("to", on))


def _kind(row: dict[str, Any], on: date | None) -> VerdictKind:
    label = row.get("label")
    subs = {}
    for sub in row.get("sub_reason", ()):
        if not _stands(sub, on):
            continue
        own = sub.get("label", label)
        subs[sub["code"]] = SubReason(sub["code"], sub["zh"], sub["en"], None if own == "none" else own, sub.get("repair"))
    return VerdictKind(
        code=row["code"],
        zh=row["zh"],
        en=row["en"],
        label=label,
        next_step=row["next_step"],
        next_zh=row["next_zh"],
        next_en=row["next_en"],
        basis=row.get("basis", ""),
        final=row.get("final", True),
        sub_reason_required=row.get("sub_reason_required", False),
        suggestion_required=row.get("suggestion_required", False),
        sub_reasons=MappingProxyType(subs),
        needs=tuple(row.get("needs", ())),
        tell=row.get("tell", ""),
        filing=row.get("filing", False),
    )


@dataclass(frozen=True, slots=True)
class Tell:
    """What the sender of a clue may be told: a class of results in plain words."""

    code: str
    zh: str
    en: str


def told_of(code: str, on: date | None = None) -> Tell:
    """What may be told of a result: no name, no fact of the case.

    >>> told_of("30").en
    'verified: what was reported was not found'
    """
    name = _of(code, on).tell
    row = read_toml("verdicts.toml")["tell"][name]
    return Tell(name, row["zh"], row["en"])


def label_of(code: str, sub_reason: str | None = None, on: date | None = None) -> float | None:
    """What a result teaches: a value, or ``None`` for nothing. ``InvalidInputError`` for a code outside the taxonomy.

    >>> label_of("10"), label_of("30", "context_misread"), label_of("30", "wrong_subject"), label_of("60")
    (1.0, 0.0, None, None)
    """
    kind = _of(code, on)
    return _sub(kind, sub_reason).label if sub_reason else kind.label


def repair_of(code: str, sub_reason: str | None = None, on: date | None = None) -> str | None:
    """Who else must act on a wrong warning: ``data_owner``, ``rule_owner`` or nobody."""
    return _sub(_of(code, on), sub_reason).repair if sub_reason else None


def validate(
    code: str,
    *,
    facts: str,
    officers: Sequence[str],
    sub_reason: str | None = None,
    suggestion: str | None = None,
    on: date | None = None,
) -> tuple[VerdictKind, tuple[str, ...]]:
    """The kind and the officers, cleaned, of a report that may be recorded.

    ``InvalidInputError``: ``verdict_unknown``, ``verdict_not_final`` (70 is an extension), ``verdict_facts_required``, ``verdict_officers_required``,
    ``verdict_sub_reason_required``, ``verdict_sub_reason_unknown``, ``verdict_suggestion_required`` (50 names the unit that should have it).

    >>> validate("30", facts="科普文章", officers=[" 张三 ", "李四"], sub_reason="context_misread")[1]
    ('张三', '李四')
    """
    kind = _of(code, on)
    if not kind.final:
        raise InvalidInputError("verdict_not_final", verdict=code, title=kind.zh)
    if not facts.strip():
        raise InvalidInputError("verdict_facts_required")
    names = tuple(dict.fromkeys(name.strip() for name in officers if name.strip()))
    wanted = officers_required()
    if len(names) < wanted:
        raise InvalidInputError("verdict_officers_required", count=wanted)
    if kind.sub_reason_required and not sub_reason:
        raise InvalidInputError("verdict_sub_reason_required", verdict=code, known=", ".join(kind.sub_reasons))
    if sub_reason:
        _sub(kind, sub_reason)
    if kind.suggestion_required and not (suggestion or "").strip():
        raise InvalidInputError("verdict_suggestion_required", verdict=code)
    return kind, names


def day_of(moment: datetime) -> date:
    """The day in Hubei that a report belongs to: its edition is read by it."""
    return moment.astimezone(SHANGHAI).date()


def officers_required() -> int:
    """How many officers a result needs (市场监督管理行政处罚程序规定 Art. 19)."""
    return int(read_toml("verdicts.toml")["officers_required"])


def _of(code: str, on: date | None = None) -> VerdictKind:
    kind = taxonomy(on).get(code)
    if kind is None:
        raise InvalidInputError("verdict_unknown", verdict=code, known=", ".join(taxonomy(on)))
    return kind


def _sub(kind: VerdictKind, sub_reason: str) -> SubReason:
    sub = kind.sub_reasons.get(sub_reason)
    if sub is None:
        raise InvalidInputError(
            "verdict_sub_reason_unknown", verdict=kind.code, sub_reason=sub_reason, known=", ".join(kind.sub_reasons) or "-"
        )
    return sub


register(
    {
        "verdict_unknown": ("没有这个核查结果代码：{verdict}", "no such verdict code: {verdict}"),
        "verdict_unknown.hint": ("可用：{known}", "one of: {known}"),
        "verdict_not_final": ("{verdict} 不是核查结论，而是延期申请", "{verdict} is not a result but a request for more time"),
        "verdict_not_final.hint": ("请使用 risk tasks extend", "use: risk tasks extend"),
        "verdict_facts_required": ("必须写明查明的事实", "the facts found are required"),
        "verdict_officers_required": ("至少写明 {count} 名核查人员", "at least {count} officers must be named"),
        "verdict_sub_reason_required": ("结果 {verdict} 必须说明误报原因", "result {verdict} needs a sub-reason"),
        "verdict_sub_reason_required.hint": ("可用：{known}", "one of: {known}"),
        "verdict_sub_reason_unknown": ("结果 {verdict} 没有原因“{sub_reason}”", 'result {verdict} has no sub-reason "{sub_reason}"'),
        "verdict_sub_reason_unknown.hint": ("可用：{known}", "one of: {known}"),
        "verdict_suggestion_required": (
            "结果 {verdict} 必须写明建议的承办单位",
            "result {verdict} must suggest the unit that should have it",
        ),
    }
)
