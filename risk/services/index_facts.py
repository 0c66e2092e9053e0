"""What the indicators of places are made of: counts as known at a moment, by division, added up from the counties to the province.

Nothing later than ``as_of`` is read: signals that had come in, alerts with the evidence they had, tasks by the deadlines they had (``as_known``), verdicts not
superseded by then. A place whose denominator is smaller than the indicator's ``least`` has no value: unknown, not zero. What names no division is in none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from risk.domain import regions
from risk.domain.calendar import SHANGHAI
from risk.domain.grades import Grade
from risk.domain.indices import Indicator, sensitive, system
from risk.domain.tasks import Event
from risk.domain.verdicts import day_of, label_of
from risk.services import archived
from risk.services.as_known import KnownTask, Standing, standings, tasks_of
from risk.services.bulk import select_in
from risk.services.credit_classes import in_force
from risk.storage import tables as t

YEAR = timedelta(days=365)


class Known(NamedTuple):
    """A value, None where it is not known, and the size of its denominator."""

    value: float | None
    n: float


Facts = dict[str, dict[str, Known]]
"""Indicator → division → what is known."""


def of_places(conn: Connection, as_of: datetime) -> Facts:
    """Every indicator of every division that has one, as known at a moment."""
    moment = _Moment(conn, as_of)
    return {one.code: _PARTS[one.code](moment, one) for one in system("region").indicators}


def rolled(counts: Mapping[str | None, float]) -> Counter[str]:
    """Counts by division with those of all divisions below; codes that are none of ours are left out.

    >>> sorted(rolled({"420102": 2, "420100": 1, "429004": 4, None: 9, "110000": 9}).items())
    [('420000', 7), ('420100', 3), ('420102', 2), ('429004', 4)]
    """
    total: Counter[str] = Counter()
    for region, n in counts.items():
        if region is not None and region in regions.DIVISIONS:
            for place in (region, *regions.parents(region)):
                total[place] += n  # type: ignore[assignment]  # counts may be halves
    return total


def shares(
    above: Mapping[str | None, float], below: Mapping[str | None, float], least: int, *, factor: float = 1.0
) -> dict[str, Known]:  # fmt: skip
    """Place → ``factor`` × above / below; unknown where the denominator is smaller than ``least``."""
    top, bottom = rolled(above), rolled(below)
    return {place: Known(factor * top[place] / n if n >= max(least, 1) else None, n) for place, n in bottom.items()}


def lapsed(rows: Iterable[Any], day: date) -> dict[tuple[int, str], bool]:
    """(subject, kind of licence) → whether the one that lasts longest was over; ``rows`` in the order they became known: the latest row of a number holds.

    Licences without a last day are left out.
    """
    newest = {(row.kind, row.number): row for row in rows}
    last: dict[tuple[int, str], date] = {}
    for row in newest.values():
        if row.valid_to is not None:
            key = (row.subject_id, row.kind)
            last[key] = max(last.get(key, row.valid_to), row.valid_to)
    return {key: end < day for key, end in last.items()}


@dataclass(frozen=True)
class _Moment:
    """What several indicators share, read once."""

    conn: Connection
    as_of: datetime

    @property
    def day(self) -> date:
        return self.as_of.astimezone(SHANGHAI).date()

    def window(self, column: Any, days: int, *, back: int = 0) -> Any:
        """(as_of − days, as_of], ``back`` such stretches earlier."""
        end = self.as_of - timedelta(days=days) * back
        return (column > end - timedelta(days=days)) & (column <= end)

    @cached_property
    def subjects(self) -> dict[str | None, float]:
        s = t.subjects.c
        return dict(self._counts(select(s.region, func.count()).where(s.created_at <= self.as_of).group_by(s.region)))

    @cached_property
    def alerts(self) -> Sequence[Row[Any]]:
        a = t.alerts.c
        query = select(a.id, a.region, a.subject_id, a.grade, a.probability, a.opened_at)
        rows: list[Any] = list(self.conn.execute(query.where(a.opened_at <= self.as_of, a.opened_at > self.as_of - YEAR).order_by(a.id)))
        return rows

    @cached_property
    def standing(self) -> dict[int, Standing]:
        return standings(self.conn, {row.id: row for row in self.alerts}, self.as_of)

    @cached_property
    def tasks(self) -> list[tuple[str | None, KnownTask]]:
        """Tasks of the year's alerts, each with the division of the office it had."""
        offices = {row.code: row.region for row in self.conn.execute(select(t.offices.c.code, t.offices.c.region))}
        return [(offices.get(one.office), one) for one in tasks_of(self.conn, [row.id for row in self.alerts], self.as_of)]

    @cached_property
    def reported(self) -> set[int]:
        """Alerts that had been reported on."""
        ids = [one.id for _, one in self.tasks if one.reported_at is not None]
        return {row.alert_id for row in select_in(self.conn, select(t.tasks.c.alert_id), t.tasks.c.id, ids)}

    def signals(self, days: int, *, complaints: bool, back: int = 0) -> dict[str | None, float]:
        s = t.signals.c
        kind = s.kind == "report" if complaints else s.kind.not_in(("report", "case"))
        query = select(s.region, func.count()).where(kind, self.window(s.observed_at, days, back=back), s.received_at <= self.as_of)
        found = Counter(dict(self._counts(query.group_by(s.region))))
        end = self.as_of - timedelta(days=days) * back
        for one, n in archived.observed(self.conn, [(">", end - timedelta(days=days)), ("<=", end)], self.as_of).items():
            found[one.region] += n * ((one.kind == "report") == complaints)
        return dict(+found)

    def opened(self, days: int) -> list[Row[Any]]:
        since = self.as_of - timedelta(days=days)
        return [row for row in self.alerts if row.opened_at > since]

    def grave(self, row: Row[Any]) -> bool:
        return self.standing[row.id].grade >= Grade.ORANGE

    def _counts(self, query: Any) -> Iterable[tuple[str | None, float]]:
        return ((region, float(n)) for region, n in self.conn.execute(query))


