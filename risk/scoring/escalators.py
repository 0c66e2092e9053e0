"""Which escalators of ``domain.grading`` hold for a judged unit, said with what was counted or quoted. The past is counted as it was known when judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from risk.domain.grading import Escalator, Policy, Raise
from rules.nodes import ListRef

if TYPE_CHECKING:
    from features.context import Context
    from risk.scoring.scorer import Judged, Reading

_QUOTES = 3


def raises(policy: Policy, reading: Reading, judged: Judged, rows: Sequence[int]) -> list[tuple[Raise, ...]]:
    """The escalators that hold for each of the rows of a reading, in the order of the configuration."""
    told: list[list[Raise]] = [[] for _ in rows]
    if not rows:
        return []
    for one in policy.escalators:
        if not one.covers(judged.key):
            continue
        found = _FINDERS[one.kind](one, reading, rows)
        for place, values in found.items():
            told[place].append(Raise(one.code, one.steps, one.zh.format(**values), one.en.format(**values), one.basis))
    return [tuple(each) for each in told]


def _history(one: Escalator, reading: Reading, rows: Sequence[int]) -> dict[int, dict[str, object]]:
    counts = _counted(one, reading.around, rows, one.days)
    return {k: {"n": int(n)} for k, n in enumerate(counts) if n >= one.at_least}


def _speed(one: Escalator, reading: Reading, rows: Sequence[int]) -> dict[int, dict[str, object]]:
    recent, both = _counted(one, reading.around, rows, one.days), _counted(one, reading.around, rows, 2 * one.days)
    told: dict[int, dict[str, object]] = {}
    for k, (now, total) in enumerate(zip(recent, both, strict=True)):
        if now >= one.at_least and now >= one.times * max(total - now, 1):
            told[k] = {"n": int(now), "before": int(total - now)}
    return told


def _counted(one: Escalator, around: Context, rows: Sequence[int], days: int) -> list[float]:
    """Events of the subject of each row; nothing where the subject or its past is not known."""
    if around.events is None or around.queries is None:
        return [0.0] * len(rows)
    counts = np.nan_to_num(around.counts(one.stream, days))
    return [float(counts[row]) for row in rows]


def _lists(one: Escalator, reading: Reading, rows: Sequence[int]) -> dict[int, dict[str, object]]:
    place = {row: k for k, row in enumerate(rows)}
    quotes: dict[int, list[str]] = {}
    there = {operand.name for operand in reading.inputs.operands_hit() if isinstance(operand, ListRef)}
    for name in (name for name in one.lists if name in there):
        hits = reading.inputs.hits(name)
        kept = np.flatnonzero(~np.asarray(hits.negated) & ~np.asarray(hits.reported) & np.isin(np.asarray(hits.row), list(rows)))
        for i in kept.tolist():
            row = int(hits.row[i])
            quotes.setdefault(place[row], []).append(reading.inputs.text(row)[int(hits.start[i]) : int(hits.end[i])])
    return {k: {"quote": _joined(found)} for k, found in sorted(quotes.items())}


def _words(one: Escalator, reading: Reading, rows: Sequence[int]) -> dict[int, dict[str, object]]:
    told: dict[int, dict[str, object]] = {}
    for k, row in enumerate(rows):
        text = reading.frame.texts[row]
        places = ((text.dense.text.find(word), word) for word in one.words)
        quotes = [text.quote(*text.dense.span(at, at + len(word))) for at, word in places if at >= 0]
        if quotes:
            told[k] = {"quote": _joined(quotes)}
    return told


def _joined(quotes: Sequence[str]) -> str:
    return "、".join(list(dict.fromkeys(quotes))[:_QUOTES])


_FINDERS: Mapping[str, Callable[[Escalator, Reading, Sequence[int]], dict[int, dict[str, object]]]] = {
    "history": _history,
    "speed": _speed,
    "lists": _lists,
    "words": _words,
}
