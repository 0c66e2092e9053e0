"""How often does the gate promote a challenger that is drawn from the same distribution as the champion?

A pool of models, each trained by the project's learner on its own random inspections of one unchanging market. In each replication two of them are champion
and challenger, a fresh round comes, the champion's highest scores are warned of, some others are checked at random, and `models.compare` decides on the
verdicts. The pool is smaller than the number of replications, so pairs recur; later data never do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from experiments.simulation.evasion import Evasion
from experiments.simulation.figures import share
from experiments.simulation.learner import Floats, frame, scores, train
from experiments.simulation.offices import Offices
from experiments.simulation.policies import judged, turns
from experiments.simulation.truth import Truth, setting
from experiments.simulation.world import Flags, Units, World
from models.compare import compare
from models.text import TextModel

Gate = Callable[[Floats, Floats, Floats, Floats, Any, int], bool]


def _sample(old: Floats, new: Floats, verdict: Floats, probability: Floats, subject: Any, seed: int) -> bool:
    drawn = probability < 1
    return bool(compare(old[drawn], new[drawn], verdict[drawn], groups=subject[drawn], seed=seed)["better"])


def _loop(old: Floats, new: Floats, verdict: Floats, probability: Floats, subject: Any, seed: int) -> bool:
    return bool(judged(old, new, verdict, probability, subject, seed)["better"])


def _shared(old: Floats, new: Floats, verdict: Floats, probability: Floats, subject: Any, seed: int) -> bool:  # noqa: ARG001
    return bool(compare(old, new, verdict, groups=subject, seed=seed)["better"])


GATES: Mapping[str, tuple[str, Gate]] = {
    "loop": ("warnings and random checks, as the loop weighs them", _loop),
    "shared": ("what champion and challenger picked in turns, all rows alike", _shared),
    "inspections": ("a large random sample, all rows alike", _sample),
}


def promotion(replications: int, models: int, seed: int, **more: Any) -> dict[str, Any]:
    """By gate: the share of challengers that are promoted though they are no better."""
    truth = setting("still", **{"units": 750, **more})
    world, offices = World(truth, seed), Offices(truth, seed)
    state = Evasion(truth, seed)
    pool = [_trained(world, state, offices, truth, k) for k in range(1, models + 1)]
    rng = np.random.default_rng([seed, 8])
    promoted = dict.fromkeys(GATES, 0)
    for k in range(replications):
        a, b = rng.choice(len(pool), 2, replace=False)
        for name, better in _replication(world.round(1, models + 1 + k), state, offices, truth, pool[a], pool[b], k).items():
            promoted[name] += better
    return {name: {"told": told, "promoted": share(promoted[name], replications)} for name, (told, _) in GATES.items()} | {"models": models}


def _trained(world: World, state: Evasion, offices: Offices, truth: Truth, draw: int) -> TextModel:
    units = world.round(1, draw)
    verdict = offices.findings(units).confirmed
    chosen = np.flatnonzero((units.luck[:, 2] < truth.history) & ~np.isnan(verdict))
    rows = frame(state.texts(units), state.fields(units)).take(chosen)
    return train(rows, verdict[chosen], np.ones(len(chosen)), units.subject[chosen], draw)


def _replication(
    units: Units, state: Evasion, offices: Offices, truth: Truth, old: TextModel, new: TextModel, seed: int
) -> dict[str, bool]:
    rows = frame(state.texts(units), state.fields(units))
    first, second, verdict = scores(old, rows), scores(new, rows), offices.findings(units).confirmed
    told = {}
    for name, (_, gate) in GATES.items():
        asked, probability = _asked(name, units, offices, truth, first, second)
        chosen = np.flatnonzero(asked & ~np.isnan(verdict))
        told[name] = gate(first[chosen], second[chosen], verdict[chosen], probability[chosen], units.subject[chosen], seed)
    return told


def _asked(name: str, units: Units, offices: Offices, truth: Truth, first: Floats, second: Floats) -> tuple[Flags, Floats]:
    """Which units are checked for a gate, and how likely each was to be."""
    if name == "inspections":
        return units.luck[:, 2] < truth.history, np.full(units.n, truth.history)
    if name == "shared":
        return offices.warned(units, turns(units, first, second)), np.ones(units.n)
    warned = offices.warned(units, first)
    return warned | (units.luck[:, 2] < truth.audit), np.where(warned, 1.0, truth.audit)
