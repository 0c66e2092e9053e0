"""Is what is injected flagged within two rounds, and what is flagged before anything happens? `models.drift` sees fields only.

The past (round 0) is the reference of each later round. A column counts as moved by the limits that the project ships (an index of 0.25 and p below 0.01),
and by half that index, for comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.simulation.evasion import Evasion
from experiments.simulation.figures import share
from experiments.simulation.truth import Truth, setting
from experiments.simulation.world import World
from models.drift import compare

INJECTED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "both": ("a new kind of offence, and the last channel grows from 10 % to 30 %", {}),
    "channel": ("the last channel grows from 10 % to 30 %", {"new_scheme": 0.0}),
    "new_scheme": ("a new kind of offence only: a third of 3 % of all units", {"mix_to": 0.10}),
}
LIMITS: Mapping[str, float] = {"warn": 0.10, "alarm": 0.25}
CHANCE = 0.01
WITHIN = 2


def drifting(replications: int, seed: int, **more: Any) -> dict[str, Any]:
    """By what is injected and by limit: the share of markets flagged within two rounds, and of rounds flagged before."""
    told: dict[str, Any] = {}
    for name, (words, change) in INJECTED.items():
        truth = setting("drift_only", **{**change, **more})
        flags = np.array([_market(truth, seed + k) for k in range(replications)])
        before, after = flags[:, : truth.drift_at - 1], flags[:, truth.drift_at - 1 :]
        told[name] = {"told": words}
        for j, limit in enumerate(LIMITS):
            told[name][limit] = {
                "flagged": share(int(after[:, :, j].any(axis=1).sum()), replications),
                "at_once": share(int(after[:, 0, j].sum()), replications),
                "before": share(int(before[:, :, j].sum()), int(before[:, :, j].size)),
            }
    return told


def _market(truth: Truth, seed: int) -> list[list[bool]]:
    """For each round until two after the injection: moved, by limit."""
    world, state = World(truth, seed), Evasion(truth, seed)

    def columns(number: int) -> dict[str, Any]:
        fields = dict(state.fields(world.round(number)))
        return {**fields, "channel": [str(int(c)) for c in fields["channel"]]}

    past, flags = columns(0), []
    for number in range(1, truth.drift_at + WITHIN):
        found = compare(past, columns(number))
        flags.append([any(one.moved(limit, CHANCE) for one in found) for limit in LIMITS.values()])
    return flags
