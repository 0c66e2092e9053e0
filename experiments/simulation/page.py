"""The results as a page, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.simulation import svg
from experiments.simulation.truth import SETTINGS

POLICIES = ("frozen", "alerts_only", "loop", "loop_shared", "loop_by_risk", "loop_ungated", "loop_as_shipped", "oracle")
SHOWN = ("frozen", "alerts_only", "loop", "loop_shared")
"""In charts that would be too full with all."""
LOOPS = ("loop", "loop_by_risk", "loop_shared")
GOAL = 0.15
PROBABILITIES = ("ece", "brier_skill")
Cell = Mapping[str, Any]


def told(one: Cell, places: int = 1, scale: float = 100) -> str:
    """A figure with its interval.

    >>> told({"value": 0.5, "low": 0.4, "high": 0.6}), told({"value": 0.0123, "low": None, "high": None}, 3, 1), told({"value": None})
    ('50.0 [40.0, 60.0]', '0.012', '-')
    """
    if one["value"] is None:
        return "-"
    value = f"{one['value'] * scale:.{places}f}"
    return value if one["low"] is None else f"{value} [{one['low'] * scale:.{places}f}, {one['high'] * scale:.{places}f}]"


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """Markdown."""
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in body), ""]


def plots(parts: Mapping[str, Any]) -> dict[str, str]:
    """File name → SVG."""
    found: dict[str, str] = {}
    if "rounds" in parts:
        found |= _of_rounds(parts["rounds"])
    if "settings" in parts and "rounds" in parts:
        every = {"main": parts["rounds"], **parts["settings"]}
        for which, title in (
            ("last_round", "Precision at capacity above the frozen model, last round"),
            ("all_rounds", "The same over all six rounds"),
        ):
            groups = {name: {p: one["gain"][p][which] for p in POLICIES if p in one["gain"]} for name, one in every.items()}
            found[f"gain_{which}.svg"] = svg.rows(title, "difference in precision, 95 % intervals over markets", groups, order=POLICIES)
    return found


def _of_rounds(main: Mapping[str, Any]) -> dict[str, str]:
    def series(figure: str) -> dict[str, list[svg.Point]]:
        names = [p for p in POLICIES if figure in main["policies"].get(p, {}) and not (p == "oracle" and figure in PROBABILITIES)]
        return {p: [(r + 1, one) for r, one in enumerate(main["policies"][p][figure]) if one["value"] is not None] for p in names}

    drift = main["truth"]["drift_at"] or None
    names = {
        "precision": ("Precision at capacity", "share of checked warnings that are offences", 1.0),
        "recall": ("Recall", "share of offences that are warned of", 1.0),
        "recall_new": ("Recall of the new kind of offence", "share warned of", 1.0),
        "ece": ("Calibration error on the units of each round", "expected calibration error, 15 bins", None),
        "brier_skill": ("Brier skill on the units of each round", "1 - squared error / that of the base rate", None),
    }
    found = {
        f"{figure}.svg": svg.lines(title, "round", y_name, series(figure), top=top, mark=drift, order=POLICIES)
        for figure, (title, y_name, top) in names.items()
    }
    estimates = main["estimate"]["loop"]
    said = [
        (r + 1, {"value": v["value"], "low": a["value"], "high": b["value"]})
        for r, (v, a, b) in enumerate(zip(estimates["value"], estimates["low"], estimates["high"], strict=True))
    ]
    real = [(r + 1, one) for r, one in enumerate(main["policies"]["loop"]["recall"])]
    found["recall_estimate.svg"] = svg.lines(
        "The loop's recall: estimated from random checks, and true",
        "round",
        "recall; mean interval told, and mean over markets",
        {"estimated": said, "true": real},
        top=1.0,
    )
    curves = {
        name: [(x, {"value": y, "low": None, "high": None}) for x, y in one["curve"]]
        for name, one in main["later"].items()
        if name in SHOWN
    }
    found["reliability.svg"] = svg.reliability("Stated and true share, last round of the first market", curves, order=POLICIES)
    return found


def page(result: Mapping[str, Any]) -> str:
    """For people."""
    parts = result["parts"]
    lines = ["# Simulation: does the loop keep up?", "", f"`{result['command']}`, {result['made']}, commit {result['commit']}.", ""]
    lines += [f"- {note}" for note in result["notes"]] + [""]
    lines += _goals(parts)
    lines += _rounds(parts["rounds"]) if "rounds" in parts else []
    lines += (
        _settings({name: parts["rounds"] for name in ("main",) if "rounds" in parts} | parts["settings"]) if "settings" in parts else []
    )
    for name, write in (("coverage", _coverage), ("promotion", _promotion), ("drift", _drift)):
        lines += write(parts[name]) if name in parts else []
    lines += ["## Plots", "", *(f"- [{name}](simulation/{name})" for name in sorted(plots(parts))), ""]
    return "\n".join(lines)


def _goals(parts: Mapping[str, Any]) -> list[str]:
    body = []

    def add(goal: str, value: str, *, reached: bool) -> None:
        body.append([goal, value, "yes" if reached else "**no**"])

    if "rounds" in parts:
        for which, words in (
            ("last_round", "in the sixth round"),
            ("all_rounds", "mean of all six rounds (the first is alike by construction)"),
        ):
            for name in LOOPS:
                one = parts["rounds"]["gain"][name][which]
                add(
                    f"precision at capacity at least 15 points above the frozen model, {words}: {name}",
                    told(one),
                    reached=one["value"] >= GOAL,
                )
        later = parts["rounds"]["later"]["loop"]
        last = later["last_round"]
        add(
            f"ECE of the loop on later data at most 0.03 (n = {later['n']:,}; worst of all rounds and markets {later['worst_ece']:.3f})",
            told(last["ece"], 3, 1),
            reached=later["worst_ece"] <= 0.03,
        )
        skill = parts["rounds"]["policies"]["loop"]["brier_skill"][-1]
        add(
            "its Brier skill above zero with its interval (over markets, last round; bootstrap of the first market beside it)",
            f"{told(skill, 3, 1)}; {told(last['brier_skill'], 3, 1)}",
            reached=min(skill["low"] or 0, last["brier_skill"]["low"]) > 0,
        )
    if "coverage" in parts:
        for name in ("right_verdicts", "main"):
            one = parts["coverage"][name]["covered"]
            add(
                f"recall interval covers the truth at least 93 % of the time ({parts['coverage'][name]['told']}; {one['n']} replications)",
                told(one),
                reached=one["value"] >= 0.93,
            )
    if "promotion" in parts:
        one = parts["promotion"]["loop"]["promoted"]
        add(
            f"a challenger from the same distribution is promoted at most 5 % of the time ({one['n']} replications)",
            told(one),
            reached=one["value"] <= 0.05,
        )
    if "drift" in parts:
        one = parts["drift"]["both"]["alarm"]["flagged"]
        add(
            f"injected drift is flagged within two rounds (share of {one['n']} markets, shipped limits)",
            told(one),
            reached=one["value"] >= 0.95,
        )
    return ["## Goals", "", *table(["goal", "measured [95 %]", "reached"], body)]


def _rounds(main: Mapping[str, Any]) -> list[str]:
    count = len(main["policies"]["frozen"]["precision"])
    head = ["policy", *(f"round {r + 1}" for r in range(count))]
    lines = [
        f"## Six rounds, {main['replications']} markets",
        "",
        "In %, mean over markets with its interval. From round 3 on a third of offences is of a new kind.",
        "",
    ]
    for figure, words, scale, places in (
        ("precision", "Precision at capacity", 100, 0),
        ("recall", "Recall", 100, 0),
        ("recall_new", "Recall of the new kind", 100, 0),
        ("ece", "ECE", 1, 3),
        ("brier_skill", "Brier skill", 1, 2),
    ):
        found = [p for p in POLICIES if figure in main["policies"].get(p, {}) and not (p == "oracle" and figure in PROBABILITIES)]
        body = [[p, *(told(one, places, scale) for one in main["policies"][p][figure])] for p in found]
        lines += [f"### {words}", "", *table(head, body)]
    lines += ["### What the gate decided", ""]
    names = [p for p in main["decisions"] if p.startswith("loop")]
    body = [[p, *(", ".join(f"{w} {n}" for w, n in one.items()) for one in main["decisions"][p])] for p in names]
    return lines + table(["policy", *(f"after round {r + 1}" for r in range(count - 1))], body)


def _settings(every: Mapping[str, Any]) -> list[str]:
    head = ["setting", "markets", "frozen, last round", *(p for p in POLICIES[1:])]
    lines = ["## Settings: where the loop gains little or loses", ""]
    for which, words in (("last_round", "last round"), ("all_rounds", "mean of all rounds")):
        body = []
        for name, one in every.items():
            frozen = told(one["policies"]["frozen"]["precision"][-1], 0)
            cells = [told(one["gain"][p][which]) if p in one["gain"] else "" for p in POLICIES[1:]]
            body.append([f"{name}: {SETTINGS[name][0]}", str(one["replications"]), frozen, *cells])
        lines += [f"Precision at capacity above the frozen model's, points, {words}:", "", *table(head, body)]
    return lines


def _coverage(found: Mapping[str, Any]) -> list[str]:
    head = ["setting", "covered, %", "true recall, %", "median width", "recall among checked units, %", "offences that random checks found"]
    body = [
        [
            f"{name}: {one['told']}",
            told(one["covered"]),
            told(one["recall"]),
            f"{one['median_width']:.2f}",
            told(one["recall_among_checked"]),
            told(one["missed_found_by_chance"], 2, 1),
        ]
        for name, one in found.items()
    ]
    lines = [
        "## Does the recall interval hold the truth?",
        "",
        "The truth is the recall among the very units of a round. *Recall among checked units* is what one would say without weights.",
        "",
    ]
    return lines + table(head, body)


def _promotion(found: Mapping[str, Any]) -> list[str]:
    body = [[f"{name}: {one['told']}", told(one["promoted"])] for name, one in found.items() if name != "models"]
    lines = [
        "## How often is a challenger promoted that is no better?",
        "",
        f"Pairs of {found['models']} models that differ only by the inspections they learnt from; each comparison on a fresh round.",
        "",
    ]
    return lines + table(["gate", "promoted, %"], body)


def _drift(found: Mapping[str, Any]) -> list[str]:
    head = ["injected", "limit", "flagged within two rounds, %", "in its first round, %", "rounds flagged before, %"]
    limits = {"alarm": "index 0.25 (shipped)", "warn": "index 0.10"}
    body = [
        [one["told"], words, told(one[limit]["flagged"]), told(one[limit]["at_once"]), told(one[limit]["before"])]
        for one in found.values()
        for limit, words in limits.items()
    ]
    return ["## Is injected drift flagged?", "", *table(head, body)]
