"""All policies on the same markets, setting by setting, and the figures over replications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np

from experiments.simulation.figures import mean, resampled, share
from experiments.simulation.market import Market
from experiments.simulation.policies import players
from experiments.simulation.rounds import first, play
from experiments.simulation.truth import setting

FIGURES = ("precision", "recall", "recall_new", "ece", "brier_skill", "respelled")
BASELINE = "frozen"
Told = dict[str, list[list[dict[str, Any]]]]
"""Policy → replication → round."""


@dataclass(frozen=True, slots=True)
class Game:
    """One market of a setting, for all policies or the few."""

    setting: str
    seed: int
    few: bool
    more: tuple[tuple[str, Any], ...] = ()


def game(one: Game) -> dict[str, list[dict[str, Any]]]:
    """Policy → what came of each round."""
    market = Market.of(setting(one.setting, **dict(one.more)), one.seed)
    model, past = first(market)
    return {p.name: play(market, p, past) for p in players(model, market.seed, market.starts(1), few=one.few)}


def games(every: Sequence[Game], workers: int) -> list[dict[str, list[dict[str, Any]]]]:
    """Each played; a game's luck is its own, so the number of workers changes nothing."""
    if workers <= 1:
        return [game(one) for one in every]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(game, every))


def figures(played: Sequence[Mapping[str, list[dict[str, Any]]]], seed: int) -> dict[str, Any]:
    """The figures of one setting, by policy and round, with differences to the frozen model on the same markets."""
    told: Told = {policy: [one[policy] for one in played] for policy in played[0]}
    return {
        "replications": len(played),
        "policies": {policy: _by_round(games) for policy, games in told.items()},
        "gain": {policy: _gain(games, told[BASELINE]) for policy, games in told.items() if policy != BASELINE},
        "later": {policy: _later(games, seed) for policy, games in told.items() if policy != "oracle"},
        "estimate": {policy: _estimates(games) for policy, games in told.items() if "estimate" in games[0][0]},
        "decisions": {policy: _decisions(games) for policy, games in told.items()},
        "ends": {policy: _ends(games) for policy, games in told.items()},
    }


def _by_round(played: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Each figure: a list over rounds of means over replications."""
    rounds = range(len(played[0]))
    return {
        figure: [mean([one[r][figure] for one in played if one[r].get(figure) is not None]) for r in rounds]
        for figure in FIGURES
        if any(one[r].get(figure) is not None for one in played for r in rounds)
    }


def _gain(played: Sequence[Sequence[Mapping[str, Any]]], base: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Precision at capacity above the frozen model's, paired by market: in the last round, and over all rounds."""
    gaps = np.array([[a["precision"] - b["precision"] for a, b in zip(x, y, strict=True)] for x, y in zip(played, base, strict=True)])
    return {"last_round": mean(gaps[:, -1].tolist()), "all_rounds": mean(gaps.mean(axis=1).tolist())}


def _later(played: Sequence[Sequence[Mapping[str, Any]]], seed: int) -> dict[str, Any]:
    """Calibration on units that came after the model: worst round of all, the last round of the first market with its bootstrap, its curve."""
    every = [one["ece"] for rounds in played for one in rounds]
    last = played[0][-1]
    found = resampled(last["score"], last["truth"], seed)
    return {
        "n": len(last["truth"]),
        "last_round": found,
        "worst_ece": float(max(every)),
        "worst_brier_skill": float(min(one["brier_skill"] for rounds in played for one in rounds)),
        "curve": _curve(last["score"], last["truth"]),
    }


def _curve(score: Any, truth: Any, bins: int = 15) -> list[list[float]]:
    """Stated and true share by bin of equal mass."""
    parts = np.array_split(np.argsort(score, kind="stable"), bins)
    return [[round(float(score[p].mean()), 5), round(float(truth[p].mean()), 5)] for p in parts]


def _estimates(played: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """How often the interval of recall that the policy tells after a round holds the truth; its value and the truth by round."""
    told = [[(one["estimate"]["recall"], one["recall"]) for one in rounds] for rounds in played]
    held = [low["low"] <= real <= low["high"] for rounds in told for low, real in rounds]
    rounds = range(len(told[0]))
    return {
        "covered": share(sum(held), len(held)),
        "value": [mean([one[r][0]["value"] for one in told if one[r][0]["value"] is not None]) for r in rounds],
        "low": [mean([one[r][0]["low"] for one in told]) for r in rounds],
        "high": [mean([one[r][0]["high"] for one in told]) for r in rounds],
    }


def _decisions(played: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, int]]:
    """What was decided at the end of each round, and how often."""
    told = []
    for r in range(len(played[0]) - 1):
        found = [one[r]["decision"] for one in played]
        told.append({word: found.count(word) for word in sorted(set(found))})
    return told


def _ends(played: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, float]:
    """Where units end, on average a round."""
    names = played[0][0]["ends"]
    return {name: float(np.mean([one["ends"][name] for rounds in played for one in rounds])) for name in names}
