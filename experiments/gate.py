"""How often does the gate promote a challenger that is no better? And how often one that is? Scores with a known truth, thousands of comparisons.

    python -m experiments.gate --comparisons 1000

Champion and challenger read the same units with errors of their own, equally well (or, for the power, the challenger better), both calibrated. Settings
differ in how many units, positives and copies there are, how alike the two are, and above all in *whose verdicts are known*:

- ``sample``: every unit of a random sample is verified: the ideal;
- ``alerts, as if a sample``: only what the champion alerted, compared as it stands: what the gate must not do;
- ``alerts of both``: only what the champion alerted, compared where the challenger alerts too (`models.compare.common_support`);
- ``alerts and audit``: what the champion alerted, and a random share of the rest by its inverse probability.
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt

from experiments.record import RESULTS, heading, store_json, store_page
from models.compare import LEVEL, MIN_CLASS, common_support, compare
from models.grades import FIXED, wilson

Floats = npt.NDArray[np.float64]
LIMIT = 0.05
HARDEST = 8
"""The setting that is measured with intervals at 95 % too."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One world: ``n`` units, the share of positives, how far a score of theirs lies apart (``worth``, standard deviations), how alike the two models err."""

    known: str
    n: int
    base: float
    worth: float
    alike: float
    audit: float = 0.0
    better: float = 0.0
    """How much further apart the challenger sees them."""
    copies: int = 1
    """Units a group of near-duplicates, on average."""
    regions: int = 0
    """Slices of equal size."""
    capacity: float = 1.0
    """The share of the champion's alerts that the offices can verify, the surest first."""


SETTINGS = (
    Setting("sample", 160, 0.25, 2.0, 0.7),
    Setting("sample", 1000, 0.1, 2.0, 0.7),
    Setting("sample", 1000, 0.1, 2.0, 0.95),
    Setting("sample", 600, 0.2, 2.0, 0.7, copies=3),
    Setting("sample", 1000, 0.2, 2.0, 0.7, regions=4),
    Setting("alerts, as if a sample", 1500, 0.1, 2.5, 0.7),
    Setting("alerts of both", 8000, 0.1, 2.5, 0.7),
    Setting("alerts of both", 20_000, 0.05, 2.0, 0.5),
    Setting("alerts of both", 4000, 0.1, 2.5, 0.95),
    Setting("alerts of both", 30_000, 0.1, 2.0, 0.5, capacity=0.4),
    Setting("alerts and audit", 1500, 0.1, 2.5, 0.7, audit=0.08),
    Setting("alerts and audit", 3000, 0.05, 2.5, 0.7, audit=0.05),
    Setting("alerts and audit", 3000, 0.05, 2.5, 0.5, audit=0.2),
    Setting("alerts and audit", 10_000, 0.03, 2.5, 0.7, audit=0.02),
)
POWER = (
    Setting("sample", 1000, 0.1, 2.0, 0.7, better=0.5),
    Setting("sample", 1000, 0.2, 2.0, 0.7, better=0.5, regions=4),
    Setting("alerts of both", 8000, 0.1, 2.5, 0.7, better=0.5),
    Setting("alerts of both", 20_000, 0.05, 2.0, 0.5, better=1.0),
    Setting("alerts and audit", 3000, 0.05, 2.5, 0.7, audit=0.05, better=0.5),
    Setting("alerts and audit", 3000, 0.05, 2.5, 0.7, audit=0.2, better=0.5),
)


