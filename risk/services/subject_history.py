"""The history of a subject as it was known at a moment, and the chain of supervision (监管信息链) from each signal to what came of it.

An entry is in the history from when we came to know it, and stands at when it happened. What lies outside a scope is left out: an officer of one city sees of
a firm the registers and what their own city has to do with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, Select, select

from risk.domain.acts import kinds as act_kinds
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import Told, register, say
from risk.domain.money import fen_of, yuan_of
from risk.domain.verdicts import day_of, taxonomy
from risk.services import appeals, scoping, verdict_events
from risk.services.acts import acts_inside
from risk.services.personal import masked, masked_json
from risk.storage import tables as t

KINDS = (
    "signal", "alert", "task", "task_event", "verdict", "verdict_event", "act", "penalty", "change", "licence", "appeal", "decision"
)  # fmt: skip
"""What a history is made of."""

MOST = 2_000
"""Entries of each kind, the newest; a longer history is asked for in parts (``since``, ``until``)."""

EXCERPT = 120

register(
    {
        "history_kind": ("没有这类经过：{kind}", "no such kind of entry: {kind}"),
        "history_kind.hint": ("可用：{known}", "one of: {known}"),
        "entry_signal": ("收到信号（{source}）：{text}", "signal received ({source}): {text}"),
        "entry_alert": ("产生预警线索：{title}", "clue raised: {title}"),
        "entry_task": ("核查任务派发至 {office}", "verification task issued to {office}"),
        "entry_task_event": ("任务：{event}（{actor}）", "task {event} ({actor})"),
        "entry_verdict": ("核查结论 {result}：{title}", "verdict {result}: {title}"),
        "entry_verdict_event": ("结论：{event}（{actor}）", "verdict: {event} ({actor})"),
        "entry_act": ("{kind} {number}", "{kind} {number}"),
        "entry_act_fined": ("{kind} {number}，罚款 {fined} 元", "{kind} {number}, fined {fined} yuan"),
        "entry_penalty": ("行政处罚 {number}（{kind}）", "penalty {number} ({kind})"),
        "entry_change": ("登记变更：{kind}", "registration changed: {kind}"),
        "entry_licence": ("许可：{kind} {number}（{valid_from} 至 {valid_to}）", "licence: {kind} {number} ({valid_from} to {valid_to})"),
        "entry_appeal": ("对结论 {verdict} 提出申诉", "appeal against verdict {verdict}"),
        "entry_decision": ("申诉处理：{outcome}", "appeal decided: {outcome}"),
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a history: when it happened, when we came to know it, what it is, in both languages, and its facts."""

    at: datetime
    known_at: datetime
    kind: str
    object: str
    zh: str
    en: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """A subject's history. ``known``: the moment it is told for; ``cut``: kinds of which there are more than are given."""

    subject_id: int
    known: datetime
    entries: tuple[Entry, ...]
    cut: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """One alert of a subject with what led to it and what came of it, each in the order it happened."""

    alert_id: int
    model: str
    title_zh: str
    title_en: str
    signals: tuple[Entry, ...]
    steps: tuple[Entry, ...]


def history(
    conn: Connection,
    subject_id: int,
    known: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    only: tuple[str, ...] = (),
    scope: Scope = EVERYWHERE,
) -> History:
    """What was known of a subject at a moment, the newest first. ``subject_not_found``, ``history_kind``."""
    scoping.require_subject(conn, scope, subject_id)
    if unknown := [kind for kind in only if kind not in KINDS]:
        raise InvalidInputError("history_kind", kind=unknown[0][:40], known=", ".join(KINDS))
    found: list[Entry] = []
    cut = []
    for kind in only or KINDS:
        entries = list(_PARTS[kind](_Ask(conn, subject_id, known, scope)))
        if len(entries) > MOST:
            cut.append(kind)
        found += entries[:MOST]
    inside = [one for one in found if (since is None or one.at >= since) and (until is None or one.at <= until)]
    return History(subject_id, known, tuple(sorted(inside, key=lambda one: (one.at, one.kind, one.object), reverse=True)), tuple(cut))


