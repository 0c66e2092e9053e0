"""Runs the simulation and stores what came of it: ``python -m experiments.simulation [--quick] [--seed N] [--only PART]``

Parts: ``rounds`` (the main setting), ``settings`` (the others), ``coverage``, ``promotion``, ``drift``. Results: ``experiments/results/simulation.json`` and ``.md``,
plots in ``experiments/results/simulation``. ``--quick`` plays a tiny market once, to see that everything runs; it stores nothing unless ``--output`` says where.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from experiments.record import RESULTS, heading, store_json, store_page
from experiments.simulation.coverage import coverage
from experiments.simulation.drifting import drifting
from experiments.simulation.page import page, plots
from experiments.simulation.promotion import promotion
from experiments.simulation.sweep import sweep
from experiments.simulation.truth import SETTINGS, as_numbers, setting

OUTPUT = RESULTS / "simulation.json"
TINY: dict[str, Any] = {"units": 300, "subjects": 800, "rounds": 2, "drift_at": 2}
NOTES = (
    "The world (truth, world, evasion, drift, offices) shares no code with the project; its numbers were committed before any policy was run (see the log of experiments/simulation/truth.py).",
    "Policies were tried out on markets 1000 to 1002 of the main setting only; the figures are of other markets (seeds from --seed on).",
    "All policies see the same units with the same luck; offenders adapt to what each policy catches. Everybody starts with one model from random inspections of round 0.",
    "Precision at capacity: share of true offences among the warnings that offices could check. Truth is the world's, not the verdicts'.",
    "Intervals: Student's t over markets, Clopper and Pearson for shares of replications.",
)


def rounds(seed: int, *, quick: bool) -> dict[str, Any]:
    """The main setting, all policies."""
    more = TINY if quick else {}
    return {**sweep("main", 2 if quick else 6, seed, **more), "truth": as_numbers(setting("main", **more))}


def settings(seed: int, *, quick: bool) -> dict[str, Any]:
    """The other settings, fewer policies."""
    names = ["still"] if quick else [name for name in SETTINGS if name != "main"]
    return {name: sweep(name, 2 if quick else 3, seed, few=True, **(TINY if quick else {})) for name in names}


PARTS: dict[str, Callable[..., dict[str, Any]]] = {
    "rounds": rounds,
    "settings": settings,
    "coverage": lambda seed, quick: coverage(20 if quick else 600, seed, **(TINY if quick else {})),
    "promotion": lambda seed, quick: promotion(10 if quick else 500, 3 if quick else 20, seed),
    "drift": lambda seed, quick: drifting(3 if quick else 100, seed),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Play, store, say where."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tiny market")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="one part; may be given again; the others keep what is stored")
    parser.add_argument("--output", type=Path, help="where to store (default: experiments/results/simulation.json)")
    options = parser.parse_args(arguments)
    found = {}
    for name in options.only or PARTS:
        began = time.process_time()
        print(name, flush=True)
        head = heading("")
        found[name] = {**PARTS[name](options.seed, quick=options.quick)}
        print(f"{name}: {time.process_time() - began:.0f} s of CPU, commit {head['commit']}", flush=True)
    output = options.output or (None if options.quick else OUTPUT)
    if output is not None:
        store(output, found, options.seed, quick=options.quick)
        print(f"{output.name} and {output.with_suffix('.md').name} are written")


def store(output: Path, found: dict[str, Any], seed: int, *, quick: bool = False) -> None:
    """JSON, page and plots; parts that were not repeated stay."""
    before = json.loads(output.read_text(encoding="utf-8"))["parts"] if output.is_file() else {}
    parts = {name: {**before, **found}[name] for name in PARTS if name in before or name in found}
    command = f"python -m experiments.simulation --seed {seed}" + (" --quick" if quick else "")
    result = {**heading(command), "notes": list(NOTES), "parts": parts}
    store_json(output, result)
    folder = output.with_suffix("")
    for name, drawn in plots(parts).items():
        store_page(folder / name, drawn)
    store_page(output.with_suffix(".md"), page(result))


if __name__ == "__main__":
    main()
