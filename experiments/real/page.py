"""The results as a page for people: one table an experiment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

METRICS = (
    ("precision", "precision"), ("recall", "recall"), ("f1", "F1"), ("best_f1", "best F1"), ("average_precision", "average precision"),
    ("roc_auc", "ROC-AUC"), ("brier_skill", "Brier skill"), ("ece", "ECE"), ("alarm_rate", "alarms"),
)  # fmt: skip


def page(result: dict[str, Any]) -> str:
    """Markdown of the whole result."""
    parts = ["# Measured on real material", "", f"`{result['command']}`, {result['made']}, commit {result['commit']}.", ""]
    parts += ["; ".join(f"{name} {number}" for name, number in result["versions"].items()) + ".", ""]
    parts += [f"- {note}" for note in result["notes"]]
    for name, one in result["experiments"].items():
        parts += ["", f"## {name}: {one['question']}", "", _facts(one), ""]
        parts += (
            intake_tables(one)
            if "intake" in one
            else [alarm_table(one["lines"]) if name == "alarms" else figure_table(telling(one["lines"]))]
        )
        parts += ["", *(f"- not measured: {reason}" for reason in one["skipped"])]
    return "\n".join(parts).rstrip() + "\n"


FEW = 10
"""Slices with fewer positives, and the repeats with near-copies counted once, are in the JSON only."""


def telling(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines worth a row on the page: all but small slices (``on`` names a slice after a comma) and near-repeats of the line before."""
    return [
        line
        for line in lines
        if line["on"] != "near-copies once" and ("commands" in line or "folds" in line["on"] or line["positives"] >= FEW)
    ]


def figure_table(lines: Sequence[dict[str, Any]]) -> str:
    """Who, on what, rows, and the figures that any line has.

    >>> print(figure_table([{"who": "rules", "on": "posts", "n": 9, "positives": 3, "metrics": {"recall": [0.5, 0.25, 0.75]}}]))
    | who | on | rows (positive) | recall |
    |---|---|---|---|
    | rules | posts | 9 (3) | 0.500 [0.25, 0.75] |
    """
    used = [(key, title) for key, title in METRICS if any(key in line["metrics"] for line in lines)]
    rows = [
        [line["who"], line["on"], f"{line['n']:,} ({line['positives']:,})", *(cell(line["metrics"].get(key)) for key, _ in used)]
        for line in lines
    ]
    return table(["who", "on", "rows (positive)", *(title for _, title in used)], rows)


def alarm_table(lines: Sequence[dict[str, Any]]) -> str:
    """Who by row, slice by column: the share of alarms."""
    wheres = list(dict.fromkeys(line["on"] for line in lines))
    whos = list(dict.fromkeys(line["who"] for line in lines))
    at = {(line["who"], line["on"]): line for line in lines}
    counts = {line["on"]: line["n"] for line in lines}
    rows = [[who, *(percent(at.get((who, where))) for where in wheres)] for who in whos]
    return table(["share of rows that alarm", *(f"{where} ({counts[where]:,})" for where in wheres)], rows)


def intake_tables(one: dict[str, Any]) -> list[str]:
    """What became of the rows; what became of the candidates."""
    names = ("file", "rows", "accepted", "duplicates", "quarantined", "seconds", "balanced")
    first = table([*names, "notes"], [[*(_plain(row[n]) for n in names), _notes(row["notes"])] for row in one["intake"]])
    columns = list(one["runs"][0])
    return [first, "", table(columns, [[_plain(row[c]) for c in columns] for row in one["runs"]])]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table; a bar in a cell is escaped."""
    told = [[c.replace("|", "\\|") for c in row] for row in (head, *rows)]
    told.insert(1, ["---"] * len(head))
    return "\n".join("|" + "|".join(c if c == "---" else f" {c} " for c in row) + "|" for row in told)


def cell(figure: Sequence[float | None] | None) -> str:
    """A value with its interval."""
    if not figure or figure[0] is None:
        return "-"
    value, low, high = figure
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} [{low:.2f}, {high:.2f}]"


def percent(line: dict[str, Any] | None) -> str:
    """A share of alarms with its interval, in per cent."""
    if line is None or "alarm_rate" not in line["metrics"]:
        return "-"
    value, low, high = line["metrics"]["alarm_rate"]
    return f"{value:.2%} [{low:.1%}, {high:.1%}]"


def _facts(one: dict[str, Any]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in one["data"].items()) + f". Measured {one['made']}, commit {one['commit']}."


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _notes(notes: dict[str, Any], under: str = "") -> str:
    """Counts of whatever depth, with the names that lead to them.

    >>> _notes({"counts": {"no_time": 1200, "odd": {}}, "empty_text": 1})
    'counts no_time 1,200, empty_text 1'
    """
    told = []
    for name, value in notes.items():
        where = f"{under} {name}".strip()
        if isinstance(value, dict):
            told += [_notes(value, where)] if _notes(value, where) else []
        else:
            told.append(f"{where} {_plain(value)}")
    return ", ".join(told)
