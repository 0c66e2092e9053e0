"""More evidence for alerts that are there already: the alert takes it in, may rise in grade, and then its task's deadlines move forward."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from risk.domain.candidates import Candidate, merge_key
from risk.domain.grades import Grade
from risk.domain.tasks import AWAITING, TRANSITIONS, Event, State, advance
from risk.services import outbox
from risk.services.bulk import insert_rows, select_in, update_rows
from risk.services.dispatch import Directory
from risk.storage import tables as t

Group = tuple[str, str, int]
"""What candidates meet in: unit, model without lens, window."""


@dataclass(slots=True)
class OpenAlert:
    """An alert that is not closed, as merging needs it."""

    id: int
    grade: Grade
    probability: float
    title_zh: str
    title_en: str


def find_open(conn: Connection, groups: Iterable[Group]) -> tuple[dict[Group, OpenAlert], dict[Group, str]]:
    """The open alert of each group that has one, and the unique key for a new alert of each group that has none.

    Closed alerts take no more evidence, for nobody would look at it: the group goes on to its next turn.
    """
    found: dict[Group, OpenAlert] = {}
    free: dict[Group, str] = {}
    pending, turn = list(groups), 0
    a = t.alerts.c
    query = select(a.merge_key, a.id, a.status, a.grade, a.probability, a.title_zh, a.title_en)
    while pending:
        keys = {merge_key(*group, turn): group for group in pending}
        rows = {row.merge_key: row for row in select_in(conn, query, a.merge_key, keys)}
        pending = []
        for key, group in keys.items():
            row = rows.get(key)
            if row is None:
                free[group] = key
            elif row.status == "closed":
                pending.append(group)
            else:
                found[group] = OpenAlert(row.id, Grade(row.grade), row.probability, row.title_zh, row.title_en)
        turn += 1
    return found, free


def absorb(
    conn: Connection,
    found: Mapping[int, tuple[OpenAlert, Sequence[Candidate]]],
    now: datetime,
    directory: Directory,
    *,
    actor: str,
    run_id: int,
) -> None:
    """Give evidence to alerts (by id), gravest candidate first in each, and raise those that became graver."""
    if not found:
        return
    evidence = t.alert_evidence.c
    seen_query = select(evidence.alert_id, t.assessments.c.signal_id, t.assessments.c.subject_id).join_from(t.alert_evidence, t.assessments)
    seen = {tuple(row) for row in select_in(conn, seen_query, evidence.alert_id, found)}
    columns = t.tasks.c
    task_query = select(
        columns.id, columns.alert_id, columns.state, columns.office_code, columns.sign_due, columns.report_due, columns.version
    )
    tasks = {row.alert_id: row for row in select_in(conn, task_query, columns.alert_id, found)}
    alert_rows, task_rows, events = [], [], []
    told: list[tuple[str, str, Mapping[str, Any], str | None, str]] = []
    for alert_id, (alert, group) in found.items():
        best = group[0]
        graver = (best.grade, best.probability) > (alert.grade, alert.probability)
        alert_rows.append(
            {
                "id": alert_id,
                "grade": int(max(alert.grade, best.grade)),
                "probability": max(alert.probability, *(c.probability for c in group)),
                "title_zh": best.title_zh if graver else alert.title_zh,
                "title_en": best.title_en if graver else alert.title_en,
                "updated_at": now,
            }
        )
        task = tasks.get(alert_id)
        fresh = [c for c in group if (alert_id, c.signal_id, c.subject_id) not in seen]
        risen = best.grade > alert.grade
        if fresh or risen:
            told += _news(alert, best.grade, fresh, run_id, task.office_code if task else None)
        if task is None or not (fresh or risen):
            continue
        detail: dict[str, Any] = {"run": run_id, "assessments": [c.assessment_id for c in fresh[:20]], "count": len(fresh)}
        event = Event.ADD_EVIDENCE
        if best.grade > alert.grade:
            event = Event.RAISE
            row = _raised(task, best.grade, now, directory)
            detail |= {"from": alert.grade.code, "to": best.grade.code}
            detail |= {"sign_due": row["sign_due"].isoformat(), "report_due": row["report_due"].isoformat()}
            task_rows.append(row)
        state = State(task.state)
        if (state, event) in TRANSITIONS:
            common = {"task_id": task.id, "event": event.value, "from_state": state.value, "to_state": advance(state, event).value}
            events.append({**common, "actor": actor, "reason": None, "detail": detail, "at": now})
    update_rows(conn, t.alerts, alert_rows)
    update_rows(conn, t.tasks, task_rows)
    insert_rows(conn, t.task_events, events)
    outbox.emit_many(conn, told, now)
    link(conn, {alert_id: group for alert_id, (_, group) in found.items()}, now)


def _news(
    alert: OpenAlert, grade: Grade, fresh: Sequence[Candidate], run_id: int, office: str | None
) -> list[tuple[str, str, Mapping[str, Any], str | None, str]]:
    """What is told of an alert that took evidence in, or rose."""
    told: list[tuple[str, str, Mapping[str, Any], str | None, str]] = []
    name = f"alert:{alert.id}"
    if fresh:
        first = fresh[0].assessment_id
        told.append(
            (
                "alert.merged",
                name,
                {"alert": alert.id, "run": run_id, "count": len(fresh), "grade": max(grade, alert.grade).code},
                office,
                f"{run_id}:{first}",
            )
        )
    if grade > alert.grade:
        told.append(("alert.risen", name, {"alert": alert.id, "was": alert.grade.code, "grade": grade.code}, office, grade.code))
    return told


def link(conn: Connection, groups: Mapping[int, Sequence[Candidate]], now: datetime) -> None:
    """Store which assessments stand behind which alert."""
    rows = [
        {"alert_id": alert_id, "assessment_id": c.assessment_id, "added_at": now}
        for alert_id, group in groups.items()
        for c in group
        if c.assessment_id is not None
    ]
    insert_rows(conn, t.alert_evidence, rows)


def _raised(task: Any, grade: Grade, now: datetime, directory: Directory) -> dict[str, Any]:
    """The task's row after a rise: deadlines only ever move forward, and only those the office still has to keep."""
    due = directory.deadlines(grade, now, task.office_code)
    state = State(task.state)
    return {
        "id": task.id,
        "grade": int(grade),
        "sign_due": min(task.sign_due, due.sign_due) if state is State.ISSUED else task.sign_due,
        "report_due": min(task.report_due, due.report_due) if state in AWAITING else task.report_due,
        "version": task.version + 1,
        "updated_at": now,
    }


def move_evidence(conn: Connection, source: int, target: int, now: datetime) -> None:
    """Give the evidence of one alert to another as well, without doubling it; the target becomes as grave as the graver of the two."""
    evidence = t.alert_evidence.c
    there = set(conn.scalars(select(evidence.assessment_id).where(evidence.alert_id == target)))
    moving = [a for a in conn.scalars(select(evidence.assessment_id).where(evidence.alert_id == source)) if a not in there]
    insert_rows(conn, t.alert_evidence, [{"alert_id": target, "assessment_id": a, "added_at": now} for a in moving])
    a = t.alerts.c
    grade, probability = conn.execute(select(func.max(a.grade), func.max(a.probability)).where(a.id.in_([source, target]))).one()
    update_rows(conn, t.alerts, [{"id": target, "grade": grade, "probability": probability, "updated_at": now}])
