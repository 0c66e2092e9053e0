"""The firm lens against a plain LightGBM on the same repeated folds: ranking, calibration, slices, what each family of columns gives, and the ceiling.

    python -m experiments.firm_lens --data DIR [--work WORK] [--jobs 2] [--repeats 5]

DIR holds the folder ``enterprise_fundraising``. A firm is scored only by models that have not seen it; folds are drawn apart among firms with and without a
record, so that base rates do not run against the folds they are left out of. Finished folds are kept in WORK and not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pandas as pd

from experiments.firm_lens_page import page
from experiments.real import baselines
from experiments.record import RESULTS, heading, store_json, store_page
from features.tabular import PRESENT, load_firms
from models.firm import folds, recorded
from models.measure import by_slice, measure

Floats = npt.NDArray[np.float64]
KEY = "illegal_fundraising.firm"
FOLDS = 5
FAMILIES: dict[str, str] = {
    "each year of the reports by itself": r"report_lag\d_.*",
    "what reports leave open": r"report_((lag\d_)?missing(_least)?|blanks|\w+_told|\w+_course|\w+_values)",
    "all of the annual reports": r"report_.*",
    "tax": r"tax_.*",
    "news": r"news_.*",
    "judgments, brands, patents": r"other_.*",
    "index of five dimensions": r"index_.*",
}
"""Columns that are taken away, by regular expression."""
OTHERS = ("rates of firms that answered alike", "rules as columns")
"""What else is taken away."""


@dataclass(frozen=True, slots=True)
class Task:
    """One fold of one repeat for one learner: ours, ours without a family, or plain."""

    who: str
    repeat: int
    fold: int

    @property
    def file(self) -> str:
        return f"{self.who.replace(' ', '_').replace(',', '')}-{self.repeat}-{self.fold}.json"


def run(task: Task, source: str, work: str) -> None:
    """Learn from the other folds, score this one, keep the scores and the time."""
    target = Path(work) / task.file
    if target.exists():
        return
    table, y = _material(source)
    mine = _folds(table, y, task.repeat) == task.fold
    began = time.process_time()
    scores = _ours(task.who, table, y, mine, task.repeat)
    target.write_text(json.dumps({**asdict(task), "seconds": time.process_time() - began, "scores": scores.tolist()}), encoding="utf-8")


def plain(repeat: int, source: str, work: str) -> None:
    """The plain learner on all folds of a repeat."""
    tasks = [Task("plain", repeat, fold) for fold in range(FOLDS)]
    if all((Path(work) / task.file).exists() for task in tasks):
        return
    table, y = _material(source)
    where = _folds(table, y, repeat)
    began = time.process_time()
    scores = np.asarray(baselines.trees(baselines.firm_table(Path(source)), y, where, repeat))
    took = (time.process_time() - began) / FOLDS
    for task in tasks:
        told = {**asdict(task), "seconds": took, "scores": scores[where == task.fold].tolist()}
        (Path(work) / task.file).write_text(json.dumps(told), encoding="utf-8")


_KEPT: dict[str, tuple[pd.DataFrame, Floats]] = {}


def _material(source: str) -> tuple[pd.DataFrame, Floats]:
    if source not in _KEPT:
        table = load_firms(source)
        labels = pd.read_csv(Path(source) / "labels.csv", dtype={"id": str}).drop_duplicates("id").set_index("id")["label"]
        _KEPT[source] = table, labels.reindex(table.index).to_numpy(dtype=np.float64)
    return _KEPT[source]


def _folds(table: pd.DataFrame, y: Floats, repeat: int) -> Any:
    return folds(np.arange(len(y)), y, recorded(table, []), FOLDS, 100 + repeat)


def _ours(who: str, table: pd.DataFrame, y: Floats, mine: Any, repeat: int) -> Floats:
    """The product's own way: rules, learner, floors; without something where ``who`` names it."""
    from models import firm_alike
    from models.firm import train_firm
    from risk.scoring.firms import firm_rules, judge_firms
    from risk.scoring.scorer import Learner, Scorer

    scorer = _rules()
    learn = table[~mine]
    told = None if who == OTHERS[1] else firm_rules(scorer, learn)[1]
    if who in FAMILIES:
        learn = learn.loc[:, ~learn.columns.str.fullmatch(FAMILIES[who])]
    with patch.dict(firm_alike.GROUPS, clear=who == OTHERS[0]):
        model = train_firm(learn, told, y[~mine], rule_weights=scorer.weights(KEY), seed=repeat).model
    return np.asarray(judge_firms(Scorer({KEY: Learner(model, "measured")}), table[mine]).probability)


@cache
def _rules() -> Any:
    from risk.bootstrap import open_scorer
    from risk.settings import Settings

    return open_scorer(Settings.from_environment(), [KEY], rules_only=True)


