"""What rules say of units, and what grade each unit would have with a rule and without it, by the real fusion.

A rule that is taken away is a rule that did not fire: learner, noisy-or, floors and caps see no difference. So one judgement answers for all rules: each pair
of a unit and a rule that fired in it becomes a row in which that rule is silent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from risk.scoring.inputs import TextInputs
from risk.scoring.keys import split_key
from risk.scoring.scorer import Aside, Learner, Reading, Scorer
from risk.services.backtest_parts import Probes
from risk.services.backtest_plan import Trial, keys_of
from risk.services.backtest_units import CHUNK, Chunk
from rules.evaluate import RuleHits, evaluate
from rules.pack import Pack

Ranks = npt.NDArray[np.int64]
Outcome = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Given:
    """What counts of the rules is told from outside (``Scorer(aside=…)``): outcomes in which some rule is silent."""

    hits: RuleHits
    unreadable: tuple[str, ...] = ()

    def kept(self, key: str, hits: RuleHits, reading: Reading) -> RuleHits:  # noqa: ARG002 - as ``scorer.KeptBack`` asks
        """The outcomes that count."""
        return self.hits

    def watched(self, key: str, hits: RuleHits, reading: Reading, pack: Pack, on: date | None) -> list[Aside]:  # noqa: ARG002
        """Nothing is watched."""
        return []

    def percents(self, model: str) -> dict[str, float]:  # noqa: ARG002
        """Every rule counts for every unit."""
        return {}

    def watches(self, model: str) -> list[int]:  # noqa: ARG002
        """Nothing is watched."""
        return []


@dataclass(frozen=True, eq=False)
class Said:
    """What rules say of the units of one day: the model's as tried and as in service, the parts of those looked at, and all other rules in service."""

    chunk: Chunk
    day: date | None
    after: RuleHits
    before: RuleHits
    parts: dict[str, Outcome]
    others: Mapping[str, RuleHits]
    inputs: TextInputs

    def fits(self, lens: str) -> npt.NDArray[np.bool_]:
        """The rows that a rule of that lens judges."""
        return self._fitting[lens]

    @cached_property
    def _fitting(self) -> dict[str, npt.NDArray[np.bool_]]:
        kinds = [unit.kind for unit in self.chunk.units]
        return {lens: np.array([kind is None or kind in mine for kind in kinds], dtype=bool) for lens, mine in _KINDS.items()}


def _kinds_of_lenses() -> dict[str, frozenset[str]]:
    from risk.services.passing import ALL_KINDS, KINDS

    kinds = {split_key(key)[1]: frozenset(kinds) for key, kinds in KINDS.items()}
    return {"": frozenset(ALL_KINDS), "firm": frozenset(), **kinds}


_KINDS = _kinds_of_lenses()
"""Lens of a rule → kinds of signals it judges; a rule without a lens judges what its model does, a firm rule none."""


