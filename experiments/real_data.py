"""How good are the models on real material? ``python -m experiments.real_data --data DIR [--only NAME] [--home RISK_HOME]``

Each experiment writes parts of the files into a temporary folder and types the project's own commands (``risk train``, ``score``, ``evaluate``,
``intake``, ``run``); plain baselines see the same parts. Results: ``experiments/results/real_data.json`` and ``.md``, numbers and commands only.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from experiments.real import firms, intake, page, texts
from experiments.real.workshop import Workshop
from experiments.record import RESULTS, heading, store_json, store_page

EXPERIMENTS: dict[str, Callable[[Workshop], dict[str, Any]]] = {
    "labelled_messages": texts.labelled_messages,
    "finance_news": texts.finance_news,
    "drug_posts": texts.drug_posts,
    "alarms": texts.alarms,
    "firms": firms.firms,
    "intake": intake.intake,
}
NOTES = (
    "Every quarter or fold held out here is from files that the authors of rules and features have read: figures of rules on them are optimistic, "
    "and so, less, are those of trained models (features were chosen while looking). The parts held back elsewhere decide.",
    "Splits: near-copies (character 5-grams, overlap 0.6) are on one side; seeded; positives spread evenly.",
    "An alarm is a grade of blue or above; the plain baselines alarm at a probability of one half (one keyword), so compare best F1 and average "
    "precision with theirs. Intervals are 95 %: Wilson for shares, bootstrap of groups of near-copies for the rest.",
    "Slices with fewer than ten positives, and the labelled messages with near-copies counted once, are in the JSON only.",
    "Rows marked ignored (MED1, FUND1) count for nothing. The labels of labelled_messages come from two alike readers and are surer on paper than in truth.",
)


def measure(shop: Workshop, names: Sequence[str]) -> dict[str, Any]:
    """The experiments asked for, each with its heading."""
    found: dict[str, Any] = {}
    for name in names:
        print(name, flush=True)
        began = time.perf_counter()
        head = heading("")
        found[name] = {**EXPERIMENTS[name](shop), "made": head["made"], "commit": head["commit"], "rules": head["rules"]}
        found[name]["seconds"] = round(time.perf_counter() - began, 1)
    return found


def merged(before: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Earlier results stay where an experiment was not repeated; the order is always the same."""
    return {name: {**before, **found}[name] for name in EXPERIMENTS if name in before or name in found}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, store, say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("RISK_DATA_DIR"), help="folder of the material (or RISK_DATA_DIR)")
    parser.add_argument("--only", action="append", choices=list(EXPERIMENTS), help="one experiment; may be given again")
    parser.add_argument("--home", type=Path, help="a RISK_HOME with champions, as `risk demo` leaves one")
    parser.add_argument("--sample", type=int, default=20_000, help="rows of a file of negatives at most; 0: all")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS / "real_data.json")
    options = parser.parse_args(arguments)
    if options.data is None or not options.data.is_dir():
        sys.exit("--data: no folder of material given (see experiments/README.md)")
    names = [n for n in EXPERIMENTS if n in (options.only or EXPERIMENTS)]
    command = "python -m experiments.real_data --data DATA" + (" --home HOME" if options.home else "")
    with tempfile.TemporaryDirectory(prefix="risk-real-") as folder:
        home = options.home.absolute() if options.home else None
        shop = Workshop(options.data.absolute(), Path(folder), home, options.seed, options.sample)
        found = measure(shop, names)
    before = json.loads(options.output.read_text(encoding="utf-8"))["experiments"] if options.output.is_file() else {}
    result = {
        **heading(f"{command} --sample {options.sample} --seed {options.seed}"),
        "places": {"DATA": "the material", "WORK": "a temporary folder", "HOME": "a RISK_HOME that `risk demo` filled"},
        "notes": list(NOTES),
        "experiments": merged(before, found),
    }
    store_json(options.output, result)
    store_page(options.output.with_suffix(".md"), page.page(result))
    print(f"{options.output.name} and {options.output.with_suffix('.md').name} are written")


if __name__ == "__main__":
    main()