def _by(rows: Iterable[Any]) -> Counter[str | None]:
    return Counter(row.region for row in rows)


def _signal_density(moment: _Moment, one: Indicator) -> dict[str, Known]:
    return shares(moment.signals(one.days, complaints=False), moment.subjects, one.least, factor=10_000)


def _alert_density(moment: _Moment, one: Indicator) -> dict[str, Known]:
    return shares(_by(moment.opened(one.days)), moment.subjects, one.least, factor=10_000)


def _grave_share(moment: _Moment, one: Indicator) -> dict[str, Known]:
    opened = moment.opened(one.days)
    return shares(_by(row for row in opened if moment.grave(row)), _by(opened), one.least)


def _verified_rate(moment: _Moment, one: Indicator) -> dict[str, Known]:
    v, a, newer = t.verdicts.c, t.alerts.c, t.verdicts.alias("newer")
    superseded = select(newer.c.id).where(newer.c.supersedes == v.id, newer.c.reported_at <= moment.as_of).exists()
    query = select(a.region, v.code, v.sub_reason, v.reported_at).join_from(t.verdicts, t.alerts, v.alert_id == a.id)
    yes, told = Counter[str | None](), Counter[str | None]()
    for row in moment.conn.execute(query.where(moment.window(v.reported_at, one.days), ~superseded)):
        label = label_of(row.code, row.sub_reason, day_of(row.reported_at))
        if label is not None:
            told[row.region] += 1
            yes[row.region] += label > 0
    return shares(yes, told, one.least)


def _open_grave(moment: _Moment, one: Indicator) -> dict[str, Known]:
    standing = (row for row in moment.opened(one.days) if moment.grave(row) and row.id not in moment.reported)
    return shares(_by(standing), moment.subjects, one.least, factor=10_000)


def _repeat_share(moment: _Moment, one: Indicator) -> dict[str, Known]:
    """A subject is counted where its newest alert is."""
    many: Counter[int] = Counter()
    where: dict[int, str | None] = {}
    for row in moment.opened(one.days):
        if row.subject_id is not None:
            many[row.subject_id] += 1
            where[row.subject_id] = row.region
    again = Counter(where[subject] for subject, n in many.items() if n > 1)
    return shares(again, Counter(where.values()), one.least)


