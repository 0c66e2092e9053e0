"""The firm lens on the contest tables, in five folds: rules, trained, and LightGBM on sums and counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from experiments.real import baselines
from experiments.real.figures import lines
from experiments.real.parts import FIRM_TABLES, firm_folder, read
from experiments.real.workshop import Workshop
from models.measure import measure
from models.split import grouped_folds
from risk.scoring.offline import evaluate_scores

FIRM = ("illegal_fundraising", "--lens", "firm")
FOLDS = 5


def firms(shop: Workshop) -> dict[str, Any]:
    """Every firm is scored by a model that has not seen it; the five parts are measured as one, as ``risk evaluate`` measures."""
    source = shop.data / "enterprise_fundraising"
    labels = read(source / "labels.csv")
    y = labels["label"].astype(float).to_numpy()
    recorded = _recorded(shop, labels["id"])
    fold = grouped_folds(np.arange(len(y)), y, FOLDS, shop.seed)
    found = shop.evaluate(FIRM, "--firms", source, "--rules-only")
    told = lines("rules only", "all firms", found, shop.commands())
    scores = _scores(shop, labels, fold)
    measured = evaluate_scores(scores, y, None, threshold=None, slices=recorded)
    told += lines("trained", "all firms, 5 folds", measured, shop.commands())
    told.append(_mean_of_folds("trained", scores["probability"].to_numpy(), y, fold))
    plain = baselines.trees(baselines.firm_table(source), y, fold, shop.seed)
    who = "LightGBM on the last annual report, sums and counts"
    told += lines(who, "all firms, 5 folds", baselines.figures(plain, y, None, recorded))
    told.append(_mean_of_folds(who, plain, y, fold))
    about = {"firms": len(labels), "with a row in a side table": recorded.count("recorded")}
    skipped = ["base_info and change_info are not in the material; demo champion: the demo has no firm lens of these tables"]
    return {"question": "Does the firm lens rank firms by risk from their side tables?", "data": about, "lines": told, "skipped": skipped}


def _mean_of_folds(who: str, probability: Any, y: Any, fold: Any) -> dict[str, Any]:
    """The plain mean of the ranking figures of each fold: pooling ranks firms of different models against one another, which costs a little."""
    parts = [measure(probability[fold == one], y[fold == one], replicates=0)["metrics"] for one in range(FOLDS)]
    means = {name: round(float(np.mean([part[name]["value"] for part in parts])), 4) for name in ("average_precision", "roc_auc")}
    return {
        "who": who,
        "on": "mean of the folds",
        "n": len(y),
        "positives": int(y.sum()),
        "ignored": 0,
        "metrics": {name: [value, None, None] for name, value in means.items()},
    }


def _scores(shop: Workshop, labels: Any, fold: Any) -> pd.DataFrame:
    """What ``risk score`` says of each firm, by the model of the other folds, in the order of the list."""
    source = shop.data / "enterprise_fundraising"
    parts = []
    for one in range(FOLDS):
        learn = firm_folder(source, shop.work / f"firms{one}" / "learn", labels[fold != one])
        rest = firm_folder(source, shop.work / f"firms{one}" / "measure", labels[fold == one])
        out = shop.work / f"firms{one}.csv"
        model = shop.train(FIRM, f"firms{one}", (), "--firms", learn)
        shop.risk("score", *FIRM, "--firms", rest, "--using", model, "--output", out)
        parts.append(pd.read_csv(out, dtype={"id": str}, keep_default_na=False).set_index("id"))
    together: pd.DataFrame = pd.concat(parts).loc[labels["id"]].reset_index()
    together["probability"] = together["probability"].astype(float)
    return together


def _recorded(shop: Workshop, ids: Any) -> list[str]:
    """Whether a firm has a row in any side table."""
    known: set[str] = set()
    for name in FIRM_TABLES:
        path = shop.data / "enterprise_fundraising" / name
        if path.is_file():
            known |= set(read(path)["id"])
    return ["recorded" if one in known else "no record" for one in ids]
