"""What follows from a verdict, in the transaction of the act that makes it final or replaces it. Each part may be asked for again and does nothing twice.

Final: labels, the repair it asks for, feedback to the senders of the clue, the proposal for the abnormal-operation list where the subject cannot be found.
Replaced by a correction: its labels count no more (``labels.matured`` knows), what is open or owed because of it is withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from risk.services import exposures, feedback, labels, outbox, repairs
from risk.services.verdict_events import get, office_of
from risk.storage import tables as t

UNTRACEABLE = "40"


class About(NamedTuple):
    """What a verdict is about: the model, the subject, and the rules behind it with their severities."""

    model: str
    subject_id: int | None
    rules: dict[str, str]


def finalise(conn: Connection, verdict_id: int, *, actor: str, now: datetime) -> int:
    """Everything that a final verdict brings; returns the number of labels written."""
    verdict = get(conn, verdict_id)
    about = about_of(conn, verdict)
    written = labels.from_verdict(conn, verdict_id, now)
    named = tuple((verdict.rule_feedback or {}).get("wrong_rules") or ()) or tuple(sorted(about.rules))
    repairs.open_for(conn, verdict, about.model, about.subject_id, named, actor=actor, now=now)
    feedback.tell_senders(conn, verdict, actor=actor, now=now)
    office = office_of(conn, verdict.task_id)
    told = {
        "outcome": verdict.code,
        "sub_reason": verdict.sub_reason,
        "model": about.model,
        "task": verdict.task_id,
        "alert": verdict.alert_id,
    }
    outbox.emit(conn, "verdict.final", f"verdict:{verdict_id}", told, now, office=office, once="final")
    if verdict.code == UNTRACEABLE and about.subject_id is not None:
        proposal = {"outcome": verdict.code, "verdict": verdict_id, "task": verdict.task_id}
        outbox.emit(
            conn, "subject.abnormal_operation", f"subject:{about.subject_id}", proposal, now, office=office, once=f"verdict:{verdict_id}"
        )
    return written


def replace(conn: Connection, old_id: int, new_id: int, *, actor: str, now: datetime) -> None:
    """A correction takes the place of a verdict: what the old one asked for is taken back."""
    old, new = get(conn, old_id), get(conn, new_id)
    repairs.withdraw(conn, old_id, actor=actor, now=now)
    feedback.withdraw(conn, old_id, now=now)
    exposures.take_down(conn, old_id, "corrected", actor=actor, now=now)
    told = {"outcome": new.code, "was": old.code, "task": new.task_id, "alert": new.alert_id, "replaces": old_id}
    outbox.emit(conn, "verdict.corrected", f"verdict:{new_id}", told, now, office=office_of(conn, new.task_id), once="corrected")


def about_of(conn: Connection, verdict: Row[Any]) -> About:
    """What a verdict is about, from its alert, or from the drawn unit of the random sample."""
    if verdict.alert_id is None:
        d = t.audit_samples.c
        row = conn.execute(
            select(d.model, func.coalesce(d.subject_id, t.signals.c.subject_id).label("subject_id"))
            .join_from(t.audit_samples, t.signals, d.signal_id == t.signals.c.id, isouter=True)
            .where(d.task_id == verdict.task_id)
        ).first()
        return About(row.model if row else "", row.subject_id if row else None, {})
    a = t.alerts.c
    alert = conn.execute(select(a.model, a.subject_id).where(a.id == verdict.alert_id)).one()
    return About(alert.model, alert.subject_id, dict(_rules(conn, verdict.alert_id)))


def _rules(conn: Connection, alert_id: int) -> Iterator[tuple[str, str]]:
    e = t.alert_evidence.c
    pieces = select(t.assessments.c.evidence).join_from(t.alert_evidence, t.assessments).where(e.alert_id == alert_id)
    for evidence in conn.scalars(pieces):
        for rule in (evidence or {}).get("rules", ()):
            yield str(rule["rule"]), str(rule.get("severity", ""))