def chains(conn: Connection, subject_id: int, known: datetime, *, scope: Scope = EVERYWHERE) -> tuple[Chain, ...]:
    """The chain of supervision of each alert on a subject, the newest alert first. ``subject_not_found``."""
    told = history(conn, subject_id, known, scope=scope)
    by_alert: dict[int, list[Entry]] = {}
    for entry in reversed(told.entries):
        for alert in entry.facts.get("alerts", ()):
            by_alert.setdefault(alert, []).append(entry)
    alerts = [one for one in told.entries if one.kind == "alert"]
    return tuple(
        Chain(
            alert_id=one.facts["alerts"][0],
            model=one.facts["model"],
            title_zh=one.facts["title_zh"],
            title_en=one.facts["title_en"],
            signals=tuple(e for e in by_alert[one.facts["alerts"][0]] if e.kind == "signal"),
            steps=tuple(e for e in by_alert[one.facts["alerts"][0]] if e.kind != "signal"),
        )
        for one in alerts
    )


@dataclass(frozen=True, slots=True)
class _Ask:
    conn: Connection
    subject_id: int
    known: datetime
    scope: Scope

    def rows(self, query: Select[Any]) -> Any:
        return self.conn.execute(query.limit(MOST + 1)).all()

    def tasks(self) -> Select[Any]:
        """Ids of tasks about the subject that lie inside."""
        about = t.alerts.c.subject_id == self.subject_id
        drawn = select(t.audit_samples.c.task_id).where(t.audit_samples.c.subject_id == self.subject_id)
        query = select(t.tasks.c.id).join_from(t.tasks, t.alerts, t.tasks.c.alert_id == t.alerts.c.id, isouter=True)
        return query.where(about | t.tasks.c.id.in_(drawn), scoping.tasks_inside(self.scope))


def _signals(ask: _Ask) -> Iterator[Entry]:
    s, e, a = t.signals.c, t.alert_evidence.c, t.assessments.c
    query = select(s.id, s.source, s.kind, s.text, s.observed_at, s.received_at).where(
        s.subject_id == ask.subject_id, s.kind != "case", s.received_at <= ask.known, scoping.signals_inside(ask.scope)
    )
    rows = ask.rows(query.order_by(s.id.desc()))
    behind: dict[int, list[int]] = {}
    pairs = select(a.signal_id, e.alert_id).distinct().join_from(t.alert_evidence, t.assessments, e.assessment_id == a.id)
    pairs = pairs.join(t.signals, a.signal_id == s.id).where(
        s.subject_id == ask.subject_id, e.added_at <= ask.known, scoping.alerts_inside(ask.scope, e.alert_id)
    )
    for signal, alert in ask.conn.execute(pairs.order_by(a.signal_id, e.alert_id)):
        behind.setdefault(signal, []).append(alert)
    for row in rows:
        text = masked(row.text)[:EXCERPT]
        facts = {"source": row.source, "kind": row.kind, "alerts": behind.get(row.id, [])}
        yield _entry("signal", f"signal:{row.id}", row.observed_at, row.received_at, facts, source=row.source, text=text)


def _alerts(ask: _Ask) -> Iterator[Entry]:
    a = t.alerts.c
    query = select(t.alerts).where(a.subject_id == ask.subject_id, a.opened_at <= ask.known, scoping.alerts_inside(ask.scope))
    for row in ask.rows(query.order_by(a.id.desc())):
        facts = {"model": row.model, "title_zh": row.title_zh, "title_en": row.title_en, "alerts": [row.id]}
        title = Told(row.title_zh, row.title_en)
        yield _entry("alert", f"alert:{row.id}", row.opened_at, row.opened_at, facts, title=title)


def _tasks(ask: _Ask) -> Iterator[Entry]:
    c, o = t.tasks.c, t.offices.c
    query = select(c.id, c.alert_id, c.issued_at, c.grade, c.office_code, o.name_zh, o.name_en)
    query = query.join_from(t.tasks, t.offices, o.code == c.office_code, isouter=True)
    for row in ask.rows(query.where(c.id.in_(ask.tasks()), c.issued_at <= ask.known).order_by(c.id.desc())):
        facts = {"office": row.office_code, "grade": Grade(row.grade).code, "task": row.id, "alerts": _of(row.alert_id)}
        office = Told(row.name_zh or row.office_code, row.name_en or row.office_code)
        yield _entry("task", f"task:{row.id}", row.issued_at, row.issued_at, facts, office=office)


