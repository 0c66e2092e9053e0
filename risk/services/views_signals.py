"""Signals as people look for them, the newest first, and one signal with what was judged of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, exists, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.personal import masked, masked_json
from risk.services.places import inside, place
from risk.services.scoping import alerts_inside, signals_inside
from risk.services.views_assessments import AssessmentRow, of_signal
from risk.storage import tables as t

register({"signal_not_found": ("没有编号为 {id} 的信号", "no signal with the number {id}")})

EXCERPT = 300
"""Characters of the text in a list; the whole text is in the single view."""


@dataclass(frozen=True, slots=True)
class SignalFilter:
    """What to list. ``subject`` is a subject's key (its USCC) or name; ``since`` and ``until`` look at when it was observed; ``judged``: by any model.

    ``text`` stands in the text as it is shown: a search never tells what is masked.
    """

    source: str | None = None
    region: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    channel: str | None = None
    kind: str | None = None
    text: str | None = None
    judged: bool | None = None


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One line of a list."""

    id: int
    source: str
    source_id: str | None
    kind: str
    url: str | None
    channel: str | None
    region: str | None
    region_zh: str | None
    region_en: str | None
    text: str
    observed_at: datetime
    time_given: bool
    received_at: datetime
    subject_id: int | None
    subject_name: str | None
    linked_by: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignalView:
    """One signal whole, with the newest judgement of each model and the alerts it stands behind."""

    signal: SignalRow
    text: str
    fields: dict[str, Any]
    identity: str
    content_hash: str
    import_id: int | None
    assessments: tuple[AssessmentRow, ...]
    alerts: tuple[int, ...]


def list_signals(
    conn: Connection, filters: SignalFilter, *, limit: int = 50, cursor: str | None = None, scope: Scope = EVERYWHERE
) -> Page[SignalRow]:
    """Signals inside the scope, the newest received first."""
    query, s = _query().where(signals_inside(scope, few=scope.broad)), t.signals.c
    if filters.source:
        query = query.where(s.source == filters.source)
    if filters.region:
        query = query.where(inside(s.region, filters.region))
    if filters.subject:
        c = t.subjects.c
        query = query.where(s.subject_id.in_(select(c.id).where((c.key == filters.subject) | (c.name == filters.subject))))
    if filters.since:
        query = query.where(s.observed_at >= filters.since)
    if filters.until:
        query = query.where(s.observed_at <= filters.until)
    query = query.where(*(column == value for column, value in ((s.channel, filters.channel), (s.kind, filters.kind)) if value))
    if filters.judged is not None:
        known = exists().where(t.assessments.c.signal_id == s.id)
        query = query.where(known if filters.judged else ~known)
    if filters.text:
        query = query.where(s.text.contains(filters.text, autoescape=True))
    if cursor:
        query = query.where(s.id < unpack_id(cursor))
    page = page_by_id(conn, query.order_by(s.id.desc()), limit, lambda row: (row_of(row), masked(row.text)))
    return Page(tuple(row for row, shown in page.items if not filters.text or filters.text in shown), page.cursor)


def get_signal(conn: Connection, signal_id: int, *, scope: Scope = EVERYWHERE) -> SignalView:
    """One signal; ``NotFoundError`` (``signal_not_found``)."""
    row = conn.execute(_query().where(t.signals.c.id == signal_id, signals_inside(scope, few=True))).one_or_none()
    if row is None:
        raise missing(signal_id)
    evidence, a = t.alert_evidence.c, t.assessments.c
    alerts = conn.scalars(
        select(evidence.alert_id)
        .join_from(t.alert_evidence, t.assessments)
        .where(a.signal_id == signal_id, alerts_inside(scope, evidence.alert_id, few=True))
        .distinct()
        .order_by(evidence.alert_id)
    )
    return SignalView(
        signal=row_of(row),
        text=masked(row.text),
        fields=masked_json(dict(row.fields)),
        identity=row.identity,
        content_hash=row.content_hash,
        import_id=row.import_id,
        assessments=of_signal(conn, signal_id),
        alerts=tuple(alerts),
    )


@cache
def _query() -> Select[Any]:
    return select(t.signals, t.subjects.c.name.label("subject_name")).join(
        t.subjects, t.subjects.c.id == t.signals.c.subject_id, isouter=True
    )


def row_of(row: Any) -> SignalRow:
    """A row of the table, with ``subject_name``, as a line of a list: masked."""
    return SignalRow(
        id=row.id,
        source=row.source,
        source_id=row.source_id,
        kind=row.kind,
        url=row.url,
        channel=row.channel,
        region=row.region,
        region_zh=place(row.region, "zh"),
        region_en=place(row.region, "en"),
        text=masked(row.text)[:EXCERPT],
        observed_at=row.observed_at,
        time_given=row.time_given,
        received_at=row.received_at,
        subject_id=row.subject_id,
        subject_name=row.subject_name,
        linked_by=row.linked_by,
        warnings=tuple(row.warnings),
    )


def missing(signal_id: int) -> NotFoundError:
    """No such signal."""
    return NotFoundError("signal_not_found", id=signal_id)
