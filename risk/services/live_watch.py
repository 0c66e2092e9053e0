"""A champion whose warnings are too seldom right is taken back: the verified rate of its alerts by grade, against what it promised when it was promoted.

The promise of a grade is the interval measured at the gate where an audit sample stood beside the alerts (verdicts on alerts of the old champion alone say
nothing of those that only the new one raises), else the floor of the grade (`models.grades.FLOORS`). Out of it means: the whole interval of what
officers found lies below. A version is taken back by itself at most once, and after a roll-back of a model none follows for a while: a person is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from statistics import NormalDist
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select

from risk.domain.grades import Grade
from risk.domain.learning import GradeLive, Live, Policy, policy_of
from risk.domain.messages import register
from risk.domain.signals import digest
from risk.services import model_tasks, retraining, retraining_data, retraining_registry
from risk.services.bulk import select_in
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

register(
    {
        "model_task_live_precision": (
            "{model}：预警核实率低于上线时的承诺",
            "{model}: its warnings are confirmed less often than promised when it was promoted",
        ),
        "model_task_rolled_back": ("{model}：已自动回退到上一冠军", "{model}: the champion before was brought back automatically"),
    }
)


@dataclass(frozen=True, slots=True)
class Watched:
    """What was found, and done: nothing, a task for the owner, or a roll-back to ``back_to``."""

    key: str
    version: str
    grades: tuple[GradeLive, ...]
    back_to: str | None = None
    task: int | None = None


def live(conn: Connection, key: str, version: str, now: datetime, rule: Live) -> tuple[GradeLive, ...]:
    """The verified rate of a version's alerts by grade, the gravest first, from verdicts matured by ``now``."""
    from models.grades import FLOORS, wilson

    verified = retraining_data.verified(conn, key, now)
    a = t.assessments.c
    query = select(a.signal_id, a.grade).where(a.model == key, a.model_version == version, a.grade > 0, a.as_of <= now)
    by_grade: dict[Grade, list[float]] = {}
    for row in select_in(conn, query, a.signal_id, verified):
        by_grade.setdefault(Grade(row.grade), []).append(verified[row.signal_id])
    told, z = _promised(conn, key, version), NormalDist().inv_cdf((1 + rule.certainty) / 2)
    rates = []
    for grade in sorted(by_grade, reverse=True):
        values = by_grade[grade]
        confirmed = sum(v > 0 for v in values)
        low, high = wilson(confirmed, len(values), z)
        limit, promise = (float(told[grade.code]["low"]), "gate") if grade.code in told else (FLOORS[grade.code], "floor")
        out = len(values) >= rule.verdicts and high < limit
        rates.append(GradeLive(grade.code, len(values), confirmed, confirmed / len(values), low, high, limit, promise, out))
    return tuple(rates)


def watch(
    engine: Engine,
    settings: Settings,
    key: str,
    *,
    now: datetime,
    actor: str,
    policy: Policy | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Watched | None:
    """Look at the champion of ``key`` and, where it is out of its promise, bring back the one before; None for a model without a champion."""
    rule = (policy or policy_of(key)).live
    version = retraining_registry.champion(settings, key)
    if version is None:
        return None
    with reading(engine) as conn:
        begun, held_back = _begun(conn, key), _held_back(conn, key, version, now, rule)
        grades = live(conn, key, begun.champion if begun is not None else version, now, rule)
    if begun is None and not any(one.out for one in grades):
        with transaction(engine) as conn:
            model_tasks.recover(conn, key, "live_precision", {"version": version}, now=now, actor=actor)
        return Watched(key, version, grades)
    detail = {"version": version, "grades": [asdict(one) for one in grades], "command": f"risk retrain status {key}"}
    if begun is None and held_back:
        return _ask(engine, Watched(key, version, grades), {**detail, "why_not": held_back}, now, actor)
    with retraining.alone(engine, key, clock or (lambda: now)):
        return _take_back(engine, settings, Watched(key, version, grades), detail, now, actor)


def _take_back(engine: Engine, settings: Settings, found: Watched, detail: Mapping[str, Any], now: datetime, actor: str) -> Watched:
    """Roll back, write it down, tell the owner; started again after a kill it ends the same."""
    with transaction(engine) as conn:
        row = _begun(conn, found.key)
        if row is None:
            run_key = digest(["roll_back", found.key, found.version])
            values = {
                "key": run_key,
                "model": found.key,
                "as_of": now,
                "status": "running",
                "champion": found.version,
                "decision": "rolled_back",
            }
            conn.execute(insert(t.trainings).values({**values, "detail": {**detail, "actor": actor}, "started_at": now}))
            row = retraining.get(conn, run_key)
    reason = ", ".join(f"{one.grade} {one.confirmed}/{one.n} < {one.limit:.2f}" for one in found.grades if one.out)
    retraining_registry.roll_back(engine, settings, found.key, row.champion, actor=actor, now=now, reason=reason)
    back = retraining_registry.champion(settings, found.key)
    restored = back if back != row.champion else None
    with transaction(engine) as conn:
        told = {"back_to": restored} if restored else {"back_to": None, "why_not": "no_earlier_champion"}
        retraining.close(conn, row, decision="rolled_back" if restored else "no_earlier", detail=told, actor=actor, now=now)
        kind = "rolled_back" if restored else "live_precision"
        task = model_tasks.open_task(conn, found.key, kind, {**row.detail, **told}, now=now, actor=actor)
    return Watched(found.key, row.champion, found.grades, restored, task)


def _ask(engine: Engine, found: Watched, detail: Mapping[str, Any], now: datetime, actor: str) -> Watched:
    with transaction(engine) as conn:
        task = model_tasks.open_task(conn, found.key, "live_precision", detail, now=now, actor=actor)
    return Watched(found.key, found.version, found.grades, None, task)


def _promised(conn: Connection, key: str, version: str) -> dict[str, Any]:
    """What the version promised at the gate, where it was measured on more than alerts of the champion before."""
    c = t.trainings.c
    row = conn.execute(
        select(c.detail).where(c.model == key, c.challenger == version, c.decision == "promoted").order_by(c.id.desc())
    ).first()
    told = {} if row is None else row.detail.get("gate", {})
    return dict(told.get("promised", {})) if told.get("compared") == "alerts_and_audit" else {}


def _begun(conn: Connection, key: str) -> Any:
    """A roll-back that was begun and not ended: of this version, or of one that is champion no more."""
    c = t.trainings.c
    query = select(t.trainings).where(c.model == key, c.decision == "rolled_back", c.status == "running").order_by(c.id.desc())
    return conn.execute(query).first()


def _held_back(conn: Connection, key: str, version: str, now: datetime, rule: Live) -> str:
    """Why nothing is rolled back by itself now; nothing where it may be."""
    c = t.trainings.c
    if conn.scalar(select(func.count()).where(c.key == digest(["roll_back", key, version]))):
        return "rolled_back_before"
    last = conn.scalar(select(func.max(c.ended_at)).where(c.model == key, c.decision == "rolled_back", c.status == "done"))
    return "cooling_down" if last is not None and now < last + timedelta(days=rule.cool_down_days) else ""
