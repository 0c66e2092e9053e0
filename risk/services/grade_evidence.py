"""What a setting of grades is judged by: stored probabilities of a period, brought together as alerts would be, with the labels that had matured.

One case is one alert that might have been: a subject (else a content) in a merging window, as grave as its highest probability, with the floor that
rules asked for and the cap of its evidence where they are stored. Nothing that was judged, verified or matured after ``as_of`` is seen. A label of the random
sample counts by the inverse of its chance of being drawn, a verdict on an alert counts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, func, select

from risk.domain import regions
from risk.domain.calendar import week_of
from risk.domain.candidates import window_of
from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.routing import base_model, default_duties, default_offices, first_place
from risk.services.dispatch import Directory, load_directory
from risk.storage import tables as t

if TYPE_CHECKING:
    from models.capacity import Cases

WEEKS = 12
"""How far back a setting looks where no beginning is named."""
MOST_WEEKS = 260

register(
    {
        "grades_period": ("起止时间有误：{since} 至 {until}", "not a period: {since} to {until}"),
        "grades_period.hint": ("起始须早于截止，最长{weeks}周", "the beginning lies before the end, {weeks} weeks at most"),
    }
)


@dataclass(frozen=True, slots=True)
class Case:
    """One alert that might have been, by its gravest unit."""

    assessment_id: int
    signal_id: int | None
    subject_id: int | None
    probability: float
    grade: int
    office: str
    region: str | None
    week: int
    floor: int
    cap: int
    unsure: bool
    judged_at: datetime
    label: float | None
    weight: float
    known_at: datetime | None


@dataclass(frozen=True, eq=False)
class Evidence:
    """The cases of a period with what offices can do in it. Weeks are seven days each, counted from ``since``, so that the first is a whole one."""

    key: str
    since: datetime
    until: datetime
    as_of: datetime
    weeks: int
    cases: tuple[Case, ...]
    audited: bool
    capacity: dict[str, int]
    taken: dict[tuple[str, int], int]
    names: dict[str, tuple[str, str]]

    def arrays(self) -> Cases:
        """For `models.capacity`."""
        from models.capacity import Cases

        return Cases(
            probability=np.array([c.probability for c in self.cases], dtype=np.float64),
            labels=self.labels(),
            weights=np.array([c.weight for c in self.cases], dtype=np.float64),
            offices=[c.office for c in self.cases],
            weeks=np.array([c.week for c in self.cases], dtype=np.int64),
            floors=np.array([c.floor for c in self.cases], dtype=np.int64),
            caps=np.array([c.cap for c in self.cases], dtype=np.int64),
            first=np.array([c.unsure for c in self.cases], dtype=bool),
        )

    def labels(self) -> Any:
        """1 (partly counts), 0, or NaN where nobody verified."""
        return np.array([np.nan if c.label is None else float(c.label > 0) for c in self.cases], dtype=np.float64)

    def week_name(self, week: int) -> str:
        """The ISO week in which a number's seven days begin."""
        return week_of(self.since + timedelta(days=7 * week))[2]


def load(conn: Connection, key: str, *, since: datetime | None, until: datetime | None, as_of: datetime) -> Evidence:
    """The cases of ``key`` observed from ``since`` (12 weeks before ``until``, where not given) up to ``until`` (``as_of``). ``InvalidInputError`` (``grades_period``)."""
    until = min(until or as_of, as_of)
    since = since or until - timedelta(weeks=WEEKS)
    begin, weeks = since, ceil((until - since) / timedelta(days=7))
    if since >= until or weeks > MOST_WEEKS:
        raise InvalidInputError("grades_period", since=since.isoformat(), until=until.isoformat(), weeks=MOST_WEEKS)
    directory = directory_of(conn)
    labels, audited = _labels(conn, key, as_of)
    groups: dict[tuple[str, int], list[Any]] = {}
    for row in _judged(conn, key, since, until, as_of):
        unit = f"subject:{row.subject_id}" if row.subject_id is not None else f"content:{row.content_hash}"
        groups.setdefault((unit, window_of(row.observed_at)[0]), []).append(row)
    cases = tuple(_case(key, rows, labels, directory, begin) for rows in groups.values())
    return Evidence(
        key, since, until, as_of, weeks, tuple(sorted(cases, key=lambda c: (c.week, c.assessment_id))), audited,
        {code: office.weekly_capacity for code, office in directory.offices.items()},
        _taken(conn, key, begin, until, as_of),
        {code: (office.name_zh, office.name_en) for code, office in directory.offices.items()},
    )  # fmt: skip


