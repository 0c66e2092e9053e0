"""Does the 95 % interval of recall hold the truth when the audit sample is small and finds few or no positives? Made-up populations, truth known.

    python -m experiments.audit_coverage --replications 2000 --seed 0

Each replication draws a population (flagged and other units, each positive with its own probability), verifies by the design and asks `models.audit.estimate`.
Covered is counted twice: against the recall of the process, and against that of the very units drawn. Beside it: recall among verified units only, the delta
method on the Horvitz–Thompson counts, and Wilson on the missed share with the found taken as sure. No code of `models` makes the populations.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from experiments import record
from models.audit import estimate
from models.grades import wilson

NAME = "audit_coverage"
Interval = tuple[float, float]


@dataclass(frozen=True)
class Setting:
    """A population and a design. ``cut`` of the flagged were over capacity and are verified with ``cut_rate`` only; ``answers``: share of drawn units with a result."""

    name: str
    flagged: int
    precision: float
    others: int
    missed: float
    rate: float
    cut: float = 0.0
    cut_rate: float = 1.0
    mixed_rate: float = 0.0
    answers: float = 1.0
    only_verified: bool = False


SETTINGS = (
    Setting("hardly any missed", 200, 0.7, 4000, 0.001, 0.02),
    Setting("few missed, 1 % audit", 200, 0.7, 4000, 0.01, 0.01),
    Setting("few missed, 2 % audit", 200, 0.7, 4000, 0.01, 0.02),
    Setting("few missed, 5 % audit", 200, 0.7, 4000, 0.01, 0.05),
    Setting("many missed, 2 % audit", 200, 0.7, 4000, 0.05, 0.02),
    Setting("few alerts", 20, 0.6, 1000, 0.005, 0.05),
    Setting("poor model", 100, 0.3, 2000, 0.08, 0.05),
    Setting("tiny audit", 100, 0.7, 1000, 0.01, 0.01),
    Setting("half over capacity", 300, 0.6, 4000, 0.01, 0.02, cut=0.5, cut_rate=0.1),
    Setting("two rates", 200, 0.7, 4000, 0.01, 0.02, mixed_rate=0.1),
    Setting("one in five without an answer", 200, 0.7, 4000, 0.01, 0.05, answers=0.8),
    Setting("only verified units known", 200, 0.7, 4000, 0.01, 0.05, only_verified=True),
)


def population(one: Setting, rng: np.random.Generator) -> dict[str, np.ndarray[Any, Any]]:
    """One draw: real truth, what was verified, with which probability, flagged or not."""
    flagged = np.arange(one.flagged + one.others) < one.flagged
    real = (rng.random(len(flagged)) < np.where(flagged, one.precision, one.missed)).astype(float)
    second = np.arange(len(flagged)) % 2 == 1
    other_rate = np.where(second & (one.mixed_rate > 0), one.mixed_rate, one.rate)
    over = flagged & (np.arange(len(flagged)) >= one.flagged * (1 - one.cut))
    probability = np.where(flagged, np.where(over, one.cut_rate, 1.0), other_rate)
    seen = (rng.random(len(flagged)) < probability) & (rng.random(len(flagged)) < one.answers)
    told = np.where(seen, real, np.nan)
    keep = seen if one.only_verified else np.ones(len(flagged), dtype=bool)
    return {"real": real, "all_flagged": flagged, "truth": told[keep], "probability": probability[keep], "flagged": flagged[keep]}


def melded(drawn: dict[str, Any], seed: int) -> Interval:
    """What the program says."""
    told = estimate(drawn["truth"], drawn["probability"], drawn["flagged"], draws=4000, seed=seed)["recall"]
    assert told["low"] is not None
    assert told["high"] is not None
    return told["low"], told["high"]


def verified_only(drawn: dict[str, Any], seed: int) -> Interval:  # noqa: ARG001 - one shape for all
    """Recall among verified units, as if they were all there is."""
    y, flagged = drawn["truth"], drawn["flagged"]
    positive = y == 1
    return wilson(float(flagged[positive].sum()), float(positive.sum()))


def counts(drawn: dict[str, Any]) -> tuple[float, float, float, float]:
    """Horvitz–Thompson positives found and missed, with their estimated variances (Poisson sampling)."""
    y, w, flagged = np.nan_to_num(drawn["truth"]), 1 / drawn["probability"], drawn["flagged"]
    total = [float((w * y)[side].sum()) for side in (flagged, ~flagged)]
    spread = [float((w * w * y)[side].sum()) for side in (flagged, ~flagged)]
    return total[0], total[1], spread[0], spread[1]


def delta(drawn: dict[str, Any], seed: int) -> Interval:  # noqa: ARG001
    """Normal approximation."""
    found, missed, a, b = counts(drawn)
    every = found + missed
    if every == 0:
        return 0.0, 1.0
    half = 1.96 * float(np.sqrt(missed**2 * a + found**2 * b)) / every**2
    return found / every - half, found / every + half


def wilson_missed(drawn: dict[str, Any], seed: int) -> Interval:  # noqa: ARG001
    """Wilson on the share missed, the found taken as sure."""
    y, w, flagged = drawn["truth"], 1 / drawn["probability"], drawn["flagged"]
    found, missed, _, _ = counts(drawn)
    looked = ~flagged & ~np.isnan(y)
    size = float(w[looked].sum())
    n = size**2 / float((w[looked] ** 2).sum()) if looked.any() else 0.0
    low, high = wilson(missed / size * n if size else 0.0, n)
    size = size or 1e9
    return found / (found + high * size) if found else 0.0, found / (found + low * size) if found else 1.0


METHODS: dict[str, Callable[[dict[str, Any], int], Interval]] = {
    "melded (models.audit)": melded,
    "delta method": delta,
    "Wilson on the missed": wilson_missed,
    "verified units only": verified_only,
}


def measure(one: Setting, replications: int, seed: int) -> dict[str, Any]:
    """Coverage with its Wilson interval and median width, by method."""
    rng = np.random.default_rng(seed)
    process = one.flagged * one.precision / (one.flagged * one.precision + one.others * one.missed)
    rows: dict[str, list[tuple[bool, bool, float]]] = {name: [] for name in METHODS}
    found_none = 0
    for k in range(replications):
        drawn = population(one, rng)
        real, flagged = drawn["real"], drawn["all_flagged"]
        units = float(real[flagged].sum() / real.sum()) if real.any() else process
        found_none += not (drawn["truth"][~drawn["flagged"]] == 1).any()
        for name, method in METHODS.items():
            low, high = method(drawn, k)
            rows[name].append((low <= process <= high, low <= units <= high, min(high, 1.0) - max(low, 0.0)))
    return {
        "setting": asdict(one),
        "recall": process,
        "audit_found_none": found_none / replications,
        "methods": {name: _told(np.array(found, dtype=float)) for name, found in rows.items()},
    }


def _told(found: np.ndarray[Any, Any]) -> dict[str, Any]:
    n = len(found)
    told: dict[str, Any] = {"median_width": round(float(np.median(found[:, 2])), 4)}
    for j, name in enumerate(("process", "units")):
        hits = float(found[:, j].sum())
        low, high = wilson(hits, n)
        told[name] = {"value": round(hits / n, 4), "low": round(low, 4), "high": round(high, 4)}
    return told


def page(result: dict[str, Any]) -> str:
    """The table for people."""
    lines = [
        "# Coverage of the recall interval under an audit sample",
        "",
        f"`{result['command']}`, {result['made']}, commit {result['commit']}. Nominal 95 %; {result['replications']} replications a setting.",
        "Coverage of the recall of the process, with its Wilson interval; in brackets that of the very units drawn; then the median width.",
        "",
        "| setting | true recall | audit finds none | " + " | ".join(METHODS) + " |",
        "|---|---|---|" + "---|" * len(METHODS),
    ]
    for one in result["settings"]:
        cells = [
            f"{m['process']['value']:.1%} ({m['process']['low']:.1%}–{m['process']['high']:.1%}) [{m['units']['value']:.1%}], {m['median_width']:.2f}"
            for m in (one["methods"][name] for name in METHODS)
        ]
        lines.append(f"| {one['setting']['name']} | {one['recall']:.2f} | {one['audit_found_none']:.0%} | " + " | ".join(cells) + " |")
    worst = min(one["methods"]["melded (models.audit)"]["process"]["value"] for one in result["settings"])
    lines += ["", f"Least coverage of the melded interval over all settings: {worst:.1%}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all settings and store the result with its page."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--replications", type=int, default=2000)
    ask.add_argument("--seed", type=int, default=0)
    given = ask.parse_args()
    command = f"python -m experiments.audit_coverage --replications {given.replications} --seed {given.seed}"
    result = record.heading(command) | {"replications": given.replications}
    result["settings"] = [measure(one, given.replications, given.seed + i) for i, one in enumerate(SETTINGS)]
    record.store_json(record.RESULTS / f"{NAME}.json", result)
    record.store_page(record.RESULTS / f"{NAME}.md", page(result))


if __name__ == "__main__":
    main()
