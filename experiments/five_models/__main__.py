"""Train the six text lenses and measure them. ``python -m experiments.five_models --data DIR [--own-set] [--only KEY] [--seed N]``.

Without ``--own-set`` the project's blind set stays closed: it is opened for the figures that are kept, not while something is being chosen.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.attacks import KINDS, USUAL, attack
from experiments.five_models import figures
from experiments.five_models.judging import BOTH, LIBRARY, RULES, Court, Said
from experiments.five_models.material import Development, Measured, development, labelled_messages, own, split_lookalikes
from experiments.five_models.pages import page
from experiments.record import RESULTS, heading, store_json, store_page
from risk.scoring.keys import TEXT_KEYS
from risk.scoring.scorer import Scorer

Line = dict[str, Any]
FEW = 5
"""Fewer positives give no figure."""

NOTES = (
    "An alarm is blue or above. Shares have 95 % Wilson intervals; average precision and recall at 1 % false alarms a bootstrap of whole groups of near-copies (300 draws). "
    "Recall at 1 % false alarms: the best cut-off that at most 1 % of the honest texts reach, on the set itself (`own`), or among its honest texts and the 4,200 measured look-alikes together.",
    "`library`: what `risk train MODEL --cases` gives, nothing but the project's own passages and rules. `library + development`: with half of the look-alikes (a sample), everyday and "
    "promotional messages that no rule fires at, posts on illicit drugs (drug model; honest ones also for prescription drugs), and news with events (report lens). "
    "Everything nearly the same as a measured text is left out of training; near-copies are counted once in the bootstrap, not in the shares.",
    "Authors of rules have read the labelled messages and the look-alikes, and the weight of learner against rules was chosen while looking at them and at the library's held families: "
    "figures on them are optimistic. Nobody who wrote rules, passages or this code has read the own set.",
    "Attacks change every seventh sign of a positive (`experiments.attacks`, tables that training never sees); the fall is of recall at blue, in shares, with the interval of the paired difference.",
    "Twenty keywords: any of twenty words a model, written without looking at the measured rows (`experiments/real/baselines.py`).",
)


def ranking(court: Court, key: str, on: Measured, readings: Sequence[Any], honest: dict[str, Said]) -> Iterator[Line]:
    """How well positives are found among the honest texts of a set, and beside the look-alikes."""
    y = on.labels[key]
    if np.nansum(y) < FEW:
        return
    known = ~np.isnan(y)
    for who in court.judges(key):
        said = court.say(key, who, on, readings)
        p, groups = said.probability, on.groups
        beside = honest[who].probability
        all_p, all_y = np.concatenate([p[known], beside]), np.concatenate([y[known], np.zeros(len(beside))])
        all_groups = np.concatenate([groups[known], groups.max() + 1 + np.arange(len(beside))])
        yield {
            "model": key,
            "who": who,
            "on": on.name,
            "n": int(known.sum()),
            "positives": int(np.nansum(y)),
            "average_precision": figures.interval(figures.average_precision, p, y, groups, court.seed),
            "recall_at_1%": figures.interval(figures.recall_at, p, y, groups, court.seed),
            "recall_at_1%_beside_lookalikes": figures.interval(figures.recall_at, all_p, all_y, all_groups, court.seed),
            "recall_at_blue": figures.share(said.alarm[y == 1]),
            "alarms_at_blue": figures.share(said.alarm[y == 0]),
            "recall_by": {str(s): figures.share(said.alarm[m]) for s in sorted(set(on.slices)) if (m := _of(on, s) & (y == 1)).any()},
        }


def _of(on: Measured, name: str) -> Any:
    return np.array([one == name for one in on.slices])


def false_alarms(court: Court, key: str, on: Measured, readings: Sequence[Any]) -> tuple[list[Line], dict[str, Said]]:
    """Alarms on lawful and everyday texts, by judge and source; and what was said, for recall beside them."""
    said = {who: court.say(key, who, on, readings) for who in court.judges(key)}
    lines = [
        {
            "model": key,
            "who": who,
            "n": len(on.texts),
            "overall": figures.share(found.alarm),
            "by": {name: figures.share(found.alarm[_of(on, name)]) for name in sorted(set(on.slices))},
        }
        for who, found in said.items()
    ]
    return lines, said


def attacked(court: Court, key: str, on: Measured) -> Iterator[Line]:
    """Recall at blue before and after each attack."""
    rows = np.flatnonzero(on.labels[key] == 1)
    if len(rows) < FEW:
        return
    plain = _some(on, key, rows, [on.texts[i] for i in rows])
    before = {who: court.say(key, who, plain, court.readings(plain)) for who in court.judges(key)}
    for kind in KINDS:
        rng = np.random.default_rng([court.seed, KINDS.index(kind)])
        changed = _some(on, key, rows, [attack(text, kind, rng, USUAL) for text in plain.texts])
        readings = court.readings(changed)
        for who in court.judges(key):
            after = court.say(key, who, changed, readings)
            yield {
                "model": key,
                "who": who,
                "on": on.name,
                "attack": kind,
                "positives": len(rows),
                "before": figures.share(before[who].alarm),
                "after": figures.share(after.alarm),
                "fall": figures.fall(before[who].alarm, after.alarm, court.seed),
            }


def _some(on: Measured, key: str, rows: Any, texts: list[str]) -> Measured:
    labels = {key: on.labels[key][rows]}
    return Measured(on.name, texts, labels, [on.channels[i] for i in rows], [on.slices[i] for i in rows], on.groups[rows])


@dataclass(frozen=True, eq=False)
class Bench:
    """What is read once for all models."""

    messages: Measured
    lookalikes: Measured
    told: Development
    court: Court
    readings: list[Any]
    """Of the look-alikes."""

    @classmethod
    def read(cls, data: Path, seed: int, *, augment: bool) -> Bench:
        """Everything but the own set."""
        learnt_from, lookalikes = split_lookalikes(data, seed)
        court = Court(Scorer(), seed, augment)
        return cls(labelled_messages(data), lookalikes, development(data, learnt_from, seed), court, court.readings(lookalikes))

    def measure(self, key: str, *, blind: bool) -> dict[str, list[Line]]:
        """Everything of one model, as plain values."""
        sets = [self.messages, *([own(key)] if blind else [])]
        measured = [text for on in (*sets, self.lookalikes) for text in on.texts]
        cost = [self.court.train(key, who, told, measured) for who, told in ((BOTH, self.told), (LIBRARY, None))]
        alarms, honest = false_alarms(self.court, key, self.lookalikes, self.readings)
        lines, falls = [], []
        for on in sets:
            lines += list(ranking(self.court, key, on, self.court.readings(on), honest))
            falls += list(attacked(self.court, key, on))
        return {"cost": cost, "ranking": lines, "alarms": alarms, "attacks": falls}


def merged(before: dict[str, Any], found: dict[str, list[Line]], key: str) -> dict[str, Any]:
    """The lines of the model that was measured now, and what was stored of the others; in the order of the line-up.

    >>> merged({"alarms": [{"model": "illegal_drug_sales", "n": 1}]}, {"alarms": [{"model": "false_medical_advertising"}]}, "false_medical_advertising")
    {'alarms': [{'model': 'false_medical_advertising'}, {'model': 'illegal_drug_sales', 'n': 1}]}
    """
    kept = {name: [line for line in before.get(name, []) if line["model"] != key] for name in found}
    return {name: sorted([*kept[name], *lines], key=lambda line: TEXT_KEYS.index(line["model"])) for name, lines in found.items()}


def _training(cost: Sequence[Line]) -> Line:
    """What the training of all lenses with development labels took together, one after the other."""
    both = [one for one in cost if one["who"] == BOTH]
    return {
        "models": len(both),
        "seconds": round(sum(one["seconds"] for one in both), 1),
        "processor_seconds": round(sum(one["processor_seconds"] for one in both), 1),
        "peak_mb": max(one["peak_mb"] for one in both),
        "goal": {"seconds": 600, "peak_mb": 4096},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, store, say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("RISK_DATA_DIR"), required="RISK_DATA_DIR" not in os.environ)
    parser.add_argument("--own-set", action="store_true", help="open the blind set too")
    parser.add_argument("--only", action="append", choices=TEXT_KEYS, help="one model; may be given again; the others keep what is stored")
    parser.add_argument("--no-augment", dest="augment", action="store_false", help="without disguised copies in training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=RESULTS / "five_models.json")
    options = parser.parse_args(arguments)
    command = "python -m experiments.five_models --data DATA" + " --own-set" * options.own_set + " --no-augment" * (not options.augment)
    bench = Bench.read(Path(options.data), options.seed, augment=options.augment)
    for key in options.only or TEXT_KEYS:
        print(key, flush=True)
        found = bench.measure(key, blind=options.own_set)
        before = json.loads(options.output.read_text(encoding="utf-8")) if options.output.is_file() else {}
        lines = merged(before, found, key)
        result = {**heading(command), "notes": list(NOTES), "seed": options.seed, "training": _training(lines["cost"]), **lines}
        store_json(options.output, result)
        store_page(options.output.with_suffix(".md"), page(result, (RULES, LIBRARY, BOTH)))
    print(f"{options.output.name} and {options.output.with_suffix('.md').name} are written")


if __name__ == "__main__":
    main()
