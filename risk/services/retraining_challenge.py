"""A challenger: trained on what teaches, held against the laws, then against the champion on the verdicts that came later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine

from risk.domain.errors import ConflictError
from risk.services import model_laws, retraining_data, training
from risk.services.retraining_data import AUDIT, Case, DataSet

if TYPE_CHECKING:
    from features.context import Context
    from risk.scoring.scorer import Learner, Scorer

Floats = npt.NDArray[np.float64]
MIN_AUDIT = 100
"""Audited units from which they stand for all that was not alerted; with fewer, only what both models alert is compared (``experiments/results/gate.md``)."""
REPLICATES = 500


@dataclass(frozen=True, slots=True)
class Challenge:
    """What came of it: too_few_labels, laws_failed, first, kept, or passed (the gate)."""

    decision: str
    trained: training.Trained | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    """Cases with what champion and challenger say of them."""

    cases: Sequence[Case]
    old: Floats
    new: Floats


def challenge(engine: Engine, scorer: Scorer, data: DataSet, *, seed: int, capacity: float | None) -> Challenge:
    """Train on ``data`` and decide by the gate. ``capacity`` is how many units the offices could verify in the time of those that compare."""
    around = retraining_data.read(engine, data.train)
    try:
        trained = _train(scorer, data, data.train, around, seed)
    except ConflictError as error:
        if error.code != "too_few_labels":
            raise
        return Challenge("too_few_labels", detail={"reason": error.text("en")})
    broken = model_laws.broken(scorer, trained, [c.text for c in data.train], again=lambda: _twice(engine, scorer, data, trained, seed))
    if broken:
        return Challenge("laws_failed", trained, {"laws": broken})
    champion = scorer.learners.get(data.key)
    if champion is None:
        return Challenge("first", trained)
    if not data.later:
        return Challenge("kept", trained, {"reason": "no later verdicts to compare on"})
    scored = score(engine, scorer, data.key, data.later, champion, Learned(trained, data))
    told = gate(scored, seed=seed, capacity=capacity)
    told["promised"] = promised(scored.new, data.later, trained.cutoffs)
    return Challenge("passed" if told["better"] else "kept", trained, told)


class Learned:
    """A trained model with the weight that it will have against the rules."""

    def __init__(self, trained: training.Trained, data: DataSet) -> None:
        from risk.scoring.fusion import trust_of

        self.model, self.trust, self.cutoffs = trained.fitted.model, trust_of(data.sources()), trained.cutoffs


def score(engine: Engine, scorer: Scorer, key: str, cases: Sequence[Case], old: Learner, new: Learned) -> Scored:
    """What both say of the cases, with the rules of today on what was known then."""
    from models.cold import noisy_or
    from risk.scoring.fusion import fuse

    read = scorer.read([c.text for c in cases], retraining_data.read(engine, cases))
    _, rules = scorer.rules(read, key, None)
    weights = scorer.weights(key)
    said = noisy_or(rules, weights, read.frame.n)
    first, second = (fuse(one.model.predict(read.frame, rules, weights), said, one.trust) for one in (old, new))
    return Scored(cases, np.asarray(first), np.asarray(second))


def gate(scored: Scored, *, seed: int, capacity: float | None = None) -> dict[str, Any]:
    """Is the challenger better beyond noise, and nothing worse? What is compared is told under ``compared``.

    Verdicts exist for what the champion alerted, and for the audit sample. With enough of the sample every row counts by its inverse probability;
    else only rows that both models alert are compared: on the others the champion was picked for its own opinion.
    """
    from models.compare import common_support, compare
    from models.measure import measure
    from models.neardup import near_duplicate_groups

    cases, truth = scored.cases, np.array([c.value for c in scored.cases])
    weights = np.array([c.stands_for for c in cases])
    audited = np.array([c.source == AUDIT for c in cases])
    if int(audited.sum()) >= MIN_AUDIT:
        rows, compared = np.ones(len(cases), dtype=bool), "alerts_and_audit"
    else:
        rows, compared = common_support(scored.old, scored.new, ~audited), "alerts_of_both"
    groups = near_duplicate_groups([c.text for c in cases])
    chosen = np.flatnonzero(rows)
    capacity = None if capacity is None else min(capacity, float(weights[chosen].sum()) / 2)
    told = compare(
        scored.old[chosen], scored.new[chosen], truth[chosen], weights=weights[chosen], groups=groups[chosen],
        slices=slices_of([cases[i] for i in chosen.tolist()]), capacity=capacity, seed=seed, replicates=REPLICATES,
    )  # fmt: skip
    told |= {"compared": compared, "held_out": len(cases), "audited": int(audited.sum()), "capacity": capacity}
    for name, p in (("champion_ap", scored.old), ("challenger_ap", scored.new)):
        found = measure(p[chosen], truth[chosen], weights=weights[chosen], groups=groups[chosen], replicates=0)["metrics"][
            "average_precision"
        ]
        told[name] = None if found is None else round(float(found["value"]), 6)
    return told


def slices_of(cases: Sequence[Case]) -> dict[str, list[str]]:
    """What no challenger may be much worse on: city, channel, kind of signal, source of the label."""
    return {
        "region": [c.region[:4] or "?" for c in cases],
        "channel": [c.channel or "?" for c in cases],
        "kind": [c.kind for c in cases],
        "source": [c.source for c in cases],
    }


def promised(probability: Floats, cases: Sequence[Case], cutoffs: Any) -> dict[str, dict[str, float]]:
    """How often each grade was right where it was compared, with its interval (Wilson): what the version promises when it is promoted."""
    from models.grades import grade, wilson

    found: dict[str, list[tuple[float, float]]] = {}
    for p, case in zip(probability.tolist(), cases, strict=True):
        found.setdefault(grade(p, cutoffs), []).append((case.value, case.stands_for))
    told = {}
    for code, rows in sorted(found.items()):
        if code == "none":
            continue
        total, squares = sum(w for _, w in rows), sum(w * w for _, w in rows)
        n, share = total * total / squares, sum(w for v, w in rows if v > 0) / total
        low, high = wilson(share * n, n)
        told[code] = {"value": share, "low": low, "high": high, "n": len(rows)}
    return told


def _train(scorer: Scorer, data: DataSet, cases: Sequence[Case], around: Context, seed: int) -> training.Trained:
    return training.train_texts(
        scorer,
        data.key,
        [c.text for c in cases],
        np.array([c.value for c in cases]),
        around=around,
        weights=np.array([c.weight for c in cases]),
        groups=retraining_data.groups_of(cases),
        representative=[c.from_verdict for c in cases],
        sources=data.sources(),
        times=[c.known_at for c in cases],
        as_of=data.as_of,
        seed=seed,
        slices={name: values for name, values in slices_of(cases).items() if name in ("region", "source")},
    )


def _twice(engine: Engine, scorer: Scorer, data: DataSet, trained: training.Trained, seed: int) -> tuple[Any, Any]:
    """Two models of one seed and the same labels: the trained one and another, or two of a sample where there are many labels."""
    rows = model_laws.some([c.value for c in data.train])
    cases = [data.train[i] for i in rows]

    def once() -> Any:
        return _train(scorer, data, cases, retraining_data.read(engine, cases), seed).fitted.model

    return (trained.fitted.model if len(rows) == len(data.train) else once()), once()
