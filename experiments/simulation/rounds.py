"""One policy through all rounds of one market: show, warn, check, tell, learn; offenders learn too. Every unit ends somewhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.simulation.evasion import Evasion
from experiments.simulation.figures import brier_skill, calibration_error
from experiments.simulation.learner import Floats, Frame, frame, train
from experiments.simulation.ledger import Checked, unit
from experiments.simulation.market import Market
from experiments.simulation.policies import Policy
from experiments.simulation.world import Flags
from models.audit import estimate
from models.text import TextModel

ENDS = ("warned", "audited", "left")
"""Where a unit of a round ends: a warning is checked, a random check, or nobody looks."""


def first(market: Market) -> tuple[TextModel, Checked]:
    """The model that everybody starts with, from random inspections of round 0, and all that comes of these."""
    state = Evasion(market.truth, market.seed)
    past = _checked(market, 0, _shown(market, state, 0), market.inspected(), np.full(market.rounds[0].n, market.truth.history))
    known = past.take(past.known <= market.starts(1))
    return train(known.rows, known.verdict, np.ones(known.n), known.subject, market.seed), past


def play(market: Market, policy: Policy, past: Checked) -> list[dict[str, Any]]:
    """What came of each round."""
    state, ledger, told = Evasion(market.truth, market.seed), past, []
    warned: Flags | None = None
    for number in range(1, market.truth.rounds + 1):
        changed = 0 if warned is None else _offenders_learn(market, state, number, warned)
        units, rows = market.rounds[number], _shown(market, state, number)
        score = policy.score(units, rows)
        order = policy.order(number, units, rows, score)
        warned = market.offices.warned(units, order)
        chances = policy.checks(score, warned, market.truth.audit)
        if chances is not None and market.reserved:
            warned = market.offices.warned(units, order, market.reserved)
        audited = np.zeros(units.n, dtype=np.bool_) if chances is None else ~warned & (units.luck[:, 2] < chances)
        probability = np.where(warned | (chances is None), 1.0, chances if chances is not None else 1.0)
        told.append(_figures(market, number, score, warned, audited) | {"respelled": changed})
        if chances is not None:
            verdict = np.where(warned | audited, market.findings[number].confirmed, np.nan)
            told[-1]["estimate"] = estimate(verdict, probability, warned, seed=market.seed)
        ledger = ledger + _checked(market, number, rows, warned | audited, probability)
        if number < market.truth.rounds:
            told[-1]["decision"] = policy.learn(ledger, market.starts(number + 1))
    told[-1] |= {"score": score, "truth": units.offence.astype(np.float64)}
    return told


def _shown(market: Market, state: Evasion, number: int) -> Frame:
    units = market.rounds[number]
    return frame(state.texts(units), state.fields(units))


def _checked(market: Market, number: int, rows: Frame, asked: Flags, probability: Floats) -> Checked:
    """Those asked for that get a verdict."""
    found = market.findings[number]
    chosen = np.flatnonzero(asked & ~np.isnan(found.confirmed))
    subject = market.rounds[number].subject[chosen]
    return Checked(rows.take(chosen), found.confirmed[chosen], found.week[chosen], subject, probability[chosen], unit(number, chosen))


def _offenders_learn(market: Market, state: Evasion, number: int, warned: Flags) -> int:
    """What was caught among the units of the round before, and known long enough."""
    found = market.findings[number - 1]
    known = found.week <= market.starts(number) - market.truth.lag
    return state.learn(market.rounds[number - 1], warned & known & (found.confirmed == 1), number)


def _figures(market: Market, number: int, score: Floats, warned: Flags, audited: Flags) -> dict[str, Any]:
    units = market.rounds[number]
    offence = units.offence.astype(np.float64)
    new = units.scheme == market.truth.schemes
    return {
        "round": number,
        "ends": dict(zip(ENDS, (int(warned.sum()), int(audited.sum()), int((~warned & ~audited).sum())), strict=True)),
        "offences": int(offence.sum()),
        "precision": float(offence[warned].mean()),
        "recall": float(offence[warned].sum() / offence.sum()),
        "recall_new": float(warned[new].mean()) if new.any() else None,
        "ece": calibration_error(score, offence),
        "brier_skill": brier_skill(score, offence),
    }
