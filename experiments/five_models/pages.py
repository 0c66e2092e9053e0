"""The results as a page for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.real.page import table

GOALS = {"overall": 0.01, "source": 0.03, "fall": 0.10}


def page(result: dict[str, Any], trained: Sequence[str]) -> str:
    """Markdown of the whole result."""
    told = ["# Five models: trained by the project, measured on what they have not seen", ""]
    told += [f"`{result['command']}`, seed {result['seed']}, {result['made']}, commit {result['commit']}.", ""]
    told += ["; ".join(f"{name} {number}" for name, number in result["versions"].items()) + ".", ""]
    told += [f"- {note}" for note in result["notes"]]
    told += ["", "## Finding", "", _ranking(result["ranking"])]
    told += ["", "## Finding, by kind of text (recall at blue)", "", _kinds([one for one in result["ranking"] if one["on"] == "own_set"])]
    told += [
        "",
        "## Alarms on the measured half of the look-alikes",
        "",
        _alarms(result["alarms"]),
        "",
        _reached_alarms(result["alarms"], trained),
    ]
    told += [
        "",
        "## Attacks: recall at blue, before → after",
        "",
        _attacks(result["attacks"]),
        "",
        _reached_falls(result["attacks"], trained),
    ]
    told += ["", "## Training", "", _cost(result["cost"]), "", _total(result["training"])]
    return "\n".join(told).rstrip() + "\n"


def _cell(figure: Sequence[float]) -> str:
    """Value and interval.

    >>> _cell([0.5, 0.25, 0.75])
    '0.500 [0.25, 0.75]'
    """
    return f"{figure[0]:.3f} [{figure[1]:.2f}, {figure[2]:.2f}]"


def _percent(figure: Sequence[float]) -> str:
    return f"{100 * figure[0]:.2f} % [{100 * figure[1]:.2f}, {100 * figure[2]:.2f}]"


def _ranking(lines: Sequence[dict[str, Any]]) -> str:
    names = ("average_precision", "recall_at_1%", "recall_at_1%_beside_lookalikes", "recall_at_blue", "alarms_at_blue")
    heads = [
        "set",
        "model",
        "who",
        "rows (positive)",
        "average precision",
        "recall at 1 %, own",
        "recall at 1 %, beside look-alikes",
        "recall at blue",
        "alarms at blue",
    ]
    ordered = sorted(lines, key=lambda one: one["on"])
    return table(
        heads,
        [
            [one["on"], one["model"], one["who"], f"{one['n']} ({one['positives']})", *(_cell(one[name]) for name in names)]
            for one in ordered
        ],
    )


def _kinds(lines: Sequence[dict[str, Any]]) -> str:
    kinds = list(dict.fromkeys(kind for one in lines for kind in one["recall_by"]))
    if not lines:
        return "The own set was not opened."
    rows = [[one["model"], one["who"], *(_cell(one["recall_by"][k]) if k in one["recall_by"] else "-" for k in kinds)] for one in lines]
    return table(["model", "who", *kinds], rows)


def _alarms(lines: Sequence[dict[str, Any]]) -> str:
    sources = list(lines[0]["by"])
    rows = [[one["model"], one["who"], _percent(one["overall"]), *(_percent(one["by"][s]) for s in sources)] for one in lines]
    return table(["model", "who", "overall", *sources], rows)


def _reached_alarms(lines: Sequence[dict[str, Any]], trained: Sequence[str]) -> str:
    missed = [
        f"{one['model']}, {one['who']}: {where} {_percent(figure)}"
        for one in lines
        if one["who"] in trained
        for where, figure, goal in [("overall", one["overall"], GOALS["overall"]), *((s, f, GOALS["source"]) for s, f in one["by"].items())]
        if figure[0] > goal
    ]
    return "Goals (1 % overall, 3 % on every source): " + ("all reached." if not missed else "missed by " + "; ".join(missed) + ".")


def _attacks(lines: Sequence[dict[str, Any]]) -> str:
    kinds = list(dict.fromkeys(one["attack"] for one in lines))
    lines = [*pooled(lines), *lines]
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for one in lines:
        key = (one["on"], one["model"], one["who"], str(one["positives"]))
        rows.setdefault(key, {})[one["attack"]] = f"{one['before'][0]:.2f} → {one['after'][0]:.2f}, fall {_cell(one['fall'])}"
    return table(["set", "model", "who", "positives", *kinds], [[*key, *(cells[k] for k in kinds)] for key, cells in sorted(rows.items())])


def pooled(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The falls of a model on all its sets together: shares of all positives; the variance of each set's fall is read off its interval.

    >>> one = {"model": "m", "who": "w", "attack": "sound", "before": [0.9], "after": [0.8], "positives": 10, "fall": [0.1, 0.0, 0.3]}
    >>> two = {**one, "before": [0.5], "after": [0.5], "positives": 30, "fall": [0.0, 0.0, 0.0]}
    >>> pooled([one, two])[0]["fall"]
    [0.025, -0.0125, 0.0625]
    """
    together: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for one in lines:
        together.setdefault((one["model"], one["who"], one["attack"]), []).append(one)
    found = []
    for (model, who, kind), parts in together.items():
        n = sum(one["positives"] for one in parts)
        value = sum(one["positives"] * one["fall"][0] for one in parts) / n
        half = sum((one["positives"] * (one["fall"][2] - one["fall"][1]) / 2) ** 2 for one in parts) ** 0.5 / n
        fall = [round(v, 4) for v in (value, value - half, value + half)]
        found.append({"model": model, "who": who, "on": "all sets", "attack": kind, "positives": n, "fall": fall} | _recalls(parts, n))
    return found


def _recalls(parts: Sequence[dict[str, Any]], n: int) -> dict[str, list[float]]:
    return {when: [round(sum(one["positives"] * one[when][0] for one in parts) / n, 4)] for when in ("before", "after")}


def _reached_falls(lines: Sequence[dict[str, Any]], trained: Sequence[str]) -> str:
    some = [one for one in pooled(lines) if one["who"] in trained]
    missed = [f"{one['model']}, {one['who']}, {one['attack']}: {_cell(one['fall'])}" for one in some if one["fall"][0] > GOALS["fall"]]
    met = f"Falls of at most 10 points, on all positives of a model together: {len(some) - len(missed)} of {len(some)}."
    return met + ("" if not missed else " More: " + "; ".join(missed) + ".")


def _cost(lines: Sequence[dict[str, Any]]) -> str:
    rows = [
        [
            one["model"],
            one["who"],
            str(one["rows"]),
            str(one["positives"]),
            str(one["copies"]),
            str(one["trust"]),
            str(one["seconds"]),
            str(one["processor_seconds"]),
            _cell(one["out_of_fold"]["average_precision"]),
        ]
        for one in lines
    ]
    return table(
        ["model", "who", "rows", "positives", "disguised copies", "trust", "seconds", "processor seconds", "average precision out of fold"],
        rows,
    )


def _total(one: dict[str, Any]) -> str:
    return (
        f"All {one['models']} lenses with development labels, one after the other: {one['processor_seconds']} s of processor (one thread), {one['seconds']} s on the clock of a machine "
        f"that had other work too (its load stands in the JSON), at most {one['peak_mb']} MB. Goals: {one['goal']['seconds']} s on 2 cores, {one['goal']['peak_mb']} MB."
    )
