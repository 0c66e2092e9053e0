"""One thing read plain, by an act: who, what, why and when stand in the audit before the text is given, and each person has so many a day.

What was hidden is not written to the audit, only how much of it there was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import InvalidInputError, NotFoundError, TooOftenError
from risk.domain.messages import register
from risk.services import auditing, scoping
from risk.services.personal import masked_json
from risk.storage import tables as t
from risk.storage.engine import serialise

ACTION = "personal.unmask"
COUNTED = (ACTION, "reporter.unmask")
"""What counts towards the limit of a day."""

SHORTEST_REASON = 4
_LOCK = 31  # of risk.storage.engine.serialise

register(
    {
        "verdict_not_found": ("没有编号为 {verdict} 的核查结论", "no verdict with the number {verdict}"),
        "act_not_found": ("没有编号为 {id} 的监管行为", "no act of supervision with the number {id}"),
        "appeal_not_found": ("没有编号为 {id} 的申诉", "no appeal with the number {id}"),
        "unmask_object": ("不能查看原文的对象：{object}", "nothing that can be unmasked: {object}"),
        "unmask_object.hint": ("写作 signal:12、verdict:3 或 subject:7", "written as signal:12, verdict:3 or subject:7"),
        "unmask_reason": ("请写明查看原文的理由（至少 {least} 个字）", "say why it must be read plain (at least {least} characters)"),
        "unmask_limit": ("今日查看原文已达 {limit} 次", "personal data was read plain {limit} times today, which is the limit"),
        "unmask_limit.hint": ("明日再试，或由系统管理员调整 unmaskings_a_day", "try again tomorrow, or have unmaskings_a_day changed"),
    }
)


@dataclass(frozen=True, slots=True)
class Unmasked:
    """What was read plain: its parts by name, which of them had anything hidden, and how many more times today."""

    object: str
    parts: dict[str, Any]
    hidden: tuple[str, ...]
    left_today: int


def unmask(conn: Connection, object_: str, reason: str, *, actor: str, now: datetime, a_day: int, scope: Scope = EVERYWHERE) -> Unmasked:
    """The plain text of one thing, recorded.

    ``InvalidInputError``: ``unmask_object``, ``unmask_reason``. ``NotFoundError`` for what does not exist or lies outside the scope. ``TooOftenError`` (``unmask_limit``).
    """
    kind, _, number = object_.partition(":")
    if kind not in _KINDS or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise InvalidInputError("unmask_object", object=object_[:80])
    if len(reason.strip()) < SHORTEST_REASON:
        raise InvalidInputError("unmask_reason", least=SHORTEST_REASON)
    parts = _KINDS[kind](conn, int(number), scope)
    serialise(conn, _LOCK)  # two at once count each other
    used = _used(conn, actor, now)
    if used >= a_day:
        raise TooOftenError("unmask_limit", limit=a_day, retry_after=int((_day(now) + timedelta(days=1) - now).total_seconds()) + 1)
    shown = masked_json(parts)
    hidden = tuple(name for name in parts if shown[name] != parts[name])
    auditing.record(conn, actor, ACTION, f"{kind}:{int(number)}", {"reason": reason.strip()[:1000], "parts": list(hidden)}, now)
    return Unmasked(f"{kind}:{int(number)}", dict(parts), hidden, a_day - used - 1)


def _used(conn: Connection, actor: str, now: datetime) -> int:
    a = t.audit.c
    query = select(func.count()).select_from(t.audit).where(a.actor == actor, a.action.in_(COUNTED), a.at >= _day(now))
    return int(conn.scalar(query) or 0)


def _day(now: datetime) -> datetime:
    return now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)


def _signal(conn: Connection, number: int, scope: Scope) -> Mapping[str, Any]:
    scoping.require_signal(conn, scope, number)
    s = t.signals.c
    row = conn.execute(select(s.text, s.fields).where(s.id == number)).one()
    return {"text": row.text, "fields": dict(row.fields)}


def _verdict(conn: Connection, number: int, scope: Scope) -> Mapping[str, Any]:
    v = t.verdicts.c
    query = select(v.facts, v.measures, v.suggestion, v.officers, v.handlers, v.detail).where(
        v.id == number, scoping.verdicts_inside(scope)
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFoundError("verdict_not_found", verdict=number)
    return row._asdict()


def _subject(conn: Connection, number: int, scope: Scope) -> Mapping[str, Any]:
    scoping.require_subject(conn, scope, number)
    return {"facts": dict(conn.execute(select(t.subjects.c.facts).where(t.subjects.c.id == number)).scalar_one())}


def _act(conn: Connection, number: int, scope: Scope) -> Mapping[str, Any]:
    a = t.acts.c
    row = conn.execute(select(a.fields).where(a.id == number, scoping.office_code_inside(scope, a.office_code))).one_or_none()
    if row is None:
        raise NotFoundError("act_not_found", id=number)
    return {"fields": dict(row.fields)}


def _appeal(conn: Connection, number: int, scope: Scope) -> Mapping[str, Any]:
    a, inside = t.appeals.c, select(t.verdicts.c.id).where(scoping.verdicts_inside(scope))
    row = conn.execute(select(a.appellant, a.grounds).where(a.id == number, a.verdict_id.in_(inside))).one_or_none()
    if row is None:
        raise NotFoundError("appeal_not_found", id=number)
    return row._asdict()


_KINDS: dict[str, Callable[[Connection, int, Scope], Mapping[str, Any]]] = {
    "signal": _signal,
    "verdict": _verdict,
    "subject": _subject,
    "act": _act,
    "appeal": _appeal,
}
KINDS = tuple(_KINDS)
"""What can be unmasked."""
