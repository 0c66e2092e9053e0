"""How fast is it, beside what one would write otherwise? ``python -m experiments.bench`` (``make bench``; some ten minutes on two quiet cores)

Tests assert no seconds: speed is measured here, on demand, and stored with its surroundings in ``experiments/results/bench.json`` and ``.md``; the table of the
README is made of it. Everything runs in one process on one core with one thread a library. ``--only`` runs some races and keeps what was stored of the others.
``--long`` adds those that take an hour on a machine of their own: each step of judging, a million stored signals, two Spark workers; they store results of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from experiments.bench import readme
from experiments.bench.goals import judged
from experiments.real.page import table
from experiments.record import RESULTS, heading, store_json, store_page

RACES = {
    "rules": "rule_engines:batch",
    "row": "rule_engines:single",
    "online": "rule_engines:online",
    "terms": "many_terms:run",
    "words": "words:run",
    "pipeline": "pipeline:run",
    "alerts": "writing:run",
    "reasons": "boosted:run",
    "starting": "starting:run",
    "matching": "matching:run",
    "judging": "judging:run",
    "intake": "taking_in:run",
}
"""Each with the function that runs it."""

ENGINES = ("rules", "row", "online", "terms")
"""Those that have a page of their own too."""

LONG = (
    ("hot_path",),
    ("million", "--signals", "100000", "--signals", "1000000", "--turns", "3", "--database", "sqlite"),
    ("million", "--signals", "100000", "--signals", "1000000", "--turns", "3", "--database", "postgres"),
    ("spark",),
)
"""Modules of this package with a command of their own."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS")


def page(result: dict[str, Any]) -> str:
    """The races as a page for people."""
    parts = ["# Speed, beside plain ways of doing the same", "", f"`{result['command']}`, {result['made']}, commit {result['commit']}.", ""]
    parts += ["; ".join(f"{name} {number}" for name, number in result["versions"].items()) + ".", ""]
    parts += [f"- {note}" for note in result["notes"]]
    rows = []
    for one in result["races"]:
        for rival in one["rivals"]:
            first = rival is one["rivals"][0]
            what = one["what"] + (f" ({one['note']})" if one["note"] else "") if first else ""
            rows.append(
                [what, rival["name"], f"{rival['rate']:,.{1 if rival['rate'] < 100 else 0}f} {one['unit']}", f"{rival['ratio']:.2f}"]
            )
    goals = [
        [one.work, one.beside, one.wanted, one.measured or "not measured", {None: "", True: "met", False: "not met"}[one.met]]
        for one in judged(result["races"])
    ]
    parts += ["", table(["work", "way", "rate", "time, ours = 1"], rows), "", "## Goals", ""]
    return "\n".join([*parts, table(["work", "beside", "goal", "measured", ""], goals)]) + "\n"


def run(name: str) -> list[dict[str, Any]]:
    """The races of one name."""
    module, _, function = RACES[name].partition(":")
    began = time.perf_counter()
    found = getattr(import_module(f"experiments.bench.{module}"), function)()
    races: list[dict[str, Any]] = found if isinstance(found, list) else [found]
    taken, busy = time.perf_counter() - began, os.getloadavg()[0]
    print(f"{name}: {taken:.0f} s, load {busy:.1f}", flush=True)
    return [{**one, "name": name, "taken": round(taken, 1), "load": round(busy, 1)} for one in races]


def measure(output: Path, only: Sequence[str]) -> None:
    """Measure here and now, store after each race, print."""
    began, busy = time.perf_counter(), os.getloadavg()[0]
    before = json.loads(output.read_text(encoding="utf-8"))["races"] if only and output.is_file() else []
    races = [one for one in before if one.get("name", only[0]) not in only]
    for name in RACES:
        if name in (only or RACES):
            races += run(name)
            _store(output, sorted(races, key=lambda one: list(RACES).index(one.get("name", name))), began, busy)
    mine = [one for one in races if one["name"] in ENGINES]
    if output == RESULTS / "bench.json":
        if not only:
            import_module("experiments.bench.rule_engines").store(RESULTS / "rule_engines.json", mine, began, busy)
        readme.main([])
    print(page(json.loads(output.read_text(encoding="utf-8"))))


def _store(output: Path, races: list[dict[str, Any]], began: float, busy: float) -> None:
    result = {
        **heading("python -m experiments.bench"),
        "notes": [
            "Rivals take turns in one process on one core, one thread a library; medians; equal results are asserted before the clock runs.",
            "Times are of the processor, those of processes that were waited for included; what was waited on the wall stands in the JSON. "
            "Ratios of 1.3 and more mean something, absolute rates are of one machine.",
            "Slow rivals are given a part of the rows; their times are divided by that part. Tests assert no seconds.",
            f"Other work on the machine when it began: load {busy:.1f} on {os.cpu_count()} cores. "
            f"Whole run: {time.perf_counter() - began:.0f} s.",
        ],
        "races": races,
    }
    store_json(output, result)
    store_page(output.with_suffix(".md"), page(result))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command: the races in a process of their own, since cores and threads must be said before anything is imported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=list(RACES), default=[])
    parser.add_argument("--long", action="store_true", help="the long ones too")
    parser.add_argument("--output", type=Path, default=RESULTS / "bench.json")
    parser.add_argument("--here", action="store_true", help="measure in this process, which has been given one core")
    options = parser.parse_args(arguments)
    if options.here:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        measure(options.output, options.only)
        return
    chosen = [f"--only={name}" for name in options.only]
    command = [sys.executable, "-m", "experiments.bench", "--here", "--output", str(options.output), *chosen]
    subprocess.run(command, env={**os.environ, **dict.fromkeys(THREADS, "1")}, check=True)
    if options.long:
        for module, *more in LONG:
            subprocess.run([sys.executable, "-m", f"experiments.bench.{module}", *more], check=True)
        readme.main([])


if __name__ == "__main__":
    main()