def draw(setting: Setting, rng: np.random.Generator) -> tuple[Floats, Floats, Floats, npt.NDArray[np.int64]]:
    """(truth, champion, challenger, group): calibrated probabilities of units, copies with nearly the same scores."""
    groups = max(1, setting.n // setting.copies)
    group = rng.integers(0, groups, setting.n) if setting.copies > 1 else np.arange(setting.n)
    truth = (rng.random(groups) < setting.base).astype(np.float64)
    shared = rng.normal(size=groups)

    def scored(worth: float) -> Floats:
        own = rng.normal(size=groups)
        seen = worth * truth + np.sqrt(setting.alike) * shared + np.sqrt(1 - setting.alike) * own
        seen = seen[group] + (0.1 * rng.normal(size=setting.n) if setting.copies > 1 else 0.0)
        odds = np.log(setting.base / (1 - setting.base)) + worth * seen - worth * worth / 2
        return np.asarray(1 / (1 + np.exp(-odds)))

    return truth[group], scored(setting.worth), scored(setting.worth + setting.better), group


def once(setting: Setting, seed: int, replicates: int, level: float) -> dict[str, Any]:
    """One comparison by the gate."""
    rng = np.random.default_rng([seed, setting.n])
    truth, old, new, group = draw(setting, rng)
    alerted, weights = old >= FIXED["blue"], np.ones(setting.n)
    if setting.capacity < 1.0:
        alerted &= old >= np.quantile(old[alerted], 1 - setting.capacity)
    rows = np.ones(setting.n, dtype=bool)
    if setting.known == "alerts, as if a sample":
        rows = alerted
    elif setting.known == "alerts of both":
        rows = common_support(old, new, alerted)
    elif setting.known == "alerts and audit":
        rows = alerted | (rng.random(setting.n) < setting.audit)
        weights = np.where(alerted, 1.0, 1.0 / setting.audit)
    slices = {"region": (rng.integers(0, setting.regions, setting.n)[rows]).tolist()} if setting.regions else None
    chosen = compare(
        old[rows], new[rows], truth[rows], weights=weights[rows], groups=group[rows], slices=slices,
        capacity=float(weights[rows].sum()) / 20, seed=seed, replicates=replicates, level=level,
    )  # fmt: skip
    return {"better": bool(chosen["better"]), "decided": bool(chosen["differences"]), "vetoed": bool(chosen["worse"])}


def measure(setting: Setting, comparisons: int, replicates: int, level: float) -> dict[str, Any]:
    """How often the challenger was promoted, with the 95 % interval (Wilson)."""
    found = [once(setting, seed, replicates, level) for seed in range(comparisons)]
    promoted = sum(one["better"] for one in found)
    low, high = wilson(promoted, comparisons)
    return {
        "setting": asdict(setting),
        "promoted": promoted,
        "comparisons": comparisons,
        "rate": promoted / comparisons,
        "low": low,
        "high": high,
        "decided": sum(one["decided"] for one in found) / comparisons,
    }


@click.command()
@click.option("--comparisons", default=1000, show_default=True)
@click.option("--replicates", default=300, show_default=True, help="of the bootstrap in each comparison")
@click.option("--level", default=LEVEL, show_default=True)
@click.option("--workers", default=2, show_default=True, help="processes; the figures do not hang on it")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), default=RESULTS, show_default=False)
def main(comparisons: int, replicates: int, level: float, workers: int, output: Path) -> None:
    """Measure the gate and store the result."""
    command = f"python -m experiments.gate --comparisons {comparisons} --replicates {replicates}"
    few = max(100, comparisons // 5)
    asked = (
        [(one, comparisons, level) for one in SETTINGS] + [(one, few, level) for one in POWER] + [(SETTINGS[HARDEST], comparisons, 0.95)]
    )
    with ProcessPoolExecutor(workers) as pool:
        jobs = [pool.submit(measure, setting, n, replicates, at) for setting, n, at in asked]
        found = []
        for job in jobs:
            found.append(job.result())
            click.echo(json.dumps(found[-1]))
    told: dict[str, Any] = {**heading(command), "level": level, "limit": LIMIT}
    told |= {"equal": found[: len(SETTINGS)], "better": found[len(SETTINGS) : -1], "at_95": found[-1]}
    store_json(output / "gate.json", told)
    store_page(output / "gate.md", page(told))


def page(told: dict[str, Any]) -> str:
    """The result for people."""
    lines = [
        "# The gate: how often it promotes a challenger",
        "",
        f"`{told['command']}`, commit {told['commit']}, {told['made']}. Intervals of the bootstrap at {told['level']:.0%}, of the rates below at 95 % (Wilson). "
        f"At least {MIN_CLASS} positives and negatives decide.",
        "",
        f"## A challenger that is no better (wanted: at most {told['limit']:.0%})",
        "",
        *_table(told["equal"]),
        "",
        "*Alerts, as if a sample* is what the gate does not do: verdicts exist for what the champion alerted, so the champion is compared where it was surest.",
        "",
    ]
    one = told["at_95"]
    lines += [
        f"With intervals at 95 % the setting *{one['setting']['known']}* of {one['setting']['n']:,} units would promote {_rate(one)}.",
        "",
    ]
    return "\n".join([*lines, "## A challenger that is better (power)", "", *_table(told["better"]), ""])


def _table(rows: list[dict[str, Any]]) -> list[str]:
    head = [
        "| verdicts known of | units | positives | worth | alike | audit | copies | slices | capacity | better by | promoted | could decide |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    return head + [
        f"| {s['known']} | {s['n']:,} | {s['base']:.0%} | {s['worth']} | {s['alike']} | {s['audit'] or '—'} | {s['copies']} | {s['regions'] or '—'} | {s['capacity']:.0%} | "
        f"{s['better'] or '—'} | {_rate(one)} | {one['decided']:.0%} |"
        for one in rows
        if (s := one["setting"])
    ]


def _rate(one: dict[str, Any]) -> str:
    return f"{one['rate']:.1%} [{one['low']:.1%}, {one['high']:.1%}] of {one['comparisons']:,}"


if __name__ == "__main__":
    main()
