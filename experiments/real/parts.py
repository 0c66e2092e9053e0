"""Parts of a table: what a model may learn from, what it is measured on. Near-copies stay together; a seed decides, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from models.neardup import near_duplicate_groups
from models.split import grouped_folds

if TYPE_CHECKING:
    Part: TypeAlias = pd.DataFrame
else:
    Part = Any

QUARTER = 4
FIRM_TABLES = ("annual_report_info.csv", "tax_info.csv", "news_info.csv", "other_info.csv", "base_info.csv", "change_info.csv")


def read(path: Path) -> Part:
    """A CSV with every cell as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def held_out(texts: Sequence[str], labels: Any, seed: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """True for about a quarter of the rows: whole groups of near-copies, positives and rows spread evenly.

    >>> held_out(["月息三分保本保息", "早上好今天天气不错", "月息三分保本保息!", "明天一起吃饭吧朋友"], [1, 0, 1, 0], 7).tolist()[::2] in ([True, True], [False, False])
    True
    """
    groups = near_duplicate_groups(list(texts))
    return np.asarray(grouped_folds(groups, labels, QUARTER, seed) == 0)


def first_of_kind(texts: Sequence[str]) -> list[bool]:
    """True for the first row of each group of near-copies.

    >>> first_of_kind(["三个疗程根治糖尿病永不复发1", "早上好", "三个疗程根治糖尿病永不复发2"])
    [True, True, False]
    """
    seen: set[int] = set()
    return [not (g in seen or seen.add(g)) for g in near_duplicate_groups(list(texts)).tolist()]  # type: ignore[func-returns-value]


def unseen(texts: Sequence[str], trained_on: Sequence[str]) -> list[bool]:
    """True for texts without a near-copy among those that a model was trained on.

    >>> unseen(["三个疗程根治糖尿病永不复发1", "早上好"], ["三个疗程根治糖尿病永不复发2"])
    [False, True]
    """
    groups = near_duplicate_groups([*texts, *trained_on])
    known = set(groups[len(texts) :].tolist())
    return [g not in known for g in groups[: len(texts)].tolist()]


def sampled(table: Part, rows: int, seed: int) -> Part:
    """At most so many rows, drawn by a seed, in their order; 0 means all."""
    if not rows or len(table) <= rows:
        return table
    chosen = np.sort(np.random.default_rng(seed).choice(len(table), rows, replace=False))
    return table.iloc[chosen].reset_index(drop=True)


def firm_folder(source: Path, target: Path, labels: Part) -> Path:
    """A folder of firms with some of the labels; the other tables are whole, so that dates mean the same in every part."""
    target.mkdir(parents=True, exist_ok=True)
    for name in FIRM_TABLES:
        if (source / name).is_file():
            (target / name).write_bytes((source / name).read_bytes())
    labels.to_csv(target / "labels.csv", index=False)
    return target