def _credit_cd(moment: _Moment, one: Indicator) -> dict[str, Known]:
    newest = in_force(moment.conn, moment.as_of)
    s = t.subjects.c
    query = select(s.region, s.uscc).where(s.created_at <= moment.as_of, s.uscc.is_not(None))
    classed = [(row.region, newest[row.uscc].class_code) for row in moment.conn.execute(query) if row.uscc in newest]
    return shares(Counter(r for r, code in classed if code in "CD"), Counter(r for r, _ in classed), one.least)


def _sensitive_share(moment: _Moment, one: Indicator) -> dict[str, Known]:
    s = t.subjects.c
    query = select(s.region, s.industry, func.count().label("n")).where(s.created_at <= moment.as_of).group_by(s.region, s.industry)
    yes, told = Counter[str | None](), Counter[str | None]()
    for row in moment.conn.execute(query):
        found = sensitive(row.industry)
        if found is not None:
            told[row.region] += row.n
            yes[row.region] += row.n * found
    return shares(yes, told, one.least)


def _lapsed_licences(moment: _Moment, one: Indicator) -> dict[str, Known]:
    n, s = t.licences.c, t.subjects.c
    query = select(n.subject_id, n.kind, n.number, n.valid_to, s.region).join_from(t.licences, t.subjects, n.subject_id == s.id)
    rows = moment.conn.execute(query.where(n.known_from <= moment.as_of).order_by(n.known_from, n.id)).all()
    where = {row.subject_id: row.region for row in rows}
    found = lapsed(rows, moment.day)
    return shares(Counter(where[k[0]] for k, over in found.items() if over), Counter(where[k[0]] for k in found), one.least)


def _complaint_density(moment: _Moment, one: Indicator) -> dict[str, Known]:
    return shares(moment.signals(one.days, complaints=True), moment.subjects, one.least, factor=10_000)


def _complaint_growth(moment: _Moment, one: Indicator) -> dict[str, Known]:
    before: Counter[str | None] = Counter()
    for back in (1, 2, 3):
        before.update(moment.signals(one.days, complaints=True, back=back))
    return shares(moment.signals(one.days, complaints=True), before, one.least, factor=3.0)


def _in_time(moment: _Moment, one: Indicator) -> dict[str, Known]:
    since = moment.as_of - timedelta(days=one.days)
    due = [(place, task) for place, task in moment.tasks if since < task.report_due <= moment.as_of]
    kept = [place for place, task in due if task.reported_at is not None and task.reported_at <= task.report_due]
    return shares(Counter(kept), Counter(place for place, _ in due), one.least)


def _overdue_share(moment: _Moment, one: Indicator) -> dict[str, Known]:
    since = moment.as_of - timedelta(days=one.days)
    waiting = [(place, task) for place, task in moment.tasks if task.reported_at is None and task.issued_at > since]
    return shares(Counter(p for p, task in waiting if task.report_due < moment.as_of), Counter(p for p, _ in waiting), one.least)


def _feedback_quality(moment: _Moment, one: Indicator) -> dict[str, Known]:
    since, e = moment.as_of - timedelta(days=one.days), t.task_events.c
    told = [(place, task) for place, task in moment.tasks if task.reported_at is not None and task.reported_at > since]
    query = select(e.task_id).where(e.event == Event.RETURN.value, e.at > since, e.at <= moment.as_of)
    returned = {row.task_id for row in select_in(moment.conn, query, e.task_id, [task.id for _, task in told])}
    return shares(Counter(p for p, task in told if task.id not in returned), Counter(p for p, _ in told), one.least)


_PARTS: Mapping[str, Callable[[_Moment, Indicator], dict[str, Known]]] = {
    "signal_density": _signal_density,
    "alert_density": _alert_density,
    "grave_share": _grave_share,
    "verified_rate": _verified_rate,
    "open_grave": _open_grave,
    "repeat_share": _repeat_share,
    "credit_cd": _credit_cd,
    "sensitive_share": _sensitive_share,
    "lapsed_licences": _lapsed_licences,
    "complaint_density": _complaint_density,
    "complaint_growth": _complaint_growth,
    "in_time": _in_time,
    "overdue_share": _overdue_share,
    "feedback_quality": _feedback_quality,
}
"""Indicator → how it is counted."""