def _task_events(ask: _Ask) -> Iterator[Entry]:
    e, c = t.task_events.c, t.tasks.c
    query = select(e.id, e.task_id, e.event, e.actor, e.reason, e.at, c.alert_id).join_from(t.task_events, t.tasks, e.task_id == c.id)
    query = query.where(c.id.in_(ask.tasks()), e.at <= ask.known, e.event != "issue")
    for row in ask.rows(query.order_by(e.id.desc())):
        facts = {"task": row.task_id, "event": row.event, "reason": masked(row.reason or "") or None, "alerts": _of(row.alert_id)}
        event = _word(f"task_event_{row.event}", row.event)
        yield _entry("task_event", f"task:{row.task_id}", row.at, row.at, facts, event=event, actor=row.actor)


def _verdicts(ask: _Ask) -> Iterator[Entry]:
    v = t.verdicts.c
    newer = t.verdicts.alias("newer")
    replaced = select(newer.c.id).where(newer.c.supersedes == v.id, newer.c.reported_at <= ask.known).exists()
    query = select(t.verdicts, replaced.label("replaced")).where(v.task_id.in_(ask.tasks()), v.reported_at <= ask.known)
    for row in ask.rows(query.order_by(v.id.desc())):
        kind = taxonomy(day_of(row.reported_at)).get(row.code)
        facts = {"verdict": row.id, "task": row.task_id, "code": row.code, "sub_reason": row.sub_reason, "supersedes": row.supersedes}
        facts |= {"superseded": bool(row.replaced), "facts": masked(row.facts), "alerts": _of(row.alert_id)}
        title = Told(kind.zh, kind.en) if kind else Told(row.code, row.code)
        yield _entry(
            "verdict", f"verdict:{row.id}", row.reported_at, row.reported_at, facts, code="entry_verdict", result=row.code, title=title
        )


def _verdict_events(ask: _Ask) -> Iterator[Entry]:
    e, v = t.verdict_events.c, t.verdicts.c
    query = select(e.id, e.verdict_id, e.event, e.actor, e.reason, e.at, e.to_state, v.alert_id)
    query = query.join_from(t.verdict_events, t.verdicts, e.verdict_id == v.id)
    query = query.where(v.task_id.in_(ask.tasks()), e.at <= ask.known, e.event != "report")
    for row in ask.rows(query.order_by(e.id.desc())):
        facts = {"verdict": row.verdict_id, "event": row.event, "state": row.to_state, "alerts": _of(row.alert_id)}
        facts["reason"] = masked(row.reason or "") or None
        event = verdict_events.word(row.event)
        yield _entry("verdict_event", f"verdict:{row.verdict_id}", row.at, row.at, facts, event=event, actor=row.actor)


def _acts(ask: _Ask) -> Iterator[Entry]:
    a, c = t.acts.c, t.tasks.c
    query = select(t.acts, c.alert_id).join_from(t.acts, t.tasks, a.task_id == c.id, isouter=True)
    query = query.where(a.subject_id == ask.subject_id, a.created_at <= ask.known, acts_inside(ask.scope))
    for row in ask.rows(query.order_by(a.id.desc())):
        if row.removed_at is not None and row.removed_at <= ask.known:
            continue
        label = act_kinds()[row.kind].label
        fined = None if row.fined_fen is None else yuan_of(row.fined_fen)
        facts = {"act": row.id, "act_kind": row.kind, "number": row.number, "name": row.name, "fined": fined, "source": row.source}
        facts["alerts"] = _of(row.alert_id)
        at = _noon(row.happened_on) if row.happened_on else row.created_at
        code = "entry_act_fined" if fined else "entry_act"
        yield _entry("act", f"act:{row.id}", at, row.created_at, facts, code=code, kind=label, number=row.number, fined=fined)


