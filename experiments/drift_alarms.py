"""How often does a watch over 120 columns cry wolf where nothing changed, and how often does it see what did? Made-up columns, by size of the windows.

    python -m experiments.drift_alarms --replications 25 --seed 0

60 numbers (bell-shaped, skewed, counts; a tenth unknown), 60 categories. Four rules of alarm: the index alone (0.25), p-values alone (0.01), p-values after Holm, and what
`models.drift` asks for: a large index, above its noise, with a p-value that holds after Holm. Then six columns are changed and the share of them that is seen is counted.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

from experiments import record
from models.drift import Drift, compare
from models.grades import wilson

NAME = "drift_alarms"
SIZES = (30, 60, 150, 500)
PSI, P = 0.25, 0.01
CHANGES = (
    "number shifted by 0.8 sd",
    "number spread doubled",
    "unknown from 10 % to 40 %",
    "count from 1 to 2",
    "category share 0.6 to 0.3",
    "new category 0.3",
)
RULES: dict[str, Callable[[Drift], bool]] = {
    "index alone": lambda one: one.psi >= PSI,
    "p alone": lambda one: one.p < P,
    "p after Holm": lambda one: one.p_holm < P,
    "models.drift": lambda one: one.moved(PSI, P),
}


def window(n: int, rng: np.random.Generator, *, changed: bool = False) -> dict[str, Any]:
    """One window; ``changed`` changes six of its columns, one in each of the ways of `CHANGES`."""
    told: dict[str, Any] = {}
    for i in range(60):
        x = (rng.normal(size=n), rng.lognormal(size=n), rng.poisson(1.0, n).astype(float))[i % 3]
        unknown = 0.1
        if changed and i < 4:
            x = (x + 0.8, rng.lognormal(size=n), rng.poisson(2.0, n).astype(float), x * 2)[i]
            unknown = 0.4 if i == 1 else 0.1
        told[f"number {i}"] = np.where(rng.random(n) < unknown, np.nan, x)
    for i in range(60):
        share = [0.6, 0.3, 0.1] if not (changed and i == 0) else [0.3, 0.6, 0.1]
        names = rng.choice(np.array(["a", "b", "c"], dtype=object), n, p=share)
        if changed and i == 1:
            names = np.where(rng.random(n) < 0.3, "new", names)
        told[f"name {i}"] = names.tolist()
    return told


CHANGED = ("number 0", "number 3", "number 1", "number 2", "name 0", "name 1")
"""The columns that are changed, in the order of `CHANGES`."""


def measure(n: int, replications: int, seed: int) -> dict[str, Any]:
    """Shares with Wilson intervals, by rule."""
    rng = np.random.default_rng(seed)
    wolf: dict[str, list[bool]] = {name: [] for name in RULES}
    seen: dict[str, dict[str, list[bool]]] = {name: {what: [] for what in CHANGES} for name in RULES}
    columns = []
    for _ in range(replications):
        before = window(n, rng)
        calm = compare(before, window(n, rng))
        columns.append(np.mean([one.psi >= PSI for one in calm]))
        loud: dict[str, Drift] = {one.name: one for one in compare(before, window(n, rng, changed=True))}
        for name, rule in RULES.items():
            wolf[name].append(any(rule(one) for one in calm))
            for what, column in zip(CHANGES, CHANGED, strict=True):
                seen[name][what].append(bool(rule(loud[column])))
    return {
        "rows": n,
        "columns_over_index": round(float(np.mean(columns)), 4),
        "false_alarm": {name: _share(found) for name, found in wolf.items()},
        "seen": {name: {what: _share(found) for what, found in parts.items()} for name, parts in seen.items()},
    }


def _share(found: list[bool]) -> dict[str, float]:
    low, high = wilson(sum(found), len(found))
    return {"value": round(sum(found) / len(found), 4), "low": round(low, 4), "high": round(high, 4)}


def page(result: dict[str, Any]) -> str:
    """The tables for people."""
    lines = [
        "# Drift: false alarms and what is seen",
        "",
        f"`{result['command']}`, {result['made']}, commit {result['commit']}. 120 columns, {result['replications']} pairs of windows a size; 95 % intervals by Wilson.",
        "",
        "Share of checks with any alarm though nothing changed:",
        "",
        "| rows a window | columns whose index passes 0.25 | " + " | ".join(RULES) + " |",
        "|---|---|" + "---|" * len(RULES),
    ]
    for one in result["sizes"]:
        cells = [
            f"{one['false_alarm'][name]['value']:.0%} ({one['false_alarm'][name]['low']:.0%}–{one['false_alarm'][name]['high']:.0%})"
            for name in RULES
        ]
        lines.append(f"| {one['rows']} | {one['columns_over_index']:.1%} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "Share of changed columns that `models.drift` sees:",
        "",
        "| rows a window | " + " | ".join(CHANGES) + " |",
        "|---|" + "---|" * len(CHANGES),
    ]
    for one in result["sizes"]:
        seen = one["seen"]["models.drift"]
        lines.append(f"| {one['rows']} | " + " | ".join(f"{seen[what]['value']:.0%}" for what in CHANGES) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all sizes and store the result with its page."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--replications", type=int, default=25)
    ask.add_argument("--seed", type=int, default=0)
    given = ask.parse_args()
    command = f"python -m experiments.drift_alarms --replications {given.replications} --seed {given.seed}"
    result = record.heading(command) | {"replications": given.replications}
    result["sizes"] = [measure(n, given.replications, given.seed + n) for n in SIZES]
    record.store_json(record.RESULTS / f"{NAME}.json", result)
    record.store_page(record.RESULTS / f"{NAME}.md", page(result))


if __name__ == "__main__":
    main()
