"""Verdicts become labels: one for each signal (or firm) behind the alert, for the model and lens that judged it, usable only after it has matured.

Only accepted verdicts teach. A correction supersedes: from the moment it is reported the old label counts no more, and the old row stays for those who train
*as of* an earlier day. Results without a label (untraceable, not ours, duplicate, wrong data) write none.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, or_, select

from risk.domain.datafiles import read_toml
from risk.domain.verdicts import label_of
from risk.services.bulk import insert_rows
from risk.storage import tables as t


class MaturedLabel(NamedTuple):
    """What a learner may know of one unit at a moment."""

    signal_id: int | None
    subject_id: int | None
    value: float
    weight: float
    known_at: datetime


def from_verdict(conn: Connection, verdict_id: int, known_at: datetime) -> int:
    """Write the labels of an accepted verdict, mature after ``labels.maturity_days`` of ``data/disposal.toml``; returns how many. Again, it writes none."""
    verdict = conn.execute(select(t.verdicts).where(t.verdicts.c.id == verdict_id)).one()
    value = label_of(verdict.code, verdict.sub_reason)
    if value is None or conn.scalar(select(func.count()).where(t.labels.c.verdict_id == verdict_id)):
        return 0
    rule = read_toml("disposal.toml")["labels"]
    a = t.assessments.c
    units = conn.execute(
        select(a.model, a.signal_id, a.subject_id)
        .distinct()
        .join_from(t.alert_evidence, t.assessments)
        .where(t.alert_evidence.c.alert_id == verdict.alert_id, t.alert_evidence.c.added_at <= verdict.reported_at)
        .order_by(a.model, a.signal_id, a.subject_id)
    )
    rows = {(u.model, u.signal_id, None if u.signal_id else u.subject_id): u for u in units}
    common = {"verdict_id": verdict_id, "value": value, "weight": float(rule["weight"]), "source": "verdict", "known_at": known_at}
    common["matures_at"] = known_at + timedelta(days=int(rule["maturity_days"]))
    insert_rows(conn, t.labels, [{**common, "model": u.model, "signal_id": u.signal_id, "subject_id": u.subject_id} for u in rows.values()])
    return len(rows)


def matured(conn: Connection, model: str, as_of: datetime) -> list[MaturedLabel]:
    """The labels of a model that had matured by ``as_of``, one a unit, the latest known; nothing learned later is in it.

    A model without a lens asks for all its lenses: ``illegal_fundraising`` includes ``illegal_fundraising.report``.
    """
    label, newer = t.labels.c, t.verdicts.alias("newer")
    corrected = select(newer.c.id).where(newer.c.supersedes == label.verdict_id, newer.c.reported_at <= as_of).exists()
    of_model = label.model == model if "." in model else or_(label.model == model, label.model.startswith(f"{model}.", autoescape=True))
    query = (
        select(label.signal_id, label.subject_id, label.value, label.weight, label.known_at)
        .where(of_model, label.matures_at <= as_of, label.known_at <= as_of, ~corrected)
        .order_by(label.known_at, label.id)
    )
    latest: dict[tuple[str, int | None], MaturedLabel] = {}
    for row in conn.execute(query):
        unit = ("signal", row.signal_id) if row.signal_id is not None else ("subject", row.subject_id)
        latest[unit] = MaturedLabel(*row)
    return list(latest.values())