def directory_of(conn: Connection) -> Directory:
    """The directory as stored, or the shipped one where none is stored yet: asking writes nothing."""
    if conn.scalar(select(func.count()).select_from(t.offices)) == 0:
        return Directory(default_offices(), default_duties())
    return load_directory(conn)


def _judged(conn: Connection, key: str, since: datetime, until: datetime, as_of: datetime) -> Sequence[Any]:
    a, s, sub = t.assessments.c, t.signals.c, t.subjects.c
    grading = a.evidence["grading"]
    query = (
        select(
            a.id, a.signal_id, a.subject_id, a.probability, a.grade, a.as_of, s.observed_at, s.region, s.content_hash, sub.region.label("subject_region"),
            grading["floor"].as_string().label("floor"), grading["cap"].as_string().label("cap"),
            a.evidence["uncertainty"]["unsure"].as_boolean().label("unsure"),
        )
        .join_from(t.assessments, t.signals, a.signal_id == s.id)
        .join(t.subjects, a.subject_id == sub.id, isouter=True)
        .where(a.model == key, a.as_of <= as_of, s.observed_at >= since, s.observed_at < until)
        .order_by(a.id)
    )  # fmt: skip
    return conn.execute(query).all()


def _case(
    key: str, rows: Sequence[Any], labels: Mapping[int, tuple[float, float, datetime]], directory: Directory, begin: datetime
) -> Case:
    best = max(rows, key=lambda row: (row.probability, row.grade, -row.id))
    earliest = min(row.observed_at for row in rows)
    places = (first_place(registration=row.subject_region, act=row.region)[0] for row in (best, *rows))
    region = next((code for place in places if (code := regions.resolve(place))), None)
    known = [labels[row.signal_id] for row in rows if row.signal_id in labels]
    label = max(known, key=lambda one: (one[2], one[0])) if known else None
    return Case(
        best.id, best.signal_id, best.subject_id, float(best.probability), int(best.grade),
        directory.route(base_model(key), region, best.observed_at).office_code, region,
        int((earliest - begin) / timedelta(days=7)) if earliest >= begin else 0,
        max(int(Grade.parse(row.floor)) if row.floor else 0 for row in rows),
        int(Grade.parse(best.cap)) if best.cap else int(Grade.RED),
        bool(best.unsure), best.as_of,
        label[0] if label else None, min(one[1] for one in known) if known else 1.0, label[2] if label else None,
    )  # fmt: skip


def _labels(conn: Connection, key: str, as_of: datetime) -> tuple[dict[int, tuple[float, float, datetime]], bool]:
    """Signal → (value, inverse probability of being verified, when known), the latest that had matured; and whether a random sample is among them."""
    label, newer = t.labels.c, t.verdicts.alias("newer")
    corrected = select(newer.c.id).where(newer.c.supersedes == label.verdict_id, newer.c.reported_at <= as_of).exists()
    query = (
        select(label.signal_id, label.value, label.weight, label.source, label.known_at)
        .where(label.model == key, label.matures_at <= as_of, label.known_at <= as_of, ~corrected, label.signal_id.is_not(None))
        .where(label.source.in_(("verdict", "audit_sample")))
        .order_by(label.known_at, label.id)
    )
    found: dict[int, tuple[float, float, datetime]] = {}
    audited = False
    for row in conn.execute(query):
        found[row.signal_id] = (float(row.value), max(float(row.weight), 1.0), row.known_at)
        audited = audited or row.source == "audit_sample"
    return found, audited


def _taken(conn: Connection, key: str, begin: datetime, until: datetime, as_of: datetime) -> dict[tuple[str, int], int]:
    """What other models' alerts took of each office in each week."""
    task, alert = t.tasks.c, t.alerts.c
    query = (
        select(task.office_code, task.issued_at, func.count())
        .join_from(t.tasks, t.alerts, task.alert_id == alert.id)
        .where(alert.model != base_model(key), task.issued_at >= begin, task.issued_at < until, task.issued_at <= as_of)
        .group_by(task.office_code, task.issued_at)
    )
    counts: Counter[tuple[str, int]] = Counter()
    for office, at, n in conn.execute(query):
        counts[office, int((at - begin) / timedelta(days=7))] += int(n)
    return dict(counts)
