"""One thing followed from its signal to its verdict: what happened, when, by whom, in which trace. Times and names only; what was said stands in the things themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.verdicts import taxonomy
from risk.services import scoping
from risk.storage import tables as t

MOST = 500
"""The most steps of one kind; a signal that stands behind more is told in part."""

register(
    {
        "trace_object": ("不能追踪的对象：{object}", "nothing that can be followed: {object}"),
        "trace_object.hint": ("写作 signal:12、alert:7 或 task:3", "written as signal:12, alert:7 or task:3"),
    }
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. ``what``: taken, judged, alerted, task.<event>, found, learnt, pushed, audit.<action>."""

    at: datetime
    what: str
    object: str
    actor: str | None
    trace_id: str | None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything that followed, in the order of time; ``complete``: nothing was left out."""

    object: str
    steps: tuple[Step, ...]
    complete: bool


def follow(conn: Connection, object_: str, *, scope: Scope = EVERYWHERE) -> Chain:
    """The chain through one signal, alert or task. ``InvalidInputError`` (``trace_object``); ``NotFoundError`` for what does not exist or lies outside."""
    kind, _, number = object_.partition(":")
    if kind not in _STARTS or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise InvalidInputError("trace_object", object=object_[:80])
    signals, alerts, tasks = _STARTS[kind](conn, int(number), scope)
    steps: list[Step] = []
    complete = True
    parts: tuple[Iterator[Step], ...] = (
        _taken(conn, signals),
        _judged(conn, signals),
        _alerted(conn, alerts),
        _events(conn, tasks),
        _found(conn, tasks),
        _learnt(conn, tasks),
        _pushed(conn, alerts, tasks),
        _acts(conn, signals, alerts, tasks),
    )
    for part in parts:
        some = list(part)
        complete &= len(some) <= MOST
        steps += some[:MOST]
    return Chain(f"{kind}:{int(number)}", tuple(sorted(steps, key=lambda one: one.at)), complete)


Numbers = list[int]


def _of_signal(conn: Connection, number: int, scope: Scope) -> tuple[Numbers, Numbers, Numbers]:
    scoping.require_signal(conn, scope, number)
    e, a = t.alert_evidence.c, t.assessments.c
    query = (
        select(e.alert_id).join_from(t.alert_evidence, t.assessments).where(a.signal_id == number, scoping.alerts_inside(scope, e.alert_id))
    )
    alerts = list(conn.scalars(query.distinct().order_by(e.alert_id).limit(MOST)))
    sampled = select(t.audit_samples.c.task_id).where(t.audit_samples.c.signal_id == number)
    return [number], alerts, _tasks(conn, scope, t.tasks.c.alert_id.in_(alerts) | t.tasks.c.id.in_(sampled))


def _of_alert(conn: Connection, number: int, scope: Scope) -> tuple[Numbers, Numbers, Numbers]:
    scoping.require_alert(conn, scope, number)
    e, a = t.alert_evidence.c, t.assessments.c
    query = select(a.signal_id).join_from(t.alert_evidence, t.assessments).where(e.alert_id == number, a.signal_id.is_not(None))
    signals = list(conn.scalars(query.distinct().order_by(a.signal_id).limit(MOST)))
    return signals, [number], _tasks(conn, scope, t.tasks.c.alert_id == number)


def _of_task(conn: Connection, number: int, scope: Scope) -> tuple[Numbers, Numbers, Numbers]:
    scoping.require_task(conn, scope, number)
    alert = conn.scalar(select(t.tasks.c.alert_id).where(t.tasks.c.id == number))
    if alert is None:
        sample = t.audit_samples.c
        return list(conn.scalars(select(sample.signal_id).where(sample.task_id == number, sample.signal_id.is_not(None)))), [], [number]
    signals, alerts, tasks = _of_alert(conn, int(alert), EVERYWHERE)
    return signals, alerts, sorted({number, *_tasks(conn, scope, t.tasks.c.id.in_(tasks))})


_STARTS: dict[str, Callable[[Connection, int, Scope], tuple[Numbers, Numbers, Numbers]]] = {
    "signal": _of_signal,
    "alert": _of_alert,
    "task": _of_task,
}


def _tasks(conn: Connection, scope: Scope, which: ColumnElement[bool]) -> Numbers:
    return list(conn.scalars(select(t.tasks.c.id).where(which, scoping.tasks_inside(scope)).order_by(t.tasks.c.id).limit(MOST)))


def _taken(conn: Connection, signals: Numbers) -> Iterator[Step]:
    s, i = t.signals.c, t.imports.c
    query = select(s.id, s.received_at, s.source, s.import_id, i.actor, i.trace_id).join_from(t.signals, t.imports, isouter=True)
    for row in conn.execute(query.where(s.id.in_(signals)).order_by(s.id).limit(MOST + 1)):
        yield Step(row.received_at, "taken", f"signal:{row.id}", row.actor, row.trace_id, {"source": row.source, "import": row.import_id})


def _judged(conn: Connection, signals: Numbers) -> Iterator[Step]:
    a, r = t.assessments.c, t.runs.c
    query = select(a.id, a.signal_id, a.model, a.grade, a.probability, a.as_of, a.run_id, r.actor, r.trace_id).join_from(
        t.assessments, t.runs
    )
    for row in conn.execute(query.where(a.signal_id.in_(signals)).order_by(a.id).limit(MOST + 1)):
        detail = {
            "signal": row.signal_id,
            "model": row.model,
            "grade": Grade(row.grade).code,
            "probability": row.probability,
            "run": row.run_id,
        }
        yield Step(row.as_of, "judged", f"assessment:{row.id}", row.actor, row.trace_id, detail)


def _alerted(conn: Connection, alerts: Numbers) -> Iterator[Step]:
    a, r = t.alerts.c, t.runs.c
    query = select(a.id, a.opened_at, a.model, a.grade, a.run_id, a.trace_id, r.actor).join_from(t.alerts, t.runs)
    for row in conn.execute(query.where(a.id.in_(alerts)).order_by(a.id)):
        detail = {"model": row.model, "grade": Grade(row.grade).code, "run": row.run_id}
        yield Step(row.opened_at, "alerted", f"alert:{row.id}", row.actor, row.trace_id, detail)


def _events(conn: Connection, tasks: Numbers) -> Iterator[Step]:
    e = t.task_events.c
    query = select(e.task_id, e.event, e.from_state, e.to_state, e.actor, e.at, e.trace_id).where(e.task_id.in_(tasks))
    for row in conn.execute(query.order_by(e.id).limit(MOST + 1)):
        yield Step(
            row.at, f"task.{row.event}", f"task:{row.task_id}", row.actor, row.trace_id, {"from": row.from_state, "to": row.to_state}
        )


def _found(conn: Connection, tasks: Numbers) -> Iterator[Step]:
    v = t.verdicts.c
    query = select(v.id, v.task_id, v.code, v.supersedes, v.actor, v.reported_at, v.trace_id).where(v.task_id.in_(tasks))
    for row in conn.execute(query.order_by(v.id).limit(MOST + 1)):
        kind = taxonomy().get(row.code)
        detail = {"task": row.task_id, "code": row.code, "zh": kind.zh if kind else row.code, "en": kind.en if kind else row.code}
        yield Step(row.reported_at, "found", f"verdict:{row.id}", row.actor, row.trace_id, detail | {"corrects": row.supersedes})


def _learnt(conn: Connection, tasks: Numbers) -> Iterator[Step]:
    k, v = t.labels.c, t.verdicts.c
    query = select(k.id, k.model, k.value, k.weight, k.known_at, k.matures_at, v.trace_id).join_from(t.labels, t.verdicts)
    for row in conn.execute(query.where(v.task_id.in_(tasks)).order_by(k.id).limit(MOST + 1)):
        detail = {"model": row.model, "value": row.value, "weight": row.weight, "matures_at": row.matures_at.isoformat()}
        yield Step(row.known_at, "learnt", f"label:{row.id}", None, row.trace_id, detail)


def _pushed(conn: Connection, alerts: Numbers, tasks: Numbers) -> Iterator[Step]:
    o, d, g = t.outbox.c, t.push_deliveries.c, t.push_targets.c
    named = [f"alert:{number}" for number in alerts] + [f"task:{number}" for number in tasks]
    query = select(o.id, o.key, o.event, o.object, o.at, o.trace_id, g.name, d.state, d.ended_at, d.attempts)
    query = query.join_from(t.outbox, t.push_deliveries, d.outbox_id == o.id, isouter=True).join(
        t.push_targets, g.id == d.target_id, isouter=True
    )
    for row in conn.execute(query.where(o.object.in_(named)).order_by(o.id, d.id).limit(MOST + 1)):
        told = {"event": row.event, "key": row.key} | (
            {"target": row.name, "state": row.state, "attempts": row.attempts} if row.state else {}
        )
        yield Step(row.ended_at or row.at, "pushed" if row.state == "sent" else "event", row.object, None, row.trace_id, told)


def _acts(conn: Connection, signals: Numbers, alerts: Numbers, tasks: Numbers) -> Iterator[Step]:
    a = t.audit.c
    named = [f"{kind}:{number}" for kind, some in (("signal", signals), ("alert", alerts), ("task", tasks)) for number in some]
    query = select(a.id, a.at, a.actor, a.action, a.object, a.trace_id).where(a.object.in_(named)).order_by(a.id).limit(MOST + 1)
    for row in conn.execute(query):
        yield Step(row.at, f"audit.{row.action}", row.object, row.actor, row.trace_id, {"audit": row.id})
