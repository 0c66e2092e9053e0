"""How fast is it, beside what one would write otherwise? ``python -m experiments.bench`` (some minutes on two quiet cores)

Tests assert no seconds: speed is measured here, on demand, and stored with its surroundings in ``experiments/results/bench.json`` and ``.md``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from experiments.bench import judging, matching, rule_engines, starting, taking_in, words
from experiments.real.page import table
from experiments.record import RESULTS, heading, store_json, store_page

RACES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "starting": starting.run,
    "words": words.run,
    "matching": matching.run,
    "judging": judging.run,
    "intake": taking_in.run,
}


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
    return "\n".join([*parts, "", table(["work", "way", "rate", "time, ours = 1"], rows)]) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, store, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=[*RACES, "engines"])
    parser.add_argument("--output", type=Path, default=RESULTS / "bench.json")
    options = parser.parse_args(arguments)
    if options.only is None or "engines" in options.only:
        rule_engines.main([])  # a page of its own: rule engines and automata of others
    if options.only == ["engines"]:
        return
    began = time.perf_counter()
    busy = os.getloadavg()[0]
    races = [race for name, run in RACES.items() if name in (options.only or RACES) for race in run()]
    result = {
        **heading("python -m experiments.bench"),
        "notes": [
            "Rivals take turns in one process; medians; equal results are asserted. Ratios of 1.3 and more mean something, absolute rates are of one machine.",
            "Slow rivals are given a part of the rows; their times are divided by that part. Tests assert no seconds.",
            f"Other work on the machine when it began: load {busy:.1f} on {os.cpu_count()} cores. "
            f"Whole run: {time.perf_counter() - began:.0f} s.",
        ],
        "races": races,
    }
    store_json(options.output, result)
    store_page(options.output.with_suffix(".md"), page(result))
    print(page(result))


if __name__ == "__main__":
    main()