def _penalties(ask: _Ask) -> Iterator[Entry]:
    p = t.penalties.c
    query = select(t.penalties).where(p.subject_id == ask.subject_id, p.known_at <= ask.known)
    for row in ask.rows(query.order_by(p.id.desc())):
        facts = {"number": row.number, "penalty_kind": row.kind, "amount": _yuan(row.amount), "source": row.source}
        yield _entry("penalty", f"penalty:{row.id}", row.at, row.known_at, facts, number=row.number or "-", kind=row.kind or "-")


def _changes(ask: _Ask) -> Iterator[Entry]:
    c = t.subject_changes.c
    query = select(t.subject_changes).where(c.subject_id == ask.subject_id, c.known_at <= ask.known)
    for row in ask.rows(query.order_by(c.id.desc())):
        before, after = (masked_json({row.kind: value})[row.kind] for value in (row.before, row.after))
        facts = {"change": row.kind, "before": before, "after": after, "source": row.source}
        yield _entry("change", f"change:{row.id}", row.at, row.known_at, facts, kind=row.kind)


def _licences(ask: _Ask) -> Iterator[Entry]:
    c = t.licences.c
    query = select(t.licences).where(c.subject_id == ask.subject_id, c.known_from <= ask.known)
    for row in ask.rows(query.order_by(c.id.desc())):
        days = {name: getattr(row, name).isoformat() if getattr(row, name) else None for name in ("valid_from", "valid_to")}
        facts = {"licence": row.kind, "number": row.number, **days, "source": row.source}
        shown = {name: day or "-" for name, day in days.items()}
        yield _entry("licence", f"licence:{row.id}", row.known_from, row.known_from, facts, kind=row.kind, number=row.number, **shown)


def _appeals(ask: _Ask) -> Iterator[Entry]:
    for row in _appeal_rows(ask):
        facts = {"appeal": row.id, "verdict": row.verdict_id, "party": row.party, "alerts": _of(row.alert_id)}
        yield _entry("appeal", f"appeal:{row.id}", row.filed_at, row.filed_at, facts, verdict=row.verdict_id)


def _decisions(ask: _Ask) -> Iterator[Entry]:
    for row in _appeal_rows(ask):
        if row.decided_at is None or row.decided_at > ask.known:
            continue
        facts = {"appeal": row.id, "verdict": row.verdict_id, "outcome": row.state, "correction": row.correction_id}
        facts["alerts"] = _of(row.alert_id)
        outcome = appeals.word(row.state)
        yield _entry("decision", f"appeal:{row.id}", row.decided_at, row.decided_at, facts, outcome=outcome)


def _appeal_rows(ask: _Ask) -> Any:
    a, v = t.appeals.c, t.verdicts.c
    query = select(t.appeals, v.alert_id).join_from(t.appeals, t.verdicts, a.verdict_id == v.id)
    return ask.rows(query.where(v.task_id.in_(ask.tasks()), a.filed_at <= ask.known).order_by(a.id.desc()))


def _entry(what: str, object_: str, at: datetime, known: datetime, facts: dict[str, Any], /, *, code: str = "", **said: Any) -> Entry:
    code = code or f"entry_{what}"
    return Entry(at, known, what, object_, say(code, "zh", **said), say(code, "en", **said), facts)


def _word(code: str, otherwise: str) -> Told:
    """A message as a fact of another."""
    return Told(say(code, "zh", default=otherwise), say(code, "en", default=otherwise))


def _of(alert_id: int | None) -> list[int]:
    return [] if alert_id is None else [alert_id]


def _noon(day: date) -> datetime:
    """A day as a moment of the history: its noon in Hubei."""
    return datetime.combine(day, time(12), SHANGHAI).astimezone(UTC)


def _yuan(amount: float | None) -> str | None:
    """An amount of a register, which came as a number."""
    return None if amount is None else yuan_of(fen_of(f"{amount:.2f}")) if amount >= 0 else f"{amount:.2f}"


_PARTS = {
    "signal": _signals,
    "alert": _alerts,
    "task": _tasks,
    "task_event": _task_events,
    "verdict": _verdicts,
    "verdict_event": _verdict_events,
    "act": _acts,
    "penalty": _penalties,
    "change": _changes,
    "licence": _licences,
    "appeal": _appeals,
    "decision": _decisions,
}
