"""A challenger in shadow: it scores what the champion judged, its scores are kept beside, and nothing else happens. Then it takes the place, or is dropped.

It reads each unit as the champion read it: the same moment, the same things known. What it says reaches no candidate, no alert, no officer. Verdicts that
come meanwhile were asked for by the champion (and by the audit sample): they are compared as at the gate, see `retraining_challenge.gate`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, Engine, Row, func, select

from risk.domain.learning import Policy, policy_of
from risk.services import judging, retraining, retraining_data, retraining_registry, units
from risk.services.bulk import select_in
from risk.services.retraining_challenge import Scored, gate
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from risk.storage.upsert import insert_new

if TYPE_CHECKING:
    from risk.scoring.scorer import Learner, Scorer
    from risk.services.retraining_data import Case

CHUNK = 2_000


def in_shadow(conn: Connection, key: str | None = None) -> list[Row[Any]]:
    """The trainings whose challenger is in shadow, oldest first."""
    c = t.trainings.c
    query = select(t.trainings).where(c.status == "shadow").order_by(c.id)
    return list(conn.execute(query if key is None else query.where(c.model == key)))


def follow(engine: Engine, settings: Settings, scorer: Scorer, *, chunk: int = CHUNK) -> dict[str, int]:
    """Score by every challenger in shadow what the champion judged since it began; model → how many. Resumable: what is scored stays."""
    from risk.scoring.learners import registered

    with reading(engine) as conn:
        rows = in_shadow(conn)
    done = {}
    for row in rows:
        other = _with(scorer, row.model, registered(settings.registry_dir, row.model, row.challenger))
        done[row.model] = 0
        while found := _next(engine, row, chunk):
            _score(engine, other, row, found)
            done[row.model] += len(found)
    return done


def conclude(
    engine: Engine,
    settings: Settings,
    key: str,
    *,
    now: datetime,
    actor: str,
    policy: Policy | None = None,
    clock: Callable[[], datetime] | None = None,
) -> retraining.Retrained | None:
    """End a shadow period whose time has come: *promoted*, *dropped* …; None where there is none, or it goes on.

    It has passed the gate before; here it must not be worse: neither lower in average precision nor, beyond noise, in anything else that the gate looks at.
    """
    rule = (policy or policy_of(key)).shadow
    with reading(engine) as conn:
        rows = in_shadow(conn, key)
    if not rows:
        return None
    row = rows[-1]
    since = datetime.fromisoformat(row.detail["shadow"]["since"])
    if now < since + timedelta(days=rule.days):
        return None
    with reading(engine) as conn:
        scored = verdicts_in_shadow(conn, row, now)
    late = now >= since + timedelta(days=rule.most_days)
    if len(scored.cases) < rule.verdicts and not late:
        return None
    told = gate(scored, seed=int(row.detail.get("seed", 0))) if scored.cases else {"reason": "no verdicts", "worse": [], "differences": {}}
    already = retraining_registry.champion(settings, key) == row.challenger  # a process was killed after it had promoted
    good = already or (len(scored.cases) >= rule.verdicts and stands(told))
    with retraining.alone(engine, key, clock or (lambda: now)):
        decision = retraining.enthrone(engine, settings, row, "promoted", actor=actor, now=now) if good else "dropped"
        with transaction(engine) as conn:
            detail = {"shadow": {**row.detail["shadow"], "ended": now.isoformat(), "verdicts": len(scored.cases), "gate": told}}
            retraining.close(conn, row, decision=decision, detail=detail, actor=actor, now=now)
            return retraining.result_of(retraining.get(conn, row.key))


def stands(told: dict[str, Any]) -> bool:
    """Whether what was seen in shadow speaks for a challenger that passed the gate. With too few of a class to rank, only its vetoes count.

    >>> stands({"worse": [], "differences": {"average_precision": {"value": 0.01}}}), stands({"worse": ["ece"], "differences": {}})
    (True, False)
    """
    ranks = told["differences"].get("average_precision")
    return not told["worse"] and (ranks is None or ranks["value"] >= 0)


def verdicts_in_shadow(conn: Connection, row: Row[Any], now: datetime) -> Scored:
    """The verdicts, matured by ``now``, on units that both models scored, with what both said."""
    s, a = t.shadow_scores.c, t.assessments.c
    found, _ = retraining_data.cases(conn, row.model, now)
    cases: dict[int, Case] = {case.signal_id: case for case in found if case.from_verdict}
    query = select(a.signal_id, a.probability.label("old"), s.probability.label("new")).join_from(
        t.shadow_scores, t.assessments, s.assessment_id == a.id
    )
    both = {one.signal_id: one for one in select_in(conn, query.where(s.training_id == row.id), a.signal_id, cases)}
    mine = [cases[signal] for signal in sorted(both)]
    return Scored(mine, np.array([both[c.signal_id].old for c in mine]), np.array([both[c.signal_id].new for c in mine]))


def counts(conn: Connection, training_id: int) -> dict[str, int]:
    """How many units a challenger in shadow has scored, and how many of them it, or the champion, would alert."""
    s, a = t.shadow_scores.c, t.assessments.c
    joined = select(func.count(), func.sum(_one(s.grade > 0)), func.sum(_one(a.grade > 0)), func.sum(_one((s.grade > 0) & (a.grade > 0))))
    n, new, old, both = conn.execute(
        joined.join_from(t.shadow_scores, t.assessments, s.assessment_id == a.id).where(s.training_id == training_id)
    ).one()
    return {"units": int(n or 0), "challenger": int(new or 0), "champion": int(old or 0), "both": int(both or 0)}


def _one(condition: Any) -> Any:
    from sqlalchemy import case

    return case((condition, 1), else_=0)


def _with(scorer: Scorer, key: str, learner: Learner) -> Scorer:
    """The same rules with another learner for one model."""
    other = copy.copy(scorer)
    other.learners = {**scorer.learners, key: learner}
    return other


def _next(engine: Engine, row: Row[Any], chunk: int) -> list[Row[Any]]:
    """What the champion judged since the shadow began and the challenger has not scored yet."""
    a, r, s = t.assessments.c, t.runs.c, t.shadow_scores.c
    since = datetime.fromisoformat(row.detail["shadow"]["since"])
    with reading(engine) as conn:
        last = conn.scalar(select(func.max(s.assessment_id)).where(s.training_id == row.id)) or 0
        query = select(a.id, a.signal_id, a.as_of, r.started_at, r.id.label("run_id")).join_from(t.assessments, t.runs, a.run_id == r.id)
        query = query.where(a.model == row.model, a.id > last, r.started_at >= since, a.signal_id.is_not(None))
        return list(conn.execute(query.order_by(a.id).limit(chunk)))


def _score(engine: Engine, scorer: Scorer, row: Row[Any], found: Sequence[Row[Any]]) -> None:
    values = []
    for _, group in groupby(found, key=lambda one: one.run_id):
        mine = list(group)
        ids = {one.signal_id: one.id for one in mine}
        as_of, began = mine[0].as_of, mine[0].started_at
        with reading(engine) as conn:
            loaded = units.load(conn, list(ids), as_of, known=min(as_of, began))
        told = _said(scorer, loaded, row.model, as_of)
        values += [
            {"training_id": row.id, "assessment_id": ids[loaded.rows[i].id], "probability": p, "grade": grade}
            for i, (p, grade) in told.items()
        ]
    with transaction(engine) as conn:
        insert_new(conn, t.shadow_scores, values, ["training_id", "assessment_id"])


def _said(scorer: Scorer, loaded: units.Units, key: str, as_of: datetime) -> dict[int, tuple[float, int]]:
    """Position → probability and grade. A row on which the challenger fails is one that it would not have alerted."""
    try:
        read = replace(scorer.read(loaded.texts, loaded.around), units=loaded.lots)
        judged = scorer.judge(read, key, on=units.judged_day(as_of))
    except Exception:  # whatever a text or the challenger does, the other rows are scored
        judged = None
    if judged is None or not np.isfinite(judged.probability).all():
        parts = judging.judge(scorer, loaded, {key: loaded.ids}, as_of)[key]
        return {
            i: (float(part.judged.probability[k]), int(part.judged.ranks[k])) if part.judged is not None else (0.0, 0)
            for part in parts
            for k, i in enumerate(part.positions)
        }
    return dict(enumerate(zip(judged.probability.tolist(), judged.ranks.tolist(), strict=True)))
