"""Verdicts become labels: one for each signal (or firm) behind the alert, for the model and lens that judged it, usable only after it has matured.

Only final verdicts teach: accepted, and reviewed where a second review is due. A correction supersedes: from the moment it is reported the old label counts no more, and the old row stays for those who train
*as of* an earlier day. Results without a label (untraceable, not ours, duplicate, wrong data) write none.

A label of the random sample of un-alerted units is stored with the plain inverse of its chance of being drawn; `matured` bounds it for training.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, or_, select

from risk.domain.datafiles import read_toml
from risk.domain.verdicts import day_of, label_of
from risk.services.bulk import insert_rows
from risk.storage import tables as t

FROM_FIELD = ("verdict", "audit_sample")
"""Sources of labels that officers verified."""


class MaturedLabel(NamedTuple):
    """What a learner may know of one unit at a moment. ``weight``: what it counts for in training."""

    signal_id: int | None
    subject_id: int | None
    value: float
    weight: float
    known_at: datetime


def from_verdict(conn: Connection, verdict_id: int, known_at: datetime) -> int:
    """Write the labels of an accepted verdict, mature after ``labels.maturity_days`` of ``data/disposal.toml``; returns how many. Again, it writes none."""
    verdict = conn.execute(select(t.verdicts).where(t.verdicts.c.id == verdict_id)).one()
    value = label_of(verdict.code, verdict.sub_reason, day_of(verdict.reported_at))
    if value is None or conn.scalar(select(func.count()).where(t.labels.c.verdict_id == verdict_id)):
        return 0
    rule = read_toml("disposal.toml")["labels"]
    common = {
        "verdict_id": verdict_id,
        "value": value,
        "known_at": known_at,
        "matures_at": known_at + timedelta(days=int(rule["maturity_days"])),
    }
    if verdict.alert_id is None:
        rows = [{**common, **unit} for unit in _audited(conn, verdict.task_id)]
    else:
        common |= {"weight": float(rule["weight"]), "source": "verdict"}
        rows = [{**common, **unit} for unit in _alerted(conn, verdict.alert_id, verdict.reported_at)]
    insert_rows(conn, t.labels, rows)
    return len(rows)


def _alerted(conn: Connection, alert_id: int, known: datetime) -> list[dict[str, Any]]:
    """The units behind an alert as it was when the verdict was reported, one a model, signal or firm."""
    a = t.assessments.c
    units = conn.execute(
        select(a.model, a.signal_id, a.subject_id)
        .distinct()
        .join_from(t.alert_evidence, t.assessments)
        .where(t.alert_evidence.c.alert_id == alert_id, t.alert_evidence.c.added_at <= known)
        .order_by(a.model, a.signal_id, a.subject_id)
    )
    rows = {(u.model, u.signal_id, None if u.signal_id else u.subject_id): u for u in units}
    return [{"model": u.model, "signal_id": u.signal_id, "subject_id": u.subject_id} for u in rows.values()]


def _audited(conn: Connection, task_id: int) -> list[dict[str, Any]]:
    """The unit of the random sample that a task verified: it stands for as many as its chance of being drawn says."""
    d = t.audit_samples.c
    units = conn.execute(select(d.model, d.signal_id, d.subject_id, d.probability).where(d.task_id == task_id))
    return [
        {"model": u.model, "signal_id": u.signal_id, "subject_id": u.subject_id, "weight": 1.0 / u.probability, "source": "audit_sample"}
        for u in units
    ]


def matured(conn: Connection, model: str, as_of: datetime) -> list[MaturedLabel]:
    """The labels of a model that had matured by ``as_of``, one a unit, the latest known; nothing learned later is in it.

    A model without a lens asks for all its lenses: ``illegal_fundraising`` includes ``illegal_fundraising.report``.
    """
    label, newer = t.labels.c, t.verdicts.alias("newer")
    corrected = select(newer.c.id).where(newer.c.supersedes == label.verdict_id, newer.c.reported_at <= as_of).exists()
    of_model = label.model == model if "." in model else or_(label.model == model, label.model.startswith(f"{model}.", autoescape=True))
    query = (
        select(label.signal_id, label.subject_id, label.value, label.weight, label.known_at, label.source)
        .where(of_model, label.matures_at <= as_of, label.known_at <= as_of, ~corrected)
        .order_by(label.known_at, label.id)
    )
    latest: dict[tuple[str, int | None], Row[Any]] = {}
    found: list[Any] = list(conn.execute(query))
    for row in found:
        unit = ("signal", row.signal_id) if row.signal_id is not None else ("subject", row.subject_id)
        latest[unit] = row
    rows = list(latest.values())
    return [
        MaturedLabel(row.signal_id, row.subject_id, row.value, weight, row.known_at)
        for row, weight in zip(rows, _weights(rows), strict=True)
    ]


def _weights(rows: Sequence[Row[Any]]) -> list[float]:
    """What each label counts for in training: inverse to its chance of being verified, bounded, of mean 1 over the labels of the field.

    Labels of other sources (the case library, files) were not drawn and keep their weight. Where everything came from alerts, everything weighs the same.
    """
    field = [i for i, row in enumerate(rows) if row.source in FROM_FIELD]
    weights = [float(row.weight) for row in rows]
    if len({weights[i] for i in field}) > 1:
        from models.audit import inverse_weights

        bound = float(read_toml("health.toml")["audit"]["most_weight"])
        least = min(weights[i] for i in field)
        for i, weight in zip(field, inverse_weights([least / weights[i] for i in field], bound).tolist(), strict=True):
            weights[i] = weight
    return weights
