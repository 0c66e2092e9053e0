"""Reasons that people read: rules that fired and what weighed in the model, in Chinese and English, with quotations of the original."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from features.catalogue import describe
from features.context import CONTEXT
from risk.domain.grades import Grade
from risk.domain.signals import digest
from risk.scoring.grounds import NOTABLE, Ground, grounds
from risk.scoring.keys import split_key
from risk.scoring.scorer import Judged, Reading, Scorer

if TYPE_CHECKING:
    from models.explain import Contribution
    from rules.explain import Firing
    from rules.items import Bilingual

_AROUND = {feature.name: feature for feature in CONTEXT}
_LISTS = (
    ("asserted_", "含有词表", "words of the list"),
    ("reported_", "转述或否定词表", "words quoted or negated, of the list"),
    ("aggressive_", "变形写法含有词表", "disguised words of the list"),
)
"""How columns that count list hits are said; the list's name stands as analysts gave it."""

GROUNDS, SHARES = 20, 12
"""The most grounds and contributions that are stored of a unit."""

_POOLS = ("wording", "rules", "silent_lists", "style", "person")
"""Topics that sum up what a person would not recognise as a reason."""


def evidence(scorer: Scorer, reading: Reading, judged: Judged, rows: Sequence[int]) -> list[dict[str, Any]]:
    """The evidence of each row as plain values for storage and pages: what fired, what is quoted, what weighed, in words."""
    pack = scorer.packs.get(split_key(judged.key)[0])
    told = []
    for row, (fired, shares, found) in zip(rows, explained(scorer, reading, judged, rows, GROUNDS), strict=True):
        text = reading.inputs.text(int(row))
        zh, en = said(fired, found)
        told.append(
            {
                "text_hash": digest(text),
                "grade": Grade(int(judged.ranks[row])).code,
                "rules": [_rule(firing, pack.rule_by_id[firing.rule].advice) for firing in fired] if pack else [],
                "grounds": [one.plain(text) for one in found[:GROUNDS]],
                "contributions": [
                    _share(share, text) for share in islice((one for one in shares if one.kind not in ("base", "rest")), SHARES)
                ],
                "zh": zh,
                "en": en,
            }
        )
    return told


def explained(
    scorer: Scorer, reading: Reading, judged: Judged, rows: Sequence[int], most: int | None = None
) -> list[tuple[list[Firing], Sequence[Contribution], list[Ground]]]:
    """For each row: the rules that fired, all contributions, and the grounds they make (``most``: see `grounds`)."""
    weights = scorer.weights(judged.key)
    firings, contributions = scorer.firings(reading, judged, rows), scorer.contributions(reading, judged, rows, top=None)
    return [
        (fired, shares, grounds(shares, fired, weights, reading.frame, int(row), most))
        for row, fired, shares in zip(rows, firings, contributions, strict=True)
    ]


def said(fired: Sequence[Firing], found: Sequence[Ground], most: int = 6) -> tuple[list[str], list[str]]:
    """Sentences in Chinese and English: the rules first, then what else raised the probability most."""
    zh, en = [f.because.zh for f in fired], [f.because.en for f in fired]
    for ground in found:
        if ground.log_odds >= NOTABLE and not ground.topic.startswith(("rule", *_POOLS)):
            zh.append(ground.zh)
            en.append(ground.en)
    return zh[:most], en[:most]


def say(share: Contribution, text: str) -> tuple[str, str] | None:
    """One contribution in words; None for what a person would not recognise (the sum of all words, an unnamed column)."""
    if share.words is not None:
        return share.words
    if share.kind in ("chars", "words"):
        quote = text[share.spans[0][0] : share.spans[0][1]] if share.spans else share.feature
        return (f"措辞“{quote}”", f'wording "{quote}"') if len(quote.strip()) > 1 else None
    if share.kind != "column":
        return None
    for prefix, zh, en in _LISTS:
        if share.feature.startswith(prefix):
            name, count = share.feature.removeprefix(prefix), f"{share.value or 0:g}"
            return f"{zh}“{name}”{count}处", f'{en} "{name}": {count}'
    try:
        feature = _AROUND.get(share.feature) or describe(share.feature)
    except KeyError:
        return None
    if share.value is None or share.value != share.value:
        return f"{feature.zh}：未知", f"{feature.doc_en}: unknown"
    return f"{feature.zh}：{share.value:g}{feature.unit}", f"{feature.doc_en}: {share.value:g}{'%' if feature.unit == '%' else ''}"


def _rule(firing: Firing, advice: Bilingual) -> dict[str, Any]:
    return {
        "rule": firing.rule,
        "severity": firing.severity.en,
        "title": {"zh": firing.title.zh, "en": firing.title.en},
        "because": {"zh": firing.because.zh, "en": firing.because.en},
        "basis": [
            {"law": b.law, "article": b.article, "dated": b.dated.isoformat() if b.dated else None, "verified": b.verified}
            for b in firing.basis
        ],
        "advice": {"zh": advice.zh, "en": advice.en},
        "quotes": [
            {"quote": e.quote, "start": e.start, "end": e.end, "term": e.term, "list": e.list, "disguised": e.aggressive}
            for e in firing.evidence
        ],
    }


def _share(share: Contribution, text: str) -> dict[str, Any]:
    words = say(share, text)
    value = share.value if share.value is not None and share.value == share.value else None
    return {
        "feature": share.feature,
        "kind": share.kind,
        "value": value,
        "log_odds": round(share.log_odds, 6),
        "spans": [list(span) for span in share.spans[:5]],
        "zh": words[0] if words else share.feature,
        "en": words[1] if words else share.feature,
    }
