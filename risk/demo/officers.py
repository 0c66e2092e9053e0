"""Officers of the demo: they sign and verify what is due, are right most of the time, and late sometimes. Seeded.

What is true they are told by the generator; what they report is what the loop learns from.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from risk.services import reviews, tasks
from risk.services.bulk import select_in
from risk.storage import tables as t

RIGHT = 0.94
"""How often an officer's finding agrees with the truth."""
CONFIRMING = (("10", 0.42), ("11", 0.26), ("12", 0.14), ("13", 0.05), ("14", 0.03), ("20", 0.10))
REFUTING = (("30", 0.86), ("31", 0.06), ("40", 0.03), ("60", 0.03), ("50", 0.02))
FALSE_ALARMS = (("context_misread", 0.46), ("act_mismatch", 0.26), ("licensed", 0.14), ("wrong_subject", 0.09), ("stale_data", 0.05))
_FACTS = {
    True: "现场及页面核查，所述内容与线索一致，已固定证据并制作笔录。",
    False: "经核对页面、资质与当事人说明，未发现线索所述行为。",
}


@dataclass(frozen=True, slots=True)
class Acted:
    """What the officers did in one go."""

    signed: int
    reported: int
    labels: int


def work(conn: Connection, *, now: datetime, truth: Mapping[int, frozenset[str]], rng: random.Random) -> Acted:
    """Take every open task as far as the officers would have brought it by ``now``.

    ``truth`` maps a signal's id to the model keys it is a positive of.
    """
    a = t.tasks.c
    rows = conn.execute(
        select(a.id, a.alert_id, a.state, a.issued_at, a.sign_due, a.report_due, a.office_code, t.alerts.c.model)
        .join_from(t.tasks, t.alerts, a.alert_id == t.alerts.c.id)
        .where(a.state.in_(("issued", "signed", "verifying")))
        .order_by(a.id)
    ).all()
    guilty = _guilty(conn, [row.alert_id for row in rows], truth)
    signed = reported = labels = 0
    for row in rows:
        pace = random.Random(f"{row.id}")  # an office's pace for this task is the same whenever it is looked at
        late = pace.random()
        sign_at = _when(row.issued_at, row.sign_due, pace, late < 0.06)
        report_at = max(_when(row.issued_at, row.report_due, pace, late < 0.10), sign_at + timedelta(minutes=30))
        officer = f"officer-{row.office_code[-6:]}-{row.id % 3}"
        if row.state == "issued" and sign_at <= now:
            tasks.sign(conn, row.id, actor=officer, now=sign_at)
            signed += 1
        if report_at > now:
            continue
        code, sub = _finding(guilty.get(row.alert_id, False), rng)
        tasks.report(
            conn,
            row.id,
            actor=officer,
            code=code,
            sub_reason=sub,
            facts=_FACTS[code in dict(CONFIRMING)],
            officers=[officer, f"{officer}-b"],
            now=report_at,
            suggestion="建议由登记地核查" if code == "50" else None,
        )
        reported += 1
        labels += tasks.accept(conn, row.id, actor="head-of-office", now=report_at + timedelta(hours=4), close_too=True)
        if (review := reviews.open_of(conn, row.id)) is not None:
            labels += reviews.pass_(conn, review, actor="reviewer", now=report_at + timedelta(hours=4))
    return Acted(signed, reported, labels)


def _when(issued: datetime, due: datetime, rng: random.Random, late: bool) -> datetime:
    span = (due - issued).total_seconds()
    return issued + timedelta(seconds=span * (rng.uniform(1.05, 1.8) if late else rng.uniform(0.1, 0.95)))


def _finding(true: bool, rng: random.Random) -> tuple[str, str | None]:
    seen = true if rng.random() < RIGHT else not true
    code = _draw(CONFIRMING if seen else REFUTING, rng)
    return code, _draw(FALSE_ALARMS, rng) if code == "30" else None


def _draw(shares: tuple[tuple[str, float], ...], rng: random.Random) -> str:
    return rng.choices([name for name, _ in shares], [share for _, share in shares])[0]


def _guilty(conn: Connection, alert_ids: list[int], truth: Mapping[int, frozenset[str]]) -> dict[int, bool]:
    """Whether any of an alert's signals truly is a positive of the alert's model, through any lens."""
    e, s = t.alert_evidence.c, t.assessments.c
    query = select(e.alert_id, s.signal_id, s.model).join_from(t.alert_evidence, t.assessments, e.assessment_id == s.id)
    found: dict[int, bool] = {}
    for row in select_in(conn, query, e.alert_id, alert_ids):
        base = row.model.partition(".")[0]
        hit = any(key.partition(".")[0] == base for key in truth.get(row.signal_id, frozenset()))
        found[row.alert_id] = found.get(row.alert_id, False) or hit
    return found