def main() -> None:
    """Measure, store, tell where."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--no-ablation", action="store_true", help="leave out what each family of columns gives")
    given = parser.parse_args()
    source = str(given.data / "enterprise_fundraising")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory(prefix="firm-lens-") as scratch:
        work = given.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        os.environ["RISK_HOME"] = str(work / "home")
        tasks = [task for task in _tasks(given.repeats, ablate=not given.no_ablation) if task.who != "plain"]
        _material(source), _rules()  # read once: workers begin with them
        with ProcessPoolExecutor(given.jobs, mp_context=get_context("fork")) as pool:
            full = work / "full.json"
            simple = [pool.submit(full_table_path, source, full)]
            simple += [pool.submit(plain, repeat, source, str(work)) for repeat in range(given.repeats)]
            list(pool.map(run, tasks, [source] * len(tasks), [str(work)] * len(tasks)))
            for one in simple:
                one.result()
        result = heading("python -m experiments.firm_lens --data DIR") | figures(source, work, given.repeats, ablate=not given.no_ablation)
        result["full_table_path"] = json.loads(full.read_text(encoding="utf-8"))
    store_json(RESULTS / "firm_lens.json", result)
    store_page(RESULTS / "firm_lens.md", page(result))


def _tasks(repeats: int, *, ablate: bool) -> list[Task]:
    both = [Task(who, repeat, fold) for repeat in range(repeats) for who in ("plain", "ours") for fold in range(FOLDS)]
    single = [Task(who, 0, fold) for who in (*FAMILIES, *OTHERS) for fold in range(FOLDS)]
    return [*both, *single] if ablate else both


def figures(source: str, work: Path, repeats: int, *, ablate: bool) -> dict[str, Any]:
    """All figures from the scores that were kept."""
    table, y = _material(source)
    known = recorded(table, [])
    scores = {(task.who, task.repeat): _whole(task.who, task.repeat, table, y, work) for task in _tasks(repeats, ablate=ablate)}
    where = {repeat: _folds(table, y, repeat) for repeat in range(repeats)}
    each = {
        who: [_ranking(scores[who, r][where[r] == f], y[where[r] == f]) for r in range(repeats) for f in range(FOLDS)]
        for who in ("ours", "plain")
    }
    share = 1 / (FOLDS - 1)
    paired = {name: corrected_t([a[name] - b[name] for a, b in zip(each["ours"], each["plain"], strict=True)], share) for name in METRICS}
    one = each["ours"][:FOLDS]
    ablation = {}
    for who in (*FAMILIES, *OTHERS) if ablate else ():
        less = [_ranking(scores[who, 0][where[0] == f], y[where[0] == f]) for f in range(FOLDS)]
        ablation[who] = {name: corrected_t([a[name] - b[name] for a, b in zip(less, one, strict=True)], share) for name in METRICS}
    return {
        "firms": len(y),
        "positives": int(y.sum()),
        "recorded": [int(known.sum()), int(y[known].sum())],
        "repeats": repeats,
        "folds": FOLDS,
        "mean_of_folds": {who: {name: corrected_t([fold[name] for fold in each[who]], share) for name in METRICS} for who in each},
        "first_repeat": {name: float(np.mean([fold[name] for fold in one])) for name in METRICS},
        "ours_minus_plain": paired,
        "bootstrap_minus_plain": bootstrap_difference(scores, y, repeats),
        "pooled": {who: [_pooled(scores[who, r], y) for r in range(repeats)] for who in ("ours", "plain")},
        "slices": {who: by_slice(scores[who, 0], y, _slices(table), replicates=DRAWS) for who in ("ours", "plain")},
        "ablation": ablation,
        "ceiling": ceiling(table, y, known),
        "seconds": _seconds(work, repeats),
    }


DRAWS = 100
"""Bootstrap replicates of a figure."""
METRICS = ("roc_auc", "average_precision")


def _whole(who: str, repeat: int, table: pd.DataFrame, y: Floats, work: Path) -> Floats:
    where = _folds(table, y, repeat)
    result = np.full(len(y), np.nan)
    for fold in range(FOLDS):
        result[where == fold] = json.loads((work / Task(who, repeat, fold).file).read_text(encoding="utf-8"))["scores"]
    return result


def _ranking(p: Floats, y: Floats) -> dict[str, float]:
    found = measure(p, y, replicates=0)["metrics"]
    return {name: float(found[name]["value"]) for name in METRICS}


def _pooled(p: Floats, y: Floats) -> dict[str, Any]:
    found = measure(p, y, replicates=DRAWS)["metrics"]
    return {name: found[name] for name in (*METRICS, "brier_skill", "ece")}


def corrected_t(values: list[float], share: float) -> dict[str, float]:
    """Mean of figures of repeated folds with a 95 % interval that knows that training sets overlap: the variance is taken (1/J + test/train) times.

    Source: Nadeau & Bengio, *Inference for the Generalization Error*, Machine Learning 52 (2003), as used for repeated cross-validation by Bouckaert & Frank (2004).
    """
    from scipy import stats

    told = np.asarray(values)
    half = float(stats.t.ppf(0.975, len(told) - 1)) * float(np.sqrt((1 / len(told) + share) * told.var(ddof=1)))
    return {"value": float(told.mean()), "low": float(told.mean()) - half, "high": float(told.mean()) + half}


def bootstrap_difference(scores: dict[tuple[str, int], Floats], y: Floats, repeats: int) -> dict[str, dict[str, float]]:
    """The difference of pooled figures, mean over repeats, with firms drawn again (positives and negatives apart)."""
    from models.measure import CURVES, Curves, multiplicities

    curves = {who: [Curves(scores[who, r], y, 0.5) for r in range(repeats)] for who in ("ours", "plain")}
    at = [CURVES.index(name) for name in METRICS]

    def gap(weights: Floats) -> Floats:
        ours, plain = (np.mean([c.of(weights)[at] for c in curves[who]], axis=0) for who in ("ours", "plain"))
        return np.asarray(ours - plain)

    drawn = np.array([gap(m) for m in multiplicities(y, np.arange(len(y)), DRAWS, 0)])
    value, bounds = gap(np.ones(len(y))), np.quantile(drawn, [0.025, 0.975], axis=0)
    return {name: {"value": float(value[j]), "low": float(bounds[0, j]), "high": float(bounds[1, j])} for j, name in enumerate(METRICS)}


def _slices(table: pd.DataFrame) -> list[str]:
    flags = {"report": "annual report", "tax": "tax", "news": "news", "other": "judgments or brands"}
    found = {name: table[f"{stem}{PRESENT}"].to_numpy() > 0 for stem, name in flags.items()}
    told = []
    for row in range(len(table)):
        mine = [name for name in found if found[name][row]]
        told.append("no record" if not mine else f"{mine[0]} only" if len(mine) == 1 else "several tables")
    return told


def ceiling(table: pd.DataFrame, y: Floats, known: Any) -> dict[str, Any]:
    """What no learner of these tables can pass: firms without a record cannot be ordered, nor can firms whose rows are the same in every column."""
    perfect = np.where(known, np.where(y > 0, 2.0, -1.0), 0.0)
    content = table.fillna(-9e9).round(9).astype(str).agg("|".join, axis=1).to_numpy()
    groups = pd.Series(y).groupby(content)
    rate, size = groups.transform("mean").to_numpy(), groups.transform("size").to_numpy()
    up, down = float(y.sum()), float((1 - y).sum())
    blind = float(y[~known].sum()), float((1 - y[~known]).sum())
    return {
        "pairs_of_two_firms_without_record": blind[0] * blind[1] / (up * down),
        "perfect_on_recorded": _ranking(perfect, y),
        "best_of_equal_rows": _ranking(rate, y),
        "recorded_firms_with_a_twin": int(((size > 1) & known).sum()),
        "of_them_with_twins_of_both_labels": int(((rate > 0) & (rate < 1) & known).sum()),
    }


def _seconds(work: Path, repeats: int) -> dict[str, float]:
    def took(who: str) -> list[float]:
        files = [work / Task(who, r, f).file for r in range(repeats) for f in range(FOLDS)]
        return [float(json.loads(file.read_text(encoding="utf-8"))["seconds"]) for file in files]

    return {who: float(np.mean(took(who))) for who in ("ours", "plain")}


def full_table_path(source: str, target: Path) -> None:
    """Shows that training and scoring run with a register and changes: the sample of the register, changes made up in the shape that FIELDS.md tells."""
    from risk.scoring.firms import score_firms
    from risk.scoring.scorer import Scorer
    from risk.services.training import train_firms

    if target.exists():
        return
    folder = target.parent / "full"
    folder.mkdir(exist_ok=True)
    for path in Path(source).glob("*_info.csv"):
        (folder / path.name).write_bytes(path.read_bytes())
    sample = pd.read_csv(Path(source) / "base_info_sample.csv", dtype=str)
    sample.to_csv(folder / "base_info.csv", index=False)
    ids = sample["id"].tolist()
    changes = {"id": ids * 2, "bgxmdm": ["1", "2"] * len(ids), "bgq": "100", "bgh": "50", "bgrq": ["20190304", "2018-05-06"] * len(ids)}
    pd.DataFrame(changes).to_csv(folder / "change_info.csv", index=False)
    labels = pd.read_csv(Path(source) / "labels.csv", dtype=str)
    listed = pd.concat([labels, pd.DataFrame({"id": [i for i in ids if i not in set(labels["id"])]})])
    listed.to_csv(folder / "labels.csv", index=False)
    table = load_firms(folder)
    trained = train_firms(_rules(), KEY, table, listed["label"].to_numpy(dtype=np.float64))
    mine = score_firms(Scorer({KEY: trained.learner}), table.loc[ids])
    columns = set(trained.fitted.model.columns)
    found = {
        "firms_of_the_sample": len(ids),
        "scored": int(mine["probability"].between(0, 1).sum()),
        "with_all_five_dimensions_but_complaints": int((~mine["index_unknown"].str.contains("enticement|marker|compliance")).sum()),
        "columns_of_the_register_learnt": len([c for c in columns if c.startswith("base_")]),
        "columns_of_changes_learnt": len([c for c in columns if c.startswith("change_")]),
    }
    target.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
