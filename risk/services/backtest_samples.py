"""Sample hits and near misses, chosen over time and unlike each other, quoted with offsets. Ten of each say more to an approver than any figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from models.neardup import near_duplicate_groups
from risk.domain.grades import Grade
from risk.scoring.inputs import vocabulary
from risk.services.backtest_judging import Worlds
from risk.services.backtest_tally import RuleTally
from risk.services.backtest_units import History
from risk.services.personal import masked, masked_like
from rules.explain import Explainer, Explanation

SAMPLES = 10

EVERYDAY = 0.5
"""A part by which more than this share of units misses says nothing of them: ordinary texts miss by it."""

AROUND = 60
"""Characters of the original kept either side of what is quoted."""

Entry = list[Any]


def sample(
    one: RuleTally, rule: str, worlds: Worlds, history: History, labels: Mapping[int, float]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(hits, near misses) of a rule, each a plain dict."""
    near = sorted((count, number) for number, count in one.near.items() if count <= EVERYDAY * one.units)
    hit_ids = _chosen([pool for _, pool in sorted(one.sample.items())], history)
    miss_pools = [[[*entry, number] for entry in one.near_sample[number]] for _, number in near]
    miss_ids = _chosen(miss_pools, history)
    part_of = {entry[1]: int(entry[-1]) for pool in reversed(miss_pools) for entry in pool}
    hits = [_shown(*told, labels) for told in _explained(hit_ids, rule, worlds, history)]
    misses = []
    for told in _explained(miss_ids, rule, worlds, history):
        number = part_of[told[0].id]
        said = worlds.probes.said(rule, number)
        way = max((w for w in worlds.probes.apart[rule].ways if number in w), key=len)
        misses.append({**_shown(*told, labels), "failed": {"zh": said.zh, "en": said.en}, "held": len(way) - 1, "parts": len(way)})
    return hits, misses


def _chosen(pools: Sequence[Sequence[Entry]], history: History) -> dict[int, int]:
    """Up to ten ids, with how many others kept are nearly the same: in turn from strata spread over the pools, unlike texts first."""
    entries = sorted({int(entry[1]) for pool in pools for entry in pool})
    if not entries:
        return {}
    chunk = history.of(entries)
    alike = dict(zip([unit.id for unit in chunk.units], near_duplicate_groups(list(chunk.texts)).tolist(), strict=True))
    size = {group: sum(1 for g in alike.values() if g == group) for group in set(alike.values())}
    turns = [[int(entry[1]) for entry in pool] for pool in _spread(pools)]
    chosen: dict[int, int] = {}
    for fresh in (True, False):
        waiting = [list(turn) for turn in turns]
        while len(chosen) < SAMPLES and any(waiting):
            for turn in waiting:
                seen = {alike[number] for number in chosen}
                pick = next((n for n in turn if n not in chosen and (not fresh or alike[n] not in seen)), None)
                turn[:] = [n for n in turn if n != pick] if pick is not None else []
                if pick is not None and len(chosen) < SAMPLES:
                    chosen[pick] = size[alike[pick]] - 1
    return chosen


def _spread(pools: Sequence[Sequence[Entry]]) -> list[list[Entry]]:
    """At most ten strata: neighbouring pools are put together, each in the order drawn.

    >>> [[entry[1] for entry in stratum] for stratum in _spread([[[5, 1, ""]], [[3, 2, ""]], [[9, 3, ""]]])]
    [[1], [2], [3]]
    >>> len(_spread([[[n, n, ""]] for n in range(53)]))
    10
    """
    count = min(SAMPLES, len(pools))
    strata: list[list[Entry]] = [[] for _ in range(count)]
    for place, pool in enumerate(pools):
        strata[place * count // len(pools)] += pool
    return [sorted(stratum, key=lambda entry: (entry[0], entry[1])) for stratum in strata]


def _explained(chosen: Mapping[int, int], rule: str, worlds: Worlds, history: History) -> Iterable[tuple[Any, str, Explanation, int, int]]:
    """Each unit with its text, the story of the rule on it, the grade it has with the rule, and how many are alike."""
    if not chosen:
        return
    chunk = history.of(list(chosen))
    for day, part in worlds.days(chunk):
        said = worlds.listen(part, day)
        ranks = worlds.ranks_after(part, day, said.after)
        explainer = Explainer(worlds.trial.after, said.inputs, vocabulary())
        for row, unit in enumerate(part.units):
            yield unit, part.texts[row], explainer.explain(rule, row), int(ranks[row]), chosen[unit.id]


def _shown(unit: Any, text: str, story: Explanation, rank: int, alike: int, labels: Mapping[int, float]) -> dict[str, Any]:
    quotes = [
        {"quote": e.quote, "start": e.start, "end": e.end, "term": e.term, "list": e.list, "disguised": e.aggressive}
        for e in story.evidence
    ]
    start = max(0, min((e.start for e in story.evidence), default=0) - AROUND)
    end = max((e.end for e in story.evidence[:4]), default=0) + AROUND
    return {
        "id": unit.id,
        "moment": unit.moment.isoformat() if unit.moment else None,
        "week": unit.week,
        "source": unit.source,
        "excerpt": masked(text)[start:end],
        "excerpt_start": start,
        "quotes": masked_like(quotes, text),
        "because": masked_like({"zh": story.because.zh, "en": story.because.en}, text),
        "grade": Grade(rank).code,
        "label": labels.get(unit.id),
        "alike": alike,
    }