class Worlds:
    """The rules as in service and as tried, with the learners in use, over the same units."""

    def __init__(self, trial: Trial, learners: Mapping[str, Learner] | None = None) -> None:
        self.trial = trial
        self.probes = Probes(trial.after, trial.rules)
        self.learners = dict(learners or {})
        self._tried = Scorer(learners, trial.tried)
        self._live = Scorer(learners, trial.live) if trial.changed else self._tried
        self.apart = trial.changed and _lists_differ(trial.live, trial.tried)
        """Whether a list says something else in the two worlds: then each reads the texts for itself."""
        shared = [replace(pack, name=f"{pack.name} as tried") for pack in trial.tried] if trial.changed and not self.apart else []
        self._reader = Scorer(packs=[*trial.live, *shared]) if shared else self._tried
        both = [rule for rule in trial.before.rule_by_id if rule in trial.after.rule_by_id] if trial.changed else []
        self.altered = frozenset(rule for rule in both if trial.standing(rule) == "changed")
        """Rules of the model, looked at or not, that are made of something else than in service."""
        self.learnt = frozenset(self._tried.learners) & frozenset(keys_of(trial.model))

    def days(self, chunk: Chunk) -> list[tuple[date | None, Chunk]]:
        """The chunk by days on which the same rules hold; mostly it stays whole."""
        dated = [r for pack in (*self.trial.live, *self.trial.tried) for r in pack.rules if r.valid_from or r.valid_to]
        found: dict[frozenset[int], list[int]] = {}
        for row, unit in enumerate(chunk.units):
            found.setdefault(frozenset(i for i, r in enumerate(dated) if r.in_force(unit.day)), []).append(row)
        if len(found) == 1:
            return [(chunk.units[0].day, chunk)]
        return [(chunk.units[rows[0]].day, chunk.take(rows)) for rows in found.values()]

    def listen(self, chunk: Chunk, day: date | None) -> Said:
        """Every rule over the units."""
        reading = self._reader.read(chunk.texts, chunk.around)
        after, parts = self.probes.rules_of(evaluate(self.probes.pack, reading.inputs, day))
        before = after
        if self.trial.changed:
            mine = self._live.read(chunk.texts, chunk.around).inputs if self.apart else reading.inputs
            before = evaluate(self.trial.before, mine, day)
        others = {pack.name: evaluate(pack, reading.inputs, day) for pack in self.trial.live if pack.name != self.trial.model}
        return Said(chunk, day, after, before, parts, others, reading.inputs)

    def ranks_after(self, chunk: Chunk, day: date | None, hits: RuleHits) -> Ranks:
        """The grades of units by the rules as tried, whose outcome is given."""
        return self._ranks(self._tried, self._reader, chunk, day, hits)

    def ranks_before(self, chunk: Chunk, day: date | None, hits: RuleHits) -> Ranks:
        """The grades of units by the rules in service."""
        reader = self._live if self.apart else self._reader
        return self._ranks(self._live, reader, chunk, day, hits)

    def ranks_without(self, chunk: Chunk, day: date | None, hits: RuleHits, pairs: Sequence[tuple[int, str]]) -> Ranks:
        """For each (row, rule): the grade of that unit if that rule were silent."""
        column = {rule: j for j, rule in enumerate(hits.ids)}
        found = [np.zeros(0, dtype=np.int64)]
        for start in range(0, len(pairs), CHUNK):
            some = pairs[start : start + CHUNK]
            rows = [row for row, _ in some]
            silent = cut(hits, rows)
            silent.outcome[np.arange(len(rows)), [column[rule] for _, rule in some]] = 0
            found.append(self.ranks_after(chunk.take(rows), day, silent))
        return np.concatenate(found)

    def _ranks(self, scorer: Scorer, reader: Scorer, chunk: Chunk, day: date | None, hits: RuleHits) -> Ranks:
        ranks = np.zeros(len(chunk.units), dtype=np.int64)
        if not len(ranks):
            return ranks
        reading = reader.read(chunk.texts, chunk.around)
        for key in keys_of(self.trial.model):
            mine = np.array([unit.of_key(key) for unit in chunk.units], dtype=bool)
            if mine.any():
                lens = split_key(key)[1]
                columns = [j for j, rule in enumerate(hits.rules) if rule.lens in (lens, "")]
                given = RuleHits(tuple(hits.rules[j] for j in columns), np.ascontiguousarray(hits.outcome[:, columns]))
                told = copy(scorer)
                told.aside = Given(given)
                judged = told.judge(reading, key, on=day)
                ranks[mine] = np.maximum(ranks[mine], judged.ranks[mine])
        return ranks


def cut(hits: RuleHits, rows: Sequence[int]) -> RuleHits:
    """The outcome of some rows, to be changed freely."""
    return RuleHits(hits.rules, np.array(hits.outcome[list(rows)], dtype=np.int8))


def _lists_differ(live: Sequence[Pack], tried: Sequence[Pack]) -> bool:
    old = {item.name: item for pack in live for item in pack.lists}
    return any(old.get(item.name, item) != item for pack in tried for item in pack.lists)
