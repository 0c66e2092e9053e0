"""One alert whole: what, who, where, by which law of that day, why the machine says so, who entered or sent it, what happened since, what hangs together with it.

Quotations carry their place in the original text and say whether they still stand there; texts are masked, lengths kept, so that places hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, CompoundSelect, Connection, Row, Select, String, and_, bindparam, cast, literal, null, select

from risk.domain.alerts_law import HeldLaw, laws_of
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.candidates import Candidate
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.domain.routing import first_place
from risk.domain.signals import digest
from risk.scoring.keys import title as model_title
from risk.services import alert_assists, clue_senders, suppressions, task_views
from risk.services.bulk import select_in
from risk.services.clue_senders import ClueSender
from risk.services.dispatch import read_directory
from risk.services.personal import masked, masked_like
from risk.services.scoping import alerts_inside
from risk.services.task_views import TaskRow
from risk.services.views_alerts import AlertMoment, AlertRow, get_alert, settled
from risk.services.views_assessments import Share, shares_of
from risk.storage import tables as t

PIECES = 20
RELATED = 50

register(
    {
        "nearly_suppressed": (
            "抑制 {id} 差一项（{part}）即覆盖",
            "suppression {id} would have covered it but for {part}",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of the original, at [start, end). ``stands``: they are there, letter for letter, in the text as stored."""

    text: str
    start: int | None
    end: int | None
    stands: bool | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that fired: its sentence with the values in it, quotations, law and advice."""

    rule: str
    severity: str | None
    title_zh: str
    title_en: str
    zh: str
    en: str
    values: dict[str, Any]
    quotes: tuple[Quote, ...]
    basis: tuple[str, ...]
    advice_zh: str
    advice_en: str


@dataclass(frozen=True, slots=True)
class Versions:
    """With what a piece of evidence was judged: enough to judge it again."""

    model: str
    rules: str
    cutoffs: dict[str, Any]
    grading: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence. ``text_hash``: SHA-256 of the original text as stored; ``hash``: of what was said of it, ``intact``: still the same.

    ``probability`` is nothing where no model judged it (a person or another system did).
    """

    assessment_id: int
    signal_id: int | None
    model: str
    model_zh: str
    model_en: str
    grade: str
    probability: float | None
    source: str | None
    channel: str | None
    url: str | None
    region: str | None
    observed_at: datetime | None
    judged_at: datetime
    added_at: datetime
    text: str
    text_hash: str | None
    hash: str | None
    intact: bool | None
    because_zh: tuple[str, ...]
    because_en: tuple[str, ...]
    reasons: tuple[Reason, ...]
    contributions: tuple[Share, ...]
    laws: tuple[HeldLaw, ...]
    versions: Versions
    run_id: int
    entered: dict[str, Any] | None
    warning: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class RelatedAlert:
    """Another alert of the subject, or of a subject that shares something with it (``by``: subject, or the relation: address, telephone …)."""

    id: int
    model: str
    grade: str
    status: str
    opened_at: datetime
    by: str
    title_zh: str
    title_en: str


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One task about the alert: its own, or of an office that assists."""

    id: int
    kind: str
    office: str
    state: str
    grade: str
    report_due: datetime
    officer: str | None


@dataclass(frozen=True, slots=True)
class Near:
    """A suppression in force (or on trial) that missed the alert by one part."""

    suppression_id: int
    mode: str
    part: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Everything about one alert that a verifier, their head or a judge would ask."""

    alert: AlertRow
    subject: str | None
    subject_key: str | None
    uscc: str | None
    evidence: tuple[Piece, ...]
    pieces: int
    task: TaskRow | None
    tasks: tuple[TaskLine, ...]
    assist_wanted: tuple[str, ...]
    verdicts: tuple[dict[str, Any], ...]
    history: tuple[AlertMoment, ...]
    senders: tuple[ClueSender, ...]
    related: tuple[RelatedAlert, ...]
    nearly_suppressed: tuple[Near, ...]


def page(conn: Connection, alert_id: int, now: datetime, *, scope: Scope = EVERYWHERE) -> AlertPage:
    """One alert; the gravest evidence first. ``NotFoundError`` (``alert_not_found``)."""
    head = get_alert(conn, alert_id, scope=scope)
    alert = head.alert
    rows = _evidence_rows(conn, alert_id)
    about = task_views.of_alert(conn, alert_id, now, scope=scope)
    asked = {task.office for task, _ in about.tasks}
    history = [*settled(conn, alert_id), *(_step(event) for event in about.events), *_told(conn, alert_id)]
    return AlertPage(
        alert=alert,
        subject=head.subject,
        subject_key=head.subject_key,
        uscc=head.uscc,
        evidence=tuple(_piece(row) for row in rows),
        pieces=alert.evidence,
        task=next((task for task, _ in about.tasks if task.alert_id == alert_id), None),
        tasks=tuple(_line(task) for task, inside in about.tasks if inside),
        assist_wanted=alert_assists.wanted(conn, alert_id, alert.model, alert.region, asked, now, read_directory),
        verdicts=about.verdicts,
        history=tuple(sorted(history, key=lambda one: one.at)),
        senders=clue_senders.senders_of(conn, alert_id),
        related=_related(conn, alert_id, alert.subject_id, scope),
        nearly_suppressed=_nearly(conn, rows, now),
    )


