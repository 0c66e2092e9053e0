"""Does the interval of recall hold the truth? Many markets, one round each; `models.audit.estimate` sees warnings, random checks and verdicts only.

The score is a plain list of half the telling words with some noise, so that no learner's time is spent; every unit's warning, verdict and random check are
the market's own. The same markets are used for every setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from experiments.simulation.figures import mean, share
from experiments.simulation.offices import Offices
from experiments.simulation.truth import Truth, setting
from experiments.simulation.world import Floats, Units, World
from models.audit import estimate

SETTINGS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "right_verdicts": ("every verdict is right: what the estimator promises", {"sensitivity": (1.0, 1.0), "specificity": (1.0, 1.0)}),
    "main": ("honest offices", {}),
    "little_audit": ("one unit of five hundred is checked at random", {"audit": 0.002}),
    "small_capacity": ("offices check a third", {"capacity": 12}),
    "noisy": ("verdicts are often wrong", {"sensitivity": (0.65, 0.80), "specificity": (0.96, 0.98)}),
}
DRAWS = 4000


def coverage(replications: int, seed: int, **more: Any) -> dict[str, Any]:
    """By setting: how often the interval holds the true recall of the very units, its width, and what recall among checked units would say."""
    base = setting("main", **more)
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in SETTINGS}
    for k in range(replications):
        units = World(base, seed + k).round(1 if k % 2 else base.drift_at)
        score = by_list(units, base, seed + k)
        for name, (_, change) in SETTINGS.items():
            found[name].append(_once(units, score, replace(base, **change), seed + k))
    return {name: {"told": SETTINGS[name][0], **_figures(rows)} for name, rows in found.items()}


def by_list(units: Units, truth: Truth, seed: int) -> Floats:
    """Half of the telling words count one each, a word of denial takes one away, a missing licence counts half; and noise."""
    rng = np.random.default_rng([seed, 7])
    known = np.append(rng.random((truth.schemes + 1) * truth.slots) < 0.5, [False])
    hits = known[units.telling].sum(axis=1)
    score: Floats = hits - (units.denial >= 0) + 0.5 * (units.licence == 0) + rng.normal(0, 0.3, units.n)
    return score


def _once(units: Units, score: Floats, truth: Truth, seed: int) -> tuple[float, ...]:
    offices = Offices(truth, seed)
    warned = offices.warned(units, score)
    checked = warned | (units.luck[:, 2] < truth.audit)
    verdict = np.where(checked, offices.findings(units).confirmed, np.nan)
    told = estimate(verdict, np.where(warned, 1.0, truth.audit), warned, draws=DRAWS, seed=seed)["recall"]
    low, high = told["low"], told["high"]
    assert low is not None
    assert high is not None
    real = float(units.offence[warned].sum() / units.offence.sum())
    confirmed = verdict == 1
    naive = float(warned[confirmed].mean()) if confirmed.any() else float("nan")
    return float(low <= real <= high), high - low, real, naive, float(confirmed[~warned].sum())


def _figures(rows: list[tuple[float, ...]]) -> dict[str, Any]:
    held, width, real, naive, missed = (np.array(column) for column in zip(*rows, strict=True))
    return {
        "covered": share(int(held.sum()), len(held)),
        "median_width": float(np.median(width)),
        "recall": mean(real.tolist()),
        "recall_among_checked": mean(naive.tolist()),
        "missed_found_by_chance": mean(missed.tolist()),
    }
