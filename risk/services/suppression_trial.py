"""A suppression tried on what was: how many alerts of a period it would have kept away, and how many of those proved right. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Select, select

from risk.domain.alerts_suppressed import Suppression, check_condition
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.candidates import Candidate
from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.domain.routing import first_place
from risk.domain.verdicts import label_of
from risk.services.bulk import select_in
from risk.services.personal import masked
from risk.services.scoping import signals_inside
from risk.services.suppressions import facts_of
from risk.storage import tables as t

SAMPLES = 20

register(
    {
        "trial_confirmed": (
            "注意：其中 {count} 件预警已核查属实，抑制会使其漏报",
            "careful: {count} of these alerts were confirmed, the suppression would have missed them",
        ),
        "trial_period": ("时段的起点须早于终点", "the period must begin before it ends"),
    }
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One candidate that the condition covers."""

    assessment_id: int
    signal_id: int | None
    alert_id: int | None
    model: str
    grade: str
    text: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a condition would have done. ``alerts_gone``: every clue of the alert is covered; ``alerts_thinner``: only some of them.

    ``confirmed`` and ``unfounded`` count the verdicts of those gone; ``samples`` are of the graver ones first, of the newest among equals.
    """

    condition: dict[str, str]
    model: str | None
    since: datetime
    until: datetime
    candidates: int
    covered: int
    by_grade: dict[str, int]
    alerts_gone: int
    alerts_thinner: int
    confirmed: int
    unfounded: int
    open: int
    warning_zh: str | None
    warning_en: str | None
    samples: tuple[Sample, ...]


def try_condition(
    conn: Connection,
    condition: Mapping[str, str],
    *,
    since: datetime,
    until: datetime,
    model: str | None = None,
    scope: Scope = EVERYWHERE,
) -> Trial:
    """The condition on the alarms judged in [since, until). ``InvalidInputError``: ``suppression_condition``, ``trial_period``."""
    if since >= until:
        raise InvalidInputError("trial_period")
    one = Suppression(0, model, check_condition(condition), 1)
    rows = list(conn.execute(_alarms(one, since, until, scope)))
    candidates = {str(row.id): _candidate(row) for row in rows}
    facts = facts_of(conn, candidates, set(one.condition))
    covered = [row for row in rows if one.covers(row.model, facts[str(row.id)])]
    gone, thinner = _alerts(conn, {row.id for row in covered}, {row.alert_id for row in covered} - {None})
    verdicts = _verdicts(conn, gone)
    confirmed = sum(value == 1 for value in verdicts.values())
    covered.sort(key=lambda row: (-row.grade, -row.id))
    return Trial(
        condition=dict(one.condition),
        model=model,
        since=since,
        until=until,
        candidates=len(rows),
        covered=len(covered),
        by_grade={Grade(grade).code: count for grade, count in sorted(Counter(row.grade for row in covered).items(), reverse=True)},
        alerts_gone=len(gone),
        alerts_thinner=len(thinner),
        confirmed=confirmed,
        unfounded=sum(value == 0 for value in verdicts.values()),
        open=len(gone) - len(verdicts),
        warning_zh=say("trial_confirmed", "zh", count=confirmed) if confirmed else None,
        warning_en=say("trial_confirmed", "en", count=confirmed) if confirmed else None,
        samples=tuple(_sample(row) for row in covered[:SAMPLES]),
    )


def _alarms(one: Suppression, since: datetime, until: datetime, scope: Scope) -> Select[tuple[object, ...]]:
    """Alarms of the period; what the database can match by index is matched there."""
    c, a, s, sub = t.candidates.c, t.assessments.c, t.signals.c, t.subjects.c
    columns = (a.id, a.signal_id, a.subject_id, a.model, a.grade, a.probability, c.alert_id, s.text, s.observed_at, s.region)
    query: Select[tuple[object, ...]] = (
        select(*columns, sub.region.label("subject_region"))
        .join_from(t.candidates, t.assessments, c.assessment_id == a.id)
        .join(t.signals, a.signal_id == s.id)
        .join(t.subjects, a.subject_id == sub.id, isouter=True)
        .where(a.as_of >= since, a.as_of < until, a.grade > 0, c.outcome.in_(("new", "merged", "suppressed")), signals_inside(scope))
        .order_by(a.id)
    )
    if "source" in one.condition:
        query = query.where(s.source == one.condition["source"])
    if "content_hash" in one.condition:
        query = query.where(s.content_hash == one.condition["content_hash"])
    if "subject" in one.condition:
        query = query.where(sub.key == one.condition["subject"])
    return query


def _candidate(row: Row[tuple[object, ...]]) -> Candidate:
    place = first_place(registration=row.subject_region, act=row.region)[0]
    return Candidate(row.id, row.signal_id, row.subject_id, row.model, place, row.probability, Grade(row.grade), "", "", row.observed_at)


def _alerts(conn: Connection, covered: set[int], alerts: Iterable[int]) -> tuple[set[int], set[int]]:
    """Alerts all of whose clues are covered, and those with others beside them."""
    e = t.alert_evidence.c
    clues: dict[int, set[int]] = {}
    for row in select_in(conn, select(e.alert_id, e.assessment_id), e.alert_id, alerts):
        clues.setdefault(row.alert_id, set()).add(row.assessment_id)
    gone = {alert for alert, mine in clues.items() if mine <= covered}
    return gone, set(clues) - gone


def _verdicts(conn: Connection, alerts: Iterable[int]) -> dict[int, float | None]:
    """What the newest verdict of each alert teaches: 1 confirmed, 0 unfounded."""
    v = t.verdicts.c
    found: dict[int, float | None] = {}
    for row in sorted(select_in(conn, select(v.id, v.alert_id, v.code, v.sub_reason), v.alert_id, alerts), key=lambda row: row.id):
        found[row.alert_id] = label_of(row.code, row.sub_reason)
    return found


def _sample(row: Row[tuple[object, ...]]) -> Sample:
    return Sample(row.id, row.signal_id, row.alert_id, row.model, Grade(row.grade).code, masked(" ".join(row.text.split()))[:160])
