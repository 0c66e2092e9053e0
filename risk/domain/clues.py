"""What an assessment's stored evidence says to a verifier: the sentence of each rule, the words quoted, the law, the advice.

The evidence of an assessment is a JSON object with ``rules``: a list of ``{rule, severity, title, because, quotes, basis, advice}``; ``title``, ``because``
and ``advice`` are ``{zh, en}``, ``quotes`` texts of the original, ``basis`` ``{law, article, verified}``. Missing parts are left out, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Clue:
    """One rule's contribution, as a person reads it."""

    rule: str
    zh: str
    en: str
    quotes: tuple[str, ...]
    basis: tuple[str, ...]
    advice_zh: str
    advice_en: str


def clues_of(evidence: Mapping[str, Any] | None) -> tuple[Clue, ...]:
    """The clues in stored evidence, in its order; none where nothing is stored.

    >>> clues_of({"rules": [{"rule": "r", "because": {"zh": "涉嫌断言疗效"}, "quotes": ["根治"], "basis": [{"law": "广告法", "article": "16"}]}]})[0].basis
    ('《广告法》16',)
    """
    told = evidence or {}
    return tuple(_clue(row) for row in (*(told.get("rules") or ()), *(told.get("notes") or ())) if isinstance(row, Mapping))


def _clue(row: Mapping[str, Any]) -> Clue:
    said = _pair(row.get("because") or row.get("title") or row.get("rule"))
    advice = _pair(row.get("advice"))
    quotes = tuple(dict.fromkeys(str(q.get("quote", "")) if isinstance(q, Mapping) else str(q) for q in _many(row.get("quotes"))))
    basis = tuple(dict.fromkeys(_law(item) for item in _many(row.get("basis"))))
    return Clue(str(row.get("rule", "")), *said, tuple(q for q in quotes if q), tuple(b for b in basis if b), *advice)


def _law(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    doubt = "" if item.get("verified", True) else "（条款待核）"
    return f"《{item.get('law', '')}》{item.get('article', '')}{doubt}"


def _pair(value: Any) -> tuple[str, str]:
    if isinstance(value, Mapping):
        zh, en = str(value.get("zh") or ""), str(value.get("en") or "")
        return zh or en, en or zh
    return (str(value), str(value)) if value else ("", "")


def _many(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, (list, tuple)) else (value,)
