"""Conditions under which no alert is raised: narrow, owned, explained, and ending by themselves. One on trial only counts what it would suppress."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from risk.domain.alerts_suppressed import Mode, Suppression, check_condition, check_end
from risk.domain.candidates import Candidate
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.services import auditing, outbox
from risk.services.bulk import select_in
from risk.services.paging import Page, page_by_id, unpack_id
from risk.storage import tables as t
from risk.storage.upsert import insert_new

__all__ = ["Mode", "Suppression", "end", "facts_of", "get", "in_force", "list_suppressions", "on_trial", "revise", "suppress"]


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """One version of a condition. ``state``: active, dry_run or ended. ``suppressed``: candidates of real runs that it kept from an alert; on trial, would have."""

    id: int
    model: str | None
    condition: dict[str, str]
    state: str
    owner: str
    reason: str
    version: int
    supersedes: int | None
    superseded_by: int | None
    created_at: datetime
    expires_at: datetime
    suppressed: int
    by_grade: dict[str, int]


def suppress(
    conn: Connection,
    condition: Mapping[str, str],
    *,
    owner: str,
    reason: str,
    expires_at: datetime,
    now: datetime,
    model: str | None = None,
    mode: Mode = Mode.ACTIVE,
) -> int:
    """Store a condition and audit it; returns its id. Parts: ``risk.domain.alerts_suppressed.PARTS``.

    ``InvalidInputError``: ``suppression_condition``, ``suppression_owner``, ``suppression_expired``, ``suppression_too_long``.
    """
    found = _check(condition, owner, reason, expires_at, now)
    values = {"model": model, "condition": found, "state": mode.value, "owner": owner, "reason": reason, "version": 1}
    return _store(conn, values, expires_at, now, "suppression.create")


def revise(
    conn: Connection,
    key: int,
    *,
    owner: str,
    reason: str,
    expires_at: datetime,
    now: datetime,
    condition: Mapping[str, str] | None = None,
    mode: Mode | None = None,
) -> int:
    """A new version of a condition in force, for another while or for something else; the old one ends now and stays readable. Returns the new id.

    ``NotFoundError`` (``suppression_not_found``), ``ConflictError`` (``suppression_over``: ended, or revised by someone else), and those of `suppress`.
    """
    old = _row(conn, key)
    wanted = _check(old.condition if condition is None else condition, owner, reason, expires_at, now)
    s = t.suppressions.c
    ended = conn.execute(update(t.suppressions).where(s.id == key, s.expires_at > now).values(expires_at=now))
    if ended.rowcount != 1:
        raise ConflictError("suppression_over", id=key)
    values = {"model": old.model, "condition": wanted, "state": old.state if mode is None else mode.value}
    values |= {"owner": owner, "reason": reason, "version": old.version + 1, "supersedes": key}
    return _store(conn, values, expires_at, now, "suppression.revise")


def end(conn: Connection, key: int, *, actor: str, reason: str, now: datetime) -> None:
    """Let a condition end before its time; ``suppression_not_found``, ``suppression_over``, ``suppression_owner`` without a reason."""
    s = t.suppressions.c
    _row(conn, key)
    if not actor.strip() or not reason.strip():
        raise InvalidInputError("suppression_owner")
    if conn.execute(update(t.suppressions).where(s.id == key, s.expires_at > now).values(expires_at=now)).rowcount != 1:
        raise ConflictError("suppression_over", id=key)
    auditing.record(conn, actor, "suppression.end", f"suppression:{key}", {"reason": reason}, now)
    outbox.emit(conn, "suppression.ended", f"suppression:{key}", {}, now)


def in_force(conn: Connection, now: datetime, *, mode: Mode | None = Mode.ACTIVE) -> list[Suppression]:
    """The conditions in force at a moment, the oldest first; those that suppress, or those on trial, or (``mode`` none) both, those that suppress first."""
    s = t.suppressions.c
    query = select(s.id, s.model, s.condition, s.version, s.state).where(s.created_at <= now, s.expires_at > now)
    query = query.where(s.state.in_([one.value for one in (Mode if mode is None else [mode])]))
    found = [Suppression(row.id, row.model, row.condition, row.version, Mode(row.state)) for row in conn.execute(query.order_by(s.id))]
    return sorted(found, key=lambda one: one.mode is not Mode.ACTIVE)


def on_trial(
    conn: Connection, run_id: int, passed: Sequence[tuple[Candidate, Mapping[str, Any]]], conditions: Iterable[Suppression], now: datetime
) -> None:
    """Note what conditions on trial would have suppressed among the candidates that nothing suppressed."""
    rows = [
        {"suppression_id": one.id, "run_id": run_id, "assessment_id": c.assessment_id, "grade": int(c.grade), "at": now}
        for one in conditions
        for c, facts in passed
        if c.assessment_id is not None and one.covers(c.model, facts)
    ]
    insert_new(conn, t.suppression_hits, rows, ["suppression_id", "assessment_id"])


def facts_of(conn: Connection, candidates: Mapping[str, Candidate], parts: Collection[str]) -> dict[str, dict[str, Any]]:
    """What conditions and merging look at, by candidate: the subject's key, the signal's source, content, channel and region; shops and the only rule where asked for."""
    signal, subject = t.signals.c, t.subjects.c
    signal_ids = [c.signal_id for c in candidates.values() if c.signal_id is not None]
    subject_ids = [c.subject_id for c in candidates.values() if c.subject_id is not None]
    columns = select(signal.id, signal.source, signal.content_hash, signal.channel, signal.region)
    sources = {row.id: row for row in select_in(conn, columns, signal.id, signal_ids)}
    keys = {row.id: row.key for row in select_in(conn, select(subject.id, subject.key), subject.id, subject_ids)}
    shops = _shops(conn, subject_ids) if "shop" in parts else {}
    alone = _alone(conn, [c.assessment_id for c in candidates.values()]) if "rule_alone" in parts else {}
    facts: dict[str, dict[str, Any]] = {}
    for key, c in candidates.items():
        row = sources.get(c.signal_id)
        facts[key] = {
            "subject": keys.get(c.subject_id),
            "source": row.source if row else None,
            "content_hash": row.content_hash if row else None,
            "channel": row.channel if row else None,
            "act_region": row.region if row else None,
            "region": c.region,
            "shop": shops.get(c.subject_id),
            "rule_alone": alone.get(c.assessment_id),
        }
    return facts


def get(conn: Connection, key: int, now: datetime) -> SuppressionRow:
    """One version; ``NotFoundError`` (``suppression_not_found``)."""
    return _told(conn, [_row(conn, key)], now)[0]


def list_suppressions(
    conn: Connection, now: datetime, *, state: str | None = None, model: str | None = None, limit: int = 50, cursor: str | None = None
) -> Page[SuppressionRow]:
    """Versions, the newest first; ``state``: active, dry_run, ended."""
    s = t.suppressions.c
    query = select(t.suppressions)
    if state == "ended":
        query = query.where(s.expires_at <= now)
    elif state:
        query = query.where(s.expires_at > now, s.state == state)
    if model:
        query = query.where(s.model == model)
    if cursor:
        query = query.where(s.id < unpack_id(cursor))
    page = page_by_id(conn, query.order_by(s.id.desc()), limit, lambda row: row)
    return Page(tuple(_told(conn, page.items, now)), page.cursor)


def _told(conn: Connection, rows: Sequence[Row[Any]], now: datetime) -> list[SuppressionRow]:
    s, h, c, a = t.suppressions.c, t.suppression_hits.c, t.candidates.c, t.assessments.c
    ids = [row.id for row in rows]
    after = {row.supersedes: row.id for row in select_in(conn, select(s.id, s.supersedes), s.supersedes, ids)}
    counts: dict[int, dict[str, int]] = {}
    would = select(h.suppression_id, h.grade, func.count().label("n")).group_by(h.suppression_id, h.grade)
    for row in select_in(conn, would, h.suppression_id, ids):
        counts.setdefault(row.suppression_id, {})[Grade(row.grade).code] = int(row.n)
    did = select(c.reason, a.grade, func.count().label("n")).join_from(t.candidates, t.assessments, c.assessment_id == a.id)
    reasons = {reason_of(row.id, row.version): row.id for row in rows}
    for row in select_in(conn, did.where(c.outcome == "suppressed").group_by(c.reason, a.grade), c.reason, list(reasons)):
        counts.setdefault(reasons[row.reason], {})[Grade(row.grade).code] = int(row.n)
    return [
        SuppressionRow(
            id=row.id,
            model=row.model,
            condition=dict(row.condition),
            state="ended" if row.expires_at <= now else row.state,
            owner=row.owner,
            reason=row.reason,
            version=row.version,
            supersedes=row.supersedes,
            superseded_by=after.get(row.id),
            created_at=row.created_at,
            expires_at=row.expires_at,
            suppressed=sum(counts.get(row.id, {}).values()),
            by_grade=counts.get(row.id, {}),
        )
        for row in rows
    ]


def reason_of(key: int, version: int) -> str:
    """How the outcome of a suppressed candidate names what suppressed it.

    >>> reason_of(3, 2)
    'suppression:3 v2'
    """
    return f"suppression:{key} v{version}"


def _row(conn: Connection, key: int) -> Row[Any]:
    row = conn.execute(select(t.suppressions).where(t.suppressions.c.id == key)).first()
    if row is None:
        raise NotFoundError("suppression_not_found", id=key)
    return row


def _check(condition: Mapping[str, str], owner: str, reason: str, expires_at: datetime, now: datetime) -> dict[str, str]:
    found = check_condition(condition)
    if not owner.strip() or not reason.strip():
        raise InvalidInputError("suppression_owner")
    check_end(expires_at, now)
    return found


def _store(conn: Connection, values: Mapping[str, Any], expires_at: datetime, now: datetime, action: str) -> int:
    made = conn.execute(insert(t.suppressions).values(**values, created_at=now, expires_at=expires_at).returning(t.suppressions.c.id))
    key = int(made.scalar_one())
    auditing.record(conn, str(values["owner"]), action, f"suppression:{key}", {**values, "expires_at": expires_at.isoformat()}, now)
    outbox.emit(conn, "suppression.changed", f"suppression:{key}", {"version": values["version"], "state": values["state"]}, now)
    return key


def _shops(conn: Connection, subjects: Iterable[int]) -> dict[int | None, frozenset[str]]:
    """``platform/shop`` of each subject, as its aliases have it."""
    c, found = t.subject_aliases.c, dict[int | None, set[str]]()
    query = select(c.subject_id, c.alias).where(c.alias.startswith("shop:", autoescape=True))
    for row in select_in(conn, query, c.subject_id, subjects):
        found.setdefault(row.subject_id, set()).add(row.alias.removeprefix("shop:"))
    return {key: frozenset(names) for key, names in found.items()}


def _alone(conn: Connection, assessments: Iterable[int | None]) -> dict[int | None, str]:
    """The rule that fired alone, by assessment."""
    a, found = t.assessments.c, dict[int | None, str]()
    for row in select_in(conn, select(a.id, a.evidence), a.id, [key for key in assessments if key is not None]):
        rules = [str(one.get("rule")) for one in (row.evidence or {}).get("rules") or ()]
        if len(rules) == 1:
            found[row.id] = rules[0]
    return found
