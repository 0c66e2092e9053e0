"""Precision against capacity: how right and how many a cut by probability would have been, over the cases that a setting of grades is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from risk.scoring.keys import key_of, title
from risk.services import grade_desk, grade_evidence
from risk.services.grade_settings import GRADES
from risk.settings import Settings

CUTS = tuple(round(0.02 * step, 2) for step in range(5, 50))
"""0.10 to 0.98: below, no unit becomes an alert; above, few are left."""


@dataclass(frozen=True, slots=True)
class GradeCurve:
    """``points`` as `models.capacity.curve` tells them. ``capacity``: cases a week of the offices that these cases would go to; ``taken``: what alerts of other
    models took of it a week. ``audited``: whether verdicts of the random sample are among the labels."""

    key: str
    zh: str
    en: str
    since: datetime
    until: datetime
    as_of: datetime
    weeks: int
    cases: int
    labelled: int
    audited: bool
    capacity: int
    taken: float
    cutoffs: dict[str, float]
    points: tuple[dict[str, Any], ...]


def curve(
    conn: Connection,
    settings: Settings,
    model: str,
    *,
    since: datetime | None,
    until: datetime | None,
    as_of: datetime,
    lens: str | None = None,
) -> GradeCurve:
    """The curve of a model over a period (12 weeks where none is named), with the cut-offs in force. ``InvalidInputError`` (``grades_period``)."""
    from models.capacity import curve as points

    key = key_of(model, lens)
    evidence = grade_evidence.load(conn, key, since=since, until=until, as_of=as_of)
    cases = evidence.arrays()
    offices = {case.office for case in evidence.cases}
    held = grade_desk.in_force(conn, settings, key)
    return GradeCurve(
        key, title(key, "zh"), title(key, "en"), evidence.since, evidence.until, evidence.as_of, evidence.weeks, len(cases),
        sum(case.label is not None for case in evidence.cases), evidence.audited,
        sum(evidence.capacity.get(office, 0) for office in offices),
        sum(n for (office, _), n in evidence.taken.items() if office in offices) / max(evidence.weeks, 1),
        {code: float(getattr(held, code)) for code in GRADES},
        tuple(points(cases, evidence.weeks, CUTS)) if len(cases) else (),
    )  # fmt: skip
