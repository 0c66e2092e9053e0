"""Do prediction sets keep their promise on real material, and does doubt find the mistakes? ``python -m experiments.doubt --data DIR [--only NAME]``

A model is trained on three quarters of a file (near-copies on one side) with what every training learns beside it, and used on the rest. Coverage is counted
for each class: of the positives (negatives), how many have *yes* (*no*) in their set; 0.90 is promised. Of the units called unsure and of the others: how many
are wrong at one half. Calibration on the part held out stands beside what chance alone would show. Results: numbers and commands only.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.real.parts import held_out, read
from experiments.record import RESULTS, heading, store_json, store_page
from models.grades import wilson
from models.labels import parse
from models.neardup import near_duplicate_groups
from models.reliability import reliability
from models.split import grouped_folds
from models.uncertainty import ALPHA, Uncertainty
from risk.scoring.scorer import Scorer
from risk.services.training import Trained, train_firms, train_texts

Parts = tuple[Trained, Any, Any, Any]
"""The trained model, probabilities of the part held out, their labels, their groups."""


def news(data: Path, seed: int) -> Parts:
    """Financial news: suspected illegal fundraising or not."""
    table = read(data / "finance_news_events.csv")
    return _texts("illegal_fundraising.report", table["text"].tolist(), parse("涉嫌非法集资", "", "|").labels(table["event_types"]), seed)


def posts(data: Path, seed: int) -> Parts:
    """Posts in ten languages that do or do not promote illicit drugs."""
    table = read(data / "illicit_drug_posts.csv")
    return _texts("illegal_drug_sales", table["text"].tolist(), table["label"].astype(float).to_numpy(), seed)


def firms(data: Path, seed: int) -> Parts:
    """Firms by their side tables: a quarter is held out."""
    from features.tabular import load_firms

    table = load_firms(data / "enterprise_fundraising")
    labels = read(data / "enterprise_fundraising" / "labels.csv").set_index("id")["label"].astype(float)
    y = labels.reindex(table.index.astype(labels.index.dtype)).to_numpy()
    away = grouped_folds(np.arange(len(y)), (y > 0).astype(float), 4, seed) == 0
    trained = train_firms(Scorer(), "illegal_fundraising.firm", table, np.where(away, np.nan, y), seed=seed)
    p = np.asarray(trained.fitted.model.predict(table[away], None, None))
    return trained, p, y[away], np.arange(int(away.sum()))


def _texts(key: str, texts: list[str], labels: Any, seed: int) -> Parts:
    away = held_out(texts, labels, seed)
    scorer = Scorer()
    learn = [text for text, out in zip(texts, away, strict=True) if not out]
    rest = [text for text, out in zip(texts, away, strict=True) if out]
    trained = train_texts(scorer, key, learn, labels[~away], seed=seed)
    reading = scorer.read(rest)
    p = np.asarray(trained.fitted.model.predict(reading.frame, scorer.rules(reading, key, None)[1], scorer.weights(key)))
    return trained, p, labels[away], near_duplicate_groups(rest)


EXPERIMENTS: dict[str, Callable[[Path, int], Parts]] = {"finance_news": news, "drug_posts": posts, "firms": firms}


def figures(trained: Trained, p: Any, y: Any, groups: Any) -> dict[str, Any]:
    """Coverage of each class, how many are unsure, how often sure and unsure ones are wrong, and calibration, out of fold and held out."""
    told = Uncertainty.of(trained.more["uncertainty"])
    (yes, no), unsure, up = told.sets(p), told.unsure(p), y > 0
    low, high = told.interval(p)
    wrong = (p >= 0.5) != up
    shown = reliability(p, y, groups=groups)
    out_of_fold = trained.more["reliability"]
    return {
        "n": len(p),
        "positives": int(up.sum()),
        "promised": 1 - ALPHA,
        "covered_positives": _share(yes[up]),
        "covered_negatives": _share(no[~up]),
        "unsure": _share(unsure),
        "wrong_when_sure": _share(wrong[~unsure]),
        "wrong_when_unsure": _share(wrong[unsure]),
        "mean_width": round(float((high - low).mean()), 4),
        "held_out": {name: shown[name] for name in ("ece", "noise", "brier_skill")},
        "out_of_fold": {name: out_of_fold[name] for name in ("n", "ece", "noise", "brier_skill")},
    }


def _share(flags: Any) -> list[float | None]:
    if not len(flags):
        return [None, 0.0, 1.0]
    low, high = wilson(float(flags.sum()), len(flags))
    return [round(float(flags.mean()), 4), round(low, 4), round(high, 4)]


def page(result: dict[str, Any]) -> str:
    """For people."""
    rows = [
        f"| {name} | {one['n']:,} / {one['positives']:,} | {_cell(one['covered_positives'])} | {_cell(one['covered_negatives'])} | "
        f"{_cell(one['unsure'])} | {_cell(one['wrong_when_sure'])} | {_cell(one['wrong_when_unsure'])} | "
        f"{_triple(one['held_out']['ece'])}, by chance {one['held_out']['noise']:.3f} | {_triple(one['held_out']['brier_skill'])} |"
        for name, one in result["found"].items()
    ]
    return "\n".join(
        [
            "# Where models are unsure",
            "",
            f"`{result['command']}`, {result['made']}, commit {result['commit']}. Promised coverage: {1 - ALPHA:.2f} of each class.",
            "",
            "| material | held out / positives | positives covered | negatives covered | unsure | wrong when sure | wrong when unsure | ECE held out | Brier skill |",
            "|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            "Intervals are 95 %: Wilson for shares, bootstrap of groups for the rest. *By chance*: the error that a perfectly calibrated model stays below in 95 % of draws.",
            "Sets of a strong model are empty, not double, between its two thresholds: neither label is usual there, which is unsure too. Of firms most have no record and",
            "share one low probability: both labels stay open for them, so *unsure* marks what is unknown there, and not where mistakes at one half lie.",
            "Baseline: a model without sets covers nothing by promise; its share of mistakes is the mean of the two columns of mistakes, weighted by *unsure*.",
            "",
        ]
    )


def _cell(share: Sequence[float | None]) -> str:
    value, low, high = share
    return "–" if value is None else f"{value:.3f} ({low:.3f}–{high:.3f})"


def _triple(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", choices=sorted(EXPERIMENTS))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    found: dict[str, Any] = {}
    for name in [asked.only] if asked.only else EXPERIMENTS:
        began = time.perf_counter()
        found[name] = figures(*EXPERIMENTS[name](asked.data, asked.seed))
        found[name]["seconds"] = round(time.perf_counter() - began, 1)
        print(name, found[name], flush=True)
    result = {**heading(f"python -m experiments.doubt --data DIR --seed {asked.seed}"), "found": found}
    if not asked.only:
        store_json(RESULTS / "doubt.json", result)
        store_page(RESULTS / "doubt.md", page(result))


if __name__ == "__main__":
    main()
