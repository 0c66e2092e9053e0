"""The page of `experiments.firm_lens`: numbers in, Markdown out."""

from __future__ import annotations

from typing import Any

NAMES = {"roc_auc": "ROC-AUC", "average_precision": "average precision"}
GOALS = {"roc_auc": 0.82, "average_precision": 0.53}


def page(result: dict[str, Any]) -> str:
    """The whole page."""
    parts = [_head(result), _ranking(result), _calibration(result), _slices(result), _ablation(result), _ceiling(result), _notes(result)]
    return "\n\n".join(parts) + "\n"


def _told(found: dict[str, float], digits: int = 3) -> str:
    return f"{found['value']:.{digits}f} [{found['low']:.{digits}f}, {found['high']:.{digits}f}]"


def _head(r: dict[str, Any]) -> str:
    known, up = r["recorded"]
    return (
        f"# The firm lens beside a plain LightGBM\n\n`{r['command']}`, measured {r['made']}, commit {r['commit']}. {r['firms']:,} firms, {r['positives']} positive; "
        f"{known:,} have a row in a side table ({up} positive). {r['repeats']} repeats of {r['folds']} folds, the same for both; every firm is scored by "
        "models that have not seen it. *Plain* is LightGBM on the last annual report, sums and counts (`experiments/real/baselines.py`). "
        "Base information and changes are not in the material."
    )


def _ranking(r: dict[str, Any]) -> str:
    rows = ["| mean of the folds | goal | ours | plain | ours − plain | the same, pooled, firms drawn again |", "|---|---|---|---|---|---|"]
    for name, said in NAMES.items():
        ours, plain = (_told(r["mean_of_folds"][who][name]) for who in ("ours", "plain"))
        rows.append(
            f"| {said} | {GOALS[name]} | {ours} | {plain} | {_told(r['ours_minus_plain'][name])} | {_told(r['bootstrap_minus_plain'][name])} |"
        )
    met = [
        f"{said} {'is' if r['mean_of_folds']['ours'][name]['value'] >= GOALS[name] else '**is not**'} at its goal"
        for name, said in NAMES.items()
    ]
    note = (
        "Intervals over folds: corrected resampled t (Nadeau & Bengio 2003; 95 %). " + "; ".join(met) + ". "
        f"One fold takes {r['seconds']['ours']:.0f} s of one core (ours, with its inner folds and calibration), {r['seconds']['plain']:.1f} s (plain)."
    )
    return "## Ranking\n\n" + "\n".join(rows) + "\n\n" + note


def _calibration(r: dict[str, Any]) -> str:
    rows = ["| pooled, out of fold | ROC-AUC | average precision | Brier skill | ECE |", "|---|---|---|---|---|"]
    for who in ("ours", "plain"):
        for repeat, one in enumerate(r["pooled"][who]):
            cells = " | ".join(_told(one[name]) for name in ("roc_auc", "average_precision", "brier_skill", "ece"))
            rows.append(f"| {who}, repeat {repeat + 1} | {cells} |")
    return "## Calibration\n\nEqual-mass bins; intervals by bootstrap of firms.\n\n" + "\n".join(rows)


def _slices(r: dict[str, Any]) -> str:
    rows = [
        "| firms with | firms (positive) | ours: ROC-AUC | ours: average precision | plain: ROC-AUC | plain: average precision |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in r["slices"]["ours"].items():
        told = [r["slices"][who][name]["metrics"][metric] for who in ("ours", "plain") for metric in NAMES]
        cells = " | ".join("-" if t is None else _told(t) for t in told)
        rows.append(f"| {name} | {one['n']:,} ({one['positives']}) | {cells} |")
    return "## By slice (first repeat)\n\n" + "\n".join(rows)


def _ablation(r: dict[str, Any]) -> str:
    rows = ["| without | ROC-AUC, change | average precision, change |", "|---|---|---|"]
    rows += [f"| {who} | {_told(one['roc_auc'], 4)} | {_told(one['average_precision'], 4)} |" for who, one in r["ablation"].items()]
    if not r["ablation"]:
        return "## What each family of columns gives\n\nNot measured in this run."
    one = r["first_repeat"]
    said = f"On the first repeat ({one['roc_auc']:.4f}, {one['average_precision']:.4f}), then the same with a family of columns taken away."
    return f"## What each family of columns gives\n\n{said}\n\n" + "\n".join(rows)


def _ceiling(r: dict[str, Any]) -> str:
    c = r["ceiling"]
    perfect, twins = c["perfect_on_recorded"], c["best_of_equal_rows"]
    return (
        "## The ceiling\n\n"
        f"{c['pairs_of_two_firms_without_record']:.1%} of all pairs of a positive and a negative firm are two firms without a record, who look the same: a coin for any learner. "
        f"If every firm with a record were judged without a mistake, ROC-AUC would be {perfect['roc_auc']:.3f} and average precision {perfect['average_precision']:.3f}. "
        f"{c['recorded_firms_with_a_twin']:,} firms with a record have a twin that is the same in every column, {c['of_them_with_twins_of_both_labels']} of them twins of both labels; "
        f"a learner that knew the rate of every such group beforehand would reach {twins['roc_auc']:.3f} and {twins['average_precision']:.3f}: no learner reaches that, "
        "because it has read the labels that it is measured on."
    )


def _notes(r: dict[str, Any]) -> str:
    f = r["full_table_path"]
    return (
        "## The path with register and changes\n\n"
        f"The {f['firms_of_the_sample']} rows of the register's sample and made-up changes, beside the other tables: {f['scored']} firms of the sample are scored, "
        f"{f['columns_of_the_register_learnt']} columns of the register and {f['columns_of_changes_learnt']} of the changes are learnt from. "
        "That shows that the path runs and nothing of how good it is."
    )
