"""One replication of the market, drawn once and shown to every policy: units, what a check would find, and who is chosen by chance."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.simulation.offices import Findings, Offices
from experiments.simulation.truth import Truth
from experiments.simulation.world import Flags, Units, World


@dataclass(frozen=True)
class Market:
    """Rounds 0 (the past) to ``truth.rounds``."""

    truth: Truth
    seed: int
    offices: Offices
    rounds: tuple[Units, ...]
    findings: tuple[Findings, ...]

    @classmethod
    def of(cls, truth: Truth, seed: int) -> Market:
        """Everything that does not depend on what a policy does."""
        world, offices = World(truth, seed), Offices(truth, seed)
        rounds = tuple(world.round(number) for number in range(truth.rounds + 1))
        return cls(truth, seed, offices, rounds, tuple(offices.findings(units) for units in rounds))

    def inspected(self) -> Flags:
        """Which units of the past were inspected at random."""
        chosen: Flags = self.rounds[0].luck[:, 2] < self.truth.history
        return chosen

    @property
    def reserved(self) -> int:
        """Checks a week that random ones take from the capacity."""
        return 0 if self.truth.audit_on_top else round(self.truth.audit * self.truth.units)

    def starts(self, number: int) -> int:
        """The first week of a round: what is known by then may be used in it."""
        return number * self.truth.weeks
