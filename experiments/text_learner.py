"""The text learner on real labels: ``python -m experiments.text_learner --data DIR [--only report|drugs|together] [--output FOLDER]``.

Two tasks: the report lens on news of suspected illegal fundraising, and posts that promote illicit drugs. Of each, two questions.

*Out of fold*: how well does it rank and how true are its probabilities, beside character 1–4-grams with logistic regression in the same five folds of
whole groups of near-copies? Differences are paired: both are given the same draws of groups.
*Attacked*: trained on three quarters, with and without disguised copies; on the quarter that is left, how many positives pass a threshold that one in
a hundred negatives passes, as they are and disguised by sound, shape and separators? The attacks share nothing with the copies (`experiments.attacks`).
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from experiments.attacks import KINDS, OWN, USUAL, attack, public_tables
from experiments.real.baselines import NGRAMS, keywords, ngrams
from experiments.real.parts import held_out, read
from experiments.record import RESULTS, heading, store_json, store_page
from models import linear
from models.augment import Plan
from models.calibrate import cross_fitted
from models.compare import compare
from models.grades import wilson
from models.inputs import dense_texts
from models.labels import many, parse
from models.measure import measure
from models.split import folds_of, grouped_folds, near_duplicate_groups
from models.text import FOLDS, Fitted, train_text

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
SEED = 7
ALLOWED = 0.01
REPLICATES = 500
SHOWN = ("best_f1", "average_precision", "roc_auc", "brier_skill", "ece")
NEWS = "涉嫌非法集资"
BESIDE = ("涉嫌欺诈", "提现困难", "失联跑路")
"""Kinds of event that overlap with it."""
TASKS = {"report": "illegal_fundraising.report", "drugs": "illegal_drug_sales"}
QUESTIONS = {
    "report": "Report lens: news of suspected illegal fundraising (finance_news_events.csv, label 涉嫌非法集资)",
    "drugs": "Posts that promote illicit drugs (illicit_drug_posts.csv, ten languages)",
}
GOALS = {"report": {"best_f1": 0.88, "average_precision": 0.93}, "drugs": {"best_f1": 0.94, "average_precision": 0.97}}
NOTES = (
    "Values with 95 % intervals from bootstraps that draw whole groups of near-copies; expected calibration error in 15 bins of equal mass.",
    "Out of fold: every row is judged by a learner that has not seen its group, calibrated by a calibrator that has not seen its fold. The share of the "
    "trees (none, half, all) is chosen on the same folds, one choice of three.",
    f"Attacked: {USUAL:.0%} of the signs that an attack can change are changed; the threshold is passed by {ALLOWED:.0%} of the negatives of the held-out quarter as they are.",
    "Copies: half of the training texts once more, disguised by the project's own tables, at half weight; the attacks use other tables (own: written for measuring; "
    "public: the tables among the public material).",
)


def load(data: Path, name: str) -> tuple[list[str], Floats, list[str] | None]:
    """Texts, labels, and the language of each where the table knows it."""
    if name == "report":
        table = read(data / "finance_news_events.csv")
        return table["text"].tolist(), parse(NEWS, "", "|").labels(table["event_types"]), None
    table = read(data / "illicit_drug_posts.csv")
    return table["text"].tolist(), np.array([float(v) for v in table["label"]]), table["language"].tolist()


def fit(scorer: Scorer, name: str, texts: Sequence[str], y: Floats, plan: Plan | None = None) -> tuple[Fitted, dict[str, float]]:
    """What ``risk train`` does of a labelled file alone, with the seconds of its steps."""
    key, began = TASKS[name], time.process_time()
    reading = scorer.read(texts)
    seen = time.process_time()
    _, rules = scorer.rules(reading, key, None)
    judged = time.process_time()

    def look(copies: list[str], _rows: Any) -> Any:
        more = scorer.read(copies)
        return more.frame, scorer.rules(more, key, None)[1]

    fitted = train_text(reading.frame, rules, y, rule_weights=scorer.weights(key), seed=SEED, augment=plan, read=look)
    done = time.process_time()
    return fitted, {"features": seen - began, "rules": judged - seen, "training": done - judged, "together": done - began}


def out_of_fold(scorer: Scorer, name: str, texts: list[str], y: Floats, languages: list[str] | None) -> dict[str, Any]:
    """The learner, its linear part alone, and the plain baseline in the same folds; figures, and paired differences."""
    fitted, seconds = fit(scorer, name, texts, y)
    fold = grouped_folds(fitted.groups, y, FOLDS, SEED)
    plain, began = np.zeros(len(y)), time.process_time()
    for train, test in folds_of(fold, FOLDS):
        plain[test] = ngrams([texts[i] for i in train.tolist()], y[train])([texts[i] for i in test.tolist()])
    spent = time.process_time() - began
    judges: dict[str, Floats] = {
        "learner": fitted.out_of_fold,
        "its linear part alone": cross_fitted(np.asarray(fitted.linear_out_of_fold), y, fitted.weights, fold),
        NGRAMS: plain,
        "keywords": keywords(TASKS[name], texts),
    }
    slices: dict[str, Flags] = {"all": np.ones(len(y), dtype=bool)}
    if languages is not None:
        slices |= {one: np.array([x == one for x in languages]) for one in ("zh", "en", "th")}
    told: dict[str, Any] = {"lines": [], "differences": []}
    for where, rows in slices.items():
        how: dict[str, Any] = {"groups": fitted.groups[rows], "seed": SEED}
        for who, p in judges.items():
            told["lines"].append({"who": who, "on": where, **_figures(measure(p[rows], y[rows], threshold=0.5, **how))})
        for other in (NGRAMS, "its linear part alone"):
            paired = compare(judges[other][rows], judges["learner"][rows], y[rows], threshold=0.5, replicates=REPLICATES, **how)
            told["differences"].append({"of": "learner", "to": other, "on": where, "metrics": _rounded(paired["differences"])})
    report = fitted.report
    told["training"] = {
        "rows": report["n"],
        "positives": report["positives"],
        "groups": report["groups"],
        "share of the trees": report["trees_share"],
        "tried": [{k: round(v, 5) for k, v in one.items()} for one in report["trees_tried"]],
        "calibrator": report["calibrator"],
        "CPU seconds": {k: round(v, 1) for k, v in seconds.items()},
        "CPU seconds of the plain baseline, five fits": round(spent, 1),
    }
    return told


def together(scorer: Scorer, data: Path) -> dict[str, Any]:
    """Do labels that overlap help one another? The report lens with and without the out-of-fold scores of the kinds of event that come with it most often."""
    table = read(data / "finance_news_events.csv")
    rules = {NEWS: parse(NEWS, "", "|")} | {kind: parse(kind, "", "|") for kind in BESIDE}
    labels = many(table["event_types"], rules)
    y, reading = labels[NEWS], scorer.read(table["text"].tolist())
    outcomes, frame = scorer.rules(reading, TASKS["report"], None)[1], reading.frame
    dense = dense_texts(frame)
    groups = near_duplicate_groups(dense)
    fold = grouped_folds(groups, y, FOLDS, SEED)
    scores = {kind: linear.fit(dense, frame.words, labels[kind], np.ones(len(y)), fold, SEED)[1].start for kind in BESIDE}
    more = replace(frame, given=frame.columns.assign(**{f"beside_{k}": scores[kind] for k, kind in enumerate(BESIDE)}))
    how: dict[str, Any] = {"rule_weights": scorer.weights(TASKS["report"]), "groups": groups, "seed": SEED}
    alone, helped = (train_text(one, outcomes, y, **how).out_of_fold for one in (frame, more))
    paired = compare(alone, helped, y, groups=groups, threshold=0.5, replicates=REPLICATES, seed=SEED)
    return {
        "beside": {kind: {"positives": int(labels[kind].sum()), "both": int((labels[kind] * y).sum())} for kind in BESIDE},
        "alone": _figures(measure(alone, y, threshold=0.5, groups=groups, seed=SEED)),
        "with scores": _figures(measure(helped, y, threshold=0.5, groups=groups, seed=SEED)),
        "difference": _rounded(paired["differences"]),
    }


def attacked(scorer: Scorer, name: str, data: Path, texts: list[str], y: Floats) -> dict[str, Any]:
    """Recall at a fixed share of false alarms on a held-out quarter, as it is and disguised; with and without copies in training, and the baseline."""
    away = held_out(texts, y, SEED)
    learn, rest = np.flatnonzero(~away), np.flatnonzero(away)
    seen, known = [texts[i] for i in learn.tolist()], y[learn]
    judges: dict[str, Any] = {}
    for who, plan in (("learner", None), ("learner with copies", Plan())):
        fitted, seconds = fit(scorer, name, seen, known, plan)
        judges[who] = _judge(scorer, name, fitted)
        print(f"  {name}: {who}: {seconds['together']:.0f} s, copies {fitted.report['copies']}", file=sys.stderr, flush=True)
    judges[NGRAMS] = ngrams(seen, known)
    up, down = rest[y[rest] > 0], rest[y[rest] == 0]
    lawful, unlawful = [texts[i] for i in down.tolist()], [texts[i] for i in up.tolist()]
    group = near_duplicate_groups(dense_texts(scorer.read(unlawful).frame))
    told: dict[str, Any] = {"positives": len(up), "negatives": len(down), "lines": [], "differences": []}
    quiet = {who: judge(lawful) for who, judge in judges.items()}
    edge = {who: float(np.quantile(p, 1 - ALLOWED)) for who, p in quiet.items()}
    whole = np.zeros(len(texts))
    for who, judge in judges.items():
        whole[down], whole[up] = quiet[who], judge(unlawful)
        told["lines"].append({"who": who, "ranking": _figures(measure(whole[rest], y[rest], threshold=0.5, replicates=0))["metrics"]})
    ways: list[tuple[str, str, list[str], list[str]]] = [("as they are", "", unlawful, lawful[:0])]
    for tables in (OWN, public_tables(data)):
        for kind in KINDS:
            rng = np.random.default_rng(SEED)
            ways.append(
                (
                    kind,
                    tables.name,
                    [attack(t, kind, rng, USUAL, tables=tables) for t in unlawful],
                    [attack(t, kind, rng, USUAL, tables=tables) for t in lawful[:500]],
                )
            )
    caught: dict[tuple[str, str, str], Flags] = {}
    for way, table, disguised, calm in ways:
        for who, judge in judges.items():
            hit = judge(disguised) > edge[who]
            caught[who, way, table] = hit
            line: dict[str, Any] = {"who": who, "attack": way, "tables": table, "recall": _share(hit)}
            if calm:
                line["false alarms"] = _share(judge(calm) > edge[who])
                line["fall"] = _difference(hit, caught[who, "as they are", ""], group)
            told["lines"].append(line)
        pair = caught["learner with copies", way, table], caught["learner", way, table]
        told["differences"].append(
            {"of": "learner with copies", "to": "learner", "attack": way, "tables": table, "recall": _difference(*pair, group)}
        )
    return told


def _judge(scorer: Scorer, name: str, fitted: Fitted) -> Any:
    def judge(texts: Sequence[str]) -> Floats:
        reading = scorer.read(texts)
        return np.asarray(fitted.model.raw(reading.frame, scorer.rules(reading, TASKS[name], None)[1]))

    return judge


def _share(hit: Flags) -> list[float]:
    return [round(v, 4) for v in (float(hit.mean()), *wilson(float(hit.sum()), len(hit)))]


def _difference(one: Flags, other: Flags, group: npt.NDArray[Any]) -> list[float]:
    """Difference of two shares of the same rows, with a 95 % interval over draws of whole groups."""
    gap = one.astype(float) - other.astype(float)
    _, code = np.unique(group, return_inverse=True)
    sums, sizes = np.bincount(code, weights=gap), np.bincount(code)
    rng = np.random.default_rng(SEED)
    draws = [rng.integers(0, len(sums), len(sums)) for _ in range(REPLICATES)]
    spread = np.quantile([sums[d].sum() / sizes[d].sum() for d in draws], [0.025, 0.975])
    return [round(float(v), 4) for v in (gap.mean(), *spread)]


def _figures(found: dict[str, Any]) -> dict[str, Any]:
    return {"n": found["n"], "positives": found["positives"], "metrics": _rounded({k: found["metrics"][k] for k in SHOWN})}


def _rounded(metrics: dict[str, Any]) -> dict[str, list[float | None] | None]:
    return {
        k: None if m is None else [None if m[b] is None else round(float(m[b]), 4) for b in ("value", "low", "high")]
        for k, m in metrics.items()
        if k in SHOWN
    }


def page(result: dict[str, Any]) -> str:
    """Markdown of what was measured."""
    parts = ["# The text learner on real labels", "", f"`{result['command']}`, {result['made']}, commit {result['commit']}.", ""]
    parts += [f"- {note}" for note in result["notes"]]
    for name, one in result["tasks"].items():
        goals = ", ".join(f"{k.replace('_', ' ')} ≥ {v}" for k, v in GOALS[name].items())
        parts += ["", f"## {QUESTIONS[name]}", "", f"Goal: {goals}.", "", "### Out of fold", ""]
        parts += _head(["who", "on", "rows (positive)", *(m.replace("_", " ") for m in SHOWN)])
        for line in one["out_of_fold"]["lines"]:
            cells = [line["who"], line["on"], f"{line['n']:,} ({line['positives']:,})"]
            parts.append(_row([*cells, *(_cell(line["metrics"].get(m)) for m in SHOWN)]))
        parts += ["", "Paired differences:", "", *_head(["of", "to", "on", *(m.replace("_", " ") for m in SHOWN)])]
        for line in one["out_of_fold"]["differences"]:
            parts.append(_row([line["of"], line["to"], line["on"], *(_cell(line["metrics"].get(m), signed=True) for m in SHOWN)]))
        told = one["out_of_fold"]["training"]
        parts += ["", "Training: " + "; ".join(f"{k} {v}" for k, v in told.items() if k != "tried") + "."]
        parts += _attack_page(one["attacked"]) if "attacked" in one else []
    parts += _together_page(result["together"]) if "together" in result else []
    parts += ["", f"Peak memory of the whole measurement: {result['peak memory, GB']} GB."]
    return "\n".join(parts) + "\n"


def _together_page(told: dict[str, Any]) -> list[str]:
    beside = ", ".join(f"{kind} ({one['positives']}, {one['both']} of them both)" for kind, one in told["beside"].items())
    parts = [
        "",
        "## Labels that overlap: the report lens with out-of-fold scores of other kinds of event as columns",
        "",
        f"Beside: {beside}.",
        "",
    ]
    parts += _head(["who", *(m.replace("_", " ") for m in SHOWN)])
    for who in ("alone", "with scores"):
        parts.append(_row([who, *(_cell(told[who]["metrics"].get(m)) for m in SHOWN)]))
    return [*parts, _row(["difference", *(_cell(told["difference"].get(m), signed=True) for m in SHOWN)])]


def _attack_page(told: dict[str, Any]) -> list[str]:
    parts = ["", "### Attacked", "", f"Held-out quarter: {told['positives']} positives, {told['negatives']} negatives.", ""]
    for line in told["lines"]:
        if "ranking" in line:
            shown = "; ".join(f"{m.replace('_', ' ')} {line['ranking'][m][0]:.3f}" for m in SHOWN[:3])
            parts.append(f"- {line['who']}: {shown}")
    parts += ["", *_head(["attack", "tables", "who", "recall", "change", "false alarms on attacked negatives"])]
    for line in told["lines"]:
        if "attack" in line:
            cells = [_cell(line["recall"]), _cell(line.get("fall"), signed=True), _cell(line.get("false alarms"))]
            parts.append(_row([line["attack"], line["tables"] or "-", line["who"], *cells]))
    parts += ["", "What copies add to recall, paired:", "", *_head(["attack", "tables", "difference"])]
    return parts + [_row([x["attack"], x["tables"] or "-", _cell(x["recall"], signed=True)]) for x in told["differences"]]


def _head(names: Sequence[str]) -> list[str]:
    return [_row(names), "|" + "---|" * len(names)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(value: Sequence[float | None] | None, *, signed: bool = False) -> str:
    if value is None or value[0] is None:
        return "-"
    how = "+.3f" if signed else ".3f"
    bounds = "" if value[1] is None or value[2] is None else f" [{value[1]:{how}}, {value[2]:{how}}]"
    return f"{value[0]:{how}}{bounds}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, store the result as JSON and as a page; a task that is left out keeps what was stored of it."""
    import json

    from risk.scoring.scorer import Scorer

    parser = argparse.ArgumentParser(prog="python -m experiments.text_learner", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the public material")
    parser.add_argument("--only", choices=[*TASKS, "together"], action="append", help="these tasks alone")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder of the results")
    chosen = parser.parse_args(arguments)
    stored = chosen.output / "text_learner.json"
    before = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() and chosen.only else {"tasks": {}}
    scorer = Scorer()
    result: dict[str, Any] = {**heading("python -m experiments.text_learner --data DATA"), "notes": list(NOTES), "tasks": before["tasks"]}
    if "together" in before:
        result["together"] = before["together"]
    for name in [name for name in TASKS if not chosen.only or name in chosen.only]:
        texts, y, languages = load(chosen.data, name)
        result["tasks"][name] = {
            "out_of_fold": out_of_fold(scorer, name, texts, y, languages),
            "made": result["made"],
            "commit": result["commit"],
        }
        _store(result, chosen.output)
        result["tasks"][name]["attacked"] = attacked(scorer, name, chosen.data, texts, y)
        _store(result, chosen.output)
    if not chosen.only or "together" in chosen.only:
        result["together"] = together(scorer, chosen.data)
        _store(result, chosen.output)
    return 0


def _store(result: dict[str, Any], folder: Path) -> None:
    result["peak memory, GB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)
    store_json(folder / "text_learner.json", result)
    store_page(folder / "text_learner.md", page(result))


if __name__ == "__main__":
    sys.exit(main())
