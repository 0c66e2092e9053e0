"""What a back-test counts while it reads, chunk by chunk. Everything is a sum or a smallest-of, so the order and size of chunks change nothing, and all of it
is plain JSON, so that a killed back-test goes on where it stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

from risk.domain.grades import ALARM, Grade
from risk.services.backtest_judging import Outcome, Said, Worlds, cut
from risk.services.backtest_plan import reached
from risk.services.backtest_units import Chunk, Unit
from rules.items import WordList

POOL = 12
"""Hits kept a week, and near misses kept a part, from which samples are chosen."""

CONFIRMED = 0.5
"""A label of this or more counts as confirmed: a partly confirmed clue was no false alarm."""

SEED = 20_261_122

Group = list[Any]
"""The first unit of a would-be alert: moment (ISO) or None, id, region, grade."""


@dataclass
class Versions:
    """Units of one side of a comparison, how many are labelled, how many of these confirmed."""

    units: int = 0
    labelled: int = 0
    confirmed: int = 0

    def add(self, ids: Iterable[int], labels: Mapping[int, float]) -> None:
        """Count some units."""
        for number in ids:
            self.units += 1
            if number in labels:
                self.labelled += 1
                self.confirmed += labels[number] >= CONFIRMED


@dataclass
class RuleTally:
    """One rule looked at."""

    units: int = 0
    hits: int = 0
    misses: int = 0
    unknown: int = 0
    weeks: dict[str, list[int]] = field(default_factory=dict)
    months: dict[str, list[int]] = field(default_factory=dict)
    labelled: int = 0
    positives: int = 0
    positives_hit: int = 0
    labelled_hits: int = 0
    confirmed: int = 0
    both: dict[str, int] = field(default_factory=dict)
    alone: dict[str, int] = field(default_factory=lambda: asdict(Versions()))
    grades: dict[str, int] = field(default_factory=dict)
    gained: dict[str, Group] = field(default_factory=dict)
    sample: dict[str, list[list[Any]]] = field(default_factory=dict)
    near: dict[str, int] = field(default_factory=dict)
    near_sample: dict[str, list[list[Any]]] = field(default_factory=dict)
    unknown_by: dict[str, int] = field(default_factory=dict)
    versions: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass
class Tally:
    """Everything counted so far; ``cursor`` is the last unit that is in it."""

    cursor: int = 0
    units: int = 0
    weeks: dict[str, int] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    rules: dict[str, RuleTally] = field(default_factory=dict)
    lists: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    covers: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    change: dict[str, int] = field(default_factory=dict)
    gained: dict[str, Group] = field(default_factory=dict)
    lost: dict[str, Group] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Tally:
        """What :meth:`plain` wrote."""
        rules = {name: RuleTally(**one) for name, one in plain.get("rules", {}).items()}
        return cls(**{**plain, "rules": rules})


def add(tally: Tally, worlds: Worlds, chunk: Chunk, labels: Mapping[int, float]) -> None:
    """Count a chunk in."""
    for day, part in worlds.days(chunk):
        said = worlds.listen(part, day)
        _count_all(tally, said)
        for rule in worlds.trial.rules:
            _count_rule(tally.rules.setdefault(rule, RuleTally()), rule, worlds, said, labels)
        _count_lists(tally, worlds, said)
        _count_grades(tally, worlds, said)
        if worlds.trial.changed:
            _count_change(tally, worlds, said)
    tally.cursor = max(tally.cursor, chunk.units[-1].id)


def _count_all(tally: Tally, said: Said) -> None:
    tally.units += len(said.chunk.units)
    for unit in said.chunk.units:
        tally.weeks[unit.week] = tally.weeks.get(unit.week, 0) + 1
    for hits in (said.after, *said.others.values()):
        for j, rule in enumerate(hits.rules):
            fired = int((hits.fired[:, j] & said.fits(rule.lens)).sum())
            tally.others[rule.id] = tally.others.get(rule.id, 0) + fired


def _count_rule(one: RuleTally, rule: str, worlds: Worlds, said: Said, labels: Mapping[int, float]) -> None:
    lens = worlds.trial.after.rule_by_id[rule].lens
    fits = said.fits(lens)
    outcome = said.after.outcome[:, said.after.ids.index(rule)]
    rows = np.flatnonzero(fits).tolist()
    hit, unknown = fits & (outcome == 1), fits & (outcome == -1)
    one.units += len(rows)
    one.hits += int(hit.sum())
    one.misses += int((fits & (outcome == 0)).sum())
    one.unknown += int(unknown.sum())
    for row in rows:
        week = one.weeks.setdefault(said.chunk.units[row].week, [0, 0, 0])
        week[0] += 1
        week[1] += int(outcome[row] == 1)
        week[2] += int(outcome[row] == -1)
    _count_labels(one, rows, hit, said.chunk.units, labels)
    _count_overlap(one, rule, hit, said, labels)
    _count_samples(one, rule, worlds, said, hit, np.where(fits, outcome, 1).astype(np.int8))
    undecided = np.where(fits, outcome, 1).astype(np.int8)
    for number, found in worlds.probes.unknown(rule, said.parts, undecided).items():
        one.unknown_by[str(number)] = one.unknown_by.get(str(number), 0) + found
    if rule in said.before.ids and worlds.trial.changed:
        _count_versions(one, rule, worlds, said, outcome, labels)


def _count_labels(one: RuleTally, rows: Sequence[int], hit: Any, units: Sequence[Unit], labels: Mapping[int, float]) -> None:
    for row in rows:
        label = labels.get(units[row].id)
        if label is None:
            continue
        true = label >= CONFIRMED
        one.labelled += 1
        one.positives += true
        one.positives_hit += bool(true and hit[row])
        one.labelled_hits += bool(hit[row])
        one.confirmed += bool(true and hit[row])
        if hit[row]:
            month = one.months.setdefault(units[row].month, [0, 0])
            month[0] += 1
            month[1] += true


def _count_overlap(one: RuleTally, rule: str, hit: Any, said: Said, labels: Mapping[int, float]) -> None:
    model_others = np.zeros(len(hit), dtype=bool)
    for hits in (said.after, *said.others.values()):
        for j, other in enumerate(hits.rules):
            if other.id == rule:
                continue
            fired = hits.fired[:, j] & said.fits(other.lens)
            if hits is said.after:
                model_others |= fired
            if both := int((fired & hit).sum()):
                one.both[other.id] = one.both.get(other.id, 0) + both
    alone = Versions(**one.alone)
    alone.add((said.chunk.units[row].id for row in np.flatnonzero(hit & ~model_others).tolist()), labels)
    one.alone = asdict(alone)


def _count_versions(one: RuleTally, rule: str, worlds: Worlds, said: Said, outcome: Outcome, labels: Mapping[int, float]) -> None:
    old = said.before.outcome[:, said.before.ids.index(rule)]
    new_fits, old_fits = said.fits(worlds.trial.after.rule_by_id[rule].lens), said.fits(worlds.trial.before.rule_by_id[rule].lens)
    new_hit, old_hit = new_fits & (outcome == 1), old_fits & (old == 1)
    for name, mask in (("both", new_hit & old_hit), ("only_old", old_hit & ~new_hit), ("only_new", new_hit & ~old_hit)):
        side = Versions(**one.versions.get(name, {}))
        side.add((said.chunk.units[row].id for row in np.flatnonzero(mask).tolist()), labels)
        one.versions[name] = asdict(side)


def _count_samples(one: RuleTally, rule: str, worlds: Worlds, said: Said, hit: Any, outcome: Outcome) -> None:
    units = said.chunk.units
    for row in np.flatnonzero(hit).tolist():
        keep(one.sample.setdefault(units[row].week, []), rule, units[row])
    for number, mask in worlds.probes.near(rule, said.parts, outcome).items():
        one.near[str(number)] = one.near.get(str(number), 0) + int(mask.sum())
        pool = one.near_sample.setdefault(str(number), [])
        for row in np.flatnonzero(mask).tolist():
            keep(pool, rule, units[row])


def keep(pool: list[list[Any]], rule: str, unit: Unit, size: int = POOL) -> None:
    """Keep the units that come first in an order drawn once from the seed; copies of one content are one.

    >>> pool = []
    >>> for number in range(100):
    ...     keep(pool, "r", Unit(number, None, None, None, f"text {number % 50}", "", None), 3)
    >>> [(entry[1], entry[2]) for entry in pool] == [(entry[1], f"text {entry[1]}") for entry in pool], len(pool)
    (True, 3)
    """
    place = int.from_bytes(blake2b(f"{SEED}:{rule}:{unit.content}".encode(), digest_size=6).digest())
    if len(pool) == size and place > pool[-1][0]:
        return
    same = next((entry for entry in pool if entry[2] == unit.content), None)
    if same is not None:
        same[1] = min(same[1], unit.id)
        return
    pool.append([place, unit.id, unit.content])
    pool.sort()
    del pool[size:]


def _count_grades(tally: Tally, worlds: Worlds, said: Said) -> None:
    """What grade each unit that a rule hits has with the rule and without it."""
    column = {rule: j for j, rule in enumerate(said.after.ids)}
    fired = {r: said.after.fired[:, column[r]] & said.fits(worlds.trial.after.rule_by_id[r].lens) for r in worlds.trial.rules}
    rows = np.flatnonzero(np.any(np.stack(list(fired.values())), axis=0)).tolist()
    if not rows:
        return
    part = said.chunk.take(rows)
    hits = cut(said.after, rows)
    pairs = [(k, rule) for rule, mask in fired.items() for k, row in enumerate(rows) if mask[row]]
    with_rules = worlds.ranks_after(part, said.day, hits)
    without = worlds.ranks_without(part, said.day, hits, pairs)
    for (k, rule), low in zip(pairs, without.tolist(), strict=True):
        high = int(with_rules[k])
        one = tally.rules[rule]
        _moved(one.grades, low, high)
        if low < ALARM <= high:
            first(one.gained, part.units[k], high)


def _count_change(tally: Tally, worlds: Worlds, said: Said) -> None:
    """What changes for units in which any rule of the model says something else than in service."""
    old, new = ({r.id: h.outcome[:, j] for j, r in enumerate(h.rules)} for h in (said.before, said.after))
    silent = np.zeros(len(said.chunk.units), dtype=np.int8)
    differs = np.zeros(len(silent), dtype=bool)
    for rule in {*old, *new}:
        differs |= (old.get(rule, silent) == 1) != (new.get(rule, silent) == 1)
        if rule in worlds.altered:  # the same hits may weigh differently
            differs |= (old.get(rule, silent) == 1) | (new.get(rule, silent) == 1)
    rows = np.flatnonzero(differs | (worlds.apart and bool(worlds.learnt))).tolist()
    if not rows:
        return
    part = said.chunk.take(rows)
    low = worlds.ranks_before(part, said.day, cut(said.before, rows))
    high = worlds.ranks_after(part, said.day, cut(said.after, rows))
    for unit, one, other in zip(part.units, low.tolist(), high.tolist(), strict=True):
        _moved(tally.change, one, other)
        if one < ALARM <= other:
            first(tally.gained, unit, other)
        elif other < ALARM <= one:
            first(tally.lost, unit, one)


def _moved(grades: dict[str, int], low: int, high: int) -> None:
    step = f"{Grade(low).code}>{Grade(high).code}"
    grades[step] = grades.get(step, 0) + 1


def first(groups: dict[str, Group], unit: Unit, grade: int) -> None:
    """Remember the first unit of a would-be alert, and the gravest grade in it."""
    entry: Group = [unit.moment.isoformat() if unit.moment else None, unit.id, unit.region, grade]
    there = groups.get(unit.group)
    if there is None:
        groups[unit.group] = entry
        return
    earliest = min(there, entry, key=lambda e: (e[0] or "", e[1]))
    groups[unit.group] = [*earliest[:3], max(there[3], grade)]


def _count_lists(tally: Tally, worlds: Worlds, said: Said) -> None:
    """How often each word of the lists is seen, and how often only where another word of the list is seen too."""
    for name in lists_of(worlds):
        found, terms = said.inputs.hits(name), worlds.trial.after.list_by_name[name].terms
        counts, covers = tally.lists.setdefault(name, {}), tally.covers.setdefault(name, {})
        by_row: dict[int, list[tuple[int, int, str]]] = {}
        places = (np.asarray(column).tolist() for column in (found.row, found.start, found.end))
        for row, start, end, term in zip(*places, found.term, strict=True):
            by_row.setdefault(row, []).append((start, end, term if isinstance(term, str) else terms[int(term)]))
        for spans in by_row.values():
            for term in {term for _, _, term in spans}:
                counts.setdefault(term, [0, 0, 0])[0] += 1
            for start, end, term in spans:
                others = {other for low, high, other in spans if other != term and low < end and start < high}
                counts[term][1] += 1
                counts[term][2] += bool(others)
                for other in others:
                    pairs = covers.setdefault(term, {})
                    pairs[other] = pairs.get(other, 0) + 1


def lists_of(worlds: Worlds) -> tuple[str, ...]:
    """The lists that the rules looked at are made of."""
    after = worlds.trial.after
    found = {item.name for rule in worlds.trial.rules for item in reached(after.rule_by_id[rule], after) if isinstance(item, WordList)}
    return tuple(sorted(found))