def _line(task: TaskRow) -> TaskLine:
    return TaskLine(task.id, task.kind, task.office, task.state, task.grade, task.report_due, task.officer)


def _step(event: Mapping[str, Any]) -> AlertMoment:
    detail = {**event["detail"], "reason": event["reason"], "to": event["to_state"]}
    return AlertMoment(event["at"], f"task.{event['event']}", event["actor"], 1, detail)


def _evidence_rows(conn: Connection, alert_id: int) -> list[Row[Any]]:
    e, a, s, r, sub = t.alert_evidence.c, t.assessments.c, t.signals.c, t.runs.c, t.subjects.c
    query = (
        select(
            t.assessments, e.added_at, s.source, s.channel, s.url, s.region, s.observed_at, s.text, r.versions,
            sub.region.label("subject_region"),
        )
        .join_from(t.alert_evidence, t.assessments, e.assessment_id == a.id)
        .join(t.runs, a.run_id == r.id)
        .join(t.signals, a.signal_id == s.id, isouter=True)
        .join(t.subjects, a.subject_id == sub.id, isouter=True)
        .where(e.alert_id == alert_id)
        .order_by(a.grade.desc(), a.probability.desc(), a.id)
        .limit(PIECES)
    )  # fmt: skip
    return list(conn.execute(query))


def _piece(row: Row[Any]) -> Piece:
    told: Mapping[str, Any] = row.evidence or {}
    text = row.text or ""
    shown: Mapping[str, Any] = masked_like(dict(told), text) if text else dict(told)
    day = (row.observed_at or row.as_of).astimezone(SHANGHAI).date()
    own = row.model.endswith((".person", ".warning")) and not row.probability
    versions = row.versions or {}
    return Piece(
        assessment_id=row.id,
        signal_id=row.signal_id,
        model=row.model,
        model_zh=model_title(row.model, "zh"),
        model_en=model_title(row.model, "en"),
        grade=Grade(row.grade).code,
        probability=None if own else row.probability,
        source=row.source,
        channel=row.channel,
        url=row.url,
        region=row.region,
        observed_at=row.observed_at,
        judged_at=row.as_of,
        added_at=row.added_at,
        text=masked(text),
        text_hash=digest_of_text(text) if row.signal_id is not None else None,
        hash=row.evidence_hash,
        intact=digest(row.evidence) == row.evidence_hash if row.evidence and row.evidence_hash else None,
        because_zh=tuple(shown.get("zh") or ()),
        because_en=tuple(shown.get("en") or ()),
        reasons=tuple(_reason(plain, text) for plain in (*(shown.get("rules") or ()), *(shown.get("notes") or ()))),
        contributions=shares_of(shown),
        laws=laws_of(told.get("rules") or (), day),
        versions=Versions(
            row.model_version, row.rules_version, dict(versions.get("cutoffs") or {}), versions.get("grading"), versions.get("code")
        ),
        run_id=row.run_id,
        entered=shown.get("entered"),
        warning=shown.get("warning"),
    )


def digest_of_text(text: str) -> str:
    """SHA-256 of a text as stored (UTF-8), to compare with the original.

    >>> digest_of_text("")[:8]
    'e3b0c442'
    """
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()


def _reason(rule: Mapping[str, Any], text: str) -> Reason:
    because, title, advice = rule.get("because") or {}, rule.get("title") or {}, rule.get("advice") or {}
    basis = [one for one in rule.get("basis") or () if isinstance(one, Mapping)]
    return Reason(
        rule=str(rule.get("rule", "")),
        severity=rule.get("severity"),
        title_zh=str(title.get("zh", "")),
        title_en=str(title.get("en", "")),
        zh=str(because.get("zh", "")),
        en=str(because.get("en", "")),
        values=dict(rule.get("values") or {}),
        quotes=tuple(_quote(one, masked(text)) for one in rule.get("quotes") or ()),
        basis=tuple(f"《{one.get('law', '')}》{one.get('article', '')}" for one in basis),
        advice_zh=str(advice.get("zh", "")),
        advice_en=str(advice.get("en", "")),
    )


