"""Who plays: what each does with verdicts. All start with the same model and the same capacity.

- *frozen*: the first model for ever.
- *alerts only*: learns at each round's end from all verdicts in hand, all alike, and always replaces the model.
- *the loop*: random checks, matured verdicts weighted by how likely each was to be asked for, and a gate: the new model replaces the old one only
  if the project's gate finds it better on later verdicts that neither has seen. What passed is then fitted again on those, too.
- *by risk*: the same with as many random checks, half of them among the tenth with the highest scores below the warnings.
- *shared*: champion and challenger take turns at the capacity, and are compared by what both picked.
- *ungated*: the loop that always replaces the model. *As shipped*: the loop that parts judges from teachers as `risk.services.retraining_data` does:
  subjects of judges teach nothing, and what passed stays as it was tested.
- *the oracle*: knows what is true. Nobody can do better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from experiments.simulation.learner import Floats, Frame, Ints, scores, train
from experiments.simulation.ledger import MOST_UNITS, Checked
from experiments.simulation.world import Flags, Units
from models.audit import inverse_weights
from models.compare import common_support, compare
from models.text import TextModel, TooFewLabelsError
from risk.services.retraining_challenge import MIN_AUDIT
from risk.services.retraining_data import HOLD_OUT

MATURITY = 1
"""Weeks for which a verdict rests, so that corrections come first (the project's default: seven days)."""
MOST_WEIGHT = 10.0
"""In training no verdict weighs more than so many of the least weighing (the project's default)."""
NEAR, NEAR_SHARE = 0.1, 0.5
"""By risk: which part of the units that are not warned of is near a warning, and its share of the random checks."""


class Policy(Protocol):
    """What the market asks of a player."""

    name: str

    def score(self, units: Units, rows: Frame) -> Floats:
        """A probability for each unit."""

    def order(self, number: int, units: Units, rows: Frame, score: Floats) -> Floats:
        """A number for each unit; the highest of each office and week are checked."""

    def checks(self, score: Floats, warned: Flags, rate: float) -> Floats | None:
        """How likely each unit that is not warned of is checked at random; None: no random checks."""

    def learn(self, ledger: Checked, week: int) -> str:
        """A round has ended; what was decided, in a word."""


class Frozen:
    """The first model for ever."""

    name = "frozen"

    def __init__(self, first: TextModel) -> None:
        self.model = first

    def score(self, units: Units, rows: Frame) -> Floats:  # noqa: ARG002 - one shape for all
        """Its probabilities."""
        return scores(self.model, rows)

    def order(self, number: int, units: Units, rows: Frame, score: Floats) -> Floats:  # noqa: ARG002
        """By probability."""
        return score

    def checks(self, score: Floats, warned: Flags, rate: float) -> Floats | None:  # noqa: ARG002
        """None."""
        return None

    def learn(self, ledger: Checked, week: int) -> str:  # noqa: ARG002
        """Nothing."""
        return "kept"


class AlertsOnly(Frozen):
    """All verdicts in hand, all alike, no question asked."""

    name = "alerts_only"

    def __init__(self, first: TextModel, seed: int) -> None:
        super().__init__(first)
        self.seed = seed

    def learn(self, ledger: Checked, week: int) -> str:
        """A new model, always."""
        known = ledger.take(ledger.known <= week)
        self.model = train(known.rows, known.verdict, np.ones(known.n), known.subject, self.seed)
        return "promoted"


@dataclass(frozen=True, slots=True)
class Rules:
    """How a loop works. ``judges``: the share of verdicts, the latest, that judge; of those the champion has not seen, or of all."""

    by_risk: bool = False
    gated: bool = True
    judges: float = 0.5
    of_all: bool = False
    subjects_apart: bool = False
    fitted_again: bool = True


LOOPS = {
    "loop": Rules(),
    "loop_by_risk": Rules(by_risk=True),
    "loop_ungated": Rules(gated=False),
    "loop_shared": Rules(),
    "loop_as_shipped": Rules(judges=HOLD_OUT, of_all=True, subjects_apart=True, fitted_again=False),
}


class Loop(Frozen):
    """Random checks, weights, maturity, and a gate."""

    def __init__(self, name: str, first: TextModel, seed: int, week: int) -> None:
        super().__init__(first)
        self.name, self.rules, self.seed, self.seen_until = name, LOOPS[name], seed, week

    def checks(self, score: Floats, warned: Flags, rate: float) -> Floats:
        """The same for all, or more near the warnings."""
        if not self.rules.by_risk:
            return np.full(len(score), rate)
        rest = ~warned
        near = rest & (score > np.quantile(score[rest], 1 - NEAR))
        each = rate * rest.sum()
        some, few = NEAR_SHARE * each / max(near.sum(), 1), (1 - NEAR_SHARE) * each / max((rest & ~near).sum(), 1)
        chances: Floats = np.where(near, min(1.0, some), few)
        return chances

    def learn(self, ledger: Checked, week: int) -> str:
        """A challenger from older verdicts, judged on the latest; ungated: from all of them, unjudged."""
        ripe = ledger.take(ledger.known <= week - MATURITY)
        try:
            if not self.rules.gated:
                self.model = self._fitted(ripe)
                return "promoted"
            return self._challenge(ripe)
        except TooFewLabelsError:
            return "too few"

    def _challenge(self, ripe: Checked) -> str:
        fresh = np.ones(ripe.n, dtype=np.bool_) if self.rules.of_all else ripe.known > self.seen_until
        if not fresh.any():
            return "nothing new"
        until = int(np.quantile(ripe.known[fresh], 1 - self.rules.judges, method="lower"))
        judges = ripe.take(ripe.known > until)
        teaching = ripe.known <= until
        if self.rules.subjects_apart:
            teaching &= ~np.isin(ripe.subject, judges.subject)
        challenger = self._fitted(ripe.take(teaching))
        old, new = scores(self.model, judges.rows), scores(challenger, judges.rows)
        told = judged(old, new, judges.verdict, judges.probability, judges.subject, self.seed)
        if not told["better"]:
            return "kept"
        again = self.rules.fitted_again
        self.model = self._fitted(ripe) if again else challenger
        self.seen_until = int(ripe.known.max()) if again else until
        return "promoted"

    def _fitted(self, known: Checked) -> TextModel:
        return train(known.rows, known.verdict, inverse_weights(known.probability, bound=MOST_WEIGHT), known.subject, self.seed)


def judged(old: Floats, new: Floats, verdict: Floats, probability: Floats, subject: Ints, seed: int) -> dict[str, Any]:
    """The project's gate on units that were checked with these probabilities (1: a warning): all by their inverse where enough were drawn at random,
    else those that both models would warn of (as `risk.services.retraining_challenge.gate`)."""
    drawn = probability < 1
    if int(drawn.sum()) >= MIN_AUDIT:
        return compare(old, new, verdict, weights=1 / probability, groups=subject, seed=seed)
    both = common_support(old, new, ~drawn, 0.0)
    return compare(old[both], new[both], verdict[both], groups=subject[both], seed=seed)


class Shared(Loop):
    """The loop whose challenger picks, too: champion and challenger take turns at the capacity of each office and week, so that both are checked where each is
    surest. They are compared by what they said before they could know, over all such units since the last promotion; a new challenger comes each round."""

    def __init__(self, name: str, first: TextModel, seed: int, week: int) -> None:
        super().__init__(name, first, seed, week)
        self.challenger: TextModel | None = None
        self.said: dict[int, tuple[Floats, Floats]] = {}

    def order(self, number: int, units: Units, rows: Frame, score: Floats) -> Floats:
        """First of the one, first of the other, second of the one …"""
        if self.challenger is None:
            return score
        other = scores(self.challenger, rows)
        self.said[number] = (score, other)
        return turns(units, score, other)

    def learn(self, ledger: Checked, week: int) -> str:
        """Who was better so far? And a new challenger."""
        ripe = ledger.take(ledger.known <= week - MATURITY)
        of_round = ripe.unit // MOST_UNITS
        picked = ripe.take((ripe.probability == 1) & np.isin(of_round, list(self.said)))
        pairs = [
            (self.said[int(r)][0][u], self.said[int(r)][1][u])
            for r, u in zip(picked.unit // MOST_UNITS, picked.unit % MOST_UNITS, strict=True)
        ]
        decision = "kept" if self.said else "nothing new"
        challenger = self._fitted(ripe)
        if pairs:
            old, new = np.array(pairs).T
            if compare(old, new, picked.verdict, groups=picked.subject, seed=self.seed)["better"]:
                decision, self.model, self.said = "promoted", challenger, {}
        self.challenger = challenger if decision != "promoted" else None
        return decision


def turns(units: Units, one: Floats, other: Floats) -> Floats:
    """Higher is sooner: the first of the one in its office and week, the first of the other, the second of the one …"""
    return -np.minimum(2.0 * places(units, one), 2.0 * places(units, other) + 1)


def places(units: Units, score: Floats) -> Floats:
    """The place of each unit in its office and week, 0 the highest score."""
    order = np.lexsort((-score, units.region, units.week))
    key = units.week[order] * (int(units.region.max()) + 1) + units.region[order]
    begin = np.maximum.accumulate(np.where(np.concatenate([[True], np.diff(key) != 0]), np.arange(len(key)), 0))
    found = np.empty(len(score))
    found[order] = np.arange(len(key)) - begin
    return found


class Oracle(Frozen):
    """Knows."""

    name = "oracle"

    def score(self, units: Units, rows: Frame) -> Floats:  # noqa: ARG002
        """What is true."""
        return units.offence.astype(np.float64)


def players(first: TextModel, seed: int, week: int, *, few: bool = False) -> tuple[Policy, ...]:
    """All policies, with the same first model; ``few``: without those that only vary the loop."""
    loops = [name for name in LOOPS if not few or name in ("loop", "loop_shared")]
    return (
        Frozen(first),
        AlertsOnly(first, seed),
        *((Shared if name == "loop_shared" else Loop)(name, first, seed, week) for name in loops),
        Oracle(first),
    )
