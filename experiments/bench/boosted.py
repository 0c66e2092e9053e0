"""A LightGBM model as large as a careless data scientist makes one, 500 trees of 63 leaves over 60 columns, trained on made-up numbers; and its reasons beside shap's."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import numpy as np

from experiments.bench.timing import Rival, race
from models.inputs import Floats
from models.trees import Trees

TREES, LEAVES, COLUMNS = 500, 63, 60
ROWS, EXPLAINED = 8_000, 120


def numbers(rows: int, seed: int) -> Floats:
    """Columns of numbers, some of them skewed."""
    made = np.random.default_rng(seed).normal(size=(rows, COLUMNS))
    made[:, ::3] = np.exp(made[:, ::3])
    return made


@cache
def trees(seed: int = 7) -> Trees:
    """The model; its size is asserted, not hoped for."""
    import lightgbm as lgb

    x = numbers(ROWS, seed)
    said = x[:, 0] * x[:, 1] - x[:, 3] + np.sin(2 * x[:, 4]) * x[:, 5] + x[:, 7:COLUMNS:5].sum(axis=1) / 3 + x[:, COLUMNS - 1]
    y = (said + np.random.default_rng(seed + 1).normal(size=ROWS) > np.median(said)).astype(np.float64)
    settings = {
        "objective": "binary", "num_leaves": LEAVES, "learning_rate": 0.05, "min_data_in_leaf": 10, "max_bin": 127, "verbosity": -1,
        "num_threads": 1, "seed": seed, "deterministic": True, "force_row_wise": True,
    }  # fmt: skip
    names = [f"column_{at}" for at in range(COLUMNS)]
    made = lgb.train(settings, lgb.Dataset(x, label=y, feature_name=names, free_raw_data=False), num_boost_round=TREES)
    assert made.num_trees() == TREES
    assert float(np.mean([one["num_leaves"] for one in made.dump_model()["tree_info"]])) > LEAVES * 0.95, (
        "trees smaller than they should be"
    )
    return Trees(made.model_to_string(), names)


def run() -> list[dict[str, Any]]:
    """Reasons of a few rows; shap is imported only for its turn."""
    before = "shap" in sys.modules  # a rival of another race may have brought it
    model, x = trees(), numbers(EXPLAINED, 11)
    ours = model.contributions(x)
    assert before or "shap" not in sys.modules, "our reasons import shap"
    import lightgbm as lgb
    import shap

    explainer = shap.TreeExplainer(lgb.Booster(model_str=model.text))
    theirs = np.column_stack([explainer.shap_values(x, check_additivity=False), np.full(EXPLAINED, explainer.expected_value)])
    assert float(np.abs(ours - theirs).max()) <= 1e-9, "reasons: not the same"
    rivals = [
        Rival("models.trees, without shap", lambda: model.contributions(x)),
        Rival("shap.TreeExplainer", lambda: explainer.shap_values(x, check_additivity=False)),
    ]
    note = f"LightGBM {TREES} trees of {LEAVES} leaves, {COLUMNS} columns; making the explainer (and importing shap) is not timed"
    return [race("reasons of a score", "rows/s", EXPLAINED, rivals, note=note)]