def _quote(quote: Any, text: str) -> Quote:
    if not isinstance(quote, Mapping):
        return Quote(str(quote), None, None, str(quote) in text)
    start, end = quote.get("start"), quote.get("end")
    words = str(quote.get("quote", ""))
    stands = text[start:end] == words if isinstance(start, int) and isinstance(end, int) else None
    return Quote(words, start, end, stands)


def _told(conn: Connection, alert_id: int) -> list[AlertMoment]:
    """What persons entered and other systems warned of; merging and rising are told by runs and by the task."""
    return [
        AlertMoment(row.at, "alert.entered", row.actor, 1, {"entry": row.entry, "channel": row.channel, "reason": row.reason})
        if row.entry is not None
        else AlertMoment(
            row.at, "alert.warned", row.actor, 1, {"system": row.system, "id": row.warning_id, "level": row.level, "rule": row.rule}
        )
        for row in conn.execute(_told_query(), {"alert": alert_id})
    ]


@cache
def _told_query() -> CompoundSelect[Any]:
    m, w, alert = t.manual_entries.c, t.outside_warnings.c, bindparam("alert", type_=BigInteger)
    number, words = cast(null(), BigInteger), cast(null(), String)
    theirs = [words.label(name) for name in ("system", "warning_id", "level", "rule")]
    entered = select(
        literal(0).label("after"), m.id.label("row"), m.entered_at.label("at"), m.entered_by.label("actor"), m.id.label("entry"), m.channel,
        m.reason, *theirs,
    )  # fmt: skip
    warned = select(literal(1), w.id, w.received_at, w.actor, number, words, words, w.system, w.warning_id, w.level, w.rule)
    return entered.where(m.alert_id == alert).union_all(warned.where(w.alert_id == alert)).order_by("after", "row")


def _related(conn: Connection, alert_id: int, subject: int | None, scope: Scope) -> tuple[RelatedAlert, ...]:
    """Other alerts of the subject by any model, then those of subjects that share an address, a telephone … with it now."""
    if subject is None:
        return ()
    by: dict[int, str] = {subject: "subject"}
    for row in conn.execute(_sharing(), {"subject": subject}):
        by.setdefault(row.subject_id, row.relation)
    a = t.alerts.c
    query = select(a.id, a.model, a.grade, a.status, a.opened_at, a.subject_id, a.title_zh, a.title_en).where(
        a.id != alert_id, alerts_inside(scope, few=True)
    )
    rows = sorted(select_in(conn, query, a.subject_id, list(by)[:500]), key=lambda row: (row.subject_id != subject, -row.id))
    return tuple(
        RelatedAlert(row.id, row.model, Grade(row.grade).code, row.status, row.opened_at, by[row.subject_id], row.title_zh, row.title_en)
        for row in rows[:RELATED]
    )


@cache
def _sharing() -> Select[Any]:
    """Subjects that have a value now which the subject has now, too."""
    mine, other = t.subject_links.alias("mine"), t.subject_links.alias("other")
    same = and_(other.c.relation == mine.c.relation, other.c.value_key == mine.c.value_key)
    query = select(other.c.subject_id, other.c.relation).join_from(mine, other, same)
    theirs = (other.c.known_to.is_(None), other.c.subject_id != mine.c.subject_id)
    return query.where(mine.c.subject_id == bindparam("subject"), mine.c.known_to.is_(None), *theirs).order_by(other.c.id)


def _nearly(conn: Connection, rows: Sequence[Row[Any]], now: datetime) -> tuple[Near, ...]:
    """Suppressions that miss one of the pieces by one part only."""
    conditions = suppressions.in_force(conn, now, mode=None)
    if not conditions:
        return ()
    candidates = {str(row.id): _candidate(row) for row in rows if row.observed_at is not None}
    facts = suppressions.facts_of(conn, candidates, {part for one in conditions for part in one.condition})
    found: dict[tuple[int, str], Near] = {}
    for one in conditions:
        for key, c in candidates.items():
            missed = one.missed(c.model, facts[key])
            if len(missed) == 1 and len(one.condition) > 1:
                words = [say("nearly_suppressed", lang, id=one.id, part=missed[0]) for lang in ("zh", "en")]
                found.setdefault((one.id, missed[0]), Near(one.id, one.mode.value, missed[0], *words))
    return tuple(found.values())


def _candidate(row: Row[Any]) -> Candidate:
    place = first_place(registration=row.subject_region, act=row.region)[0]
    return Candidate(row.id, row.signal_id, row.subject_id, row.model, place, row.probability, Grade(row.grade), "", "", row.observed_at)
