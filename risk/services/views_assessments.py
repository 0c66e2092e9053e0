"""Assessments as people look for them, and one with its explanation: evidence, contributions, reasons, versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.clues import Clue, clues_of
from risk.domain.errors import NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.signals import digest
from risk.scoring.keys import title as model_title
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.personal import masked_like
from risk.services.scoping import alerts_inside, assessments_inside
from risk.storage import tables as t

register({"assessment_not_found": ("没有编号为 {id} 的研判", "no assessment with the number {id}")})


@dataclass(frozen=True, slots=True)
class AssessmentFilter:
    """What to list. A model without a lens includes all its lenses; ``min_grade`` keeps that grade and graver ones."""

    signal: int | None = None
    model: str | None = None
    min_grade: Grade = Grade.NONE


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """One line of a list: what a model said of a unit at a moment."""

    id: int
    run_id: int
    signal_id: int | None
    subject_id: int | None
    model: str
    model_zh: str
    model_en: str
    probability: float
    grade: str
    as_of: datetime
    model_version: str
    rules_version: str


@dataclass(frozen=True, slots=True)
class Share:
    """What one reason added, in log-odds."""

    feature: str
    kind: str
    log_odds: float
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class GroundView:
    """One reason as a person knows it, with its quotations and their places in the original."""

    topic: str
    zh: str
    en: str
    log_odds: float
    quotes: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class AssessmentView:
    """One assessment explained. Below blue only the line is kept: then ``explained`` is false and the rest is empty.

    ``intact``: the stored evidence still has the hash it was stored with.
    """

    assessment: AssessmentRow
    explained: bool
    reasons_zh: tuple[str, ...]
    reasons_en: tuple[str, ...]
    clues: tuple[Clue, ...]
    grounds: tuple[GroundView, ...]
    contributions: tuple[Share, ...]
    evidence: dict[str, Any] | None
    evidence_hash: str | None
    intact: bool | None
    versions: dict[str, Any]
    alerts: tuple[int, ...]


def list_assessments(
    conn: Connection, filters: AssessmentFilter, *, limit: int = 50, cursor: str | None = None, scope: Scope = EVERYWHERE
) -> Page[AssessmentRow]:
    """Assessments inside the scope, the newest first."""
    query, a = _query().where(assessments_inside(scope)), t.assessments.c
    if filters.signal is not None:
        query = query.where(a.signal_id == filters.signal)
    if filters.model:
        query = query.where(or_(a.model == filters.model, a.model.startswith(f"{filters.model}.", autoescape=True)))
    if filters.min_grade:
        query = query.where(a.grade >= int(filters.min_grade))
    if cursor:
        query = query.where(a.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(a.id.desc()), limit, row_of)


def of_signal(conn: Connection, signal_id: int) -> tuple[AssessmentRow, ...]:
    """The newest assessment of a signal by each model."""
    a = t.assessments.c
    newest = select(func.max(a.id)).where(a.signal_id == signal_id).group_by(a.model).scalar_subquery()
    return tuple(row_of(row) for row in conn.execute(_query().where(a.id.in_(newest)).order_by(a.model)))


def get_assessment(conn: Connection, assessment_id: int, *, scope: Scope = EVERYWHERE) -> AssessmentView:
    """One assessment, personal data in what it quotes masked; ``NotFoundError`` (``assessment_not_found``)."""
    a = t.assessments.c
    query = select(t.assessments, t.runs.c.versions, t.signals.c.text).join_from(t.assessments, t.runs, a.run_id == t.runs.c.id)
    query = query.join(t.signals, t.signals.c.id == a.signal_id, isouter=True)
    row = conn.execute(query.where(a.id == assessment_id, assessments_inside(scope, few=True))).one_or_none()
    if row is None:
        raise NotFoundError("assessment_not_found", id=assessment_id)
    shown = masked_like(row.evidence, row.text or "") if row.evidence else None
    evidence: Mapping[str, Any] = shown or {}
    e = t.alert_evidence.c
    alerts = select(e.alert_id).where(e.assessment_id == assessment_id, alerts_inside(scope, e.alert_id, few=True))
    return AssessmentView(
        assessment=row_of(row),
        explained=bool(row.evidence),
        reasons_zh=tuple(evidence.get("zh") or ()),
        reasons_en=tuple(evidence.get("en") or ()),
        clues=clues_of(shown),
        grounds=grounds_of(evidence),
        contributions=shares_of(evidence),
        evidence=shown,
        evidence_hash=row.evidence_hash,
        intact=digest(row.evidence) == row.evidence_hash if row.evidence and row.evidence_hash else None,
        versions=dict(row.versions),
        alerts=tuple(conn.scalars(alerts.order_by(e.alert_id))),
    )


def shares_of(evidence: Mapping[str, Any]) -> tuple[Share, ...]:
    """The contributions in stored evidence.

    >>> shares_of({"contributions": [{"feature": "f", "kind": "words", "log_odds": 0.5, "zh": "甲", "en": "a"}]})[0].log_odds
    0.5
    """
    rows = evidence.get("contributions") or ()
    return tuple(Share(str(r["feature"]), str(r["kind"]), float(r["log_odds"]), str(r.get("zh", "")), str(r.get("en", ""))) for r in rows)


def grounds_of(evidence: Mapping[str, Any]) -> tuple[GroundView, ...]:
    """The reasons in stored evidence; none in what was stored before there were any.

    >>> grounds_of({"grounds": [{"topic": "yield", "zh": "甲", "en": "a", "log_odds": 0.5, "quotes": [{"quote": "15%", "start": 2, "end": 5}]}]})[0].quotes
    (('15%', 2, 5),)
    """
    return tuple(
        GroundView(
            str(row["topic"]),
            str(row["zh"]),
            str(row["en"]),
            float(row["log_odds"]),
            tuple((str(q["quote"]), int(q["start"]), int(q["end"])) for q in row.get("quotes") or ()),
        )
        for row in evidence.get("grounds") or ()
    )


@cache
def _query() -> Select[Any]:
    a = t.assessments.c
    names = (a.id, a.run_id, a.signal_id, a.subject_id, a.model, a.probability, a.grade, a.as_of, a.model_version, a.rules_version)
    return select(*names)


def row_of(row: Row[Any]) -> AssessmentRow:
    """A row of the table as a line of a list."""
    return AssessmentRow(
        id=row.id,
        run_id=row.run_id,
        signal_id=row.signal_id,
        subject_id=row.subject_id,
        model=row.model,
        model_zh=model_title(row.model, "zh"),
        model_en=model_title(row.model, "en"),
        probability=row.probability,
        grade=Grade(row.grade).code,
        as_of=row.as_of,
        model_version=row.model_version,
        rules_version=row.rules_version,
    )
