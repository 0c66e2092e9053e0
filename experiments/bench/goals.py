"""What the races must come to, and what they came to: ratios of one run, which hold on other machines too, and a few times that people wait for.

A goal is told as met or not met, never rounded in its favour; one that was not measured says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Goal:
    """``ours`` must be ``least`` times as fast as ``peer`` in the race whose name begins with ``race``; names are beginnings of the rivals' names.

    ``kind`` *share*: told in per cent of the peer; *seconds*: ours may take at most ``least`` seconds on the wall, whatever the peer takes.
    """

    race: str
    ours: str
    peer: str
    least: float
    work: str
    beside: str
    kind: Literal["times", "share", "seconds"] = "times"


GOALS = (
    Goal("200 rules over", "rules.evaluate, outcomes", "generated Python", 50, "200 rules over a million rows", "generated Python, row by row"),
    Goal("200 rules over", "rules.evaluate, outcomes", "zen-engine, one list", 300, "", "zen-engine, one list"),
    Goal("200 rules over", "rules.evaluate, outcomes", "bare polars", 0.5, "", "bare polars, shared atoms", "share"),
    Goal("200 rules over", "rules.evaluate, outcomes", "bare numpy", 0.5, "", "bare numpy, shared expressions", "share"),
    Goal("200 rules, one row", "rules.evaluate", "zen-engine", 2, "200 rules, one row a call", "zen-engine, one list"),
    Goal("50,000 words", "features.lexicon, places", "pyahocorasick", 15, "50,000 terms, overlapping hits with offsets", "pyahocorasick"),
    Goal("50,000 words", "features.lexicon, places", "ahocorasick_rs", 2, "", "ahocorasick_rs"),
    Goal("words and TF-IDF", "features.text", "TfidfVectorizer", 7, "words and TF-IDF", "TfidfVectorizer with jieba"),
    Goal("whole pipeline", "the project's parts", "a plain service, reasons", 4, "texts to stored alerts (LightGBM 500 × 63)", "a plain service, reasons on 1 %"),
    Goal("whole pipeline", "the project's parts", "a plain service that", 30, "", "one that explains every row"),
    Goal("whole pipeline", "the project's parts", "the best libraries", 0.8, "", "the best libraries in a script, not durable", "share"),
    Goal("reasons of a score", "models.trees", "shap", 1, "reasons of a score (LightGBM 500 × 63)", "shap.TreeExplainer"),
    Goal("alerts into SQLite", "risk.storage", "SQLAlchemy ORM", 4, "alerts into SQLite", "SQLAlchemy ORM"),
    Goal("alerts into SQLite", "risk.storage", "SQLAlchemy Core", 1.5, "", "SQLAlchemy Core"),
    Goal("alerts into SQLite", "risk.storage", "sqlite3 executemany", 0.35, "", "sqlite3 with everything ready", "share"),
    Goal("alerts into PostgreSQL", "risk.storage", "SQLAlchemy Core", 4, "alerts into PostgreSQL", "SQLAlchemy Core"),
    Goal("start of the command", "risk --help", "", 0.3, "`risk --help`", "at most 0.3 s", "seconds"),
    Goal("start of the server", "risk serve", "", 4, "`risk serve` until it is ready", "at most 4 s", "seconds"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """A goal beside what was measured; ``measured`` is None where it was not."""

    work: str
    beside: str
    wanted: str
    measured: str | None
    met: bool | None


def judged(races: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """Every goal, in order.

    >>> rivals = [{"name": "rules.evaluate", "ratio": 1.0, "wall": [1.0]}, {"name": "zen-engine, one list", "ratio": 1.9, "wall": [2.0]}]
    >>> found = judged([{"what": "200 rules, one row a call", "rivals": rivals}])
    >>> [(one.beside, one.wanted, one.measured, one.met) for one in found if one.measured]
    [('zen-engine, one list', '≥ 2×', '1.9×', False)]
    """
    return [_judge(goal, races) for goal in GOALS]


def _judge(goal: Goal, races: Sequence[Mapping[str, Any]]) -> Outcome:
    race = next((one for one in races if str(one["what"]).startswith(goal.race)), None)
    ours, peer = _rival(race, goal.ours), _rival(race, goal.peer)
    wanted = {"times": f"≥ {goal.least:g}×", "share": f"≥ {goal.least:.0%}", "seconds": f"≤ {goal.least:g} s"}[goal.kind]
    if ours is None or peer is None or (goal.kind == "seconds" and not ours.get("wall")):
        return Outcome(goal.work, goal.beside, wanted, None, None)
    if goal.kind == "seconds":
        taken = sorted(ours["wall"])[len(ours["wall"]) // 2]
        return Outcome(goal.work, goal.beside, wanted, f"{taken:.2f} s", taken <= goal.least)
    found = peer["ratio"] / ours["ratio"]
    shown = f"{found:.0%}" if goal.kind == "share" else f"{found:,.{0 if found >= 100 else 1}f}×"
    return Outcome(goal.work, goal.beside, wanted, shown, found >= goal.least)


def _rival(race: Mapping[str, Any] | None, name: str) -> Any:
    return None if race is None else next((one for one in race["rivals"] if str(one["name"]).startswith(name)), None)
